//! A lane's journal, cut into business days by its own markers.

use std::collections::BTreeMap;

use proto::journal::v1::{DayMarker, LaneRecord, SaleClosed, lane_record::Body};

use crate::oracle::{
    values::{minor, parse_number},
    verdict::Verdict,
};

/// A record that moves money, and the day it stands in.
#[derive(Clone, Debug)]
pub(in crate::oracle) struct Entry {
    pub lane: u16,
    pub epoch: u32,
    pub sequence: u64,
    /// Of its frame.
    pub date: String,
    /// As its header has it.
    header_date: String,
    pub receipt: String,
    pub total_minor: i64,
    payment: Option<String>,
}

/// Where a frame ends.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub sequence: u64,
    pub ended: String,
}

/// All frames of a lane.
#[derive(Clone, Debug, Default)]
pub(in crate::oracle) struct LaneFrames {
    lane: u16,
    pub entries: Vec<Entry>,
    pub(super) ends: Vec<End>,
    /// Sequences of the orderly ends of the lane's process, with the frame they lie in.
    pub(super) rests: BTreeMap<u64, String>,
    /// What is wrong with the markers themselves.
    faults: Vec<String>,
}

/// Cuts a lane's records, each with its sequence.
#[must_use]
pub(in crate::oracle) fn read(lane: u16, records: &[(u64, LaneRecord)]) -> LaneFrames {
    let mut frames = LaneFrames {
        lane,
        ..LaneFrames::default()
    };
    // The first frame is of the date that its first record of money says, or its end.
    let mut date: Option<String> = None;
    for (sequence, record) in records {
        if let Some(Body::DayMarker(marker)) = &record.body {
            frames.end(*sequence, record, marker, date.as_deref());
            date = Some(marker.begins.clone());
        }
        if let Some(Body::LaneRested(_)) = &record.body {
            let of_frame = date.as_ref().unwrap_or(&record.business_date);
            frames.rests.insert(*sequence, of_frame.clone());
        }
        if let Some(Body::SaleClosed(closed)) = &record.body {
            let of_frame = date.get_or_insert_with(|| record.business_date.clone());
            let entry = entry(lane, *sequence, record, closed, of_frame);
            frames.entries.push(entry);
        }
    }
    frames
}

fn entry(lane: u16, sequence: u64, record: &LaneRecord, closed: &SaleClosed, date: &str) -> Entry {
    let number = &closed.receipt_number;
    let mut paid = closed.tenders.iter().map(|tender| &tender.payment_id);
    Entry {
        lane,
        epoch: parse_number(number).map_or(0, |(_, epoch, _)| epoch),
        sequence,
        date: date.to_owned(),
        header_date: record.business_date.clone(),
        receipt: number.clone(),
        total_minor: minor(closed.total.as_ref()) + minor(closed.rounding.as_ref()),
        payment: paid.find(|id| !id.is_empty()).cloned(),
    }
}

impl LaneFrames {
    fn end(&mut self, sequence: u64, record: &LaneRecord, marker: &DayMarker, date: Option<&str>) {
        let DayMarker { ended, begins, .. } = marker;
        let lane = self.lane;
        if date.is_some_and(|date| date != ended) {
            let frame = date.unwrap_or_default();
            self.faults.push(format!(
                "record {sequence} of lane {lane} ends {ended}, in the frame of {frame}"
            ));
        }
        if record.business_date != *ended {
            let header = &record.business_date;
            self.faults.push(format!(
                "record {sequence} of lane {lane} ends {ended} under the date {header}"
            ));
        }
        if begins <= ended {
            self.faults.push(format!(
                "record {sequence} of lane {lane} ends {ended} and begins {begins}"
            ));
        }
        let ended = ended.clone();
        self.ends.push(End { sequence, ended });
    }

    /// Every record of money is stamped with the date of its frame.
    pub(super) fn check(&self, verdict: &mut Verdict) {
        for fault in &self.faults {
            verdict.broke("I20", None, fault.as_str());
        }
        for entry in &self.entries {
            let fits = entry.header_date == entry.date;
            verdict.check(fits, "I20", entry.payment.as_deref(), || {
                format!(
                    "receipt {} stands in the frame of {}, its record says {}",
                    entry.receipt, entry.date, entry.header_date
                )
            });
        }
    }
}
