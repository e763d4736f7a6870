//! What the records of the business day make of the state.

use crate::{
    desk::{DayFact, DurableState},
    terminal::Settling,
    time::BusinessDate,
};

impl DurableState {
    pub(in crate::desk) fn apply_day(&mut self, fact: &DayFact) {
        match fact {
            DayFact::Closing { date } => self.closing = Some(*date),
            DayFact::Closed { date } => self.day_closed(*date),
        }
    }

    fn day_closed(&mut self, date: BusinessDate) {
        self.closed = Some(date);
        self.closing = None;
        self.previous_hub.asked.clear();
        self.carried.clear();
        let today = self.counts.since(&self.counts_before_today);
        self.counts_of_days.insert(date, today);
        self.counts_before_today = self.counts;
        for terminal in self.terminals.values_mut() {
            terminal.settling = Settling::Open;
        }
    }
}
