//! A rejected event leaves no trace: what is durable, what is not, and what waits to be archived
//! are what they were. `World` looks at each step; here it is given what nobody should send.

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::{
    store::{Life, fate},
    world::{LANES, batch, mid, receipt, request, tid},
};
use crate::{
    day::TurnedBy,
    desk::Event,
    forward::Resolution,
    ids::{ForwardId, LaneEpoch, LaneId, LeaseId, Mid, PaymentId, Stan, Tid},
    time::BusinessDate,
};

fn id() -> impl Strategy<Value = PaymentId> {
    (1..9_u128).prop_map(PaymentId)
}

fn lane() -> impl Strategy<Value = LaneId> {
    (1..=LANES + 1).prop_map(LaneId)
}

fn terminal() -> impl Strategy<Value = Tid> {
    (1..=LANES + 1).prop_map(tid)
}

fn epoch() -> impl Strategy<Value = LaneEpoch> {
    (0..4_u32).prop_map(LaneEpoch)
}

fn text() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "Li Na"]).prop_map(str::to_owned)
}

fn date() -> impl Strategy<Value = BusinessDate> {
    let dates = vec!["2026-11-21", "2026-11-22", "2026-11-23"];
    prop::sample::select(dates).prop_map(|date| BusinessDate::parse(date).unwrap())
}

/// What lanes and the bank say, of what is there, what was there, and what never was.
fn from_outside() -> impl Strategy<Value = Event> {
    prop_oneof![
        (lane(), epoch()).prop_map(|(lane, epoch)| Event::LaneAttached { lane, epoch }),
        (1..9_u128, 1..=LANES, 100..900_i64, 1..4_u64).prop_map(|(id, lane, minor, lease)| {
            Event::OfflineReported {
                request: request(id, lane, minor),
                lease: LeaseId(lease),
            }
        }),
        (lane(), 1..4_u64).prop_map(|(lane, id)| Event::LeaseReturned {
            lane,
            lease_id: LeaseId(id),
        }),
        (id(), 1..=LANES, 1..9_u32).prop_map(|(payment_id, lane, number)| Event::Completed {
            payment_id,
            receipt: receipt(lane, number),
        }),
        (id(), lane()).prop_map(|(payment_id, lane)| Event::Abandoned { payment_id, lane }),
        (terminal(), 1..3_u32).prop_map(|(tid, number)| Event::SignedOn {
            tid,
            batch: batch(number),
        }),
        terminal().prop_map(|tid| Event::SignOnRefused { tid }),
        terminal().prop_map(|tid| Event::SignOnFailed { tid }),
        (terminal(), 1..9_u32).prop_map(|(tid, stan)| Event::NotSent {
            tid,
            stan: Stan::new(stan).unwrap(),
        }),
    ]
}

/// What operators and the configuration say.
fn from_within() -> impl Strategy<Value = Event> {
    let ways = vec![
        Resolution::Retry,
        Resolution::WrittenOff {
            reason: String::new(),
        },
        Resolution::SettledByHand {
            reference: "letter 7".to_owned(),
        },
    ];
    prop_oneof![
        (terminal(), any::<bool>(), lane()).prop_map(|(tid, other, lane)| {
            let mid = if other {
                Mid::new("123456789012345").unwrap()
            } else {
                mid()
            };
            Event::TerminalConfigured { tid, mid, lane }
        }),
        (lane(), epoch(), text(), text()).prop_map(|(lane, to, by, reason)| {
            Event::EpochTakenBack {
                lane,
                to,
                by,
                reason,
            }
        }),
        (1..4_u64, text(), text()).prop_map(|(id, by, reason)| Event::LeaseWrittenOff {
            lease_id: LeaseId(id),
            by,
            reason,
        }),
        (1..6_u64, prop::sample::select(ways)).prop_map(|(id, how)| Event::DeadLetterResolved {
            forward_id: ForwardId(id),
            how,
        }),
        (date(), date()).prop_map(|(ended, begins)| Event::TurnDate {
            ended,
            begins,
            by: TurnedBy::Hand,
        }),
        (lane(), epoch(), text(), text()).prop_map(|(lane, epoch, by, reason)| {
            Event::StateEpochEnd {
                lane,
                epoch,
                sequence: 7,
                by,
                reason,
            }
        }),
    ]
}

fn anything() -> impl Strategy<Value = Event> {
    prop_oneof![3 => from_outside(), 2 => from_within()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_rejected_event_leaves_no_trace(
        fates in prop::collection::vec(fate(), 0..40),
        events in prop::collection::vec(anything(), 1..40),
    ) {
        let mut life = Life::new();
        for fate in fates {
            life.live(fate);
        }
        for event in events {
            let _ = life.world.try_step(event);
        }
    }
}

/// A property that never meets a rejection proves nothing.
#[test]
fn most_reasons_to_reject_are_met() {
    let mut runner = TestRunner::deterministic();
    let (lives, strange) = (
        prop::collection::vec(fate(), 30),
        prop::collection::vec(anything(), 60),
    );
    let mut met = std::collections::BTreeSet::new();
    for _ in 0..40 {
        let mut life = Life::new();
        for fate in lives.new_tree(&mut runner).unwrap().current() {
            life.live(fate);
        }
        for event in strange.new_tree(&mut runner).unwrap().current() {
            if let Err(rejected) = life.world.try_step(event) {
                let shown = format!("{rejected:?}");
                let name = shown.split(['(', ' ']).next().unwrap_or_default();
                met.insert(name.to_owned());
            }
        }
    }
    assert!(met.len() >= 8, "{met:?}");
}
