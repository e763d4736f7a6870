//! What a sealed version claims of a lane (days.md 2): complete when, and only when, the hub holds
//! the lane's journal up to the first marker that ends the date or a later one, or up to an orderly
//! end that was the last record known of it.

use std::collections::BTreeMap;

use crate::oracle::verdict::Verdict;

use super::{
    frames::LaneFrames,
    sealed::{SealedLane, Version},
};

pub(super) fn check(frames: &BTreeMap<u16, LaneFrames>, version: &Version, verdict: &mut Verdict) {
    for lane in version.lanes() {
        let Some(journal) = frames.get(&lane.lane) else {
            continue;
        };
        let why = reason(journal, version, lane);
        verdict.check(lane.complete == why.is_some(), "I18", None, || {
            let Version { date, number, .. } = version;
            let (lane, through) = (lane.lane, lane.through_sequence);
            match why {
                Some(why) => format!(
                    "{date} version {number} calls lane {lane} incomplete through record \
                     {through}, which holds {why}"
                ),
                None => format!(
                    "{date} version {number} calls lane {lane} complete through record {through}, \
                     and no marker and no rest says so"
                ),
            }
        });
    }
    for lane in frames.keys() {
        let told = version.lanes().any(|told| told.lane == *lane);
        let has_sold = frames.get(lane).is_some_and(|journal| {
            let mut own = journal.entries.iter();
            own.any(|entry| entry.date <= version.date)
        });
        verdict.check(told || !has_sold, "I18", None, || {
            format!(
                "{} version {} says nothing of lane {lane}",
                version.date, version.number
            )
        });
    }
}

/// What makes the lane complete as far as it is contained.
fn reason(journal: &LaneFrames, version: &Version, lane: &SealedLane) -> Option<&'static str> {
    let mut ends = journal.ends.iter();
    let ended = ends.any(|end| {
        end.sequence <= lane.through_sequence && end.ended.as_str() >= version.date.as_str()
    });
    let rested = journal.rests.contains_key(&lane.through_sequence);
    match (ended, rested) {
        (true, _) => Some("the end of the day"),
        (false, true) => Some("the lane's rest"),
        (false, false) => None,
    }
}
