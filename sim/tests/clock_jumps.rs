//! The wall clocks of hub and lanes jump an hour there and back, all day long and at any moment:
//! in a payment, a lease, a pause before the next try, the close of the day. Money and numbers stay
//! what they are without.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::{Mutex, PoisonError};

use sim::world::{self, ClockJumps, Course, Trouble, WorldOptions};

/// tokio numbers its tasks for the whole process: one world at a time.
static ONE_WORLD: Mutex<()> = Mutex::new(());

const HOUR_MS: i64 = 3_600_000;

/// Money and numbers of a world, and how much virtual time it took.
fn account(options: WorldOptions) -> (Vec<String>, u64) {
    let _one = ONE_WORLD.lock().unwrap_or_else(PoisonError::into_inner);
    world::align_task_ids().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ran = world::run(options, &folder.path().join("world"), None);
    let (outcome, findings) = ran.unwrap();
    assert_eq!(findings.verdict.broken, [], "{options:?}");
    assert!(outcome.payments > 0, "{options:?}");
    (findings.account, outcome.virtual_ms)
}

#[track_caller]
fn same_with_jumps(options: WorldOptions) {
    let still = account(options);
    for by_ms in [HOUR_MS, -HOUR_MS] {
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
    for seed in [1, 2, 3] {
        same_with_jumps(WorldOptions::with_faults(seed, 2, 24));
    }
}

#[test]
fn clocks_that_jump_change_nothing_about_a_payment_whatever_its_course() {
    for course in Course::ALL {
        for seed in [1, 4] {
            same_with_jumps(WorldOptions {
                day_ms: 3_000,
                trouble: Trouble::Payment { course, stop: None },
                ..WorldOptions::with_faults(seed, 1, 10)
            });
        }
    }
}
