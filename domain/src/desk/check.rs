//! Invariants that the desk can check of itself: all of them on demand (`check_invariants`), and
//! the cheap ones after every event of a debug build.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    desk::{Desk, DurableState},
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{BatchNumber, ForwardId, LaneId, PaymentId, ReceiptNumber, Stan, Tid},
    invariant::{Broken, Invariant},
    money::Money,
    payment::{Completion, Decision, Payment, Progress, UnknownReason},
    risk::Exposure,
    settlement::{Account, Transfer},
    terminal::What,
};

impl Desk {
    /// Everything that does not hold, found by going through the whole state: for tests, simulation
    /// and `verify`.
    #[must_use]
    pub fn check_invariants(&self) -> Vec<Broken> {
        let mut broken = self.check_running();
        self.check_books(&mut broken);
        self.check_queue(&mut broken);
        self.check_stans(&mut broken);
        self.check_exposure(&mut broken);
        for payment in self.payments() {
            self.check_payment(payment, &mut broken);
        }
        self.check_returns(&mut broken);
        self.check_baskets(&mut broken);
        if self.durable.orphan_records > 0 {
            let detail = format!(
                "{} records name what nobody knows",
                self.durable.orphan_records
            );
            broken.push(Broken::new(Invariant::I14, None, detail));
        }
        broken
    }

    /// What is cheap enough to look at after every event.
    pub(crate) fn check_running(&self) -> Vec<Broken> {
        let mut broken = Vec::new();
        if self.durable.balances.sum() != 0 {
            let detail = format!("accounts sum up to {}", self.durable.balances.sum());
            broken.push(Broken::new(Invariant::I1, None, detail));
        }
        let terminals = self.durable.terminals.values();
        let queued: usize = terminals.map(|terminal| terminal.queue_depth()).sum();
        if queued != self.durable.queue_depth {
            let detail = format!(
                "{queued} entries queued, {} counted",
                self.durable.queue_depth
            );
            broken.push(Broken::new(Invariant::I9, None, detail));
        }
        for id in &self.durable.undecided {
            self.check_in_flight(*id, &mut broken);
        }
        self.check_terminals(&mut broken);
        self.check_without_lease(&mut broken);
        broken
    }

    /// What is kept of terminals beside them: those that are stopped, and what was sent on each.
    fn check_terminals(&self, broken: &mut Vec<Broken>) {
        let stopped = self.durable.terminals.values();
        let stopped: BTreeSet<Tid> = stopped
            .filter(|terminal| terminal.stopped.is_some())
            .map(|terminal| terminal.tid.clone())
            .collect();
        let mut sent_on: BTreeMap<Tid, BTreeSet<PaymentId>> = BTreeMap::new();
        for id in &self.durable.undecided {
            let bound = self.payment(*id).and_then(|payment| payment.bound.as_ref());
            if let Some((tid, ..)) = bound {
                sent_on.entry(tid.clone()).or_default().insert(*id);
            }
        }
        if (&stopped, &sent_on) != (&self.durable.stopped, &self.durable.sent_on) {
            let detail = "terminals that are stopped, or what was sent on them, are kept wrong";
            broken.push(Broken::new(Invariant::I7, None, detail.to_owned()));
        }
    }

    /// The lanes that a lease is wanted for are those that hold none.
    fn check_without_lease(&self, broken: &mut Vec<Broken>) {
        let attached = self.volatile.attached.iter().copied();
        let expected: BTreeSet<LaneId> = attached
            .filter(|lane| self.is_without_lease(*lane))
            .collect();
        if expected != self.volatile.without_lease {
            let found = &self.volatile.without_lease;
            let detail = format!("{found:?} are taken for lanes without a lease, not {expected:?}");
            broken.push(Broken::new(Invariant::I10, None, detail));
        }
    }

    /// A payment that was sent is the one message of its TID.
    fn check_in_flight(&self, id: PaymentId, broken: &mut Vec<Broken>) {
        let Some(payment) = self.payment(id) else {
            return;
        };
        let Some((tid, ..)) = payment.bound.as_ref() else {
            return;
        };
        let station = self.volatile.stations.get(tid);
        let outstanding = station.and_then(|station| station.outstanding);
        if outstanding.is_some_and(|message| message.what != What::Live(id)) {
            let detail = format!("{tid} has another message outstanding");
            broken.push(Broken::new(Invariant::I7, Some(id), detail));
        }
    }

    /// The books, made again from what is known of each payment, say the same.
    fn check_books(&self, broken: &mut Vec<Broken>) {
        let mut expected = self.durable.balances_archived.clone();
        for payment in self.payments() {
            for (to, amount) in self.durable.current_amounts(payment) {
                let from = Account::CardTender;
                expected.post(Transfer { from, to, amount });
            }
        }
        for account in Account::ALL {
            let (found, right) = (self.balances().of(account), expected.of(account));
            if found != right {
                let detail = format!("{}: {found}, should be {right}", account.name());
                broken.push(Broken::new(Invariant::I1, None, detail));
            }
        }
    }

    fn check_queue(&self, broken: &mut Vec<Broken>) {
        let terminals = self.durable.terminals.values();
        let queued: BTreeSet<ForwardId> = terminals
            .flat_map(|terminal| terminal.reversals.iter().chain(&terminal.uploads))
            .copied()
            .collect();
        for forward in self.forwards() {
            let payment_id = Some(forward.payment_id);
            if forward.end.is_none() != queued.contains(&forward.id) {
                let detail = format!("entry {} is neither queued nor ended", forward.id.0);
                broken.push(Broken::new(Invariant::I9, payment_id, detail));
            }
            if forward.end == Some(ForwardEnd::Withdrawn) && forward.attempts > 0 {
                let detail = format!("entry {} was withdrawn after a try", forward.id.0);
                broken.push(Broken::new(Invariant::I9, payment_id, detail));
            }
        }
    }

    /// A STAN belongs to one original of its batch; a reversal shares that of its original.
    fn check_stans(&self, broken: &mut Vec<Broken>) {
        let mut owners: BTreeMap<(Tid, BatchNumber, Stan), String> = BTreeMap::new();
        let mut claim = |key: (Tid, BatchNumber, Stan), payment_id, owner: String| {
            let detail = format!("{} {} STAN {} of {owner}", key.0, key.1, key.2);
            if let Some(other) = owners.insert(key, owner) {
                let detail = format!("{detail} and of {other}");
                broken.push(Broken::new(Invariant::I7, Some(payment_id), detail));
            }
        };
        for payment in self.payments() {
            if let Some((tid, stan, batch)) = payment.bound.clone() {
                let id = payment.request.payment_id;
                claim((tid, batch, stan), id, format!("payment {id}"));
            }
        }
        let entries = self.forwards();
        let uploads = entries.filter(|one| !matches!(one.kind, ForwardKind::Reversal { .. }));
        for forward in uploads {
            if let Some((stan, batch)) = forward.bound {
                let key = (forward.tid.clone(), batch, stan);
                claim(key, forward.payment_id, format!("entry {}", forward.id.0));
            }
        }
    }

    /// The sums, made again from the entries, and their caps. A cap that was lowered below what is
    /// undelivered already shows here too, and rightly: the store is over it.
    fn check_exposure(&self, broken: &mut Vec<Broken>) {
        let mut expected = Exposure::default();
        let advices = self
            .forwards()
            .filter(|one| one.kind == ForwardKind::Advice);
        for forward in advices.filter(|one| is_undelivered(one)) {
            let payment = self.payment(forward.payment_id);
            let card = payment.and_then(|payment| payment.request.card.hash);
            expected.grow(card.as_ref(), forward.amount.minor());
        }
        if expected != *self.exposure() {
            let (found, right) = (self.exposure().store_minor(), expected.store_minor());
            let detail = format!("exposure {found} is counted, {right} is undelivered");
            broken.push(Broken::new(Invariant::I10, None, detail));
        }
        let policy = &self.config.policy;
        let leases = self.leases();
        let store = expected
            .store_minor()
            .saturating_add(leases.reserved_minor());
        if store > policy.store_cap.minor() {
            let detail = format!("{store} undelivered or lent in the store");
            broken.push(Broken::new(Invariant::I10, None, detail));
        }
        for (card, undelivered) in expected.cards() {
            let minor = undelivered.saturating_add(leases.card_reserved_minor(card));
            if minor > policy.card_cap.minor() {
                let detail = format!("{minor} undelivered or lent of card {card:?}");
                broken.push(Broken::new(Invariant::I10, None, detail));
            }
        }
    }

    /// What open returns hold is taken: nobody else can have it.
    fn check_returns(&self, broken: &mut Vec<Broken>) {
        let returns = self.returns();
        let mut held: BTreeMap<(ReceiptNumber, u32), u32> = BTreeMap::new();
        for (id, open) in &returns.open {
            if returns.has_ended(*id) {
                let detail = format!("return {id} has ended and is open");
                broken.push(Broken::new(Invariant::I13, None, detail));
            }
            for of in &open.taking.of {
                for line in &of.lines {
                    let pieces = held.entry((of.receipt, line.line_number)).or_default();
                    *pieces = pieces.saturating_add(line.pieces);
                }
            }
        }
        for ((receipt, line), pieces) in held {
            let known = returns.of.get(&receipt);
            let taken = known.map_or(0, |known| known.taken.pieces(line));
            if taken < pieces {
                let detail = format!("{pieces} of {receipt} line {line} reserved, {taken} taken");
                broken.push(Broken::new(Invariant::I13, None, detail));
            }
        }
    }

    /// What was taken up does not wait.
    fn check_baskets(&self, broken: &mut Vec<Broken>) {
        let baskets = &self.durable.baskets;
        for id in baskets.waiting.keys() {
            if baskets.taken_up.contains_key(id) {
                let detail = format!("basket {id} was taken up and waits");
                broken.push(Broken::new(Invariant::I3, None, detail));
            }
        }
    }

    fn check_payment(&self, payment: &Payment, broken: &mut Vec<Broken>) {
        let id = Some(payment.request.payment_id);
        let Progress::Decided(decision) = &payment.progress else {
            return;
        };
        let entries: Vec<&Forward> = payment
            .forwards
            .iter()
            .filter_map(|id| self.forward(*id))
            .collect();
        let undos = entries.iter().filter(|one| one.kind != ForwardKind::Advice);
        let undos = undos.count();
        let advices = entries.len().saturating_sub(undos);
        let given_up = payment.completion == Completion::Abandoned;
        let expected = match decision {
            Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                undos == usize::from(given_up) && advices == 0
            }
            // What only a lost hub can have sent is bound to nothing that could be reversed.
            Decision::Unknown { reason } => match &payment.bound {
                Some(_) => undos == 1 && advices == 0,
                None => *reason == UnknownReason::HubRestarted && entries.is_empty(),
            },
            Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
                undos == 0 && advices >= 1
            }
            Decision::Declined { .. } | Decision::Refused { .. } => entries.is_empty(),
        };
        if !expected {
            let detail = format!("{decision:?} with {undos} undos and {advices} advices");
            // One undo at most: two would take back more than was paid.
            let invariant = if undos > 1 {
                Invariant::I13
            } else {
                Invariant::I5
            };
            broken.push(Broken::new(invariant, id, detail));
        }
    }
}

impl DurableState {
    /// Where the money of a payment stands, told by the payment alone.
    pub(crate) fn current_amounts(&self, payment: &Payment) -> Vec<(Account, Money)> {
        let Progress::Decided(decision) = &payment.progress else {
            return Vec::new();
        };
        let mut entries = self.entries_of(payment);
        match decision {
            Decision::Approved { amount, .. } | Decision::PartiallyApproved { amount, .. } => {
                let booked = booked_account(payment);
                let account = entries.next_back().map_or(booked, |undo| {
                    entry_account(undo, Account::Undoing, Account::Reversed)
                });
                vec![(account, *amount)]
            }
            Decision::Unknown { .. } => {
                let account = entries.next_back().map_or(Account::Unknown, |reversal| {
                    entry_account(reversal, Account::Unknown, Account::Reversed)
                });
                vec![(account, payment.request.amount)]
            }
            Decision::StandIn { .. } | Decision::OfflineApproved { .. } => entries
                .map(|advice| {
                    let delivered = self.delivered_account(advice);
                    let account = entry_account(advice, Account::Forwarding, delivered);
                    (account, delivered_or_asked(advice))
                })
                .collect(),
            Decision::Declined { .. } | Decision::Refused { .. } => Vec::new(),
        }
    }

    /// A payment that was delivered in parts may stand in two batches: each part in its own.
    fn delivered_account(&self, advice: &Forward) -> Account {
        match self.is_in_open_batch(advice) {
            true => Account::Authorised,
            false => Account::Settled,
        }
    }
}

fn booked_account(payment: &Payment) -> Account {
    match payment.settled_in {
        Some(_) => Account::Settled,
        None => Account::Authorised,
    }
}

fn entry_account(forward: &Forward, queued: Account, delivered: Account) -> Account {
    match (&forward.end, &forward.resolution) {
        (None, _) => queued,
        (Some(ForwardEnd::Delivered { .. }), _) => delivered,
        (Some(ForwardEnd::Withdrawn), _) => Account::Withdrawn,
        (Some(ForwardEnd::DeadLetter { .. }), Some(Resolution::SettledByHand { .. })) => {
            Account::SettledByHand
        }
        (Some(ForwardEnd::DeadLetter { .. }), Some(Resolution::WrittenOff { .. })) => {
            Account::WrittenOff
        }
        (
            Some(ForwardEnd::DeadLetter {
                declined_after_goods: true,
                ..
            }),
            Some(Resolution::Retry) | None,
        ) => Account::DeclinedAfterGoods,
        (Some(ForwardEnd::DeadLetter { .. }), Some(Resolution::Retry) | None) => {
            Account::DeadLetter
        }
    }
}

fn delivered_or_asked(forward: &Forward) -> Money {
    match &forward.end {
        Some(ForwardEnd::Delivered { amount, .. }) => *amount,
        Some(ForwardEnd::Withdrawn | ForwardEnd::DeadLetter { .. }) | None => forward.amount,
    }
}

/// Counts against the caps: queued, or a dead letter nobody has resolved.
fn is_undelivered(forward: &Forward) -> bool {
    match &forward.end {
        None => true,
        Some(ForwardEnd::DeadLetter { .. }) => forward.resolution.is_none(),
        Some(ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn) => false,
    }
}
