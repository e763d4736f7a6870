//! Kills one process of a short store day with `kill -9`, and sees that the day ends and audits
//! clean all the same.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, waits in real time, and says what it met"
)]

mod day;
mod met;

use std::{fmt, thread, time::Duration};

use day::StoreDay;

/// Of each store.
const LANES: u64 = 2;
/// From the first customer to the last one day takes about eight seconds, two with the night
/// between them about forty.
const MOMENTS_MS: [std::ops::Range<u64>; 2] = [300..7_500, 300..36_000];

/// Which process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Victim {
    /// The bank's side.
    Host,
    /// The store hub.
    Hub,
    /// A lane, from 1.
    Lane(u64),
    /// The run itself, and all its programs with it; it is gone on with by `--resume`.
    Parent,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host => f.write_str("host"),
            Self::Hub => f.write_str("hub"),
            Self::Lane(lane) => write!(f, "lane {lane}"),
            Self::Parent => f.write_str("parent"),
        }
    }
}

/// One killing, and what it met.
#[derive(Clone, Debug)]
pub(crate) struct Killing {
    /// Payments that were asked for and not decided when the process was killed.
    pub(crate) in_flight: usize,
}

/// Kills in `runs` stores, `at_once` of them at the same time, of at most so many days; every one
/// has to end clean.
pub(crate) fn kill_again_and_again(
    seed: u64,
    runs: u64,
    at_once: u64,
    days_max: u64,
) -> Vec<Killing> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.clamp(1, runs))
            .map(|worker| {
                scope.spawn(move || {
                    let own = (worker..runs).step_by(usize::try_from(at_once).expect("small"));
                    own.map(|run| kill_once(seed, run, days_max))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let killings = workers
            .into_iter()
            .map(|worker| worker.join().expect("a run failed, see above"));
        killings.flatten().collect()
    })
}

/// SplitMix64: the same seed, the same kills.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// Everybody's turn comes.
fn victim_of(run: u64) -> Victim {
    match run % (3 + LANES) {
        0 => Victim::Hub,
        1 => Victim::Host,
        2 => Victim::Parent,
        lane => Victim::Lane(lane - 2),
    }
}

/// Every other store lives two days, where days are asked for.
fn days_of(run: u64, days_max: u64) -> u64 {
    match days_max {
        1 => 1,
        _ => 1 + run % 2,
    }
}

fn kill_once(seed: u64, run: u64, days_max: u64) -> Killing {
    let run_seed = seed.wrapping_mul(1_000).wrapping_add(run);
    let mut dice = Dice(run_seed);
    let victim = victim_of(run);
    let days = days_of(run, days_max);
    let [one_day, two_days] = MOMENTS_MS;
    let moments_ms = if days == 1 { one_day } else { two_days };
    let moment_ms = moments_ms.start + dice.below(moments_ms.end - moments_ms.start);
    // Every fifth kill takes the moment as it comes.
    let wants_payment = dice.below(5) > 0;
    let home = tempfile::tempdir().expect("a temporary folder");
    let day = StoreDay::begin(run_seed, days, home.path());
    let name = format!("run {run} seed {run_seed}, {days} days: {victim}");
    day.until_open(&name);
    // A moment of chance, not one to wait for something.
    thread::sleep(Duration::from_millis(moment_ms));
    let met = day.met(wants_payment);
    day.kill(victim, &name);
    let ended = day.end(victim, &name);
    let fates = ended.fates(&met);
    // One write, so that runs beside each other don't mix their lines.
    println!("{name} killed at {moment_ms} ms with {met}{fates}\n  {ended}");
    Killing {
        in_flight: met.in_flight(),
    }
}
