//! Queue entries: what they are, why one is a dead letter, how it was resolved.

use domain::{
    forward::DeadLetterReason,
    words::{Sentence, Worded},
};
use proto::{journal::v1::ForwardKind, store::v1::Resolution};

use super::{named, not_told, unknown};

pub(crate) fn forward_kind(number: i32) -> Sentence {
    named(number, |kind: ForwardKind| match kind {
        ForwardKind::Unspecified => Sentence::new("entry", "条目"),
        ForwardKind::Reversal => Sentence::new("reversal", "冲正"),
        ForwardKind::Advice => Sentence::new("advice", "通知"),
        ForwardKind::Void => Sentence::new("void", "撤销"),
    })
}

/// Why, by its number; 0: as an older release wrote it in words. The bank's code where it was the
/// bank that said no.
pub(crate) fn dead_letter_reason(number: i32, text: &str, code: &str) -> Sentence {
    if number == 0 {
        return Sentence::new(text, text);
    }
    let Some(reason) = DeadLetterReason::by_number(number) else {
        return unknown(number);
    };
    let words = reason.in_words();
    let is_an_answer = match reason {
        DeadLetterReason::StanCollision
        | DeadLetterReason::CardRefused
        | DeadLetterReason::MessageRefused
        | DeadLetterReason::TookAPart => true,
        DeadLetterReason::OutsideLease
        | DeadLetterReason::BatchClosed
        | DeadLetterReason::TriesUsedUp
        | DeadLetterReason::OriginalClosed
        | DeadLetterReason::TooLate => false,
    };
    match is_an_answer && !code.is_empty() {
        true => Sentence::new(
            format!("{} (F39 {code})", words.english),
            format!("{}（F39 {code}）", words.chinese),
        ),
        false => words,
    }
}

pub(crate) fn resolution(number: i32) -> Sentence {
    named(number, |how: Resolution| match how {
        Resolution::Unspecified => not_told(),
        Resolution::Retry => Sentence::new("retry", "重发"),
        Resolution::SettledByHand => Sentence::new("settled-by-hand", "已人工结清"),
        Resolution::WrittenOff => Sentence::new("written-off", "已核销"),
    })
}
