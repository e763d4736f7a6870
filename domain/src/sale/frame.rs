//! The lane's own business date: a day marker cuts the journal into frames, each of one date.
//!
//! Decides: which date a record carries, and when a marker is written. The running date follows
//! from the lane's records alone and only moves forward; what the hub says makes the lane write a
//! marker, and stamps nothing. Never: a date from the wire on a record, a date turned back, a lane
//! that stands still because the date turns. Keeps I20: what ends a sale lies in one frame, so the
//! sale has one date for ever.
//!
//! ```text
//! the hub turned the date ─► waits for the end of the sale, at most `cut_within` ─► marker, by hub
//! the hub is away, the date is over ─► waits for the end of the sale ─────────────► marker, by
//! lane
//! ```

use crate::{
    operators::SignedOffBy,
    sale::{DayEnds, MarkedBy, Rejected, Step, civil_date, day_heard::Turn},
    time::{BusinessDate, LocalMs},
};

/// What happened to the lane's date.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DateFact {
    /// The date was turned: this record carries the date that ended, all behind it the next.
    DayMarked {
        /// The date until here.
        ended: BusinessDate,
        /// The date from here on, always later.
        begins: BusinessDate,
        /// Who turned it.
        by: MarkedBy,
    },
    /// Stopped in order with no sale open; nothing is written until the next start.
    Rested,
}

/// Part of the checkpoint: the date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DatePart {
    /// The latest date that a record carries or a marker begins.
    pub running: Option<BusinessDate>,
}

impl DatePart {
    /// Journals from before there were markers carry what the hub said last: never back.
    pub(super) fn carried(&mut self, date: Option<BusinessDate>) {
        self.running = self.running.max(date);
    }

    pub(super) fn apply(&mut self, fact: &DateFact) {
        match fact {
            DateFact::DayMarked { begins, .. } => self.running = self.running.max(Some(*begins)),
            DateFact::Rested => {}
        }
    }
}

impl Step {
    /// What the next record carries: the frame's date. Before the first record of a lane that is
    /// the hub's, else the calendar's.
    pub(super) fn running_date(&self) -> Option<BusinessDate> {
        let heard = &self.volatile.day;
        self.durable.date.running.or(heard.named).or(heard.today)
    }

    /// The hub names the store's running date: in its hello, or when it has just turned it. A date
    /// that is not later than the lane's turns nothing.
    pub(super) fn day_named(&mut self, date: BusinessDate, cut_within_ms: u64) {
        let heard = &mut self.volatile.day;
        heard.named = heard.named.max(Some(date));
        // With the hub here, the lane turns nothing by itself.
        let waiting = heard.turn.take().filter(|turn| turn.by == MarkedBy::Hub);
        let begins = waiting.map_or(date, |waiting| waiting.begins.max(date));
        let running = self.durable.date.running;
        if running.is_none_or(|running| begins <= running) {
            return;
        }
        // Told again, the sale gets no more time.
        let cut_at = Some(self.now.mono.after(cut_within_ms));
        let cut_at = waiting.map_or(cut_at, |waiting| waiting.cut_at.min(cut_at));
        self.volatile.day.turn = Some(Turn {
            begins,
            by: MarkedBy::Hub,
            cut_at,
        });
    }

    /// The clock was looked at. `alone`: the hub is away, and dates end like this.
    pub(super) fn clock_read(&mut self, now: LocalMs, alone: Option<DayEnds>) {
        self.volatile.day.today = civil_date(now);
        let running = self.running_date();
        let begins = alone.zip(running);
        let begins = begins.and_then(|(ends, running)| ends.date_after(running, now));
        if let Some(begins) = begins
            && self.volatile.day.turn.is_none()
        {
            self.volatile.day.turn = Some(Turn {
                begins,
                by: MarkedBy::Lane,
                cut_at: None,
            });
        }
    }

    /// Writes the marker that waits, if it is time. Before and after each event, so that nothing is
    /// written under a date that is over.
    pub(super) fn turn_the_date(&mut self) {
        let Some(turn) = self.volatile.day.turn else {
            return;
        };
        let is_cut = turn.cut_at.is_some_and(|at| self.now.mono >= at);
        if self.durable.sale.is_some() && !is_cut {
            return;
        }
        self.volatile.day.turn = None;
        // Before the first record there is no frame to end.
        let Some(ended) = self.durable.date.running else {
            return;
        };
        let Turn { begins, by, .. } = turn;
        self.tell_expected_cash();
        self.record(DateFact::DayMarked { ended, begins, by });
    }

    /// An orderly stop with no sale open: the last record until the next start, so that whoever
    /// holds the journal up to it knows that nothing more was sold.
    pub(super) fn rest(&mut self) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        self.sign_off(SignedOffBy::LaneStopped, None);
        self.record(DateFact::Rested);
        self.volatile.day.resting = true;
        Ok(())
    }
}
