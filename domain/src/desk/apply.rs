//! What a record makes of the state. The one place where it changes: a step applies each record it
//! writes with this code, and a start applies those it reads.

use crate::{
    desk::{DeskFact, DeskPart, DeskRecord, DurableState, counts::count},
    settlement::Transfer,
};

impl DurableState {
    /// `takes`: which parts have not seen the record. Dates and machines are told by the records
    /// alone; the desk itself reads the dates, as they were before the record.
    pub(crate) fn apply(&mut self, record: &DeskRecord, takes: impl Fn(DeskPart) -> bool) {
        if takes(DeskPart::Desk) {
            self.apply_to_desk(record);
        }
        if takes(DeskPart::Machines) {
            self.apply_to_machines(record);
        }
        if let DeskFact::Day(fact) = &record.fact
            && takes(DeskPart::Days)
        {
            self.days.apply(fact);
        }
        if takes(DeskPart::Returns) {
            self.returns.apply(record);
        }
        if takes(DeskPart::Baskets) {
            self.baskets.apply(record);
        }
    }

    fn apply_to_desk(&mut self, record: &DeskRecord) {
        for transfer in self.transfers(&record.fact) {
            self.balances.post(transfer);
        }
        if self.try_apply(record).is_none() {
            count(&mut self.orphan_records);
        }
    }

    fn apply_to_machines(&mut self, record: &DeskRecord) {
        match &record.fact {
            DeskFact::Hub(fact) => self.machines.apply(fact, record.at),
            DeskFact::Day(fact) if fact.ends_date() => self.machines.date_ended(),
            DeskFact::Day(_)
            | DeskFact::Payment(_)
            | DeskFact::Forward(_)
            | DeskFact::Terminal(_)
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_)
            | DeskFact::Archive(_) => {}
        }
    }

    /// The movements of a record, told by the state before it is applied.
    fn transfers(&self, fact: &DeskFact) -> Vec<Transfer> {
        match fact {
            DeskFact::Payment(fact) => fact.transfers(self),
            DeskFact::Forward(fact) => fact.transfers(self),
            DeskFact::Terminal(fact) => fact.transfers(self),
            DeskFact::Day(_)
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_)
            | DeskFact::Hub(_)
            | DeskFact::Archive(_) => Vec::new(),
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
            // Parts of their own.
            DeskFact::Return(_) | DeskFact::Suspended(_) => {}
            DeskFact::Hub(fact) => self.apply_hub(fact),
            DeskFact::Archive(fact) => self.apply_archive(fact)?,
        }
        Some(())
    }
}
