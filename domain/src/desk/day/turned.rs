//! The store's date at the desk: one record turns it at once and refuses nobody. Selling and paying
//! go on; every batch falls due.

use std::collections::BTreeSet;

use crate::{
    day::TurnedBy,
    desk::{Blocker, DayFact, DayState, Desk, Effect, HubFact, Rejected, outcome::Outcome},
    ids::{LaneEpoch, LaneId},
    terminal::Terminal,
    time::BusinessDate,
};

impl Desk {
    /// Any date but the running one was turned before: nothing happens.
    pub(crate) fn turn_date(
        &mut self,
        out: &mut Outcome,
        ended: BusinessDate,
        begins: BusinessDate,
        by: TurnedBy,
    ) {
        if ended != self.business_date() || begins <= ended {
            return;
        }
        let undecided = &self.durable.undecided;
        self.volatile
            .undecided_at_turn
            .retain(|id, _| undecided.contains(id));
        for id in undecided {
            self.volatile.undecided_at_turn.entry(*id).or_insert(ended);
        }
        self.note(out, DayFact::Turned { ended, begins, by });
        out.effect(Effect::DateTurned { ended, begins });
        self.settle_again(out);
    }

    /// Every batch is due in mid-day; the date stays.
    pub(crate) fn order_settlement(&mut self, out: &mut Outcome) {
        self.note(out, DayFact::SettlementOrdered);
        self.settle_again(out);
    }

    fn settle_again(&mut self, out: &mut Outcome) {
        self.volatile.waits_no_longer = false;
        self.find_archivable_when_settled();
        for tid in self.volatile.stations.keys() {
            out.touch(tid);
        }
    }

    /// A hub before this release was stopped while it closed a day: the date is turned now, and
    /// what it had not settled is due.
    pub(crate) fn finish_old_close(&mut self, out: &mut Outcome) {
        if let Some(ended) = self.durable.days.closing {
            let begins = ended.next();
            let by = TurnedBy::Hand;
            self.turn_date(out, ended, begins, by);
        }
    }

    pub(crate) fn state_epoch_end(
        &mut self,
        out: &mut Outcome,
        (lane, epoch): (LaneId, LaneEpoch),
        sequence: u64,
        (by, reason): (String, String),
    ) -> Result<(), Rejected> {
        if self.epoch_of(lane).is_none_or(|known| epoch >= known) {
            return Err(Rejected::NotFenced { lane, epoch });
        }
        Rejected::unless_said(&by, &reason)?;
        let fact = HubFact::EpochEndStated {
            lane,
            epoch,
            sequence,
            by,
            reason,
        };
        self.note(out, fact);
        Ok(())
    }

    /// The running business date: what happens now is booked under it.
    #[must_use]
    pub fn business_date(&self) -> BusinessDate {
        let state = &self.durable;
        let running = state.days.closing.or(state.days.running);
        running.unwrap_or(self.config.first_day)
    }

    /// Where the business day is.
    #[must_use]
    pub fn day(&self) -> DayState {
        match self.settlement_due().first() {
            Some(date) => DayState::Closing { date: *date },
            None => DayState::Open {
                closed: self.durable.days.closed,
            },
        }
    }

    /// Dates with which a batch fell due that is not closed yet.
    #[must_use]
    pub fn settlement_due(&self) -> BTreeSet<BusinessDate> {
        let terminals = self.durable.terminals.values();
        let open = terminals.filter(|terminal| !self.is_settled(terminal));
        open.filter_map(|terminal| terminal.due).collect()
    }

    /// Dates that were turned while a payment of theirs is not decided yet. A start decides all.
    #[must_use]
    pub fn undecided_dates(&self) -> BTreeSet<BusinessDate> {
        let asked = self.volatile.undecided_at_turn.iter();
        let open = asked.filter(|(id, _)| self.durable.undecided.contains(*id));
        open.map(|(_, date)| *date).collect()
    }

    /// What batches that are due still wait for.
    #[must_use]
    pub fn close_day_blockers(&self) -> Vec<Blocker> {
        let mut blockers = Vec::new();
        for terminal in self.durable.terminals.values() {
            if self.is_settled(terminal) {
                continue;
            }
            let entries = terminal.reversals.iter().chain(&terminal.uploads);
            let entries = entries.filter(|id| !self.durable.carried.contains(id));
            blockers.extend(entries.map(|id| self.entry_blocker(*id)));
            blockers.push(Blocker::NotSettled(terminal.tid.clone()));
        }
        blockers
    }

    /// Whether nothing waits any more for this terminal's batch.
    fn is_settled(&self, terminal: &Terminal) -> bool {
        let is_gone =
            terminal.items.is_empty() && !self.volatile.stations.contains_key(&terminal.tid);
        terminal.due.is_none() || is_gone
    }

    pub(crate) fn find_archivable_when_settled(&mut self) {
        if self.settlement_due().is_empty() {
            self.volatile.waits_no_longer = false;
            self.find_archivable();
        }
    }
}
