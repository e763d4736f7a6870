//! What the desk writes as `journal.v1.HubRecord`. A record once written is read for ever.

use crate::{decision_to_proto, lease_to_proto, money_to_proto, offline_to_proto, text};
use domain::{
    desk::{
        ArchiveFact, DayFact, DeskFact, DeskRecord, ForwardFact, HubFact, LeaseFact, PaymentFact,
        TerminalFact,
    },
    forward::Resolution,
    ids::{BatchNumber, ForwardId, LaneId, LeaseId, PaymentId, ReceiptNumber, Stan, Tid},
    payment::Decision,
    response_code::ResponseCode,
    risk::LeaseEnd,
    settlement::BatchTotals,
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{
    day as days,
    fields::{id_to_bytes, lease_end_to_proto, totals_to_proto},
    file::file_to_proto,
    forward::{ended, queued_kind, resolution_to_proto},
    request::requested,
};

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
    Body::DeadLetterResolved(journal::DeadLetterResolved {
        forward_id: forward_id.0,
        ..resolution_to_proto(how)
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
