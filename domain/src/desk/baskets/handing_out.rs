//! A lane asks for a basket that waits elsewhere, and journals say what became of it.
//!
//! Who has a basket is asked to hand it over, and nobody else is believed: the lane's own record
//! that it did is what moves it. So a basket is given to one lane, whoever dies in between, and a
//! lane without its hub may always take up what it did not hand over itself. What was handed over
//! and not taken up waits for that lane alone, which gets it as often as it asks.

use crate::{
    day::Machine,
    desk::{
        Alarm, Desk, Effect,
        baskets::{
            SuspendedFact,
            part::{Holder, machine_of},
        },
        outcome::Outcome,
    },
    ids::{LaneId, SuspendedId},
    limits,
    recall::{RecallRefusal, RecallRefused, StoreBasket},
    time::WallMs,
};

/// What a lane asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BasketAsk {
    /// Which basket.
    pub id: SuspendedId,
    /// The machine that asks.
    pub by: Machine,
    /// Whether the machine that has it is connected and hands over.
    pub holder_is_here: bool,
}

/// A basket that is a lane's to take up: its lines stand in its lane's journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BasketAt {
    /// Which.
    pub id: SuspendedId,
    /// The record that ends them.
    pub sequence: u64,
}

impl Desk {
    /// The machine that has a basket, if one does.
    #[must_use]
    pub fn holder_of(&self, id: SuspendedId) -> Option<Machine> {
        self.durable.baskets.waiting.get(&id)?.machine(id)
    }

    /// What waits in the store, oldest first.
    pub fn store_baskets(&self) -> impl Iterator<Item = StoreBasket> {
        let mut waiting: Vec<_> = self.durable.baskets.waiting.iter().collect();
        waiting.sort_by_key(|(id, basket)| (basket.at, **id));
        waiting.into_iter().map(|(id, basket)| StoreBasket {
            id: *id,
            at: basket.at,
            label: basket.label.clone(),
            lane: basket.machine(*id).map(|machine| machine.lane),
        })
    }

    pub(crate) fn basket_asked(&mut self, out: &mut Outcome, ask: BasketAsk) {
        // It asks for one at a time.
        self.volatile.baskets_asked.remove(&ask.by.lane);
        match self.whose(ask) {
            Ok(Holder::Another(_)) => self.give(out, ask.id, ask.by),
            Ok(Holder::Hub) => {
                let (id, to, by_hub) = (ask.id, ask.by, true);
                self.note(out, SuspendedFact::Moved { id, to, by_hub });
                self.give(out, ask.id, ask.by);
            }
            Ok(Holder::ItsOwn) => {
                self.volatile.baskets_asked.insert(ask.by.lane, ask);
                out.effect(Effect::AskToHandOver {
                    basket: ask.id,
                    to: ask.by,
                });
            }
            Err(refused) => refuse(out, ask.by.lane, ask.id, refused),
        }
    }

    /// Who has it, where whoever asks may get it.
    fn whose(&self, ask: BasketAsk) -> Result<Holder, RecallRefused> {
        let baskets = &self.durable.baskets;
        if let Some(taken) = baskets.taken_up.get(&ask.id) {
            return Err(RecallRefused::has(RecallRefusal::TakenUp, taken.by.lane));
        }
        let known = baskets.waiting.get(&ask.id);
        let holder = known.ok_or(RecallRefusal::NoSuchBasket)?.holder;
        match holder {
            Holder::Hub => Ok(holder),
            Holder::Another(machine) if machine == ask.by => Ok(holder),
            Holder::Another(machine) => {
                Err(RecallRefused::has(RecallRefusal::HandedOver, machine.lane))
            }
            // Its journal will tell what became of it.
            Holder::ItsOwn if machine_of(ask.id) == ask.by => {
                Err(RecallRefusal::NoSuchBasket.into())
            }
            Holder::ItsOwn if ask.holder_is_here => Ok(holder),
            Holder::ItsOwn => Err(RecallRefused::has(RecallRefusal::LaneAway, ask.id.lane)),
        }
    }

    fn give(&self, out: &mut Outcome, id: SuspendedId, to: Machine) {
        if let Some(basket) = self.durable.baskets.waiting.get(&id) {
            let sequence = basket.sequence;
            out.effect(Effect::BasketAnswer {
                to: to.lane,
                basket: id,
                answer: Ok(BasketAt { id, sequence }),
            });
        }
    }

    /// A lane's journal shows a basket that waits.
    pub(crate) fn basket_waits(
        &mut self,
        out: &mut Outcome,
        id: SuspendedId,
        at: WallMs,
        (label, sequence): (String, u64),
    ) {
        let baskets = &self.durable.baskets;
        let is_known = baskets.waiting.contains_key(&id) || baskets.taken_up.contains_key(&id);
        if is_known || baskets.waiting.len() >= limits::STORE_BASKETS_MAX {
            return;
        }
        let fact = SuspendedFact::Waits {
            id,
            at,
            label,
            sequence,
        };
        self.note(out, fact);
    }

    /// A lane's journal shows that it handed a basket over.
    pub(crate) fn basket_handed_over(&mut self, out: &mut Outcome, id: SuspendedId, to: Machine) {
        let known = self.durable.baskets.waiting.get(&id);
        if known.is_none_or(|basket| basket.holder != Holder::ItsOwn) {
            return;
        }
        let by_hub = false;
        self.note(out, SuspendedFact::Moved { id, to, by_hub });
        let has_it = RecallRefused::has(RecallRefusal::HandedOver, to.lane);
        self.answer_who_asked(out, id, to, has_it);
    }

    /// A lane's journal shows that it took a basket up.
    pub(crate) fn basket_taken_up(&mut self, out: &mut Outcome, id: SuspendedId, by: Machine) {
        match self.durable.baskets.taken_up.get(&id) {
            Some(taken) if taken.by == by => return,
            Some(taken) => {
                let first = taken.by;
                return out.effect(Effect::Alarm(Alarm::BasketTwice { id, first, by }));
            }
            None => {}
        }
        self.note(out, SuspendedFact::TakenUp { id, by });
        let sold = RecallRefused::has(RecallRefusal::TakenUp, by.lane);
        self.answer_who_asked(out, id, by, sold);
    }

    /// Whoever waits for it: `to` has it, the others are told so.
    fn answer_who_asked(
        &mut self,
        out: &mut Outcome,
        id: SuspendedId,
        to: Machine,
        refused: RecallRefused,
    ) {
        let asked = &mut self.volatile.baskets_asked;
        let who: Vec<Machine> = asked
            .extract_if(.., |_, ask| ask.id == id)
            .map(|(_, ask)| ask.by)
            .collect();
        for by in who {
            if by == to {
                self.give(out, id, by);
            } else {
                refuse(out, by.lane, id, refused);
            }
        }
    }

    /// All of a machine's journal is here, and it ended: what it had is nobody's.
    pub(crate) fn baskets_of_gone(&mut self, out: &mut Outcome, gone: Machine) {
        let waiting = self.durable.baskets.waiting.iter();
        let had: Vec<SuspendedId> = waiting
            .filter(|(id, basket)| basket.machine(**id) == Some(gone))
            .map(|(id, _)| *id)
            .collect();
        for id in had {
            self.note(out, SuspendedFact::Freed { id });
        }
    }
}

fn refuse(out: &mut Outcome, to: LaneId, basket: SuspendedId, refused: RecallRefused) {
    out.effect(Effect::BasketAnswer {
        to,
        basket,
        answer: Err(refused),
    });
}
