//! Offline leases, and what lanes approved under them.

use std::collections::BTreeMap;

use domain::{
    card_ref::{CardHash, EntryMode, Funding, Scheme},
    ids::{LaneEpoch, LaneId, LeaseId, SaleNumber},
    payment::PaymentRequest,
    risk::{FloorLimits, LeaseUse, OfflineLease, VelocityLimit},
};
use proto::{journal::v1 as journal, store::v1 as wire};

use crate::{
    ConvertError,
    kind::{
        date_from_proto, date_to_proto, method_from_proto, method_to_proto, original_from_proto,
        original_to_proto, payment_kind_from_proto, payment_kind_to_proto,
    },
    payment::{
        card_from_proto, card_to_proto, entry_mode_from_proto, entry_mode_to_proto,
        funding_from_proto, funding_to_proto, money_from_proto, money_to_proto, payment_id,
        scheme_from_proto, scheme_to_proto,
    },
};

type Result<T> = std::result::Result<T, ConvertError>;

/// As it goes to the lane and into both journals.
#[must_use]
pub fn lease_to_proto(lease: &OfflineLease) -> wire::OfflineLease {
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
        floor_limits: lease.floor_limits.iter().map(floor_limit).collect(),
        same_card_max: lease.velocity.map_or(0, |limit| limit.count_max),
        same_card_window_ms: lease.velocity.map_or(0, |limit| limit.window_ms),
    }
}

fn floor_limit(
    (scheme, mode, funding, minor): (Scheme, EntryMode, Funding, i64),
) -> wire::FloorLimit {
    wire::FloorLimit {
        scheme: scheme_to_proto(scheme).into(),
        entry_mode: entry_mode_to_proto(mode).into(),
        funding: funding_to_proto(funding).into(),
        minor,
    }
}

/// From the hub, or from a journal.
///
/// # Errors
/// The field that is missing or can't be.
pub fn lease_from_proto(from: Option<&wire::OfflineLease>) -> Result<OfflineLease> {
    let from = from.ok_or_else(|| ConvertError::missing("lease"))?;
    if from.lease_id == 0 {
        return Err(ConvertError::missing("lease.lease_id"));
    }
    let lane = u16::try_from(from.lane).map_err(|error| ConvertError::new("lease.lane", error))?;
    let per_payment_cap = money_from_proto("lease.per_payment_cap", from.per_payment_cap.as_ref())?;
    let mut floor_limits = FloorLimits::never();
    for one in &from.floor_limits {
        let mode = entry_mode_from_proto(one.entry_mode())?;
        let (scheme, funding) = (scheme_from_proto(one.scheme()), one.funding());
        let funding = funding_from_proto(funding);
        floor_limits.set(Some(scheme), Some(mode), Some(funding), one.minor);
    }
    if from.floor_limits.is_empty() {
        floor_limits = FloorLimits::up_to(per_payment_cap.minor());
    }
    let money = |field, money: &Option<wire::Money>| money_from_proto(field, money.as_ref());
    Ok(OfflineLease {
        id: LeaseId(from.lease_id),
        lane: LaneId(lane),
        lane_epoch: LaneEpoch(from.lane_epoch),
        budget: money("lease.budget", &from.budget)?,
        per_payment_cap,
        per_card_cap: money("lease.per_card_cap", &from.per_card_cap)?,
        count_max: from.count_max,
        hot_list_version: from.hot_list_version,
        valid_for_ms: from.valid_for_ms,
        floor_limits,
        velocity: (from.same_card_max > 0).then_some(VelocityLimit {
            count_max: from.same_card_max,
            window_ms: from.same_card_window_ms,
        }),
    })
}

/// What a lane approved alone, from its journal or from the hub's.
///
/// # Errors
/// The field that is missing or can't be.
pub fn offline_from_proto(
    from: &wire::OfflinePayment,
    lane: LaneId,
    epoch: LaneEpoch,
) -> Result<(PaymentRequest, LeaseId)> {
    let request = PaymentRequest {
        payment_id: payment_id(&from.payment_id)?,
        lane,
        epoch,
        sale: SaleNumber(from.sale_number),
        amount: money_from_proto("amount", from.amount.as_ref())?,
        entry_mode: entry_mode_from_proto(from.entry_mode())?,
        pin_entered: from.pin_entered,
        card: card_from_proto(from.card.as_ref())?,
        business_date: date_from_proto("business_date", &from.business_date)?,
        kind: payment_kind_from_proto(from.kind)?,
        method: method_from_proto(from.method)?,
        original: original_from_proto(&from.original_payment_id)?,
    };
    Ok((request, LeaseId(from.lease_id)))
}

/// What the hub must know of a payment that a lane approved alone: as both journal it.
#[must_use]
pub fn offline_to_proto(request: &PaymentRequest, lease: LeaseId) -> wire::OfflinePayment {
    wire::OfflinePayment {
        payment_id: request.payment_id.to_string(),
        sale_number: request.sale.0,
        amount: Some(money_to_proto(request.amount)),
        entry_mode: entry_mode_to_proto(request.entry_mode).into(),
        pin_entered: request.pin_entered,
        card: Some(card_to_proto(&request.card)),
        lease_id: lease.0,
        business_date: date_to_proto(request.business_date),
        kind: payment_kind_to_proto(request.kind).into(),
        method: method_to_proto(request.method).into(),
        original_payment_id: original_to_proto(request.original),
    }
}

/// A lease with its use, as a checkpoint keeps it.
#[must_use]
pub fn lease_use_to_proto(held: &LeaseUse) -> journal::LeaseUse {
    journal::LeaseUse {
        lease: Some(lease_to_proto(&held.lease)),
        spent_minor: held.spent().minor(),
        payments: held.payments(),
        cards: held
            .cards()
            .map(|(card, spent_minor)| journal::CardUse {
                card_hash: card.0.to_vec().into(),
                spent_minor,
            })
            .collect(),
    }
}

/// From a checkpoint.
///
/// # Errors
/// The field that is missing or can't be.
pub fn lease_use_from_proto(from: &journal::LeaseUse) -> Result<LeaseUse> {
    let lease = lease_from_proto(from.lease.as_ref())?;
    let cards = from.cards.iter();
    let cards = cards.map(|card| Ok((card_hash(&card.card_hash)?, card.spent_minor)));
    let cards = cards.collect::<Result<BTreeMap<CardHash, i64>>>()?;
    Ok(LeaseUse::restored(
        lease,
        from.spent_minor,
        from.payments,
        cards,
    ))
}

/// The keyed hash of a card.
///
/// # Errors
/// Not 32 bytes.
pub fn card_hash(bytes: &[u8]) -> Result<CardHash> {
    let hash = <[u8; 32]>::try_from(bytes);
    hash.map(CardHash)
        .map_err(|_| ConvertError::new("card_hash", "is not 32 bytes"))
}

/// A lease with every rule.
#[cfg(test)]
pub(crate) fn sample() -> OfflineLease {
    use domain::money::{Currency, Money};
    let cny = |minor| Money::new(minor, Currency::CNY);
    let mut floor_limits = FloorLimits::up_to(40_000);
    floor_limits.set(Some(Scheme::Visa), None, Some(Funding::Prepaid), 99_999_999);
    OfflineLease {
        id: LeaseId(4),
        lane: LaneId(3),
        lane_epoch: LaneEpoch(2),
        budget: cny(90_000),
        per_payment_cap: cny(40_000),
        per_card_cap: cny(50_000),
        count_max: 50,
        hot_list_version: 7_000_001,
        valid_for_ms: 60_000,
        floor_limits,
        velocity: Some(VelocityLimit {
            count_max: 3,
            window_ms: 600_000,
        }),
    }
}
