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
    limits,
    sale::{Rejected, SaleFact, civil_date, machine::Step, midnight},
    time::{BusinessDate, LocalMs, MonoMs},
};

/// Who turned a lane's date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MarkedBy {
    /// The hub said so.
    Hub,
    /// The lane, since its hub was away when the date was over.
    Lane,
}

/// When dates end by themselves, in the store's own time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayEnds {
    /// A date of which it is known.
    pub date: BusinessDate,
    /// When that one ends; every other ends as long after its own midnight.
    pub at: LocalMs,
    /// How much longer a lane waits for its hub to turn the date.
    pub grace_ms: u64,
}

impl DayEnds {
    /// The date to go on with once `running` is over: the first that has not ended yet, so that one
    /// marker makes up for all that were missed. `None`: it is not over, or so long ago that the
    /// clock is to be doubted more than the date.
    #[must_use]
    pub fn date_after(&self, running: BusinessDate, now: LocalMs) -> Option<BusinessDate> {
        let of_day = self.at.0.saturating_sub(midnight(self.date).0);
        let end = midnight(running).0.saturating_add(of_day);
        let grace_ms = i64::try_from(self.grace_ms).unwrap_or(i64::MAX);
        if now.0 < end.saturating_add(grace_ms) {
            return None;
        }
        let ended_last = civil_date(LocalMs(now.0.saturating_sub(of_day)))?;
        let begins = ended_last.next().max(running.next());
        let turned = midnight(begins).0.saturating_sub(midnight(running).0);
        (turned <= limits::LANE_DAYS_TURNED_MAX_MS).then_some(begins)
    }
}

/// A marker that waits for the end of the running sale.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Turn {
    begins: BusinessDate,
    by: MarkedBy,
    /// Written in the middle of the sale from then on; `None`: only between two.
    cut_at: Option<MonoMs>,
}

/// What is known of the date beside the records. A kill takes it away, and it is told again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct DayHeard {
    /// The latest that the hub named.
    named: Option<BusinessDate>,
    /// The calendar's, at the last look.
    today: Option<BusinessDate>,
    turn: Option<Turn>,
    /// The lane has gone to rest: nothing is written any more.
    pub(super) resting: bool,
}

impl Step {
    /// What the next record carries: the frame's date. Before the first record of a lane that is
    /// the hub's, else the calendar's.
    pub(super) fn running_date(&self) -> Option<BusinessDate> {
        let heard = &self.volatile.day;
        self.durable.running.or(heard.named).or(heard.today)
    }

    /// The hub names the store's running date: in its hello, or when it has just turned it. A date
    /// that is not later than the lane's turns nothing.
    pub(super) fn day_named(&mut self, date: BusinessDate, cut_within_ms: u64) {
        let heard = &mut self.volatile.day;
        heard.named = heard.named.max(Some(date));
        // With the hub here, the lane turns nothing by itself.
        let waiting = heard.turn.take().filter(|turn| turn.by == MarkedBy::Hub);
        let begins = waiting.map_or(date, |waiting| waiting.begins.max(date));
        if self.durable.running.is_none_or(|running| begins <= running) {
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
        let Some(ended) = self.durable.running else {
            return;
        };
        let Turn { begins, by, .. } = turn;
        self.record(SaleFact::DayMarked { ended, begins, by });
    }

    /// An orderly stop with no sale open: the last record until the next start, so that whoever
    /// holds the journal up to it knows that nothing more was sold.
    pub(super) fn rest(&mut self) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        self.record(SaleFact::Rested);
        self.volatile.day.resting = true;
        Ok(())
    }
}
