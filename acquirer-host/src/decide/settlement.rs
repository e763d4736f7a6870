//! Settlement: the terminal's totals against the host's, then the next batch.

use tracing::warn;

use super::{Answer, Bank, Decision, Now, Outcome, answer_of};
use crate::{code::Code, ledger::State, request::Request};

const BALANCED: char = '1';
const NOT_BALANCED: char = '2';
const TOTALS_ERROR: char = '3';

impl Bank {
    /// A 0500. Closes the batch either way: an unbalanced one is cleared up by a batch upload under
    /// its own number. A repeat gets the first answer and closes nothing.
    pub(super) fn settle(&mut self, request: &Request, now: Now) -> Decision {
        let batch = self.books.batch(&request.tid, &request.batch);
        if let Some(earlier) = batch.and_then(|batch| batch.settlement()) {
            let result = if earlier.is_balanced {
                BALANCED
            } else {
                NOT_BALANCED
            };
            return with_result(
                Decision::repeated(Code::APPROVED, earlier.rrn.clone()),
                result,
            );
        }
        if self.books.open_batch(&request.tid) != request.batch {
            return Decision::refused(Code::SIGN_ON);
        }
        let Some(theirs) = request.totals else {
            return with_result(Decision::refused(Code::APPROVED), TOTALS_ERROR);
        };
        let ours = batch.map(|batch| batch.totals()).unwrap_or_default();
        let (state, result) = match ours == theirs {
            true => (State::Settled, BALANCED),
            false => (State::Unbalanced, NOT_BALANCED),
        };
        if state == State::Unbalanced {
            warn!(event = "totals differ", tid = request.tid, batch = request.batch,
                ours = ?ours, theirs = ?theirs);
        }
        let outcome = Outcome {
            totals: Some(ours),
            ..Outcome::new(
                Code::APPROVED,
                state,
                ours.debit_minor.saturating_sub(ours.credit_minor),
            )
        };
        let line = self.book(request, now, outcome);
        let decision = Decision {
            answer: answer_of(&line),
            line: Some(line),
            ..Decision::default()
        };
        with_result(decision, result)
    }
}

fn with_result(mut decision: Decision, result: char) -> Decision {
    decision.answer = Answer {
        settlement_result: Some(result),
        ..decision.answer
    };
    decision
}
