//! Hub and lane stopped at each of the first 300 port calls of a payment's life, before it and
//! after it: 1,200 runs for a payment that is approved, 1,200 for one whose answer comes too late,
//! and every second call of one the hub stood in for, of one the lane approved alone, and of one
//! that is at the bank while the date turns. `SWEEP_EVERY=4` takes each fourth call of each course,
//! `SWEEP_CALLS` so many from the first.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first surprise, and says what it reached"
)]

mod sweep;

use std::{
    collections::BTreeMap,
    num::NonZero,
    sync::{Mutex, PoisonError},
    thread,
};

use serde_json::Value;
use sweep::{failures, figure, sweep};

/// Course, and each how-many-th call.
const COURSES: [(&str, u64); 5] = [
    ("approved", 1),
    ("late-answer", 1),
    ("stood-in", 2),
    ("offline", 2),
    ("across-close", 2),
];
/// Calls that one process sweeps.
const CALLS_A_PROCESS: usize = 50;

/// Arguments of one process.
type Part = (&'static str, Vec<String>);

/// How many calls from the first: `SWEEP_CALLS`, 300 by itself.
fn calls() -> u64 {
    asked("SWEEP_CALLS").unwrap_or(300)
}

fn asked(name: &str) -> Option<u64> {
    let asked = std::env::var(name).ok();
    asked.map(|count| count.parse().expect("a whole number"))
}

/// The courses, each with its step: `SWEEP_EVERY` makes the steps longer.
fn courses() -> Vec<(&'static str, u64)> {
    let longer = asked("SWEEP_EVERY").unwrap_or(1);
    COURSES
        .into_iter()
        .map(|(course, every)| (course, every.max(longer)))
        .collect()
}

fn parts(calls: u64) -> Vec<Part> {
    let mut parts = Vec::new();
    for (course, every) in courses() {
        for host in ["hub", "lane-1"] {
            for first in (1..=calls).step_by(CALLS_A_PROCESS) {
                let last = calls.min(first + CALLS_A_PROCESS as u64 - 1);
                let arguments = format!(
                    "--course {course} --host {host} --first {first} --last {last} --every {every}"
                );
                let arguments = arguments.split(' ').map(str::to_owned).collect();
                parts.push((course, arguments));
            }
        }
    }
    parts
}

/// As many processes at a time as the machine has processors.
fn run(parts: Vec<Part>) -> Vec<(&'static str, Value)> {
    let waiting = Mutex::new(parts);
    let ended = Mutex::new(Vec::new());
    let take = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some((course, arguments)) = take() {
                    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                    let (swept, _) = sweep(&arguments);
                    let mut ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
                    ended.push((course, swept));
                }
            });
        }
    });
    ended.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[test]
fn a_host_stopped_anywhere_breaks_nothing() {
    let mut runs: BTreeMap<&str, u64> = BTreeMap::new();
    let mut decided: BTreeMap<String, u64> = BTreeMap::new();
    let mut found = Vec::new();
    let calls = calls();
    for (course, swept) in run(parts(calls)) {
        *runs.entry(course).or_default() += figure(&swept, "runs");
        for name in ["payments", "stood_in", "offline", "reversed"] {
            let count = figure(&swept, &format!("decided/{name}"));
            *decided.entry(name.to_owned()).or_default() += count;
        }
        assert_eq!(
            figure(&swept, "not_reached"),
            0,
            "{course}: {}",
            swept["calls"]
        );
        found.extend(failures(&swept));
    }
    println!("runs in which a host stopped: {runs:?}; over all of them: {decided:?}");
    assert!(
        found.is_empty(),
        "{} runs ended ill:\n{}",
        found.len(),
        found.join("\n")
    );
    for (course, every) in courses() {
        let in_a_part = |first: u64| {
            (calls + 1 - first)
                .min(CALLS_A_PROCESS as u64)
                .div_ceil(every)
        };
        let wanted: u64 = (1..=calls).step_by(CALLS_A_PROCESS).map(in_a_part).sum();
        assert_eq!(runs.get(course), Some(&(4 * wanted)), "{course}");
    }
    assert!(decided.values().all(|count| *count > 0), "{decided:?}");
}
