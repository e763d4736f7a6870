//! Fields that several messages have, both ways.

use domain::{
    ids::{BatchNumber, LaneId, PaymentId, Stan, Tid},
    risk::LeaseEnd,
    settlement::BatchTotals,
    time::BusinessDate,
};
use proto::journal::v1 as journal;

use crate::{ConvertError, money_from_proto, money_to_proto, text};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn needed<'a, T>(field: &'static str, value: Option<&'a T>) -> Result<&'a T> {
    value.ok_or_else(|| ConvertError::missing(field))
}

/// A payment's id in 16 bytes.
pub(super) fn id_to_bytes(id: PaymentId) -> prost::bytes::Bytes {
    id.0.to_be_bytes().to_vec().into()
}

/// Reads a payment's id.
///
/// # Errors
/// Not 16 bytes.
pub(super) fn id_from_bytes(bytes: &[u8]) -> Result<PaymentId> {
    let id = <[u8; 16]>::try_from(bytes);
    id.map(|id| PaymentId(u128::from_be_bytes(id)))
        .map_err(|_| ConvertError::new("payment_id", "is not 16 bytes"))
}

/// Where a message stands at its terminal.
pub(super) fn place_to_proto(batch: BatchNumber, stan: Stan) -> journal::MessagePlace {
    journal::MessagePlace {
        stan: stan.number(),
        batch: batch.number(),
    }
}

pub(super) fn place_from_proto(from: &journal::MessagePlace) -> Result<(BatchNumber, Stan)> {
    Ok((batch(from.batch)?, stan(from.stan)?))
}

pub(super) fn lease_end_from_proto(from: &journal::LeaseEnded) -> Result<LeaseEnd> {
    match from.end() {
        journal::LeaseEndKind::Returned => Ok(LeaseEnd::Returned),
        journal::LeaseEndKind::WrittenOff => Ok(LeaseEnd::WrittenOff {
            by: from.by.clone(),
            reason: from.reason.clone(),
        }),
        journal::LeaseEndKind::Unspecified => Err(ConvertError::missing("end")),
    }
}

/// How a lease ended, without its id.
pub(super) fn lease_end_to_proto(end: &LeaseEnd) -> journal::LeaseEnded {
    let mut to = journal::LeaseEnded::default();
    match end {
        LeaseEnd::Returned => to.set_end(journal::LeaseEndKind::Returned),
        LeaseEnd::WrittenOff { by, reason } => {
            to.set_end(journal::LeaseEndKind::WrittenOff);
            to.by.clone_from(by);
            to.reason.clone_from(reason);
        }
    }
    to
}

pub(super) fn totals_from_proto(totals: Option<&journal::BatchTotals>) -> Result<BatchTotals> {
    let totals = totals.ok_or_else(|| ConvertError::missing("totals"))?;
    Ok(BatchTotals {
        debit: money_from_proto("totals.debit", totals.debit.as_ref())?,
        debit_count: totals.debit_count,
        credit: money_from_proto("totals.credit", totals.credit.as_ref())?,
        credit_count: totals.credit_count,
    })
}

pub(super) fn totals_to_proto(totals: &BatchTotals) -> journal::BatchTotals {
    journal::BatchTotals {
        debit: Some(money_to_proto(totals.debit)),
        debit_count: totals.debit_count,
        credit: Some(money_to_proto(totals.credit)),
        credit_count: totals.credit_count,
    }
}

pub(super) fn lane(number: u32) -> Result<LaneId> {
    let lane = u16::try_from(number).map_err(|error| ConvertError::new("lane", error))?;
    Ok(LaneId(lane))
}

pub(super) fn tid(from: &str) -> Result<Tid> {
    Tid::new(from).map_err(|error| ConvertError::new("tid", error))
}

pub(super) fn stan(number: u32) -> Result<Stan> {
    Stan::new(number).map_err(|error| ConvertError::new("stan", error))
}

pub(super) fn batch(number: u32) -> Result<BatchNumber> {
    BatchNumber::new(number).map_err(|error| ConvertError::new("batch", error))
}

pub(super) fn date(from: &str) -> Result<BusinessDate> {
    BusinessDate::parse(from).map_err(|error| ConvertError::new("date", error))
}

pub(super) fn date_to_text(date: Option<BusinessDate>) -> String {
    let date = date.map(|date| date.to_string());
    text(date.as_deref())
}

pub(super) fn date_from_text(from: &str) -> Result<Option<BusinessDate>> {
    crate::optional(from, date)
}

pub(super) fn all<F, T, C: FromIterator<T>>(
    from: &[F],
    read: impl Fn(&F) -> Result<T>,
) -> Result<C> {
    from.iter().map(read).collect()
}
