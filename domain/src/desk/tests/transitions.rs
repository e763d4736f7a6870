//! The table of docs/desk-transitions.md: what each event does to a payment, where it stands now
//! and then, found by trying every event on every status that can be reached.
//!
//! Where the two differ, the page as it has to be is left in `target/`.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt::Debug,
    fs,
    path::Path,
};

use super::world::{World, answer, batch, place, receipt, request, tid};
use crate::{
    desk::{Effect, Event, LaneMemory, Outgoing, PaymentStatus},
    forward::Resolution,
    ids::{LaneId, LeaseId, PaymentId},
    payment::{Answer, Completion, MacCheck},
    words::Worded,
};

const ID: PaymentId = PaymentId(1);
const PAGE: &str = "../docs/desk-transitions.md";

/// A store with one payment, and the message whose answer it waits for.
#[derive(Clone)]
struct Case {
    world: World,
    at_bank: Option<Outgoing>,
    /// How it came to be: the fewest events.
    way: Vec<&'static str>,
}

/// A name, and what happens; nothing where it can't happen.
type Happening = (&'static str, fn(&Case) -> Vec<Event>);

fn answered(case: &Case, code: &str, spoil: fn(&mut Answer)) -> Vec<Event> {
    let answers = case.at_bank.iter().map(|message| {
        let mut answer = answer(message, code);
        spoil(&mut answer);
        Event::Answered(answer)
    });
    answers.collect()
}

/// The answer to a message about the payment. A 0510 has no MAC, and its result counts.
fn paid(case: &Case, code: &str, spoil: fn(&mut Answer)) -> Vec<Event> {
    match case.at_bank {
        Some(Outgoing::Settlement { .. }) => Vec::new(),
        _ => answered(case, code, spoil),
    }
}

fn broken(case: &Case, in_full: Option<bool>) -> Vec<Event> {
    let events = case.at_bank.iter().map(|message| {
        let (_, tid, stan, _) = place(message);
        let tid = tid.clone();
        match in_full {
            Some(in_full) => Event::SentThenBroke { tid, stan, in_full },
            None => Event::NotSent { tid, stan },
        }
    });
    events.collect()
}

fn resolved(case: &Case, how: Resolution) -> Vec<Event> {
    let dead = case.world.desk.dead_letters();
    let open = dead.filter(|letter| letter.resolution.is_none());
    let events = open.map(|letter| Event::DeadLetterResolved {
        forward_id: letter.id,
        how: how.clone(),
    });
    events.collect()
}

/// The lane's hello to a hub whose journal is another one.
fn lost_hub() -> Event {
    let memory = LaneMemory {
        hub_epoch: 1,
        last_stan: None,
        last_lease: LeaseId(0),
    };
    let lane = LaneId(1);
    Event::LaneRemembers { lane, memory }
}

const HAPPENINGS: [Happening; 23] = [
    ("the lane asks", |_| {
        vec![Event::Requested(request(1, 1, 1_000))]
    }),
    ("the lane asks with other content", |_| {
        vec![Event::Requested(request(1, 1, 1_001))]
    }),
    ("the lane asks; a lost hub may have sent it", |_| {
        vec![
            lost_hub(),
            Event::RequestedOfPreviousHub(request(1, 1, 1_000)),
        ]
    }),
    ("the lane shows that it approved alone", |_| {
        let request = request(1, 1, 1_000);
        vec![Event::OfflineReported {
            request,
            lease: LeaseId(1),
        }]
    }),
    ("its sealed card comes", |_| {
        vec![Event::OfflineCard { payment_id: ID }]
    }),
    ("the line is down", |_| {
        vec![Event::AcquirerLink { up: false }]
    }),
    ("the line is up and signed on", |_| {
        let (tid, batch) = (tid(1), batch(1));
        let signed_on = Event::SignedOn { tid, batch };
        vec![Event::AcquirerLink { up: true }, signed_on]
    }),
    ("not one byte leaves", |case| broken(case, None)),
    ("the line breaks, a part has left", |case| {
        broken(case, Some(false))
    }),
    ("the line breaks, all has left", |case| {
        broken(case, Some(true))
    }),
    ("no answer comes in time", |case| match case.at_bank {
        Some(_) => vec![Event::Tick],
        None => Vec::new(),
    }),
    ("the bank says 00", |case| answered(case, "00", |_| {})),
    ("the bank says 10, for less", |case| {
        paid(case, "10", |answer| answer.amount_minor = Some(600))
    }),
    ("the bank says 51", |case| paid(case, "51", |_| {})),
    ("the answer's MAC is wrong", |case| {
        paid(case, "00", |answer| answer.mac = MacCheck::Bad)
    }),
    ("the bank counted otherwise", |case| match case.at_bank {
        Some(Outgoing::Settlement { .. }) => {
            answered(case, "00", |answer| answer.settlement_result = Some(2))
        }
        _ => Vec::new(),
    }),
    ("the lane closes the sale", |_| {
        let receipt = receipt(1, 1);
        let payment_id = ID;
        vec![Event::Completed {
            payment_id,
            receipt,
        }]
    }),
    ("the lane gives it up", |_| {
        let (payment_id, lane) = (ID, LaneId(1));
        vec![Event::Abandoned { payment_id, lane }]
    }),
    ("given up while a lost hub was away", |_| {
        let (payment_id, lane) = (ID, LaneId(1));
        let abandoned = Event::AbandonedAtPreviousHub { payment_id, lane };
        vec![lost_hub(), abandoned, Event::Abandoned { payment_id, lane }]
    }),
    ("settlement is ordered", |_| vec![Event::OrderSettlement]),
    ("an operator puts it back into the queue", |case| {
        resolved(case, Resolution::Retry)
    }),
    ("an operator settled it by hand", |case| {
        let reference = "by hand".to_owned();
        resolved(case, Resolution::SettledByHand { reference })
    }),
    ("the hub starts again", |_| vec![Event::Recovered]),
];

/// What came of an event.
struct Outcome {
    case: Case,
    records: Vec<String>,
    does: Vec<String>,
}

impl Case {
    /// Where the payment stands: one chapter of the page.
    fn place(&self) -> String {
        let Some(status) = self.world.desk.status(ID) else {
            return match self.world.desk.durable.abandoned_early.contains_key(&ID) {
                true => "not known, given up before it was asked".to_owned(),
                false => "not known".to_owned(),
            };
        };
        let payment = self.world.desk.payment(ID);
        let lane = match payment.map(|payment| payment.completion) {
            Some(Completion::Abandoned) => "; the lane gave it up",
            Some(Completion::Completed(_)) => "; the sale is closed",
            Some(Completion::Open) | None => "",
        };
        let is_counted = matches!(status, PaymentStatus::Captured | PaymentStatus::Delivered);
        let bank = match &self.at_bank {
            // A settlement is nothing to a payment that it does not count.
            Some(Outgoing::Upload { .. }) | None => String::new(),
            Some(Outgoing::Settlement { .. }) if !is_counted => String::new(),
            Some(message) => format!("; {:04} at the bank", place(message).0),
        };
        format!("{}{lane}{bank}", status.english())
    }

    /// Nothing, where this can't happen or nothing comes of it.
    fn after(&self, (name, events): &Happening) -> Option<Outcome> {
        let events = events(self);
        let mut case = self.clone();
        case.way.push(name);
        let (mut records, mut does) = (Vec::new(), Vec::new());
        for event in &events {
            match event {
                Event::Tick => drop(case.world.pass(60_000)),
                Event::Recovered => drop(case.world.restart()),
                _ => match case.world.try_step(event.clone()) {
                    Ok(()) => {}
                    Err(rejected) => {
                        let why = rejected.to_string();
                        does.push(format!("rejected: {}", why.replace(&ID.to_string(), "it")));
                    }
                },
            }
            case.took(&mut records, &mut does);
        }
        (!records.is_empty() || !does.is_empty()).then_some(Outcome {
            case,
            records,
            does,
        })
    }

    /// What the last step did.
    fn took(&mut self, records: &mut Vec<String>, does: &mut Vec<String>) {
        let (other, effects) = (tid(2), &self.world.effects);
        // Of the other terminal nothing is told.
        let its = |effect: &&Effect| !format!("{effect:?}").contains(other.as_str());
        for effect in effects.iter().filter(its) {
            match effect {
                Effect::Persist(record) => records.push(words(&record.fact)),
                Effect::Send(message) => {
                    does.push(format!("sends {:04}", place(message).0));
                    self.at_bank = Some(message.clone());
                }
                Effect::Reply { decision, .. } => does.push(format!("tells {}", first(decision))),
                Effect::WaitsForSettlement { .. } => does.push("tells to wait".to_owned()),
                Effect::Alarm(alarm) => does.push(format!("alarm {}", first(alarm))),
                Effect::HoldCard(_) => does.push("keeps the card".to_owned()),
                Effect::EraseCard(_) => does.push("forgets the card".to_owned()),
                Effect::Archive(_)
                | Effect::ForgetSecrets(_)
                | Effect::SignOn { .. }
                | Effect::DateTurned { .. }
                | Effect::ReturnAnswer { .. }
                | Effect::AskToHandOver { .. }
                | Effect::BasketAnswer { .. }
                | Effect::HotCard { .. }
                | Effect::GrantLease(_)
                | Effect::WakeAt(_) => {}
            }
        }
        let station = self.world.desk.volatile.stations.get(&tid(1));
        if station.is_none_or(|station| station.outstanding.is_none()) {
            self.at_bank = None;
        }
    }
}

/// The name of a variant.
fn first(value: &impl Debug) -> String {
    let text = format!("{value:?}");
    let end = text.find(|letter: char| !letter.is_alphanumeric());
    text[..end.unwrap_or(text.len())].to_owned()
}

/// Family and fact.
fn words(fact: &crate::desk::DeskFact) -> String {
    let text = format!("{fact:?}");
    let (family, rest) = text.split_once('(').unwrap_or((&text, ""));
    let end = rest.find(|letter: char| !letter.is_alphanumeric());
    format!("{family}.{}", &rest[..end.unwrap_or(rest.len())])
}

/// The first way found to each place, and what every event does there.
type Places = BTreeMap<String, (Case, Vec<(&'static str, Outcome)>)>;

fn explore() -> Places {
    let begin = Case {
        world: World::online(),
        at_bank: None,
        way: Vec::new(),
    };
    let mut places = BTreeMap::new();
    let mut waiting = VecDeque::from([begin]);
    while let Some(case) = waiting.pop_front() {
        let place = case.place();
        if places.contains_key(&place) {
            continue;
        }
        let mut outcomes = Vec::new();
        for happening in &HAPPENINGS {
            if let Some(outcome) = case.after(happening) {
                waiting.push_back(outcome.case.clone());
                outcomes.push((happening.0, outcome));
            }
        }
        places.insert(place, (case, outcomes));
    }
    places
}

fn page() -> String {
    let mut page = String::from(HEAD);
    for (place, (case, outcomes)) in explore() {
        let way = match case.way[..] {
            [] => "Nobody has asked for it.".to_owned(),
            _ => format!("After: {}.", case.way.join("; ")),
        };
        page.push_str(&format!("\n## {place}\n\n{way}\n\n"));
        page.push_str("| what happens | stands then | records | and |\n|---|---|---|---|\n");
        for (name, outcome) in outcomes {
            let then = outcome.case.place();
            let then = if then == place { "" } else { &then };
            let (records, does) = (outcome.records.join(", "), outcome.does.join(", "));
            page.push_str(&format!("| {name} | {then} | {records} | {does} |\n"));
        }
    }
    page
}

const HEAD: &str = "\
# What becomes of a payment at the desk

Generated from the desk itself: a store with one payment, every event tried on every place that can
be reached, by the fewest events. What is not in a table changes nothing, tells nobody and is
written nowhere. Not here: a payment that waits behind another of its terminal, and an approval of
the lane alone inside a lease.
The test `the_page_of_transitions_is_what_the_desk_does` holds this page to the code.
";

#[test]
fn the_page_of_transitions_is_what_the_desk_does() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (page, written) = (page(), fs::read_to_string(home.join(PAGE)));
    if written.is_ok_and(|written| written == page) {
        return;
    }
    let now = home.join("../target/desk-transitions.md");
    fs::create_dir_all(home.join("../target")).unwrap();
    fs::write(&now, page).unwrap();
    panic!("{PAGE} is old: as it has to be it is in {}", now.display());
}
