//! Configuration of a hub: one TOML file, read whole, every fault named with its key.
//!
//! Paths in the file are relative to the file's folder.

mod day;
mod offline;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use configuration::{ClockConfig, Fault, FileError, Section, read_clock};
use domain::{
    ids::{LaneId, Mid, Tid},
    limits,
    money::Currency,
    time::BusinessDate,
};
use journal::EngineKind;
use ports::StoreZone;

pub use day::DayConfig;
use day::day;
pub use offline::OfflineConfig;
use offline::offline;

/// Default of `acquirer.echo_every`.
const ECHO_EVERY_MS: u64 = 60_000;

/// Everything a hub is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which store this is.
    pub store: StoreConfig,
    /// `host:port` for lanes, operators and head office; port 0 takes any free one.
    pub listen_address: String,
    /// The acquirer link.
    pub acquirer: AcquirerConfig,
    /// Terminals the bank knows, one a lane.
    pub terminals: Vec<TerminalConfig>,
    /// Where the journal lies.
    pub journal: JournalConfig,
    /// Keys of the software key store.
    pub keys_file: PathBuf,
    /// The price file of a first start; at later ones it is taken when it was changed.
    pub prices_file: PathBuf,
    /// Where price versions are kept.
    pub prices_folder: PathBuf,
    /// Where other programs put price files, if they may.
    pub inbox_folder: Option<PathBuf>,
    /// Who works in the store, where the journal knows nobody yet.
    pub operators_file: Option<PathBuf>,
    /// What may be approved without the bank.
    pub offline: OfflineConfig,
    /// When a business day ends, and what its close waits for.
    pub day: DayConfig,
    /// Sealed days, `DATE/vN/`; kept for ever.
    pub days_folder: PathBuf,
    /// What is kept of dates that are over, so that no start reads them again; made again when it
    /// is gone.
    pub projections_folder: PathBuf,
    /// Where a copy of the newest day report is put.
    pub reports_folder: PathBuf,
    /// Which clock receipts and reports follow.
    pub clock: ClockConfig,
    /// Pages for those who run the store; without them there are none.
    pub office: Option<OfficeConfig>,
    /// Where a running hub leaves the address it listens on, for the commands of an operator.
    pub address_file: PathBuf,
}

/// Where the office's pages are served, and by what secret they open.
#[derive(Clone, Debug)]
pub struct OfficeConfig {
    /// `host:port`.
    pub listen: String,
    /// Drawn at the first start.
    pub token_file: PathBuf,
}

/// Which store this is.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// As head office calls it.
    pub id: String,
    /// As receipts call it.
    pub name: String,
    /// The company behind it, for receipts; empty: not printed.
    pub company: String,
    /// Where it is, for receipts; empty: not printed.
    pub address: String,
    /// The company's tax number, for receipts; empty: not printed.
    pub tax_number: String,
    /// One currency a store.
    pub currency: Currency,
    /// The first business day, when the journal is empty.
    pub business_date: BusinessDate,
    /// Local time of receipts, reports and the end of a day.
    pub time_zone: StoreZone,
}

/// How the acquirer treats connections (A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionHabit {
    /// One connection, kept, for all terminals.
    Kept,
    /// One for each exchange; terminals run in parallel all the same.
    OneExchange,
}

/// How long what takes with a payment of a wallet (A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WalletTimes {
    /// From paying to the first query, and between two.
    pub ask_every: Duration,
    /// From paying until nothing more is asked.
    pub give_up_after: Duration,
    /// From paying until the provider takes a reversal.
    pub reverse_after: Duration,
}

/// The acquirer link.
#[derive(Clone, Debug)]
pub struct AcquirerConfig {
    /// `host:port`.
    pub address: String,
    /// Whether connections are kept.
    pub connection: ConnectionHabit,
    /// The length prefix of a frame counts itself.
    pub length_counts_itself: bool,
    /// Whether the acquirer wants the end marker of a batch upload after a batch that balanced,
    /// too.
    pub marker_when_balanced: bool,
    /// Without a connect of any terminal for so long the line is down.
    pub line_down_after: Duration,
    /// How long a 0200 may stay unanswered.
    pub answer_timeout: Duration,
    /// How long a reversal or an advice may stay unanswered.
    pub forward_answer_timeout: Duration,
    /// How payments of wallets are asked for (A).
    pub wallets: WalletTimes,
    /// First pause before a connection or a queue entry is tried again.
    pub backoff_min: Duration,
    /// Longest such pause.
    pub backoff_max: Duration,
    /// An echo is sent when nothing was heard for so long.
    pub echo_every: Duration,
    /// The acquirer's own file, shown by `payment ID`.
    pub reconciliation_file: Option<PathBuf>,
}

/// One terminal.
#[derive(Clone, Debug)]
pub struct TerminalConfig {
    /// Field 41.
    pub tid: Tid,
    /// Field 42.
    pub mid: Mid,
    /// Whose payments it carries.
    pub lane: LaneId,
}

/// Where the journal lies.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// The engine that keeps it.
    pub engine: EngineKind,
    /// Its folder; unused by the simulated engine.
    pub folder: PathBuf,
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// An unreadable file, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, read)
    }

    /// Reads and checks the text of a configuration file that lies in `folder`.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, |root| read(root, folder))
    }
}

/// Every section is read before the first missing value ends this, so that all faults are found.
fn read(root: &mut Section<'_>, folder: &Path) -> Option<Config> {
    let store = store(root.section("store"));
    let currency = store.as_ref().map_or(Currency::CNY, |store| store.currency);
    let listen_address = root.section("listen").listen_address("address");
    let acquirer = acquirer(root.section("acquirer"), folder);
    let terminals = terminals(root);
    let journal = journal(root.section("journal"), folder);
    let keys_file = path(root.section("keys"), "file", folder);
    let (prices_file, prices_folder) = prices(root.section("prices"), folder);
    let inbox = root.optional_section("inbox");
    let inbox_folder = inbox.map(|section| path(section, "folder", folder));
    let operators = root.optional_section("operators");
    let operators_file = operators.map(|section| path(section, "file", folder));
    let offline = offline(root.section("offline"), currency, folder);
    let close_timeout = offline.as_ref().map(|offline| offline.close_timeout);
    let day = day(root.section_or_empty("day"), close_timeout);
    let days_folder = match root.optional_section("days") {
        Some(section) => path(section, "folder", folder),
        None => Some(folder.join("days")),
    };
    let reports_folder = path(root.section("reports"), "folder", folder);
    let clock = read_clock(root);
    let office = match root.optional_section("office") {
        Some(section) => office(section, folder).map(Some),
        None => Some(None),
    };
    Some(Config {
        store: store?,
        listen_address: listen_address?,
        acquirer: acquirer?,
        terminals,
        journal: journal?,
        keys_file: keys_file?,
        prices_file: prices_file?,
        prices_folder,
        inbox_folder: match inbox_folder {
            Some(folder) => Some(folder?),
            None => None,
        },
        operators_file: match operators_file {
            Some(file) => Some(file?),
            None => None,
        },
        offline: offline?,
        day,
        days_folder: days_folder?,
        projections_folder: folder.join("projections"),
        reports_folder: reports_folder?,
        clock: clock?,
        office: office?,
        address_file: folder.join("store-hub.address"),
    })
}

fn office(mut section: Section<'_>, folder: &Path) -> Option<OfficeConfig> {
    let listen = section.listen_address("listen");
    let token_file = path(section, "token_file", folder);
    Some(OfficeConfig {
        listen: listen?,
        token_file: token_file?,
    })
}

fn store(mut section: Section<'_>) -> Option<StoreConfig> {
    let id = section.parsed("id", "1 to 32 letters, digits, '-' or '_'", |text| {
        is_store_id(text).then(|| text.to_owned())
    });
    let name = section.text("name");
    let company = section.optional_text("company").unwrap_or_default();
    let address = section.optional_text("address").unwrap_or_default();
    let tax_number = section.optional_text("tax_number").unwrap_or_default();
    let currency = section.parsed("currency", "a known currency: CNY, EUR or JPY", |text| {
        Currency::by_letters(text)
    });
    let business_date = section.parsed("business_date", "a date as in \"2026-11-22\"", |text| {
        BusinessDate::parse(text).ok()
    });
    let form = "a time zone, as in \"Asia/Shanghai\"";
    let time_zone = match section.has("time_zone") {
        true => section.parsed("time_zone", form, |text| StoreZone::named(text).ok()),
        false => Some(StoreZone::utc()),
    };
    Some(StoreConfig {
        id: id?,
        name: name?,
        company,
        address,
        tax_number,
        currency: currency?,
        business_date: business_date?,
        time_zone: time_zone?,
    })
}

/// A store id names folders at head office: nothing that could lead elsewhere.
fn is_store_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&id.len()) && id.bytes().all(allowed)
}

fn acquirer(mut section: Section<'_>, folder: &Path) -> Option<AcquirerConfig> {
    let address = section.peer_address("address");
    let dialect = section.choice("dialect", &[("cup-pos", ())]);
    let connection = section.choice_or_first("connection", &CONNECTION_HABITS);
    let length_counts_itself = section.choice_or_first("length_prefix", &LENGTH_PREFIXES);
    let marker_when_balanced = section.flag_or("marker_when_balanced", false);
    let mut duration =
        |name, otherwise_ms| section.duration_or(name, Duration::from_millis(otherwise_ms));
    let answer_timeout = duration("answer_timeout", limits::ANSWER_TIMEOUT_MS);
    let forward_answer_timeout =
        duration("forward_answer_timeout", limits::FORWARD_ANSWER_TIMEOUT_MS);
    let backoff_min = duration("backoff_min", limits::FORWARD_BACKOFF_MIN_MS);
    let backoff_max = duration("backoff_max", limits::FORWARD_BACKOFF_MAX_MS);
    let echo_every = duration("echo_every", ECHO_EVERY_MS);
    let wallets = WalletTimes {
        ask_every: duration("wallet_ask_every", limits::WALLET_ASK_EVERY_MS),
        give_up_after: duration("wallet_give_up_after", limits::WALLET_GIVE_UP_AFTER_MS),
        reverse_after: duration("wallet_reverse_after", limits::WALLET_REVERSE_AFTER_MS),
    };
    let shortest = answer_timeout.min(forward_answer_timeout);
    // What the line is being tried for must not be overdue before it is called down.
    let line_down_default = Duration::from_millis(limits::LINE_DOWN_AFTER_MS).min(shortest / 2);
    let line_down_after = section.duration_or("line_down_after", line_down_default);
    if backoff_min > backoff_max {
        section.fault("backoff_min", "must not be longer than backoff_max");
    }
    if line_down_after >= shortest {
        let what = "must be shorter than answer_timeout and forward_answer_timeout";
        section.fault("line_down_after", what);
    }
    if wallets.ask_every >= wallets.give_up_after {
        section.fault(
            "wallet_ask_every",
            "must be shorter than wallet_give_up_after",
        );
    }
    // A lane waits for its result so long, its wait for the terminal among it.
    let longest_ms = limits::LANE_RESULT_TIMEOUT_MS - limits::SEND_WAIT_MS;
    if wallets.give_up_after >= Duration::from_millis(longest_ms) {
        section.fault(
            "wallet_give_up_after",
            "is longer than a lane waits for its result",
        );
    }
    let reconciliation_file = section
        .optional_text("reconciliation_file")
        .map(|path| folder.join(path));
    let () = dialect?;
    Some(AcquirerConfig {
        address: address?,
        connection: connection?,
        length_counts_itself: length_counts_itself?,
        marker_when_balanced,
        line_down_after,
        answer_timeout,
        forward_answer_timeout,
        wallets,
        backoff_min,
        backoff_max,
        echo_every,
        reconciliation_file,
    })
}

const CONNECTION_HABITS: [(&str, ConnectionHabit); 2] = [
    ("kept", ConnectionHabit::Kept),
    ("one-exchange", ConnectionHabit::OneExchange),
];
/// Whether the length prefix of a frame counts itself.
const LENGTH_PREFIXES: [(&str, bool); 2] = [("of-what-follows", false), ("counts-itself", true)];

fn terminals(root: &mut Section<'_>) -> Vec<TerminalConfig> {
    let mut terminals: Vec<TerminalConfig> = Vec::new();
    if !root.has("terminal") {
        root.fault("terminal", "at least one [[terminal]] is needed");
    }
    for mut section in root.sections("terminal") {
        let tid = tid(&mut section);
        let mid = section.parsed("mid", "15 printable ASCII characters", |text| {
            Mid::new(text).ok()
        });
        let lane = section.number("lane", 1..=u16::MAX).map(LaneId);
        let known = |one: &TerminalConfig| Some(&one.tid) == tid.as_ref();
        if terminals.iter().any(known) {
            section.fault("tid", "this TID stands in another [[terminal]] already");
        }
        let known = |one: &TerminalConfig| Some(one.lane) == lane;
        if terminals.iter().any(known) {
            section.fault("lane", "this lane has another [[terminal]] already");
        }
        if let (Some(tid), Some(mid), Some(lane)) = (tid, mid, lane) {
            terminals.push(TerminalConfig { tid, mid, lane });
        }
    }
    terminals
}

/// `tid` of a `[[terminal]]`, in the configuration and in the keys file.
pub(crate) fn tid(section: &mut Section<'_>) -> Option<Tid> {
    section.parsed("tid", "8 printable ASCII characters", |text| {
        Tid::new(text).ok()
    })
}

fn journal(mut section: Section<'_>, folder: &Path) -> Option<JournalConfig> {
    let engines = EngineKind::ALL.map(|engine| (engine.name(), engine));
    let engine = section.choice("engine", &engines);
    let folder = path(section, "folder", folder);
    Some(JournalConfig {
        engine: engine?,
        folder: folder?,
    })
}

fn prices(mut section: Section<'_>, folder: &Path) -> (Option<PathBuf>, PathBuf) {
    let versions = section.optional_text("folder");
    let versions = folder.join(versions.as_deref().unwrap_or("prices"));
    (path(section, "file", folder), versions)
}

/// The one path of a section, or its last.
fn path(mut section: Section<'_>, name: &'static str, folder: &Path) -> Option<PathBuf> {
    section.text(name).map(|path| folder.join(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../../config/store-hub.example.toml");

    #[test]
    fn the_example_is_valid_and_relative_to_its_folder() {
        let config = Config::parse(EXAMPLE, Path::new("/srv/hub")).unwrap();
        assert_eq!(config.journal.folder, Path::new("/srv/hub/journal"));
        assert_eq!(config.days_folder, Path::new("/srv/hub/days"));
        assert_eq!(config.offline.payment_cap.minor(), 50_000);
        assert_eq!(config.terminals.len(), 4);
        assert_eq!(config.journal.engine, EngineKind::Sled);
        let redb = EXAMPLE.replace("engine = \"sled\"", "engine = \"redb\"");
        let config = Config::parse(&redb, Path::new("/srv/hub")).unwrap();
        assert_eq!(config.journal.engine, EngineKind::Redb);
    }

    #[test]
    fn all_faults_are_told_at_once_each_with_its_key() {
        let broken = EXAMPLE
            .replace("answer_timeout = \"60s\"", "answer_timeout = \"60\"")
            .replace("currency = \"CNY\"", "currency = \"XXX\"")
            .replace("lane = 2", "lane = 1")
            .replace("[reports]\nfolder", "[reports]\nfoldr")
            .replace("engine = \"sled\"", "engine = \"paper\"");
        let faults = Config::parse(&broken, Path::new(".")).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        for key in [
            "acquirer.answer_timeout",
            "store.currency",
            "terminal[2].lane",
            "reports.folder",
            "reports.foldr",
            "journal.engine",
        ] {
            assert!(keys.contains(&key), "{key} not among {keys:?}");
        }
        let engine = faults.iter().find(|fault| fault.key == "journal.engine");
        let said = "\"paper\" is unknown; must be one of: sled, redb";
        assert_eq!(engine.unwrap().reason, said);
        let misspelt = faults.iter().find(|fault| fault.key == "reports.foldr");
        let said = "is not a known key; did you mean folder?";
        assert_eq!(misspelt.unwrap().reason, said);
        let lines: Vec<&str> = broken.lines().collect();
        for fault in &faults {
            let line = lines[fault.line - 1];
            let name = fault.key.rsplit('.').next().unwrap();
            assert!(
                line.contains(name) || line == "[reports]",
                "{fault} at {line}"
            );
        }
    }

    #[test]
    fn a_missing_section_is_one_fault_not_one_for_each_key() {
        let start = EXAMPLE.find("[offline]").unwrap();
        let end = EXAMPLE.find("[reports]").unwrap();
        let broken = format!("{}{}", &EXAMPLE[..start], &EXAMPLE[end..]);
        let faults = Config::parse(&broken, Path::new(".")).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].key, "offline");
    }

    #[test]
    fn a_store_id_cannot_lead_out_of_a_folder() {
        let broken = EXAMPLE.replace("id = \"0001\"", "id = \"../x\"");
        let faults = Config::parse(&broken, Path::new(".")).unwrap_err();
        assert_eq!(faults[0].key, "store.id");
    }
}
