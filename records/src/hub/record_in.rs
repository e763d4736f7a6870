//! `journal.v1.HubRecord` as the desk's records: replay reads what was ever written.

use crate::{
    ConvertError, auth_code, card_from_proto, code, date_from_proto, decision_from_proto,
    entry_mode_from_proto, lease_from_proto, method_from_proto, money_from_proto,
    offline_from_proto, optional, original_from_proto, payment_id, payment_kind_from_proto, rrn,
};
use domain::{
    desk::{
        ArchiveFact, DayFact, DeskFact, DeskRecord, ForwardFact, HubFact, LeaseFact, PaymentFact,
        TerminalFact,
    },
    forward::{ForwardEnd, ForwardKind, Resolution},
    ids::{
        BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, PaymentId, ReceiptNumber, SaleNumber,
        Stan, Tid,
    },
    payment::PaymentRequest,
    risk::LeaseEnd,
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{checkpoint::id_from_bytes, day, file::file_from_proto};

type Result<T> = std::result::Result<T, ConvertError>;

/// Reads a record's bytes.
///
/// # Errors
/// Bytes that are no record.
pub fn decode(bytes: &[u8]) -> Result<journal::HubRecord> {
    journal::HubRecord::decode(bytes).map_err(|error| ConvertError::new("hub record", error))
}

/// Reads how a dead letter is resolved, from an operator or from the journal.
///
/// # Errors
/// An unknown word, or a missing note.
pub fn resolution_from_text(resolution: &str, note: &str) -> Result<Resolution> {
    let noted = || {
        if note.trim().is_empty() {
            Err(ConvertError::new(
                "note",
                "a reference or a reason is needed",
            ))
        } else {
            Ok(note.to_owned())
        }
    };
    match resolution {
        "retry" => Ok(Resolution::Retry),
        "settled-by-hand" => Ok(Resolution::SettledByHand {
            reference: noted()?,
        }),
        "written-off" => Ok(Resolution::WrittenOff { reason: noted()? }),
        other => Err(ConvertError::new(
            "resolution",
            format!("\"{other}\" is none of retry, settled-by-hand, written-off"),
        )),
    }
}

/// The desk's record in a journal record; `None` for the shell's own (a start).
///
/// # Errors
/// A record that says what no record can say.
pub fn desk_record(record: &journal::HubRecord) -> Result<Option<DeskRecord>> {
    let body = record
        .body
        .as_ref()
        .ok_or_else(|| ConvertError::missing("body"))?;
    let Some(fact) = fact(body)? else {
        return Ok(None);
    };
    Ok(Some(DeskRecord {
        at: WallMs(record.wall_ms),
        date: BusinessDate::parse(&record.business_date)
            .map_err(|error| ConvertError::new("business_date", error))?,
        fact,
    }))
}

fn fact(body: &Body) -> Result<Option<DeskFact>> {
    Ok(Some(match body {
        Body::Started(_) | Body::PriceImported(_) | Body::PriceActivated(_) => return Ok(None),
        Body::LaneAttached(from) => lane_attached(from)?.into(),
        Body::EpochTakenBack(told) => epoch_taken_back(told)?.into(),
        Body::Requested(from) => PaymentFact::Requested {
            request: request(from)?,
        }
        .into(),
        Body::Sent(from) => sent(from)?.into(),
        Body::Decided(from) => decided(from)?.into(),
        Body::Completed(from) => completed(from)?.into(),
        Body::Abandoned(from) => abandoned(from)?.into(),
        Body::ForwardQueued(from) => queued(from)?.into(),
        Body::ForwardSent(from) => forward_sent(from)?.into(),
        Body::ForwardDeferred(from) => deferred(from)?.into(),
        Body::ForwardEnded(from) => forward_ended(from)?.into(),
        Body::DeadLetterResolved(from) => resolved(from)?.into(),
        Body::SignedOn(from) => signed_on(from)?.into(),
        Body::TerminalStopped(from) => stopped(from)?.into(),
        Body::UnmatchedAnswer(from) => unmatched(from)?.into(),
        Body::DayClosing(from) => DayFact::Closing {
            date: date(&from.date)?,
        }
        .into(),
        Body::SettlementSent(from) => settlement_sent(from)?.into(),
        Body::BatchClosed(from) => day::batch_closed_from_proto(from)?.into(),
        Body::BatchUploadSent(from) => day::upload_sent_fact(from)?.into(),
        Body::BatchUploadAnswered(from) => day::upload_answered_fact(from)?.into(),
        Body::DateTurned(from) => day::turned(from)?.into(),
        Body::SettlementOrdered(_) => DayFact::SettlementOrdered.into(),
        Body::EpochEndStated(from) => day::epoch_end_stated(from)?.into(),
        Body::DayClosed(from) => DayFact::Closed {
            date: date(&from.date)?,
        }
        .into(),
        Body::LeaseGranted(from) => LeaseFact::Granted {
            lease: lease_from_proto(from.lease.as_ref())?,
        }
        .into(),
        Body::LeaseEnded(from) => lease_ended(from)?.into(),
        Body::OfflineReported(from) => offline_reported(from)?.into(),
        Body::OfflineCardHeld(from) => PaymentFact::OfflineCardHeld {
            payment_id: payment_id(&from.payment_id)?,
        }
        .into(),
        Body::PreviousHub(from) => previous_hub(from)?.into(),
        Body::CarriedOver(from) => carried_over(from)?.into(),
        Body::AskedOfPreviousHub(from) => asked_of_previous_hub(from)?.into(),
        Body::Archived(from) => archived(from)?.into(),
        Body::Restored(from) => restored(from)?.into(),
    }))
}

fn lane_attached(from: &journal::LaneAttached) -> Result<HubFact> {
    Ok(HubFact::LaneAttached {
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
    })
}

fn sent(from: &journal::Sent) -> Result<PaymentFact> {
    Ok(PaymentFact::Sent {
        payment_id: payment_id(&from.payment_id)?,
        tid: tid(&from.tid)?,
        stan: stan(from.stan)?,
        batch: batch(from.batch)?,
    })
}

fn decided(from: &journal::Decided) -> Result<PaymentFact> {
    Ok(PaymentFact::Decided {
        payment_id: payment_id(&from.payment_id)?,
        decision: decision_from_proto(from.decision.as_ref())?,
    })
}

fn completed(from: &journal::Completed) -> Result<PaymentFact> {
    Ok(PaymentFact::Completed {
        payment_id: payment_id(&from.payment_id)?,
        receipt: ReceiptNumber::parse(&from.receipt_number)
            .map_err(|error| ConvertError::new("receipt_number", error))?,
    })
}

fn abandoned(from: &journal::Abandoned) -> Result<PaymentFact> {
    Ok(PaymentFact::Abandoned {
        payment_id: payment_id(&from.payment_id)?,
        lane: lane(from.lane)?,
    })
}

fn offline_reported(from: &journal::OfflineReported) -> Result<PaymentFact> {
    let payment = from.payment.as_ref();
    let payment = payment.ok_or_else(|| ConvertError::missing("payment"))?;
    let epoch = LaneEpoch(from.epoch);
    let (request, lease) = offline_from_proto(payment, lane(from.lane)?, epoch)?;
    Ok(PaymentFact::OfflineReported { request, lease })
}

fn archived(from: &journal::Archived) -> Result<ArchiveFact> {
    let ids = from.payment_ids.iter();
    let ids = ids.map(|bytes| id_from_bytes(bytes));
    Ok(ArchiveFact::Archived {
        payment_ids: ids.collect::<Result<Vec<PaymentId>>>()?,
    })
}

fn restored(from: &journal::Restored) -> Result<ArchiveFact> {
    let file = from.file.as_ref();
    let file = file.ok_or_else(|| ConvertError::missing("file"))?;
    let file = Box::new(file_from_proto(file)?);
    Ok(ArchiveFact::Restored { file })
}

fn epoch_taken_back(told: &journal::EpochTakenBack) -> Result<HubFact> {
    Ok(HubFact::EpochTakenBack {
        lane: lane(told.lane)?,
        from: LaneEpoch(told.from),
        to: LaneEpoch(told.to),
        by: told.by.clone(),
        reason: told.reason.clone(),
    })
}

fn previous_hub(from: &journal::PreviousHub) -> Result<HubFact> {
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

fn asked_of_previous_hub(from: &journal::AskedOfPreviousHub) -> Result<HubFact> {
    Ok(HubFact::AskedOfPreviousHub {
        payment_id: payment_id(&from.payment_id)?,
        lane: lane(from.lane)?,
    })
}

fn lease_ended(from: &journal::LeaseEnded) -> Result<LeaseFact> {
    Ok(LeaseFact::Ended {
        lease_id: LeaseId(from.lease_id),
        end: lease_end_from_proto(from)?,
    })
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

pub(super) fn request(from: &journal::Requested) -> Result<PaymentRequest> {
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

fn queued(from: &journal::ForwardQueued) -> Result<ForwardFact> {
    Ok(ForwardFact::Queued {
        forward_id: ForwardId(from.forward_id),
        payment_id: payment_id(&from.payment_id)?,
        tid: tid(&from.tid)?,
        kind: kind_from_proto(from)?,
        amount: money_from_proto("amount", from.amount.as_ref())?,
    })
}

fn forward_sent(from: &journal::ForwardSent) -> Result<ForwardFact> {
    Ok(ForwardFact::Sent {
        forward_id: ForwardId(from.forward_id),
        stan: stan(from.stan)?,
        batch: batch(from.batch)?,
        attempt: from.attempt,
    })
}

fn deferred(from: &journal::ForwardDeferred) -> Result<ForwardFact> {
    Ok(ForwardFact::Deferred {
        forward_id: ForwardId(from.forward_id),
        code: optional(&from.response_code, |text| code("response_code", text))?,
        sent_in_full: !from.not_sent_in_full,
    })
}

fn forward_ended(from: &journal::ForwardEnded) -> Result<ForwardFact> {
    Ok(ForwardFact::Ended {
        forward_id: ForwardId(from.forward_id),
        end: end_from_proto(from)?,
    })
}

fn resolved(from: &journal::DeadLetterResolved) -> Result<ForwardFact> {
    Ok(ForwardFact::Resolved {
        forward_id: ForwardId(from.forward_id),
        how: resolution_from_text(&from.resolution, &from.note)?,
    })
}

fn carried_over(from: &journal::CarriedOver) -> Result<ForwardFact> {
    Ok(ForwardFact::CarriedOver {
        forward_id: ForwardId(from.forward_id),
        payment_id: payment_id(&from.payment_id)?,
    })
}

pub(super) fn kind_from_proto(from: &journal::ForwardQueued) -> Result<ForwardKind> {
    match from.kind() {
        journal::ForwardKind::Reversal => Ok(ForwardKind::Reversal {
            reason: code("reason_code", &from.reason_code)?,
            original_stan: stan(from.original_stan)?,
            original_batch: batch(from.original_batch)?,
            auth_code: auth_code(&from.auth_code)?,
        }),
        journal::ForwardKind::Advice => Ok(ForwardKind::Advice),
        journal::ForwardKind::Void => Ok(ForwardKind::Void {
            original_stan: stan(from.original_stan)?,
            original_batch: batch(from.original_batch)?,
            rrn: rrn(&from.rrn)?,
            auth_code: auth_code(&from.auth_code)?,
        }),
        journal::ForwardKind::Unspecified => Err(ConvertError::missing("kind")),
    }
}

pub(super) fn end_from_proto(from: &journal::ForwardEnded) -> Result<ForwardEnd> {
    match from.end() {
        journal::ForwardEndKind::Delivered => Ok(ForwardEnd::Delivered {
            code: code("response_code", &from.response_code)?,
            amount: money_from_proto("delivered", from.delivered.as_ref())?,
        }),
        journal::ForwardEndKind::Withdrawn => Ok(ForwardEnd::Withdrawn),
        journal::ForwardEndKind::DeadLetter => Ok(ForwardEnd::DeadLetter {
            reason: from.reason.clone(),
            code: optional(&from.response_code, |text| code("response_code", text))?,
            declined_after_goods: from.declined_after_goods,
        }),
        journal::ForwardEndKind::Unspecified => Err(ConvertError::missing("end")),
    }
}

fn signed_on(from: &journal::SignedOn) -> Result<TerminalFact> {
    Ok(TerminalFact::SignedOn {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
    })
}

fn stopped(from: &journal::TerminalStopped) -> Result<TerminalFact> {
    Ok(TerminalFact::Stopped {
        tid: tid(&from.tid)?,
        theirs: batch(from.host_batch)?,
    })
}

fn unmatched(from: &journal::UnmatchedAnswer) -> Result<TerminalFact> {
    Ok(TerminalFact::UnmatchedAnswer {
        tid: tid(&from.tid)?,
        stan: stan(from.stan)?,
        mti: u16::try_from(from.mti).map_err(|error| ConvertError::new("mti", error))?,
        code: code("response_code", &from.response_code)?,
    })
}

fn settlement_sent(from: &journal::SettlementSent) -> Result<TerminalFact> {
    Ok(TerminalFact::SettlementSent {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
        stan: stan(from.stan)?,
        totals: totals_from_proto(from.totals.as_ref())?,
    })
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

pub(super) fn lane(number: u32) -> Result<LaneId> {
    let lane = u16::try_from(number).map_err(|error| ConvertError::new("lane", error))?;
    Ok(LaneId(lane))
}

pub(super) fn tid(text: &str) -> Result<Tid> {
    Tid::new(text).map_err(|error| ConvertError::new("tid", error))
}

pub(super) fn stan(number: u32) -> Result<Stan> {
    Stan::new(number).map_err(|error| ConvertError::new("stan", error))
}

pub(super) fn batch(number: u32) -> Result<BatchNumber> {
    BatchNumber::new(number).map_err(|error| ConvertError::new("batch", error))
}

pub(super) fn date(text: &str) -> Result<BusinessDate> {
    BusinessDate::parse(text).map_err(|error| ConvertError::new("date", error))
}
