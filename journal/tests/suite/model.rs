//! Random work against a model of maps, on every engine.

use std::collections::BTreeMap;

use journal::{Batch, Committer, Head, Journal, LogId, Ticket};

use crate::draw::Draw;
use crate::place::{Place, commit_all};

const LOGS: [LogId; 3] = [LogId::OWN, LogId(5), LogId(6)];

type Keyed = BTreeMap<Vec<u8>, Vec<u8>>;

/// What the journal should hold.
#[derive(Clone, Default, PartialEq, Debug)]
struct Model {
    logs: BTreeMap<LogId, Vec<Vec<u8>>>,
    state: Keyed,
    side: Keyed,
}

impl Model {
    fn head(&self, log: LogId) -> Head {
        let records = self.logs.get(&log).into_iter().flatten();
        records.fold(Head::default(), |head, bytes| head.extended_by(bytes))
    }

    fn held_by(journal: &Journal) -> Model {
        let records = |log: &LogId| {
            let records = journal.read(*log, 1, usize::MAX).unwrap();
            (
                *log,
                records.into_iter().map(|record| record.bytes).collect(),
            )
        };
        Model {
            logs: journal.logs().iter().map(records).collect(),
            state: journal.scan("").unwrap().into_iter().collect(),
            side: journal.scan_side("").unwrap().into_iter().collect(),
        }
    }

    /// Adds random changes to the model and to a batch alike.
    fn change(&mut self, draw: &mut Draw) -> Batch {
        let mut batch = Batch::new();
        for _ in 0..=draw.below(4) {
            match draw.below(6) {
                0 | 1 => {
                    let bytes = draw.bytes(300);
                    self.logs.entry(LogId::OWN).or_default().push(bytes.clone());
                    batch.record(bytes);
                }
                2 => {
                    let log = LOGS[1 + draw.below(2) as usize];
                    let bytes = draw.bytes(100);
                    let head = self.head(log).extended_by(&bytes);
                    self.logs.entry(log).or_default().push(bytes.clone());
                    batch.replica(log, head.sequence, head.hash, bytes);
                }
                3 => change_keyed(&mut self.state, draw, |key, value| match value {
                    Some(value) => drop(batch.put(key, value)),
                    None => drop(batch.delete(key)),
                }),
                _ => change_keyed(&mut self.side, draw, |key, value| match value {
                    Some(value) => drop(batch.put_side(key, value)),
                    None => drop(batch.delete_side(key)),
                }),
            }
        }
        batch
    }
}

fn change_keyed(map: &mut Keyed, draw: &mut Draw, mut to_batch: impl FnMut(&[u8], Option<&[u8]>)) {
    let key = vec![b'k', draw.below(12) as u8];
    if draw.below(3) == 0 {
        to_batch(&key, None);
        map.remove(&key);
    } else {
        let value = draw.bytes(80);
        to_batch(&key, Some(&value));
        map.insert(key, value);
    }
}

/// A journal under random work, and what it should hold after each ticket not yet durable.
struct Run<'a> {
    place: &'a Place,
    draw: Draw,
    open: Option<(Journal, Committer)>,
    durable: Model,
    appended: Vec<(Ticket, Model)>,
}

impl Run<'_> {
    fn newest(&self) -> Model {
        self.appended
            .last()
            .map_or_else(|| self.durable.clone(), |(_, model)| model.clone())
    }

    fn step(&mut self) {
        match self.draw.below(20) {
            0..=11 => self.append(),
            12..=16 => self.commit(),
            17 => self.reopen(),
            18 => self.crash(),
            _ => self.check(),
        }
    }

    fn append(&mut self) {
        let mut model = self.newest();
        let batch = model.change(&mut self.draw);
        let (journal, _) = self.open.as_ref().unwrap();
        let ticket = journal.append(batch).unwrap();
        self.appended.push((ticket, model));
    }

    fn commit(&mut self) {
        let (journal, committer) = self.open.as_mut().unwrap();
        commit_all(committer);
        let durable = journal.durable();
        self.appended.retain(|(ticket, model)| {
            if *ticket <= durable {
                self.durable.clone_from(model);
            }
            *ticket > durable
        });
        assert!(self.appended.is_empty());
        self.check();
    }

    fn check(&self) {
        let (journal, _) = self.open.as_ref().unwrap();
        let newest = self.newest();
        assert!(
            LOGS.iter()
                .all(|log| journal.head(*log) == newest.head(*log))
        );
        assert!(
            LOGS.iter()
                .all(|log| journal.durable_head(*log) == self.durable.head(*log))
        );
        let mut held = Model::held_by(journal);
        held.logs.retain(|_, records| !records.is_empty());
        assert_eq!(held, self.durable);
        journal.verify().unwrap();
    }

    /// What was not committed was never written: a restart forgets it.
    fn reopen(&mut self) {
        self.open = None;
        self.appended.clear();
        self.open = Some(self.place.open());
        self.check();
    }

    fn crash(&mut self) {
        if let Place::Simulated(disk) = self.place {
            disk.crash(self.draw.next());
        }
        self.reopen();
    }
}

fn run(place: &Place, seed: u64, steps: u32) {
    let open = Some(place.open());
    let draw = Draw(seed);
    let mut run = Run {
        place,
        draw,
        open,
        durable: Model::default(),
        appended: Vec::new(),
    };
    for _ in 0..steps {
        run.step();
    }
}

#[test]
fn simulated_equals_the_model() {
    (0..60).for_each(|seed| run(&Place::simulated(), seed, 200));
}

#[test]
fn sled_equals_the_model() {
    (0..6).for_each(|seed| run(&Place::sled(), seed, 200));
}

#[test]
fn redb_equals_the_model() {
    (0..6).for_each(|seed| run(&Place::redb(), seed, 200));
}
