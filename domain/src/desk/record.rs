//! What the desk writes. The payments of a store are exactly what these records say.

use crate::{
    day::Fact,
    desk::{
        Desk, archive::ArchiveFact, baskets::SuspendedFact, day::DayFact, forward::ForwardFact,
        hub::HubFact, lease::LeaseFact, payment::PaymentFact, returns::ReturnFact,
        terminal::TerminalFact,
    },
    ids::PaymentId,
    time::{BusinessDate, WallMs},
};

/// One durable fact, with its time on the business clock and the business day it is booked under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeskRecord {
    /// When it was decided.
    pub at: WallMs,
    /// The running day when it was decided.
    pub date: BusinessDate,
    /// What.
    pub fact: DeskFact,
}

/// What happened, by what it happened to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DeskFact {
    /// To a payment.
    Payment(PaymentFact),
    /// To an entry of the queue.
    Forward(ForwardFact),
    /// To a terminal.
    Terminal(TerminalFact),
    /// To the business day.
    Day(DayFact),
    /// To a lease.
    Lease(LeaseFact),
    /// To goods that come back.
    Return(ReturnFact),
    /// To a basket that waits.
    Suspended(SuspendedFact),
    /// To a machine: a lane's, or the hub's.
    Hub(HubFact),
    /// To payments that are over.
    Archive(ArchiveFact),
}

impl DeskRecord {
    /// What it is to the store's dates.
    #[must_use]
    pub fn of_dates(&self) -> Option<Fact> {
        match &self.fact {
            DeskFact::Payment(fact) => fact.of_dates(self.date),
            DeskFact::Terminal(fact) => fact.of_dates(self.date),
            DeskFact::Day(fact) => fact.of_dates(),
            DeskFact::Hub(fact) => fact.of_dates(self.date),
            DeskFact::Forward(_)
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_)
            | DeskFact::Archive(_) => None,
        }
    }
}

impl From<PaymentFact> for DeskFact {
    fn from(fact: PaymentFact) -> Self {
        Self::Payment(fact)
    }
}

impl From<ForwardFact> for DeskFact {
    fn from(fact: ForwardFact) -> Self {
        Self::Forward(fact)
    }
}

impl From<TerminalFact> for DeskFact {
    fn from(fact: TerminalFact) -> Self {
        Self::Terminal(fact)
    }
}

impl From<DayFact> for DeskFact {
    fn from(fact: DayFact) -> Self {
        Self::Day(fact)
    }
}

impl From<LeaseFact> for DeskFact {
    fn from(fact: LeaseFact) -> Self {
        Self::Lease(fact)
    }
}

impl From<ReturnFact> for DeskFact {
    fn from(fact: ReturnFact) -> Self {
        Self::Return(fact)
    }
}

impl From<SuspendedFact> for DeskFact {
    fn from(fact: SuspendedFact) -> Self {
        Self::Suspended(fact)
    }
}

impl From<HubFact> for DeskFact {
    fn from(fact: HubFact) -> Self {
        Self::Hub(fact)
    }
}

impl From<ArchiveFact> for DeskFact {
    fn from(fact: ArchiveFact) -> Self {
        Self::Archive(fact)
    }
}

impl Desk {
    /// The payment that a fact is about. Of an entry of the queue the state knows it where the fact
    /// names the entry alone.
    #[must_use]
    pub fn payment_of(&self, fact: &DeskFact) -> Option<PaymentId> {
        match fact {
            DeskFact::Payment(fact) => Some(fact.payment_id()),
            DeskFact::Forward(fact) => fact.payment_id().or_else(|| {
                let entry = self.forward(fact.forward_id());
                entry.map(|entry| entry.payment_id)
            }),
            DeskFact::Hub(fact) => fact.payment_id(),
            DeskFact::Archive(fact) => fact.payment_id(),
            DeskFact::Terminal(_)
            | DeskFact::Day(_)
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_) => None,
        }
    }
}
