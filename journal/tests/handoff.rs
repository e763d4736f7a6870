//! The interleavings of two who append and the committer, through the file that production uses:
//! nothing is lost, each keeps its order, and the committer always wakes.
//!
//! `cargo test -p journal --test handoff`. Take the `notify_one` out of `src/handoff.rs`, or what
//! says that the committer is asleep, and it fails: the checker reports a deadlock.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
#![allow(
    dead_code,
    reason = "the file is production's; what waits for time has no interleavings to check"
)]

use std::collections::VecDeque;
use std::process::Command;

use loom::sync::Arc;
use loom::thread;

/// What production takes from `std::sync`.
mod sync {
    pub(crate) use std::sync::PoisonError;

    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};
    pub(crate) use loom::sync::{Condvar, Mutex, MutexGuard};
}

#[path = "../src/handoff.rs"]
mod handoff;

use handoff::Handoff;

/// Runs a model through its interleavings: all with up to three switches at a moment where no
/// thread had to wait. Without that bound a run takes hours.
fn every_interleaving(model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

/// What the batcher is to the hand-off: what waits, and whether more may come.
#[derive(Default)]
struct Waiting {
    batches: VecDeque<(u32, u32)>,
    closed: bool,
}

/// As `Committer::wait_for_commit`: all that waits, or the end.
fn take_all(handoff: &Handoff<Waiting>) -> Option<Vec<(u32, u32)>> {
    handoff.wait(|waiting| {
        if !waiting.batches.is_empty() {
            return Some(Some(waiting.batches.drain(..).collect()));
        }
        waiting.closed.then_some(None)
    })
}

fn append(handoff: &Handoff<Waiting>, batch: (u32, u32)) {
    handoff.lock().batches.push_back(batch);
    handoff.wake();
}

fn close(handoff: &Handoff<Waiting>) {
    handoff.lock().closed = true;
    handoff.wake();
}

fn committer(handoff: &Handoff<Waiting>) -> Vec<(u32, u32)> {
    let mut committed = Vec::new();
    while let Some(batches) = take_all(handoff) {
        committed.extend(batches);
    }
    committed
}

#[test]
fn all_that_is_appended_is_committed_in_order() {
    every_interleaving(|| {
        let handoff = Arc::new(Handoff::new(Waiting::default()));
        let driver = thread::spawn({
            let handoff = Arc::clone(&handoff);
            move || committer(&handoff)
        });
        let other = thread::spawn({
            let handoff = Arc::clone(&handoff);
            move || append(&handoff, (1, 0))
        });
        append(&handoff, (0, 0));
        append(&handoff, (0, 1));
        other.join().unwrap();
        close(&handoff);
        let committed = driver.join().unwrap();
        let of = |writer| committed.iter().filter(move |batch| batch.0 == writer);
        assert!(of(0).eq([&(0, 0), &(0, 1)]), "{committed:?}");
        assert!(of(1).eq([&(1, 0)]), "{committed:?}");
    });
}

/// Who waits for one batch to be durable before the next: the committer must wake for each.
#[test]
fn the_committer_wakes_for_each_batch() {
    every_interleaving(|| {
        let handoff = Arc::new(Handoff::new(Waiting::default()));
        let durable = Arc::new(Handoff::new(0));
        let driver = thread::spawn({
            let (handoff, durable) = (Arc::clone(&handoff), Arc::clone(&durable));
            move || {
                while let Some(batches) = take_all(&handoff) {
                    *durable.lock() += batches.len();
                    durable.wake();
                }
            }
        });
        for n in 1..=2 {
            append(&handoff, (0, 0));
            durable.wait(|durable| (*durable == n).then_some(()));
        }
        close(&handoff);
        driver.join().unwrap();
    });
}

const CHILD: &str = "JOURNAL_TEST_NO_WAKE_UP";

/// Not a test of its own: a process that forgets the wake-up. The checker ends it for good.
#[test]
fn forgetful_child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    every_interleaving(|| {
        let handoff = Arc::new(Handoff::new(Waiting::default()));
        let driver = thread::spawn({
            let handoff = Arc::clone(&handoff);
            move || committer(&handoff)
        });
        handoff.lock().closed = true;
        driver.join().unwrap();
    });
}

/// The tests above can fail: without the wake-up the checker finds the committer asleep for ever.
#[test]
fn without_the_wake_up_the_committer_sleeps_for_ever() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "forgetful_child", "--nocapture"])
        .env(CHILD, "1")
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("deadlock; threads = "), "{said}");
}
