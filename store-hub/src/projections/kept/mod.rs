//! Dates that are over, each in a file of its own, and a copy of all that is open: caches of the
//! logs. What is kept can be thrown away at any time; it is made again from the first records.
//!
//! A date's file is never written over: its next one has another number, and the copy of what is
//! open names the numbers that count. So a power cut between two files leaves what was before.

mod file;
mod form;
#[cfg(test)]
mod long_store;
mod open;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use domain::time::BusinessDate;

use super::date_book::DateBook;
use file::{Part, Reading, Writing};

pub(crate) use file::{KeptError, Key};
pub(crate) use form::{Row, at_moment, ordered, receipt_value, tag};

const OPEN: &str = "open.book";

/// The files, and which of them count.
#[derive(Debug)]
pub(crate) struct KeptDates {
    /// `None`: nothing is kept.
    folder: Option<PathBuf>,
    /// Dates that left memory, each with the number of its file.
    dates: BTreeMap<BusinessDate, u64>,
    last_number: u64,
    /// Files of the copy of what is open.
    parts: Vec<Part>,
    state: KeptState,
}

/// What can be done with the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum KeptState {
    Sound,
    /// The last write failed.
    Failing,
    /// One could not be read: all is to be made again.
    Lost,
}

impl KeptDates {
    /// Files in this folder, which is made when the first is written.
    pub(crate) const fn at(folder: PathBuf) -> Self {
        Self {
            folder: Some(folder),
            dates: BTreeMap::new(),
            last_number: 0,
            parts: Vec::new(),
            state: KeptState::Sound,
        }
    }

    /// Nothing is kept: all stays in memory.
    pub(crate) const fn nowhere() -> Self {
        Self {
            folder: None,
            dates: BTreeMap::new(),
            last_number: 0,
            parts: Vec::new(),
            state: KeptState::Sound,
        }
    }

    pub(super) const fn is_lost(&self) -> bool {
        matches!(self.state, KeptState::Lost)
    }

    pub(super) const fn is_somewhere(&self) -> bool {
        self.folder.is_some()
    }

    /// A write went well or not. What is lost stays so until all is made again.
    fn written(&mut self, well: bool) {
        self.state = match (self.state, well) {
            (KeptState::Lost, _) => KeptState::Lost,
            (KeptState::Sound | KeptState::Failing, true) => KeptState::Sound,
            (KeptState::Sound | KeptState::Failing, false) => KeptState::Failing,
        };
    }

    pub(super) fn begin_anew(&mut self) {
        self.dates.clear();
        self.parts.clear();
        self.state = KeptState::Sound;
    }

    pub(super) fn has(&self, date: BusinessDate) -> bool {
        self.dates.contains_key(&date)
    }

    /// Dates in files, newest first.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = BusinessDate> {
        self.dates.keys().rev().copied()
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join(name))
    }

    fn open(&self, date: BusinessDate) -> Result<Option<Reading>, KeptError> {
        let number = self.dates.get(&date);
        let name = number.map(|number| file_name(date, *number));
        let path = name.and_then(|name| self.path(&name));
        path.map(|path| Reading::open(&path)).transpose()
    }

    /// A date's book, where it is kept.
    pub(super) fn book(&self, date: BusinessDate) -> Result<Option<DateBook>, KeptError> {
        let Some(reading) = self.open(date)? else {
            return Ok(None);
        };
        book_of(&reading, &self.path(&date.to_string())).map(Some)
    }

    /// A date's book and all its rows.
    fn whole(&self, date: BusinessDate) -> Result<Option<(DateBook, Vec<Row>)>, KeptError> {
        let Some(reading) = self.open(date)? else {
            return Ok(None);
        };
        reading.check()?;
        let path = self.path(&date.to_string());
        let book = book_of(&reading, &path)?;
        let rows = (0..reading.rows()).map(|row| row_of(&reading, row, &path));
        Ok(Some((book, rows.collect::<Result<_, _>>()?)))
    }

    /// Rows of a date between two keys, until `take` has enough.
    pub(super) fn rows(
        &self,
        date: BusinessDate,
        keys: (Key, Key),
        mut take: impl FnMut(Row) -> bool,
    ) -> Result<(), KeptError> {
        let Some(reading) = self.open(date)? else {
            return Ok(());
        };
        let path = self.path(&date.to_string());
        reading.between(keys.0, keys.1, |row| {
            Ok(take(row_of(&reading, row, &path)?))
        })
    }

    /// The newest date with a row of this key, and the row.
    pub(super) fn find(&self, key: Key) -> Result<Option<(BusinessDate, Row)>, KeptError> {
        for date in self.newest_first() {
            let mut found = None;
            self.rows(date, (key, key), |row| {
                found = Some(row);
                false
            })?;
            if let Some(row) = found {
                return Ok(Some((date, row)));
            }
        }
        Ok(None)
    }

    /// Writes a date under a new number; the copy of what is open makes it count.
    fn write(
        &mut self,
        date: BusinessDate,
        book: &[u8],
        writing: Writing,
    ) -> Result<(), KeptError> {
        let number = self.last_number.saturating_add(1);
        let Some(path) = self.path(&file_name(date, number)) else {
            return Ok(());
        };
        write(&path, &writing.bytes(book))?;
        self.last_number = number;
        self.dates.insert(date, number);
        Ok(())
    }

    /// Removes files that no copy names.
    fn sweep(&self) -> io::Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        let dates = self.dates.iter();
        let dates = dates.map(|(date, number)| file_name(*date, *number));
        let parts = self.parts.iter().map(|part| part_name(part.number));
        let named: Vec<String> = dates.chain(parts).collect();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().into_string().unwrap_or_default();
            if name != OPEN && !named.contains(&name) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

fn file_name(date: BusinessDate, number: u64) -> String {
    format!("{date}.{number}.book")
}

fn part_name(number: u64) -> String {
    format!("open.{number}.book")
}

fn damaged(path: &Option<PathBuf>, what: &'static str) -> KeptError {
    KeptError::Damaged {
        path: path.clone().unwrap_or_default(),
        what,
    }
}

fn book_of(reading: &Reading, path: &Option<PathBuf>) -> Result<DateBook, KeptError> {
    let bytes = reading.book()?;
    serde_json::from_slice(&bytes).map_err(|_| damaged(path, "its book can't be understood"))
}

fn row_of(reading: &Reading, row: u32, path: &Option<PathBuf>) -> Result<Row, KeptError> {
    let bytes = reading.row(row)?;
    Row::decode(&bytes).map_err(|_| damaged(path, "a row can't be understood"))
}

/// Written beside, made durable, then renamed.
fn write(path: &Path, bytes: &[u8]) -> Result<(), KeptError> {
    let folder = path.parent().unwrap_or(path);
    let io = |source| KeptError::Io {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(folder).map_err(io)?;
    ports::files::replace_durably(path, bytes).map_err(io)
}
