//! Payments, queue and batches, told again from the hub's journal.

use std::collections::BTreeMap;

use proto::{
    journal::v1::{
        BatchClosed, ForwardEndKind, ForwardEnded, ForwardKind, ForwardQueued, HubRecord,
        OfflineReported, Requested, SettlementSent, hub_record::Body,
    },
    store::v1::{Decision, DecisionKind},
};

use crate::oracle::{
    hub_records::{About, OfBatch, OfForward, OfLease, OfPayment, about},
    hub_returns::HubReturns,
    leases::HubLeases,
    values::minor,
};

/// Terminal, batch and STAN of a message.
pub(super) type Place = (String, u32, u32);

/// One payment as the hub knows it.
#[derive(Clone, Debug, Default)]
pub(super) struct HubPayment {
    /// Which lane asked.
    pub lane: u32,
    /// For how much; `None`: the hub never got the request.
    pub asked_minor: Option<i64>,
    /// Keyed hash of the card.
    pub card_hash: Vec<u8>,
    /// Where its 0200 stands, each time it was sent.
    pub sent: Vec<Place>,
    /// What was decided, each time.
    pub decisions: Vec<Decision>,
    /// The lane asked the hub for it.
    pub requested: bool,
    /// The lane's journal told of it: approved there.
    pub offline: bool,
    /// The receipt it stands on.
    pub completed: Option<String>,
    /// Whether the lane gave it up.
    pub abandoned: bool,
    /// Its queue entries.
    pub forwards: Vec<u64>,
}

impl HubPayment {
    /// The decision.
    #[must_use]
    pub(super) fn decision(&self) -> Option<&Decision> {
        self.decisions.first()
    }

    /// Kind of the decision.
    #[must_use]
    pub(super) fn kind(&self) -> DecisionKind {
        self.decision()
            .map_or(DecisionKind::Unspecified, Decision::kind)
    }
}

/// One queue entry.
#[derive(Clone, Debug)]
pub(super) struct HubForward {
    /// Reversal, advice or void, and for what.
    pub queued: ForwardQueued,
    /// Its tries.
    pub sent: Vec<Place>,
    /// How it left the queue, each time.
    pub ends: Vec<ForwardEnded>,
    /// Whether somebody has resolved it as a dead letter.
    pub resolved: bool,
}

impl HubForward {
    /// How it left the queue, if it has.
    #[must_use]
    pub(super) fn end(&self) -> ForwardEndKind {
        self.ends
            .last()
            .map_or(ForwardEndKind::Unspecified, ForwardEnded::end)
    }

    /// What the bank has of it.
    #[must_use]
    pub(super) fn delivered_minor(&self) -> i64 {
        let delivered = self
            .ends
            .iter()
            .filter(|end| end.end() == ForwardEndKind::Delivered);
        delivered.map(|end| minor(end.delivered.as_ref())).sum()
    }

    /// What is owed to nobody's account any more: somebody has to see to it.
    #[must_use]
    pub(super) fn is_dead_letter(&self) -> bool {
        self.end() == ForwardEndKind::DeadLetter
    }
}

/// All that the hub's journal tells.
#[derive(Clone, Debug, Default)]
pub(super) struct HubBook {
    /// By id.
    pub payments: BTreeMap<String, HubPayment>,
    /// By number.
    pub forwards: BTreeMap<u64, HubForward>,
    /// In the order closed.
    pub batches: Vec<BatchClosed>,
    /// Days that were closed.
    pub days_closed: Vec<String>,
    /// Batches that were settled again after the bank had cut them.
    pub settled_again: Vec<String>,
    /// The most entries that waited at once.
    pub queue_depth_max: u64,
    /// The most that was approved without the bank and not yet delivered, at once.
    pub exposure_max_minor: i64,
    /// The same for one card.
    pub card_exposure_max_minor: i64,
    /// Answers that fitted nothing.
    pub unmatched_answers: u64,
    /// Records about what isn't there.
    pub orphan_records: Vec<String>,
    /// What lanes hold to approve from alone.
    pub leases: HubLeases,
    /// Goods that came back.
    pub returns: HubReturns,
    exposure: Exposure,
    settlements: BTreeMap<(String, u32), SettlementTold>,
}

/// The 0500 of one batch.
#[derive(Clone, Copy, Debug)]
struct SettlementTold {
    stan: u32,
    answered: bool,
}

/// Approved without the bank and not yet delivered.
#[derive(Clone, Debug, Default)]
struct Exposure {
    all_minor: i64,
    by_card_minor: BTreeMap<Vec<u8>, i64>,
}

impl HubBook {
    /// Tells the hub's records again.
    #[must_use]
    pub(super) fn tell(records: &[HubRecord]) -> Self {
        let mut book = Self::default();
        for record in records {
            if let Some(body) = &record.body {
                book.take(body);
            }
        }
        book
    }

    /// The queue entries of a payment.
    pub(super) fn forwards_of<'a>(
        &'a self,
        payment: &'a HubPayment,
    ) -> impl Iterator<Item = &'a HubForward> {
        payment
            .forwards
            .iter()
            .filter_map(|id| self.forwards.get(id))
    }

    fn take(&mut self, body: &Body) {
        match about(body) {
            About::Payment(of) => self.take_payment(of),
            About::Forward(of) => self.take_forward(of),
            About::Batch(of) => self.take_batch(of),
            About::Lease(OfLease::Granted(granted)) => {
                self.leases
                    .grant(&granted.lease.clone().unwrap_or_default());
                self.measure();
            }
            About::Lease(OfLease::Ended(ended)) => self.leases.end(ended.lease_id),
            About::Return(of) => self.returns.take(of),
            About::DateEnded(date) => self.days_closed.push(date.to_owned()),
            About::UnmatchedAnswer => self.unmatched_answers += 1,
            About::Nothing => {}
        }
    }

    fn take_payment(&mut self, of: OfPayment<'_>) {
        match of {
            OfPayment::Requested(asked) => self.ask(asked),
            OfPayment::OfflineReported(reported) => self.offline(reported),
            OfPayment::Sent(sent) => {
                let place = (sent.tid.clone(), sent.batch, sent.stan);
                self.payment(&sent.payment_id).sent.push(place);
            }
            // Moves nothing, and says nothing by itself.
            OfPayment::OutcomeAsked(_) => {}
            OfPayment::Decided(decided) => {
                let decision = decided.decision.clone().unwrap_or_default();
                self.payment(&decided.payment_id).decisions.push(decision);
            }
            OfPayment::Completed(completed) => {
                let receipt = completed.receipt_number.clone();
                self.payment(&completed.payment_id).completed = Some(receipt);
            }
            OfPayment::Abandoned(abandoned) => {
                // May come before the request, or instead of it.
                let payment = self
                    .payments
                    .entry(abandoned.payment_id.clone())
                    .or_default();
                payment.abandoned = true;
            }
        }
    }

    fn take_forward(&mut self, of: OfForward<'_>) {
        match of {
            OfForward::Queued(queued) => self.queue(queued),
            OfForward::Sent(sent) => {
                if let Some(forward) = self.forward(sent.forward_id) {
                    let place = (forward.queued.tid.clone(), sent.batch, sent.stan);
                    forward.sent.push(place);
                }
            }
            OfForward::Ended(ended) => self.end(ended),
            OfForward::Resolved(resolved) => {
                if let Some(forward) = self.forward(resolved.forward_id) {
                    forward.resolved = true;
                }
            }
        }
    }

    fn take_batch(&mut self, of: OfBatch<'_>) {
        match of {
            OfBatch::SettlementSent(sent) => self.settle(sent),
            OfBatch::UploadSent(sent) => self.answer_settlement(&sent.tid, sent.batch),
            OfBatch::Closed(closed) => {
                self.answer_settlement(&closed.tid, closed.batch);
                self.batches.push(closed.clone());
            }
        }
    }

    fn ask(&mut self, asked: &Requested) {
        let card = asked.card.as_ref();
        let payment = self.payments.entry(asked.payment_id.clone()).or_default();
        payment.lane = asked.lane;
        payment.requested = true;
        payment.asked_minor = Some(minor(asked.amount.as_ref()));
        payment.card_hash = card.map(|card| card.hash.to_vec()).unwrap_or_default();
    }

    fn queue(&mut self, queued: &ForwardQueued) {
        self.payment(&queued.payment_id)
            .forwards
            .push(queued.forward_id);
        if queued.kind() == ForwardKind::Advice {
            self.expose(&queued.payment_id, minor(queued.amount.as_ref()));
        }
        let forward = HubForward {
            queued: queued.clone(),
            sent: Vec::new(),
            ends: Vec::new(),
            resolved: false,
        };
        self.forwards.insert(queued.forward_id, forward);
        let waiting = self
            .forwards
            .values()
            .filter(|one| one.ends.is_empty())
            .count();
        self.queue_depth_max = self
            .queue_depth_max
            .max(u64::try_from(waiting).unwrap_or(u64::MAX));
    }

    fn end(&mut self, ended: &ForwardEnded) {
        let Some(forward) = self.forward(ended.forward_id) else {
            return;
        };
        let is_first = forward.ends.is_empty();
        forward.ends.push(ended.clone());
        let queued = forward.queued.clone();
        if is_first && queued.kind() == ForwardKind::Advice {
            self.expose(&queued.payment_id, -minor(queued.amount.as_ref()));
        }
    }

    /// Sent again under its STAN until it is answered, and never after that: the batch is cut then.
    fn settle(&mut self, sent: &SettlementSent) {
        let SettlementSent {
            tid, batch, stan, ..
        } = sent;
        let first = SettlementTold {
            stan: *stan,
            answered: false,
        };
        let told = self.settlements.entry((tid.clone(), *batch));
        let told = *told.or_insert(first);
        if told.answered || told.stan != *stan {
            let what = format!("{tid} batch {batch:06} was settled a second time");
            self.settled_again.push(what);
        }
    }

    fn answer_settlement(&mut self, tid: &str, batch: u32) {
        if let Some(told) = self.settlements.get_mut(&(tid.to_owned(), batch)) {
            told.answered = true;
        }
    }

    fn expose(&mut self, payment_id: &str, amount_minor: i64) {
        let payment = self.payments.get(payment_id);
        let card = payment
            .map(|payment| payment.card_hash.clone())
            .unwrap_or_default();
        self.exposure.all_minor += amount_minor;
        let of_card = self.exposure.by_card_minor.entry(card).or_default();
        *of_card += amount_minor;
        self.measure();
    }

    /// What counts against the caps now: undelivered advices, and what lanes may still approve.
    fn measure(&mut self) {
        let all = self.exposure.all_minor + self.leases.rest_minor();
        self.exposure_max_minor = self.exposure_max_minor.max(all);
        let cards = self.exposure.by_card_minor.iter();
        let known = cards.filter(|(_, minor)| **minor > 0);
        let known = known.map(|(card, minor)| minor + self.leases.card_rest_minor(card));
        let worst = known.max().unwrap_or(0);
        let worst = worst.max(self.leases.any_card_rest_minor());
        self.card_exposure_max_minor = self.card_exposure_max_minor.max(worst);
    }

    /// What was lent is spent; the advice that the same commit queues takes its place.
    fn offline(&mut self, reported: &OfflineReported) {
        let offline = reported.payment.clone().unwrap_or_default();
        self.leases.spend(&offline);
        let payment = self.payments.entry(offline.payment_id.clone()).or_default();
        payment.lane = reported.lane;
        payment.offline = true;
        payment.asked_minor = Some(minor(offline.amount.as_ref()));
        payment.card_hash = offline
            .card
            .as_ref()
            .map(|card| card.hash.to_vec())
            .unwrap_or_default();
    }

    fn payment(&mut self, id: &str) -> &mut HubPayment {
        if !self.payments.contains_key(id) {
            self.orphan_records
                .push(format!("payment {id} was never asked for"));
        }
        self.payments.entry(id.to_owned()).or_default()
    }

    fn forward(&mut self, id: u64) -> Option<&mut HubForward> {
        if !self.forwards.contains_key(&id) {
            self.orphan_records
                .push(format!("queue entry {id} was never queued"));
        }
        self.forwards.get_mut(&id)
    }
}
