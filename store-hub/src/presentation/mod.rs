//! What people read of the hub's answers: each enumeration of `store.v1` by its name, each step as
//! a sentence, in English and in Chinese. Answers carry numbers, amounts and ids; commands and
//! screens find their words here and nowhere else.

mod close;
mod dead_letter;
mod difference;
mod history;
mod lane;
mod operators;
mod payment;
mod prices;
mod refused;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use close::{close_detail, close_step};
pub(crate) use dead_letter::{dead_letter_reason, forward_kind, resolution};
pub(crate) use difference::difference;
pub(crate) use history::history_line;
pub(crate) use lane::{lane_state, trouble, trouble_code};
pub(crate) use operators::role;
pub(crate) use payment::{found_state, owner, payment_state, payment_status, tender};
pub(crate) use prices::{price_source, price_version_state};
pub(crate) use refused::{refused, refused_in, roster_fault, with_chinese};
pub(crate) use store::{clock_owner, day_state, lease_state, no_room};

use domain::{
    money::{Currency, Money},
    words::{Sentence, Worded},
};
use proto::store::v1::Money as WireMoney;

/// The name of what a number of the wire stands for; a number of a newer release is told as such.
fn named<E: TryFrom<i32>>(number: i32, name: impl FnOnce(E) -> Sentence) -> Sentence {
    E::try_from(number).map_or_else(|_| unknown(number), name)
}

/// The same for what `domain` has named.
fn worded<T: Worded>(number: i32) -> Sentence {
    match number {
        0 => not_told(),
        number => T::by_number(number).map_or_else(|| unknown(number), T::in_words),
    }
}

fn unknown(number: i32) -> Sentence {
    Sentence::new(format!("unknown ({number})"), format!("未知（{number}）"))
}

fn not_told() -> Sentence {
    Sentence::new("not told", "未说明")
}

/// What an older release said in English alone is read as it is.
pub(crate) fn or_english<'a>(chinese: &'a str, english: &'a str) -> &'a str {
    match chinese {
        "" => english,
        chinese => chinese,
    }
}

/// Several in one line.
pub(crate) fn joined(parts: &[Sentence], between: (&str, &str)) -> Sentence {
    let all = |of: fn(&Sentence) -> &str, between: &str| {
        parts.iter().map(of).collect::<Vec<_>>().join(between)
    };
    Sentence::new(
        all(|part| &part.english, between.0),
        all(|part| &part.chinese, between.1),
    )
}

/// An amount with its currency.
pub(crate) fn amount(money: Option<&WireMoney>) -> Option<String> {
    let money = money?;
    let currency = Currency::by_letters(&money.currency);
    Some(currency.map_or_else(
        || format!("{} {}", money.minor, money.currency),
        |currency| Money::new(money.minor, currency).to_string(),
    ))
}
