//! The close of a day no longer waits for advices of a silent lane. They stay in the queue, are
//! named, and go into the next batch (payments.md, "Settlement").

use crate::{
    desk::{Desk, DurableState, ForwardFact, outcome::Outcome},
    forward::Forward,
    ids::{ForwardId, LaneId, PaymentId},
    money::Money,
    terminal::Terminal,
};

/// An advice that can't be sent before its lane is back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Silent {
    /// The entry.
    pub forward_id: ForwardId,
    /// What it is for.
    pub payment_id: PaymentId,
    /// Who has to come back.
    pub lane: LaneId,
    /// How much waits.
    pub amount: Money,
    /// True: the lane has not sent the card. False: it has not said whether its sale was closed.
    pub awaits_card: bool,
}

impl Desk {
    /// The close waits no longer for silent lanes: the day may be closed without what they hold up.
    pub(crate) fn carry_over(&mut self, out: &mut Outcome) {
        for silent in self.silent() {
            let (forward_id, payment_id) = (silent.forward_id, silent.payment_id);
            let record = ForwardFact::CarriedOver {
                forward_id,
                payment_id,
            };
            self.note(out, record);
        }
        for tid in self.volatile.stations.keys() {
            out.touch(tid);
        }
    }

    /// What the close of a day waits for and only a lane can bring on, what is carried over apart.
    #[must_use]
    pub fn silent(&self) -> Vec<Silent> {
        let terminals = self.durable.terminals.values();
        let entries = terminals.flat_map(|terminal| &terminal.uploads);
        let entries = entries.filter(|id| !self.durable.carried.contains(id));
        let entries = entries.filter_map(|id| self.durable.forwards.get(id));
        entries.filter_map(|entry| self.silent_one(entry)).collect()
    }

    fn silent_one(&self, entry: &Forward) -> Option<Silent> {
        let payment = self.durable.payments.get(&entry.payment_id)?;
        (!self.durable.is_eligible(entry)).then_some(Silent {
            forward_id: entry.id,
            payment_id: entry.payment_id,
            lane: payment.request.lane,
            amount: entry.amount,
            awaits_card: self.durable.awaits_card(entry.payment_id),
        })
    }

    /// Entries that a close of the day waits for.
    #[must_use]
    pub fn queue_depth_to_close(&self) -> usize {
        let terminals = self.durable.terminals.values();
        let depths = terminals.map(|terminal| self.durable.depth_to_close(terminal));
        depths.fold(0, usize::saturating_add)
    }
}

impl DurableState {
    pub(crate) fn depth_to_close(&self, terminal: &Terminal) -> usize {
        let entries = terminal.reversals.iter().chain(&terminal.uploads);
        // The lane may have come back since: then it is waited for like any other.
        let waits = entries.filter(|id| {
            let entry = self.forwards.get(id);
            !self.carried.contains(id) || entry.is_some_and(|entry| self.is_eligible(entry))
        });
        waits.count()
    }
}
