//! What waits, and who took up what: a part of the checkpoint.

use std::collections::BTreeMap;

use super::fact::SuspendedFact;
use crate::{
    day::Machine,
    desk::{DayFact, DeskFact, DeskRecord},
    ids::SuspendedId,
    limits,
    time::{BusinessDate, WallMs},
};

/// Who has a basket, and so alone may take it up or hand it over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// The machine that suspended it.
    ItsOwn,
    /// One that it was handed over to.
    Another(Machine),
    /// No machine: whose it was is gone.
    Hub,
}

/// A basket that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WaitingBasket {
    /// Since when, by its lane's clock.
    pub at: WallMs,
    /// What the cashier calls it, or empty.
    pub label: String,
    /// Its record in the journal of its lane: its lines stand before it.
    pub sequence: u64,
    /// Who has it.
    pub holder: Holder,
}

impl WaitingBasket {
    /// The machine that has it; `None`: the hub itself.
    #[must_use]
    pub const fn machine(&self, id: SuspendedId) -> Option<Machine> {
        match self.holder {
            Holder::ItsOwn => Some(machine_of(id)),
            Holder::Another(machine) => Some(machine),
            Holder::Hub => None,
        }
    }
}

/// A basket that was taken up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TakenUp {
    /// By this machine.
    pub by: Machine,
    /// The date of the record.
    pub date: BusinessDate,
}

/// Part of the checkpoint: baskets that wait.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct BasketsPart {
    /// Those that wait.
    pub waiting: BTreeMap<SuspendedId, WaitingBasket>,
    /// Those that were taken up, for some weeks: journals may be told in any order.
    pub taken_up: BTreeMap<SuspendedId, TakenUp>,
}

pub(super) const fn machine_of(id: SuspendedId) -> Machine {
    Machine {
        lane: id.lane,
        epoch: id.epoch,
    }
}

impl BasketsPart {
    pub(in crate::desk) fn apply(&mut self, record: &DeskRecord) {
        match &record.fact {
            DeskFact::Suspended(fact) => self.apply_fact(fact, record.date),
            DeskFact::Day(DayFact::Turned { begins, .. }) => {
                let days = i64::from(limits::BASKET_TAKEN_UP_DAYS);
                self.taken_up
                    .retain(|_, taken| begins.days_since(taken.date) <= days);
            }
            DeskFact::Payment(_)
            | DeskFact::Forward(_)
            | DeskFact::Terminal(_)
            | DeskFact::Day(
                DayFact::SettlementOrdered | DayFact::Closing { .. } | DayFact::Closed { .. },
            )
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Hub(_)
            | DeskFact::Archive(_) => {}
        }
    }

    fn apply_fact(&mut self, fact: &SuspendedFact, date: BusinessDate) {
        match fact {
            SuspendedFact::Waits {
                id,
                at,
                label,
                sequence,
            } => {
                let basket = WaitingBasket {
                    at: *at,
                    label: label.clone(),
                    sequence: *sequence,
                    holder: Holder::ItsOwn,
                };
                self.waiting.insert(*id, basket);
            }
            SuspendedFact::Moved { id, to, .. } => self.now_of(*id, Holder::Another(*to)),
            SuspendedFact::TakenUp { id, by } => {
                self.waiting.remove(id);
                self.taken_up.insert(*id, TakenUp { by: *by, date });
            }
            SuspendedFact::Freed { id } => self.now_of(*id, Holder::Hub),
        }
    }

    fn now_of(&mut self, id: SuspendedId, holder: Holder) {
        if let Some(basket) = self.waiting.get_mut(&id) {
            basket.holder = holder;
        }
    }
}
