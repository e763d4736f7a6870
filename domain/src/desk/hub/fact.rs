//! What is written of machines (which speaks for a lane, and which hub was here before), and what
//! it makes of the state and of the dates.

use std::collections::BTreeMap;

use crate::{
    day::{Fact, Machine},
    desk::{DurableState, PreviousHub},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId, Stan, Tid},
    limits::LEASE_IDS_SKIPPED,
    time::{BusinessDate, WallMs},
};

/// What became known of a machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HubFact {
    /// A lane's machine was accepted.
    LaneAttached {
        /// The lane.
        lane: LaneId,
        /// Its epoch from here on.
        epoch: LaneEpoch,
    },
    /// An operator took a lane's epoch back: an older machine speaks for it again.
    EpochTakenBack {
        /// The lane.
        lane: LaneId,
        /// Its epoch until here.
        from: LaneEpoch,
        /// Its epoch from here on.
        to: LaneEpoch,
        /// Who decided it.
        by: String,
        /// Why.
        reason: String,
    },
    /// A lane remembers a hub whose journal this is not (payments.md, "Identity, swap, rebuild").
    PreviousHub {
        /// The lane.
        lane: LaneId,
        /// That hub's epoch.
        hub_epoch: u64,
        /// The newest lease it had lent to this lane.
        last_lease: LeaseId,
        /// Where the lane's terminal goes on: far beyond what that hub can have used.
        skipped: Option<(Tid, Stan)>,
    },
    /// The previous hub may have sent this payment: it is never sent again.
    AskedOfPreviousHub {
        /// The payment.
        payment_id: PaymentId,
        /// Whose it is.
        lane: LaneId,
    },
    /// An operator said where the journal of a machine that is gone had ended.
    EpochEndStated {
        /// The lane.
        lane: LaneId,
        /// Its machine.
        epoch: LaneEpoch,
        /// Its last record.
        sequence: u64,
        /// Who said it.
        by: String,
        /// Why.
        reason: String,
    },
}

impl HubFact {
    /// The payment it is about, if any.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::AskedOfPreviousHub { payment_id, .. } => Some(*payment_id),
            Self::LaneAttached { .. }
            | Self::EpochTakenBack { .. }
            | Self::PreviousHub { .. }
            | Self::EpochEndStated { .. } => None,
        }
    }
}

impl HubFact {
    /// What it is to the store's dates; `header`: the date that its record carries.
    pub(in crate::desk) fn of_dates(&self, header: BusinessDate) -> Option<Fact> {
        match self {
            Self::LaneAttached { lane, epoch } => Some(Fact::Attached {
                machine: machine(*lane, *epoch),
                date: header,
            }),
            Self::EpochTakenBack { lane, from, .. } => Some(Fact::TakenBack {
                machine: machine(*lane, *from),
            }),
            Self::EpochEndStated {
                lane,
                epoch,
                sequence,
                ..
            } => Some(Fact::EndStated {
                machine: machine(*lane, *epoch),
                sequence: *sequence,
            }),
            Self::PreviousHub { .. } | Self::AskedOfPreviousHub { .. } => None,
        }
    }
}

const fn machine(lane: LaneId, epoch: LaneEpoch) -> Machine {
    Machine { lane, epoch }
}

/// Part of the checkpoint: machines.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MachinesPart {
    /// Which machine speaks for each lane.
    pub epochs: BTreeMap<LaneId, LaneEpoch>,
    /// What is known of a previous hub.
    pub previous_hub: PreviousHub,
    /// Where the journal of a machine that is gone had ended, as an operator said.
    pub stated_ends: BTreeMap<Machine, u64>,
}

impl MachinesPart {
    /// What a previous hub was asked for is named until the day is closed.
    pub(in crate::desk) fn date_ended(&mut self) {
        self.previous_hub.asked.clear();
    }

    pub(in crate::desk) fn apply(&mut self, fact: &HubFact, at: WallMs) {
        match fact {
            HubFact::LaneAttached { lane, epoch } => {
                self.epochs.insert(*lane, *epoch);
            }
            HubFact::EpochEndStated {
                lane,
                epoch,
                sequence,
                ..
            } => {
                self.stated_ends.insert(machine(*lane, *epoch), *sequence);
            }
            HubFact::EpochTakenBack { lane, to, .. } => {
                self.epochs.insert(*lane, *to);
            }
            HubFact::PreviousHub {
                hub_epoch,
                last_lease,
                ..
            } => {
                let previous = &mut self.previous_hub;
                previous.epoch = previous.epoch.max(*hub_epoch);
                previous.last_lease = previous.last_lease.max(*last_lease);
            }
            HubFact::AskedOfPreviousHub { payment_id, lane } => {
                self.previous_hub.asked.insert(*payment_id, (*lane, at));
            }
        }
    }
}

impl DurableState {
    /// What a previous hub may have used is used no more.
    pub(in crate::desk) fn apply_hub(&mut self, fact: &HubFact) {
        let HubFact::PreviousHub {
            last_lease,
            skipped,
            ..
        } = fact
        else {
            return;
        };
        let beyond = last_lease.0.saturating_add(LEASE_IDS_SKIPPED);
        self.risk.skip_to(LeaseId(beyond));
        if let Some((tid, stan)) = skipped {
            self.terminal_mut(tid).next_stan = *stan;
        }
    }
}
