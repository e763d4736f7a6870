//! Records of the queue, both ways: what an entry is, how it ended, and how a dead letter is
//! resolved.

use domain::{
    desk::ForwardFact,
    forward::{DeadLetterReason, ForwardEnd, ForwardKind, Resolution},
    ids::{AuthCode, BatchNumber, ForwardId, Rrn, Stan},
    response_code::ResponseCode,
    words::Reason,
};
use proto::{
    journal::v1::{self as journal, hub_record::Body},
    store::v1 as wire,
};

use crate::{
    ConvertError, auth_code, code, money_from_proto, money_to_proto, optional, payment_id,
    reason::{reason_from_proto, reason_to_proto},
    rrn, text,
};

use super::fields::{batch, stan, tid};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn body(fact: &ForwardFact) -> Body {
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
        } => forward_sent_to_proto(*forward_id, *stan, *batch, *attempt),
        ForwardFact::Deferred {
            forward_id,
            code,
            sent_in_full,
        } => deferred_to_proto(*forward_id, code.as_ref(), *sent_in_full),
        ForwardFact::Ended { forward_id, end } => Body::ForwardEnded(ended(*forward_id, end)),
        ForwardFact::Resolved { forward_id, how } => resolved_to_proto(*forward_id, how),
        ForwardFact::CarriedOver {
            forward_id,
            payment_id,
        } => Body::CarriedOver(journal::CarriedOver {
            forward_id: forward_id.0,
            payment_id: payment_id.to_string(),
        }),
    }
}

fn forward_sent_to_proto(
    forward_id: ForwardId,
    stan: Stan,
    batch: BatchNumber,
    attempt: u32,
) -> Body {
    Body::ForwardSent(journal::ForwardSent {
        forward_id: forward_id.0,
        stan: stan.number(),
        batch: batch.number(),
        attempt,
    })
}

fn deferred_to_proto(
    forward_id: ForwardId,
    code: Option<&ResponseCode>,
    sent_in_full: bool,
) -> Body {
    Body::ForwardDeferred(journal::ForwardDeferred {
        forward_id: forward_id.0,
        response_code: text(code.map(ResponseCode::as_str)),
        not_sent_in_full: !sent_in_full,
    })
}

fn resolved_to_proto(forward_id: ForwardId, how: &Resolution) -> Body {
    Body::DeadLetterResolved(journal::DeadLetterResolved {
        forward_id: forward_id.0,
        ..resolution_to_proto(how)
    })
}

pub(super) fn queued(from: &journal::ForwardQueued) -> Result<ForwardFact> {
    Ok(ForwardFact::Queued {
        forward_id: ForwardId(from.forward_id),
        payment_id: payment_id(&from.payment_id)?,
        tid: tid(&from.tid)?,
        kind: kind_from_proto(from)?,
        amount: money_from_proto("amount", from.amount.as_ref())?,
    })
}

pub(super) fn forward_sent(from: &journal::ForwardSent) -> Result<ForwardFact> {
    Ok(ForwardFact::Sent {
        forward_id: ForwardId(from.forward_id),
        stan: stan(from.stan)?,
        batch: batch(from.batch)?,
        attempt: from.attempt,
    })
}

pub(super) fn deferred(from: &journal::ForwardDeferred) -> Result<ForwardFact> {
    Ok(ForwardFact::Deferred {
        forward_id: ForwardId(from.forward_id),
        code: optional(&from.response_code, |text| code("response_code", text))?,
        sent_in_full: !from.not_sent_in_full,
    })
}

pub(super) fn forward_ended(from: &journal::ForwardEnded) -> Result<ForwardFact> {
    Ok(ForwardFact::Ended {
        forward_id: ForwardId(from.forward_id),
        end: end_from_proto(from)?,
    })
}

pub(super) fn resolved(from: &journal::DeadLetterResolved) -> Result<ForwardFact> {
    Ok(ForwardFact::Resolved {
        forward_id: ForwardId(from.forward_id),
        how: resolution_from_proto(from.how, &from.resolution, &from.note)?,
    })
}

pub(super) fn carried_over(from: &journal::CarriedOver) -> Result<ForwardFact> {
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

/// What an entry is.
#[must_use]
pub const fn forward_kind_to_proto(kind: &ForwardKind) -> journal::ForwardKind {
    match kind {
        ForwardKind::Reversal { .. } => journal::ForwardKind::Reversal,
        ForwardKind::Advice => journal::ForwardKind::Advice,
        ForwardKind::Void { .. } => journal::ForwardKind::Void,
    }
}

pub(super) fn queued_kind(kind: &ForwardKind) -> journal::ForwardQueued {
    let mut to = journal::ForwardQueued {
        kind: forward_kind_to_proto(kind).into(),
        ..Default::default()
    };
    match kind {
        ForwardKind::Reversal {
            reason,
            original_stan,
            original_batch,
            auth_code,
        } => {
            to.reason_code = reason.to_string();
            to.original_stan = original_stan.number();
            to.original_batch = original_batch.number();
            to.auth_code = text(auth_code.as_ref().map(AuthCode::as_str));
        }
        ForwardKind::Advice => {}
        ForwardKind::Void {
            original_stan,
            original_batch,
            rrn,
            auth_code,
        } => {
            to.original_stan = original_stan.number();
            to.original_batch = original_batch.number();
            to.rrn = text(rrn.as_ref().map(Rrn::as_str));
            to.auth_code = text(auth_code.as_ref().map(AuthCode::as_str));
        }
    }
    to
}

pub(super) fn end_from_proto(from: &journal::ForwardEnded) -> Result<ForwardEnd> {
    match from.end() {
        journal::ForwardEndKind::Delivered => Ok(ForwardEnd::Delivered {
            code: code("response_code", &from.response_code)?,
            amount: money_from_proto("delivered", from.delivered.as_ref())?,
        }),
        journal::ForwardEndKind::Withdrawn => Ok(ForwardEnd::Withdrawn),
        journal::ForwardEndKind::DeadLetter => Ok(ForwardEnd::DeadLetter {
            reason: dead_letter_reason(from)?,
            code: optional(&from.response_code, |text| code("response_code", text))?,
            declined_after_goods: from.declined_after_goods,
        }),
        journal::ForwardEndKind::Unspecified => Err(ConvertError::missing("end")),
    }
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
            (to.because, to.reason) = reason_to_proto(reason);
            to.declined_after_goods = *declined_after_goods;
        }
    }
    to
}

/// Releases before the numbers wrote the bank's code behind the words.
fn dead_letter_reason(from: &journal::ForwardEnded) -> Result<Reason<DeadLetterReason>> {
    let suffix = format!(" (F39 {})", from.response_code);
    let words = from.reason.strip_suffix(&suffix).unwrap_or(&from.reason);
    match reason_from_proto("because", from.because, words)? {
        Reason::InWords(_) => Ok(Reason::InWords(from.reason.clone())),
        named @ Reason::Named(_) => Ok(named),
    }
}

/// How a dead letter is resolved, from an operator or from the journal: `how` is a
/// [`wire::Resolution`]; where it is 0, `word` is what releases before the numbers wrote.
///
/// # Errors
/// An unknown number or word, or a missing note.
pub fn resolution_from_proto(how: i32, word: &str, note: &str) -> Result<Resolution> {
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
    let none = |told: &dyn std::fmt::Display| {
        let what = format!("{told} is none of retry, settled-by-hand, written-off");
        ConvertError::new("resolution", what)
    };
    let number = match how {
        0 => by_word(word).map_or(0, i32::from),
        number => number,
    };
    match wire::Resolution::try_from(number).map_err(|_| none(&number))? {
        wire::Resolution::Retry => Ok(Resolution::Retry),
        wire::Resolution::SettledByHand => Ok(Resolution::SettledByHand {
            reference: noted()?,
        }),
        wire::Resolution::WrittenOff => Ok(Resolution::WrittenOff { reason: noted()? }),
        wire::Resolution::Unspecified => Err(none(&format!("\"{word}\""))),
    }
}

/// What releases before the numbers wrote.
fn by_word(word: &str) -> Option<wire::Resolution> {
    match word {
        "retry" => Some(wire::Resolution::Retry),
        "settled-by-hand" => Some(wire::Resolution::SettledByHand),
        "written-off" => Some(wire::Resolution::WrittenOff),
        _ => None,
    }
}

/// How a record says that a dead letter was resolved; 0: in a word that is not known.
#[must_use]
pub fn resolution_number(from: &journal::DeadLetterResolved) -> i32 {
    match from.how {
        0 => by_word(&from.resolution).map_or(0, i32::from),
        number => number,
    }
}

pub(super) fn resolution_to_proto(how: &Resolution) -> journal::DeadLetterResolved {
    let (how, note) = match how {
        Resolution::Retry => (wire::Resolution::Retry, ""),
        Resolution::SettledByHand { reference } => {
            (wire::Resolution::SettledByHand, reference.as_str())
        }
        Resolution::WrittenOff { reason } => (wire::Resolution::WrittenOff, reason.as_str()),
    };
    journal::DeadLetterResolved {
        how: how.into(),
        note: note.to_owned(),
        ..Default::default()
    }
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    use super::tests::{cny, ends, kinds, place};
    use domain::ids::{PaymentId, Tid};
    let forward_id = ForwardId(11);
    let (stan, batch) = place();
    let mut all = vec![
        ForwardFact::Sent {
            forward_id,
            stan,
            batch,
            attempt: 2,
        }
        .into(),
    ];
    for kind in kinds() {
        all.push(
            ForwardFact::Queued {
                forward_id,
                payment_id: PaymentId(9),
                tid: Tid::new("LANE0003").unwrap(),
                kind,
                amount: cny(1250),
            }
            .into(),
        );
    }
    for end in ends() {
        all.push(ForwardFact::Ended { forward_id, end }.into());
    }
    let later = Some(ResponseCode::new("96").unwrap());
    for (code, sent_in_full) in [(None, true), (later, true), (None, false)] {
        all.push(
            ForwardFact::Deferred {
                forward_id,
                code,
                sent_in_full,
            }
            .into(),
        );
    }
    for how in [
        Resolution::Retry,
        Resolution::SettledByHand {
            reference: "letter 7".to_owned(),
        },
        Resolution::WrittenOff {
            reason: "small".to_owned(),
        },
    ] {
        all.push(ForwardFact::Resolved { forward_id, how }.into());
    }
    all.push(
        ForwardFact::CarriedOver {
            forward_id,
            payment_id: PaymentId(9),
        }
        .into(),
    );
    all
}
