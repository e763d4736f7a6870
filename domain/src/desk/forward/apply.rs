//! What the records of the store-and-forward queue make of the state. `None`: the record names
//! something nobody knows.

use crate::{
    desk::{DurableState, ForwardFact, counts::count},
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, Stan},
    limits::HOT_LIST_OWN_CARDS_MAX,
    terminal::BatchItem,
    time::WallMs,
};

impl DurableState {
    pub(in crate::desk) fn apply_forward(&mut self, fact: &ForwardFact, at: WallMs) -> Option<()> {
        match fact {
            ForwardFact::Queued {
                forward_id,
                payment_id,
                tid,
                kind,
                amount,
            } => self.queued(Forward {
                id: *forward_id,
                payment_id: *payment_id,
                tid: tid.clone(),
                kind: kind.clone(),
                amount: *amount,
                queued_at: at,
                bound: None,
                attempts: 0,
                attempts_forgiven: 0,
                first_try: None,
                last_try: None,
                last_code: None,
                end: None,
                resolution: None,
            }),
            ForwardFact::Sent {
                forward_id,
                stan,
                batch,
                attempt,
            } => self.tried(*forward_id, (*stan, *batch), *attempt, at),
            ForwardFact::Deferred {
                forward_id,
                code,
                sent_in_full,
            } => {
                let forward = self.forwards.get_mut(forward_id)?;
                forward.last_code = code.or(forward.last_code);
                if !sent_in_full {
                    forward.attempts = forward.attempts.saturating_sub(1);
                }
                Some(())
            }
            ForwardFact::Ended { forward_id, end } => self.ended(*forward_id, end),
            ForwardFact::Resolved { forward_id, how } => self.resolved(*forward_id, how),
            ForwardFact::CarriedOver { forward_id, .. } => {
                self.carried.insert(*forward_id);
                self.forwards.get(forward_id).map(|_| ())
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

    fn tried(
        &mut self,
        id: ForwardId,
        bound: (Stan, BatchNumber),
        attempt: u32,
        at: WallMs,
    ) -> Option<()> {
        let forward = self.forwards.get_mut(&id)?;
        let is_first = forward.bound.is_none();
        forward.bound = Some(bound);
        forward.attempts = attempt;
        forward.first_try = forward.first_try.or(Some(at));
        forward.last_try = Some(at);
        let is_reversal = matches!(forward.kind, ForwardKind::Reversal { .. });
        let tid = forward.tid.clone();
        if !is_reversal {
            let (stan, batch) = bound;
            let terminal = self.terminal_mut(&tid);
            terminal.last_financial = Some((batch, stan));
            if is_first {
                terminal.next_stan = stan.next();
            }
        }
        Some(())
    }

    fn ended(&mut self, id: ForwardId, end: &ForwardEnd) -> Option<()> {
        let forward = self.forwards.get_mut(&id)?;
        forward.end = Some(end.clone());
        let forward = forward.clone();
        self.dequeue(&forward);
        let card = self.payments.get(&forward.payment_id)?.request.card.hash;
        let is_advice = forward.kind == ForwardKind::Advice;
        match end {
            ForwardEnd::Delivered { amount, .. } => {
                count(&mut self.counts.forward_delivered);
                self.delivered(&forward, end);
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
                code,
                ..
            } => {
                count(&mut self.counts.forward_dead_letters);
                if *declined_after_goods {
                    count(&mut self.counts.declined_after_goods);
                    if self.hot_list.len() < HOT_LIST_OWN_CARDS_MAX {
                        self.hot_list.extend(card);
                    }
                }
                if let Some(forward) = self.forwards.get_mut(&id) {
                    forward.last_code = code.or(forward.last_code);
                }
            }
        }
        Some(())
    }

    /// What a delivered entry changes of what the host counts in the batch.
    fn delivered(&mut self, forward: &Forward, end: &ForwardEnd) {
        let ForwardEnd::Delivered { amount, code } = end else {
            return;
        };
        if let Some(open) = self.forwards.get_mut(&forward.id) {
            open.last_code = Some(*code);
        }
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
                    amount: *amount,
                    is_credit: forward.kind != ForwardKind::Advice,
                };
                let terminal = self.terminal_mut(&forward.tid);
                terminal.items.insert((batch, stan), item);
            }
        }
    }

    fn resolved(&mut self, id: ForwardId, how: &Resolution) -> Option<()> {
        let forward = self.forwards.get_mut(&id)?;
        match how {
            Resolution::Retry => {
                forward.end = None;
                forward.attempts_forgiven = forward.attempts;
                let forward = forward.clone();
                self.enqueue(&forward);
            }
            Resolution::SettledByHand { .. } | Resolution::WrittenOff { .. } => {
                forward.resolution = Some(how.clone());
                let forward = forward.clone();
                let card = self.payments.get(&forward.payment_id)?.request.card.hash;
                if forward.kind == ForwardKind::Advice {
                    self.risk.shrink(card.as_ref(), forward.amount.minor());
                }
            }
        }
        Some(())
    }
}
