//! Returns as an operator sees them: the same over gRPC as from the journal of a stopped hub.

use domain::{
    desk::{Desk, OwedToCard, Reservation},
    ids::{PaymentId, ReceiptNumber, ReturnId},
    money::Money,
};
use proto::store::v1::{OpenReturnView, OwedResponse, OwedView, ReturnsResponse};
use records::{money_to_proto, scheme_to_proto};

/// What is owed to cards for goods that came back, oldest receipt first.
pub(crate) fn owed(desk: &Desk) -> OwedResponse {
    let owed = &desk.returns().owed;
    let sum = owed
        .values()
        .fold(0_i64, |sum, one| sum.saturating_add(one.amount.minor()));
    OwedResponse {
        owed: owed.iter().map(owed_view).collect(),
        total: Some(money_to_proto(Money::new(sum, desk.config().currency))),
    }
}

fn owed_view(
    ((receipt, payment_id), owed): (&(ReceiptNumber, PaymentId), &OwedToCard),
) -> OwedView {
    OwedView {
        receipt_number: receipt.to_string(),
        payment_id: payment_id.to_string(),
        scheme: scheme_to_proto(owed.card.scheme).into(),
        masked: owed.card.masked.as_str().to_owned(),
        amount: Some(money_to_proto(owed.amount)),
        since_wall_ms: owed.at.0,
        business_date: owed.date.to_string(),
    }
}

/// Returns that are reserved and not known to be closed.
pub(crate) fn returns(desk: &Desk) -> ReturnsResponse {
    let currency = desk.config().currency;
    let open = desk.returns().open.iter();
    ReturnsResponse {
        open: open
            .map(|(id, open)| open_view(*id, open, Money::zero(currency)))
            .collect(),
    }
}

fn open_view(id: ReturnId, open: &Reservation, nothing: Money) -> OpenReturnView {
    let value = open
        .taking
        .plan
        .iter()
        .try_fold(nothing, |sum, payback| sum.add(payback.value));
    let receipts = open.taking.of.iter().map(|of| of.receipt.to_string());
    OpenReturnView {
        return_id: id.to_string(),
        lane: id.lane.0.into(),
        epoch: id.epoch.0,
        sale_number: id.sale.0,
        receipt_numbers: receipts.collect(),
        value: value.ok().map(money_to_proto),
        since_wall_ms: open.at.0,
    }
}
