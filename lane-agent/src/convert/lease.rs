//! Offline leases, and what the lane approved under them.

use domain::{
    ids::{LaneEpoch, LaneId, LeaseId, SaleNumber},
    risk::OfflineLease,
    sale::PendingPayment,
};
use proto::store::v1 as wire;

use super::{
    ConvertError,
    payment::{card_to_proto, entry_mode_to_proto, money_from_proto, money_to_proto},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// As it is journaled.
pub(crate) fn lease_to_proto(lease: &OfflineLease) -> wire::OfflineLease {
    wire::OfflineLease {
        lease_id: lease.id.0,
        lane: lease.lane.0.into(),
        lane_epoch: lease.lane_epoch.0,
        budget: Some(money_to_proto(lease.budget)),
        per_payment_cap: Some(money_to_proto(lease.per_payment_cap)),
        per_card_cap: Some(money_to_proto(lease.per_card_cap)),
        count_max: lease.count_max,
        hot_list_version: lease.hot_list_version,
        valid_for_ms: lease.valid_for_ms,
    }
}

/// From the hub, or from the journal.
///
/// # Errors
/// The field that is missing or can't be.
pub(crate) fn lease_from_proto(from: Option<&wire::OfflineLease>) -> Result<OfflineLease> {
    let from = from.ok_or_else(|| ConvertError::missing("lease"))?;
    if from.lease_id == 0 {
        return Err(ConvertError::missing("lease.lease_id"));
    }
    let lane = u16::try_from(from.lane).map_err(|error| ConvertError::new("lease.lane", error))?;
    let money = |field, money: &Option<wire::Money>| money_from_proto(field, money.as_ref());
    Ok(OfflineLease {
        id: LeaseId(from.lease_id),
        lane: LaneId(lane),
        lane_epoch: LaneEpoch(from.lane_epoch),
        budget: money("lease.budget", &from.budget)?,
        per_payment_cap: money("lease.per_payment_cap", &from.per_payment_cap)?,
        per_card_cap: money("lease.per_card_cap", &from.per_card_cap)?,
        count_max: from.count_max,
        hot_list_version: from.hot_list_version,
        valid_for_ms: from.valid_for_ms,
    })
}

/// What the hub must know of a payment that the lane approved alone.
pub(crate) fn offline_payment(
    sale: SaleNumber,
    payment: &PendingPayment,
    lease: LeaseId,
) -> wire::OfflinePayment {
    wire::OfflinePayment {
        payment_id: payment.payment_id.to_string(),
        sale_number: sale.0,
        amount: Some(money_to_proto(payment.amount)),
        entry_mode: entry_mode_to_proto(payment.entry_mode).into(),
        pin_entered: payment.pin_entered,
        card: Some(card_to_proto(&payment.card)),
        lease_id: lease.0,
    }
}
