//! What the desk writes ↔ `journal.v1.HubRecord`. A record once written is read for ever.

use domain::{
    desk::DeskRecord,
    forward::{ForwardEnd, ForwardKind, Resolution},
    ids::{
        AuthCode, BatchNumber, ForwardId, LaneEpoch, LaneId, PaymentId, ReceiptNumber, Rrn,
        SaleNumber, Stan, Tid,
    },
    payment::PaymentRequest,
    response_code::ResponseCode,
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{
    ConvertError,
    payment::{
        auth_code, card_from_proto, card_to_proto, code, decision_from_proto, decision_to_proto,
        entry_mode_from_proto, entry_mode_to_proto, money_from_proto, money_to_proto, optional,
        payment_id, rrn, text,
    },
};

type Result<T> = std::result::Result<T, ConvertError>;

/// The first record of a start: which epoch of the hub wrote what follows.
pub(crate) fn started(epoch: u64, at: WallMs, date: BusinessDate) -> Vec<u8> {
    let body = Body::Started(journal::HubStarted {
        hub_epoch: epoch,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
    });
    wrap(body, at, date)
}

/// A record of the desk as the journal holds it.
pub(crate) fn encode(record: &DeskRecord, now: WallMs, date: BusinessDate) -> Vec<u8> {
    wrap(body(record), at(record).unwrap_or(now), date)
}

fn wrap(body: Body, at: WallMs, date: BusinessDate) -> Vec<u8> {
    journal::HubRecord {
        wall_ms: at.0,
        business_date: date.to_string(),
        body: Some(body),
    }
    .encode_to_vec()
}

/// Reads a record's bytes.
///
/// # Errors
/// Bytes that are no record.
pub(crate) fn decode(bytes: &[u8]) -> Result<journal::HubRecord> {
    journal::HubRecord::decode(bytes).map_err(|error| ConvertError::new("hub record", error))
}

fn at(record: &DeskRecord) -> Option<WallMs> {
    match record {
        DeskRecord::Requested { at, .. }
        | DeskRecord::Decided { at, .. }
        | DeskRecord::ForwardQueued { at, .. }
        | DeskRecord::ForwardSent { at, .. }
        | DeskRecord::ForwardEnded { at, .. }
        | DeskRecord::UnmatchedAnswer { at, .. } => Some(*at),
        DeskRecord::LaneAttached { .. }
        | DeskRecord::Sent { .. }
        | DeskRecord::Completed { .. }
        | DeskRecord::Abandoned { .. }
        | DeskRecord::ForwardDeferred { .. }
        | DeskRecord::DeadLetterResolved { .. }
        | DeskRecord::SignedOn { .. }
        | DeskRecord::TerminalStopped { .. }
        | DeskRecord::DayClosing { .. }
        | DeskRecord::SettlementSent { .. }
        | DeskRecord::BatchClosed { .. }
        | DeskRecord::DayClosed { .. } => None,
    }
}

fn body(record: &DeskRecord) -> Body {
    match record {
        DeskRecord::LaneAttached { lane, epoch } => Body::LaneAttached(journal::LaneAttached {
            lane: lane.0.into(),
            epoch: epoch.0,
        }),
        DeskRecord::Requested { request, .. } => Body::Requested(requested(request)),
        DeskRecord::Sent {
            payment_id,
            tid,
            stan,
            batch,
        } => Body::Sent(journal::Sent {
            payment_id: payment_id.to_string(),
            tid: tid.to_string(),
            stan: stan.number(),
            batch: batch.number(),
        }),
        DeskRecord::Decided {
            payment_id,
            decision,
            ..
        } => Body::Decided(journal::Decided {
            payment_id: payment_id.to_string(),
            decision: Some(decision_to_proto(decision)),
        }),
        DeskRecord::Completed {
            payment_id,
            receipt,
        } => Body::Completed(journal::Completed {
            payment_id: payment_id.to_string(),
            receipt_number: receipt.to_string(),
        }),
        DeskRecord::Abandoned { payment_id, lane } => Body::Abandoned(journal::Abandoned {
            payment_id: payment_id.to_string(),
            lane: lane.0.into(),
        }),
        DeskRecord::ForwardQueued { .. }
        | DeskRecord::ForwardSent { .. }
        | DeskRecord::ForwardDeferred { .. }
        | DeskRecord::ForwardEnded { .. }
        | DeskRecord::DeadLetterResolved { .. } => forward_body(record),
        DeskRecord::SignedOn { .. }
        | DeskRecord::TerminalStopped { .. }
        | DeskRecord::UnmatchedAnswer { .. }
        | DeskRecord::DayClosing { .. }
        | DeskRecord::SettlementSent { .. }
        | DeskRecord::BatchClosed { .. }
        | DeskRecord::DayClosed { .. } => terminal_body(record),
    }
}

fn requested(request: &PaymentRequest) -> journal::Requested {
    journal::Requested {
        payment_id: request.payment_id.to_string(),
        lane: request.lane.0.into(),
        epoch: request.epoch.0,
        sale_number: request.sale.0,
        amount: Some(money_to_proto(request.amount)),
        entry_mode: entry_mode_to_proto(request.entry_mode).into(),
        pin_entered: request.pin_entered,
        card: Some(card_to_proto(&request.card)),
    }
}

fn forward_body(record: &DeskRecord) -> Body {
    match record {
        DeskRecord::ForwardQueued {
            forward_id,
            payment_id,
            tid,
            kind,
            amount,
            ..
        } => {
            let mut to = queued_kind(kind);
            to.forward_id = forward_id.0;
            to.payment_id = payment_id.to_string();
            to.tid = tid.to_string();
            to.amount = Some(money_to_proto(*amount));
            Body::ForwardQueued(to)
        }
        DeskRecord::ForwardSent {
            forward_id,
            stan,
            batch,
            attempt,
            ..
        } => Body::ForwardSent(journal::ForwardSent {
            forward_id: forward_id.0,
            stan: stan.number(),
            batch: batch.number(),
            attempt: *attempt,
        }),
        DeskRecord::ForwardDeferred { forward_id, code } => {
            Body::ForwardDeferred(journal::ForwardDeferred {
                forward_id: forward_id.0,
                response_code: text(code.as_ref().map(ResponseCode::as_str)),
            })
        }
        DeskRecord::ForwardEnded {
            forward_id, end, ..
        } => Body::ForwardEnded(ended(*forward_id, end)),
        DeskRecord::DeadLetterResolved { forward_id, how } => {
            let (resolution, note) = resolution_to_text(how);
            Body::DeadLetterResolved(journal::DeadLetterResolved {
                forward_id: forward_id.0,
                resolution: resolution.to_owned(),
                note: note.to_owned(),
            })
        }
        other => terminal_body(other),
    }
}

fn queued_kind(kind: &ForwardKind) -> journal::ForwardQueued {
    let mut to = journal::ForwardQueued::default();
    match kind {
        ForwardKind::Reversal {
            reason,
            original_stan,
            original_batch,
            auth_code,
        } => {
            to.set_kind(journal::ForwardKind::Reversal);
            to.reason_code = reason.to_string();
            to.original_stan = original_stan.number();
            to.original_batch = original_batch.number();
            to.auth_code = text(auth_code.as_ref().map(AuthCode::as_str));
        }
        ForwardKind::Advice => to.set_kind(journal::ForwardKind::Advice),
        ForwardKind::Void {
            original_stan,
            original_batch,
            rrn,
            auth_code,
        } => {
            to.set_kind(journal::ForwardKind::Void);
            to.original_stan = original_stan.number();
            to.original_batch = original_batch.number();
            to.rrn = text(rrn.as_ref().map(Rrn::as_str));
            to.auth_code = text(auth_code.as_ref().map(AuthCode::as_str));
        }
    }
    to
}

fn ended(forward_id: ForwardId, end: &ForwardEnd) -> journal::ForwardEnded {
    let mut to = journal::ForwardEnded {
        forward_id: forward_id.0,
        ..Default::default()
    };
    match end {
        ForwardEnd::Delivered { code, amount } => {
            to.set_end(journal::ForwardEndKind::Delivered);
            to.response_code = code.to_string();
            to.delivered = Some(money_to_proto(*amount));
        }
        ForwardEnd::Withdrawn => to.set_end(journal::ForwardEndKind::Withdrawn),
        ForwardEnd::DeadLetter {
            reason,
            code,
            declined_after_goods,
        } => {
            to.set_end(journal::ForwardEndKind::DeadLetter);
            to.response_code = text(code.as_ref().map(ResponseCode::as_str));
            to.reason.clone_from(reason);
            to.declined_after_goods = *declined_after_goods;
        }
    }
    to
}

fn resolution_to_text(how: &Resolution) -> (&'static str, &str) {
    match how {
        Resolution::Retry => ("retry", ""),
        Resolution::SettledByHand { reference } => ("settled-by-hand", reference),
        Resolution::WrittenOff { reason } => ("written-off", reason),
    }
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

fn terminal_body(record: &DeskRecord) -> Body {
    match record {
        DeskRecord::TerminalStopped { tid, theirs } => {
            Body::TerminalStopped(journal::TerminalStopped {
                tid: tid.to_string(),
                host_batch: theirs.number(),
            })
        }
        DeskRecord::UnmatchedAnswer {
            tid,
            stan,
            mti,
            code,
            ..
        } => Body::UnmatchedAnswer(journal::UnmatchedAnswer {
            tid: tid.to_string(),
            stan: stan.number(),
            mti: (*mti).into(),
            response_code: code.to_string(),
        }),
        DeskRecord::DayClosing { date } => Body::DayClosing(journal::DayClosing {
            date: date.to_string(),
        }),
        DeskRecord::SettlementSent {
            tid,
            batch,
            stan,
            totals,
        } => Body::SettlementSent(journal::SettlementSent {
            tid: tid.to_string(),
            batch: batch.number(),
            stan: stan.number(),
            totals: Some(totals_to_proto(totals)),
        }),
        DeskRecord::BatchClosed {
            tid,
            batch,
            totals,
            balanced,
        } => Body::BatchClosed(journal::BatchClosed {
            tid: tid.to_string(),
            batch: batch.number(),
            totals: Some(totals_to_proto(totals)),
            balanced: *balanced,
        }),
        DeskRecord::DayClosed { date } => Body::DayClosed(journal::DayClosed {
            date: date.to_string(),
        }),
        DeskRecord::SignedOn { tid, batch } => Body::SignedOn(journal::SignedOn {
            tid: tid.to_string(),
            batch: batch.number(),
        }),
        other => body(other),
    }
}

fn totals_to_proto(totals: &BatchTotals) -> journal::BatchTotals {
    journal::BatchTotals {
        debit: Some(money_to_proto(totals.debit)),
        debit_count: totals.debit_count,
        credit: Some(money_to_proto(totals.credit)),
        credit_count: totals.credit_count,
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
    };
    Ok(Some(desk))
}

fn request(from: &journal::Requested) -> Result<PaymentRequest> {
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

fn kind_from_proto(from: &journal::ForwardQueued) -> Result<ForwardKind> {
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

fn end_from_proto(from: &journal::ForwardEnded) -> Result<ForwardEnd> {
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

fn totals_from_proto(totals: Option<&journal::BatchTotals>) -> Result<BatchTotals> {
    let totals = totals.ok_or_else(|| ConvertError::missing("totals"))?;
    Ok(BatchTotals {
        debit: money_from_proto("totals.debit", totals.debit.as_ref())?,
        debit_count: totals.debit_count,
        credit: money_from_proto("totals.credit", totals.credit.as_ref())?,
        credit_count: totals.credit_count,
    })
}

fn lane(number: u32) -> Result<LaneId> {
    let lane = u16::try_from(number).map_err(|error| ConvertError::new("lane", error))?;
    Ok(LaneId(lane))
}

fn tid(text: &str) -> Result<Tid> {
    Tid::new(text).map_err(|error| ConvertError::new("tid", error))
}

fn stan(number: u32) -> Result<Stan> {
    Stan::new(number).map_err(|error| ConvertError::new("stan", error))
}

fn batch(number: u32) -> Result<BatchNumber> {
    BatchNumber::new(number).map_err(|error| ConvertError::new("batch", error))
}

fn date(text: &str) -> Result<BusinessDate> {
    BusinessDate::parse(text).map_err(|error| ConvertError::new("date", error))
}
