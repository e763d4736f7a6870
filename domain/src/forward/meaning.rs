//! What an answer means for an entry (payments.md, "Store and forward", "What an answer means").

use crate::{
    forward::{Forward, ForwardKind},
    money::Money,
    payment::{Answer, MacCheck},
    response_code::ResponseCode,
};

/// What to do with the entry now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// The host has it, for all of its amount.
    Delivered,
    /// The host has it for this much; the rest is a dead letter.
    DeliveredInPart(Money),
    /// Again, after a pause.
    Later,
    /// Sign on, then again.
    SignOnFirst,
    /// An approving answer that can't be believed: bad MAC (rule 6), or another processing code or
    /// amount (rule 5). As if unanswered: again.
    NotBelieved,
    /// 94 on a first send: the host has another message under this STAN, and not this one.
    StanCollision,
    /// Goods are gone and the host refused the card.
    DeclinedAfterGoods,
    /// The same message would get the same answer: somebody must look at it.
    Refused,
}

/// Reads an answer to an entry whose payment was sent under this processing code. MTI, TID, MID,
/// STAN and batch have been matched before.
#[must_use]
pub fn meaning(forward: &Forward, original_code: u32, answer: &Answer) -> Meaning {
    if answer.code == ResponseCode::DUPLICATE && !may_have_been_taken(forward) {
        return Meaning::StanCollision;
    }
    let by_code = match forward.kind {
        ForwardKind::Reversal { .. } => of_reversal(answer.code),
        ForwardKind::Advice => of_advice(forward.amount, answer),
        ForwardKind::Void { .. } => of_void(answer.code),
    };
    let delivered = match by_code {
        Meaning::Delivered | Meaning::DeliveredInPart(_) => true,
        Meaning::Later
        | Meaning::SignOnFirst
        | Meaning::NotBelieved
        | Meaning::StanCollision
        | Meaning::DeclinedAfterGoods
        | Meaning::Refused => false,
    };
    if delivered && !is_believed(forward, original_code, answer) {
        return Meaning::NotBelieved;
    }
    by_code
}

/// Processing code of an entry's message: a reversal and an advice carry that of the original.
const fn processing_code(kind: &ForwardKind, original_code: u32) -> u32 {
    match kind {
        ForwardKind::Reversal { .. } | ForwardKind::Advice => original_code,
        ForwardKind::Void { .. } => 200_000,
    }
}

/// Whether an earlier try may have been booked by the host. The try that is answered now counts
/// among the attempts; a collision that an operator has sent again is still one.
fn may_have_been_taken(forward: &Forward) -> bool {
    forward.attempts > 1 && forward.last_code != Some(ResponseCode::DUPLICATE)
}

fn is_believed(forward: &Forward, original_code: u32, answer: &Answer) -> bool {
    let same_code = answer
        .processing_code
        .is_none_or(|code| code == processing_code(&forward.kind, original_code));
    let is_part = answer.code == ResponseCode::PARTIAL;
    let same_amount = answer
        .amount_minor
        .is_none_or(|minor| is_part || minor == forward.amount.minor());
    let mac_holds = !answer.code.is_approving() || answer.mac == MacCheck::Good;
    same_code && same_amount && mac_holds
}

/// 12, 25, and 94 on a repeat: the host has nothing, or nothing any more, to take back.
fn of_reversal(code: ResponseCode) -> Meaning {
    match code.as_str() {
        "00" | "12" | "25" | "94" => Meaning::Delivered,
        _ if code.asks_for_sign_on() => Meaning::SignOnFirst,
        _ if code.means_later() => Meaning::Later,
        _ => Meaning::Refused,
    }
}

/// 94 on a repeat: the host has this very message already. 25 is no success: the original should
/// be there.
fn of_void(code: ResponseCode) -> Meaning {
    match code.as_str() {
        "00" | "94" => Meaning::Delivered,
        _ if code.asks_for_sign_on() => Meaning::SignOnFirst,
        _ if code.means_later() => Meaning::Later,
        _ => Meaning::Refused,
    }
}

fn of_advice(amount: Money, answer: &Answer) -> Meaning {
    let code = answer.code;
    match code.as_str() {
        "00" | "11" | "94" | "A2" | "A4" | "A5" | "A6" => Meaning::Delivered,
        "10" => in_part(amount, answer),
        "77" | "97" | "A0" => Meaning::SignOnFirst,
        _ if code.means_later() => Meaning::Later,
        _ if code.refuses_card() => Meaning::DeclinedAfterGoods,
        _ => Meaning::Refused,
    }
}

fn in_part(amount: Money, answer: &Answer) -> Meaning {
    match answer.amount_minor {
        Some(minor) if minor == amount.minor() => Meaning::Delivered,
        Some(minor) if minor > 0 && minor < amount.minor() => {
            Meaning::DeliveredInPart(Money::new(minor, amount.currency()))
        }
        Some(_) | None => Meaning::NotBelieved,
    }
}
