//! Short store days, in each of which one process is killed at a random moment: `KILL_RUNS` of them
//! (40 when it isn't set), `KILL_AT_ONCE` at a time (4), their moments drawn from `KILL_SEED` (1);
//! every other store lives two days, unless `KILL_DAYS=1`.
//!
//! `cargo test --release -p tests --test kill_loop -- --nocapture`

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and says what it met"
)]

mod killing;

use std::env;

fn number(name: &str, default: u64) -> u64 {
    let text = env::var(name).unwrap_or_default();
    match text.is_empty() {
        true => default,
        false => text.parse().expect("a whole number"),
    }
}

#[test]
fn every_run_audits_clean_whatever_is_killed_and_when() {
    let runs = number("KILL_RUNS", 40);
    let at_once = number("KILL_AT_ONCE", 4);
    let seed = number("KILL_SEED", 1);
    let killings = killing::kill_again_and_again(seed, runs, at_once, number("KILL_DAYS", 2));
    let in_flight = killings
        .iter()
        .filter(|killing| killing.in_flight >= 1)
        .count();
    println!("{runs} kills, {in_flight} of them with a payment in flight, every run clean");
    assert!(
        in_flight * 2 >= killings.len(),
        "only {in_flight} of {runs} kills met a payment in flight"
    );
}
