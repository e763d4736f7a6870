//! `journal.v1.HubRecord` as the desk's records: replay reads what was ever written.

use crate::{
    ConvertError, code, decision_from_proto, lease_from_proto, money_from_proto,
    offline_from_proto, optional, payment_id,
};
use domain::{
    desk::{
        ArchiveFact, DayFact, DeskFact, DeskRecord, ForwardFact, HubFact, LeaseFact, PaymentFact,
        TerminalFact,
    },
    ids::{ForwardId, LaneEpoch, LeaseId, PaymentId, ReceiptNumber},
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{
    day,
    fields::{
        batch, date, id_from_bytes, lane, lease_end_from_proto, stan, tid, totals_from_proto,
    },
    file::file_from_proto,
    forward::{end_from_proto, kind_from_proto, resolution_from_proto},
    request::request,
};

type Result<T> = std::result::Result<T, ConvertError>;

/// Reads a record's bytes.
///
/// # Errors
/// Bytes that are no record.
pub fn decode(bytes: &[u8]) -> Result<journal::HubRecord> {
    journal::HubRecord::decode(bytes).map_err(|error| ConvertError::new("hub record", error))
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
        how: resolution_from_proto(from.how, &from.resolution, &from.note)?,
    })
}

fn carried_over(from: &journal::CarriedOver) -> Result<ForwardFact> {
    Ok(ForwardFact::CarriedOver {
        forward_id: ForwardId(from.forward_id),
        payment_id: payment_id(&from.payment_id)?,
    })
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
