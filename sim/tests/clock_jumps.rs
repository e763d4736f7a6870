//! The wall clocks of hub and lanes jump an hour or more, there and back, all day long and at any
//! moment: in a payment, a lease, a pause before the next try, the close of the day. Money and
//! numbers stay what they are without.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::{Mutex, PoisonError};

use sim::{
    oracle::Findings,
    world::{self, ClockJumps, Course, Mutation, Trouble, WorldError, WorldOptions, WorldOutcome},
};

/// tokio numbers its tasks for the whole process: one world at a time.
static ONE_WORLD: Mutex<()> = Mutex::new(());

const HOUR_MS: i64 = 3_600_000;
/// Longer than a lease is valid.
const FIVE_HOURS_MS: i64 = 5 * HOUR_MS;

fn run(options: WorldOptions) -> Result<(WorldOutcome, Findings), WorldError> {
    let _one = ONE_WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    world::align_task_ids().unwrap();
    let folder = tempfile::tempdir().unwrap();
    world::run(options, &folder.path().join("world"), None)
}

/// Money and numbers of a world, and how much virtual time it took.
fn account(options: WorldOptions) -> (Vec<String>, u64) {
    let (outcome, findings) = run(options).unwrap();
    assert_eq!(findings.verdict.broken, [], "{options:?}");
    assert!(outcome.payments > 0, "{options:?}");
    (findings.account, outcome.virtual_ms)
}

/// How many seeds: `CLOCK_SEEDS`, 2 by itself.
fn seeds() -> std::ops::RangeInclusive<u64> {
    let asked = std::env::var("CLOCK_SEEDS").ok();
    1..=asked.map_or(2, |count| count.parse().unwrap())
}

#[track_caller]
fn same_with_jumps(options: WorldOptions) {
    let still = account(options);
    for by_ms in [HOUR_MS, -HOUR_MS, FIVE_HOURS_MS] {
        let jumps = Some(ClockJumps { by_ms });
        let jumping = account(WorldOptions { jumps, ..options });
        let pairs = still.0.iter().zip(&jumping.0);
        for (still, jumping) in pairs {
            assert_eq!(still, jumping, "{by_ms} ms, seed {}", options.seed);
        }
        assert_eq!(still, jumping, "{by_ms} ms, seed {}", options.seed);
    }
}

#[test]
fn clocks_that_jump_change_no_money_and_no_numbers_on_a_day_with_faults() {
    for seed in seeds() {
        same_with_jumps(WorldOptions::with_faults(seed, 2, 24));
    }
}

#[test]
fn clocks_that_jump_change_nothing_about_a_payment_whatever_its_course() {
    for course in Course::ALL {
        for seed in seeds() {
            same_with_jumps(short_day(seed, course));
        }
    }
}

fn short_day(seed: u64, course: Course) -> WorldOptions {
    WorldOptions {
        day_ms: 3_000,
        trouble: Trouble::Payment { course, stop: None },
        ..WorldOptions::with_faults(seed, 1, course.baskets())
    }
}

/// The comparison can fail: if leases went by the wall clock they would be over at a jump, and a
/// lane would refuse what its lease allows.
#[test]
fn leases_that_went_by_the_wall_clock_would_be_found() {
    let found = (1..=40).any(|seed| {
        let options = short_day(seed, Course::Offline);
        let jumping = run(WorldOptions {
            jumps: Some(ClockJumps {
                by_ms: FIVE_HOURS_MS,
            }),
            mutation: Some(Mutation::MonoJumps),
            ..options
        });
        let same = jumping.is_ok_and(|(_, findings)| findings.account == account(options).0);
        !same
    });
    assert!(found);
}
