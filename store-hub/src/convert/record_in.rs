//! `journal.v1.HubRecord` as the desk's records: replay reads what was ever written.

use domain::{
    desk::DeskRecord,
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
use wire_form::{
    ConvertError, auth_code, card_from_proto, code, date_from_proto, decision_from_proto,
    entry_mode_from_proto, lease_from_proto, method_from_proto, money_from_proto,
    offline_from_proto, optional, original_from_proto, payment_id, payment_kind_from_proto, rrn,
};

use super::{checkpoint::id_from_bytes, file::file_from_proto};

type Result<T> = std::result::Result<T, ConvertError>;

/// Reads a record's bytes.
///
/// # Errors
/// Bytes that are no record.
pub(crate) fn decode(bytes: &[u8]) -> Result<journal::HubRecord> {
    journal::HubRecord::decode(bytes).map_err(|error| ConvertError::new("hub record", error))
}

/// Reads how a dead letter is resolved, from an operator or from the journal.
///
/// # Errors
/// An unknown word, or a missing note.
pub(crate) fn resolution_from_text(resolution: &str, note: &str) -> Result<Resolution> {
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
pub(crate) fn desk_record(record: &journal::HubRecord) -> Result<Option<DeskRecord>> {
    let at = WallMs(record.wall_ms);
    let body = record
        .body
        .as_ref()
        .ok_or_else(|| ConvertError::missing("body"))?;
    let desk = match body {
        Body::Started(_) => return Ok(None),
        Body::LaneAttached(from) => DeskRecord::LaneAttached {
            lane: lane(from.lane)?,
            epoch: LaneEpoch(from.epoch),
        },
        Body::Requested(from) => DeskRecord::Requested {
            request: request(from)?,
            at,
        },
        Body::Sent(from) => DeskRecord::Sent {
            payment_id: payment_id(&from.payment_id)?,
            tid: tid(&from.tid)?,
            stan: stan(from.stan)?,
            batch: batch(from.batch)?,
        },
        Body::Decided(from) => DeskRecord::Decided {
            payment_id: payment_id(&from.payment_id)?,
            decision: decision_from_proto(from.decision.as_ref())?,
            at,
        },
        Body::Completed(from) => DeskRecord::Completed {
            payment_id: payment_id(&from.payment_id)?,
            receipt: ReceiptNumber::parse(&from.receipt_number)
                .map_err(|error| ConvertError::new("receipt_number", error))?,
        },
        Body::Abandoned(from) => DeskRecord::Abandoned {
            payment_id: payment_id(&from.payment_id)?,
            lane: lane(from.lane)?,
        },
        Body::ForwardQueued(_)
        | Body::ForwardSent(_)
        | Body::ForwardDeferred(_)
        | Body::ForwardEnded(_)
        | Body::DeadLetterResolved(_) => forward_record(body, at)?,
        Body::SignedOn(_)
        | Body::TerminalStopped(_)
        | Body::UnmatchedAnswer(_)
        | Body::DayClosing(_)
        | Body::SettlementSent(_)
        | Body::BatchClosed(_)
        | Body::DayClosed(_) => terminal_record(body, at)?,
        Body::LeaseGranted(_)
        | Body::LeaseEnded(_)
        | Body::OfflineReported(_)
        | Body::OfflineCardHeld(_) => lease_record(body, at)?,
        Body::PreviousHub(from) => previous_hub(from)?,
        Body::CarriedOver(from) => DeskRecord::CarriedOver {
            forward_id: ForwardId(from.forward_id),
            payment_id: payment_id(&from.payment_id)?,
        },
        Body::AskedOfPreviousHub(from) => DeskRecord::AskedOfPreviousHub {
            payment_id: payment_id(&from.payment_id)?,
            lane: lane(from.lane)?,
            at,
        },
        Body::Archived(_) | Body::Restored(_) => archive_record(body)?,
    };
    Ok(Some(desk))
}

fn archive_record(body: &Body) -> Result<DeskRecord> {
    Ok(match body {
        Body::Archived(from) => {
            let ids = from.payment_ids.iter();
            let ids = ids.map(|bytes| id_from_bytes(bytes));
            DeskRecord::Archived {
                payment_ids: ids.collect::<Result<Vec<PaymentId>>>()?,
            }
        }
        Body::Restored(from) => {
            let file = from.file.as_ref();
            let file = file.ok_or_else(|| ConvertError::missing("file"))?;
            let file = Box::new(file_from_proto(file)?);
            DeskRecord::Restored { file }
        }
        _ => return Err(ConvertError::new("body", "not of a payment that is over")),
    })
}

fn previous_hub(from: &journal::PreviousHub) -> Result<DeskRecord> {
    Ok(DeskRecord::PreviousHub {
        lane: lane(from.lane)?,
        hub_epoch: from.hub_epoch,
        last_lease: LeaseId(from.last_lease_id),
        skipped: match wire_form::stan(from.next_stan)? {
            Some(stan) => Some((tid(&from.tid)?, stan)),
            None => None,
        },
    })
}

fn lease_record(body: &Body, at: WallMs) -> Result<DeskRecord> {
    Ok(match body {
        Body::LeaseGranted(from) => DeskRecord::LeaseGranted {
            lease: lease_from_proto(from.lease.as_ref())?,
            at,
        },
        Body::LeaseEnded(from) => DeskRecord::LeaseEnded {
            lease_id: LeaseId(from.lease_id),
            end: lease_end_from_proto(from)?,
            at,
        },
        Body::OfflineReported(from) => {
            let payment = from.payment.as_ref();
            let payment = payment.ok_or_else(|| ConvertError::missing("payment"))?;
            let epoch = LaneEpoch(from.epoch);
            let (request, lease) = offline_from_proto(payment, lane(from.lane)?, epoch)?;
            DeskRecord::OfflineReported { request, lease, at }
        }
        Body::OfflineCardHeld(from) => DeskRecord::OfflineCardHeld {
            payment_id: payment_id(&from.payment_id)?,
        },
        _ => return Err(ConvertError::new("body", "not a record of a lease")),
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

fn forward_record(body: &Body, at: WallMs) -> Result<DeskRecord> {
    Ok(match body {
        Body::ForwardQueued(from) => DeskRecord::ForwardQueued {
            forward_id: ForwardId(from.forward_id),
            payment_id: payment_id(&from.payment_id)?,
            tid: tid(&from.tid)?,
            kind: kind_from_proto(from)?,
            amount: money_from_proto("amount", from.amount.as_ref())?,
            at,
        },
        Body::ForwardSent(from) => DeskRecord::ForwardSent {
            forward_id: ForwardId(from.forward_id),
            stan: stan(from.stan)?,
            batch: batch(from.batch)?,
            attempt: from.attempt,
            at,
        },
        Body::ForwardDeferred(from) => DeskRecord::ForwardDeferred {
            forward_id: ForwardId(from.forward_id),
            code: optional(&from.response_code, |text| code("response_code", text))?,
        },
        Body::ForwardEnded(from) => DeskRecord::ForwardEnded {
            forward_id: ForwardId(from.forward_id),
            end: end_from_proto(from)?,
            at,
        },
        Body::DeadLetterResolved(from) => DeskRecord::DeadLetterResolved {
            forward_id: ForwardId(from.forward_id),
            how: resolution_from_text(&from.resolution, &from.note)?,
        },
        _ => return Err(ConvertError::new("body", "not about the queue")),
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

fn terminal_record(body: &Body, at: WallMs) -> Result<DeskRecord> {
    Ok(match body {
        Body::SignedOn(from) => DeskRecord::SignedOn {
            tid: tid(&from.tid)?,
            batch: batch(from.batch)?,
        },
        Body::TerminalStopped(from) => DeskRecord::TerminalStopped {
            tid: tid(&from.tid)?,
            theirs: batch(from.host_batch)?,
        },
        Body::UnmatchedAnswer(from) => DeskRecord::UnmatchedAnswer {
            tid: tid(&from.tid)?,
            stan: stan(from.stan)?,
            mti: u16::try_from(from.mti).map_err(|error| ConvertError::new("mti", error))?,
            code: code("response_code", &from.response_code)?,
            at,
        },
        Body::DayClosing(from) => DeskRecord::DayClosing {
            date: date(&from.date)?,
        },
        Body::SettlementSent(from) => DeskRecord::SettlementSent {
            tid: tid(&from.tid)?,
            batch: batch(from.batch)?,
            stan: stan(from.stan)?,
            totals: totals_from_proto(from.totals.as_ref())?,
        },
        Body::BatchClosed(from) => DeskRecord::BatchClosed {
            tid: tid(&from.tid)?,
            batch: batch(from.batch)?,
            totals: totals_from_proto(from.totals.as_ref())?,
            balanced: from.balanced,
        },
        Body::DayClosed(from) => DeskRecord::DayClosed {
            date: date(&from.date)?,
        },
        _ => return Err(ConvertError::new("body", "not about a terminal or a day")),
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
