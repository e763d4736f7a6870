//! Everything a finished run left behind, read by the oracle's own eyes.

use std::{collections::BTreeMap, fs, path::PathBuf};

use journal::LogId;
use proto::journal::v1::hub_record;

use crate::{
    oracle::{
        hub_book::HubBook,
        journals::{Journals, Logs, Owner},
        lane_book::LaneBook,
        ledger::Ledger,
        verdict::Verdict,
    },
    store::folder::RunFolder,
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
    /// The lanes' logs as they stand in the lanes' journals.
    pub lane_logs: BTreeMap<u16, Logs>,
    /// What the hub wrote.
    pub hub: HubBook,
    /// The same in the order in which it was written.
    pub hub_bodies: Vec<hub_record::Body>,
    /// The hub's journal, with its copies of the lanes'.
    pub hub_logs: Logs,
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
        let hub_bodies = hub_records.into_iter().filter_map(|record| record.body);
        let hub_bodies = hub_bodies.collect();
        let mut lanes = BTreeMap::new();
        let mut lane_logs = BTreeMap::new();
        for lane in lanes_of(&visits) {
            let logs = Logs::read(journals, Owner::Lane(lane), verdict);
            let book = LaneBook::tell(lane, &logs.lane_records(lane, verdict));
            lanes.insert(lane, book);
            lane_logs.insert(lane, logs);
        }
        Self {
            folder: folder.clone(),
            visits,
            ledger,
            lanes,
            lane_logs,
            hub,
            hub_bodies,
            hub_logs,
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

fn lanes_of(visits: &[Visit]) -> std::collections::BTreeSet<u16> {
    visits.iter().map(|visit| visit.lane).collect()
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
