//! What a record makes of the state. The one place where it changes: a step applies each record it
//! writes with this code, and a start applies those it reads.

use crate::desk::{DeskFact, DeskRecord, DurableState, counts::count, posting};

impl DurableState {
    pub(crate) fn apply(&mut self, record: &DeskRecord) {
        for transfer in posting::transfers(self, &record.fact) {
            self.balances.post(transfer);
        }
        if self.try_apply(record).is_none() {
            count(&mut self.orphan_records);
        }
    }

    /// `None`: the record names something nobody knows.
    fn try_apply(&mut self, record: &DeskRecord) -> Option<()> {
        let at = record.at;
        match &record.fact {
            DeskFact::Payment(fact) => self.apply_payment(fact, at)?,
            DeskFact::Forward(fact) => self.apply_forward(fact, at)?,
            DeskFact::Terminal(fact) => self.apply_terminal(fact),
            DeskFact::Day(fact) => self.apply_day(fact),
            DeskFact::Lease(fact) => self.apply_lease(fact, at)?,
            DeskFact::Hub(fact) => self.apply_hub(fact, at),
            DeskFact::Archive(fact) => self.apply_archive(fact)?,
        }
        Some(())
    }
}
