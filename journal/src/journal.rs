//! The journal as its users hold it: append, follow what is durable, read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use tokio::sync::{Notify, watch};

use crate::batcher::Batcher;
use crate::checkpoint::{self, Checkpoint, Slot};
use crate::engine::{Pair, SCAN_PAIRS};
use crate::handoff::Handoff;
use crate::seal::Sealer;
use crate::shared::{Shared, State};
use crate::verify::{self, VerifyReport};
use crate::{
    AppendError, Batch, Committer, Damage, DiskSpace, Engine, EngineError, Fault, Hash, Head,
    JournalFigures, JournalLimits, KeyedDamage, LogId, NoRoom, OpenError, ReadError, Record, Table,
    Ticket, VerifyError, append, archived, key, open, reading, stored,
};

/// Records that a replay holds in memory.
const REPLAYED_AT_ONCE: usize = 512;

/// A journal, open. Clones are the same journal; when the last one is dropped, the committer
/// commits what waits and ends.
#[derive(Clone)]
pub struct Journal {
    handle: Arc<Handle>,
    durable: watch::Receiver<Ticket>,
}

/// The journal was closed before it came to this: what was waited for may not be durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is closed")]
pub struct Closed;

/// Closes the journal when the last clone is dropped.
struct Handle {
    shared: Arc<Shared>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Journal({}, durable {})",
            self.engine_name(),
            self.durable().number()
        )
    }
}

impl Journal {
    /// Opens the journal on an engine and checks the end of each log. Hand the [`Committer`] to a
    /// driver: without one, nothing becomes durable.
    ///
    /// # Errors
    /// The engine holds something else, or the end of a log is damaged. Nothing is repaired and
    /// nothing is skipped.
    pub fn open(engine: Box<dyn Engine>) -> Result<(Journal, Committer), OpenError> {
        Journal::open_with_limits(engine, JournalLimits::DEFAULT)
    }

    /// As [`open`](Journal::open), with limits of the caller's.
    ///
    /// # Errors
    /// As [`open`](Journal::open).
    pub fn open_with_limits(
        engine: Box<dyn Engine>,
        limits: JournalLimits,
    ) -> Result<(Journal, Committer), OpenError> {
        let engine: Arc<dyn Engine> = Arc::from(engine);
        let heads = open::take_over(engine.as_ref())?;
        Journal::on(engine, heads, limits)
    }

    fn on(
        engine: Arc<dyn Engine>,
        heads: BTreeMap<LogId, Head>,
        limits: JournalLimits,
    ) -> Result<(Journal, Committer), OpenError> {
        let logs = heads.keys().copied();
        let sealer = Sealer::new(engine.as_ref(), limits, logs).map_err(open::from_read)?;
        let shared = Arc::new(Shared {
            engine,
            handoff: Handoff::new(State {
                batcher: Batcher::new(limits, heads),
                before: BTreeMap::new(),
                seal_asked: BTreeMap::new(),
                done: JournalFigures::default(),
                slots: BTreeMap::new(),
                seal_wanted: None,
            }),
            gate: RwLock::new(()),
            notify: Notify::new(),
        });
        let (sender, durable) = watch::channel(Ticket::NONE);
        let committer = Committer::new(Arc::clone(&shared), sender, sealer);
        Ok((
            Journal {
                handle: Arc::new(Handle { shared }),
                durable,
            },
            committer,
        ))
    }

    /// Opens the journal on an engine to read it: nothing is written, not even what opening puts in
    /// order, and nothing can be appended.
    ///
    /// # Errors
    /// As [`open`](Journal::open).
    pub fn open_to_read(engine: Box<dyn Engine>) -> Result<Journal, OpenError> {
        let engine: Arc<dyn Engine> = Arc::from(engine);
        let heads = open::recover(engine.as_ref())?;
        // Its committer is dropped at once: so the journal is closed.
        Journal::on(engine, heads, JournalLimits::DEFAULT).map(|(journal, _committer)| journal)
    }

    /// Appends a batch and answers at once: the ticket says when it will be durable. Records have
    /// their sequence and hash from now on ([`head`](Journal::head)). An empty batch, or one whose
    /// replica records are all held already, gets the last ticket given.
    ///
    /// # Errors
    /// Nothing of the batch was taken: see [`AppendError`].
    pub fn append(&self, batch: Batch) -> Result<Ticket, AppendError> {
        let shared = self.shared();
        let held = |log, sequence| self.held_hash(log, sequence);
        let ticket = shared.state().batcher.admit(batch, &held)?;
        shared.announce();
        Ok(ticket)
    }

    /// As [`append`](Journal::append), for what is decided already and can't be taken back: while
    /// the disk has no room it is taken all the same and waits in memory, not durable, up to the
    /// limits of what may wait. Before something new is begun, ask
    /// [`refuses_new_work`](Journal::refuses_new_work).
    ///
    /// # Errors
    /// As [`append`](Journal::append), but never [`AppendError::NoRoom`].
    pub fn append_decided(&self, batch: Batch) -> Result<Ticket, AppendError> {
        let shared = self.shared();
        let held = |log, sequence| self.held_hash(log, sequence);
        let ticket = shared.state().batcher.admit_decided(batch, &held)?;
        shared.announce();
        Ok(ticket)
    }

    /// Appends a batch and, in one commit with it, replaces a checkpoint: `bytes` are the state
    /// after all records of `log` appended so far and those of the batch. Large ones go ahead of it
    /// in pieces, in commits of their own; until the ticket is durable, the checkpoint before
    /// stands. The batch is taken as something decided already: while the disk has no room it waits
    /// alone, and the checkpoint, a cache, is left out.
    ///
    /// # Errors
    /// Nothing of the batch was taken, and the checkpoint is as it was: see [`AppendError`].
    pub fn append_with_checkpoint(
        &self,
        mut batch: Batch,
        name: &str,
        log: LogId,
        bytes: &[u8],
    ) -> Result<Ticket, AppendError> {
        append::check_checkpoint(name, bytes)?;
        let shared = self.shared();
        let engine = self.engine();
        let held = |log, sequence| self.held_hash(log, sequence);
        let get = |key: &[u8]| engine.get(key);
        let mut state = shared.state();
        if state.batcher.no_room().is_some() {
            let ticket = state.batcher.admit_decided(batch, &held)?;
            drop(state);
            shared.announce();
            return Ok(ticket);
        }
        state.batcher.check_waiting(bytes.len())?;
        let in_use = match state.slots.get(name) {
            Some(slot) => Some(*slot),
            None => checkpoint::slot_in_use(&get, name).map_err(AppendError::Checkpoint)?,
        };
        let slot = Slot::next(in_use);
        for pieces in
            checkpoint::pieces(engine, name, slot, bytes).map_err(AppendError::Checkpoint)?
        {
            state.batcher.admit(pieces, &held)?;
        }
        let applied = state.batcher.head_after(log, &batch);
        checkpoint::enter(&mut batch, name, slot, log, applied, bytes);
        let ticket = state.batcher.admit(batch, &held)?;
        state.slots.insert(name.to_owned(), slot);
        drop(state);
        shared.announce();
        Ok(ticket)
    }

    /// The durable checkpoint of this name. Read on from the record behind `applied`: with what
    /// comes there it is the state as of the end of the log.
    ///
    /// # Errors
    /// It is damaged, or the log has another record where it was made: go without it, from the
    /// first record on. Or the engine failed.
    pub fn checkpoint(&self, name: &str) -> Result<Option<Checkpoint>, ReadError> {
        let _reading = self.shared().reading();
        checkpoint::read(self.engine(), &|key| self.durable_value(key), name)
    }

    /// Hands over each record of a log from `from` on, oldest first: how a start reads it back.
    ///
    /// # Errors
    /// A record can't be trusted, the engine failed, or `take` refused one.
    pub fn replay<E: From<ReadError>>(
        &self,
        log: LogId,
        from: u64,
        mut take: impl FnMut(&Record) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut next = from;
        loop {
            let records = self.read(log, next, REPLAYED_AT_ONCE)?;
            let Some(last) = records.last() else {
                return Ok(());
            };
            next = last.sequence.saturating_add(1);
            for record in &records {
                take(record)?;
            }
        }
    }

    /// Up to which ticket all batches are durable.
    pub fn durable(&self) -> Ticket {
        *self.durable.borrow()
    }

    /// The last ticket given.
    pub fn last(&self) -> Ticket {
        self.shared().state().batcher.last()
    }

    /// Follows [`durable`](Journal::durable). The channel closes when the committer has ended.
    pub fn subscribe(&self) -> watch::Receiver<Ticket> {
        self.durable.clone()
    }

    /// Waits until the journal is durable up to a ticket.
    ///
    /// # Errors
    /// The committer ended before that.
    pub async fn wait(&self, ticket: Ticket) -> Result<(), Closed> {
        let mut durable = self.durable.clone();
        durable
            .wait_for(|durable| *durable >= ticket)
            .await
            .map(|_| ())
            .map_err(|_| Closed)
    }

    /// Refuses further batches; the committer commits what waits and ends.
    pub fn close(&self) {
        self.shared().close();
    }

    /// How many batches wait for the committer: for metrics.
    pub fn batches_waiting(&self) -> usize {
        self.shared().state().batcher.batches_waiting()
    }

    /// Figures for metrics, all of one moment.
    pub fn figures(&self) -> JournalFigures {
        let durable = self.durable().number();
        let state = self.shared().state();
        let batches = state.batcher.last().number().saturating_sub(durable);
        JournalFigures {
            batches_not_durable: batches,
            commits: state.done.commits,
            records: state.done.records,
            last_commit_records: state.done.last_commit_records,
            last_commit: state.done.last_commit,
            commit_times: state.done.commit_times,
            segments_sealed: state.done.segments_sealed,
            sealing_stopped: state.done.sealing_stopped,
            ..state.batcher.figures()
        }
    }

    /// Why the disk takes nothing at the moment, if so: appends are refused meanwhile. Ask it for
    /// work under way, which may use what is kept free to come to its end. Before something new is
    /// begun ask [`refuses_new_work`](Journal::refuses_new_work), which sees a shortage sooner.
    pub fn no_room(&self) -> Option<NoRoom> {
        self.shared().state().batcher.no_room()
    }

    /// Why nothing new should be begun, if so: the disk takes nothing at the moment, or it is so
    /// nearly full that what is under way needs the rest. It asks the disk, which costs
    /// microseconds; a disk that can't tell has room.
    pub fn refuses_new_work(&self) -> Option<NoRoom> {
        let nearly_full = || self.engine().short_of_room().ok().flatten();
        self.no_room().or_else(nearly_full)
    }

    /// The room on the disk, for metrics; `None` where it can't be told.
    pub fn disk_space(&self) -> Option<DiskSpace> {
        self.engine().disk_space().ok().flatten()
    }

    /// Asks for the durable records of a log to be sealed into segments, up to `sequence` at most
    /// and whatever the limits would keep in the engine. The committer does it between commits;
    /// fewer than 16 records stay where they are, and so does everything on an engine that has no
    /// archive.
    pub fn seal_up_to(&self, log: LogId, sequence: u64) {
        let shared = self.shared();
        let mut state = shared.state();
        let asked = state.seal_asked.entry(log).or_default();
        *asked = sequence.max(*asked);
        state.seal_wanted = Some(());
        drop(state);
        shared.announce();
    }

    /// The last record of a log that lies in a sealed segment; 0 when none does.
    ///
    /// # Errors
    /// What the engine knows of its segments is damaged, or it failed.
    pub fn sealed_up_to(&self, log: LogId) -> Result<u64, ReadError> {
        Ok(archived::check_entries(self.engine(), log)?.sequence)
    }

    /// The name of the engine below.
    pub fn engine_name(&self) -> &'static str {
        self.shared().engine.name()
    }

    /// The last record appended to a log, durable or not.
    pub fn head(&self, log: LogId) -> Head {
        self.shared().state().batcher.appended(log)
    }

    /// The last durable record of a log.
    pub fn durable_head(&self, log: LogId) -> Head {
        self.shared().state().batcher.durable(log)
    }

    /// All logs that have a record, in order.
    pub fn logs(&self) -> Vec<LogId> {
        self.shared().state().batcher.logs()
    }

    /// Durable records of a log in order, from `from_sequence` on (0 and 1 are the first), at most
    /// `records_max`. Each is checked: checksum, place, and hash against the record before.
    ///
    /// # Errors
    /// The first record that can't be trusted, or the engine.
    pub fn read(
        &self,
        log: LogId,
        from_sequence: u64,
        records_max: usize,
    ) -> Result<Vec<Record>, ReadError> {
        let from = from_sequence.max(1);
        let end = self.durable_head(log).sequence;
        let asked = u64::try_from(records_max).unwrap_or(u64::MAX);
        let last = end.min(from.saturating_sub(1).saturating_add(asked));
        let mut records = Vec::new();
        let mut previous = self.hash_before(log, from, last)?;
        while let Some(next) = next_sequence(from, last, records.len()) {
            for record in reading::read_step(self.engine(), log, next, last, previous)? {
                previous = record.hash;
                records.push(record);
            }
        }
        Ok(records)
    }

    fn hash_before(&self, log: LogId, from: u64, last: u64) -> Result<Hash, ReadError> {
        match from.saturating_sub(1) {
            0 => Ok(Hash::ZERO),
            _ if from > last => Ok(Hash::ZERO),
            before => Ok(reading::one_record(self.engine(), log, before)?.hash),
        }
    }

    /// A value of the keyed state, as durable.
    ///
    /// # Errors
    /// The value is damaged, or the engine failed.
    pub fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, ReadError> {
        self.keyed(Table::State, key::state(key.as_ref()))
    }

    /// A value of the side table, as durable.
    ///
    /// # Errors
    /// As [`get`](Journal::get).
    pub fn get_side(&self, key: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, ReadError> {
        self.keyed(Table::Side, key::side(key.as_ref()))
    }

    /// All durable pairs of the keyed state whose keys begin with `prefix`, in order: one moment's
    /// picture, no commit half seen. Commits wait meanwhile: keep the prefix narrow.
    ///
    /// # Errors
    /// As [`get`](Journal::get).
    pub fn scan(&self, prefix: impl AsRef<[u8]>) -> Result<Vec<Pair>, ReadError> {
        self.keyed_scan(Table::State, &key::state(prefix.as_ref()))
    }

    /// As [`scan`](Journal::scan), of the side table.
    ///
    /// # Errors
    /// As [`get`](Journal::get).
    pub fn scan_side(&self, prefix: impl AsRef<[u8]>) -> Result<Vec<Pair>, ReadError> {
        self.keyed_scan(Table::Side, &key::side(prefix.as_ref()))
    }

    /// Walks everything that is durable: checksum, hash chain, heads, gaps, both tables. It reads
    /// beside the committer and holds nobody up.
    ///
    /// # Errors
    /// The first thing that can't be trusted, or the engine.
    pub fn verify(&self) -> Result<VerifyReport, VerifyError> {
        let heads = self.shared().state().batcher.durable_heads().clone();
        let appended = |log| self.head(log);
        verify::walk(self.engine(), &heads, &appended)
    }

    fn keyed(&self, table: Table, key: Vec<u8>) -> Result<Option<Vec<u8>>, ReadError> {
        let _reading = self.shared().reading();
        Ok(self
            .durable_value(&key)?
            .map(|stored| open_keyed(table, &key, &stored))
            .transpose()?)
    }

    /// Call it while [`Shared::reading`].
    fn durable_value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, EngineError> {
        let now = self.engine().get(key)?;
        let before = self.shared().state().before.get(key).cloned();
        Ok(before.unwrap_or(now))
    }

    fn keyed_scan(&self, table: Table, prefix: &[u8]) -> Result<Vec<Pair>, ReadError> {
        let pairs = self.durable_pairs(prefix)?;
        let open = |(key, stored): (Vec<u8>, Vec<u8>)| {
            let value = open_keyed(table, &key, &stored)?;
            Ok((key::without_kind(&key), value))
        };
        pairs.into_iter().map(open).collect()
    }

    fn durable_pairs(&self, prefix: &[u8]) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, EngineError> {
        let _reading = self.shared().reading();
        let mut pairs = all_with_prefix(self.engine(), prefix)?;
        for (key, before) in &self.shared().state().before {
            if key.starts_with(prefix) {
                match before {
                    Some(value) => pairs.insert(key.clone(), value.clone()),
                    None => pairs.remove(key),
                };
            }
        }
        Ok(pairs)
    }

    fn held_hash(&self, log: LogId, sequence: u64) -> Result<Option<Hash>, ReadError> {
        match reading::one_record(self.engine(), log, sequence) {
            Ok(record) => Ok(Some(record.hash)),
            Err(ReadError::Record(Damage {
                what: Fault::Missing,
                ..
            })) => Ok(None),
            Err(damaged) => Err(damaged),
        }
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.handle.shared
    }

    pub(crate) fn engine(&self) -> &dyn Engine {
        self.shared().engine.as_ref()
    }
}

fn next_sequence(from: u64, last: u64, read: usize) -> Option<u64> {
    let next = from.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
    (next <= last).then_some(next)
}

fn open_keyed(table: Table, key: &[u8], stored: &[u8]) -> Result<Vec<u8>, KeyedDamage> {
    let damage = |what: Fault| KeyedDamage {
        table,
        key: key::without_kind(key),
        what,
    };
    stored::decode_keyed(key, stored)
        .map(<[u8]>::to_vec)
        .map_err(damage)
}

/// Everything in the engine under a prefix.
fn all_with_prefix(
    engine: &dyn Engine,
    prefix: &[u8],
) -> Result<BTreeMap<Vec<u8>, Vec<u8>>, EngineError> {
    let end = key::end_of_prefix(prefix);
    let mut from = prefix.to_vec();
    let mut pairs = BTreeMap::new();
    loop {
        let step = engine.scan(&from, end.as_deref(), SCAN_PAIRS)?;
        let Some((last, _)) = step.last() else {
            return Ok(pairs);
        };
        from.clone_from(last);
        // The next key in order is the last one with a zero byte behind it.
        from.push(0);
        pairs.extend(step);
    }
}
