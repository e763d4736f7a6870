//! What a record makes of the state. The one place where it changes: a step applies each record it
//! writes with this code, and a start applies those it reads.

use crate::desk::{DeskFact, DeskPart, DeskRecord, DurableState, counts::count, posting};

impl DurableState {
    /// `takes`: which parts have not seen the record. Dates and machines are told by the records
    /// alone; the desk itself reads the dates, as they were before the record.
    pub(crate) fn apply(&mut self, record: &DeskRecord, takes: impl Fn(DeskPart) -> bool) {
        if takes(DeskPart::Desk) {
            self.apply_to_desk(record);
        }
        if takes(DeskPart::Machines) {
            self.machines.apply(&record.fact, record.at);
        }
        if takes(DeskPart::Days) {
            self.days.apply(&record.fact);
        }
    }

    fn apply_to_desk(&mut self, record: &DeskRecord) {
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
            DeskFact::Terminal(fact) => self.apply_terminal(fact)?,
            DeskFact::Day(fact) => self.apply_day(fact, record.date),
            DeskFact::Lease(fact) => self.apply_lease(fact, at)?,
            DeskFact::Hub(fact) => self.apply_hub(fact),
            DeskFact::Archive(fact) => self.apply_archive(fact)?,
        }
        Some(())
    }
}
