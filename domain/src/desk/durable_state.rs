//! The durable state: what the records say. It survives a restart; nothing else of the desk does.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    card_ref::CardHash,
    desk::{BasketsPart, Counts, DaysPart, MachinesPart, ReturnsPart},
    forward::{Forward, ForwardEnd, ForwardKind},
    ids::{ForwardId, LaneId, LeaseId, PaymentId, Stan, Tid},
    payment::{Completion, Decision, Payment, Progress},
    risk::OpenRisk,
    settlement::Balances,
    terminal::Terminal,
    time::BusinessDate,
};

/// The durable half of the desk. Changed by `apply` alone, from `step` and from `replay` alike.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct DurableState {
    pub(crate) payments: BTreeMap<PaymentId, Payment>,
    /// Requested or sent, not decided.
    pub(crate) undecided: BTreeSet<PaymentId>,
    /// Given up before the request came (rule 2).
    pub(crate) abandoned_early: BTreeMap<PaymentId, LaneId>,
    pub(crate) terminals: BTreeMap<Tid, Terminal>,
    /// Those among them that are stopped.
    pub(crate) stopped: BTreeSet<Tid>,
    /// Payments that were sent and are not decided, by the terminal they were sent on.
    pub(crate) sent_on: BTreeMap<Tid, BTreeSet<PaymentId>>,
    pub(crate) forwards: BTreeMap<ForwardId, Forward>,
    /// The newest entry there ever was.
    pub(crate) last_forward: ForwardId,
    /// Entries in the queue, and the most there ever were.
    pub(crate) queue_depth: usize,
    pub(crate) queue_depth_max: usize,
    /// Undelivered stand-ins and open leases (I10).
    pub(crate) risk: OpenRisk,
    /// Payments that lanes approved alone.
    pub(crate) offline: BTreeMap<PaymentId, OfflineFact>,
    /// Those among them whose card was held. May run ahead of the lane's journal.
    pub(crate) offline_cards: BTreeSet<PaymentId>,
    /// Cards the bank refused after the goods were gone.
    pub(crate) hot_list: BTreeSet<CardHash>,
    /// Entries that the close of the running day does not wait for.
    pub(crate) carried: BTreeSet<ForwardId>,
    pub(crate) machines: MachinesPart,
    pub(crate) days: DaysPart,
    /// Goods that came back.
    pub(crate) returns: ReturnsPart,
    /// Baskets that wait.
    pub(crate) baskets: BasketsPart,
    pub(crate) balances: Balances,
    /// The part of `balances` that payments make up which were archived.
    pub(crate) balances_archived: Balances,
    pub(crate) counts: Counts,
    /// `counts` when the running day began, and of each closed day.
    pub(crate) counts_before_today: Counts,
    pub(crate) counts_of_days: BTreeMap<BusinessDate, Counts>,
    /// Records that named a payment, entry or terminal nobody knows: a broken journal.
    pub(crate) orphan_records: u64,
}

/// Under which lease a lane approved alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OfflineFact {
    /// The lease.
    pub lease: LeaseId,
    /// Whether the lease was open and had room for it.
    pub covered: bool,
}

impl DurableState {
    pub(crate) fn next_forward_id(&self) -> ForwardId {
        ForwardId(self.last_forward.0.saturating_add(1))
    }

    /// The terminal, made when a record names it for the first time.
    pub(crate) fn terminal_mut(&mut self, tid: &Tid) -> &mut Terminal {
        self.terminals
            .entry(tid.clone())
            .or_insert_with(|| Terminal::new(tid.clone()))
    }

    pub(crate) fn is_sent_on(&mut self, tid: &Tid, id: PaymentId) {
        self.sent_on.entry(tid.clone()).or_default().insert(id);
    }

    pub(crate) fn is_sent_no_more(&mut self, tid: &Tid, id: PaymentId) {
        if let Some(sent) = self.sent_on.get_mut(tid) {
            sent.remove(&id);
            if sent.is_empty() {
                self.sent_on.remove(tid);
            }
        }
    }

    /// STANs of this terminal that an open message may still carry (rule 10): payments that were
    /// sent, entries that were tried, originals of open reversals, the 0320.
    pub(crate) fn open_stans(&self, terminal: &Terminal) -> BTreeSet<Stan> {
        let sent = self.sent_on.get(&terminal.tid);
        let payments = sent.into_iter().flatten().filter_map(|id| {
            let (_, stan, _) = self.payments.get(id)?.bound.as_ref()?;
            Some(*stan)
        });
        let entries = terminal.reversals.iter().chain(&terminal.uploads);
        let entries = entries.filter_map(|id| {
            let forward = self.forwards.get(id)?;
            match &forward.kind {
                ForwardKind::Reversal { original_stan, .. } => Some(*original_stan),
                ForwardKind::Advice | ForwardKind::Void { .. } => {
                    forward.bound.map(|(stan, _)| stan)
                }
            }
        });
        let upload = terminal.upload.as_ref().and_then(|upload| upload.sent);
        let upload = upload.map(|sent| sent.stan);
        payments.chain(entries).chain(upload).collect()
    }

    /// Payments of a lane that wait for a decision.
    pub(crate) fn in_flight_of(&self, lane: LaneId) -> usize {
        self.undecided
            .iter()
            .filter(|id| {
                self.payments
                    .get(id)
                    .is_some_and(|payment| payment.request.lane == lane)
            })
            .count()
    }

    /// Whether an entry may be sent: an advice only once its sale is closed; a bank that has it
    /// could not be asked to forget it.
    pub(crate) fn is_eligible(&self, forward: &Forward) -> bool {
        match forward.kind {
            ForwardKind::Reversal { .. } | ForwardKind::Void { .. } => true,
            ForwardKind::Advice => {
                let payment = self.payments.get(&forward.payment_id);
                let completed = payment
                    .is_some_and(|payment| matches!(payment.completion, Completion::Completed(_)));
                completed && !self.awaits_card(forward.payment_id)
            }
        }
    }

    /// Whether the card of this payment may still have to be sent to the bank: as part of its
    /// batch, too, which the host may want to be told item by item.
    pub(crate) fn needs_card(&self, payment: &Payment) -> bool {
        self.needs_card_by_itself(payment) || self.is_to_be_settled(payment)
    }

    /// Whether a message of its own may still need the card.
    pub(crate) fn needs_card_by_itself(&self, payment: &Payment) -> bool {
        let open_entry = payment.forwards.iter().any(|id| {
            self.forwards
                .get(id)
                .is_some_and(|forward| match &forward.end {
                    None => true,
                    Some(ForwardEnd::DeadLetter { .. }) => forward.resolution.is_none(),
                    Some(ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn) => false,
                })
        });
        let may_be_undone = match &payment.progress {
            Progress::Requested | Progress::Sent => true,
            Progress::Decided(Decision::Approved { .. } | Decision::PartiallyApproved { .. }) => {
                payment.completion == Completion::Open
            }
            Progress::Decided(
                Decision::Declined { .. }
                | Decision::Unknown { .. }
                | Decision::Refused { .. }
                | Decision::StandIn { .. }
                | Decision::OfflineApproved { .. },
            ) => false,
        };
        open_entry || may_be_undone
    }

    /// An offline payment whose sealed card is still at its lane: it can't be told to the bank yet.
    pub(crate) fn awaits_card(&self, id: PaymentId) -> bool {
        self.offline.contains_key(&id) && !self.offline_cards.contains(&id)
    }
}
