//! The desk in a form that can be kept: what its records add up to, so that a start reads only the
//! records behind it. A cache of the journal, never more. What follows from the rest (who is
//! undecided, what is queued) is not kept but found again; only which payments wait to be archived
//! is not, so that none is made while some do.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    card_ref::CardHash,
    desk::{
        BasketsPart, Counts, DaysPart, Desk, DeskConfig, DurableState, MachinesPart, PaymentFile,
        ReturnsPart,
    },
    forward::Forward,
    ids::{ForwardId, LaneId, PaymentId, Tid},
    payment::Progress,
    risk::{Exposure, LeaseLedger, OpenRisk},
    settlement::Balances,
    terminal::Terminal,
    time::BusinessDate,
};

/// The name of a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DeskPart {
    /// [`DeskState`]. Read together with the dates: without it all is rebuilt.
    Desk,
    /// [`MachinesPart`].
    Machines,
    /// [`DaysPart`].
    Days,
    /// [`ReturnsPart`].
    Returns,
    /// [`BasketsPart`].
    Baskets,
}

impl DeskPart {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Desk,
        Self::Machines,
        Self::Days,
        Self::Returns,
        Self::Baskets,
    ];

    /// As it is kept.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Machines => "machines",
            Self::Days => "days",
            Self::Returns => "returns",
            Self::Baskets => "baskets",
        }
    }
}

/// What the records of a desk add up to. A part that is `None` was not kept, or not in a form that
/// is known here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeskCheckpoint {
    /// Payments, entries, terminals, leases and the books: one machine, so one part.
    pub desk: DeskState,
    /// Which of them speaks for each lane, and which hub was here before.
    pub machines: Option<MachinesPart>,
    /// The dates.
    pub days: Option<DaysPart>,
    /// Goods that came back.
    pub returns: Option<ReturnsPart>,
    /// Baskets that wait.
    pub baskets: Option<BasketsPart>,
}

/// Part of the checkpoint: payments and all that moves with them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeskState {
    /// Every payment the desk holds, by id.
    pub payments: Vec<PaymentFile>,
    /// Cards of offline payments that came before the journal that tells of them.
    pub cards_ahead: BTreeSet<PaymentId>,
    /// Given up before the request came.
    pub abandoned_early: BTreeMap<PaymentId, LaneId>,
    /// Each terminal, its queue left out.
    pub terminals: Vec<Terminal>,
    /// The newest queue entry there ever was.
    pub last_forward: ForwardId,
    /// The most entries there ever were in the queue.
    pub queue_depth_max: usize,
    /// What is undelivered.
    pub exposure: Exposure,
    /// All leases.
    pub leases: LeaseLedger,
    /// Cards the bank refused after the goods were gone.
    pub hot_list: BTreeSet<CardHash>,
    /// Entries that the close of the running day does not wait for.
    pub carried: BTreeSet<ForwardId>,
    /// What stands in each account (I1).
    pub balances: Balances,
    /// The part of it that payments archived make up.
    pub balances_archived: Balances,
    /// Counts since the journal began.
    pub counts: Counts,
    /// Those when the running day began.
    pub counts_before_today: Counts,
    /// Those of each closed day.
    pub counts_of_days: BTreeMap<BusinessDate, Counts>,
    /// Records that named what nobody knows.
    pub orphan_records: u64,
}

impl Desk {
    /// The durable half of the desk as of the last record it wrote or read. Not to be kept while
    /// `has_payments_to_archive`: those would wait for the next day's close.
    #[must_use]
    pub fn checkpoint(&self) -> DeskCheckpoint {
        let state = &self.durable;
        let ids = state.payments.keys();
        let unknown = |id: &&PaymentId| !state.payments.contains_key(*id);
        let desk = DeskState {
            payments: ids.filter_map(|id| state.file(*id)).collect(),
            cards_ahead: state
                .offline_cards
                .iter()
                .filter(unknown)
                .copied()
                .collect(),
            abandoned_early: state.abandoned_early.clone(),
            terminals: state.terminals.values().map(without_queue).collect(),
            last_forward: state.last_forward,
            queue_depth_max: state.queue_depth_max,
            exposure: state.risk.exposure().clone(),
            leases: state.risk.leases().clone(),
            hot_list: state.hot_list.clone(),
            carried: state.carried.clone(),
            balances: state.balances.clone(),
            balances_archived: state.balances_archived.clone(),
            counts: state.counts,
            counts_before_today: state.counts_before_today,
            counts_of_days: state.counts_of_days.clone(),
            orphan_records: state.orphan_records,
        };
        DeskCheckpoint {
            desk,
            machines: Some(state.machines.clone()),
            days: Some(state.days.clone()),
            returns: Some(state.returns.clone()),
            baskets: Some(state.baskets.clone()),
        }
    }

    /// A desk that goes on from there with the records behind it, as one that replayed all of them
    /// would. A part that is not there has seen none: `replay_into` brings it up.
    #[must_use]
    pub fn from_checkpoint(config: DeskConfig, kept: DeskCheckpoint) -> Self {
        let mut desk = Self::new(config);
        desk.durable = DurableState {
            machines: kept.machines.unwrap_or_default(),
            days: kept.days.unwrap_or_default(),
            returns: kept.returns.unwrap_or_default(),
            baskets: kept.baskets.unwrap_or_default(),
            ..DurableState::restored(kept.desk)
        };
        desk
    }
}

fn without_queue(terminal: &Terminal) -> Terminal {
    Terminal {
        reversals: BTreeSet::new(),
        uploads: BTreeSet::new(),
        ..terminal.clone()
    }
}

impl DurableState {
    fn restored(kept: DeskState) -> Self {
        let terminals = kept.terminals.into_iter();
        let terminals: BTreeMap<Tid, Terminal> = terminals
            .map(|terminal| (terminal.tid.clone(), terminal))
            .collect();
        let stopped = terminals.values().filter(|one| one.stopped.is_some());
        let mut state = Self {
            stopped: stopped.map(|one| one.tid.clone()).collect(),
            abandoned_early: kept.abandoned_early,
            terminals,
            last_forward: kept.last_forward,
            risk: OpenRisk::restored(kept.exposure, kept.leases),
            offline_cards: kept.cards_ahead,
            hot_list: kept.hot_list,
            carried: kept.carried,
            balances: kept.balances,
            counts: kept.counts,
            counts_before_today: kept.counts_before_today,
            counts_of_days: kept.counts_of_days,
            orphan_records: kept.orphan_records,
            ..Self::default()
        };
        for file in kept.payments {
            state.hold_again(file);
        }
        state.queue_depth_max = kept.queue_depth_max;
        // `hold_again` moved what is held out of it.
        state.balances_archived = kept.balances_archived;
        state
    }

    fn hold_again(&mut self, file: PaymentFile) {
        self.restore(&file);
        if matches!(file.payment.progress, Progress::Requested | Progress::Sent) {
            self.undecided.insert(file.payment_id());
            if let Some((tid, ..)) = &file.payment.bound {
                self.is_sent_on(tid, file.payment_id());
            }
        }
        let queued = |entry: &&Forward| entry.end.is_none();
        for entry in file.forwards.iter().filter(queued) {
            self.enqueue(entry);
        }
    }
}
