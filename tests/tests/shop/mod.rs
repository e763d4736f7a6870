//! A store as `store-hub init` writes it, on free ports: a bank, a hub and lanes as processes, and
//! what their operator asks them.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops at the first surprise, and its customers come in real time"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    program,
    running::{Running, until},
};

const UNDER_TEST: &str = env!("CARGO_BIN_EXE_lanekeeper-under-test");
/// Ends a program with the test, and in order.
const ENDS_WITH_US: &str = "--stop-on-stdin-eof";
/// What `init` writes of the first lane's metrics; each lane's are on the next port.
const LANE_PORTS_BEFORE: u16 = 7011;
const LANE_SCREENS_BEFORE: u16 = 7201;

/// What a customer of each kind buys.
pub(crate) const CARD_MINOR: i64 = 1250;
pub(crate) const CASH_MINOR: i64 = 380;

/// How a customer pays.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pays {
    /// To the cent.
    Cash,
    /// By a card that the bank approves.
    Card,
}

/// Its bank runs as long as it does; hub and lanes are started and stopped by the test.
pub(crate) struct Shop {
    home: TempDir,
    _bank: Running,
}

impl Shop {
    /// With so many lanes and a hub that runs.
    pub(crate) fn open(lanes: u16) -> (Self, Running) {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join("shop");
        let mut init = program(UNDER_TEST, "store-hub");
        done(
            init.args(["init", "--lanes", &lanes.to_string()])
                .arg(&folder),
        );
        let mut bank = program(UNDER_TEST, "acquirer-host");
        bank.args(["--listen", "127.0.0.1:0", ENDS_WITH_US, "--accounts"]);
        bank.arg(folder.join("bank/accounts.toml"));
        bank.arg("--ledger").arg(folder.join("bank/ledger.jsonl"));
        let bank = Running::start(&mut bank);
        let at_bank = bank.listening();
        let shop = Self { home, _bank: bank };
        edit(
            &shop.hub_config(),
            &[
                ("127.0.0.1:7002", &at_bank),
                ("address = \"127.0.0.1:7001\"", "address = \"127.0.0.1:0\""),
                ("127.0.0.1:7201", "127.0.0.1:0"),
                ("backoff_min = \"1s\"", "backoff_min = \"100ms\""),
                ("close_timeout = \"15m\"", "close_timeout = \"3s\""),
                ("late_quiet = \"60s\"", "late_quiet = \"1s\""),
            ],
        );
        let hub = shop.hub_starts();
        let address = hub.listening();
        // Whoever asks it something later, or starts it again, finds it there.
        let found = format!("address = \"{address}\"");
        let change = ("address = \"127.0.0.1:0\"", found.as_str());
        edit(&shop.hub_config(), &[change]);
        for lane in 1..=lanes {
            let metrics = format!("127.0.0.1:{}", LANE_PORTS_BEFORE + lane);
            let screens = format!("127.0.0.1:{}", LANE_SCREENS_BEFORE + lane);
            edit(
                &lane_config(&shop.lane(lane)),
                &[
                    (&metrics, "127.0.0.1:0"),
                    (&screens, "127.0.0.1:0"),
                    ("127.0.0.1:7001", &address),
                    // The first customer is there before the hub is: no lane approves alone.
                    ("hub_grace = \"300ms\"", "hub_grace = \"10s\""),
                ],
            );
            fs::write(script(&shop.lane(lane)), "").expect("written");
        }
        (shop, hub)
    }

    /// The hub's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.home.path().join("shop")
    }

    /// A lane's folder.
    pub(crate) fn lane(&self, lane: u16) -> PathBuf {
        self.folder().join("lanes").join(lane.to_string())
    }

    fn hub_config(&self) -> PathBuf {
        self.folder().join("store-hub.toml")
    }

    /// Comes back once it listens.
    pub(crate) fn hub_starts(&self) -> Running {
        let hub = runs("store-hub", &self.hub_config());
        hub.says("listening on ");
        hub
    }

    /// What `store-hub` answers with; it has to succeed.
    pub(crate) fn ask(&self, question: &[&str]) -> Value {
        done(&mut self.question(question))
    }

    fn question(&self, question: &[&str]) -> Command {
        let mut command = program(UNDER_TEST, "store-hub");
        command
            .args(question)
            .args(["--output", "json", "--config"]);
        command.arg(self.hub_config());
        command
    }

    /// What it says when the answer is no.
    pub(crate) fn refused(&self, question: &[&str]) -> String {
        let output = self.question(question).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        said(&output)
    }

    /// A lane as the operator of the hub sees it.
    pub(crate) fn seen(&self, lane: u16) -> Value {
        let lanes = self.ask(&["lanes"]);
        let mut rows = lanes["lanes"].as_array().expect("lanes").iter();
        let row = rows.find(|row| row["lane"] == lane);
        row.unwrap_or_else(|| panic!("no lane {lane}: {lanes}"))
            .clone()
    }

    /// Waits until a lane has served all its customers, with so many receipts, has told so, and the
    /// hub holds all of its journal.
    pub(crate) fn until_served(&self, lane: u16, receipts: usize) -> Value {
        until(&format!("lane {lane} has {receipts} receipts"), || {
            if self.receipts(lane).len() < receipts {
                return None;
            }
            let seen = self.seen(lane);
            let is_told = seen["script_finished"] == true
                && seen["sales_closed"] == receipts
                && seen["replicated_sequence"] == seen["journal_sequence"];
            is_told.then_some(seen)
        })
    }

    /// Receipts of a lane as printed, by number.
    pub(crate) fn receipts(&self, lane: u16) -> BTreeMap<String, String> {
        receipts_in(&self.lane(lane))
    }

    /// Lines of the bank's ledger that are of payments, first sends and repeats.
    pub(crate) fn at_bank(&self) -> Vec<Value> {
        let ledger = self.folder().join("bank/ledger.jsonl");
        let text = fs::read_to_string(ledger).expect("a ledger");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines.filter(|line: &Value| line["mti"] == "0200").collect()
    }

    /// Closes the running day; its report as sealed, and whether the command said that every batch
    /// balances.
    pub(crate) fn close_day(&self) -> (Value, bool) {
        let output = self.question(&["close-day"]).output().expect("it starts");
        let closed: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {}", said(&output)));
        let date = closed["business_date"].as_str().expect("a date");
        (self.sealed_on(date), output.status.success())
    }

    /// The newest version of each sealed day.
    pub(crate) fn sealed(&self) -> Vec<Value> {
        let days = fs::read_dir(self.folder().join("days")).expect("days");
        let dates = days.map(|day| day.expect("an entry").file_name());
        dates
            .map(|date| self.sealed_on(&date.to_string_lossy()))
            .collect()
    }

    fn sealed_on(&self, date: &str) -> Value {
        let versions = (1..).map(|version| format!("days/{date}/v{version}/day.json"));
        let texts = versions.map_while(|path| fs::read_to_string(self.folder().join(path)).ok());
        let newest = texts.last().expect("a sealed day");
        serde_json::from_str(&newest).expect("JSON")
    }
}

/// Receipts of a lane by its folder.
pub(crate) fn receipts_in(folder: &Path) -> BTreeMap<String, String> {
    let Ok(files) = fs::read_dir(folder.join("receipts")) else {
        return BTreeMap::new();
    };
    let paths = files.map(|file| file.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|kind| kind == "txt"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("readable");
            let number = path.file_stem().expect("a name").to_string_lossy();
            (number.into_owned(), text)
        })
        .collect()
}

/// Starts a lane's program in its folder.
pub(crate) fn lane_starts(folder: &Path) -> Running {
    runs("lane-agent", &lane_config(folder))
}

fn runs(name: &str, config: &Path) -> Running {
    let mut command = program(UNDER_TEST, name);
    Running::start(command.args(["run", ENDS_WITH_US, "--config"]).arg(config))
}

/// What `lane-agent verify` says of a lane that is stopped.
pub(crate) fn verified(folder: &Path) -> Value {
    let mut command = program(UNDER_TEST, "lane-agent");
    let config = lane_config(folder);
    done(
        command
            .args(["verify", "--output", "json", "--config"])
            .arg(config),
    )
}

/// More customers for a lane, from now on one each `every`; it has to be started after this.
pub(crate) fn customers(folder: &Path, pay: &[Pays], every: Duration) {
    let path = script(folder);
    let mut text = fs::read_to_string(&path).expect("a script");
    let known = text.lines().count();
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let mut arrives = now.expect("a time");
    for (number, pays) in (known + 1..).zip(pay) {
        let (item, tender) = match pays {
            Pays::Cash => ("6900000000021", json!({"kind": "cash", "give": "exact"})),
            Pays::Card => ("6900000000014", card()),
        };
        let order = json!({
            "order": format!("customer-{number}"),
            "arrive_wall_ms": i64::try_from(arrives.as_millis()).expect("a time"),
            "items": [item],
            "tenders": [tender],
        });
        text.push_str(&format!("{order}\n"));
        arrives += every;
    }
    fs::write(path, text).expect("written");
}

/// Sends the customers behind the first so many home.
pub(crate) fn no_more_than(folder: &Path, customers: usize) {
    let path = script(folder);
    let text = fs::read_to_string(&path).expect("a script");
    let first: Vec<&str> = text.split_inclusive('\n').take(customers).collect();
    fs::write(path, first.concat()).expect("written");
}

/// The one that the bank of `init` approves.
fn card() -> Value {
    json!({
        "kind": "card", "pan": "6216261000000000018", "expiry": "3012", "card_sequence": "001",
        "entry": "chip", "pin": "1234", "service_code": "201", "funding": "debit",
    })
}

/// Another machine that is told to be a lane of this shop: its folder, by `lane-agent init`.
pub(crate) fn another_machine(shop: &Shop, name: &str, lane: u16) -> PathBuf {
    let hub = fs::read_to_string(shop.folder().join("store-hub.address")).expect("an address");
    let folder = shop.home.path().join(name);
    let mut init = program(UNDER_TEST, "lane-agent");
    init.args(["init", "--lane", &lane.to_string(), "--hub", hub.trim()]);
    init.args(["--screens", "127.0.0.1:0"]);
    let output = init.arg(&folder).output().expect("it starts");
    assert!(output.status.success(), "{}", said(&output));
    folder
}

fn lane_config(folder: &Path) -> PathBuf {
    folder.join("lane.toml")
}

fn script(folder: &Path) -> PathBuf {
    folder.join("script.jsonl")
}

/// Copies a folder and what is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-a").arg(from).arg(to).status();
    assert!(copied.expect("cp runs").success(), "{}", from.display());
}

/// Runs a command that has to succeed; what it prints, where that is JSON.
fn done(command: &mut Command) -> Value {
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn edit(path: &Path, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(path).expect("a configuration");
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    fs::write(path, text).expect("written");
}
