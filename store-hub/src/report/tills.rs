//! Cash drawers and accounts of a day, from the projections.

use domain::till::CashAccount;

use super::{CashAccounts, CashMoveLine, TillLine};
use crate::projections::{DateBook, TillDay};

pub(super) fn tills(book: &DateBook) -> Vec<TillLine> {
    let tills = book.tills.tills.iter();
    tills.map(|(of, till)| line(*of, till)).collect()
}

fn line((lane, epoch): (u16, u32), till: &TillDay) -> TillLine {
    let moves = till.moved.iter().map(|(kind, sum)| CashMoveLine {
        kind: kind.clone(),
        count: sum.count,
        total_minor: sum.minor,
    });
    TillLine {
        lane,
        epoch,
        expected_minor: till.expected_minor,
        counted_minor: till.counted_minor,
        variance_minor: till.variance_minor,
        counts: till.counts,
        open_shift_of: till.open_shift,
        no_sales: till.no_sales,
        z_numbers: till.z_numbers.iter().copied().collect(),
        moves: moves.collect(),
    }
}

pub(super) fn cash_accounts(book: &DateBook) -> Option<CashAccounts> {
    let safe = book.tills.gained(CashAccount::Safe);
    let deposit = book.tills.gained(CashAccount::Deposit);
    if safe.is_none() && deposit.is_none() {
        return None;
    }
    Some(CashAccounts {
        safe_minor: safe.unwrap_or(0),
        deposit_minor: deposit.unwrap_or(0),
    })
}
