//! Baskets that wait, both ways.

use std::sync::Arc;

use super::{
    fields::Result,
    line::{line_from_proto, line_to_proto},
};
use crate::ConvertError;
use domain::{
    ids::{LaneEpoch, LaneId, SaleNumber, SuspendedId},
    sale::{SuspendedBasket, SuspendedPart},
    time::WallMs,
};
use proto::journal::v1 as wire;

/// What it is called on the wire, too.
pub fn suspended_id_to_proto(id: SuspendedId) -> wire::SuspendedSale {
    wire::SuspendedSale {
        lane: id.lane.0.into(),
        epoch: id.epoch.0,
        sale_number: id.sale.0,
    }
}

/// Reads it.
///
/// # Errors
/// No lane has such a number.
pub fn suspended_id_from_proto(from: &wire::SuspendedSale) -> Result<SuspendedId> {
    Ok(SuspendedId {
        lane: lane("recalled.lane", from.lane)?,
        epoch: LaneEpoch(from.epoch),
        sale: SaleNumber(from.sale_number),
    })
}

pub(super) fn lane(field: &'static str, number: u32) -> Result<LaneId> {
    let number = u16::try_from(number).map_err(|error| ConvertError::new(field, error))?;
    Ok(LaneId(number))
}

pub(super) fn suspended_to_proto(part: &SuspendedPart) -> wire::CheckoutSuspended {
    let baskets = part.baskets.iter().map(|basket| wire::SuspendedBasket {
        sale_number: basket.sale.0,
        wall_ms: basket.at.0,
        label: basket.label.clone(),
        order_reference: basket.order_reference.clone(),
        price_file_version: basket.price_version.clone(),
        lines: basket
            .lines
            .iter()
            .map(|line| line_to_proto(basket.sale, line))
            .collect(),
    });
    wire::CheckoutSuspended {
        baskets: baskets.collect(),
        taken_up: part
            .taken_up
            .iter()
            .copied()
            .map(suspended_id_to_proto)
            .collect(),
    }
}

pub(super) fn suspended_from_proto(from: wire::CheckoutSuspended) -> Result<SuspendedPart> {
    let baskets = from.baskets.into_iter().map(|basket| {
        Ok(Arc::new(SuspendedBasket {
            sale: SaleNumber(basket.sale_number),
            at: WallMs(basket.wall_ms),
            label: basket.label,
            order_reference: basket.order_reference,
            price_version: basket.price_file_version,
            lines: basket
                .lines
                .into_iter()
                .map(line_from_proto)
                .collect::<Result<_>>()?,
        }))
    });
    Ok(SuspendedPart {
        baskets: baskets.collect::<Result<_>>()?,
        taken_up: from
            .taken_up
            .iter()
            .map(suspended_id_from_proto)
            .collect::<Result<_>>()?,
    })
}
