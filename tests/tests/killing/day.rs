//! One short store day as its operator has it: started, asked, killed in part, ended, audited.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tests::program;

use super::{
    LANES, Victim,
    met::{Met, Open},
};

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
const BASKETS: u64 = 24;
/// So slow that a kill has something to meet.
const BANK_LATENCY_MS: u64 = 900;
/// How long the killer waits for a payment in flight, where it wants one.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long a store may take to start, on a busy machine.
const START_PATIENCE: Duration = Duration::from_secs(60);

/// A store day that runs.
pub(super) struct StoreDay {
    process: Child,
    folder: PathBuf,
    out: PathBuf,
    log: PathBuf,
}

/// A store day that has ended, balanced and been found whole.
pub(super) struct Ended {
    folder: PathBuf,
    summary: Value,
    audit: String,
}

impl StoreDay {
    pub(super) fn begin(seed: u64, days: u64, home: &Path) -> Self {
        let folder = home.join("day");
        let (out, log) = (home.join("summary.json"), home.join("log"));
        let file = |path: &Path| Stdio::from(fs::File::create(path).expect("a file"));
        let process = program(UNDER_TEST, "sim")
            .args(["store", "--faults", "none", "--output", "json"])
            .args(["--lanes", &LANES.to_string()])
            .args(["--days", &days.to_string()])
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

    /// Comes back once every lane is there.
    pub(super) fn until_open(&self, name: &str) {
        let started = Instant::now();
        loop {
            let lanes = self
                .running_hub()
                .and_then(|_| ask(&self.folder, &["lanes"]));
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
        let status = has_port.then(|| ask(&self.folder, &["status"])).flatten()?;
        (status["running"] == true).then_some(status)
    }

    /// Looks until a payment is in flight, or once.
    pub(super) fn met(&self, wants_payment: bool) -> Met {
        let started = Instant::now();
        loop {
            let met = self.look();
            if met.in_flight() >= 1 || !wants_payment || started.elapsed() >= PATIENCE {
                return met;
            }
        }
    }

    fn look(&self) -> Met {
        let status = self.running_hub();
        let open = status
            .as_ref()
            .and_then(|_| ask(&self.folder, &["unresolved"]));
        let rows = open.as_ref().and_then(|open| open["unresolved"].as_array());
        let status = status.unwrap_or(Value::Null);
        Met {
            requested: status["payments"]["requested"].as_u64().unwrap_or(0),
            queued: status["queue_depth"].as_u64().unwrap_or(0),
            open: rows.map_or_else(Vec::new, |rows| rows.iter().map(Open::of_row).collect()),
        }
    }

    pub(super) fn kill(&self, victim: Victim, name: &str) {
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
    pub(super) fn end(mut self, victim: Victim, name: &str) -> Ended {
        let status = self.process.wait().expect("it ends");
        let folder = self.folder.to_str().expect("UTF-8");
        let (mut said, mut why, mut code) = (read(&self.out), read(&self.log), status.code());
        if victim == Victim::Parent {
            let resumed = program(UNDER_TEST, "sim")
                .args(["store", "--output", "json", "--resume", folder])
                .output()
                .expect("sim starts");
            (said, why) = (text(&resumed.stdout), text(&resumed.stderr));
            code = resumed.status.code();
        }
        assert_eq!(code, Some(0), "{name}: {said}{why}");
        let audit = program(UNDER_TEST, "sim")
            .args(["audit", folder])
            .output()
            .expect("sim starts");
        let found = text(&audit.stdout);
        assert_eq!(audit.status.code(), Some(0), "{name}: {found}");
        let ended = Ended {
            folder: self.folder.clone(),
            summary: serde_json::from_str(&said).expect("one JSON object"),
            audit: found,
        };
        assert_eq!(ended.summary["baskets"].as_u64(), Some(BASKETS), "{name}");
        ended.sees_no_work_left(name);
        ended
    }
}

impl Ended {
    /// What the operator is shown when all is healed: nothing open, nothing queued, every lane's
    /// journal here.
    fn sees_no_work_left(&self, name: &str) {
        let asked = |view: &str| {
            ask(&self.folder, &[view]).unwrap_or_else(|| panic!("{name}: no answer to {view}"))
        };
        let none = |rows: &Value| rows.as_array().is_some_and(Vec::is_empty);
        let status = asked("status");
        assert_eq!(status["queue_depth"], 0, "{name}: {status}");
        assert_eq!(status["payments_in_flight"], 0, "{name}: {status}");
        let unresolved = &asked("unresolved")["unresolved"];
        assert!(none(unresolved), "{name}: {unresolved}");
        let letters = &asked("dead-letters")["dead_letters"];
        assert!(none(letters), "{name}: {letters}");
        let lanes = asked("lanes");
        let rows = lanes["lanes"].as_array().expect("lanes");
        assert_eq!(u64::try_from(rows.len()), Ok(LANES), "{name}: {lanes}");
        let sold: u64 = rows
            .iter()
            .filter_map(|lane| lane["sales_closed"].as_u64())
            .sum();
        let voided: u64 = rows
            .iter()
            .filter_map(|lane| lane["sales_voided"].as_u64())
            .sum();
        assert_eq!(sold + voided, BASKETS, "{name}: {lanes}");
    }

    /// What became of each payment that was open at the kill, as `store-hub payment` tells it.
    pub(super) fn fates(&self, met: &Met) -> String {
        let fate = |open: &Open| {
            let history = ask(&self.folder, &["payment", &open.payment_id]);
            let status = history
                .as_ref()
                .and_then(|history| history["standing"].as_str());
            format!(
                "\n  {open}: in the end {}",
                status.unwrap_or("unknown here")
            )
        };
        met.open.iter().map(fate).collect()
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payments = &self.summary["payments"];
        write!(
            f,
            "{} unknown, {} reversed, {} stand-in, {} refused of {}; {} sales resumed; {}",
            payments["unknown"],
            payments["reversed"],
            payments["stand_in"],
            payments["refused"],
            payments["requested"],
            self.summary["resumed"],
            self.audit.split(" of ").next().unwrap_or_default()
        )
    }
}

/// One object of `store-hub`, of the hub that runs or of its journal.
fn ask(folder: &Path, question: &[&str]) -> Option<Value> {
    let asked = program(UNDER_TEST, "store-hub")
        .args(question)
        .args(["--output", "json", "--config"])
        .arg(folder.join("hub/store-hub.toml"))
        .output()
        .expect("store-hub starts");
    serde_json::from_slice(&asked.stdout).ok()
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
