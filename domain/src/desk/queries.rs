//! What others may ask the desk. Nothing here changes anything.

use std::collections::BTreeMap;

use crate::{
    day::Machine,
    desk::{Counts, Desk, DeskConfig, Owner, PaymentStatus, ReturnsPart},
    forward::{Forward, ForwardEnd, ForwardKind},
    ids::{BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, Mid, PaymentId, Stan, Tid},
    money::Money,
    payment::{Completion, Decision, Payment, Progress},
    settlement::Balances,
    terminal::{Settling, Terminal},
    time::{BusinessDate, WallMs},
};

/// One terminal as an operator sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TerminalView {
    /// Field 41.
    pub tid: Tid,
    /// Field 42; `None` when it is no longer configured.
    pub mid: Option<Mid>,
    /// Whose payments it carries; `None` when it is no longer configured.
    pub lane: Option<LaneId>,
    /// Whether it holds working keys.
    pub signed_on: bool,
    /// Whether rule 10 stopped it.
    pub stopped: bool,
    /// Its open batch; `None` before the first sign-on.
    pub batch: Option<BatchNumber>,
    /// The STAN that its next message takes.
    pub next_stan: Stan,
    /// Entries in its queue.
    pub queue_depth: usize,
    /// Whether a message of it is at the bank.
    pub busy: bool,
    /// How far its settlement is.
    pub settling: Settling,
    /// Whether its batch is due, or the host is being told what was in the last one.
    pub is_settling: bool,
}

/// Where the business day is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayState {
    /// No batch is due; the last date that was turned, if any.
    Open {
        /// The day before this one.
        closed: Option<BusinessDate>,
    },
    /// Payments are taken under the next date; terminals settle.
    Closing {
        /// The oldest date with which a batch fell due.
        date: BusinessDate,
    },
}

/// A payment whose end is not known yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unresolved {
    /// The payment.
    pub payment_id: PaymentId,
    /// Whose it is.
    pub lane: LaneId,
    /// For how much, where this hub knows it.
    pub amount: Option<Money>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// When it was asked for.
    pub since: WallMs,
    /// Who must bring it to an end.
    pub owner: Owner,
}

/// What a batch that is due still waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Blocker {
    /// A queue entry is not delivered yet.
    Entry(ForwardId),
    /// A stand-in whose lane has not yet said whether its sale was closed.
    LaneSilent {
        /// The lane.
        lane: LaneId,
        /// The payment.
        payment_id: PaymentId,
    },
    /// The batch of a terminal is not settled yet.
    NotSettled(Tid),
}

impl Desk {
    /// Goods that came back, what is reserved to, what is owed to cards.
    #[must_use]
    pub const fn returns(&self) -> &ReturnsPart {
        &self.durable.returns
    }

    /// Where journals of machines that are gone had ended, as operators said.
    #[must_use]
    pub const fn stated_ends(&self) -> &BTreeMap<Machine, u64> {
        &self.durable.machines.stated_ends
    }

    /// What it was made with.
    #[must_use]
    pub const fn config(&self) -> &DeskConfig {
        &self.config
    }

    /// One payment with its whole history; `None` if it is unknown or archived.
    #[must_use]
    pub fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.durable.payments.get(&id)
    }

    /// How many payments are held: those of the running day, and older ones that are not over.
    #[must_use]
    pub fn payments_held(&self) -> usize {
        self.durable.payments.len()
    }

    /// All payments that are held, by id.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.durable.payments.values()
    }

    /// One queue entry with its history.
    #[must_use]
    pub fn forward(&self, id: ForwardId) -> Option<&Forward> {
        self.durable.forwards.get(&id)
    }

    /// All queue entries that are held, oldest first; those without an end are in the queue.
    pub fn forwards(&self) -> impl Iterator<Item = &Forward> {
        self.durable.forwards.values()
    }

    /// All terminals: those configured, and those the journal knows.
    pub fn terminals(&self) -> impl Iterator<Item = TerminalView> {
        let configured = self.volatile.stations.keys();
        let fresh = configured.filter(|tid| !self.durable.terminals.contains_key(*tid));
        let fresh = fresh.map(|tid| self.view(&Terminal::new(tid.clone())));
        let known = self.durable.terminals.values();
        known.map(|terminal| self.view(terminal)).chain(fresh)
    }

    fn view(&self, terminal: &Terminal) -> TerminalView {
        let station = self.volatile.stations.get(&terminal.tid);
        TerminalView {
            tid: terminal.tid.clone(),
            mid: station.map(|station| station.mid.clone()),
            lane: station.map(|station| station.lane),
            signed_on: station.is_some_and(|station| station.signed_on),
            stopped: terminal.stopped.is_some(),
            batch: terminal.batch,
            next_stan: terminal.next_stan,
            queue_depth: terminal.queue_depth(),
            busy: station.is_some_and(|station| station.outstanding.is_some()),
            settling: terminal.settling,
            is_settling: terminal.due.is_some() || terminal.upload.is_some(),
        }
    }

    /// The configured terminal of a lane.
    #[must_use]
    pub fn terminal_of(&self, lane: LaneId) -> Option<&Tid> {
        self.volatile.stations.tid_of(lane)
    }

    /// The machine that speaks for a lane.
    #[must_use]
    pub fn epoch_of(&self, lane: LaneId) -> Option<LaneEpoch> {
        self.durable.machines.epochs.get(&lane).copied()
    }

    /// Entries in the queue of all terminals.
    #[must_use]
    pub const fn queue_depth(&self) -> usize {
        self.durable.queue_depth
    }

    /// The most entries there ever were in the queue at once.
    #[must_use]
    pub const fn queue_depth_max(&self) -> usize {
        self.durable.queue_depth_max
    }

    /// What the entries in the queue are worth, each taken positive. Stays at the largest amount
    /// rather than wrap.
    #[must_use]
    pub fn queue_amount(&self) -> Money {
        let open = self.forwards().filter(|forward| forward.end.is_none());
        let minor = open.fold(0_i64, |sum, forward| {
            sum.saturating_add(forward.amount.minor())
        });
        Money::new(minor, self.config.currency)
    }

    /// When the entry that waits longest in the queue came into it.
    #[must_use]
    pub fn queued_first(&self) -> Option<WallMs> {
        let open = self.forwards().filter(|forward| forward.end.is_none());
        open.map(|forward| forward.queued_at).min()
    }

    /// Payments that wait for a decision.
    #[must_use]
    pub fn payments_in_flight(&self) -> usize {
        self.durable.undecided.len()
    }

    /// Whether messages can be sent to the bank.
    #[must_use]
    pub const fn link_up(&self) -> bool {
        self.volatile.link_up
    }

    /// Counts since the journal began.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.durable.counts
    }

    /// Counts of the running day.
    #[must_use]
    pub fn counts_today(&self) -> Counts {
        self.durable.counts.since(&self.durable.counts_before_today)
    }

    /// Counts of a closed day.
    #[must_use]
    pub fn counts_of_day(&self, date: BusinessDate) -> Option<Counts> {
        self.durable.counts_of_days.get(&date).copied()
    }

    /// What stands in each account (I1).
    #[must_use]
    pub const fn balances(&self) -> &Balances {
        &self.durable.balances
    }

    /// What the store stands in for and has not delivered.
    #[must_use]
    pub const fn exposure(&self) -> &crate::risk::Exposure {
        self.durable.risk.exposure()
    }

    /// Leases that lanes hold, with what their journals show of their use.
    #[must_use]
    pub const fn leases(&self) -> &crate::risk::LeaseLedger {
        self.durable.risk.leases()
    }

    /// Under which lease a lane approved this payment alone.
    #[must_use]
    pub fn lease_of(&self, id: PaymentId) -> Option<LeaseId> {
        self.durable.offline.get(&id).map(|fact| fact.lease)
    }

    /// Dead letters, oldest first; those resolved on the running day too: see
    /// `Forward::resolution`.
    pub fn dead_letters(&self) -> impl Iterator<Item = &Forward> {
        self.forwards()
            .filter(|forward| matches!(forward.end, Some(ForwardEnd::DeadLetter { .. })))
    }

    /// Payments whose end is not known yet, each with its owner.
    #[must_use]
    pub fn unresolved(&self) -> Vec<Unresolved> {
        let all = self.payments();
        all.filter_map(|payment| self.unresolved_one(payment))
            .chain(self.unresolved_of_previous_hub())
            .collect()
    }

    fn unresolved_one(&self, payment: &Payment) -> Option<Unresolved> {
        let status = self.status_of(payment);
        let owner = status.owner()?;
        Some(Unresolved {
            payment_id: payment.request.payment_id,
            lane: payment.request.lane,
            amount: Some(payment.request.amount),
            status,
            since: payment.requested_at,
            owner,
        })
    }

    /// Where a payment stands.
    #[must_use]
    pub fn status(&self, id: PaymentId) -> Option<PaymentStatus> {
        self.payment(id).map(|payment| self.status_of(payment))
    }

    fn status_of(&self, payment: &Payment) -> PaymentStatus {
        let decision = match &payment.progress {
            Progress::Requested => return PaymentStatus::Requested,
            Progress::Sent => return PaymentStatus::Sent,
            Progress::Decided(decision) => decision,
        };
        let entry = payment.forwards.iter().filter_map(|id| self.forward(*id));
        let worst = entry.map(|forward| self.entry_status(payment, forward));
        if let Some(status) = worst.max_by_key(|status| status.urgency()) {
            return status;
        }
        match decision {
            Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                approved_status(payment)
            }
            Decision::Declined { .. } => PaymentStatus::Declined,
            Decision::Unknown { .. } if payment.bound.is_none() => {
                PaymentStatus::AskedOfPreviousHub
            }
            Decision::Unknown { .. } => PaymentStatus::Reversing,
            Decision::Refused { .. } => PaymentStatus::Refused,
            Decision::StandIn { .. } => PaymentStatus::StandIn,
            Decision::OfflineApproved { .. } => PaymentStatus::OfflineApproved,
        }
    }

    fn undecided_sale(&self, payment: &Payment) -> PaymentStatus {
        if self
            .durable
            .offline
            .contains_key(&payment.request.payment_id)
        {
            PaymentStatus::OfflineApproved
        } else {
            PaymentStatus::StandIn
        }
    }

    fn entry_status(&self, payment: &Payment, forward: &Forward) -> PaymentStatus {
        let is_advice = forward.kind == ForwardKind::Advice;
        match &forward.end {
            None if !is_advice && in_doubt(payment) => PaymentStatus::Reversing,
            None if !is_advice => PaymentStatus::Undoing,
            None if payment.completion == Completion::Open => self.undecided_sale(payment),
            None if self.durable.awaits_card(forward.payment_id) => PaymentStatus::AwaitingCard,
            None => PaymentStatus::Forwarding,
            Some(ForwardEnd::Delivered { .. }) if !is_advice => PaymentStatus::Reversed,
            Some(ForwardEnd::Delivered { .. }) if payment.settled_in.is_some() => {
                PaymentStatus::Settled
            }
            Some(ForwardEnd::Delivered { .. }) => PaymentStatus::Delivered,
            Some(ForwardEnd::Withdrawn) => PaymentStatus::Withdrawn,
            Some(ForwardEnd::DeadLetter { .. }) if forward.resolution.is_some() => {
                PaymentStatus::Resolved
            }
            Some(ForwardEnd::DeadLetter {
                declined_after_goods: true,
                ..
            }) => PaymentStatus::DeclinedAfterGoods,
            Some(ForwardEnd::DeadLetter { .. }) => PaymentStatus::DeadLettered,
        }
    }

    pub(crate) fn entry_blocker(&self, id: ForwardId) -> Blocker {
        let forward = self.forward(id);
        let payment = forward.and_then(|forward| self.payment(forward.payment_id));
        match (forward, payment) {
            (Some(forward), Some(payment)) if !self.durable.is_eligible(forward) => {
                Blocker::LaneSilent {
                    lane: payment.request.lane,
                    payment_id: payment.request.payment_id,
                }
            }
            _ => Blocker::Entry(id),
        }
    }
}

fn in_doubt(payment: &Payment) -> bool {
    matches!(
        payment.progress,
        Progress::Decided(Decision::Unknown { .. })
    )
}

fn approved_status(payment: &Payment) -> PaymentStatus {
    match (payment.settled_in, payment.completion) {
        (Some(_), _) => PaymentStatus::Settled,
        (None, Completion::Completed(_)) => PaymentStatus::Captured,
        (None, Completion::Open | Completion::Abandoned) => PaymentStatus::Approved,
    }
}
