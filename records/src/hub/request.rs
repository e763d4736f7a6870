//! What a lane asked for, both ways.

use domain::{
    ids::{LaneEpoch, PaymentId, SaleNumber},
    payment::PaymentRequest,
};
use proto::journal::v1 as journal;

use crate::{
    ConvertError, card_from_proto, card_to_proto, date_from_proto, date_to_proto,
    entry_mode_from_proto, entry_mode_to_proto, method_from_proto, method_to_proto,
    money_from_proto, money_to_proto, original_from_proto, original_to_proto, payment_id,
    payment_kind_from_proto, payment_kind_to_proto,
};

use super::fields::lane;

pub(super) fn request(from: &journal::Requested) -> Result<PaymentRequest, ConvertError> {
    let payment_id: PaymentId = payment_id(&from.payment_id)?;
    Ok(PaymentRequest {
        payment_id,
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
        sale: SaleNumber(from.sale_number),
        amount: money_from_proto("amount", from.amount.as_ref())?,
        entry_mode: entry_mode_from_proto(from.entry_mode())?,
        pin_entered: from.pin_entered,
        card: card_from_proto(from.card.as_ref())?,
        // Absent in records from before it was told: those carry the date in their head.
        business_date: date_from_proto("business_date", &from.business_date)?,
        kind: payment_kind_from_proto(from.kind)?,
        method: method_from_proto(from.method)?,
        original: original_from_proto(&from.original_payment_id)?,
    })
}

pub(super) fn requested(request: &PaymentRequest) -> journal::Requested {
    journal::Requested {
        payment_id: request.payment_id.to_string(),
        lane: request.lane.0.into(),
        epoch: request.epoch.0,
        sale_number: request.sale.0,
        amount: Some(money_to_proto(request.amount)),
        entry_mode: entry_mode_to_proto(request.entry_mode).into(),
        pin_entered: request.pin_entered,
        card: Some(card_to_proto(&request.card)),
        business_date: date_to_proto(request.business_date),
        kind: payment_kind_to_proto(request.kind).into(),
        method: method_to_proto(request.method).into(),
        original_payment_id: original_to_proto(request.original),
    }
}
