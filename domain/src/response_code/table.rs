//! The one table of F39: class, whether the card was refused, what to say. Source: the classes of
//! payments.md ("F39 for three readers") and the meanings that acquirers publish for UnionPay.

use crate::response_code::{ResponseCode, Sentence};

/// What kind of answer a code is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// Approved: 00, 11, A2, A4, A5, A6.
    Approved,
    /// Approved for a part: 10.
    Partial,
    /// The terminal must sign on first: 77, 97, 99, A0.
    SignOn,
    /// The card is to be kept: 04, 34, 41, 43.
    KeepCard,
    /// The merchant is to call: 01, 38.
    Referral,
    /// The bank could not be asked: 68, 91, 96, 98. Never a reason to stand in.
    TryAgain,
    /// All else.
    Declined,
}

/// One code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Row {
    code: [u8; 2],
    pub(super) class: Class,
    pub(super) refuses_card: bool,
    pub(super) sentence: Sentence,
}

const fn row_of(code: [u8; 2], class: Class, refuses_card: bool, sentence: Sentence) -> Row {
    Row {
        code,
        class,
        refuses_card,
        sentence,
    }
}

/// What an unknown code means: declined, and no more is claimed about it.
const UNKNOWN: Row = row_of(*b"??", Class::Declined, false, Sentence::Declined);

/// The row of a code; the safe default for one that isn't in the table.
pub(super) fn row(code: ResponseCode) -> Row {
    let found = TABLE.binary_search_by_key(&code.0, |row| row.code);
    found
        .ok()
        .and_then(|index| TABLE.get(index).copied())
        .unwrap_or(UNKNOWN)
}

use Class::{Approved, Declined, KeepCard, Partial, Referral, SignOn, TryAgain};

/// In order of the code, which the search needs and a test checks.
const TABLE: &[Row] = &[
    row_of(*b"00", Approved, false, Sentence::Approved),
    row_of(*b"01", Referral, true, Sentence::Referral),
    row_of(*b"02", Declined, true, Sentence::Referral),
    row_of(*b"03", Declined, false, Sentence::Merchant),
    row_of(*b"04", KeepCard, true, Sentence::KeepCard),
    row_of(*b"05", Declined, true, Sentence::Declined),
    row_of(*b"06", Declined, false, Sentence::Message),
    row_of(*b"07", Declined, true, Sentence::KeepCard),
    row_of(*b"09", Declined, false, Sentence::TryAgain),
    row_of(*b"10", Partial, false, Sentence::PartlyApproved),
    row_of(*b"11", Approved, false, Sentence::Approved),
    row_of(*b"12", Declined, false, Sentence::Message),
    row_of(*b"13", Declined, false, Sentence::Message),
    row_of(*b"14", Declined, true, Sentence::InvalidCard),
    row_of(*b"15", Declined, true, Sentence::InvalidCard),
    row_of(*b"19", Declined, false, Sentence::TryAgain),
    row_of(*b"20", Declined, false, Sentence::Message),
    row_of(*b"21", Declined, true, Sentence::InvalidCard),
    row_of(*b"22", Declined, false, Sentence::Message),
    row_of(*b"23", Declined, false, Sentence::Message),
    row_of(*b"25", Declined, false, Sentence::Message),
    row_of(*b"30", Declined, false, Sentence::Message),
    row_of(*b"31", Declined, false, Sentence::NotPermitted),
    row_of(*b"33", Declined, true, Sentence::Expired),
    row_of(*b"34", KeepCard, true, Sentence::KeepCard),
    row_of(*b"35", Declined, true, Sentence::KeepCard),
    row_of(*b"36", Declined, true, Sentence::NotPermitted),
    row_of(*b"37", Declined, true, Sentence::KeepCard),
    row_of(*b"38", Referral, true, Sentence::Referral),
    row_of(*b"39", Declined, true, Sentence::InvalidCard),
    row_of(*b"40", Declined, false, Sentence::NotPermitted),
    row_of(*b"41", KeepCard, true, Sentence::KeepCard),
    row_of(*b"42", Declined, true, Sentence::InvalidCard),
    row_of(*b"43", KeepCard, true, Sentence::KeepCard),
    row_of(*b"44", Declined, true, Sentence::InvalidCard),
    row_of(*b"45", Declined, false, Sentence::NotPermitted),
    row_of(*b"51", Declined, true, Sentence::NoFunds),
    row_of(*b"52", Declined, true, Sentence::InvalidCard),
    row_of(*b"53", Declined, true, Sentence::InvalidCard),
    row_of(*b"54", Declined, true, Sentence::Expired),
    row_of(*b"55", Declined, true, Sentence::WrongPin),
    row_of(*b"56", Declined, true, Sentence::InvalidCard),
    row_of(*b"57", Declined, true, Sentence::NotPermitted),
    row_of(*b"58", Declined, false, Sentence::Merchant),
    row_of(*b"59", Declined, true, Sentence::Declined),
    row_of(*b"60", Declined, false, Sentence::Merchant),
    row_of(*b"61", Declined, true, Sentence::Limit),
    row_of(*b"62", Declined, true, Sentence::NotPermitted),
    row_of(*b"63", Declined, false, Sentence::Merchant),
    row_of(*b"64", Declined, false, Sentence::Message),
    row_of(*b"65", Declined, true, Sentence::Limit),
    row_of(*b"66", Declined, false, Sentence::Merchant),
    row_of(*b"67", Declined, true, Sentence::KeepCard),
    row_of(*b"68", TryAgain, false, Sentence::TryAgain),
    row_of(*b"75", Declined, true, Sentence::PinBlocked),
    row_of(*b"77", SignOn, false, Sentence::SignOn),
    row_of(*b"78", Declined, true, Sentence::InvalidCard),
    row_of(*b"79", Declined, false, Sentence::NotPermitted),
    row_of(*b"90", Declined, false, Sentence::TryAgain),
    row_of(*b"91", TryAgain, false, Sentence::TryAgain),
    row_of(*b"92", Declined, false, Sentence::TryAgain),
    row_of(*b"93", Declined, true, Sentence::NotPermitted),
    row_of(*b"94", Declined, false, Sentence::Message),
    row_of(*b"95", Declined, false, Sentence::Message),
    row_of(*b"96", TryAgain, false, Sentence::TryAgain),
    row_of(*b"97", SignOn, false, Sentence::SignOn),
    row_of(*b"98", TryAgain, false, Sentence::TryAgain),
    row_of(*b"99", SignOn, false, Sentence::SignOn),
    row_of(*b"A0", SignOn, false, Sentence::SignOn),
    row_of(*b"A1", Declined, false, Sentence::Message),
    row_of(*b"A2", Approved, false, Sentence::Approved),
    row_of(*b"A3", Declined, true, Sentence::InvalidCard),
    row_of(*b"A4", Approved, false, Sentence::Approved),
    row_of(*b"A5", Approved, false, Sentence::Approved),
    row_of(*b"A6", Approved, false, Sentence::Approved),
    row_of(*b"A7", Declined, false, Sentence::Message),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn codes_of(class: Class) -> Vec<String> {
        let rows = TABLE.iter().filter(|row| row.class == class);
        rows.map(|row| String::from_utf8(row.code.to_vec()).unwrap())
            .collect()
    }

    #[test]
    fn each_class_has_the_codes_of_the_rules() {
        assert_eq!(codes_of(Approved), ["00", "11", "A2", "A4", "A5", "A6"]);
        assert_eq!(codes_of(Partial), ["10"]);
        assert_eq!(codes_of(SignOn), ["77", "97", "99", "A0"]);
        assert_eq!(codes_of(KeepCard), ["04", "34", "41", "43"]);
        assert_eq!(codes_of(Referral), ["01", "38"]);
        assert_eq!(codes_of(TryAgain), ["68", "91", "96", "98"]);
    }

    #[test]
    fn the_table_is_in_order_without_a_code_twice() {
        assert!(TABLE.is_sorted_by(|one, other| one.code < other.code));
    }

    #[test]
    fn every_code_there_can_be_has_a_class_and_a_sentence() {
        let characters = ('0'..='9').chain('A'..='Z');
        for first in characters.clone() {
            for second in characters.clone() {
                let code = ResponseCode::new(&format!("{first}{second}")).unwrap();
                let known = TABLE.iter().any(|row| row.code == code.0);
                if !known {
                    assert_eq!(code.class(), Declined, "{code}");
                    assert_eq!(code.sentence(), Sentence::Declined, "{code}");
                    assert!(!code.refuses_card(), "{code}");
                }
                let approves = matches!(code.class(), Approved | Partial);
                assert!(!approves || code.is_approving(), "{code} needs no MAC");
                assert!(!approves || !code.refuses_card(), "{code}");
            }
        }
    }
}
