//! Batch upload: what the terminal says was in a batch that didn't balance.

use tracing::{info, warn};

use super::{Bank, Decision, Now, Outcome, answer_of};
use crate::{
    code::Code,
    ledger::State,
    request::{Kind, Request},
};

impl Bank {
    /// A 0320, for a batch that was settled. Repeats are answered and noted once. At the end marker
    /// the transactions that only one side has are named in the log.
    pub(super) fn upload(&mut self, request: &Request, now: Now) -> Decision {
        let batch = self.books.batch(&request.tid, &request.batch);
        if let Some(rrn) = batch.and_then(|batch| batch.upload(&request.stan)) {
            return Decision::repeated(Code::APPROVED, rrn.to_owned());
        }
        if batch.and_then(|batch| batch.settlement()).is_none() {
            return Decision::refused(Code::NO_ORIGINAL);
        }
        let sum = request.items.iter().map(|item| item.amount_minor);
        let amount_minor = sum.fold(0_u64, u64::saturating_add);
        let outcome = Outcome::new(Code::APPROVED, State::Uploaded, amount_minor);
        let line = self.book(request, now, outcome);
        if request.kind == Kind::BatchUploadEnd {
            self.compare_upload(request);
        }
        Decision {
            answer: answer_of(&line),
            line: Some(line),
            ..Decision::default()
        }
    }

    fn compare_upload(&self, request: &Request) {
        let Some(batch) = self.books.batch(&request.tid, &request.batch) else {
            return;
        };
        let differences = batch.upload_differences();
        let uploaded = batch.uploaded_count();
        if differences.is_empty() {
            info!(
                event = "batch uploaded",
                tid = request.tid,
                batch = request.batch,
                uploaded
            );
        } else {
            warn!(event = "uploaded batch differs", tid = request.tid, batch = request.batch,
                uploaded, counted = request.upload_count, stans = ?differences);
        }
    }
}
