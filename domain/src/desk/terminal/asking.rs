//! A payment whose answer tells nothing is asked for: the customer may still be typing on the
//! phone. Every so often, one message at a time as everything of a terminal (I7), until its outcome
//! is told or its time is over; then it is reversed (payments.md, "Wallets").
//!
//! Never: decides by an answer without a good MAC, settles the batch of a payment that is asked
//! for, or reverses sooner after paying than the provider takes it.

use crate::{
    desk::{Binding, Desk, Effect, Outgoing, PaymentFact, config::WalletRules, outcome::Outcome},
    ids::{ForwardId, PaymentId, Tid},
    payment::{
        Answer, Asked, Decision, HostFacts, LiveMessage, MacCheck, Payment, Progress, Silence,
        UndoneBy, UnknownReason,
    },
    response_code::{Class, ResponseCode},
    terminal::{Asking, What},
    time::MonoMs,
};

impl Desk {
    /// Whether this release and this acquirer's dialect take such a payment.
    pub(crate) fn takes(&self, message: LiveMessage) -> bool {
        match message {
            LiveMessage::CardSale => true,
            LiveMessage::WalletPay => self.config.wallets.is_some(),
        }
    }

    /// Its message is about to leave: from now on its outcome is asked for, if its kind is.
    pub(crate) fn begin_asking(&mut self, out: &Outcome, tid: &Tid, id: PaymentId) {
        let row = self.durable.row_of(id);
        let asks = row.is_some_and(|row| row.silence == Silence::Ask);
        let (true, Some(rules)) = (asks, self.config.wallets) else {
            return;
        };
        let now = out.now.mono;
        // Older ones may be reversed at any time.
        self.volatile
            .sent_at
            .retain(|_, sent| sent.after(rules.reverse_after_ms) > now);
        self.volatile.sent_at.insert(id, now);
        if let Some(station) = self.volatile.stations.get_mut(tid) {
            let asking = Asking {
                next: now.after(rules.ask_every_ms),
                until: now.after(rules.give_up_after_ms),
            };
            station.asking.insert(id, asking);
        }
    }

    /// It is decided, or nothing of it was sent.
    pub(crate) fn stop_asking(&mut self, id: PaymentId) {
        let Some(tid) = self.tid_of_payment(id) else {
            return;
        };
        let asked = self.volatile.stations.get(&tid);
        if asked.is_some_and(|station| station.asking.contains_key(&id))
            && let Some(station) = self.volatile.stations.get_mut(&tid)
        {
            station.asking.remove(&id);
        }
    }

    fn tid_of_payment(&self, id: PaymentId) -> Option<Tid> {
        let payment = self.durable.payments.get(&id)?;
        payment.bound.as_ref().map(|(tid, ..)| tid.clone())
    }

    /// Whether an answer to a live message leaves its payment open: the customer has not confirmed
    /// yet, or the provider was not reached in time.
    pub(crate) fn tells_nothing(&self, asked: Asked, answer: &Answer) -> bool {
        let asks = asked.row.silence == Silence::Ask;
        let rules = self.config.wallets.filter(|_| asks);
        rules.is_some_and(|rules| is_open(rules, answer.code))
    }

    /// No answer, or one that tells nothing: it is asked for again, or given up.
    pub(crate) fn ask_on(&mut self, out: &mut Outcome, id: PaymentId) {
        let Some(tid) = self.tid_of_payment(id) else {
            return;
        };
        out.touch(&tid);
        let asking = self.volatile.stations.get(&tid);
        let asking = asking.and_then(|station| station.asking.get(&id));
        if asking.is_none_or(|asking| asking.until <= out.now.mono) {
            self.give_up_asking(out, id);
        }
    }

    fn give_up_asking(&mut self, out: &mut Outcome, id: PaymentId) {
        let payment = self.durable.payments.get(&id);
        if payment.is_some_and(|payment| payment.progress == Progress::Sent) {
            let reason = UnknownReason::NoAnswer;
            self.decide(out, id, Decision::Unknown { reason });
        }
    }

    /// The lane gave it up: whatever is at the bank is waited for, and nothing more is asked.
    pub(crate) fn ask_no_longer(&mut self, out: &mut Outcome, id: PaymentId) {
        let Some(tid) = self.tid_of_payment(id) else {
            return;
        };
        let now = out.now.mono;
        let Some(station) = self.volatile.stations.get_mut(&tid) else {
            return;
        };
        if let Some(asking) = station.asking.get_mut(&id) {
            asking.until = now;
        }
        let message = station.outstanding.map(|message| message.what);
        if !matches!(message, Some(What::Live(of) | What::Query(of)) if of == id) {
            self.ask_on(out, id);
        }
    }

    /// Payments whose time is over, and of which nothing is at the bank.
    pub(crate) fn give_up_overdue(&mut self, out: &mut Outcome) {
        let now = out.now.mono;
        let stations = self.volatile.stations.iter();
        let overdue = stations.flat_map(|station| station.asking_overdue(now));
        for id in overdue.collect::<Vec<_>>() {
            self.give_up_asking(out, id);
        }
    }

    /// The terminal's batch is gone at the host: nobody there can tell any more.
    pub(crate) fn give_up_asking_on(&mut self, out: &mut Outcome, tid: &Tid) {
        let station = self.volatile.stations.get(tid);
        let asked = station.map(|station| station.asking.keys().copied().collect::<Vec<_>>());
        for id in asked.unwrap_or_default() {
            self.give_up_asking(out, id);
        }
    }

    pub(crate) fn send_query(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        id: PaymentId,
    ) -> Option<Binding> {
        let rules = self.config.wallets?;
        let payment = self.durable.payments.get(&id)?;
        let (_, original_stan, original_batch) = payment.bound.clone()?;
        let financial = self.financial(id, payment.request.amount)?;
        let bound = self.bind(tid)?;
        let next = out.now.mono.after(rules.ask_every_ms);
        let station = self.volatile.stations.get_mut(tid)?;
        station.asking.get_mut(&id)?.next = next;
        self.note(
            out,
            PaymentFact::OutcomeAsked {
                payment_id: id,
                tid: tid.clone(),
                stan: bound.stan,
                batch: bound.batch,
            },
        );
        out.effect(Effect::Send(Outgoing::Query {
            binding: bound.clone(),
            financial,
            original_stan,
            original_batch,
        }));
        Some(bound)
    }

    /// The payment that an answer to its own message belongs to, though it comes late: its outcome
    /// is still open.
    pub(crate) fn asked_for_late(&self, answer: &Answer) -> Option<PaymentId> {
        let station = self.volatile.stations.get(&answer.tid)?;
        let mut asked = station.asking.keys().copied();
        let found = asked.find(|id| {
            let payment = self.durable.payments.get(id);
            let bound = payment.and_then(|payment| payment.bound.as_ref());
            bound.is_some_and(|(_, stan, batch)| {
                *stan == answer.stan && answer.batch.is_none_or(|told| told == *batch)
            })
        });
        found.filter(|_| answer.mti == 210 && answer.mid == station.mid)
    }

    /// What the provider says of a payment.
    pub(crate) fn query_answered(
        &mut self,
        out: &mut Outcome,
        tid: &Tid,
        id: PaymentId,
        answer: &Answer,
    ) {
        let Some(payment) = self.durable.payments.get(&id) else {
            return;
        };
        if payment.progress != Progress::Sent {
            return;
        }
        let told = self.told_by_query(payment, answer);
        let bad_mac = answer.code.is_approving() && answer.mac != MacCheck::Good;
        if bad_mac || answer.code.asks_for_sign_on() {
            self.drop_sign_on(out, tid);
        }
        match told {
            Some(decision) => self.decide(out, id, decision),
            None => self.ask_on(out, id),
        }
    }

    /// `None`: nothing that can be believed, or nothing yet. That the provider knows no such
    /// payment is nothing yet, too: its message may still be on the way.
    fn told_by_query(&self, payment: &Payment, answer: &Answer) -> Option<Decision> {
        let rules = self.config.wallets?;
        let is_believed =
            answer.mac == MacCheck::Good && answer.processing_code == Some(rules.query_code);
        if !is_believed || is_open(rules, answer.code) || answer.code == ResponseCode::NO_ORIGINAL {
            return None;
        }
        let host = HostFacts {
            rrn: answer.rrn.clone(),
            auth_code: answer.auth_code.clone(),
            stan: payment.bound.as_ref().map(|(_, stan, _)| *stan),
        };
        let amount = payment.request.amount;
        match answer.code.class() {
            Class::Approved if answer.amount_minor == Some(amount.minor()) => {
                Some(Decision::Approved { amount, host })
            }
            Class::Approved | Class::Partial => Some(Decision::Unknown {
                reason: UnknownReason::Mismatch,
            }),
            Class::SignOn | Class::TryAgain => None,
            Class::KeepCard | Class::Referral | Class::Declined => Some(Decision::Declined {
                code: answer.code,
                host,
            }),
        }
    }

    /// A reversal that was queued may have to wait: no sooner after paying than the provider takes
    /// it. When a payment was sent is not known after a restart: the restart counts then.
    pub(crate) fn hold_back(&mut self, out: &Outcome, id: PaymentId, entry: ForwardId, tid: &Tid) {
        let row = self.durable.row_of(id);
        let waits = row.is_some_and(|row| row.undone_by == UndoneBy::Reversal);
        let (true, Some(rules)) = (waits, self.config.wallets) else {
            return;
        };
        let sent = self.volatile.sent_at.get(&id).copied();
        let sent = sent.or(self.volatile.recovered_at);
        let earliest = sent.map(|sent| sent.after(rules.reverse_after_ms));
        if let Some(earliest) = earliest.filter(|earliest| *earliest > out.now.mono)
            && let Some(station) = self.volatile.stations.get_mut(tid)
        {
            station.held_back.insert(entry, earliest);
        }
    }

    /// After a restart: reversals that wait in the queue, never tried.
    pub(crate) fn hold_back_untried(&mut self, out: &Outcome) {
        self.volatile.recovered_at = Some(out.now.mono);
        let terminals = self.durable.terminals.iter();
        let entries = terminals.flat_map(|(tid, terminal)| {
            let reversals = terminal.reversals.iter();
            reversals.map(move |id| (tid.clone(), *id))
        });
        let untried: Vec<(Tid, ForwardId, PaymentId)> = entries
            .filter_map(|(tid, id)| {
                let forward = self.durable.forwards.get(&id)?;
                (forward.attempts == 0).then_some((tid, id, forward.payment_id))
            })
            .collect();
        for (tid, entry, payment_id) in untried {
            self.hold_back(out, payment_id, entry, &tid);
        }
    }

    /// Whether a reversal stands in the way of the terminal's next payment. That of a wallet's
    /// payment is its provider's affair, and may take as long as the provider is away.
    pub(crate) fn blocks_payments(&self, entry: ForwardId) -> bool {
        let forward = self.durable.forwards.get(&entry);
        let row = forward.and_then(|forward| self.durable.row_of(forward.payment_id));
        row.is_none_or(|row| row.undone_by != UndoneBy::Reversal)
    }

    /// Whether an entry has no further try: so many, or for a wallet's payment so late.
    pub(crate) fn is_given_up(&self, out: &Outcome, entry: ForwardId) -> bool {
        let Some(forward) = self.durable.forwards.get(&entry) else {
            return false;
        };
        match self.config.wallets {
            Some(rules) if !self.blocks_payments(entry) => {
                let waited = out.now.wall.0.saturating_sub(forward.queued_at.0);
                u64::try_from(waited).is_ok_and(|waited| waited >= rules.reverse_within_ms)
            }
            Some(_) | None => forward.tries() >= self.config.timing.reversal_tries_max,
        }
    }
}

/// How long the message that is at the bank is waited for.
pub(crate) fn waits_until(rules: WalletRules, now: MonoMs, asking: Asking) -> MonoMs {
    let next = now.after(rules.ask_every_ms);
    if asking.until > now {
        next.min(asking.until)
    } else {
        next
    }
}

fn is_open(rules: WalletRules, code: ResponseCode) -> bool {
    code == rules.in_progress || code.class() == Class::TryAgain
}
