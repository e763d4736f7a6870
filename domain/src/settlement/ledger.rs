//! Double entry (I1): every record moves money between accounts, never makes or loses any. The sum
//! of all accounts is zero at every moment.

use std::collections::BTreeMap;

use crate::money::Money;

/// Where the money of card payments stands. Tills, safes and drawers have ledgers of their own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Account {
    /// What customers tendered by card: the other side of all the rest, so it is negative.
    CardTender,
    /// Approved by the bank, in an open batch.
    Authorised,
    /// Approved without the bank, not delivered to it yet.
    Forwarding,
    /// Nobody knows whether the bank charged; being taken back.
    Unknown,
    /// Approved, given up by the lane, being taken back.
    Undoing,
    /// Taken back: the customer owes nothing.
    Reversed,
    /// Approved without the bank and given up before the bank heard of it.
    Withdrawn,
    /// In a closed batch.
    Settled,
    /// Somebody must look at it.
    DeadLetter,
    /// Goods gone, and the bank refused the card: the merchant bears it.
    DeclinedAfterGoods,
    /// A dead letter that somebody settled with the acquirer.
    SettledByHand,
    /// A dead letter that somebody wrote off.
    WrittenOff,
}

impl Account {
    /// Every account, in the order of reports.
    pub const ALL: [Self; 12] = [
        Self::CardTender,
        Self::Authorised,
        Self::Forwarding,
        Self::Unknown,
        Self::Undoing,
        Self::Reversed,
        Self::Withdrawn,
        Self::Settled,
        Self::DeadLetter,
        Self::DeclinedAfterGoods,
        Self::SettledByHand,
        Self::WrittenOff,
    ];

    /// The name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CardTender => "card tender",
            Self::Authorised => "authorised",
            Self::Forwarding => "forwarding",
            Self::Unknown => "unknown",
            Self::Undoing => "undoing",
            Self::Reversed => "reversed",
            Self::Withdrawn => "withdrawn",
            Self::Settled => "settled",
            Self::DeadLetter => "dead letter",
            Self::DeclinedAfterGoods => "declined after goods",
            Self::SettledByHand => "settled by hand",
            Self::WrittenOff => "written off",
        }
    }
}

/// One movement: out of one account, into another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// Loses the amount.
    pub from: Account,
    /// Gains it.
    pub to: Account,
    /// How much.
    pub amount: Money,
}

/// What stands in each account, in minor units of the store's currency. 128 bits: no number of
/// payments of at most twelve digits each gets near their end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Balances(BTreeMap<Account, i128>);

impl Balances {
    /// As they stood when they were kept; an account that is named twice counts once.
    #[must_use]
    pub fn restored(accounts: impl IntoIterator<Item = (Account, i128)>) -> Self {
        let accounts = accounts.into_iter().filter(|(_, minor)| *minor != 0);
        Self(accounts.collect())
    }

    /// The accounts in which anything stands.
    pub fn accounts(&self) -> impl Iterator<Item = (Account, i128)> {
        self.0.iter().map(|(account, minor)| (*account, *minor))
    }

    /// What stands in an account.
    #[must_use]
    pub fn of(&self, account: Account) -> i128 {
        self.0.get(&account).copied().unwrap_or(0)
    }

    /// The sum of all accounts: zero, or the books are wrong (I1).
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.0
            .values()
            .fold(0, |sum, minor| sum.saturating_add(*minor))
    }

    /// Both sides of one movement.
    pub(crate) fn post(&mut self, transfer: Transfer) {
        let minor = i128::from(transfer.amount.minor());
        let from = self.0.entry(transfer.from).or_insert(0);
        *from = from.saturating_sub(minor);
        let to = self.0.entry(transfer.to).or_insert(0);
        *to = to.saturating_add(minor);
        self.0.retain(|_, minor| *minor != 0);
    }
}
