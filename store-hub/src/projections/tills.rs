//! What lanes' records say of their cash drawers, added up under a business date.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    till::{CashAccount, CashMove, DrawerReason, TillFact},
    words::Worded,
};
use serde::{Deserialize, Serialize};

use super::figures::TenderSum;

/// Numbers of Zs that one date keeps apart of one till.
const Z_KEPT_MAX: usize = 100;

/// One till on one date.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct TillDay {
    /// By the kind of move, as it is called in English.
    pub(crate) moved: BTreeMap<String, TenderSum>,
    /// The drawer was opened without a sale.
    pub(crate) no_sales: u32,
    pub(crate) counts: u32,
    /// What was found at the last count, and what the records before it came to.
    pub(crate) counted_minor: Option<i64>,
    pub(crate) counted_expected_minor: Option<i64>,
    /// Counted less expected, of all counts.
    pub(crate) variance_minor: i64,
    /// What should be there at the end of the date; absent: the lane has not said.
    pub(crate) expected_minor: Option<i64>,
    /// Whose shift was open then.
    pub(crate) open_shift: Option<u32>,
    /// Of the Zs taken.
    pub(crate) z_numbers: BTreeSet<u32>,
}

/// All tills on one date, by lane and epoch.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct TillsDay {
    #[serde(with = "super::pairs")]
    pub(crate) tills: BTreeMap<(u16, u32), TillDay>,
}

/// Whether a record is to be told of a till's date at all: cash that a sale took is the sale's.
pub(super) const fn is_of_a_date(fact: &TillFact) -> bool {
    match fact {
        TillFact::CashMoved(_)
        | TillFact::DrawerOpened { .. }
        | TillFact::Counted(_)
        | TillFact::ZTaken(_)
        | TillFact::DateEnded { .. } => true,
        TillFact::CashTendered { .. }
        | TillFact::ShiftBegun { .. }
        | TillFact::ShiftEnded { .. } => false,
    }
}

impl TillsDay {
    pub(crate) fn is_empty(&self) -> bool {
        self.tills.is_empty()
    }

    pub(super) fn take(&mut self, machine: (u16, u32), fact: &TillFact) {
        if is_of_a_date(fact) {
            self.tills.entry(machine).or_default().take(fact);
        }
    }

    /// What an account of the store gained by the moves of this date; `None`: nothing moved.
    pub(crate) fn gained(&self, account: CashAccount) -> Option<i64> {
        let moves = self.tills.values().flat_map(|till| &till.moved);
        let gains = moves.filter_map(|(kind, sum)| {
            CashMove::by_name(kind).and_then(|kind| kind.changes(account, sum.minor))
        });
        gains.reduce(i64::saturating_add)
    }
}

impl TillDay {
    fn take(&mut self, fact: &TillFact) {
        match fact {
            TillFact::CashMoved(movement) => {
                let kind = movement.kind.english().to_owned();
                let sum = self.moved.entry(kind).or_default();
                sum.count = sum.count.saturating_add(1);
                sum.minor = sum.minor.saturating_add(movement.amount.minor());
            }
            TillFact::DrawerOpened { why, .. } => {
                let is_no_sale = matches!(why, DrawerReason::NoSale);
                self.no_sales = self.no_sales.saturating_add(u32::from(is_no_sale));
            }
            TillFact::Counted(count) => {
                let (counted, expected) = (count.counted.minor(), count.expected.minor());
                self.counts = self.counts.saturating_add(1);
                self.counted_minor = Some(counted);
                self.counted_expected_minor = Some(expected);
                let variance = counted.saturating_sub(expected);
                self.variance_minor = self.variance_minor.saturating_add(variance);
            }
            TillFact::ZTaken(report) => {
                if self.z_numbers.len() < Z_KEPT_MAX {
                    self.z_numbers.extend(report.number);
                }
            }
            TillFact::DateEnded { expected, shift } => {
                self.expected_minor = Some(expected.minor());
                self.open_shift = shift.map(|operator| operator.0);
            }
            TillFact::CashTendered { .. }
            | TillFact::ShiftBegun { .. }
            | TillFact::ShiftEnded { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::OperatorId,
        money::{Currency, Money},
        till::{CashCounted, Movement, Pieces},
    };

    use super::*;

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    fn moved(kind: CashMove, minor: i64) -> TillFact {
        TillFact::CashMoved(Movement {
            kind,
            amount: cny(minor),
            operator: OperatorId(101),
            allowed_by: OperatorId(201),
            note: String::new(),
            collector: None,
        })
    }

    fn counted(pieces: u32, expected: i64) -> TillFact {
        let pieces = vec![Pieces {
            minor: 10_000,
            pieces,
        }];
        TillFact::Counted(CashCounted::new(OperatorId(101), pieces, cny(expected)).unwrap())
    }

    #[test]
    fn a_date_says_of_each_till_what_moved_what_was_counted_and_what_is_missing() {
        let mut day = TillsDay::default();
        let lane = |number| (number, 1);
        for fact in [
            moved(CashMove::Float, 50_000),
            moved(CashMove::Pickup, 20_000),
            moved(CashMove::Pickup, 10_000),
            TillFact::DrawerOpened {
                operator: OperatorId(101),
                allowed_by: OperatorId(201),
                why: DrawerReason::NoSale,
                reason: "change".to_owned(),
            },
            TillFact::DrawerOpened {
                operator: OperatorId(101),
                allowed_by: OperatorId(101),
                why: DrawerReason::Count,
                reason: String::new(),
            },
            counted(4, 40_500),
            counted(5, 50_000),
            TillFact::DateEnded {
                expected: cny(50_000),
                shift: Some(OperatorId(101)),
            },
        ] {
            day.take(lane(1), &fact);
        }
        day.take(lane(2), &moved(CashMove::Collection, 25_000));
        let till = &day.tills[&lane(1)];
        assert_eq!(
            (till.no_sales, till.counts),
            (1, 2),
            "a count opens it, too"
        );
        assert_eq!(
            till.moved["pickup"],
            TenderSum {
                count: 2,
                minor: 30_000
            }
        );
        assert_eq!(till.counted_minor, Some(50_000), "the last one");
        assert_eq!(till.variance_minor, -500, "of all of them");
        assert_eq!(
            (till.expected_minor, till.open_shift),
            (Some(50_000), Some(101))
        );
        assert_eq!(
            day.gained(CashAccount::Safe),
            Some(-50_000 + 30_000 - 25_000)
        );
        assert_eq!(day.gained(CashAccount::Deposit), Some(25_000));
        assert_eq!(day.gained(CashAccount::Till), Some(20_000));
    }

    #[test]
    fn a_date_without_moves_has_no_account_and_no_till() {
        let mut day = TillsDay::default();
        let tendered = TillFact::CashTendered {
            sale: domain::ids::SaleNumber(1),
            given: cny(100),
        };
        day.take((1, 1), &tendered);
        day.take(
            (1, 1),
            &TillFact::ShiftBegun {
                operator: OperatorId(101),
            },
        );
        assert!(day.is_empty());
        assert_eq!(day.gained(CashAccount::Safe), None);
    }
}
