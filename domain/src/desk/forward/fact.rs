//! What is written of one entry of the store-and-forward queue, and what it makes of the state and
//! of the books.

use crate::{
    desk::{DurableState, counts::count, posting},
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, PaymentId, Stan, Tid},
    limits::HOT_LIST_OWN_CARDS_MAX,
    money::Money,
    response_code::ResponseCode,
    settlement::Transfer,
    terminal::BatchItem,
    time::WallMs,
};

/// What happened to a queue entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ForwardFact {
    /// It was queued, in the commit of what caused it.
    Queued {
        /// The entry.
        forward_id: ForwardId,
        /// The payment it is for.
        payment_id: PaymentId,
        /// Its terminal.
        tid: Tid,
        /// Reversal, advice or void, with what is frozen in it.
        kind: ForwardKind,
        /// For how much.
        amount: Money,
    },
    /// A try: STAN and batch are bound by the first; durable before the first byte leaves.
    Sent {
        /// The entry.
        forward_id: ForwardId,
        /// Its STAN: of the original for a reversal.
        stan: Stan,
        /// Its batch: of the original for a reversal.
        batch: BatchNumber,
        /// Which try, from 1.
        attempt: u32,
    },
    /// It came back with "later", or not at all.
    Deferred {
        /// The entry.
        forward_id: ForwardId,
        /// The host's code, if it answered.
        code: Option<ResponseCode>,
        /// False: the host can't have seen this try, and it counts for nothing.
        sent_in_full: bool,
    },
    /// It left the queue (I9).
    Ended {
        /// The entry.
        forward_id: ForwardId,
        /// Delivered, withdrawn or dead letter.
        end: ForwardEnd,
    },
    /// A dead letter was resolved by hand.
    Resolved {
        /// The entry.
        forward_id: ForwardId,
        /// How.
        how: Resolution,
    },
    /// The close of the running day does not wait for it: its lane is silent. It stays in the
    /// queue.
    CarriedOver {
        /// The entry.
        forward_id: ForwardId,
        /// What it is for.
        payment_id: PaymentId,
    },
}

impl ForwardFact {
    /// The entry that it puts into the queue.
    #[must_use]
    pub fn entry(&self, at: WallMs) -> Option<Forward> {
        let Self::Queued {
            forward_id,
            payment_id,
            tid,
            kind,
            amount,
        } = self
        else {
            return None;
        };
        Some(Forward {
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
        })
    }

    /// What it makes of the entry it is about, once that was queued.
    pub fn change(&self, forward: &mut Forward, at: WallMs) {
        match self {
            Self::Sent {
                stan,
                batch,
                attempt,
                ..
            } => {
                forward.bound = Some((*stan, *batch));
                forward.attempts = *attempt;
                forward.first_try = forward.first_try.or(Some(at));
                forward.last_try = Some(at);
            }
            Self::Deferred {
                code, sent_in_full, ..
            } => {
                forward.last_code = code.or(forward.last_code);
                if !sent_in_full {
                    forward.attempts = forward.attempts.saturating_sub(1);
                }
            }
            Self::Ended { end, .. } => {
                forward.last_code = match end {
                    ForwardEnd::Delivered { code, .. } => Some(*code),
                    ForwardEnd::DeadLetter { code, .. } => code.or(forward.last_code),
                    ForwardEnd::Withdrawn => forward.last_code,
                };
                forward.end = Some(end.clone());
            }
            Self::Resolved { how, .. } => match how {
                Resolution::Retry => {
                    forward.end = None;
                    forward.attempts_forgiven = forward.attempts;
                }
                Resolution::SettledByHand { .. } | Resolution::WrittenOff { .. } => {
                    forward.resolution = Some(how.clone());
                }
            },
            // That the close does not wait for it changes nothing of it.
            Self::Queued { .. } | Self::CarriedOver { .. } => {}
        }
    }

    /// The money that it moves (I1), told by the state before it.
    pub(in crate::desk) fn transfers(&self, state: &DurableState) -> Vec<Transfer> {
        let entry = posting::entry(state, self.forward_id());
        let moved = match self {
            Self::Queued {
                payment_id, kind, ..
            } => {
                let payment = state.payments.get(payment_id);
                payment.and_then(|payment| posting::undo_begins(payment, kind))
            }
            Self::Ended { end, .. } => {
                entry.and_then(|(payment, forward)| posting::ended(payment, forward, end))
            }
            Self::Resolved { how, .. } => {
                entry.and_then(|(payment, forward)| posting::resolved(payment, forward, how))
            }
            Self::Sent { .. } | Self::Deferred { .. } | Self::CarriedOver { .. } => None,
        };
        moved.into_iter().collect()
    }

    /// The entry it is about.
    #[must_use]
    pub const fn forward_id(&self) -> ForwardId {
        match self {
            Self::Queued { forward_id, .. }
            | Self::Sent { forward_id, .. }
            | Self::Deferred { forward_id, .. }
            | Self::Ended { forward_id, .. }
            | Self::Resolved { forward_id, .. }
            | Self::CarriedOver { forward_id, .. } => *forward_id,
        }
    }

    /// The payment the entry is for, where the record says it; else the entry tells.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Queued { payment_id, .. } | Self::CarriedOver { payment_id, .. } => {
                Some(*payment_id)
            }
            Self::Sent { .. }
            | Self::Deferred { .. }
            | Self::Ended { .. }
            | Self::Resolved { .. } => None,
        }
    }
}

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
