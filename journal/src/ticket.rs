//! A ticket: the place of a batch in the order of commits.

/// The place of one appended batch. A batch is durable when [`Journal::durable`] has reached its
/// ticket. Tickets are of this process only: they start anew at each open.
///
/// [`Journal::durable`]: crate::Journal::durable
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(u64);

impl Ticket {
    /// Before any batch: always durable.
    pub const NONE: Ticket = Ticket(0);

    /// The number behind the ticket, for logs and metrics.
    pub fn number(self) -> u64 {
        self.0
    }

    pub(crate) fn next(self) -> Ticket {
        Ticket(self.0.saturating_add(1))
    }
}

#[cfg(test)]
impl Ticket {
    /// A ticket out of thin air, for tests of what waits for tickets.
    pub(crate) fn of(number: u64) -> Ticket {
        Ticket(number)
    }
}
