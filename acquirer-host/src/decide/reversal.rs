//! Reversals: of what was never seen, of what was declined, of what was booked; once each.

use super::{Bank, Decision, Now, Outcome, answer_of};
use crate::{
    code::Code,
    ledger::{LedgerLine, State},
    request::Request,
};

impl Bank {
    /// A 0400. Answered 00 even when the original was never seen, and remembered then, so that an
    /// original it has overtaken is declined. A repeat gets 00 again and takes nothing back twice.
    pub(super) fn reverse(&mut self, request: &Request, now: Now) -> Decision {
        let batch = self.books.batch(&request.tid, &request.batch);
        if let Some(earlier) = batch.and_then(|batch| batch.reversal(&request.stan)) {
            return Decision::repeated(Code::APPROVED, earlier.rrn.clone());
        }
        let outcome = self.reversal_outcome(request);
        let line = self.book(request, now, outcome);
        Decision {
            answer: answer_of(&line),
            line: Some(line),
            ..Decision::default()
        }
    }

    fn reversal_outcome(&self, request: &Request) -> Outcome {
        let entry = self
            .books
            .entry(&request.tid, &request.batch, &request.stan);
        let nothing = Outcome::new(
            Code::APPROVED,
            State::NothingToReverse,
            request.amount_minor,
        );
        let Some(entry) = entry.filter(|entry| entry.is_booked()) else {
            return nothing;
        };
        match self.refuse_reversal(request, &entry.line, entry.is_whole()) {
            Some(code) => Outcome::new(code, State::Declined, request.amount_minor),
            None => Outcome {
                f39: Code::APPROVED,
                state: State::Reversed,
                amount_minor: entry.line.amount_minor,
                original: entry.line.original.clone(),
                totals: None,
                account: entry.line.account.clone(),
                confirm_at_ms: None,
            },
        }
    }

    /// Advices are not reversed, nor what was voided or lies in a closed batch (12); a reversal has
    /// the content of its original (64).
    fn refuse_reversal(
        &self,
        request: &Request,
        original: &LedgerLine,
        is_whole: bool,
    ) -> Option<Code> {
        let is_open = self.books.open_batch(&request.tid) == request.batch;
        if !is_open || !is_whole || original.mti != "0200" {
            return Some(Code::INVALID_TRANSACTION);
        }
        let amounts = [original.requested_minor, original.amount_minor];
        let is_same_card = request.pan.is_none() || request.masked_card() == original.card;
        let is_same =
            original.f3 == request.f3 && amounts.contains(&request.amount_minor) && is_same_card;
        (!is_same).then_some(Code::ORIGINAL_AMOUNT)
    }
}
