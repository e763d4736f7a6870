//! What stands against the journals of lanes: told when it begins, shown until records come in
//! order again. One entry a machine, so that a lane which tries for ever costs one line.

use std::collections::BTreeMap;

use domain::ids::{LaneEpoch, LaneId};
use proto::store::v1 as wire;

use super::replication::ReplicaRefused;

/// Machines of one lane that are remembered with a trouble; the oldest gives way.
const TROUBLES_PER_LANE_MAX: usize = 4;

/// Why records of one machine are not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Trouble {
    refused: ReplicaRefused,
    refusals: u64,
    since_wall_ms: i64,
}

/// The troubles of all lanes.
#[derive(Default, Debug)]
pub(super) struct Troubles {
    by_machine: BTreeMap<(LaneId, LaneEpoch), Trouble>,
}

impl Troubles {
    /// Counts a refusal, and raises the alarm when it is a new one. What is no trouble of the
    /// lane's journal (the hub stops, its own disk) leaves no trace.
    pub(super) fn note(
        &mut self,
        lane: LaneId,
        epoch: LaneEpoch,
        refused: ReplicaRefused,
        wall_ms: i64,
    ) {
        let Some(code) = refused.code() else {
            return;
        };
        if let Some(known) = self.by_machine.get_mut(&(lane, epoch))
            && known.refused == refused
        {
            known.refusals = known.refusals.saturating_add(1);
            return;
        }
        tracing::error!(
            event = "lane journal refused", code, %lane, epoch = epoch.0,
            sequence = refused.sequence(), why = %refused
        );
        self.make_room(lane);
        let trouble = Trouble {
            refused,
            refusals: 1,
            since_wall_ms: wall_ms,
        };
        self.by_machine.insert((lane, epoch), trouble);
    }

    /// Records follow the copy again.
    pub(super) fn clear(&mut self, lane: LaneId, epoch: LaneEpoch) {
        if let Some(over) = self.by_machine.remove(&(lane, epoch)) {
            tracing::warn!(
                event = "lane journal in order again", %lane, epoch = epoch.0,
                refusals = over.refusals
            );
        }
    }

    /// The copy held here is not a prefix of this machine's journal, as far as is known.
    pub(super) fn fork_of(&self, lane: LaneId, epoch: LaneEpoch) -> Option<&ReplicaRefused> {
        let trouble = self.by_machine.get(&(lane, epoch))?;
        trouble.refused.is_fork().then_some(&trouble.refused)
    }

    /// For operators, oldest machine first.
    pub(super) fn of_lane(&self, lane: LaneId) -> Vec<wire::ReplicaTrouble> {
        let range = (lane, LaneEpoch(0))..=(lane, LaneEpoch(u32::MAX));
        let own = self.by_machine.range(range);
        own.map(|((_, epoch), trouble)| wire::ReplicaTrouble {
            code: trouble.refused.code().unwrap_or_default().to_owned(),
            epoch: epoch.0,
            sequence: trouble.refused.sequence(),
            what: trouble.refused.to_string(),
            refusals: trouble.refusals,
            since_wall_ms: trouble.since_wall_ms,
        })
        .collect()
    }

    fn make_room(&mut self, lane: LaneId) {
        let range = (lane, LaneEpoch(0))..=(lane, LaneEpoch(u32::MAX));
        let machines: Vec<_> = self.by_machine.range(range).map(|(key, _)| *key).collect();
        if machines.len() >= TROUBLES_PER_LANE_MAX
            && let Some(oldest) = machines.first()
        {
            self.by_machine.remove(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANE: LaneId = LaneId(3);

    #[test]
    fn the_same_trouble_again_is_counted_and_another_replaces_it() {
        let mut troubles = Troubles::default();
        let gap = ReplicaRefused::Gap {
            expected: 5,
            got: 7,
        };
        troubles.note(LANE, LaneEpoch(1), gap.clone(), 10);
        troubles.note(LANE, LaneEpoch(1), gap, 20);
        let shown = troubles.of_lane(LANE);
        assert_eq!((shown.len(), shown[0].refusals), (1, 2));
        assert_eq!((shown[0].sequence, shown[0].since_wall_ms), (7, 10));
        assert_eq!(shown[0].code, "HUB0013");
        assert!(troubles.fork_of(LANE, LaneEpoch(1)).is_none());

        troubles.note(LANE, LaneEpoch(1), ReplicaRefused::Fork { sequence: 4 }, 30);
        assert_eq!(troubles.of_lane(LANE)[0].code, "HUB0014");
        assert!(troubles.fork_of(LANE, LaneEpoch(1)).is_some());
        assert!(troubles.fork_of(LANE, LaneEpoch(2)).is_none());
        troubles.clear(LANE, LaneEpoch(1));
        assert_eq!(troubles.of_lane(LANE), []);
    }

    #[test]
    fn a_hub_that_stops_is_no_trouble_and_made_up_epochs_cost_four_lines() {
        let mut troubles = Troubles::default();
        troubles.note(LANE, LaneEpoch(1), ReplicaRefused::Stopping, 0);
        assert_eq!(troubles.of_lane(LANE), []);
        for epoch in 1..100 {
            let fork = ReplicaRefused::Fork { sequence: 1 };
            troubles.note(LANE, LaneEpoch(epoch), fork, 0);
        }
        assert_eq!(troubles.of_lane(LANE).len(), TROUBLES_PER_LANE_MAX);
        assert_eq!(troubles.of_lane(LaneId(4)), []);
    }
}
