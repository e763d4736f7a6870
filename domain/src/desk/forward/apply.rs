//! What the records of the store-and-forward queue make of the state. `None`: the record names
//! something nobody knows.

use crate::{
    desk::{DurableState, ForwardFact, counts::count},
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, Stan},
    limits::HOT_LIST_OWN_CARDS_MAX,
    money::Money,
    terminal::BatchItem,
    time::WallMs,
};

impl DurableState {
    pub(in crate::desk) fn apply_forward(&mut self, fact: &ForwardFact, at: WallMs) -> Option<()> {
        if let Some(forward) = fact.entry(at) {
            return self.queued(forward);
        }
        let id = fact.forward_id();
        let before = self.forwards.get(&id)?.clone();
        if let Some(forward) = self.forwards.get_mut(&id) {
            fact.change(forward, at);
        }
        match fact {
            ForwardFact::Queued { .. } | ForwardFact::Deferred { .. } => Some(()),
            ForwardFact::Sent { stan, batch, .. } => {
                self.tried(&before, (*stan, *batch));
                Some(())
            }
            ForwardFact::Ended { end, .. } => self.ended(&before, end),
            ForwardFact::Resolved { how, .. } => self.resolved(id, how),
            ForwardFact::CarriedOver { .. } => {
                self.carried.insert(id);
                Some(())
            }
        }
    }

    /// Puts an entry into the queue of its terminal.
    pub(crate) fn enqueue(&mut self, forward: &Forward) {
        let terminal = self.terminal_mut(&forward.tid);
        let is_new = match forward.kind {
            ForwardKind::Reversal { .. } => terminal.reversals.insert(forward.id),
            ForwardKind::Advice | ForwardKind::Void { .. } => terminal.uploads.insert(forward.id),
        };
        if is_new {
            self.queue_depth = self.queue_depth.saturating_add(1);
            self.queue_depth_max = self.queue_depth_max.max(self.queue_depth);
        }
    }

    /// Takes an entry out of the queue of its terminal.
    pub(crate) fn dequeue(&mut self, forward: &Forward) {
        let terminal = self.terminal_mut(&forward.tid);
        let was_there =
            terminal.reversals.remove(&forward.id) | terminal.uploads.remove(&forward.id);
        if was_there {
            self.queue_depth = self.queue_depth.saturating_sub(1);
        }
    }

    fn queued(&mut self, forward: Forward) -> Option<()> {
        let (id, payment_id) = (forward.id, forward.payment_id);
        count(&mut self.counts.forward_queued);
        self.last_forward = self.last_forward.max(id);
        self.enqueue(&forward);
        self.forwards.insert(id, forward);
        let payment = self.payments.get_mut(&payment_id)?;
        payment.forwards.push(id);
        Some(())
    }

    fn tried(&mut self, before: &Forward, (stan, batch): (Stan, BatchNumber)) {
        if matches!(before.kind, ForwardKind::Reversal { .. }) {
            return;
        }
        let is_first = before.bound.is_none();
        let terminal = self.terminal_mut(&before.tid);
        terminal.last_financial = Some((batch, stan));
        if is_first {
            terminal.next_stan = stan.next();
        }
    }

    fn ended(&mut self, forward: &Forward, end: &ForwardEnd) -> Option<()> {
        self.dequeue(forward);
        let card = self.payments.get(&forward.payment_id)?.request.card.hash;
        let is_advice = forward.kind == ForwardKind::Advice;
        match end {
            ForwardEnd::Delivered { amount, .. } => {
                count(&mut self.counts.forward_delivered);
                self.delivered(forward, *amount);
                if is_advice {
                    self.risk.shrink(card.as_ref(), amount.minor());
                }
            }
            ForwardEnd::Withdrawn => {
                count(&mut self.counts.forward_withdrawn);
                if is_advice {
                    self.risk.shrink(card.as_ref(), forward.amount.minor());
                }
            }
            ForwardEnd::DeadLetter {
                declined_after_goods,
                ..
            } => {
                count(&mut self.counts.forward_dead_letters);
                if *declined_after_goods {
                    count(&mut self.counts.declined_after_goods);
                    if self.hot_list.len() < HOT_LIST_OWN_CARDS_MAX {
                        self.hot_list.extend(card);
                    }
                }
            }
        }
        Some(())
    }

    /// What a delivered entry changes of what the host counts in the batch.
    fn delivered(&mut self, forward: &Forward, amount: Money) {
        match &forward.kind {
            ForwardKind::Reversal {
                original_stan,
                original_batch,
                ..
            } => {
                count(&mut self.counts.reversed);
                let original = (*original_batch, *original_stan);
                self.terminal_mut(&forward.tid).items.remove(&original);
            }
            ForwardKind::Advice | ForwardKind::Void { .. } => {
                let Some((stan, batch)) = forward.bound else {
                    return;
                };
                let item = BatchItem {
                    payment_id: forward.payment_id,
                    amount,
                    is_credit: forward.kind != ForwardKind::Advice,
                };
                let terminal = self.terminal_mut(&forward.tid);
                terminal.items.insert((batch, stan), item);
            }
        }
    }

    fn resolved(&mut self, id: ForwardId, how: &Resolution) -> Option<()> {
        let forward = self.forwards.get(&id)?.clone();
        match how {
            Resolution::Retry => self.enqueue(&forward),
            Resolution::SettledByHand { .. } | Resolution::WrittenOff { .. } => {
                let card = self.payments.get(&forward.payment_id)?.request.card.hash;
                if forward.kind == ForwardKind::Advice {
                    self.risk.shrink(card.as_ref(), forward.amount.minor());
                }
            }
        }
        Some(())
    }
}
