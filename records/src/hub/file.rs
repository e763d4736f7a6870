//! A payment with all that the desk knows of it, as one message: archived in the keyed state, in a
//! record when it is restored, and in the hub's checkpoint.

use crate::{
    ConvertError, code, decision_from_proto, decision_to_proto, money_from_proto, money_to_proto,
    optional, text,
};
use domain::{
    desk::{OfflineFact, PaymentFile},
    forward::Forward,
    ids::{BatchNumber, ForwardId, LeaseId, PaymentId, ReceiptNumber},
    payment::{Completion, Payment, Progress},
    time::WallMs,
};
use proto::journal::v1 as journal;

use super::{
    fields::{batch, place_from_proto, place_to_proto, stan, tid},
    forward::{
        end_from_proto, ended, kind_from_proto, queued_kind, resolution_from_proto,
        resolution_to_proto,
    },
    request::{request, requested},
};

type Result<T> = std::result::Result<T, ConvertError>;

/// As it is kept.
pub fn file_to_proto(file: &PaymentFile) -> journal::PaymentFile {
    let payment = &file.payment;
    let (receipt, abandoned) = match &payment.completion {
        Completion::Open => (String::new(), false),
        Completion::Completed(receipt) => (receipt.to_string(), false),
        Completion::Abandoned => (String::new(), true),
    };
    journal::PaymentFile {
        request: Some(requested(&payment.request)),
        requested_at_ms: payment.requested_at.0,
        sent: payment
            .bound
            .as_ref()
            .map(|(tid, stan, batch)| journal::Sent {
                payment_id: String::new(),
                tid: tid.to_string(),
                stan: stan.number(),
                batch: batch.number(),
            }),
        decision: match &payment.progress {
            Progress::Requested | Progress::Sent => None,
            Progress::Decided(decision) => Some(decision_to_proto(decision)),
        },
        receipt_number: receipt,
        abandoned,
        forwards: file.forwards.iter().map(forward_to_proto).collect(),
        settled_in: payment.settled_in.map(BatchNumber::number),
        offline: file.offline.map(|fact| journal::OfflineFact {
            lease_id: fact.lease.0,
            covered: fact.covered,
        }),
        card_came: file.card_came,
    }
}

fn forward_to_proto(forward: &Forward) -> journal::ForwardFile {
    journal::ForwardFile {
        queued: Some(journal::ForwardQueued {
            forward_id: forward.id.0,
            tid: forward.tid.to_string(),
            amount: Some(money_to_proto(forward.amount)),
            ..queued_kind(&forward.kind)
        }),
        queued_at_ms: forward.queued_at.0,
        sent: forward
            .bound
            .map(|(stan, batch)| place_to_proto(batch, stan)),
        attempts: forward.attempts,
        attempts_forgiven: forward.attempts_forgiven,
        first_try_ms: forward.first_try.map(|at| at.0),
        last_try_ms: forward.last_try.map(|at| at.0),
        last_code: text(forward.last_code.as_ref().map(|code| code.as_str())),
        ended: forward.end.as_ref().map(|end| ended(ForwardId(0), end)),
        resolved: forward.resolution.as_ref().map(resolution_to_proto),
    }
}

/// Reads what was kept.
///
/// # Errors
/// The field that is missing or can't be.
pub fn file_from_proto(from: &journal::PaymentFile) -> Result<PaymentFile> {
    let asked = from.request.as_ref();
    let asked = request(asked.ok_or_else(|| ConvertError::missing("request"))?)?;
    let payment_id = asked.payment_id;
    let forwards = from.forwards.iter();
    let forwards = forwards
        .map(|forward| forward_from_proto(forward, payment_id))
        .collect::<Result<Vec<Forward>>>()?;
    let bound = from.sent.as_ref().map(|sent| {
        let bound = (tid(&sent.tid)?, stan(sent.stan)?, batch(sent.batch)?);
        Ok::<_, ConvertError>(bound)
    });
    let bound = bound.transpose()?;
    let progress = match (&from.decision, &bound) {
        (Some(decision), _) => Progress::Decided(decision_from_proto(Some(decision))?),
        (None, Some(_)) => Progress::Sent,
        (None, None) => Progress::Requested,
    };
    let payment = Payment {
        request: asked,
        requested_at: WallMs(from.requested_at_ms),
        bound,
        progress,
        completion: completion(from)?,
        forwards: forwards.iter().map(|forward| forward.id).collect(),
        settled_in: from.settled_in.map(batch).transpose()?,
    };
    Ok(PaymentFile {
        payment,
        forwards,
        offline: from.offline.map(|fact| OfflineFact {
            lease: LeaseId(fact.lease_id),
            covered: fact.covered,
        }),
        card_came: from.card_came,
    })
}

fn completion(from: &journal::PaymentFile) -> Result<Completion> {
    if from.abandoned {
        return Ok(Completion::Abandoned);
    }
    if from.receipt_number.is_empty() {
        return Ok(Completion::Open);
    }
    ReceiptNumber::parse(&from.receipt_number)
        .map(Completion::Completed)
        .map_err(|error| ConvertError::new("receipt_number", error))
}

fn forward_from_proto(from: &journal::ForwardFile, payment_id: PaymentId) -> Result<Forward> {
    let queued = from.queued.as_ref();
    let queued = queued.ok_or_else(|| ConvertError::missing("queued"))?;
    let bound = from.sent.as_ref().map(place_from_proto).transpose()?;
    let resolved = from.resolved.as_ref();
    Ok(Forward {
        id: ForwardId(queued.forward_id),
        payment_id,
        tid: tid(&queued.tid)?,
        kind: kind_from_proto(queued)?,
        amount: money_from_proto("amount", queued.amount.as_ref())?,
        queued_at: WallMs(from.queued_at_ms),
        bound: bound.map(|(batch, stan)| (stan, batch)),
        attempts: from.attempts,
        attempts_forgiven: from.attempts_forgiven,
        first_try: from.first_try_ms.map(WallMs),
        last_try: from.last_try_ms.map(WallMs),
        last_code: optional(&from.last_code, |text| code("last_code", text))?,
        end: from.ended.as_ref().map(end_from_proto).transpose()?,
        resolution: resolved
            .map(|how| resolution_from_proto(how.how, &how.resolution, &how.note))
            .transpose()?,
    })
}
