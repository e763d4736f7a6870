//! What a payment does, by what, and how each combination of the two behaves: one row each. Rules
//! about payments read their row; none of them says "sale by card".
//!
//! A row says what goes to the bank, what silence means, what is done without the bank, on which
//! side of the totals it stands, and what takes it back. What has no row is not made.

use crate::payment::PaymentMethod;

/// What a payment does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PaymentKind {
    /// Takes money for goods. What every payment was before kinds were told.
    #[default]
    Sale,
    /// Takes a sale back as long as its batch is open.
    Void,
    /// Gives money back for a sale whose batch is closed.
    Refund,
    /// Holds money for a completion.
    PreAuthorisation,
    /// Takes what a pre-authorisation held, once.
    Completion,
    /// Asks what a card holds; moves nothing.
    Balance,
    /// Pays a credit card's debt, from cash or another card.
    Repayment,
}

/// The message that a payment is to the bank. Its processing code is a setting of the dialect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LiveMessage {
    /// 0200 sale, with a card.
    CardSale,
    /// 0200 of a wallet's code.
    WalletPay,
}

/// What no answer means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Silence {
    /// Nobody knows: it is reversed (rule 4).
    Reverse,
    /// Its outcome is asked for, again and again; it is reversed if that tells nothing.
    Ask,
}

/// What is done while the bank, or the hub, can't be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WithoutBank {
    /// Floor limits, hot list, caps and leases decide.
    ByRule,
    /// It is refused.
    Refused,
}

/// Its side of the totals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The customer pays.
    Debit,
    /// The customer gets something back.
    Credit,
}

/// What takes an approval back while its batch is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UndoneBy {
    /// A reversal while it is the terminal's last financial message, a void after that (rule 8).
    ReversalThenVoid,
    /// A reversal at any time: its provider is told by the original's number, and stands nobody in
    /// the way of other payments while it waits.
    Reversal,
}

/// How one kind of payment, by one method, behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KindRow {
    /// What it does.
    pub kind: PaymentKind,
    /// By what.
    pub method: PaymentMethod,
    /// What goes to the bank.
    pub message: LiveMessage,
    /// What no answer means.
    pub silence: Silence,
    /// What is done without the bank.
    pub without_bank: WithoutBank,
    /// Its side of the totals.
    pub side: Side,
    /// What takes it back.
    pub undone_by: UndoneBy,
    /// Whether a part of the amount may be approved.
    pub in_part: bool,
    /// Whether what was read of the customer's card may be needed again: it is held, sealed, until
    /// nothing can need it. What pays once is in memory only.
    pub holds_card: bool,
}

const TABLE: &[KindRow] = &[
    KindRow {
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        message: LiveMessage::CardSale,
        silence: Silence::Reverse,
        without_bank: WithoutBank::ByRule,
        side: Side::Debit,
        undone_by: UndoneBy::ReversalThenVoid,
        in_part: true,
        holds_card: true,
    },
    KindRow {
        kind: PaymentKind::Sale,
        method: PaymentMethod::Wallet,
        message: LiveMessage::WalletPay,
        silence: Silence::Ask,
        without_bank: WithoutBank::Refused,
        side: Side::Debit,
        undone_by: UndoneBy::Reversal,
        in_part: false,
        holds_card: false,
    },
];

impl KindRow {
    /// The row of a kind by a method; `None`: it is not made.
    #[must_use]
    pub fn of(kind: PaymentKind, method: PaymentMethod) -> Option<&'static Self> {
        TABLE
            .iter()
            .find(|row| (row.kind, row.method) == (kind, method))
    }

    /// Every row.
    #[must_use]
    pub const fn all() -> &'static [Self] {
        TABLE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_and_its_method_have_one_row_at_most() {
        for (at, row) in TABLE.iter().enumerate() {
            assert_eq!(KindRow::of(row.kind, row.method), Some(row));
            let others = TABLE.iter().skip(at + 1);
            let twice = others.filter(|other| (other.kind, other.method) == (row.kind, row.method));
            assert_eq!(twice.count(), 0, "{row:?}");
        }
        assert_eq!(KindRow::of(PaymentKind::Sale, PaymentMethod::Gift), None);
        assert_eq!(KindRow::of(PaymentKind::Refund, PaymentMethod::Card), None);
    }

    /// What is decided without the bank is told to it later, with its card.
    #[test]
    fn what_may_be_decided_without_the_bank_holds_its_card() {
        for row in TABLE {
            assert!(
                row.holds_card || row.without_bank == WithoutBank::Refused,
                "{row:?}"
            );
        }
    }
}
