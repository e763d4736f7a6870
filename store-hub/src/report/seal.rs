//! Sealed days: files that never change, a manifest with their SHA-256, each manifest chained to
//! the one before. A correction is a new version; sealing the same figures twice makes none.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use base16ct::lower::encode_string as hex;
use domain::{
    day::{Fact, Lateness, Machine, SealedPart, SealedVersion},
    ids::{LaneEpoch, LaneId},
    time::BusinessDate,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{DayReport, SCHEMA_VERSION, correction::correction, html, text};

const MANIFEST: &str = "manifest.json";

/// Why a day could not be sealed or read.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The disk.
    #[error("{path}: {source}")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A manifest is not what it was.
    #[error("{path} is no manifest: {what}")]
    Manifest {
        /// Which.
        path: PathBuf,
        /// Why.
        what: String,
    },
    /// No such day, version or file.
    #[error("no such sealed day or file")]
    Unknown,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SealError + '_ {
    move |source| SealError::Io {
        path: path.to_owned(),
        source,
    }
}

/// One file of a sealed day.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct ManifestFile {
    pub(crate) name: String,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
}

/// How far a lane was contained when the day was sealed.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct ManifestLane {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    pub(crate) through_sequence: u64,
    pub(crate) known_sequence: u64,
    /// Whether all of its part was held. A release that did not say so believed the lane.
    #[serde(default)]
    pub(crate) complete: Option<bool>,
}

impl ManifestLane {
    pub(crate) fn is_complete(&self) -> bool {
        let believed = self.through_sequence >= self.known_sequence;
        self.complete.unwrap_or(believed)
    }
}

/// `manifest.json`.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
    pub(crate) schema_version: u32,
    pub(crate) store_id: String,
    pub(crate) business_date: String,
    pub(crate) version: u32,
    pub(crate) sealed_at_wall_ms: i64,
    pub(crate) currency: String,
    pub(crate) sales: u32,
    pub(crate) sales_minor: i64,
    pub(crate) lanes: Vec<ManifestLane>,
    /// Batches that fell due with the day and are named in it.
    #[serde(default)]
    pub(crate) batches: Option<u32>,
    /// Why there is this version; empty for the first.
    #[serde(default)]
    pub(crate) because: String,
    /// The same in Chinese; empty, too, where a release said it in English alone.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) because_zh: String,
    pub(crate) files: Vec<ManifestFile>,
    /// SHA-256 of the manifest before; empty for the first.
    pub(crate) previous_manifest_sha256: String,
}

impl Manifest {
    /// Whether it holds every lane's part whole.
    pub(crate) fn is_complete(&self) -> bool {
        self.lanes.iter().all(ManifestLane::is_complete)
    }

    /// What the machine of the days has to know of this version.
    pub(crate) fn fact(&self) -> Option<Fact> {
        let lanes = self.lanes.iter().map(|lane| {
            let machine = Machine {
                lane: LaneId(lane.lane),
                epoch: LaneEpoch(lane.epoch),
            };
            let held = SealedPart {
                through_sequence: lane.through_sequence,
                complete: lane.is_complete(),
            };
            (machine, held)
        });
        Some(Fact::Sealed {
            date: BusinessDate::parse(&self.business_date).ok()?,
            version: SealedVersion {
                version: self.version,
                lanes: lanes.collect(),
                batches: self.batches,
            },
        })
    }
}

/// A day as it lies on disk.
#[derive(Clone, Debug)]
pub(crate) struct SealedDay {
    pub(crate) manifest: Manifest,
    pub(crate) manifest_bytes: u64,
    pub(crate) manifest_sha256: [u8; 32],
}

/// The folder of sealed days.
#[derive(Clone, Debug)]
pub(crate) struct DaysFolder {
    days: PathBuf,
    reports: PathBuf,
}

impl DaysFolder {
    /// `days` keeps every version; `reports` holds a copy of the newest.
    pub(crate) const fn new(days: PathBuf, reports: PathBuf) -> Self {
        Self { days, reports }
    }

    /// Seals the first version of a day, or with a reason the next one. The first again gives the
    /// version that is there.
    pub(crate) fn seal(
        &self,
        mut report: DayReport,
        because: Option<&Lateness>,
        wall_ms: i64,
    ) -> Result<SealedDay, SealError> {
        let newest = self.newest(&report.business_date)?;
        let version = match (&newest, because) {
            (Some(sealed), None) => return Ok(sealed.clone()),
            (Some(sealed), Some(late)) => {
                let replaced = sealed.manifest.version;
                let before = self.figures(&report.business_date, replaced)?;
                report.correction = Some(correction(&report, late, (replaced, &before)));
                replaced.saturating_add(1)
            }
            (None, _) => 1,
        };
        let files = forms(&report)?;
        let because = report.correction.as_ref();
        let because = because.map(|correction| correction.reason.clone());
        let because = because.unwrap_or_default();
        let manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            store_id: report.store_id.clone(),
            business_date: report.business_date.clone(),
            version,
            sealed_at_wall_ms: wall_ms,
            currency: report.currency.clone(),
            sales: report.sales.count,
            sales_minor: report.sales.total_minor,
            lanes: manifest_lanes(&report),
            batches: u32::try_from(report.settlement.batches.len()).ok(),
            because: because.english,
            because_zh: because.chinese,
            files: files.iter().map(Form::listed).collect(),
            previous_manifest_sha256: self.chain_end()?,
        };
        self.write_version(&manifest, &files)?;
        let sealed = self.day(&manifest.business_date, version)?;
        // A correction of an older day is no newer report.
        if self.dates()?.last().map(ToString::to_string) == Some(manifest.business_date.clone()) {
            self.copy_to_reports(&files, &sealed)?;
        }
        log_sealed(&manifest);
        Ok(sealed)
    }

    /// The figures of a version, as they were sealed.
    fn figures(&self, date: &str, version: u32) -> Result<serde_json::Value, SealError> {
        let folder = self.days.join(date).join(format!("v{version}"));
        let path = folder.join("day.json");
        let bytes = fs::read(&path).map_err(at(&path))?;
        serde_json::from_slice(&bytes).map_err(|error| SealError::Manifest {
            path,
            what: error.to_string(),
        })
    }

    /// Written beside, made durable, then renamed: a version is there whole or not at all.
    fn write_version(&self, manifest: &Manifest, files: &[Form]) -> Result<(), SealError> {
        let day = self.days.join(&manifest.business_date);
        let partial = day.join(format!(".v{}.partial", manifest.version));
        if partial.exists() {
            fs::remove_dir_all(&partial).map_err(at(&partial))?;
        }
        fs::create_dir_all(&partial).map_err(at(&partial))?;
        for form in files {
            write_durable(&partial.join(form.name), &form.bytes)?;
        }
        let bytes = to_json(manifest)?;
        write_durable(&partial.join(MANIFEST), &bytes)?;
        sync_folder(&partial)?;
        let version = day.join(format!("v{}", manifest.version));
        fs::rename(&partial, &version).map_err(at(&version))?;
        sync_folder(&day)
    }

    fn copy_to_reports(&self, files: &[Form], sealed: &SealedDay) -> Result<(), SealError> {
        fs::create_dir_all(&self.reports).map_err(at(&self.reports))?;
        for form in files {
            replace(&self.reports.join(form.name), &form.bytes)?;
        }
        replace(&self.reports.join(MANIFEST), &to_json(&sealed.manifest)?)
    }

    /// All sealed days from a date on, each in its newest version, oldest first.
    pub(crate) fn list(&self, since: Option<BusinessDate>) -> Result<Vec<SealedDay>, SealError> {
        let mut days = Vec::new();
        for date in self.dates()? {
            if since.is_none_or(|since| date >= since)
                && let Some(day) = self.newest(&date.to_string())?
            {
                days.push(day);
            }
        }
        Ok(days)
    }

    fn dates(&self) -> Result<BTreeSet<BusinessDate>, SealError> {
        let names = names_in(&self.days)?;
        let dates = names
            .iter()
            .filter_map(|name| BusinessDate::parse(name).ok());
        Ok(dates.collect())
    }

    fn versions(&self, date: &str) -> Result<BTreeSet<u32>, SealError> {
        let names = names_in(&self.days.join(date))?;
        let versions = names
            .iter()
            .filter_map(|name| name.strip_prefix('v')?.parse().ok());
        Ok(versions.collect())
    }

    /// The newest version of a day.
    pub(crate) fn newest(&self, date: &str) -> Result<Option<SealedDay>, SealError> {
        let newest = self.versions(date)?.last().copied();
        newest.map(|version| self.day(date, version)).transpose()
    }

    /// All versions of a day, oldest first.
    pub(crate) fn all_of(&self, date: &str) -> Result<Vec<SealedDay>, SealError> {
        let versions = self.versions(date)?.into_iter();
        versions.map(|version| self.day(date, version)).collect()
    }

    fn day(&self, date: &str, version: u32) -> Result<SealedDay, SealError> {
        let path = self
            .days
            .join(date)
            .join(format!("v{version}"))
            .join(MANIFEST);
        let bytes = fs::read(&path).map_err(at(&path))?;
        let manifest = serde_json::from_slice(&bytes).map_err(|error| SealError::Manifest {
            path,
            what: error.to_string(),
        })?;
        Ok(SealedDay {
            manifest,
            manifest_bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            manifest_sha256: Sha256::digest(&bytes).into(),
        })
    }

    /// The manifest that no other names as the one before it: the end of the chain.
    fn chain_end(&self) -> Result<String, SealError> {
        let mut named = BTreeSet::new();
        let mut all = Vec::new();
        for date in self.dates()? {
            for version in self.versions(&date.to_string())? {
                let day = self.day(&date.to_string(), version)?;
                named.insert(day.manifest.previous_manifest_sha256);
                all.push(hex(&day.manifest_sha256));
            }
        }
        let end = all.into_iter().rev().find(|hash| !named.contains(hash));
        Ok(end.unwrap_or_default())
    }

    /// A file of a sealed day from an offset on, at most `bytes_max`. Only names that the manifest
    /// lists, and the manifest itself: nothing else of the disk can be asked for.
    pub(crate) fn read(
        &self,
        date: BusinessDate,
        version: u32,
        name: &str,
        offset: u64,
        bytes_max: u64,
    ) -> Result<Vec<u8>, SealError> {
        let date = date.to_string();
        if !self.versions(&date)?.contains(&version) {
            return Err(SealError::Unknown);
        }
        let day = self.day(&date, version)?;
        let listed = day.manifest.files.iter().any(|file| file.name == name);
        if !listed && name != MANIFEST {
            return Err(SealError::Unknown);
        }
        let path = self.days.join(date).join(format!("v{version}")).join(name);
        let mut file = File::open(&path).map_err(at(&path))?;
        file.seek(SeekFrom::Start(offset)).map_err(at(&path))?;
        let mut bytes = Vec::new();
        file.take(bytes_max)
            .read_to_end(&mut bytes)
            .map_err(at(&path))?;
        Ok(bytes)
    }
}

fn manifest_lanes(report: &DayReport) -> Vec<ManifestLane> {
    let lanes = report.completeness.iter();
    lanes
        .map(|lane| ManifestLane {
            lane: lane.lane,
            epoch: lane.epoch,
            through_sequence: lane.through_sequence,
            known_sequence: lane.known_sequence,
            complete: Some(lane.complete),
        })
        .collect()
}

/// A day with something missing is somebody's to look at; any other is not.
fn log_sealed(manifest: &Manifest) {
    let Manifest {
        business_date: date,
        version,
        because,
        lanes,
        ..
    } = manifest;
    let open = lanes.iter().filter(|lane| lane.complete == Some(false));
    let open: Vec<u16> = open.map(|lane| lane.lane).collect();
    match open.is_empty() {
        true => tracing::info!(event = "day sealed", date, version, because),
        false => {
            tracing::warn!(event = "day sealed without all of it", date, version, lanes = ?open);
        }
    }
}

/// One form of the report, ready to be written.
struct Form {
    name: &'static str,
    bytes: Vec<u8>,
}

impl Form {
    fn listed(&self) -> ManifestFile {
        ManifestFile {
            name: self.name.to_owned(),
            size_bytes: u64::try_from(self.bytes.len()).unwrap_or(u64::MAX),
            sha256: hex(&Sha256::digest(&self.bytes)),
        }
    }
}

fn forms(report: &DayReport) -> Result<Vec<Form>, SealError> {
    Ok(vec![
        Form {
            name: "day.json",
            bytes: to_json(report)?,
        },
        Form {
            name: "day.txt",
            bytes: text(report).into_bytes(),
        },
        Form {
            name: "day.html",
            bytes: html(report).into_bytes(),
        },
    ])
}

fn to_json(value: &impl Serialize) -> Result<Vec<u8>, SealError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| SealError::Manifest {
        path: PathBuf::from(MANIFEST),
        what: error.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

fn names_in(folder: &Path) -> Result<Vec<String>, SealError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(at(folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(at(folder))?;
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

fn write_durable(path: &Path, bytes: &[u8]) -> Result<(), SealError> {
    let mut file = File::create(path).map_err(at(path))?;
    file.write_all(bytes).map_err(at(path))?;
    file.sync_all().map_err(at(path))
}

fn replace(path: &Path, bytes: &[u8]) -> Result<(), SealError> {
    ports::files::replace(path, bytes).map_err(at(path))
}

fn sync_folder(folder: &Path) -> Result<(), SealError> {
    let opened = File::open(folder).map_err(at(folder))?;
    opened.sync_all().map_err(at(folder))
}
