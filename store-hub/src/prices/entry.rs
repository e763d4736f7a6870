//! Imports as the journal tells them: a record when a file is taken, one when it begins to sell,
//! and beside them the keyed state, so that a start reads the imports alone.

use domain::time::WallMs;
use prost::Message;
use proto::{
    journal::v1::{HubRecord, PriceActivated, PriceEntry, PriceImported, hub_record::Body},
    store::v1::PriceSource,
};
use std::collections::BTreeMap;

/// Imports that are remembered.
pub(super) const ENTRIES_KEPT_MAX: u64 = 100;
/// Keyed state of all imports.
pub(super) const KEYS: &[u8] = b"price/";

/// Where a file came from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// It lay where the configuration says when the hub started.
    Start,
    /// An operator's command.
    Import,
    /// The inbox.
    Inbox,
}

impl Source {
    /// Its number in records and answers.
    pub(crate) const fn to_proto(self) -> PriceSource {
        match self {
            Self::Start => PriceSource::Start,
            Self::Import => PriceSource::Import,
            Self::Inbox => PriceSource::Inbox,
        }
    }
}

/// Where a file came from, as its record says: by number, or in a word of a release before the
/// numbers.
pub(super) fn source_of(imported: &PriceImported) -> PriceSource {
    match (imported.came_by(), imported.source.as_str()) {
        (PriceSource::Unspecified, "start") => PriceSource::Start,
        (PriceSource::Unspecified, "import") => PriceSource::Import,
        (PriceSource::Unspecified, "inbox") => PriceSource::Inbox,
        (told, _) => told,
    }
}

/// Keyed state of an import.
pub(super) fn key(number: u64) -> Vec<u8> {
    [KEYS, &number.to_be_bytes()].concat()
}

/// The import that is forgotten with this one.
pub(super) fn forgotten_with(number: u64) -> Option<u64> {
    number
        .checked_sub(ENTRIES_KEPT_MAX)
        .filter(|past| *past > 0)
}

/// Prices belong to no business day: the record has no date.
fn record(at: WallMs, body: Body) -> Vec<u8> {
    HubRecord {
        wall_ms: at.0,
        business_date: String::new(),
        body: Some(body),
    }
    .encode_to_vec()
}

pub(super) fn imported_record(at: WallMs, imported: PriceImported) -> Vec<u8> {
    record(at, Body::PriceImported(imported))
}

pub(super) fn activated_record(at: WallMs, entry: &PriceEntry) -> Vec<u8> {
    let imported = entry.imported.clone().unwrap_or_default();
    let activated = PriceActivated {
        version: imported.version,
        number: imported.number,
    };
    record(at, Body::PriceActivated(activated))
}

/// The keyed state of prices once more, from the records: what `verify --rebuild` compares.
#[derive(Default)]
pub(crate) struct Rebuilt(BTreeMap<u64, PriceEntry>);

impl Rebuilt {
    /// What a record changes: keys with their values, or without one when they go.
    pub(crate) fn fold(&mut self, record: &HubRecord) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
        let mut changes = Vec::new();
        let number = match &record.body {
            Some(Body::PriceImported(imported)) => {
                let entry = PriceEntry {
                    imported: Some(imported.clone()),
                    imported_wall_ms: record.wall_ms,
                    begun_wall_ms: 0,
                };
                self.0.insert(imported.number, entry);
                if let Some(past) = forgotten_with(imported.number) {
                    self.0.remove(&past);
                    changes.push((key(past), None));
                }
                imported.number
            }
            Some(Body::PriceActivated(activated)) => {
                if let Some(entry) = self.0.get_mut(&activated.number) {
                    entry.begun_wall_ms = record.wall_ms;
                }
                activated.number
            }
            _ => return changes,
        };
        if let Some(entry) = self.0.get(&number) {
            changes.push((key(number), Some(entry.encode_to_vec())));
        }
        changes
    }
}
