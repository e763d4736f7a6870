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

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tests::program;

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
const LANES: u64 = 2;
const BASKETS: u64 = 24;
/// So slow that a kill has something to meet.
const BANK_LATENCY_MS: u64 = 900;
/// From the first customer to the last it takes about eight seconds.
const MOMENTS_MS: std::ops::Range<u64> = 300..7_500;
/// How long the killer waits for a payment in flight, where it wants one.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a store may take to start, on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(60);

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
    pub(crate) in_flight: u64,
}

/// Kills in `runs` days, `at_once` of them at the same time; every day has to end clean.
pub(crate) fn kill_again_and_again(seed: u64, runs: u64, at_once: u64) -> Vec<Killing> {
    thread::scope(|scope| {
        let workers: Vec<_> = (0..at_once.clamp(1, runs))
            .map(|worker| {
                scope.spawn(move || {
                    let own = (worker..runs).step_by(usize::try_from(at_once).expect("small"));
                    own.map(|run| kill_once(seed, run)).collect::<Vec<_>>()
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

fn kill_once(seed: u64, run: u64) -> Killing {
    let run_seed = seed.wrapping_mul(1_000).wrapping_add(run);
    let mut dice = Dice(run_seed);
    let victim = victim_of(run);
    let moment_ms = MOMENTS_MS.start + dice.below(MOMENTS_MS.end - MOMENTS_MS.start);
    // Every fifth kill takes the moment as it comes.
    let wants_payment = dice.below(5) > 0;
    let home = tempfile::tempdir().expect("a temporary folder");
    let day = StoreDay::begin(run_seed, home.path());
    let name = format!("run {run} seed {run_seed}: {victim}");
    day.until_open(&name);
    // A moment of chance, not one to wait for something.
    thread::sleep(Duration::from_millis(moment_ms));
    let met = day.met(wants_payment);
    day.kill(victim, &name);
    println!("{name} killed at {moment_ms} ms with {met}");
    let ended = day.end(victim, &name);
    println!("{name}: {ended}");
    Killing {
        in_flight: met.in_flight,
    }
}

/// What was going on just before the kill.
struct Met {
    in_flight: u64,
    queued: u64,
    /// Asked for so far.
    requested: u64,
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            in_flight,
            queued,
            requested,
        } = self;
        write!(
            f,
            "{in_flight} of {requested} payments in flight, {queued} entries queued"
        )
    }
}

struct StoreDay {
    process: Child,
    folder: PathBuf,
    out: PathBuf,
    log: PathBuf,
}

impl StoreDay {
    fn begin(seed: u64, home: &Path) -> Self {
        let folder = home.join("day");
        let (out, log) = (home.join("summary.json"), home.join("log"));
        let file = |path: &Path| Stdio::from(fs::File::create(path).expect("a file"));
        let process = program(UNDER_TEST, "sim")
            .args(["store", "--faults", "none", "--output", "json"])
            .args(["--lanes", &LANES.to_string()])
            .args(["--baskets", &BASKETS.to_string()])
            .args(["--bank-latency", &BANK_LATENCY_MS.to_string()])
            .args(["--seed", &seed.to_string(), "--out"])
            .arg(&folder)
            .stdout(file(&out))
            .stderr(file(&log))
            .spawn()
            .expect("sim starts");
        Self {
            process,
            folder,
            out,
            log,
        }
    }

    fn ask(&self, question: &str) -> Option<Value> {
        let asked = program(UNDER_TEST, "store-hub")
            .args([question, "--output", "json", "--config"])
            .arg(self.folder.join("hub/store-hub.toml"))
            .output()
            .expect("store-hub starts");
        serde_json::from_slice(&asked.stdout).ok()
    }

    /// Comes back once every lane is there.
    fn until_open(&self, name: &str) {
        let started = Instant::now();
        loop {
            let lanes = self.running_hub().and_then(|_| self.ask("lanes"));
            let rows = lanes.as_ref().and_then(|lanes| lanes["lanes"].as_array());
            let open = rows.map_or(0, |rows| {
                let there = |row: &&Value| row["connected"] == true && row["state"] != "starting";
                rows.iter().filter(there).count()
            });
            if u64::try_from(open) == Ok(LANES) {
                return;
            }
            assert!(
                started.elapsed() < START_PATIENCE,
                "{name}: the store never opened: {}",
                read(&self.log)
            );
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// The hub's status, if a hub runs: asking a stopped one would open its journal.
    fn running_hub(&self) -> Option<Value> {
        let config = fs::read_to_string(self.folder.join("hub/store-hub.toml")).ok()?;
        let has_port = !config.contains("\"127.0.0.1:0\"");
        let status = has_port.then(|| self.ask("status")).flatten()?;
        (status["running"] == true).then_some(status)
    }

    /// Looks until a payment is in flight, or once.
    fn met(&self, wants_payment: bool) -> Met {
        let started = Instant::now();
        loop {
            let status = self.running_hub().unwrap_or(Value::Null);
            let in_flight = status["payments_in_flight"].as_u64().unwrap_or(0);
            if in_flight >= 1 || !wants_payment || started.elapsed() >= PATIENCE {
                let queued = status["queue_depth"].as_u64().unwrap_or(0);
                let requested = &status["payments"]["requested"];
                return Met {
                    in_flight,
                    queued,
                    requested: requested.as_u64().unwrap_or(0),
                };
            }
        }
    }

    fn kill(&self, victim: Victim, name: &str) {
        let parent = self.process.id();
        let pid = match victim {
            Victim::Parent => Some(parent),
            Victim::Host => child_of(parent, |line| line.contains("\0acquirer-host\0")),
            Victim::Hub => child_of(parent, |line| line.contains("\0store-hub\0")),
            Victim::Lane(lane) => child_of(parent, |line| {
                line.contains("\0lane-agent\0") && line.contains(&format!("/lanes/{lane}/"))
            }),
        };
        let pid = pid.unwrap_or_else(|| panic!("{name}: it runs no more: {}", read(&self.log)));
        let killed = Command::new("kill").args(["-9", &pid.to_string()]).status();
        assert!(killed.expect("kill runs").success(), "{name}");
    }

    /// Waits for the day's end, going on with it where its parent was killed, and audits it.
    fn end(mut self, victim: Victim, name: &str) -> String {
        let status = self.process.wait().expect("it ends");
        let folder = self.folder.to_str().expect("UTF-8");
        let mut said = read(&self.out);
        if victim == Victim::Parent {
            let resumed = program(UNDER_TEST, "sim")
                .args(["store", "--output", "json", "--resume", folder])
                .output()
                .expect("sim starts");
            said = text(&resumed.stdout);
            let why = text(&resumed.stderr);
            assert_eq!(resumed.status.code(), Some(0), "{name}: {said}{why}");
        } else {
            let why = read(&self.log);
            assert_eq!(status.code(), Some(0), "{name}: {said}{why}");
        }
        let summary: Value = serde_json::from_str(&said).expect("one JSON object");
        let audit = program(UNDER_TEST, "sim")
            .args(["audit", folder])
            .output()
            .expect("sim starts");
        assert_eq!(
            audit.status.code(),
            Some(0),
            "{name}: {}",
            text(&audit.stdout)
        );
        assert_eq!(summary["baskets"].as_u64(), Some(BASKETS), "{name}");
        let payments = &summary["payments"];
        format!(
            "{} unknown, {} reversed, {} stand-in, {} refused of {}; {} sales resumed; {}",
            payments["unknown"],
            payments["reversed"],
            payments["stand_in"],
            payments["refused"],
            payments["requested"],
            summary["resumed"],
            text(&audit.stdout).split(" of ").next().unwrap_or_default()
        )
    }
}

/// A process that `parent` has started, by its command line, words separated by NUL.
fn child_of(parent: u32, is_wanted: impl Fn(&str) -> bool) -> Option<u32> {
    let tasks = fs::read_dir(format!("/proc/{parent}/task")).ok()?;
    let lists = tasks
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<u32> = lists
        .flat_map(|list| {
            let pids = list.split_whitespace().map(str::parse);
            pids.flatten().collect::<Vec<u32>>()
        })
        .collect();
    children.into_iter().find(|child| {
        let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        is_wanted(&text(&line))
    })
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
