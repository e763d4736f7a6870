//! What machines showed that are a lane, or say so: told when it begins, shown until records come
//! in order again.
//!
//! Anybody can say that it is lane 1. So a fault belongs to the connection that showed it, and an
//! honest machine of the same lane and epoch goes on. One entry a machine, so that one which tries
//! for ever costs one line.

use std::collections::BTreeMap;

use domain::ids::{LaneEpoch, LaneId};
use journal::Head;
use proto::store::v1 as wire;

use crate::{connection::Connection, replica_refused::ReplicaRefused};

/// Machines of one lane that are remembered with a trouble; the oldest gives way.
const TROUBLES_PER_LANE_MAX: usize = 4;
/// A journal that has no more than its start says that nothing was sold.
const RECORDS_OF_A_START: u64 = 1;

/// A machine as it showed itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Machine {
    pub(super) lane: LaneId,
    pub(super) epoch: LaneEpoch,
    pub(super) connection: Connection,
    /// Where it said its journal ends.
    pub(super) claimed: Option<Head>,
}

/// Why records of one machine are not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Trouble {
    machine: Machine,
    refused: ReplicaRefused,
    refusals: u64,
    since_wall_ms: i64,
}

impl Trouble {
    /// The same machine with the same kind of fault, as far as an address tells.
    fn goes_on(&self, machine: Machine, refused: &ReplicaRefused) -> bool {
        self.machine.epoch == machine.epoch
            && self.machine.connection.machine() == machine.connection.machine()
            && self.refused.code() == refused.code()
    }

    /// Records that come in order on a connection end what this one says. A gap may be over on the
    /// machine's next connection; another journal is over on the very one that showed it, for the
    /// machine beside it may be the honest one.
    fn is_over_with(&self, epoch: LaneEpoch, connection: Connection) -> bool {
        let same = match self.refused.is_fork() {
            true => self.machine.connection == connection,
            false => self.machine.connection.machine() == connection.machine(),
        };
        self.machine.epoch == epoch && same
    }

    /// It may have sold what is never read in. One that is not given its journal sells nothing.
    fn blocks(&self) -> bool {
        if matches!(self.refused, ReplicaRefused::AtWork(_)) {
            return false;
        }
        let claimed = self.machine.claimed;
        let sold_nothing = claimed.is_some_and(|head| head.sequence <= RECORDS_OF_A_START);
        !(self.refused.is_fork() && sold_nothing)
    }
}

/// The troubles of all lanes.
#[derive(Default, Debug)]
pub(super) struct Troubles {
    by_lane: BTreeMap<LaneId, Vec<Trouble>>,
}

impl Troubles {
    /// Counts a refusal. True when it is a new one: then it is an alarm. What is no trouble of the
    /// lane's journal (the hub stops, its own disk) leaves no trace.
    pub(super) fn note(&mut self, machine: Machine, refused: ReplicaRefused, wall_ms: i64) -> bool {
        if refused.code().is_none() {
            return false;
        }
        let troubles = self.by_lane.entry(machine.lane).or_default();
        let mut known = troubles.iter_mut();
        if let Some(known) = known.find(|known| known.goes_on(machine, &refused)) {
            known.refusals = known.refusals.saturating_add(1);
            known.machine = machine;
            known.refused = refused;
            return false;
        }
        if troubles.len() >= TROUBLES_PER_LANE_MAX {
            troubles.remove(0);
        }
        troubles.push(Trouble {
            machine,
            refused,
            refusals: 1,
            since_wall_ms: wall_ms,
        });
        true
    }

    /// Records follow the copy again.
    pub(super) fn clear(&mut self, lane: LaneId, epoch: LaneEpoch, connection: Connection) {
        let troubles = self.by_lane.entry(lane).or_default();
        troubles.retain(|trouble| {
            let over = trouble.is_over_with(epoch, connection);
            if over {
                tracing::warn!(
                    event = "lane journal in order again", %lane, epoch = epoch.0,
                    refusals = trouble.refusals
                );
            }
            !over
        });
    }

    /// This very journal was shown to be another than the copy: by its connection, or by its end. A
    /// machine that does not say where its journal ends can't be told from the one that showed it.
    pub(super) fn fork_of(&self, machine: Machine) -> Option<&ReplicaRefused> {
        let forks = self.by_lane.get(&machine.lane)?.iter();
        let shown = |trouble: &&Trouble| {
            let known = trouble.machine;
            let same_end = machine.claimed.is_none() || known.claimed == machine.claimed;
            trouble.refused.is_fork()
                && known.epoch == machine.epoch
                && (known.connection == machine.connection || same_end)
        };
        forks
            .into_iter()
            .find(shown)
            .map(|trouble| &trouble.refused)
    }

    /// For operators, oldest machine first.
    pub(super) fn of_lane(&self, lane: LaneId) -> Vec<wire::ReplicaTrouble> {
        let own = self.by_lane.get(&lane).into_iter().flatten();
        own.map(|trouble| wire::ReplicaTrouble {
            epoch: trouble.machine.epoch.0,
            refusals: trouble.refusals,
            since_wall_ms: trouble.since_wall_ms,
            address: trouble.machine.connection.to_string(),
            blocks: trouble.blocks(),
            ..trouble.refused.to_proto()
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use journal::Hash;

    use super::*;

    const LANE: LaneId = LaneId(3);
    const FORK: ReplicaRefused = ReplicaRefused::Fork { sequence: 4 };

    fn machine(epoch: u32, address: &str, records: u64) -> Machine {
        Machine {
            lane: LANE,
            epoch: LaneEpoch(epoch),
            connection: Connection(Some(address.parse().unwrap())),
            claimed: Some(Head {
                sequence: records,
                hash: Hash([7; 32]),
            }),
        }
    }

    fn clear(troubles: &mut Troubles, machine: Machine) {
        troubles.clear(machine.lane, machine.epoch, machine.connection);
    }

    #[test]
    fn a_gap_is_counted_and_over_on_the_next_connection_of_its_machine() {
        let mut troubles = Troubles::default();
        let gap = |got| ReplicaRefused::Gap { expected: 5, got };
        assert!(troubles.note(machine(1, "10.0.0.1:1", 9), gap(7), 10));
        assert!(!troubles.note(machine(1, "10.0.0.1:2", 9), gap(8), 20));
        let shown = troubles.of_lane(LANE);
        assert_eq!((shown.len(), shown[0].refusals), (1, 2));
        assert_eq!((shown[0].sequence, shown[0].since_wall_ms), (8, 10));
        assert_eq!(
            (shown[0].kind(), shown[0].blocks),
            (wire::TroubleKind::Gap, true)
        );
        assert!(troubles.fork_of(machine(1, "10.0.0.1:2", 9)).is_none());
        clear(&mut troubles, machine(1, "10.0.0.2:1", 9));
        assert_eq!(troubles.of_lane(LANE).len(), 1);
        clear(&mut troubles, machine(1, "10.0.0.1:3", 9));
        assert_eq!(troubles.of_lane(LANE), []);
    }

    /// F10: what one machine shows is not held against another of the same lane and epoch, not
    /// even against one behind the same address.
    #[test]
    fn f10_a_fork_belongs_to_the_connection_that_showed_it() {
        let mut troubles = Troubles::default();
        let (clone, honest) = (machine(1, "10.0.0.9:1", 1), machine(1, "10.0.0.9:2", 8));
        assert!(troubles.note(clone, FORK, 30));
        assert!(troubles.fork_of(clone).is_some());
        assert!(troubles.fork_of(honest).is_none());
        // The same journal on another connection is the same machine.
        let again = Machine {
            connection: Connection(None),
            ..clone
        };
        assert!(troubles.fork_of(again).is_some());
        let silent = Machine {
            claimed: None,
            ..honest
        };
        assert!(troubles.fork_of(silent).is_some());
        clear(&mut troubles, honest);
        let shown = troubles.of_lane(LANE);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].address, "10.0.0.9:1");
        clear(&mut troubles, clone);
        assert_eq!(troubles.of_lane(LANE), []);
    }

    /// F3: a machine with another journal may have sold from it; one with nothing but its start in
    /// it has not.
    #[test]
    fn f3_a_journal_that_may_hold_sales_blocks_and_an_empty_one_does_not() {
        for (records, blocks) in [(0, false), (1, false), (2, true)] {
            let mut troubles = Troubles::default();
            troubles.note(machine(1, "10.0.0.9:1", records), FORK, 0);
            assert_eq!(troubles.of_lane(LANE)[0].blocks, blocks, "{records}");
        }
        let mut troubles = Troubles::default();
        let silent = Machine {
            claimed: None,
            ..machine(1, "10.0.0.9:1", 0)
        };
        troubles.note(silent, FORK, 0);
        assert!(troubles.of_lane(LANE)[0].blocks);
    }

    #[test]
    fn a_hub_that_stops_is_no_trouble_and_made_up_epochs_cost_four_lines() {
        let mut troubles = Troubles::default();
        let first = machine(1, "10.0.0.1:1", 2);
        assert!(!troubles.note(first, ReplicaRefused::Stopping, 0));
        assert_eq!(troubles.of_lane(LANE), []);
        for epoch in 1..100 {
            troubles.note(machine(epoch, "10.0.0.1:1", 2), FORK, 0);
        }
        assert_eq!(troubles.of_lane(LANE).len(), TROUBLES_PER_LANE_MAX);
        assert_eq!(troubles.of_lane(LaneId(4)), []);
    }
}
