//! The notes and coins that there are, largest first: what a count is typed in.

use crate::money::Currency;

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

#[cfg(test)]
mod tests {
    use super::*;

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
