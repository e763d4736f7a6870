//! One answer in both forms, and what all answers have: amounts and times.

use domain::{
    money::{Currency, Money},
    time::WallMs,
};
use ports::StoreZone;
use proto::store::v1::Money as WireMoney;
use serde_json::{Value, json};

use super::{Outcome, Output, print, print_json};
use crate::moment::time_in_words;

/// One answer in both forms.
pub(super) struct View {
    pub(super) text: String,
    pub(super) json: Value,
}

pub(super) fn amount(money: Option<&WireMoney>) -> String {
    let currency = money.and_then(|money| Currency::by_letters(&money.currency));
    match (money, currency) {
        (Some(money), Some(currency)) => Money::new(money.minor, currency).to_string(),
        (Some(money), None) => format!("{} {}", money.minor, money.currency),
        (None, _) => "none".to_owned(),
    }
}

pub(super) fn amount_json(money: Option<&WireMoney>) -> Value {
    money.map_or(
        Value::Null,
        |money| json!({"amount_minor": money.minor, "currency": money.currency}),
    )
}

/// Time of day on the store's wall; the date stands elsewhere.
pub(super) fn clock(wall_ms: i64, zone: &StoreZone) -> String {
    time_in_words(WallMs(wall_ms), zone)
}

/// Prints it in the form that was asked for.
pub(super) fn show(output: Output, view: View) -> Outcome {
    match output {
        Output::Text => print(&view.text),
        Output::Json => print_json(&view.json),
    }
}
