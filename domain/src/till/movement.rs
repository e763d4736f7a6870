//! Cash that moves between the store's accounts, and why a drawer opens.

use crate::{ids::OperatorId, money::Money, words::worded};

worded! {
    /// Cash that goes from one account of the store to another.
    CashMove:
    /// Put into the drawer, out of the safe.
    Float = 1 "float" "备用金";
    /// Taken out in mid-shift, since too much lies there.
    Pickup = 2 "pickup" "中途收款";
    /// Dropped into the safe by the cashier.
    Drop = 3 "drop to the safe" "投入保险柜";
    /// Taken out of the safe by a guard, on its way to the bank. No drawer changes.
    Collection = 4 "collection by a guard" "押运收款";
}

worded! {
    /// Why a drawer was opened without a sale.
    DrawerReason:
    /// Somebody wanted it open, and said why.
    NoSale = 1 "no sale" "无交易开钱箱";
    /// It is to be counted.
    Count = 2 "count" "清点";
}

/// Where cash lies. Each is the sum of what moved into it less what moved out.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CashAccount {
    /// A lane's drawer.
    Till,
    /// The store's safe.
    Safe,
    /// On its way to the bank.
    Deposit,
}

impl CashMove {
    /// Where it comes from, and where it goes.
    #[must_use]
    pub const fn accounts(self) -> (CashAccount, CashAccount) {
        match self {
            Self::Float => (CashAccount::Safe, CashAccount::Till),
            Self::Pickup | Self::Drop => (CashAccount::Till, CashAccount::Safe),
            Self::Collection => (CashAccount::Safe, CashAccount::Deposit),
        }
    }

    /// What an amount that moves so does to an account; `None`: nothing.
    #[must_use]
    pub fn changes(self, account: CashAccount, minor: i64) -> Option<i64> {
        let (from, to) = self.accounts();
        if to == account {
            Some(minor)
        } else {
            (from == account).then_some(minor.saturating_neg())
        }
    }
}

/// Who collects for the bank, checked at the door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Collector {
    /// The person's name.
    pub name: String,
    /// On the person's badge.
    pub number: String,
    /// On the bag.
    pub seal: String,
}

/// Cash moved between accounts of the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// From where to where.
    pub kind: CashMove,
    /// Above zero.
    pub amount: Money,
    /// Who is at the lane.
    pub operator: OperatorId,
    /// Who had the right to it.
    pub allowed_by: OperatorId,
    /// What was said about it, or empty.
    pub note: String,
    /// Of a collection.
    pub collector: Option<Collector>,
}
