//! What a record makes of the state. The one place where it changes: a step applies each record it
//! writes with this code, and a start applies those it reads.

use crate::{
    desk::{DeskRecord, DurableState, counts::count, posting},
    forward::{Forward, ForwardKind},
    ids::{BatchNumber, LaneId, PaymentId, Stan, Tid},
    payment::{Completion, Decision, Payment, PaymentRequest, Progress},
    settlement::BatchTotals,
    terminal::{BatchItem, Settling},
    time::{BusinessDate, WallMs},
};

impl DurableState {
    pub(crate) fn apply(&mut self, record: &DeskRecord) {
        for transfer in posting::transfers(self, record) {
            self.balances.post(transfer);
        }
        if self.try_apply(record).is_none() {
            count(&mut self.orphan_records);
        }
    }

    /// `None`: the record names something nobody knows.
    #[allow(
        clippy::too_many_lines,
        reason = "one arm a record; a table is read as a whole"
    )]
    fn try_apply(&mut self, record: &DeskRecord) -> Option<()> {
        match record {
            DeskRecord::LaneAttached { lane, epoch } => {
                self.lane_epochs.insert(*lane, *epoch);
                Some(())
            }
            DeskRecord::Requested { request, at } => self.requested(request, *at),
            DeskRecord::Sent {
                payment_id,
                tid,
                stan,
                batch,
            } => self.sent(*payment_id, tid, *stan, *batch),
            DeskRecord::Decided {
                payment_id,
                decision,
                ..
            } => self.decided(*payment_id, decision),
            DeskRecord::Completed {
                payment_id,
                receipt,
            } => {
                self.payments.get_mut(payment_id)?.completion = Completion::Completed(*receipt);
                Some(())
            }
            DeskRecord::Abandoned { payment_id, lane } => {
                self.abandoned(*payment_id, *lane);
                Some(())
            }
            DeskRecord::ForwardQueued { .. } => self.queued(record),
            DeskRecord::ForwardSent {
                forward_id,
                stan,
                batch,
                attempt,
                at,
            } => self.tried(*forward_id, (*stan, *batch), *attempt, *at),
            DeskRecord::ForwardDeferred { forward_id, code } => {
                let forward = self.forwards.get_mut(forward_id)?;
                forward.last_code = code.or(forward.last_code);
                Some(())
            }
            DeskRecord::ForwardEnded {
                forward_id, end, ..
            } => self.ended(*forward_id, end),
            DeskRecord::DeadLetterResolved { forward_id, how } => self.resolved(*forward_id, how),
            DeskRecord::UnmatchedAnswer { .. } => {
                count(&mut self.counts.late_answers);
                Some(())
            }
            DeskRecord::LeaseGranted { lease, at } => {
                self.leases.grant(lease.clone(), *at);
                Some(())
            }
            DeskRecord::LeaseEnded { lease_id, end, at } => {
                let ended = self.leases.end(*lease_id, end.clone(), *at);
                ended.then_some(())
            }
            DeskRecord::OfflineReported { request, lease, at } => {
                self.offline_reported(request, *lease, *at)
            }
            DeskRecord::OfflineCardHeld { payment_id } => {
                self.offline_cards.insert(*payment_id);
                Some(())
            }
            DeskRecord::CarriedOver { forward_id, .. } => {
                self.carried.insert(*forward_id);
                self.forwards.get(forward_id).map(|_| ())
            }
            DeskRecord::PreviousHub {
                hub_epoch,
                last_lease,
                skipped,
                ..
            } => {
                self.previous_hub(*hub_epoch, *last_lease, skipped.as_ref());
                Some(())
            }
            DeskRecord::AskedOfPreviousHub {
                payment_id,
                lane,
                at,
            } => {
                self.previous_hub.asked.insert(*payment_id, (*lane, *at));
                Some(())
            }
            DeskRecord::SignedOn { tid, batch } => {
                self.signed_on(tid, *batch);
                Some(())
            }
            DeskRecord::TerminalStopped { tid, theirs } => {
                self.terminal_mut(tid).stopped = Some(*theirs);
                Some(())
            }
            DeskRecord::DayClosing { date } => {
                self.closing = Some(*date);
                Some(())
            }
            DeskRecord::SettlementSent {
                tid, stan, totals, ..
            } => {
                self.settlement_sent(tid, *stan, *totals);
                Some(())
            }
            DeskRecord::BatchClosed {
                tid,
                batch,
                balanced,
                ..
            } => {
                self.batch_closed(tid, *batch, *balanced);
                Some(())
            }
            DeskRecord::DayClosed { date } => {
                self.day_closed(*date);
                Some(())
            }
            DeskRecord::Archived { payment_ids } => self.archive_all(payment_ids),
            DeskRecord::Restored { file } => {
                self.restore(file);
                Some(())
            }
        }
    }

    fn signed_on(&mut self, tid: &Tid, batch: BatchNumber) {
        let terminal = self.terminal_mut(tid);
        // A 0500 of a batch that is left behind empty is not repeated in the next.
        if terminal.batch != Some(batch) && terminal.settling != Settling::Closed {
            terminal.settling = Settling::Open;
        }
        terminal.batch = Some(batch);
        terminal.stopped = None;
    }

    /// May come before the request does: the id is then refused when it comes.
    fn abandoned(&mut self, id: PaymentId, lane: LaneId) {
        match self.payments.get_mut(&id) {
            Some(payment) => payment.completion = Completion::Abandoned,
            None => {
                self.abandoned_early.insert(id, lane);
            }
        }
    }

    pub(crate) fn requested(&mut self, request: &PaymentRequest, at: WallMs) -> Option<()> {
        let id = request.payment_id;
        let completion = match self.abandoned_early.remove(&id) {
            Some(_) => Completion::Abandoned,
            None => Completion::Open,
        };
        let payment = Payment {
            request: request.clone(),
            requested_at: at,
            bound: None,
            progress: Progress::Requested,
            completion,
            forwards: Vec::new(),
            settled_in: None,
        };
        let before = self.payments.insert(id, payment);
        self.undecided.insert(id);
        count(&mut self.counts.requested);
        before.is_none().then_some(())
    }

    fn sent(&mut self, id: PaymentId, tid: &Tid, stan: Stan, batch: BatchNumber) -> Option<()> {
        let payment = self.payments.get_mut(&id)?;
        payment.bound = Some((tid.clone(), stan, batch));
        payment.progress = Progress::Sent;
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.last_financial = Some((batch, stan));
        Some(())
    }

    fn decided(&mut self, id: PaymentId, decision: &Decision) -> Option<()> {
        self.undecided.remove(&id);
        self.count_decision(decision);
        let payment = self.payments.get_mut(&id)?;
        payment.progress = Progress::Decided(decision.clone());
        let card = payment.request.card.hash;
        let bound = payment.bound.clone();
        match decision {
            Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. } => {
                let (tid, stan, batch) = bound?;
                let item = BatchItem {
                    payment_id: id,
                    amount: *amount,
                    is_credit: false,
                };
                self.terminal_mut(&tid).items.insert((batch, stan), item);
            }
            Decision::StandIn { amount } | Decision::OfflineApproved { amount, .. } => {
                self.exposure.grow(card.as_ref(), amount.minor());
            }
            Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => {}
        }
        Some(())
    }

    const fn count_decision(&mut self, decision: &Decision) {
        count(match decision {
            Decision::Approved { .. } => &mut self.counts.approved,
            Decision::PartiallyApproved { .. } => &mut self.counts.partially_approved,
            Decision::Declined { .. } => &mut self.counts.declined,
            Decision::Unknown { .. } => &mut self.counts.unknown,
            Decision::Refused { .. } => &mut self.counts.refused,
            Decision::StandIn { .. } => &mut self.counts.stand_in,
            Decision::OfflineApproved { .. } => &mut self.counts.offline_approved,
        });
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

    fn settlement_sent(&mut self, tid: &Tid, stan: Stan, totals: BatchTotals) {
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.settling = Settling::Sent { stan, totals };
    }

    fn batch_closed(&mut self, tid: &Tid, batch: BatchNumber, balanced: bool) {
        count(&mut self.counts.batches);
        if balanced {
            count(&mut self.counts.batches_balanced);
        }
        let day_is_closing = self.closing.is_some();
        let terminal = self.terminal_mut(tid);
        let items = std::mem::take(&mut terminal.items);
        // A terminal that rule 10 had stopped goes on in the host's batch.
        terminal.batch = Some(terminal.stopped.take().unwrap_or(batch.next()));
        terminal.last_financial = None;
        // A full batch is settled during the day as well; the day's own settlement comes then, too.
        terminal.settling = match day_is_closing {
            true => Settling::Closed,
            false => Settling::Open,
        };
        for item in items.values() {
            if let Some(payment) = self.payments.get_mut(&item.payment_id) {
                payment.settled_in = Some(batch);
            }
        }
    }

    fn day_closed(&mut self, date: BusinessDate) {
        self.closed = Some(date);
        self.closing = None;
        self.previous_hub.asked.clear();
        self.carried.clear();
        let today = self.counts.since(&self.counts_before_today);
        self.counts_of_days.insert(date, today);
        self.counts_before_today = self.counts;
        for terminal in self.terminals.values_mut() {
            terminal.settling = Settling::Open;
        }
    }
}
