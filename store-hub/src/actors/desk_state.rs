//! What the shell of the desk knows beside the desk: which business day it is, and whether the disk
//! has room for something new.

use domain::{desk::DeskRecord, time::BusinessDate};

use super::payment_desk::PaymentDesk;

/// The running business day, as the journal tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BusinessDay {
    /// The day payments are booked under.
    pub(crate) date: BusinessDate,
    /// True from `DayClosing` to `DayClosed`.
    pub(crate) closing: bool,
}

impl BusinessDay {
    pub(crate) const fn first(date: BusinessDate) -> Self {
        Self {
            date,
            closing: false,
        }
    }

    /// Follows the records, in replay as in life.
    pub(crate) fn observe(&mut self, record: &DeskRecord) {
        match record {
            DeskRecord::DayClosing { date } => {
                self.date = *date;
                self.closing = true;
            }
            DeskRecord::DayClosed { date } => {
                self.date = date.next();
                self.closing = false;
            }
            DeskRecord::LaneAttached { .. }
            | DeskRecord::Requested { .. }
            | DeskRecord::Sent { .. }
            | DeskRecord::Decided { .. }
            | DeskRecord::Completed { .. }
            | DeskRecord::Abandoned { .. }
            | DeskRecord::ForwardQueued { .. }
            | DeskRecord::ForwardSent { .. }
            | DeskRecord::ForwardDeferred { .. }
            | DeskRecord::ForwardEnded { .. }
            | DeskRecord::DeadLetterResolved { .. }
            | DeskRecord::SignedOn { .. }
            | DeskRecord::TerminalStopped { .. }
            | DeskRecord::UnmatchedAnswer { .. }
            | DeskRecord::SettlementSent { .. }
            | DeskRecord::BatchClosed { .. }
            | DeskRecord::LeaseGranted { .. }
            | DeskRecord::LeaseEnded { .. }
            | DeskRecord::OfflineReported { .. }
            | DeskRecord::OfflineCardHeld { .. } => {}
        }
    }
}

impl PaymentDesk {
    /// Whether nothing new may be begun for want of room on the disk. What is decided already goes
    /// on: its records have a reserve, and wait in memory when that is used up. Told once each time
    /// it changes.
    pub(super) fn refuses_new_work(&mut self) -> bool {
        let why = self.parts.journal.refuses_new_work();
        if let Some(why) = why
            && !self.without_room
        {
            let code = "HUB0020";
            tracing::error!(event = "no room on the disk, new payments are refused", code, %why);
        }
        if why.is_none() && self.without_room {
            tracing::warn!(event = "room on the disk again");
        }
        self.without_room = why.is_some();
        self.without_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_day_opens_the_next() {
        let date = BusinessDate::parse("2026-11-22").unwrap();
        let mut day = BusinessDay::first(date);
        day.observe(&DeskRecord::DayClosing { date });
        assert_eq!(
            day,
            BusinessDay {
                date,
                closing: true
            }
        );
        day.observe(&DeskRecord::DayClosed { date });
        assert_eq!(day, BusinessDay::first(date.next()));
    }
}
