//! One answer in both forms, and what all answers have: amounts and times.

use domain::{
    time::WallMs,
    words::{Language, Sentence},
};
use ports::StoreZone;
use proto::store::v1::Money as WireMoney;
use serde_json::{Value, json};

use super::{Outcome, Output, print, print_json};
use crate::{
    moment::{moment_in_words, time_in_words},
    presentation,
};

/// One answer in both forms.
pub(super) struct View {
    pub(super) text: String,
    pub(super) json: Value,
}

/// Who reads: in which language, and in the store's zone.
pub(super) struct Reader {
    pub(super) zone: StoreZone,
    pub(super) language: Language,
}

impl Reader {
    /// In their language.
    pub(super) fn read<'a>(&self, said: &'a Sentence) -> &'a str {
        said.read_in(self.language)
    }

    /// The words that stand around what is told.
    pub(super) const fn words<'a>(&self, english: &'a str, chinese: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    }

    /// A heading, filled up to a column: a Chinese character takes two.
    pub(super) fn heading(&self, words: (&str, &str), columns: usize) -> String {
        let words = self.words(words.0, words.1);
        let taken: usize = words
            .chars()
            .map(|c| if c.is_ascii() { 1 } else { 2 })
            .sum();
        format!("{words}{}", " ".repeat(columns.saturating_sub(taken)))
    }

    /// Time of day on the store's wall; the date stands elsewhere.
    pub(super) fn clock(&self, wall_ms: i64) -> String {
        time_in_words(WallMs(wall_ms), &self.zone)
    }

    /// Date and time of day there.
    pub(super) fn moment(&self, wall_ms: i64) -> String {
        moment_in_words(WallMs(wall_ms), &self.zone)
    }
}

pub(super) fn amount(money: Option<&WireMoney>) -> String {
    presentation::amount(money).unwrap_or_else(|| "none".to_owned())
}

pub(super) fn amount_json(money: Option<&WireMoney>) -> Value {
    money.map_or(
        Value::Null,
        |money| json!({"amount_minor": money.minor, "currency": money.currency}),
    )
}

/// Prints it in the form that was asked for.
pub(super) fn show(output: Output, view: View) -> Outcome {
    match output {
        Output::Text => print(&view.text),
        Output::Json => print_json(&view.json),
    }
}
