//! The desk archives payments that are over. Each goes into a file of its own; the desk, which
//! every start builds again, holds only payments that may still change.
//!
//! Decides: which payments are over, and what a file says. Nothing is forgotten: an event about an
//! archived payment needs its file (`Desk::asks_for`), and is answered as if it had never been
//! archived. If the event changes something, the desk holds the payment again until the next day is
//! closed.

mod fact;
mod file;
mod held;

use std::collections::VecDeque;

pub use fact::ArchiveFact;
pub use file::PaymentFile;

use crate::{
    desk::{Desk, DeskRecord, DurableState, Effect, Event, Rejected, outcome::Outcome},
    forward::{Forward, ForwardEnd, Resolution},
    ids::{ForwardId, PaymentId},
    limits::{FILE_ENTRIES_MAX, FILE_TEXT_BYTES_MAX, PAYMENTS_ARCHIVED_AT_ONCE},
    payment::{Completion, Decision, Payment, Progress},
    settlement::{Account, Transfer},
    time::Now,
};

impl Event {
    /// The payment an event is about; nobody's for the rest.
    const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Requested(request)
            | Self::RequestedOfPreviousHub(request)
            | Self::OfflineReported { request, .. } => Some(request.payment_id),
            Self::AbandonedAtPreviousHub { payment_id, .. }
            | Self::OfflineCard { payment_id }
            | Self::Completed { payment_id, .. }
            | Self::Abandoned { payment_id, .. } => Some(*payment_id),
            Self::TerminalConfigured { .. }
            | Self::Recovered
            | Self::LaneAttached { .. }
            | Self::EpochTakenBack { .. }
            | Self::LaneRemembers { .. }
            | Self::LeaseShown(_)
            | Self::ReserveReturn(_)
            | Self::ReturnShown { .. }
            | Self::ReturnPaidInCash { .. }
            | Self::SaleEnded { .. }
            | Self::BasketAsked(_)
            | Self::BasketWaits { .. }
            | Self::BasketHandedOver { .. }
            | Self::BasketTakenUp { .. }
            | Self::EpochOver { .. }
            | Self::ReleaseReturn { .. }
            | Self::LeaseReturned { .. }
            | Self::LeaseWrittenOff { .. }
            | Self::AcquirerLink { .. }
            | Self::SignedOn { .. }
            | Self::SignOnFailed { .. }
            | Self::SignOnRefused { .. }
            | Self::TryNow
            | Self::NotSent { .. }
            | Self::SentThenBroke { .. }
            | Self::Answered(_)
            | Self::Tick
            | Self::DeadLetterResolved { .. }
            | Self::CloseTimedOut
            | Self::TurnDate { .. }
            | Self::OrderSettlement
            | Self::StateEpochEnd { .. }
            | Self::Archive => None,
        }
    }
}

impl Desk {
    /// The payment that must be looked for among those archived before this event is stepped.
    #[must_use]
    pub fn asks_for(&self, event: &Event) -> Option<PaymentId> {
        let id = event.payment_id()?;
        (!self.durable.payments.contains_key(&id)).then_some(id)
    }

    /// As `step`, for an event about a payment that was archived. It is held again if anything was
    /// written about it, and is where it was otherwise.
    ///
    /// # Errors
    /// The event contradicts what is known; nothing has changed then.
    pub fn step_restoring(
        &mut self,
        now: Now,
        jitter: u64,
        event: Event,
        file: PaymentFile,
    ) -> Result<Vec<Effect>, Rejected> {
        let mut out = Outcome::new(now, jitter);
        let id = file.payment_id();
        let date = self.business_date();
        self.durable.restore(&file);
        let dispatched = self.dispatch(&mut out, event);
        if out.wrote_nothing() {
            self.durable.archive(id);
        } else {
            let file = Box::new(file);
            out.persist_first(DeskRecord {
                at: now.wall,
                date,
                fact: ArchiveFact::Restored { file }.into(),
            });
        }
        dispatched?;
        Ok(self.follow_up(out))
    }

    /// Whether payments wait to be archived: `Event::Archive` takes some of them.
    #[must_use]
    pub fn has_payments_to_archive(&self) -> bool {
        !self.archivable.is_empty()
    }

    /// The day is closed: what is over by now is archived, some at a time.
    pub(crate) fn find_archivable(&mut self) {
        let ids = self.durable.payments.keys().copied();
        self.archivable = ids.filter(|id| self.durable.is_over(*id)).collect();
    }

    /// Some of them went before a restart. They go in the order of their ids.
    pub(super) fn archived_before(&mut self, payment_ids: &[PaymentId]) {
        let last = payment_ids.last();
        while self.archivable.front() <= last && !self.archivable.is_empty() {
            self.archivable.pop_front();
        }
    }

    /// Archives some of them: their files are written in the commit of the record.
    pub(crate) fn archive(&mut self, out: &mut Outcome) {
        let mut payment_ids = Vec::new();
        while payment_ids.len() < PAYMENTS_ARCHIVED_AT_ONCE {
            let Some(id) = self.archivable.pop_front() else {
                break;
            };
            // Something may have been heard of it since.
            if self.durable.is_over(id)
                && let Some(file) = self.file(id)
            {
                out.archive(file);
                payment_ids.push(id);
            }
        }
        if !payment_ids.is_empty() {
            self.note(out, ArchiveFact::Archived { payment_ids });
        }
    }

    /// What the desk holds of a payment.
    #[must_use]
    pub fn file(&self, id: PaymentId) -> Option<PaymentFile> {
        self.durable.file(id)
    }
}

/// Payments that are over and not archived yet.
pub(crate) type Archivable = VecDeque<PaymentId>;

impl DurableState {
    pub(crate) fn file(&self, id: PaymentId) -> Option<PaymentFile> {
        let payment = self.payments.get(&id)?;
        let entries = payment.forwards.iter();
        Some(PaymentFile {
            payment: payment.clone(),
            forwards: entries
                .filter_map(|id| self.forwards.get(id).cloned())
                .collect(),
            offline: self.offline.get(&id).copied(),
            card_came: self.offline_cards.contains(&id),
        })
    }

    /// Nothing more can become of it by itself: decided, its sale ended, each entry at its end, and
    /// in no open batch.
    pub(crate) fn is_over(&self, id: PaymentId) -> bool {
        let Some(payment) = self.payments.get(&id) else {
            return false;
        };
        let Progress::Decided(decision) = &payment.progress else {
            return false;
        };
        let entries: Vec<&Forward> = self.entries_of(payment).collect();
        let at_their_end = entries.iter().all(|entry| self.entry_is_over(entry));
        let ended = payment.completion != Completion::Open;
        let closed = match decision {
            Decision::Approved { .. } | Decision::PartiallyApproved { .. } => {
                let undone = payment.completion == Completion::Abandoned && !entries.is_empty();
                ended && (payment.settled_in.is_some() || undone)
            }
            Decision::StandIn { .. } | Decision::OfflineApproved { .. } => {
                ended && !entries.is_empty()
            }
            Decision::Declined { .. } | Decision::Unknown { .. } | Decision::Refused { .. } => true,
        };
        let uploaded = !self.is_being_uploaded(payment);
        closed && at_their_end && uploaded && fits_a_file(&entries)
    }

    fn entry_is_over(&self, entry: &Forward) -> bool {
        let ended = match &entry.end {
            None => false,
            Some(ForwardEnd::DeadLetter { .. }) => entry.resolution.is_some(),
            Some(ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn) => true,
        };
        ended && !self.is_in_open_batch(entry) && !self.carried.contains(&entry.id)
    }

    /// Whether the host counts it in a batch that is not closed.
    pub(crate) fn is_in_open_batch(&self, entry: &Forward) -> bool {
        let terminal = self.terminals.get(&entry.tid);
        terminal
            .zip(entry.bound)
            .is_some_and(|(terminal, (stan, batch))| terminal.items.contains_key(&(batch, stan)))
    }

    pub(crate) fn entries_of<'a>(
        &'a self,
        payment: &'a Payment,
    ) -> impl DoubleEndedIterator<Item = &'a Forward> {
        let ids = payment.forwards.iter();
        ids.filter_map(|id| self.forwards.get(id))
    }

    /// `None` if one of them is not here.
    pub(in crate::desk) fn apply_archive(&mut self, fact: &ArchiveFact) -> Option<()> {
        match fact {
            ArchiveFact::Archived { payment_ids } => self.archive_all(payment_ids),
            ArchiveFact::Restored { file } => {
                self.restore(file);
                Some(())
            }
        }
    }

    /// `None` if one of them is not here.
    fn archive_all(&mut self, ids: &[PaymentId]) -> Option<()> {
        let all_here = ids.iter().all(|id| self.payments.contains_key(id));
        for id in ids {
            self.archive(*id);
        }
        all_here.then_some(())
    }

    /// Takes a payment out, with all that belongs to it.
    pub(crate) fn archive(&mut self, id: PaymentId) {
        let Some(payment) = self.payments.get(&id) else {
            return;
        };
        let entries: Vec<ForwardId> = payment.forwards.clone();
        for transfer in self.current_transfers(payment) {
            self.balances_archived.post(transfer);
        }
        for entry in entries {
            self.forwards.remove(&entry);
        }
        self.payments.remove(&id);
        self.offline.remove(&id);
        self.offline_cards.remove(&id);
    }

    /// Puts a payment back, with all that belongs to it.
    pub(crate) fn restore(&mut self, file: &PaymentFile) {
        let id = file.payment_id();
        for forward in &file.forwards {
            self.forwards.insert(forward.id, forward.clone());
        }
        if let Some(fact) = file.offline {
            self.offline.insert(id, fact);
        }
        if file.card_came {
            self.offline_cards.insert(id);
        }
        self.payments.insert(id, file.payment.clone());
        for Transfer { from, to, amount } in self.current_transfers(&file.payment) {
            let (from, to) = (to, from);
            self.balances_archived.post(Transfer { from, to, amount });
        }
    }

    fn current_transfers(&self, payment: &Payment) -> Vec<Transfer> {
        let amounts = self.current_amounts(payment).into_iter();
        let transfers = amounts.map(|(to, amount)| Transfer {
            from: Account::CardTender,
            to,
            amount,
        });
        transfers.collect()
    }
}

/// Whether it fits into one record. What doesn't, stays with the desk: a dead letter that was tried
/// and written about for ever.
fn fits_a_file(entries: &[&Forward]) -> bool {
    let texts = entries.iter().map(|entry| text_bytes(entry));
    entries.len() <= FILE_ENTRIES_MAX && texts.fold(0, usize::saturating_add) <= FILE_TEXT_BYTES_MAX
}

fn text_bytes(entry: &Forward) -> usize {
    let ended = match &entry.end {
        Some(ForwardEnd::DeadLetter { reason, .. }) => reason.text_bytes(),
        Some(ForwardEnd::Delivered { .. } | ForwardEnd::Withdrawn) | None => 0,
    };
    let resolved = match &entry.resolution {
        Some(Resolution::SettledByHand { reference }) => reference.len(),
        Some(Resolution::WrittenOff { reason }) => reason.len(),
        Some(Resolution::Retry) | None => 0,
    };
    ended.saturating_add(resolved)
}
