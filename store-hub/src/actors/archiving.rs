//! The desk archives payments that are over: some in each commit, and only while the disk keeps up.
//! The hub makes its checkpoint when the last of them is archived. So a start builds only payments
//! that may still change.

use domain::{
    desk::{Effect, Event, Rejected},
    ids::PaymentId,
    limits::{HUB_CHECKPOINT_PAYMENTS_MAX, HUB_RECORDS_PER_CHECKPOINT},
    time::Now,
};
use journal::{Batch, LogId};

use super::payment_desk::PaymentDesk;
use crate::checkpoint;

impl PaymentDesk {
    /// Steps the desk. An event about a payment that was archived is stepped with its file; when
    /// that can't be read, nothing is decided and nobody is answered: who asked asks again, or
    /// gives the payment up.
    pub(super) fn step_with_file(
        &mut self,
        now: Now,
        event: Event,
    ) -> Result<Vec<Effect>, Rejected> {
        let jitter = self.parts.random.next_u64();
        match self
            .payment_archive
            .file_for(&event, &self.desk, &self.parts.journal)
        {
            Ok(None) => self.desk.step(now, jitter, event),
            Ok(Some(file)) => self.desk.step_restoring(now, jitter, event, file),
            Err(error) => {
                tracing::error!(event = "file of a payment not read", code = "HUB0018", %error);
                Ok(Vec::new())
            }
        }
    }

    /// Whether the hub was ever asked for this payment. Of one whose file can't be read it was.
    pub(super) fn knows(&self, id: PaymentId) -> bool {
        let archived = || self.payment_archive.file(id, &self.parts.journal);
        self.desk.payment(id).is_some() || archived().map_or(true, |file| file.is_some())
    }

    /// The journal became durable up to where it is: some more may go.
    pub(super) fn archive_more(&mut self) {
        let settled = self.payment_archive.settle(self.parts.journal.durable());
        if self.stopped || !settled || !self.desk.has_payments_to_archive() {
            return;
        }
        if self.parts.journal.refuses_new_work().is_some() {
            return;
        }
        let kept_before = self.kept_at;
        if let Err(rejected) = self.apply(Event::Archive) {
            tracing::warn!(event = "desk rejected an event", %rejected);
        }
        if !self.desk.has_payments_to_archive() && self.kept_at == kept_before {
            self.keep_checkpoint();
        }
    }

    /// Whether a start would have to read so much that it is time for a checkpoint. Which payments
    /// wait to be archived is in the log alone: there is none before the last of them has gone.
    pub(super) fn checkpoint_is_due(&self) -> bool {
        let head = self.parts.journal.head(LogId::OWN).sequence;
        !self.desk.has_payments_to_archive()
            && head.saturating_sub(self.kept_at) >= HUB_RECORDS_PER_CHECKPOINT
    }

    /// Makes a checkpoint of what was decided so far, in a commit of its own behind it. It is a
    /// cache: one that is too large, or that the journal has no room for, is left out, and is tried
    /// again as many records later.
    pub(super) fn keep_checkpoint(&mut self) {
        if self.stopped {
            return;
        }
        let journal = &self.parts.journal;
        self.kept_at = journal.head(LogId::OWN).sequence;
        let payments = self.desk.payments_held();
        if payments > HUB_CHECKPOINT_PAYMENTS_MAX {
            tracing::warn!(
                event = "no checkpoint made, too many payments held",
                payments
            );
            return;
        }
        let bytes = checkpoint::encode(&self.desk, self.hub_epoch, Some(self.history));
        let kept =
            journal.append_with_checkpoint(Batch::new(), checkpoint::NAME, LogId::OWN, &bytes);
        match kept {
            Ok(ticket) => self.ticket = ticket,
            Err(error) => tracing::warn!(event = "no checkpoint made", %error),
        }
    }
}
