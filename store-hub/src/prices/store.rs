//! Which price versions the store has, and which of them sells: imports in the journal, files in
//! the folder, moments in a schedule.

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use domain::{
    limits::{NOTE_BYTES_MAX, PRICE_VERSIONS_WAITING_MAX},
    money::Currency,
    prices::PriceSchedule,
    time::WallMs,
};
use journal::{Batch, Journal};
use prost::Message;
use proto::{
    journal::v1::{PriceEntry, PriceImported},
    store::v1::{PriceSource, PriceVersionState, PriceVersionView},
};

use super::{
    Encoding, OfferedPrices, PriceFileError, PriceFolder, PriceOffer, Source, check,
    checked::Checked,
    entry::{KEYS, activated_record, forgotten_with, imported_record, key, source_of},
};

/// Files of versions that are over and stay at hand: so far back a store may go.
const PAST_FILES_KEPT: usize = 8;

/// What is said of a file beside its content.
#[derive(Clone, Debug)]
pub(crate) struct About {
    pub(crate) source: Source,
    pub(crate) file_name: String,
    /// `None`: at once.
    pub(crate) from: Option<WallMs>,
}

/// What became of an import.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Imported {
    pub(crate) version: String,
    pub(crate) articles: u32,
    pub(crate) from: WallMs,
    /// Nothing was changed.
    pub(crate) known: bool,
}

/// Why a good file is not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum NotTaken {
    #[error("{PRICE_VERSIONS_WAITING_MAX} price versions wait for their time already")]
    TooManyWait,
    #[error("HUB0032: the file can't be kept: {0}")]
    NotKept(String),
    #[error("the journal takes no record: {0}")]
    Journal(String),
    #[error("HUB0017: the disk has no room")]
    NoRoom,
    #[error("another price file is being taken")]
    Busy,
    #[error("the hub is stopping")]
    Stopping,
}

/// All of it.
pub(crate) struct PriceStore {
    folder: PriceFolder,
    /// By their numbers.
    entries: BTreeMap<u64, PriceEntry>,
    schedule: PriceSchedule,
    /// Of what sells and what waits.
    files: BTreeMap<String, Bytes>,
}

impl PriceStore {
    /// What the journal and the folder hold.
    pub(crate) fn open(journal: &Journal, folder: PriceFolder) -> Result<Self, PriceFileError> {
        let unreadable = |error: &dyn std::fmt::Display| PriceFileError::Journal(error.to_string());
        let mut store = Self {
            folder,
            entries: BTreeMap::new(),
            schedule: PriceSchedule::default(),
            files: BTreeMap::new(),
        };
        for (_, value) in journal.scan(KEYS).map_err(|error| unreadable(&error))? {
            let entry = PriceEntry::decode(value.as_slice()).map_err(|error| unreadable(&error))?;
            let number = entry
                .imported
                .as_ref()
                .map_or(0, |imported| imported.number);
            store.entries.insert(number, entry);
        }
        for entry in store.entries.values() {
            let imported = entry.imported.clone().unwrap_or_default();
            let from = WallMs(imported.from_wall_ms);
            store
                .schedule
                .name(&imported.version, from, entry.begun_wall_ms != 0);
        }
        store.read_files();
        Ok(store)
    }

    /// Reads what sells and what waits. A file that is gone or damaged is passed over: the version
    /// before it sells.
    fn read_files(&mut self) {
        let versions: Vec<String> = self
            .schedule
            .versions()
            .iter()
            .rev()
            .map(|known| known.version.clone())
            .collect();
        for version in versions {
            let is_waiting = self
                .schedule
                .get(&version)
                .is_some_and(|known| !known.begun);
            if !is_waiting && self.schedule.selling().is_some() {
                continue;
            }
            match self.folder.get(&version) {
                Ok(file) => {
                    self.files.insert(version.clone(), file);
                    self.schedule.set_usable(&version, true);
                }
                Err(fault) => {
                    tracing::error!(event = "price file lost", code = "HUB0032", version, %fault);
                }
            }
        }
    }

    /// The file that the configuration names: taken at a start when it is another one than at the
    /// start before. One with faults doesn't stop a store that has prices.
    pub(crate) fn take_configured(
        &mut self,
        path: &Path,
        currency: Currency,
        now: WallMs,
        batch: &mut Batch,
    ) -> Result<(), PriceFileError> {
        let has_prices = self.schedule.selling().is_some();
        let unreadable = |source| PriceFileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if has_prices => {
                tracing::warn!(event = "price file not read", ?path, %error);
                return Ok(());
            }
            Err(error) => return Err(unreadable(error)),
        };
        let same = self.last_at_start() == Some(super::hash_of(&bytes).as_slice());
        if same && has_prices {
            return Ok(());
        }
        let checked = match check(&bytes, Encoding::Utf8, currency) {
            Ok(checked) => checked,
            Err(faults) if has_prices => {
                let code = "HUB0030";
                tracing::error!(event = "price file not taken", code, ?path, %faults);
                return Ok(());
            }
            Err(faults) => {
                let path = path.to_owned();
                return Err(PriceFileError::Faults { path, faults });
            }
        };
        let kept = self.folder.put(&checked.version, &checked.file);
        kept.map_err(|source| PriceFileError::NotKept {
            path: self.folder.path().to_owned(),
            source,
        })?;
        let about = About {
            source: Source::Start,
            file_name: path.display().to_string(),
            from: None,
        };
        // Nothing can wait that would keep it out: it sells at once.
        if let Err(not_taken) = self.take(&checked, &about, now, batch) {
            tracing::warn!(event = "price file not taken", %not_taken);
        }
        Ok(())
    }

    fn last_at_start(&self) -> Option<&[u8]> {
        let mut imports = self
            .entries
            .values()
            .rev()
            .filter_map(|entry| entry.imported.as_ref());
        let last = imports.find(|imported| source_of(imported) == PriceSource::Start);
        last.map(|imported| imported.sha256.as_ref())
    }

    /// Takes a checked file that lies in the folder. What has to be written joins the batch.
    pub(crate) fn take(
        &mut self,
        checked: &Checked,
        about: &About,
        now: WallMs,
        batch: &mut Batch,
    ) -> Result<Imported, NotTaken> {
        let from = about.from.filter(|from| *from > now);
        if let Some(known) = self.known(checked, from) {
            return Ok(known);
        }
        if from.is_some() && self.schedule.waiting().count() >= PRICE_VERSIONS_WAITING_MAX {
            return Err(NotTaken::TooManyWait);
        }
        let begun = from.is_none();
        let from = from.unwrap_or_else(|| self.next_moment(now));
        self.schedule.name(&checked.version, from, begun);
        self.schedule.set_usable(&checked.version, true);
        self.files
            .insert(checked.version.clone(), checked.file.clone());
        let number = self
            .entries
            .keys()
            .next_back()
            .map_or(1, |last| last.saturating_add(1));
        let imported = PriceImported {
            version: checked.version.clone(),
            articles: checked.articles,
            from_wall_ms: from.0,
            came_by: about.source.to_proto().into(),
            file_name: shortened(&about.file_name),
            sha256: checked.sha256.to_vec().into(),
            number,
            ..PriceImported::default()
        };
        batch.record(imported_record(now, imported.clone()));
        let mut entry = PriceEntry {
            imported: Some(imported),
            imported_wall_ms: now.0,
            begun_wall_ms: 0,
        };
        if begun {
            entry.begun_wall_ms = now.0;
            batch.record(activated_record(now, &entry));
        }
        batch.put(key(number), entry.encode_to_vec());
        self.entries.insert(number, entry);
        if let Some(past) = forgotten_with(number) {
            batch.delete(key(past));
            self.entries.remove(&past);
        }
        Ok(Imported {
            version: checked.version.clone(),
            articles: checked.articles,
            from,
            known: false,
        })
    }

    /// The same file again, for the same moment.
    fn known(&self, checked: &Checked, from: Option<WallMs>) -> Option<Imported> {
        let known = self
            .schedule
            .get(&checked.version)
            .filter(|known| known.usable)?;
        let same = match from {
            Some(from) => !known.begun && known.from == from,
            None => self.schedule.selling() == Some(known),
        };
        same.then(|| Imported {
            version: checked.version.clone(),
            articles: checked.articles,
            from: known.from,
            known: true,
        })
    }

    /// Later than what sells, though the clock was set back.
    fn next_moment(&self, now: WallMs) -> WallMs {
        let selling = self.schedule.selling().map(|selling| selling.from.0);
        WallMs(selling.map_or(now.0, |from| now.0.max(from.saturating_add(1))))
    }

    /// Lets begin what is due; what has to be written joins the batch. True: something began.
    pub(crate) fn pass(&mut self, now: WallMs, batch: &mut Batch) -> bool {
        let due: Vec<String> = self
            .schedule
            .waiting()
            .filter(|known| known.from <= now)
            .map(|known| known.version.clone())
            .collect();
        self.schedule.pass(now);
        for version in &due {
            let of_version = |entry: &&mut PriceEntry| {
                entry
                    .imported
                    .as_ref()
                    .is_some_and(|imported| imported.version == *version)
            };
            let entry = self.entries.values_mut().rev().find(of_version);
            if let Some(entry) = entry {
                entry.begun_wall_ms = now.0;
                let number = entry
                    .imported
                    .as_ref()
                    .map_or(0, |imported| imported.number);
                batch.record(activated_record(now, entry));
                batch.put(key(number), entry.encode_to_vec());
            }
        }
        !due.is_empty()
    }

    /// Whether something waits for its moment.
    pub(crate) fn waits(&self) -> bool {
        self.schedule.waiting().next().is_some()
    }

    /// What lanes hear; `None`: the store has no prices.
    pub(crate) fn offer(&self) -> Option<PriceOffer> {
        let offered = |version: &str, from: WallMs| {
            self.files.get(version).map(|file| OfferedPrices {
                version: version.to_owned(),
                from,
                file: file.clone(),
            })
        };
        let selling = self.schedule.selling()?;
        let waiting = self.schedule.waiting();
        Some(PriceOffer {
            selling: offered(&selling.version, selling.from)?,
            waiting: waiting
                .filter_map(|known| offered(&known.version, known.from))
                .collect(),
        })
    }

    /// Drops files from memory and disk that nobody can sell by.
    pub(crate) fn forget_past(&mut self) {
        let selling = self.schedule.selling().map(|known| known.version.clone());
        let waiting: Vec<String> = self
            .schedule
            .waiting()
            .map(|known| known.version.clone())
            .collect();
        let offered = |version: &str| {
            selling.as_deref() == Some(version) || waiting.iter().any(|known| known == version)
        };
        self.files.retain(|version, _| offered(version));
        let past: Vec<&str> = self
            .entries
            .values()
            .rev()
            .filter_map(|entry| entry.imported.as_ref())
            .map(|imported| imported.version.as_str())
            .take(PAST_FILES_KEPT)
            .collect();
        self.folder
            .forget_but(|version| offered(version) || past.contains(&version));
    }

    pub(crate) const fn folder(&self) -> &PriceFolder {
        &self.folder
    }

    /// All imports that are remembered, the newest first.
    pub(crate) fn views(&self) -> Vec<PriceVersionView> {
        let selling = self.schedule.selling();
        let mut seen = std::collections::BTreeSet::new();
        let newest_first = self.entries.values().rev();
        newest_first
            .map(|entry| {
                let imported = entry.imported.clone().unwrap_or_default();
                let is_last = seen.insert(imported.version.clone());
                let known = self.schedule.get(&imported.version).filter(|_| is_last);
                let state = match known {
                    Some(known) if selling == Some(known) => PriceVersionState::Selling,
                    Some(known) if !known.usable && !known.begun => PriceVersionState::Gone,
                    Some(known) if !known.begun => PriceVersionState::Waiting,
                    Some(_) | None => PriceVersionState::Over,
                };
                let came_by = source_of(&imported);
                PriceVersionView {
                    version: imported.version,
                    articles: imported.articles,
                    imported_wall_ms: entry.imported_wall_ms,
                    from_wall_ms: imported.from_wall_ms,
                    begun_wall_ms: entry.begun_wall_ms,
                    came_by: came_by.into(),
                    file_name: imported.file_name,
                    sha256: imported.sha256,
                    version_state: state.into(),
                }
            })
            .collect()
    }
}

/// A file's name becomes part of a record, and a record has its bounds.
fn shortened(name: &str) -> String {
    let mut end = name.len().min(NOTE_BYTES_MAX);
    while !name.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use journal::SimulatedDisk;

    use super::*;

    struct Machine {
        disk: SimulatedDisk,
        home: tempfile::TempDir,
    }

    fn file(price: i64) -> Vec<u8> {
        let heading = "barcode,name,price_minor,currency,kind";
        format!("{heading}\n6900000000014,milk,{price},CNY,piece\n").into_bytes()
    }

    fn checked(price: i64) -> Checked {
        check(&file(price), Encoding::Utf8, Currency::CNY).unwrap()
    }

    impl Machine {
        fn new() -> Self {
            Self {
                disk: SimulatedDisk::new(),
                home: tempfile::tempdir().unwrap(),
            }
        }

        fn configured(&self) -> std::path::PathBuf {
            self.home.path().join("prices.csv")
        }

        /// Opens as a start does, does something, and commits it; nothing else is left.
        fn with<T>(
            &self,
            now: i64,
            act: impl FnOnce(&mut PriceStore, &mut Batch) -> T,
        ) -> Result<(T, Vec<PriceVersionView>, Option<PriceOffer>), PriceFileError> {
            let (journal, mut committer) = Journal::open(self.disk.engine()).unwrap();
            let folder = PriceFolder::new(self.home.path().join("prices"));
            let mut store = PriceStore::open(&journal, folder)?;
            let mut batch = Batch::new();
            let (path, now) = (self.configured(), WallMs(now));
            store.take_configured(&path, Currency::CNY, now, &mut batch)?;
            store.pass(now, &mut batch);
            let done = act(&mut store, &mut batch);
            if !batch.is_empty() {
                journal.append(batch).unwrap();
            }
            while committer.commit_waiting().unwrap() {}
            Ok((done, store.views(), store.offer()))
        }

        fn import(&self, now: i64, price: i64, from: Option<i64>) -> Result<Imported, NotTaken> {
            let checked = checked(price);
            let about = About {
                source: Source::Import,
                file_name: "new.csv".to_owned(),
                from: from.map(WallMs),
            };
            let take = |store: &mut PriceStore, batch: &mut Batch| {
                store.folder().put(&checked.version, &checked.file).unwrap();
                store.take(&checked, &about, WallMs(now), batch)
            };
            self.with(now, take).unwrap().0
        }

        fn sells(&self, now: i64) -> String {
            let (_, _, offer) = self.with(now, |_, _| ()).unwrap();
            offer.unwrap().selling.version
        }
    }

    #[test]
    fn the_configured_file_is_taken_once_and_an_import_outlives_restarts() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), file(100)).unwrap();
        assert_eq!(machine.sells(10), checked(100).version);
        let imported = machine.import(20, 200, None).unwrap();
        assert_eq!((imported.known, imported.from), (false, WallMs(20)));
        // The old file still lies there.
        assert_eq!(machine.sells(30), checked(200).version);
        assert!(machine.import(30, 200, None).unwrap().known);
        // Somebody puts another one there.
        std::fs::write(machine.configured(), file(300)).unwrap();
        assert_eq!(machine.sells(40), checked(300).version);
        // And back to the first, on purpose.
        std::fs::write(machine.configured(), file(100)).unwrap();
        assert_eq!(machine.sells(50), checked(100).version);
        let (_, views, _) = machine.with(60, |_, _| ()).unwrap();
        let states: Vec<_> = views.iter().map(PriceVersionView::version_state).collect();
        let over = PriceVersionState::Over;
        assert_eq!(states, [PriceVersionState::Selling, over, over, over]);
    }

    #[test]
    fn f26_a_bad_configured_file_stops_a_first_start_and_no_later_one() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), "barcode,name\n").unwrap();
        assert!(matches!(
            machine.with(1, |_, _| ()),
            Err(PriceFileError::Faults { .. })
        ));
        std::fs::write(machine.configured(), file(100)).unwrap();
        machine.sells(2);
        std::fs::write(machine.configured(), "barcode,name\n").unwrap();
        assert_eq!(machine.sells(3), checked(100).version);
        std::fs::remove_file(machine.configured()).unwrap();
        assert_eq!(machine.sells(4), checked(100).version);
    }

    #[test]
    fn a_version_that_waits_begins_at_its_moment_over_restarts() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), file(100)).unwrap();
        machine.sells(10);
        machine.import(20, 200, Some(500)).unwrap();
        assert!(machine.import(21, 200, Some(500)).unwrap().known);
        assert_eq!(machine.sells(499), checked(100).version);
        let (_, views, offer) = machine.with(499, |_, _| ()).unwrap();
        assert_eq!(views[0].version_state(), PriceVersionState::Waiting);
        let notices: Vec<_> = offer.unwrap().notices().collect();
        assert_eq!((notices.len(), notices[1].activate_at_wall_ms), (2, 500));
        assert_eq!(machine.sells(500), checked(200).version);
        // It has begun: a clock that was set back changes nothing.
        assert_eq!(machine.sells(400), checked(200).version);
        // Nor does it keep the next one from selling.
        let next = machine.import(400, 300, None).unwrap();
        assert!(next.from > WallMs(500));
        assert_eq!(machine.sells(401), checked(300).version);
    }

    #[test]
    fn a_file_that_was_damaged_is_passed_over() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), file(100)).unwrap();
        machine.sells(10);
        let imported = machine.import(20, 200, None).unwrap();
        let path = machine
            .home
            .path()
            .join(format!("prices/{}.csv", imported.version));
        std::fs::write(path, file(201)).unwrap();
        assert_eq!(machine.sells(30), checked(100).version);
    }

    #[test]
    fn only_so_many_wait() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), file(100)).unwrap();
        for price in 1..=8 {
            machine.import(10, price, Some(1000 + price)).unwrap();
        }
        assert_eq!(
            machine.import(10, 9, Some(2000)),
            Err(NotTaken::TooManyWait)
        );
        machine.import(10, 9, None).unwrap();
    }

    #[test]
    fn the_keyed_state_can_be_built_again_from_the_records() {
        let machine = Machine::new();
        std::fs::write(machine.configured(), file(100)).unwrap();
        machine.sells(10);
        for number in 1..=150 {
            machine.import(10 + number, number, None).unwrap();
        }
        machine.import(300, 7, Some(500)).unwrap();
        machine.sells(600);
        let (journal, _committer) = Journal::open(machine.disk.engine()).unwrap();
        let mut rebuilt = super::super::Rebuilt::default();
        let mut state = BTreeMap::new();
        for record in journal.read(journal::LogId::OWN, 1, usize::MAX).unwrap() {
            let record = records::hub::decode(&record.bytes).unwrap();
            for (key, value) in rebuilt.fold(&record) {
                match value {
                    Some(value) => state.insert(key, value),
                    None => state.remove(&key),
                };
            }
        }
        let there: BTreeMap<_, _> = journal.scan(KEYS).unwrap().into_iter().collect();
        assert_eq!(there.len(), 100);
        assert_eq!(state, there);
    }
}
