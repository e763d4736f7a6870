//! Records of machines, both ways, and the part of the checkpoint that they add up to.

use crate::{ConvertError, payment_id, text};
use domain::{
    day::Machine,
    desk::{HubFact, MachinesPart, PreviousHub},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
    time::WallMs,
};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::fields::{all, lane, tid};

type Result<T> = std::result::Result<T, ConvertError>;

/// The form of the part. Add one whenever it keeps something new.
pub(super) const MACHINES_FORM: u32 = 5;

pub(super) fn body(fact: &HubFact) -> Body {
    match fact {
        HubFact::LaneAttached { lane, epoch } => Body::LaneAttached(journal::LaneAttached {
            lane: lane.0.into(),
            epoch: epoch.0,
        }),
        HubFact::EpochTakenBack {
            lane,
            from,
            to,
            by,
            reason,
        } => Body::EpochTakenBack(journal::EpochTakenBack {
            lane: lane.0.into(),
            from: from.0,
            to: to.0,
            by: by.clone(),
            reason: reason.clone(),
        }),
        HubFact::EpochEndStated {
            lane,
            epoch,
            sequence,
            by,
            reason,
        } => Body::EpochEndStated(journal::EpochEndStated {
            lane: lane.0.into(),
            epoch: epoch.0,
            sequence: *sequence,
            by: by.clone(),
            reason: reason.clone(),
        }),
        HubFact::PreviousHub {
            lane,
            hub_epoch,
            last_lease,
            skipped,
        } => Body::PreviousHub(journal::PreviousHub {
            lane: lane.0.into(),
            hub_epoch: *hub_epoch,
            last_lease_id: last_lease.0,
            tid: text(skipped.as_ref().map(|(tid, _)| tid.as_str())),
            next_stan: skipped.as_ref().map_or(0, |(_, stan)| stan.number()),
        }),
        HubFact::AskedOfPreviousHub { payment_id, lane } => {
            Body::AskedOfPreviousHub(journal::AskedOfPreviousHub {
                payment_id: payment_id.to_string(),
                lane: lane.0.into(),
            })
        }
    }
}

pub(super) fn lane_attached(from: &journal::LaneAttached) -> Result<HubFact> {
    Ok(HubFact::LaneAttached {
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
    })
}

pub(super) fn epoch_taken_back(told: &journal::EpochTakenBack) -> Result<HubFact> {
    Ok(HubFact::EpochTakenBack {
        lane: lane(told.lane)?,
        from: LaneEpoch(told.from),
        to: LaneEpoch(told.to),
        by: told.by.clone(),
        reason: told.reason.clone(),
    })
}

pub(super) fn previous_hub(from: &journal::PreviousHub) -> Result<HubFact> {
    Ok(HubFact::PreviousHub {
        lane: lane(from.lane)?,
        hub_epoch: from.hub_epoch,
        last_lease: LeaseId(from.last_lease_id),
        skipped: match crate::stan(from.next_stan)? {
            Some(stan) => Some((tid(&from.tid)?, stan)),
            None => None,
        },
    })
}

pub(super) fn asked_of_previous_hub(from: &journal::AskedOfPreviousHub) -> Result<HubFact> {
    Ok(HubFact::AskedOfPreviousHub {
        payment_id: payment_id(&from.payment_id)?,
        lane: lane(from.lane)?,
    })
}

/// Reads what an operator said of a machine that is gone.
pub(super) fn epoch_end_stated(from: &journal::EpochEndStated) -> Result<HubFact> {
    Ok(HubFact::EpochEndStated {
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
        sequence: from.sequence,
        by: from.by.clone(),
        reason: from.reason.clone(),
    })
}

pub(super) fn machines_to_proto(machines: &MachinesPart) -> journal::HubMachines {
    let epochs = machines.epochs.iter();
    let epochs = epochs.map(|(lane, epoch)| journal::LaneAttached {
        lane: lane.0.into(),
        epoch: epoch.0,
    });
    let asked = machines.previous_hub.asked.iter();
    let one = |(id, (lane, at)): (&PaymentId, &(LaneId, WallMs))| journal::AskedBefore {
        payment_id: id.to_string(),
        lane: lane.0.into(),
        at_ms: at.0,
    };
    let stated = machines.stated_ends.iter();
    let stated = stated.map(|(machine, sequence)| journal::StatedEnd {
        lane: machine.lane.0.into(),
        epoch: machine.epoch.0,
        sequence: *sequence,
    });
    journal::HubMachines {
        lane_epochs: epochs.collect(),
        previous_hub_epoch: machines.previous_hub.epoch,
        previous_last_lease_id: machines.previous_hub.last_lease.0,
        asked_before: asked.map(one).collect(),
        stated_ends: stated.collect(),
    }
}

/// What a checkpoint from before there were parts says of them: the part in form 4.
pub(super) fn machines_before_parts(from: &journal::HubCheckpoint) -> journal::HubMachines {
    journal::HubMachines {
        lane_epochs: from.lane_epochs.clone(),
        previous_hub_epoch: from.previous_hub_epoch,
        previous_last_lease_id: from.previous_last_lease_id,
        asked_before: from.asked_before.clone(),
        stated_ends: Vec::new(),
    }
}

pub(super) fn machines_from_proto(from: &journal::HubMachines) -> Result<MachinesPart> {
    Ok(MachinesPart {
        epochs: all(&from.lane_epochs, |one| {
            Ok((lane(one.lane)?, LaneEpoch(one.epoch)))
        })?,
        previous_hub: PreviousHub {
            epoch: from.previous_hub_epoch,
            last_lease: LeaseId(from.previous_last_lease_id),
            asked: all(&from.asked_before, |one| {
                let asked = (lane(one.lane)?, WallMs(one.at_ms));
                Ok((payment_id(&one.payment_id)?, asked))
            })?,
        },
        stated_ends: all(&from.stated_ends, |one| {
            let machine = Machine {
                lane: lane(one.lane)?,
                epoch: LaneEpoch(one.epoch),
            };
            Ok((machine, one.sequence))
        })?,
    })
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    use domain::ids::{Stan, Tid};
    let (lane, lease_id) = (LaneId(3), LeaseId(4));
    vec![
        HubFact::LaneAttached {
            lane,
            epoch: LaneEpoch(2),
        }
        .into(),
        HubFact::EpochTakenBack {
            lane,
            from: LaneEpoch(7),
            to: LaneEpoch(2),
            by: "store manager".to_owned(),
            reason: "a test machine".to_owned(),
        }
        .into(),
        HubFact::PreviousHub {
            lane,
            hub_epoch: 5,
            last_lease: lease_id,
            skipped: Some((Tid::new("LANE0003").unwrap(), Stan::new(10_001).unwrap())),
        }
        .into(),
        HubFact::PreviousHub {
            lane,
            hub_epoch: 5,
            last_lease: lease_id,
            skipped: None,
        }
        .into(),
        HubFact::AskedOfPreviousHub {
            payment_id: PaymentId(9),
            lane,
        }
        .into(),
        HubFact::EpochEndStated {
            lane: LaneId(3),
            epoch: LaneEpoch(1),
            sequence: 77,
            by: "manager".to_owned(),
            reason: "its disk was read".to_owned(),
        }
        .into(),
    ]
}
