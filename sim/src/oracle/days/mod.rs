//! Business days (I18, I20): each record that moves money stands in exactly one day, and the newest
//! sealed versions of all days, added up, are all of those records, each once.
//!
//! What stands in which day is worked out from the lanes' journals alone: their day markers cut
//! them into frames, and the frame decides. The receipts on paper and the bank's ledger are held
//! against it. Sealed files are read to be compared, and for nothing else.

mod chain;
mod completeness;
pub(super) mod frames;
mod sealed;
mod turns;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use crate::{
    oracle::{
        evidence::Evidence,
        figures::{DayFigures, TerminalDay},
        verdict::Verdict,
    },
    store::folder::{Paper, RunFolder, paper_in},
};

use frames::{Entry, LaneFrames};
use sealed::{Version, Versions};

/// Checks every day, and says what each came to.
pub(super) fn check(
    evidence: &Evidence,
    terminals: &[TerminalDay],
    verdict: &mut Verdict,
) -> Vec<DayFigures> {
    let frames = &evidence.frames;
    for lane in frames.values() {
        lane.check(verdict);
    }
    let entries: Vec<&Entry> = frames.values().flat_map(|lane| &lane.entries).collect();
    check_paper(evidence, &entries, verdict);
    let versions = Versions::read(&evidence.folder, verdict);
    chain::check(&versions, verdict);
    for version in versions.all() {
        version.check_own_sums(verdict);
        check_contained(frames, version, verdict);
        if evidence.has_frames {
            completeness::check(frames, version, verdict);
        }
    }
    let dates = dates_of(evidence, &entries, &versions);
    for date in &dates {
        check_day(date, &entries, versions.newest(date), verdict);
    }
    check_cards(&versions, terminals, verdict);
    let turns = turns::check(evidence, verdict);
    let figures = dates.iter().map(|date| {
        let own = entries.iter().filter(|entry| entry.date == *date);
        DayFigures {
            date: date.clone(),
            version: versions.newest(date).map_or(0, |newest| newest.number),
            sales: count(own.clone()),
            sales_minor: own.map(|entry| entry.total_minor).sum(),
            lanes_complete: versions.newest(date).map_or(0, Version::lanes_complete),
            lanes_late: versions.first(date).map_or(0, Version::lanes_incomplete),
            at_bank_at_turn: turns.get(date).copied().unwrap_or(0),
        }
    });
    figures.collect()
}

/// Whether the newest version of every day calls each of its lanes complete: for a run that waits
/// for its late lanes, and for nothing that is checked.
#[must_use]
pub fn newest_versions_are_complete(folder: &RunFolder) -> bool {
    let versions = Versions::read(folder, &mut Verdict::default());
    let mut newest = versions.newest_of_all();
    newest.all(|version| version.lanes_incomplete() == 0)
}

fn count<'a>(entries: impl Iterator<Item = &'a &'a Entry>) -> u32 {
    u32::try_from(entries.count()).unwrap_or(u32::MAX)
}

/// Dates with a record that moves money, and those that the hub says it has closed.
fn dates_of(evidence: &Evidence, entries: &[&Entry], versions: &Versions) -> BTreeSet<String> {
    let sold = entries.iter().map(|entry| entry.date.clone());
    let closed = evidence.hub.days_closed.iter().cloned();
    sold.chain(closed).chain(versions.dates()).collect()
}

/// Every receipt that lies at a printer is a record of exactly one day, and has its total.
fn check_paper(evidence: &Evidence, entries: &[&Entry], verdict: &mut Verdict) {
    let mut known: BTreeMap<&str, u32> = BTreeMap::new();
    for entry in entries {
        *known.entry(&entry.receipt).or_default() += 1;
    }
    for (receipt, times) in &known {
        verdict.check(*times == 1, "I20", None, || {
            format!("receipt {receipt} stands in {times} frames")
        });
    }
    for lane in evidence.lanes.keys() {
        let papers = fs::read_dir(evidence.folder.receipts(*lane));
        for paper in papers.into_iter().flatten().flatten() {
            let name = paper.file_name().to_string_lossy().into_owned();
            let (what, number) = match paper_in(&name) {
                Some(Paper::Receipt(number)) => ("receipt", number),
                Some(Paper::Copy(number)) => ("a copy of receipt", number),
                None => continue,
            };
            verdict.check(known.contains_key(number), "I20", None, || {
                format!("{what} {number} lies on paper and stands in no day")
            });
        }
    }
}

/// The newest version of a day is what its frames hold, lane by lane.
fn check_day(date: &str, entries: &[&Entry], newest: Option<&Version>, verdict: &mut Verdict) {
    let Some(newest) = newest else {
        let own = entries.iter().filter(|entry| entry.date == date);
        let (sales, minor) = (
            own.clone().count(),
            own.map(|entry| entry.total_minor).sum::<i64>(),
        );
        verdict.broke(
            "I20",
            None,
            format!("{sales} sales of {date}, {minor}, are in no sealed day"),
        );
        return;
    };
    let mut wanted: BTreeMap<(u16, u32), (u32, i64)> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.date == date) {
        let (sales, minor) = wanted.entry((entry.lane, entry.epoch)).or_default();
        *sales += 1;
        *minor += entry.total_minor;
    }
    let sealed = newest.by_lane();
    let lanes: BTreeSet<_> = wanted.keys().chain(sealed.keys()).copied().collect();
    for lane in lanes {
        let (sales, minor) = wanted.get(&lane).copied().unwrap_or_default();
        let (in_seal, minor_in_seal) = sealed.get(&lane).copied().unwrap_or_default();
        verdict.check(
            (sales, minor) == (in_seal, minor_in_seal),
            "I20",
            None,
            || {
                let (lane, epoch) = lane;
                format!(
                    "{date} version {}: lane {lane} epoch {epoch} sold {sales} for {minor}, \
                 sealed are {in_seal} for {minor_in_seal}",
                    newest.number
                )
            },
        );
    }
}

/// I18: any version, an old one too, equals the lanes' journals as far as it says it goes.
fn check_contained(frames: &BTreeMap<u16, LaneFrames>, version: &Version, verdict: &mut Verdict) {
    let sealed = version.by_lane();
    for lane in version.lanes() {
        let Some(journal) = frames.get(&lane.lane) else {
            let (date, number) = (&version.date, version.number);
            let what = format!(
                "{date} version {number} tells of lane {}, which is none",
                lane.lane
            );
            verdict.broke("I18", None, what);
            continue;
        };
        let own = journal.entries.iter().filter(|entry| {
            entry.epoch == lane.epoch
                && entry.date == version.date
                && entry.sequence <= lane.through_sequence
        });
        let wanted = own.fold((0, 0), |(sales, minor), entry| {
            (sales + 1, minor + entry.total_minor)
        });
        let found = sealed.get(&(lane.lane, lane.epoch)).copied();
        let found = found.unwrap_or_default();
        verdict.check(wanted == found, "I18", None, || {
            format!(
                "{} version {}: lane {} has {} sales for {} up to record {}, sealed are {} for {}",
                version.date,
                version.number,
                lane.lane,
                wanted.0,
                wanted.1,
                lane.through_sequence,
                found.0,
                found.1
            )
        });
    }
}

/// The card tenders of all sealed days are what the bank has booked but for what it could not take
/// back, and what it refused after the goods were gone.
fn check_cards(versions: &Versions, terminals: &[TerminalDay], verdict: &mut Verdict) {
    let sealed: i64 = versions.newest_of_all().map(Version::card_minor).sum();
    let booked: i64 = terminals.iter().map(|day| day.host_minor).sum();
    let lost: i64 = terminals.iter().map(|day| day.lost_minor).sum();
    let stuck: i64 = terminals.iter().map(|day| day.not_taken_back_minor).sum();
    verdict.check(sealed == booked - stuck + lost, "I20", None, || {
        format!(
            "{sealed} of card tenders are sealed, the bank has {booked}, of which {stuck} could \
             not be taken back, and {lost} was refused after the goods were gone"
        )
    });
}
