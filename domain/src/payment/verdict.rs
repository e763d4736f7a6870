//! What an answer to a live message decides (payments.md, rules 5 and 6, and F39).

use crate::{
    money::Money,
    payment::{Answer, Decision, HostFacts, KindRow, MacCheck, UnknownReason},
    response_code::{Class, ResponseCode},
};

/// What a live message said, as far as its answer must say the same.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    /// How its kind behaves.
    pub row: &'static KindRow,
    /// Field 3.
    pub processing_code: u32,
    /// Field 4.
    pub amount: Money,
}

/// Decides by an answer whose MTI, TID, MID, STAN and batch have been matched before.
#[must_use]
pub fn verdict(asked: Asked, answer: &Answer) -> Decision {
    let unknown = |reason| Decision::Unknown { reason };
    if !fits(asked, answer) {
        return unknown(UnknownReason::Mismatch);
    }
    if answer.code.is_approving() && answer.mac != MacCheck::Good {
        return unknown(UnknownReason::BadMac);
    }
    let host = HostFacts {
        rrn: answer.rrn.clone(),
        auth_code: answer.auth_code.clone(),
        stan: Some(answer.stan),
    };
    match answer.code.class() {
        Class::Approved => Decision::Approved {
            amount: asked.amount,
            host,
        },
        Class::Partial => partial(asked.amount, answer, host),
        Class::SignOn | Class::KeepCard | Class::Referral | Class::TryAgain | Class::Declined => {
            Decision::Declined {
                code: answer.code,
                host,
            }
        }
    }
}

/// F3 and F4 equal those of the request; an approval must carry both. F4 of a partial approval is
/// what was approved, where the kind knows one.
fn fits(asked: Asked, answer: &Answer) -> bool {
    let is_approval = answer.code.is_approving();
    let code_fits = match answer.processing_code {
        Some(code) => code == asked.processing_code,
        None => !is_approval,
    };
    let is_part = answer.code == ResponseCode::PARTIAL && asked.row.in_part;
    let amount_fits = match answer.amount_minor {
        Some(minor) => is_part || minor == asked.amount.minor(),
        None => !is_approval,
    };
    code_fits && amount_fits
}

fn partial(asked: Money, answer: &Answer, host: HostFacts) -> Decision {
    match answer.amount_minor {
        Some(minor) if minor == asked.minor() => Decision::Approved {
            amount: asked,
            host,
        },
        Some(minor) if minor > 0 && minor < asked.minor() => Decision::PartiallyApproved {
            amount: Money::new(minor, asked.currency()),
            host,
        },
        Some(_) | None => Decision::Unknown {
            reason: UnknownReason::Mismatch,
        },
    }
}
