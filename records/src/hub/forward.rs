//! What a queue entry is, how it ended, and how a dead letter is resolved, both ways.

use domain::{
    forward::{ForwardEnd, ForwardKind, Resolution},
    ids::{AuthCode, ForwardId, Rrn},
    response_code::ResponseCode,
};
use proto::journal::v1 as journal;

use crate::{ConvertError, auth_code, code, money_from_proto, money_to_proto, optional, rrn, text};

use super::fields::{batch, stan};

type Result<T> = std::result::Result<T, ConvertError>;

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

pub(super) fn resolution_to_text(how: &Resolution) -> (&'static str, &str) {
    match how {
        Resolution::Retry => ("retry", ""),
        Resolution::SettledByHand { reference } => ("settled-by-hand", reference),
        Resolution::WrittenOff { reason } => ("written-off", reason),
    }
}
