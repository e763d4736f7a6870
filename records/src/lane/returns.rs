//! Records of goods that come back to a lane, both ways.

use super::fields::{Result, money};
use crate::{
    money_to_proto, payment_id,
    returns::{owed_from_proto, owed_to_proto, taking_from_proto, taking_to_proto},
};
use domain::{
    ids::{OperatorId, SaleNumber},
    sale::ReturnFact,
};
use proto::journal::v1::{self as wire, lane_record::Body};

pub(super) fn return_to_proto(fact: &ReturnFact) -> Body {
    match fact {
        ReturnFact::Reserved {
            sale,
            revision,
            taking,
        } => Body::ReturnReserved(wire::ReturnReserved {
            sale_number: sale.0,
            revision: *revision,
            taking: Some(taking_to_proto(taking)),
        }),
        ReturnFact::CashForCard {
            sale,
            payment_id,
            amount,
            reason,
            allowed_by,
        } => Body::CashForCard(wire::CashForCard {
            sale_number: sale.0,
            payment_id: payment_id.to_string(),
            amount: Some(money_to_proto(*amount)),
            reason: reason.clone(),
            allowed_by: allowed_by.0,
        }),
        ReturnFact::PaidBack { sale, cash, owed } => Body::PaidBack(wire::PaidBack {
            sale_number: sale.0,
            cash: Some(money_to_proto(*cash)),
            owed: owed.iter().map(owed_to_proto).collect(),
        }),
    }
}

pub(super) fn reserved_from_proto(from: &wire::ReturnReserved) -> Result<ReturnFact> {
    Ok(ReturnFact::Reserved {
        sale: SaleNumber(from.sale_number),
        revision: from.revision,
        taking: taking_from_proto(from.taking.as_ref())?,
    })
}

pub(super) fn cash_for_card_from_proto(from: &wire::CashForCard) -> Result<ReturnFact> {
    Ok(ReturnFact::CashForCard {
        sale: SaleNumber(from.sale_number),
        payment_id: payment_id(&from.payment_id)?,
        amount: money("amount", from.amount.as_ref())?,
        reason: from.reason.clone(),
        allowed_by: OperatorId(from.allowed_by),
    })
}

pub(super) fn paid_back_from_proto(from: &wire::PaidBack) -> Result<ReturnFact> {
    Ok(ReturnFact::PaidBack {
        sale: SaleNumber(from.sale_number),
        cash: money("cash", from.cash.as_ref())?,
        owed: from
            .owed
            .iter()
            .map(owed_from_proto)
            .collect::<Result<_>>()?,
    })
}
