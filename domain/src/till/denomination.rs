//! The notes and coins that there are, largest first: what a count is typed in.

use crate::money::{Currency, Money};

/// What it is made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// Paper.
    Note,
    /// Metal.
    Coin,
}

/// One note or coin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Denomination {
    /// What it is worth, in minor units; no two of a currency are worth the same.
    pub minor: u32,
    /// What it is made of, where there are both: what is more common.
    pub form: Form,
}

const fn note(minor: u32) -> Denomination {
    let form = Form::Note;
    Denomination { minor, form }
}

const fn coin(minor: u32) -> Denomination {
    let form = Form::Coin;
    Denomination { minor, form }
}

/// Notes of 2 yuan and 2 jiao are not given out any more and still money; so are fen.
const CNY: &[Denomination] = &[
    note(10_000),
    note(5_000),
    note(2_000),
    note(1_000),
    note(500),
    note(200),
    coin(100),
    coin(50),
    note(20),
    coin(10),
    coin(5),
    coin(2),
    coin(1),
];

const EUR: &[Denomination] = &[
    note(50_000),
    note(20_000),
    note(10_000),
    note(5_000),
    note(2_000),
    note(1_000),
    note(500),
    coin(200),
    coin(100),
    coin(50),
    coin(20),
    coin(10),
    coin(5),
    coin(2),
    coin(1),
];

const JPY: &[Denomination] = &[
    note(10_000),
    note(5_000),
    note(2_000),
    note(1_000),
    coin(500),
    coin(100),
    coin(50),
    coin(10),
    coin(5),
    coin(1),
];

/// All of a currency, largest first.
#[must_use]
pub fn denominations(currency: Currency) -> &'static [Denomination] {
    let tables = [
        (Currency::CNY, CNY),
        (Currency::EUR, EUR),
        (Currency::JPY, JPY),
    ];
    let mut tables = tables.into_iter();
    let own = tables.find(|(of, _)| *of == currency);
    own.map_or(&[], |(_, table)| table)
}

/// Notes of at least so much, in minor units, are what people pay with.
const PAID_WITH_MIN_MINOR: u32 = 1_000;
/// So many sums are offered.
const LIKELY_SUMS_MAX: usize = 3;

/// What a customer may hand over for what is open: whole notes above it, the smallest sums first.
#[must_use]
pub fn likely_given(open: Money) -> Vec<Money> {
    let currency = open.currency();
    let notes = denominations(currency).iter();
    let notes = notes.filter(|one| one.form == Form::Note && one.minor >= PAID_WITH_MIN_MINOR);
    let mut sums: Vec<i64> = notes
        .filter_map(|note| {
            let note = i64::from(note.minor);
            let whole = open.minor().checked_div(note)?.checked_add(1)?;
            whole.checked_mul(note)
        })
        .filter(|sum| *sum > open.minor() && open.is_positive())
        .collect();
    sums.sort_unstable();
    sums.dedup();
    let sums = sums.into_iter().take(LIKELY_SUMS_MAX);
    sums.map(|minor| Money::new(minor, currency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_sums_are_whole_notes_above_what_is_open() {
        let likely = |minor, currency| {
            let sums = likely_given(Money::new(minor, currency));
            sums.iter().map(|sum| sum.minor()).collect::<Vec<_>>()
        };
        let cny = |minor| likely(minor, Currency::CNY);
        assert_eq!(cny(1_290), [2_000, 5_000, 10_000]);
        assert_eq!(cny(5_550), [6_000, 10_000]);
        assert_eq!(cny(23_410), [24_000, 25_000, 30_000]);
        assert_eq!(cny(1_000), [2_000, 5_000, 10_000], "exact has its own key");
        assert_eq!(likely(12_340, Currency::JPY), [13_000, 14_000, 15_000]);
        assert_eq!(cny(0), []);
        assert_eq!(cny(-500), []);
    }

    #[test]
    fn each_table_falls_to_one_minor_unit_and_knows_every_currency() {
        for currency in [Currency::CNY, Currency::EUR, Currency::JPY] {
            let table = denominations(currency);
            let values: Vec<u32> = table.iter().map(|one| one.minor).collect();
            assert!(values.is_sorted_by(|one, next| one > next), "{currency}");
            assert_eq!(values.last(), Some(&1), "{currency}");
        }
        assert_eq!(denominations(Currency::CNY).len(), 13);
        assert_eq!(denominations(Currency::EUR).len(), 15);
        assert_eq!(denominations(Currency::JPY).len(), 10);
    }
}
