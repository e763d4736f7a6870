//! Everything a finished run left behind, read by the oracle's own eyes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
};

use journal::LogId;
use proto::journal::v1::HubRecord;

use crate::{
    oracle::{
        days::frames::{LaneFrames, read as read_frames},
        hub_book::HubBook,
        journals::{Journals, Logs, Owner},
        lane_book::LaneBook,
        ledger::Ledger,
        prices::PriceFiles,
        verdict::Verdict,
    },
    store::{folder::RunFolder, record::RunRecord},
    workload::Visit,
};

/// What was wanted, and what four witnesses say of it.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Where it lies.
    pub folder: RunFolder,
    /// What the customers wanted.
    pub visits: Vec<Visit>,
    /// What the bank booked.
    pub ledger: Ledger,
    /// What the lanes wrote, by lane.
    pub lanes: BTreeMap<u16, LaneBook>,
    /// Their business days, by lane.
    pub frames: BTreeMap<u16, LaneFrames>,
    /// The lanes' logs as they stand in the lanes' journals.
    pub lane_logs: BTreeMap<u16, Logs>,
    /// What the hub wrote.
    pub hub: HubBook,
    /// The same in the order in which it was written.
    pub hub_records: Vec<HubRecord>,
    /// The hub's journal, with its copies of the lanes'.
    pub hub_logs: Logs,
    /// What articles cost on each day; nothing where there is one day.
    pub prices: PriceFiles,
    /// Business days that the run was asked to live.
    pub days: u16,
    /// Lanes that were to rest in the evening of each day but the last.
    pub lanes_to_rest: usize,
    /// Whether the run was interrupted and gone on with.
    pub resumed: bool,
    /// Whether people sold by hand: nobody wrote down what was wanted.
    pub by_hand: bool,
    /// Whether lanes of that time marked the ends of their days.
    pub has_frames: bool,
}

impl Evidence {
    /// Reads a run's folder and its journals. What can't be read is in the verdict, and missing
    /// here.
    #[must_use]
    pub(super) fn gather(
        folder: &RunFolder,
        journals: &dyn Journals,
        verdict: &mut Verdict,
    ) -> Self {
        let visits = read_visits(folder, verdict);
        let ledger = Ledger::read(&folder.ledger(), verdict);
        let hub_logs = Logs::read(journals, Owner::Hub, verdict);
        let hub_records = hub_logs.hub_records(verdict);
        let hub = HubBook::tell(&hub_records);
        let mut lanes = BTreeMap::new();
        let mut frames = BTreeMap::new();
        let mut lane_logs = BTreeMap::new();
        for lane in lanes_of(&visits, folder, journals) {
            let logs = Logs::read(journals, Owner::Lane(lane), verdict);
            let records = logs.lane_records(lane, verdict);
            lanes.insert(lane, LaneBook::tell(lane, &records));
            frames.insert(lane, read_frames(lane, &records));
            lane_logs.insert(lane, logs);
        }
        // A folder that is no run's, as in tests, is of one day.
        let record = RunRecord::read(folder.root()).ok();
        let with_prices = record.as_ref().filter(|record| record.prices_change);
        let prices = with_prices.map_or_else(PriceFiles::default, |record| {
            PriceFiles::read(folder, record.days, verdict)
        });
        Self {
            folder: folder.clone(),
            visits,
            ledger,
            lanes,
            frames,
            lane_logs,
            hub,
            hub_records,
            hub_logs,
            prices,
            days: record.as_ref().map_or(1, |record| record.days),
            lanes_to_rest: record.as_ref().map_or(0, |record| record.lanes_to_rest),
            resumed: record.as_ref().is_some_and(|record| record.resumed),
            by_hand: record
                .as_ref()
                .is_some_and(|record| record.by_hand.is_some()),
            has_frames: record.is_some_and(|record| record.has_frames()),
        }
    }
}

/// How the hub names its copy of a lane's log.
#[must_use]
pub(super) fn replica_log(lane: u16, epoch: u32) -> LogId {
    LogId(u64::from(lane) << 32 | u64::from(epoch))
}

/// The terminal of a lane, as the run's configuration names it.
#[must_use]
pub(super) fn terminal_of(lane: u16) -> String {
    format!("LANE{lane:04}")
}

/// Lanes that somebody came to, and those that were there and sold nothing (F9).
fn lanes_of(visits: &[Visit], folder: &RunFolder, journals: &dyn Journals) -> BTreeSet<u16> {
    let idle = folder.lanes().into_iter();
    let idle = idle.filter(|lane| journals.has(*lane));
    visits.iter().map(|visit| visit.lane).chain(idle).collect()
}

fn read_visits(folder: &RunFolder, verdict: &mut Verdict) -> Vec<Visit> {
    let path: PathBuf = folder.workload();
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            verdict.broke("readable", None, format!("workload.jsonl: {error}"));
            return Vec::new();
        }
    };
    let mut visits = Vec::new();
    for (index, line) in text.lines().enumerate() {
        match serde_json::from_str(line) {
            Ok(visit) => visits.push(visit),
            Err(error) => {
                let place = index + 1;
                verdict.broke(
                    "readable",
                    None,
                    format!("workload.jsonl line {place}: {error}"),
                );
            }
        }
    }
    visits
}
