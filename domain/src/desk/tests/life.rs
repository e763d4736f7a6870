//! Random lives of a store: whatever happens in whatever order, what must hold holds after every
//! step, and once the faults have ended the bank and the desk agree on every payment to the cent.

use std::collections::BTreeMap;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};

use super::store::{Life, fate};
use crate::desk::{ArchiveFact, DeskFact, Outgoing};

proptest! {
    #[test]
    fn whatever_happens_the_rules_hold_and_the_bank_agrees(
        fates in prop::collection::vec(fate(), 1..120)
    ) {
        let mut life = Life::new();
        for fate in fates {
            life.live(fate);
        }
        life.heal();
        life.compare();
    }
}

/// A property that never meets the cases it is about proves nothing.
#[test]
fn random_lives_reach_every_outcome() {
    let mut runner = TestRunner::deterministic();
    let lives = prop::collection::vec(fate(), 120);
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for _ in 0..80 {
        let mut life = Life::new();
        for fate in lives.new_tree(&mut runner).unwrap().current() {
            life.live(fate);
        }
        life.heal();
        life.compare();
        let counts = life.world.desk.counts();
        for (name, count) in [
            ("approved", counts.approved),
            ("partially approved", counts.partially_approved),
            ("declined", counts.declined),
            ("unknown", counts.unknown),
            ("refused", counts.refused),
            ("reversed", counts.reversed),
            ("stand-in", counts.stand_in),
            ("declined after goods", counts.declined_after_goods),
            ("delivered", counts.forward_delivered),
            ("withdrawn", counts.forward_withdrawn),
            ("dead letters", counts.forward_dead_letters),
            ("late answers", counts.late_answers),
            ("balanced", counts.batches_balanced),
            (
                "voids",
                life.count_sent(|it| matches!(it, Outgoing::Void { .. })),
            ),
            (
                "archived",
                life.count_written(|it| {
                    matches!(it, DeskFact::Archive(ArchiveFact::Archived { .. }))
                }),
            ),
            (
                "restored",
                life.count_written(|it| {
                    matches!(it, DeskFact::Archive(ArchiveFact::Restored { .. }))
                }),
            ),
            (
                "sent after not sent",
                u64::try_from(life.not_sent.len()).unwrap(),
            ),
        ] {
            *seen.entry(name).or_insert(0) += count;
        }
    }
    let missing: Vec<_> = seen.iter().filter(|(_, count)| **count == 0).collect();
    assert!(missing.is_empty(), "never reached: {missing:?}");
}
