//! What pages show in rows.

use domain::{
    time::WallMs,
    words::{Language, Sentence},
};
use maud::{Markup, html};
use proto::store::v1::Money as WireMoney;
use web::said;

use super::Pages;
use crate::{
    moment::{moment_in_words, time_in_words},
    presentation,
};

impl Pages {
    /// Time of the day, on the store's wall.
    pub(super) fn clock(&self, wall_ms: i64) -> String {
        time_in_words(WallMs(wall_ms), &self.services.calendar.zone)
    }

    /// Date and time.
    pub(super) fn moment(&self, wall_ms: i64) -> String {
        match wall_ms {
            0 => String::new(),
            wall_ms => moment_in_words(WallMs(wall_ms), &self.services.calendar.zone),
        }
    }
}

pub(super) fn amount(money: Option<&WireMoney>) -> String {
    presentation::amount(money).unwrap_or_default()
}

/// A payment by the beginning of its id.
pub(super) fn payment_link(id: &str) -> Markup {
    let short = id.get(..8).unwrap_or(id);
    html! { a href={ "/payments/" (id) } { code { (short) "…" } } }
}

pub(super) fn receipt_link(number: &str) -> Markup {
    html! {
        @if !number.is_empty() { a href={ "/receipts/" (number) } { (number) } }
    }
}

/// A table that scrolls in itself where a telephone is too narrow for it. `numbers`: columns that
/// stand on the right, from 0.
pub(super) fn table(name: &str, headings: &[&str], numbers: &[usize], rows: &[Markup]) -> Markup {
    html! {
        div .wide role="region" aria-label=(name) tabindex="0" {
            table .rows {
                thead {
                    tr {
                        @for (column, heading) in headings.iter().enumerate() {
                            th .n[numbers.contains(&column)] scope="col" { (heading) }
                        }
                    }
                }
                tbody { @for row in rows { (row) } }
            }
        }
    }
}

pub(super) fn none(language: Language) -> Markup {
    html! { p .quiet { (said(language, "None", "无")) } }
}

pub(super) fn read(said: &Sentence, language: Language) -> &str {
    said.read_in(language)
}
