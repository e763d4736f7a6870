//! Configuration of a hub: one TOML file, read whole, every fault named with its key.
//!
//! Paths in the file are relative to the file's folder.

mod offline;
mod section;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    ids::{LaneId, Mid, Tid},
    limits,
    money::Currency,
    time::BusinessDate,
};
use journal::{EngineKind, UnknownEngine};

pub use offline::OfflineConfig;
use offline::offline;
pub use section::Fault;
pub(crate) use section::{Faults, Section};

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
    /// The price file handed to lanes.
    pub prices_file: PathBuf,
    /// What may be approved without the bank.
    pub offline: OfflineConfig,
    /// Sealed days, `DATE/vN/`; kept for ever.
    pub days_folder: PathBuf,
    /// Where a copy of the newest day report is put.
    pub reports_folder: PathBuf,
    /// Which clock receipts and reports follow.
    pub clock: ClockConfig,
    /// Where a running hub leaves the address it listens on, for the commands of an operator.
    pub address_file: PathBuf,
}

/// Which store this is.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// As head office calls it.
    pub id: String,
    /// As receipts call it.
    pub name: String,
    /// One currency a store.
    pub currency: Currency,
    /// The first business day, when the journal is empty.
    pub business_date: BusinessDate,
}

/// How the acquirer treats connections (A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConnectionHabit {
    /// One connection, kept, for all terminals.
    Kept,
    /// One for each exchange; terminals run in parallel all the same.
    OneExchange,
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
    /// Without a connect of any terminal for so long the line is down.
    pub line_down_after: Duration,
    /// How long a 0200 may stay unanswered.
    pub answer_timeout: Duration,
    /// How long a reversal or an advice may stay unanswered.
    pub forward_answer_timeout: Duration,
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

/// Which clock receipts and reports follow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockConfig {
    /// The machine's.
    System,
    /// A business day squeezed into a run.
    Business {
        /// Real moment of the origin, milliseconds since 1970.
        origin_real_ms: i64,
        /// Business moment of the origin, milliseconds since 1970.
        origin_business_ms: i64,
        /// How many times as fast.
        speed: u32,
    },
}

/// Why a configuration can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("can't read the configuration file {path}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// All that is wrong with it.
    #[error("{}", list(.0))]
    Faults(Vec<Fault>),
}

fn list(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// An unreadable file, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().unwrap_or_else(|| Path::new("."));
        Self::parse(&text, folder).map_err(ConfigError::Faults)
    }

    /// Reads and checks the text of a configuration file that lies in `folder`.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Fault>> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            vec![Fault {
                key: "(file)".to_owned(),
                what: error.to_string().trim_end().to_owned(),
            }]
        })?;
        let faults = Faults::default();
        let config = read(&table, folder, &faults);
        let faults = faults.into_vec();
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            Some(_) | None => Err(faults),
        }
    }
}

fn read(table: &toml::Table, folder: &Path, faults: &Faults) -> Option<Config> {
    let mut root = Section::root(table, faults);
    let store = store(root.section("store"));
    let currency = store.as_ref().map_or(Currency::CNY, |store| store.currency);
    let listen_address = listen(root.section("listen"));
    let acquirer = acquirer(root.section("acquirer"), folder);
    let terminals = terminals(&mut root);
    let journal = journal(root.section("journal"), folder);
    let keys_file = one_path(root.section("keys"), "file", folder);
    let prices_file = one_path(root.section("prices"), "file", folder);
    let offline = offline(root.section("offline"), currency, folder);
    let days_folder = root.optional_section("days").map_or_else(
        || folder.join("days"),
        |section| one_path(section, "folder", folder),
    );
    let reports_folder = one_path(root.section("reports"), "folder", folder);
    let clock = root
        .optional_section("clock")
        .map_or(Some(ClockConfig::System), clock);
    root.close();
    Some(Config {
        store: store?,
        listen_address,
        acquirer,
        terminals,
        journal,
        keys_file,
        prices_file,
        offline,
        days_folder,
        reports_folder,
        clock: clock?,
        address_file: folder.join("store-hub.address"),
    })
}

fn store(mut section: Section<'_>) -> Option<StoreConfig> {
    let id = section.text("id");
    if section.has("id") && !is_store_id(&id) {
        section.fault("id", "must be 1 to 32 letters, digits, '-' or '_'");
    }
    let name = section.text("name");
    let currency = section.parsed("currency", "a known currency: CNY, EUR or JPY", |text| {
        Currency::by_letters(text)
    });
    let business_date = section.parsed("business_date", "a date as in \"2026-11-22\"", |text| {
        BusinessDate::parse(text).ok()
    });
    section.close();
    Some(StoreConfig {
        id,
        name,
        currency: currency?,
        business_date: business_date?,
    })
}

/// A store id names folders at head office: nothing that could lead elsewhere.
fn is_store_id(id: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=32).contains(&id.len()) && id.bytes().all(allowed)
}

fn listen(mut section: Section<'_>) -> String {
    let address = address(&mut section);
    section.close();
    address
}

fn address(section: &mut Section<'_>) -> String {
    section
        .parsed("address", "host:port, as in \"127.0.0.1:7001\"", |text| {
            let (host, port) = text.rsplit_once(':')?;
            let port: Option<u16> = port.parse().ok();
            (!host.is_empty() && port.is_some()).then(|| text.to_owned())
        })
        .unwrap_or_default()
}

fn acquirer(mut section: Section<'_>, folder: &Path) -> AcquirerConfig {
    let address = address(&mut section);
    let dialect = section.text("dialect");
    if section.has("dialect") && dialect != "cup-pos" {
        section.fault(
            "dialect",
            format!("\"{dialect}\" is unknown; known: cup-pos"),
        );
    }
    let connection = connection_habit(&mut section);
    let answer_timeout = section.duration("answer_timeout", limits::ANSWER_TIMEOUT_MS);
    let forward_answer_timeout =
        section.duration("forward_answer_timeout", limits::FORWARD_ANSWER_TIMEOUT_MS);
    let shortest = answer_timeout.min(forward_answer_timeout);
    // What the line is being tried for must not be overdue before it is called down.
    let line_down_default = Duration::from_millis(limits::LINE_DOWN_AFTER_MS).min(shortest / 2);
    let line_down_default_ms = u64::try_from(line_down_default.as_millis()).unwrap_or(u64::MAX);
    let config = AcquirerConfig {
        address,
        connection,
        length_counts_itself: length_counts_itself(&mut section),
        line_down_after: section.duration("line_down_after", line_down_default_ms),
        answer_timeout,
        forward_answer_timeout,
        backoff_min: section.duration("backoff_min", limits::FORWARD_BACKOFF_MIN_MS),
        backoff_max: section.duration("backoff_max", limits::FORWARD_BACKOFF_MAX_MS),
        echo_every: section.duration("echo_every", 60_000),
        reconciliation_file: section
            .optional_text("reconciliation_file")
            .map(|path| folder.join(path)),
    };
    if config.backoff_min > config.backoff_max {
        section.fault("backoff_min", "must not be longer than backoff_max");
    }
    if config.line_down_after >= shortest {
        let what = "must be shorter than answer_timeout and forward_answer_timeout";
        section.fault("line_down_after", what);
    }
    if config.backoff_min.is_zero() {
        section.fault("backoff_min", "must be longer than nothing");
    }
    for (key, duration) in [
        ("answer_timeout", config.answer_timeout),
        ("forward_answer_timeout", config.forward_answer_timeout),
        ("echo_every", config.echo_every),
    ] {
        if duration.is_zero() {
            section.fault(key, "must be longer than nothing");
        }
    }
    section.close();
    config
}

fn connection_habit(section: &mut Section<'_>) -> ConnectionHabit {
    match section.optional_text("connection").as_deref() {
        None | Some("kept") => ConnectionHabit::Kept,
        Some("one-exchange") => ConnectionHabit::OneExchange,
        Some(other) => {
            let what = format!("\"{other}\" is unknown; known: kept, one-exchange");
            section.fault("connection", what);
            ConnectionHabit::Kept
        }
    }
}

fn length_counts_itself(section: &mut Section<'_>) -> bool {
    match section.optional_text("length_prefix").as_deref() {
        None | Some("of-what-follows") => false,
        Some("counts-itself") => true,
        Some(other) => {
            let what = format!("\"{other}\" is unknown; known: of-what-follows, counts-itself");
            section.fault("length_prefix", what);
            false
        }
    }
}

fn terminals(root: &mut Section<'_>) -> Vec<TerminalConfig> {
    let mut terminals: Vec<TerminalConfig> = Vec::new();
    let sections = root.sections("terminal");
    if sections.is_empty() {
        root.fault("terminal", "at least one [[terminal]] is needed");
    }
    for mut section in sections {
        let tid = section.parsed("tid", "8 printable ASCII characters", |text| {
            Tid::new(text).ok()
        });
        let mid = section.parsed("mid", "15 printable ASCII characters", |text| {
            Mid::new(text).ok()
        });
        let lane = u16::try_from(section.integer("lane")).unwrap_or(0);
        if section.has("lane") && lane == 0 {
            section.fault("lane", "must be 1 to 65535");
        }
        if tid.is_some()
            && terminals
                .iter()
                .any(|known| Some(&known.tid) == tid.as_ref())
        {
            section.fault("tid", "this TID stands in another [[terminal]] already");
        }
        if lane != 0 && terminals.iter().any(|known| known.lane.0 == lane) {
            section.fault("lane", "this lane has another [[terminal]] already");
        }
        section.close();
        if let (Some(tid), Some(mid)) = (tid, mid) {
            let lane = LaneId(lane);
            terminals.push(TerminalConfig { tid, mid, lane });
        }
    }
    terminals
}

fn journal(mut section: Section<'_>, folder: &Path) -> JournalConfig {
    let name = section.text("engine");
    let engine = name.parse().unwrap_or_else(|unknown: UnknownEngine| {
        if section.has("engine") {
            section.fault("engine", unknown.to_string());
        }
        // Nothing comes of this configuration.
        EngineKind::Sled
    });
    let folder = folder.join(section.text("folder"));
    section.close();
    JournalConfig { engine, folder }
}

fn one_path(mut section: Section<'_>, name: &'static str, folder: &Path) -> PathBuf {
    let path = section.text(name);
    section.close();
    folder.join(path)
}

fn clock(mut section: Section<'_>) -> Option<ClockConfig> {
    let kind = section.text("kind");
    let clock = match kind.as_str() {
        "system" => Some(ClockConfig::System),
        "business" => {
            let speed = u32::try_from(section.integer("speed")).unwrap_or(0);
            if speed == 0 {
                section.fault("speed", "must be a whole number from 1");
            }
            Some(ClockConfig::Business {
                origin_real_ms: section.integer("origin_real_ms"),
                origin_business_ms: section.integer("origin_business_ms"),
                speed,
            })
        }
        _ => {
            section.fault("kind", "must be \"system\" or \"business\"");
            None
        }
    };
    section.close();
    clock
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
        let said = "\"paper\" is no engine; known: sled, redb";
        assert_eq!(engine.unwrap().what, said);
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
