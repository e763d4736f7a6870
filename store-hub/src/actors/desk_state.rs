//! What the shell of the desk remembers beside the desk: which business day it is.

use domain::{desk::DeskRecord, time::BusinessDate};

/// The running business day, as the journal tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct BusinessDay {
    /// The day payments are booked under.
    pub(crate) date: BusinessDate,
    /// True from `DayClosing` to `DayClosed`.
    pub(crate) closing: bool,
    /// The day that was closed last.
    pub(crate) last_closed: Option<BusinessDate>,
}

impl BusinessDay {
    pub(crate) const fn first(date: BusinessDate) -> Self {
        Self {
            date,
            closing: false,
            last_closed: None,
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
                self.last_closed = Some(*date);
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
                closing: true,
                ..BusinessDay::first(date)
            }
        );
        day.observe(&DeskRecord::DayClosed { date });
        assert_eq!(
            day,
            BusinessDay {
                last_closed: Some(date),
                ..BusinessDay::first(date.next())
            }
        );
    }
}
