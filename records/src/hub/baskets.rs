//! Records of baskets that wait, both ways, and the part of the checkpoint that they add up to.

use crate::{
    ConvertError,
    lane::{suspended_id_from_proto, suspended_id_to_proto},
};
use domain::{
    day::Machine,
    desk::{BasketsPart, Holder, SuspendedFact, TakenUp, WaitingBasket},
    ids::{LaneEpoch, SuspendedId},
    time::WallMs,
};
use proto::journal::v1::{self as journal, BasketHolder, hub_record::Body};

use super::fields::{all, date, lane, needed};

type Result<T> = std::result::Result<T, ConvertError>;

/// The form of the part. Add one whenever it keeps something new.
pub(super) const BASKETS_FORM: u32 = 1;

pub(super) fn body(fact: &SuspendedFact) -> Body {
    match fact {
        SuspendedFact::Waits {
            id,
            at,
            label,
            sequence,
        } => Body::BasketWaits(journal::BasketWaits {
            id: Some(suspended_id_to_proto(*id)),
            at_ms: at.0,
            label: label.clone(),
            sequence: *sequence,
        }),
        SuspendedFact::Moved { id, to, by_hub } => Body::BasketMoved(journal::BasketMoved {
            id: Some(suspended_id_to_proto(*id)),
            to_lane: to.lane.0.into(),
            to_epoch: to.epoch.0,
            by_hub: *by_hub,
        }),
        SuspendedFact::TakenUp { id, by } => Body::BasketTakenUp(taken_to_proto(*id, *by)),
        SuspendedFact::Freed { id } => Body::BasketFreed(journal::BasketFreed {
            id: Some(suspended_id_to_proto(*id)),
        }),
    }
}

fn taken_to_proto(id: SuspendedId, by: Machine) -> journal::BasketTakenUp {
    journal::BasketTakenUp {
        id: Some(suspended_id_to_proto(id)),
        by_lane: by.lane.0.into(),
        by_epoch: by.epoch.0,
    }
}

fn id(from: Option<&journal::SuspendedSale>) -> Result<SuspendedId> {
    suspended_id_from_proto(needed("id", from)?)
}

fn machine(number: u32, epoch: u32) -> Result<Machine> {
    Ok(Machine {
        lane: lane(number)?,
        epoch: LaneEpoch(epoch),
    })
}

pub(super) fn waits(from: &journal::BasketWaits) -> Result<SuspendedFact> {
    Ok(SuspendedFact::Waits {
        id: id(from.id.as_ref())?,
        at: WallMs(from.at_ms),
        label: from.label.clone(),
        sequence: from.sequence,
    })
}

pub(super) fn moved(from: &journal::BasketMoved) -> Result<SuspendedFact> {
    Ok(SuspendedFact::Moved {
        id: id(from.id.as_ref())?,
        to: machine(from.to_lane, from.to_epoch)?,
        by_hub: from.by_hub,
    })
}

pub(super) fn taken_up(from: &journal::BasketTakenUp) -> Result<SuspendedFact> {
    Ok(SuspendedFact::TakenUp {
        id: id(from.id.as_ref())?,
        by: machine(from.by_lane, from.by_epoch)?,
    })
}

pub(super) fn freed(from: &journal::BasketFreed) -> Result<SuspendedFact> {
    let id = id(from.id.as_ref())?;
    Ok(SuspendedFact::Freed { id })
}

pub(super) fn baskets_to_proto(part: &BasketsPart) -> journal::HubBaskets {
    let waiting = part.waiting.iter().map(|(id, basket)| {
        let (holder, machine) = match basket.holder {
            Holder::ItsOwn => (BasketHolder::ItsOwn, None),
            Holder::Another(machine) => (BasketHolder::Another, Some(machine)),
            Holder::Hub => (BasketHolder::Hub, None),
        };
        journal::WaitingBasket {
            basket: Some(journal::BasketWaits {
                id: Some(suspended_id_to_proto(*id)),
                at_ms: basket.at.0,
                label: basket.label.clone(),
                sequence: basket.sequence,
            }),
            holder: holder.into(),
            lane: machine.map_or(0, |machine| machine.lane.0.into()),
            epoch: machine.map_or(0, |machine| machine.epoch.0),
        }
    });
    let taken_up = part.taken_up.iter();
    let taken_up = taken_up.map(|(id, taken)| journal::TakenUpBasket {
        taken: Some(taken_to_proto(*id, taken.by)),
        date: taken.date.to_string(),
    });
    journal::HubBaskets {
        waiting: waiting.collect(),
        taken_up: taken_up.collect(),
    }
}

pub(super) fn baskets_from_proto(from: &journal::HubBaskets) -> Result<BasketsPart> {
    Ok(BasketsPart {
        waiting: all(&from.waiting, waiting_from_proto)?,
        taken_up: all(&from.taken_up, |one| {
            let taken = needed("taken", one.taken.as_ref())?;
            let taken_up = TakenUp {
                by: machine(taken.by_lane, taken.by_epoch)?,
                date: date(&one.date)?,
            };
            Ok((id(taken.id.as_ref())?, taken_up))
        })?,
    })
}

fn waiting_from_proto(from: &journal::WaitingBasket) -> Result<(SuspendedId, WaitingBasket)> {
    let basket = needed("basket", from.basket.as_ref())?;
    let holder = match from.holder() {
        BasketHolder::ItsOwn => Holder::ItsOwn,
        BasketHolder::Another => Holder::Another(machine(from.lane, from.epoch)?),
        BasketHolder::Hub => Holder::Hub,
        BasketHolder::Unspecified => return Err(ConvertError::missing("holder")),
    };
    let waiting = WaitingBasket {
        at: WallMs(basket.at_ms),
        label: basket.label.clone(),
        sequence: basket.sequence,
        holder,
    };
    Ok((id(basket.id.as_ref())?, waiting))
}

/// One fact of each kind at least; behind them one basket waits with each holder, and one does not.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    let id = |sale| SuspendedId {
        lane: domain::ids::LaneId(2),
        epoch: LaneEpoch(1),
        sale: domain::ids::SaleNumber(sale),
    };
    let to = Machine {
        lane: domain::ids::LaneId(3),
        epoch: LaneEpoch(2),
    };
    let waits = (1..=4).map(|sale| SuspendedFact::Waits {
        id: id(sale),
        at: WallMs(7),
        label: "fetches his purse".to_owned(),
        sequence: 42,
    });
    let then = [
        SuspendedFact::Moved {
            id: id(2),
            to,
            by_hub: true,
        },
        SuspendedFact::Freed { id: id(3) },
        SuspendedFact::TakenUp { id: id(4), by: to },
    ];
    waits.chain(then).map(Into::into).collect()
}
