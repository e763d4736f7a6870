//! The sealed days as they lie in the run's folder, every version, read by the oracle's own eyes.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use base16ct::lower::encode_string as hex;
use serde::{Deserialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use crate::{oracle::verdict::Verdict, store::folder::RunFolder};

/// How deep below the hub's folder the days may lie.
const DEPTH_MAX: u32 = 4;

/// `day.json`, as far as it is compared.
#[derive(Clone, Debug, Deserialize)]
struct DayFile {
    business_date: String,
    sales: SalesFile,
    by_lane: Vec<LaneFile>,
    by_tender: Vec<TenderFile>,
    completeness: Vec<SealedLane>,
}

#[derive(Clone, Debug, Deserialize)]
struct SalesFile {
    count: u32,
    total_minor: i64,
}

#[derive(Clone, Debug, Deserialize)]
struct LaneFile {
    lane: u16,
    epoch: u32,
    sales: u32,
    total_minor: i64,
}

#[derive(Clone, Debug, Deserialize)]
struct TenderFile {
    tender: String,
    total_minor: i64,
}

/// How far a version says it holds a lane's journal.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SealedLane {
    pub lane: u16,
    pub epoch: u32,
    pub through_sequence: u64,
    pub complete: bool,
}

/// `manifest.json`, as far as it is compared.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SealManifest {
    business_date: String,
    version: u32,
    sales: u32,
    sales_minor: i64,
    files: Vec<ListedFile>,
    pub previous_manifest_sha256: String,
}

#[derive(Clone, Debug, Deserialize)]
struct ListedFile {
    name: String,
    size_bytes: u64,
    sha256: String,
}

/// One sealed version of a day.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub date: String,
    pub number: u32,
    pub manifest: SealManifest,
    pub manifest_sha256: String,
    /// In the run's folder, for messages.
    pub place: String,
    day: DayFile,
    /// Files that are not as the manifest lists them, by name and fault.
    changed: Vec<(String, &'static str)>,
}

/// Every version of every day.
#[derive(Debug, Default)]
pub(super) struct Versions {
    by_date: BTreeMap<String, BTreeMap<u32, Version>>,
}

impl Versions {
    /// Reads all that are sealed in the hub's folder. What can't be read is in the verdict.
    pub(super) fn read(folder: &RunFolder, verdict: &mut Verdict) -> Self {
        let mut versions = Self::default();
        let mut dates = Vec::new();
        find_dates(&folder.hub(), DEPTH_MAX, &mut dates);
        for (date, path) in dates {
            for (number, path) in versions_in(&path) {
                let place = path.strip_prefix(folder.root()).unwrap_or(&path);
                let place = place.display().to_string();
                match Version::read(&date, number, &path, &place) {
                    Ok(version) => {
                        let own = versions.by_date.entry(date.clone()).or_default();
                        own.insert(number, version);
                    }
                    Err(error) => verdict.broke("I20", None, format!("{place}: {error}")),
                }
            }
        }
        versions
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Version> {
        self.by_date.values().flat_map(BTreeMap::values)
    }

    pub(super) fn dates(&self) -> impl Iterator<Item = String> {
        self.by_date.keys().cloned()
    }

    /// Numbers of the versions of each date.
    pub(super) fn numbers(&self) -> impl Iterator<Item = (&str, Vec<u32>)> {
        let dates = self.by_date.iter();
        dates.map(|(date, own)| (date.as_str(), own.keys().copied().collect()))
    }

    pub(super) fn newest(&self, date: &str) -> Option<&Version> {
        self.by_date.get(date)?.values().next_back()
    }

    pub(super) fn first(&self, date: &str) -> Option<&Version> {
        self.by_date.get(date)?.values().next()
    }

    pub(super) fn newest_of_all(&self) -> impl Iterator<Item = &Version> {
        let dates = self.by_date.values();
        dates.filter_map(|own| own.values().next_back())
    }
}

impl Version {
    fn read(date: &str, number: u32, path: &Path, place: &str) -> io::Result<Self> {
        let bytes = fs::read(path.join("manifest.json"))?;
        let manifest: SealManifest = parse(&bytes)?;
        let day = parse(&fs::read(path.join("day.json"))?)?;
        let listed = manifest.files.iter();
        let changed = listed.filter_map(|file| Some((file.name.clone(), file.fault(path)?)));
        Ok(Self {
            date: date.to_owned(),
            number,
            manifest_sha256: hex(&Sha256::digest(&bytes)),
            place: place.to_owned(),
            day,
            changed: changed.collect(),
            manifest,
        })
    }

    /// Sales and sum of each lane and epoch.
    pub(super) fn by_lane(&self) -> BTreeMap<(u16, u32), (u32, i64)> {
        let lanes = self.day.by_lane.iter();
        let sold = lanes.filter(|lane| lane.sales > 0 || lane.total_minor != 0);
        sold.map(|lane| ((lane.lane, lane.epoch), (lane.sales, lane.total_minor)))
            .collect()
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = &SealedLane> {
        self.day.completeness.iter()
    }

    pub(super) fn lanes_complete(&self) -> u32 {
        let complete = self.lanes().filter(|lane| lane.complete);
        u32::try_from(complete.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn lanes_incomplete(&self) -> u32 {
        let incomplete = self.lanes().filter(|lane| !lane.complete);
        u32::try_from(incomplete.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn card_minor(&self) -> i64 {
        let tenders = self.day.by_tender.iter();
        let cards = tenders.filter(|tender| tender.tender == "card");
        cards.map(|tender| tender.total_minor).sum()
    }

    /// The files are those of the manifest, and all sums in them are the same.
    pub(super) fn check_own_sums(&self, verdict: &mut Verdict) {
        let place = &self.place;
        for (name, fault) in &self.changed {
            let what = format!("{place}/{name} {fault}");
            verdict.broke("I20", None, what);
        }
        verdict.checked += self.manifest.files.len() as u64;
        let DayFile {
            business_date,
            sales,
            by_lane,
            by_tender,
            ..
        } = &self.day;
        let SealManifest {
            version,
            sales: listed,
            sales_minor,
            ..
        } = self.manifest;
        let is_here = [business_date, &self.manifest.business_date]
            .iter()
            .all(|date| **date == self.date);
        verdict.check(is_here && version == self.number, "I20", None, || {
            format!("{place} holds version {version} of {business_date}")
        });
        let lanes: (u32, i64) = by_lane.iter().fold((0, 0), |(count, minor), lane| {
            (count + lane.sales, minor + lane.total_minor)
        });
        let tenders: i64 = by_tender.iter().map(|tender| tender.total_minor).sum();
        let total = sales.total_minor;
        let same = lanes == (sales.count, total)
            && (listed, sales_minor) == (sales.count, total)
            && tenders == total;
        verdict.check(same, "I20", None, || {
            format!(
                "{place}: {} sales for {total}, its lanes come to {} for {}, its tenders to \
                 {tenders}, its manifest to {listed} for {sales_minor}",
                sales.count, lanes.0, lanes.1
            )
        });
    }
}

impl ListedFile {
    fn fault(&self, folder: &Path) -> Option<&'static str> {
        let Ok(bytes) = fs::read(folder.join(&self.name)) else {
            return Some("is gone");
        };
        let same = u64::try_from(bytes.len()) == Ok(self.size_bytes)
            && hex(&Sha256::digest(&bytes)) == self.sha256;
        (!same).then_some("is not the file that its manifest names")
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> io::Result<T> {
    serde_json::from_slice(bytes).map_err(io::Error::other)
}

/// Folders that are named after a date and hold versions.
fn find_dates(folder: &Path, depth: u32, found: &mut Vec<(String, PathBuf)>) {
    for (name, path) in folders_in(folder) {
        if is_date(&name) {
            found.push((name, path));
        } else if let Some(depth) = depth.checked_sub(1) {
            find_dates(&path, depth, found);
        }
    }
}

fn versions_in(date: &Path) -> Vec<(u32, PathBuf)> {
    let folders = folders_in(date).into_iter();
    folders
        .filter_map(|(name, path)| Some((name.strip_prefix('v')?.parse().ok()?, path)))
        .collect()
}

fn folders_in(folder: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut named: Vec<_> = folders
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, entry.path())
        })
        .collect();
    named.sort();
    named
}

/// `2026-11-22`
fn is_date(name: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    name.len() == 10 && name.bytes().enumerate().all(shape)
}
