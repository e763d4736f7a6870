//! Which records of lanes' journals can't be read here: told by whoever finds one, shown to
//! operators, and asked of the lane again when it next comes.

use std::{collections::BTreeMap, ops::RangeInclusive, sync::Arc};

use domain::ids::{LaneEpoch, LaneId};
use journal::LogId;
use tokio::sync::watch;

use crate::replica::lane_log;

/// Records of one log that can't be read, in a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct DamagedRun {
    /// The first and the last.
    pub(crate) run: RangeInclusive<u64>,
    pub(crate) since_wall_ms: i64,
    /// What the lane sent for it does not fit: it is not asked again.
    pub(crate) not_mended: bool,
}

type ByLog = BTreeMap<LogId, DamagedRun>;

/// The first damaged run of each log. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct DamagedCopies(watch::Sender<Arc<ByLog>>);

impl Default for DamagedCopies {
    fn default() -> Self {
        Self(watch::Sender::new(Arc::default()))
    }
}

impl DamagedCopies {
    /// True when it was not known.
    pub(crate) fn found(&self, log: LogId, run: RangeInclusive<u64>, wall_ms: i64) -> bool {
        self.change(|by_log| {
            let is_new = !by_log.contains_key(&log);
            by_log.entry(log).or_insert(DamagedRun {
                run,
                since_wall_ms: wall_ms,
                not_mended: false,
            });
            is_new
        })
    }

    /// The records are back.
    pub(crate) fn mended(&self, log: LogId) {
        self.change(|by_log| by_log.remove(&log).is_some());
    }

    /// What the lane has is not what was there.
    pub(crate) fn not_mended(&self, log: LogId) {
        self.change(|by_log| {
            by_log.get_mut(&log).is_some_and(|known| {
                known.not_mended = true;
                true
            })
        });
    }

    fn change(&self, change: impl FnOnce(&mut ByLog) -> bool) -> bool {
        self.0
            .send_if_modified(|by_log| change(Arc::make_mut(by_log)))
    }

    /// What is to be asked of the lane again.
    pub(crate) fn wanted(&self, log: LogId) -> Option<RangeInclusive<u64>> {
        let known = self.0.borrow();
        let known = known.get(&log).filter(|known| !known.not_mended);
        known.map(|known| known.run.clone())
    }

    pub(crate) fn knows(&self, log: LogId) -> bool {
        self.0.borrow().contains_key(&log)
    }

    /// Of all machines of a lane.
    pub(crate) fn of_lane(&self, lane: LaneId) -> Vec<(LaneEpoch, DamagedRun)> {
        let known = self.0.borrow();
        let of_lane = known.iter().filter_map(|(log, damaged)| {
            let (of, epoch) = lane_log(*log)?;
            (of == lane).then(|| (epoch, damaged.clone()))
        });
        of_lane.collect()
    }

    /// Tells of each change.
    pub(crate) fn changes(&self) -> watch::Receiver<Arc<ByLog>> {
        self.0.subscribe()
    }
}
