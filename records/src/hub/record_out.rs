//! What the desk writes as `journal.v1.HubRecord`. A record once written is read for ever.

use crate::{
    card_to_proto, date_to_proto, decision_to_proto, entry_mode_to_proto, lease_to_proto,
    method_to_proto, money_to_proto, offline_to_proto, original_to_proto, payment_kind_to_proto,
    text,
};
use domain::{
    desk::{
        ArchiveFact, DayFact, DeskFact, DeskRecord, ForwardFact, HubFact, LeaseFact, PaymentFact,
        TerminalFact,
    },
    forward::{ForwardEnd, ForwardKind, Resolution},
    ids::{
        AuthCode, BatchNumber, ForwardId, LaneId, LeaseId, PaymentId, ReceiptNumber, Rrn, Stan, Tid,
    },
    payment::{Decision, PaymentRequest},
    response_code::ResponseCode,
    risk::LeaseEnd,
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{checkpoint::id_to_bytes, day as days, file::file_to_proto};

/// The first record of a start: which epoch of the hub wrote what follows.
pub fn started(epoch: u64, history: u128, at: WallMs, date: BusinessDate) -> Vec<u8> {
    let body = Body::Started(journal::HubStarted {
        hub_epoch: epoch,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        history: history.to_be_bytes().to_vec().into(),
        keeps_cards: true,
    });
    wrap(body, at, date)
}

/// A record of the desk as the journal holds it.
pub fn encode(record: &DeskRecord) -> Vec<u8> {
    wrap(body(&record.fact), record.at, record.date)
}

fn wrap(body: Body, at: WallMs, date: BusinessDate) -> Vec<u8> {
    journal::HubRecord {
        wall_ms: at.0,
        business_date: date.to_string(),
        body: Some(body),
    }
    .encode_to_vec()
}

fn body(fact: &DeskFact) -> Body {
    match fact {
        DeskFact::Payment(fact) => payment(fact),
        DeskFact::Forward(fact) => forward(fact),
        DeskFact::Terminal(fact) => terminal(fact),
        DeskFact::Day(fact) => day(fact),
        DeskFact::Lease(fact) => lease(fact),
        DeskFact::Hub(fact) => hub(fact),
        DeskFact::Archive(fact) => archive(fact),
    }
}

fn payment(fact: &PaymentFact) -> Body {
    match fact {
        PaymentFact::Requested { request } => Body::Requested(requested(request)),
        PaymentFact::Sent {
            payment_id,
            tid,
            stan,
            batch,
        } => sent(*payment_id, tid, *stan, *batch),
        PaymentFact::Decided {
            payment_id,
            decision,
        } => decided(*payment_id, decision),
        PaymentFact::Completed {
            payment_id,
            receipt,
        } => completed(*payment_id, receipt),
        PaymentFact::Abandoned { payment_id, lane } => abandoned(*payment_id, *lane),
        PaymentFact::OfflineReported { request, lease } => {
            Body::OfflineReported(journal::OfflineReported {
                payment: Some(offline_to_proto(request, *lease)),
                lane: request.lane.0.into(),
                epoch: request.epoch.0,
            })
        }
        PaymentFact::OfflineCardHeld { payment_id } => {
            Body::OfflineCardHeld(journal::OfflineCardHeld {
                payment_id: payment_id.to_string(),
            })
        }
    }
}

fn forward(fact: &ForwardFact) -> Body {
    match fact {
        ForwardFact::Queued {
            forward_id,
            payment_id,
            tid,
            kind,
            amount,
        } => Body::ForwardQueued(journal::ForwardQueued {
            forward_id: forward_id.0,
            payment_id: payment_id.to_string(),
            tid: tid.to_string(),
            amount: Some(money_to_proto(*amount)),
            ..queued_kind(kind)
        }),
        ForwardFact::Sent {
            forward_id,
            stan,
            batch,
            attempt,
        } => forward_sent(*forward_id, *stan, *batch, *attempt),
        ForwardFact::Deferred {
            forward_id,
            code,
            sent_in_full,
        } => deferred(*forward_id, code.as_ref(), *sent_in_full),
        ForwardFact::Ended { forward_id, end } => Body::ForwardEnded(ended(*forward_id, end)),
        ForwardFact::Resolved { forward_id, how } => resolved(*forward_id, how),
        ForwardFact::CarriedOver {
            forward_id,
            payment_id,
        } => Body::CarriedOver(journal::CarriedOver {
            forward_id: forward_id.0,
            payment_id: payment_id.to_string(),
        }),
    }
}

fn terminal(fact: &TerminalFact) -> Body {
    match fact {
        TerminalFact::SignedOn { tid, batch } => Body::SignedOn(journal::SignedOn {
            tid: tid.to_string(),
            batch: batch.number(),
        }),
        TerminalFact::Stopped { tid, theirs } => stopped(tid, *theirs),
        TerminalFact::UnmatchedAnswer {
            tid,
            stan,
            mti,
            code,
        } => unmatched(tid, *stan, *mti, *code),
        TerminalFact::SettlementSent {
            tid,
            batch,
            stan,
            totals,
        } => settlement_sent(tid, *batch, *stan, totals),
        TerminalFact::BatchClosed {
            tid,
            batch,
            totals,
            balanced,
            date,
            upload_follows,
        } => days::batch_closed(tid, *batch, totals, (*balanced, *date, *upload_follows)),
        TerminalFact::UploadSent { tid, batch, sent } => days::upload_sent(tid, *batch, *sent),
        TerminalFact::UploadAnswered {
            tid,
            batch,
            ended,
            code,
        } => days::upload_answered(tid, *batch, *ended, code.as_ref()),
    }
}

fn day(fact: &DayFact) -> Body {
    match fact {
        DayFact::Turned { ended, begins, by } => days::date_turned(*ended, *begins, *by),
        DayFact::SettlementOrdered => Body::SettlementOrdered(journal::SettlementOrdered {}),
        DayFact::Closing { date } => Body::DayClosing(journal::DayClosing {
            date: date.to_string(),
        }),
        DayFact::Closed { date } => Body::DayClosed(journal::DayClosed {
            date: date.to_string(),
        }),
    }
}

fn lease(fact: &LeaseFact) -> Body {
    match fact {
        LeaseFact::Granted { lease } => Body::LeaseGranted(journal::LeaseGranted {
            lease: Some(lease_to_proto(lease)),
        }),
        LeaseFact::Ended { lease_id, end } => lease_ended(*lease_id, end),
    }
}

fn hub(fact: &HubFact) -> Body {
    match fact {
        HubFact::LaneAttached { lane, epoch } => Body::LaneAttached(journal::LaneAttached {
            lane: lane.0.into(),
            epoch: epoch.0,
        }),
        HubFact::EpochTakenBack {
            lane,
            from,
            to,
            by,
            reason,
        } => Body::EpochTakenBack(journal::EpochTakenBack {
            lane: lane.0.into(),
            from: from.0,
            to: to.0,
            by: by.clone(),
            reason: reason.clone(),
        }),
        HubFact::EpochEndStated {
            lane,
            epoch,
            sequence,
            by,
            reason,
        } => Body::EpochEndStated(journal::EpochEndStated {
            lane: lane.0.into(),
            epoch: epoch.0,
            sequence: *sequence,
            by: by.clone(),
            reason: reason.clone(),
        }),
        HubFact::PreviousHub {
            lane,
            hub_epoch,
            last_lease,
            skipped,
        } => Body::PreviousHub(journal::PreviousHub {
            lane: lane.0.into(),
            hub_epoch: *hub_epoch,
            last_lease_id: last_lease.0,
            tid: text(skipped.as_ref().map(|(tid, _)| tid.as_str())),
            next_stan: skipped.as_ref().map_or(0, |(_, stan)| stan.number()),
        }),
        HubFact::AskedOfPreviousHub { payment_id, lane } => {
            Body::AskedOfPreviousHub(journal::AskedOfPreviousHub {
                payment_id: payment_id.to_string(),
                lane: lane.0.into(),
            })
        }
    }
}

fn archive(fact: &ArchiveFact) -> Body {
    match fact {
        ArchiveFact::Archived { payment_ids } => Body::Archived(journal::Archived {
            payment_ids: payment_ids.iter().map(|id| id_to_bytes(*id)).collect(),
        }),
        ArchiveFact::Restored { file } => Body::Restored(journal::Restored {
            file: Some(file_to_proto(file)),
        }),
    }
}

fn sent(payment_id: PaymentId, tid: &Tid, stan: Stan, batch: BatchNumber) -> Body {
    Body::Sent(journal::Sent {
        payment_id: payment_id.to_string(),
        tid: tid.to_string(),
        stan: stan.number(),
        batch: batch.number(),
    })
}

fn decided(payment_id: PaymentId, decision: &Decision) -> Body {
    Body::Decided(journal::Decided {
        payment_id: payment_id.to_string(),
        decision: Some(decision_to_proto(decision)),
    })
}

fn completed(payment_id: PaymentId, receipt: &ReceiptNumber) -> Body {
    Body::Completed(journal::Completed {
        payment_id: payment_id.to_string(),
        receipt_number: receipt.to_string(),
    })
}

fn abandoned(payment_id: PaymentId, lane: LaneId) -> Body {
    Body::Abandoned(journal::Abandoned {
        payment_id: payment_id.to_string(),
        lane: lane.0.into(),
    })
}

fn forward_sent(forward_id: ForwardId, stan: Stan, batch: BatchNumber, attempt: u32) -> Body {
    Body::ForwardSent(journal::ForwardSent {
        forward_id: forward_id.0,
        stan: stan.number(),
        batch: batch.number(),
        attempt,
    })
}

fn deferred(forward_id: ForwardId, code: Option<&ResponseCode>, sent_in_full: bool) -> Body {
    Body::ForwardDeferred(journal::ForwardDeferred {
        forward_id: forward_id.0,
        response_code: text(code.map(ResponseCode::as_str)),
        not_sent_in_full: !sent_in_full,
    })
}

fn resolved(forward_id: ForwardId, how: &Resolution) -> Body {
    let (resolution, note) = resolution_to_text(how);
    Body::DeadLetterResolved(journal::DeadLetterResolved {
        forward_id: forward_id.0,
        resolution: resolution.to_owned(),
        note: note.to_owned(),
    })
}

fn stopped(tid: &Tid, theirs: BatchNumber) -> Body {
    Body::TerminalStopped(journal::TerminalStopped {
        tid: tid.to_string(),
        host_batch: theirs.number(),
    })
}

fn unmatched(tid: &Tid, stan: Stan, mti: u16, code: ResponseCode) -> Body {
    Body::UnmatchedAnswer(journal::UnmatchedAnswer {
        tid: tid.to_string(),
        stan: stan.number(),
        mti: mti.into(),
        response_code: code.to_string(),
    })
}

fn settlement_sent(tid: &Tid, batch: BatchNumber, stan: Stan, totals: &BatchTotals) -> Body {
    Body::SettlementSent(journal::SettlementSent {
        tid: tid.to_string(),
        batch: batch.number(),
        stan: stan.number(),
        totals: Some(totals_to_proto(totals)),
    })
}

fn lease_ended(lease_id: LeaseId, end: &LeaseEnd) -> Body {
    Body::LeaseEnded(journal::LeaseEnded {
        lease_id: lease_id.0,
        ..lease_end_to_proto(end)
    })
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

pub(super) fn queued_kind(kind: &ForwardKind) -> journal::ForwardQueued {
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

pub(super) fn ended(forward_id: ForwardId, end: &ForwardEnd) -> journal::ForwardEnded {
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

pub(super) fn resolution_to_text(how: &Resolution) -> (&'static str, &str) {
    match how {
        Resolution::Retry => ("retry", ""),
        Resolution::SettledByHand { reference } => ("settled-by-hand", reference),
        Resolution::WrittenOff { reason } => ("written-off", reason),
    }
}

pub(super) fn totals_to_proto(totals: &BatchTotals) -> journal::BatchTotals {
    journal::BatchTotals {
        debit: Some(money_to_proto(totals.debit)),
        debit_count: totals.debit_count,
        credit: Some(money_to_proto(totals.credit)),
        credit_count: totals.credit_count,
    }
}
