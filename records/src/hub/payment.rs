//! Records of a payment, both ways.

use crate::{
    ConvertError, decision_from_proto, decision_to_proto, offline_from_proto, offline_to_proto,
    payment_id,
};
use domain::{
    desk::PaymentFact,
    ids::{BatchNumber, LaneEpoch, LaneId, PaymentId, ReceiptNumber, Stan, Tid},
    payment::Decision,
};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{
    fields::{batch, lane, stan, tid},
    request::{request, requested},
};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn body(fact: &PaymentFact) -> Body {
    match fact {
        PaymentFact::Requested { request } => Body::Requested(requested(request)),
        PaymentFact::Sent {
            payment_id,
            tid,
            stan,
            batch,
        } => sent_to_proto(*payment_id, tid, *stan, *batch),
        PaymentFact::OutcomeAsked {
            payment_id,
            tid,
            stan,
            batch,
        } => Body::OutcomeAsked(journal::OutcomeAsked {
            payment_id: payment_id.to_string(),
            tid: tid.to_string(),
            stan: stan.number(),
            batch: batch.number(),
        }),
        PaymentFact::Decided {
            payment_id,
            decision,
        } => decided_to_proto(*payment_id, decision),
        PaymentFact::Completed {
            payment_id,
            receipt,
        } => completed_to_proto(*payment_id, receipt),
        PaymentFact::Abandoned { payment_id, lane } => abandoned_to_proto(*payment_id, *lane),
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

fn sent_to_proto(payment_id: PaymentId, tid: &Tid, stan: Stan, batch: BatchNumber) -> Body {
    Body::Sent(journal::Sent {
        payment_id: payment_id.to_string(),
        tid: tid.to_string(),
        stan: stan.number(),
        batch: batch.number(),
    })
}

fn decided_to_proto(payment_id: PaymentId, decision: &Decision) -> Body {
    Body::Decided(journal::Decided {
        payment_id: payment_id.to_string(),
        decision: Some(decision_to_proto(decision)),
    })
}

fn completed_to_proto(payment_id: PaymentId, receipt: &ReceiptNumber) -> Body {
    Body::Completed(journal::Completed {
        payment_id: payment_id.to_string(),
        receipt_number: receipt.to_string(),
    })
}

fn abandoned_to_proto(payment_id: PaymentId, lane: LaneId) -> Body {
    Body::Abandoned(journal::Abandoned {
        payment_id: payment_id.to_string(),
        lane: lane.0.into(),
    })
}

pub(super) fn asked(from: &journal::Requested) -> Result<PaymentFact> {
    Ok(PaymentFact::Requested {
        request: request(from)?,
    })
}

pub(super) fn card_held(from: &journal::OfflineCardHeld) -> Result<PaymentFact> {
    Ok(PaymentFact::OfflineCardHeld {
        payment_id: payment_id(&from.payment_id)?,
    })
}

pub(super) fn sent(from: &journal::Sent) -> Result<PaymentFact> {
    Ok(PaymentFact::Sent {
        payment_id: payment_id(&from.payment_id)?,
        tid: tid(&from.tid)?,
        stan: stan(from.stan)?,
        batch: batch(from.batch)?,
    })
}

pub(super) fn outcome_asked(from: &journal::OutcomeAsked) -> Result<PaymentFact> {
    Ok(PaymentFact::OutcomeAsked {
        payment_id: payment_id(&from.payment_id)?,
        tid: tid(&from.tid)?,
        stan: stan(from.stan)?,
        batch: batch(from.batch)?,
    })
}

pub(super) fn decided(from: &journal::Decided) -> Result<PaymentFact> {
    Ok(PaymentFact::Decided {
        payment_id: payment_id(&from.payment_id)?,
        decision: decision_from_proto(from.decision.as_ref())?,
    })
}

pub(super) fn completed(from: &journal::Completed) -> Result<PaymentFact> {
    Ok(PaymentFact::Completed {
        payment_id: payment_id(&from.payment_id)?,
        receipt: ReceiptNumber::parse(&from.receipt_number)
            .map_err(|error| ConvertError::new("receipt_number", error))?,
    })
}

pub(super) fn abandoned(from: &journal::Abandoned) -> Result<PaymentFact> {
    Ok(PaymentFact::Abandoned {
        payment_id: payment_id(&from.payment_id)?,
        lane: lane(from.lane)?,
    })
}

pub(super) fn offline_reported(from: &journal::OfflineReported) -> Result<PaymentFact> {
    let payment = from.payment.as_ref();
    let payment = payment.ok_or_else(|| ConvertError::missing("payment"))?;
    let epoch = LaneEpoch(from.epoch);
    let (request, lease) = offline_from_proto(payment, lane(from.lane)?, epoch)?;
    Ok(PaymentFact::OfflineReported { request, lease })
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    use super::tests::{asked, decisions, place};
    use domain::ids::LeaseId;
    let payment_id = PaymentId(9);
    let lane = LaneId(3);
    let (stan, batch) = place();
    let mut all = vec![
        PaymentFact::OfflineReported {
            request: asked(),
            lease: LeaseId(4),
        }
        .into(),
        PaymentFact::OfflineCardHeld { payment_id }.into(),
        PaymentFact::Requested { request: asked() }.into(),
        PaymentFact::Sent {
            payment_id,
            tid: Tid::new("LANE0003").unwrap(),
            stan,
            batch,
        }
        .into(),
        PaymentFact::OutcomeAsked {
            payment_id,
            tid: Tid::new("LANE0003").unwrap(),
            stan,
            batch,
        }
        .into(),
        PaymentFact::Completed {
            payment_id,
            receipt: ReceiptNumber::parse("3-2-000042").unwrap(),
        }
        .into(),
        PaymentFact::Abandoned { payment_id, lane }.into(),
    ];
    all.extend(decisions().into_iter().map(|decision| {
        PaymentFact::Decided {
            payment_id,
            decision,
        }
        .into()
    }));
    all
}
