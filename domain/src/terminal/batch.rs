//! What the journal says of a terminal: STAN, batch, queue, and what is in its batch.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    ids::{BatchNumber, ForwardId, Stan, Tid},
    limits::{BATCH_ITEMS_MAX, BATCH_ITEMS_SETTLE_AT},
    money::{Currency, Money, MoneyError},
    settlement::BatchTotals,
    time::BusinessDate,
};

use super::{item::BatchItem, upload::BatchUpload};

/// How far the settlement of a terminal's open batch has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settling {
    /// Not begun.
    Open,
    /// The 0500 may be at the host; a repeat equals it.
    Sent {
        /// Its own STAN.
        stan: Stan,
        /// What we count.
        totals: BatchTotals,
    },
    /// Answered, and the day not closed yet: in journals written before settlement was apart from
    /// the date.
    Closed,
}

/// One TID with its batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terminal {
    /// Field 41.
    pub tid: Tid,
    /// The open batch; `None` before the first sign-on.
    pub batch: Option<BatchNumber>,
    /// Where the search for the next STAN begins.
    pub next_stan: Stan,
    /// Stopped by rule 10: the host's batch, which is not ours.
    pub stopped: Option<BatchNumber>,
    /// The last 0200 or 0220 sent, which alone may be reversed once answered (rule 8).
    pub last_financial: Option<(BatchNumber, Stan)>,
    /// Open reversals, oldest first.
    pub reversals: BTreeSet<ForwardId>,
    /// Open advices and voids, oldest first.
    pub uploads: BTreeSet<ForwardId>,
    /// What the host counts in the open batch, by the STAN it was sent with.
    pub items: BTreeMap<(BatchNumber, Stan), BatchItem>,
    /// How far its settlement is.
    pub settling: Settling,
    /// The date with which the open batch fell due.
    pub due: Option<BusinessDate>,
    /// The batch before it, while the host is told what was in it.
    pub upload: Option<BatchUpload>,
}

impl Terminal {
    /// A terminal that nothing is known of yet.
    #[must_use]
    pub const fn new(tid: Tid) -> Self {
        Self {
            tid,
            batch: None,
            next_stan: Stan::FIRST,
            stopped: None,
            last_financial: None,
            reversals: BTreeSet::new(),
            uploads: BTreeSet::new(),
            items: BTreeMap::new(),
            settling: Settling::Open,
            due: None,
            upload: None,
        }
    }

    /// Full enough to be settled before the day closes.
    #[must_use]
    pub fn batch_is_nearly_full(&self) -> bool {
        self.items.len() >= BATCH_ITEMS_SETTLE_AT
    }

    /// One more could not be counted in a 0500.
    #[must_use]
    pub fn batch_is_full(&self) -> bool {
        self.items.len() >= BATCH_ITEMS_MAX
    }

    /// Entries waiting in its queue.
    #[must_use]
    pub fn queue_depth(&self) -> usize {
        self.reversals.len().saturating_add(self.uploads.len())
    }

    /// The next STAN that no open message and no item of the batch has (rule 10). `None` only when
    /// all 999,999 are taken.
    pub(crate) fn free_stan(&self, open: &BTreeSet<Stan>) -> Option<Stan> {
        let batch = self.batch?;
        let mut stan = self.next_stan;
        for _ in 0..Stan::LAST.number() {
            if !open.contains(&stan) && !self.items.contains_key(&(batch, stan)) {
                return Some(stan);
            }
            stan = stan.next();
        }
        None
    }

    /// What field 48 of a 0500 says.
    pub(crate) fn totals(&self, currency: Currency) -> Result<BatchTotals, MoneyError> {
        let mut totals = BatchTotals {
            debit: Money::zero(currency),
            debit_count: 0,
            credit: Money::zero(currency),
            credit_count: 0,
        };
        for item in self.items.values() {
            if item.is_credit {
                totals.credit = totals.credit.add(item.amount)?;
                totals.credit_count = totals.credit_count.saturating_add(1);
            } else {
                totals.debit = totals.debit.add(item.amount)?;
                totals.debit_count = totals.debit_count.saturating_add(1);
            }
        }
        Ok(totals)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PaymentId;

    #[test]
    fn a_stan_wraps_and_skips_what_is_open() {
        let mut terminal = Terminal::new(Tid::new("LANE0001").unwrap());
        assert_eq!(terminal.free_stan(&BTreeSet::new()), None, "no batch yet");
        let batch = BatchNumber::new(1).unwrap();
        terminal.batch = Some(batch);
        terminal.next_stan = Stan::LAST;
        let stan = |number| Stan::new(number).unwrap();
        assert_eq!(terminal.free_stan(&BTreeSet::new()), Some(Stan::LAST));
        let open = BTreeSet::from([Stan::LAST, stan(1)]);
        assert_eq!(terminal.free_stan(&open), Some(stan(2)));
        terminal.items.insert(
            (batch, stan(2)),
            BatchItem {
                payment_id: PaymentId(1),
                amount: Money::new(1, Currency::CNY),
                is_credit: false,
            },
        );
        assert_eq!(terminal.free_stan(&open), Some(stan(3)));
    }
}
