//! From options to the files of a run: the day is drawn, and everything the programs need is
//! written.

use std::{fs, io, path::Path};

use command_line::LogFormat;

use crate::{
    store::{
        business_day::{BusinessDay, planned_ms},
        configuration,
        fault::Fault,
        folder::{FolderError, RunFolder},
        options::StoreOptions,
        record::{RecordError, RunRecord},
    },
    workload::{
        Visit, Workload,
        basket_file::{BasketFileError, GROCERIES_NAME, check_names, read_baskets},
        days::{BASKETS_A_DAY_MIN, FIRST_DAY},
        keys::StoreKeys,
        price_list::{PriceList, PriceListError},
        staff,
    },
};

/// Everything a run is started with.
#[derive(Debug)]
pub struct Run {
    /// Where it lies.
    pub folder: RunFolder,
    /// What is kept of it.
    pub record: RunRecord,
    /// Terminals and keys.
    pub keys: StoreKeys,
    /// The customers.
    pub visits: Vec<Visit>,
    /// What is to go wrong.
    pub faults: Vec<Fault>,
    /// How the store's programs write their logs.
    pub log_format: LogFormat,
}

/// Why a run can't be prepared. All of these are for the user to put right.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The baskets.
    #[error(transparent)]
    Baskets(#[from] BasketFileError),
    /// The prices.
    #[error(transparent)]
    Prices(#[from] PriceListError),
    /// What is added to the bank's personality.
    #[error("the bank's personality {path}: {source}")]
    Personality {
        /// Which file.
        path: String,
        /// What is wrong.
        source: io::Error,
    },
    /// The run's folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The run to go on with.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// A fault that this run can't have.
    #[error("--faults: {0}")]
    Faults(String),
    /// Nothing could be sold through the end of a day.
    #[error(
        "{days} days need at least {} baskets, {BASKETS_A_DAY_MIN} a day",
        usize::from(*days) * BASKETS_A_DAY_MIN
    )]
    TooFewBaskets {
        /// How many were asked for.
        days: u16,
    },
    /// A file of the run couldn't be made or read back.
    #[error("the run's folder {folder}: {source}")]
    Content {
        /// Which.
        folder: String,
        /// What is wrong.
        source: io::Error,
    },
}

impl Run {
    /// Draws a new day and writes its files.
    ///
    /// # Errors
    /// Baskets, prices or folder can't be used. Baskets and prices are read before anything is
    /// written.
    pub fn prepare(options: &StoreOptions, now_ms: i64) -> Result<Self, InputError> {
        let mut prices = PriceList::read(options.price_file.as_deref())?;
        let baskets = read_baskets(options.basket_file.as_deref(), options.baskets)?;
        let calendar = options.calendar();
        if calendar.days > 1 && baskets.len() < usize::from(calendar.days) * BASKETS_A_DAY_MIN {
            let days = calendar.days;
            return Err(InputError::TooFewBaskets { days });
        }
        let faults = options
            .faults
            .of_run(calendar)
            .map_err(InputError::Faults)?;
        let manners = manners(options.bank_personality.as_deref())?;
        if let Some(file) = &options.basket_file {
            check_names(&baskets, &prices, &file.display().to_string())?;
        }
        let workload = Workload::draw(options.seed, calendar, &baskets, &mut prices);
        let folder = RunFolder::create(options.out.as_deref())?;
        folder.lay_out(options.lanes)?;
        let keys = StoreKeys::draw(options.seed, options.lanes);
        let record = RunRecord {
            version: RunRecord::FORM,
            seed: options.seed,
            lanes: options.lanes,
            priced_by_rule: prices.priced_by_rule().to_vec(),
            // The programs need a moment to start; the first customers come when they have.
            day: BusinessDay::starting(
                now_ms + STARTING_MS,
                planned_ms(calendar, baskets.len(), faults.len()),
            ),
            engine: options.engine,
            captured: options.capture,
            days: calendar.days,
            lanes_to_rest: usize::from(calendar.lanes_to_rest()),
            prices_change: calendar.days > 1,
            by_hand: None,
            resumed: false,
            lost: Vec::new(),
            manifest_sha256: None,
            summary: None,
        };
        let run = Self {
            folder,
            record,
            keys,
            visits: workload.visits.clone(),
            faults,
            log_format: LogFormat::default(),
        };
        let bank = BankInput {
            latency_ms: options.bank_latency,
            manners,
        };
        let written = run.write(&workload, &prices, &bank);
        written.map_err(|error| match error {
            WriteError::Folder(error) => InputError::Folder(error),
            WriteError::Content(source) => run.content(source),
        })?;
        Ok(run)
    }

    /// Reads an interrupted run back, and lets its clock go on from where it stood.
    ///
    /// # Errors
    /// The folder holds no run that was interrupted.
    pub fn resume(root: &Path, now_ms: i64) -> Result<Self, InputError> {
        let mut record = RunRecord::read(root)?;
        let folder = root.display().to_string();
        if record.summary.is_some() {
            return Err(RecordError::Finished { folder }.into());
        }
        let content = |source| InputError::Content {
            folder: folder.clone(),
            source,
        };
        let run_folder = RunFolder::at(&root.canonicalize().map_err(content)?);
        let visits = read_visits(&run_folder).map_err(content)?;
        let stopped_ms = last_written_ms(&run_folder).map_err(content)?;
        record.resumed = true;
        record.day.origin_real_ms += (now_ms + STARTING_MS - stopped_ms).max(0);
        let keys = StoreKeys::draw(record.seed, record.lanes);
        let run = Self {
            folder: run_folder,
            record,
            keys,
            visits,
            // What was made go wrong before an interruption isn't made to go wrong again.
            faults: Vec::new(),
            log_format: LogFormat::default(),
        };
        run.record.write(&run.folder).map_err(content)?;
        Ok(run)
    }

    /// What the baskets came from, for a message.
    #[must_use]
    pub fn source(options: &StoreOptions) -> String {
        let file = options.basket_file.as_ref();
        file.map_or_else(
            || GROCERIES_NAME.to_owned(),
            |file| file.display().to_string(),
        )
    }

    fn content(&self, source: io::Error) -> InputError {
        InputError::Content {
            folder: self.folder.root().display().to_string(),
            source,
        }
    }

    fn write(
        &self,
        workload: &Workload,
        prices: &PriceList,
        bank: &BankInput,
    ) -> Result<(), WriteError> {
        let Self { folder, keys, .. } = self;
        let day = self.record.day;
        folder.write(&folder.workload(), json_lines(workload.visits.iter())?)?;
        for lane in 1..=self.record.lanes {
            let visits = workload.visits.iter();
            let own = visits.filter_map(|visit| visit.script_line(lane));
            let mut own: Vec<_> = own.collect();
            staff::work(self.record.seed, lane, &mut own);
            let script = json_lines(own.into_iter())?;
            folder.write(&folder.lane(lane).join("script.jsonl"), script)?;
        }
        let first = prices.to_csv().map_err(io::Error::other)?;
        folder.write(&folder.hub().join("prices.csv"), first)?;
        for day in FIRST_DAY + 1..=self.record.days {
            let path = folder.prices_of(day);
            folder.make(path.parent().unwrap_or_else(|| folder.root()))?;
            let of_day = prices.of_day(day).to_csv().map_err(io::Error::other)?;
            folder.write(&path, of_day)?;
        }
        folder.write(
            &folder.hub().join("keys.toml"),
            configuration::hub_keys(keys),
        )?;
        let operators = staff::file(self.record.seed, self.record.lanes);
        let operators = operators.map_err(io::Error::other)?;
        folder.write(&folder.hub().join("operators.csv"), operators)?;
        let accounts = configuration::accounts(&workload.cards);
        folder.write(&folder.host().join("accounts.toml"), accounts)?;
        folder.write(
            &folder.host().join("keys.toml"),
            configuration::host_keys(keys),
        )?;
        let BankInput {
            latency_ms,
            manners,
        } = bank;
        let personality = configuration::personality(self.record.seed, *latency_ms, manners, day);
        folder.write(&folder.host().join("personality.toml"), personality)?;
        self.record.write(folder)?;
        Ok(())
    }
}

/// How the bank's side behaves.
struct BankInput {
    latency_ms: u64,
    /// Further keys of its personality.
    manners: String,
}

/// What a file adds to the bank's personality.
fn manners(path: Option<&Path>) -> Result<String, InputError> {
    let read = path.map(|path| {
        fs::read_to_string(path).map_err(|source| InputError::Personality {
            path: path.display().to_string(),
            source,
        })
    });
    read.transpose().map(Option::unwrap_or_default)
}

/// From the first file to the first customer, in real time.
const STARTING_MS: i64 = 1_500;

/// Why a file of the run couldn't be written.
enum WriteError {
    Folder(FolderError),
    Content(io::Error),
}

impl From<FolderError> for WriteError {
    fn from(error: FolderError) -> Self {
        Self::Folder(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Content(error)
    }
}

fn json_lines<T: serde::Serialize>(items: impl Iterator<Item = T>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    for item in items {
        serde_json::to_writer(&mut bytes, &item)?;
        bytes.push(b'\n');
    }
    Ok(bytes)
}

fn read_visits(folder: &RunFolder) -> io::Result<Vec<Visit>> {
    let text = fs::read_to_string(folder.workload())?;
    let visits = text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?;
    Ok(visits)
}

/// When the run last wrote into a lane's journal: its clock stood there.
fn last_written_ms(folder: &RunFolder) -> io::Result<i64> {
    let mut last_ms = 0;
    for lane in fs::read_dir(folder.root().join("lanes"))? {
        let journal = lane?.path().join("journal");
        for file in fs::read_dir(journal).into_iter().flatten() {
            let written = file?.metadata()?.modified()?;
            let since = written
                .duration_since(std::time::UNIX_EPOCH)
                .unwrap_or_default();
            last_ms = last_ms.max(i64::try_from(since.as_millis()).unwrap_or(0));
        }
    }
    Ok(last_ms)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        options: StoreOptions,
    }

    fn prepared(arguments: &[&str]) -> (tempfile::TempDir, Run) {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("run");
        let own = ["sim", "--baskets", "60", "--out", out.to_str().unwrap()];
        let line = Line::try_parse_from([&own, arguments].concat()).unwrap();
        let run = Run::prepare(&line.options, 1_000_000).unwrap();
        (home, run)
    }

    #[test]
    fn the_same_seed_writes_the_same_files() {
        let (_first, first) = prepared(&["--seed", "3"]);
        let (_second, second) = prepared(&["--seed", "3"]);
        let (_other, other) = prepared(&["--seed", "4"]);
        for name in [
            "workload.jsonl",
            "lanes/1/script.jsonl",
            "lanes/4/script.jsonl",
            "host/accounts.toml",
            "host/keys.toml",
            "host/personality.toml",
            "hub/keys.toml",
        ] {
            let read = |run: &Run| fs::read(run.folder.root().join(name)).unwrap();
            assert_eq!(read(&first), read(&second), "{name}");
            assert_ne!(read(&first), read(&other), "{name}");
        }
    }

    #[test]
    fn nothing_is_written_when_the_baskets_are_broken() {
        let home = tempfile::tempdir().unwrap();
        let baskets = home.path().join("b.csv");
        fs::write(&baskets, "a,,b").unwrap();
        let out = home.path().join("run");
        let (baskets, folder) = (baskets.to_str().unwrap(), out.to_str().unwrap());
        let arguments = ["sim", "--basket-file", baskets, "--out", folder];
        let line = Line::try_parse_from(arguments).unwrap();
        let error = Run::prepare(&line.options, 0).unwrap_err().to_string();
        assert!(error.contains("line 1: item 2 has no name"), "{error}");
        assert!(!out.exists());
    }

    #[test]
    fn an_interrupted_run_goes_on_where_its_clock_stood_and_a_finished_one_does_not() {
        let (_home, run) = prepared(&[]);
        let root = run.folder.root();
        let journal = run.folder.lane(1).join("journal");
        fs::create_dir_all(&journal).unwrap();
        fs::write(journal.join("db"), "").unwrap();
        let stopped_ms = last_written_ms(&run.folder).unwrap();
        let resumed = Run::resume(root, stopped_ms + 60_000).unwrap();
        let shift_ms = resumed.record.day.origin_real_ms - run.record.day.origin_real_ms;
        assert_eq!(shift_ms, 60_000 + STARTING_MS);
        assert_eq!(resumed.visits, run.visits);
        assert_eq!(resumed.keys, run.keys);
        assert!(matches!(
            Run::resume(std::path::Path::new("/nonexistent"), 0),
            Err(InputError::Record(RecordError::Missing { .. }))
        ));
    }
}
