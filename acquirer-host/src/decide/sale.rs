//! Sales, balance inquiries and sales told afterwards.

use super::{Bank, Decision, Now, Outcome, answer_of, authorise::Verdict};
use crate::{
    behaviour::Behaviour,
    code::Code,
    ledger::State,
    request::{Kind, Request},
};

impl Bank {
    /// A 0200. One that repeats a STAN gets 94 and books nothing; one whose reversal came first
    /// gets 25, or the customer would pay for a sale the terminal has given up.
    pub(super) fn live(&mut self, request: &Request, now: Now) -> Decision {
        if let Some(refusal) = self.refuse_repeat(request) {
            return refusal;
        }
        let verdict = self.authorise(request, now);
        self.conclude(request, now, verdict)
    }

    /// A 0220 of a sale. A repeat gets 94 when the first was booked in full, else what the first
    /// got: 94 means "I have it", and must never be said of money the host has not booked.
    pub(super) fn offline_sale(&mut self, request: &Request, now: Now) -> Decision {
        if let Some(repeat) = self.repeat_of_advice(request) {
            return repeat;
        }
        if self.books.open_batch(&request.tid) != request.batch {
            return Decision::refused(Code::SIGN_ON);
        }
        let verdict = self.authorise(request, now);
        self.conclude(request, now, verdict)
    }

    /// What a live message gets without being looked at further, if anything.
    pub(super) fn refuse_repeat(&mut self, request: &Request) -> Option<Decision> {
        let (tid, batch, stan) = (&request.tid, &request.batch, &request.stan);
        if let Some(entry) = self.books.entry(tid, batch, stan) {
            return Some(Decision::repeated(Code::DUPLICATE, entry.line.rrn.clone()));
        }
        if self.books.open_batch(tid) != *batch {
            return Some(Decision::refused(Code::SIGN_ON));
        }
        None
    }

    /// What a repeated advice gets; 30 for a STAN that was something else before.
    pub(super) fn repeat_of_advice(&self, request: &Request) -> Option<Decision> {
        let entry = self
            .books
            .entry(&request.tid, &request.batch, &request.stan)?;
        let line = &entry.line;
        let is_same = line.mti == request.mti
            && line.f3 == request.f3
            && line.requested_minor == request.amount_minor;
        if !is_same {
            return Some(Decision::refused(Code::FORMAT));
        }
        let mut decision = Decision {
            answer: answer_of(line),
            ..Decision::default()
        };
        if line.f39 == Code::APPROVED {
            decision.answer.f39 = Some(Code::DUPLICATE);
        }
        Some(decision)
    }

    /// Whether the reversal of a message came before it.
    pub(super) fn was_overtaken(&self, request: &Request) -> bool {
        let batch = self.books.batch(&request.tid, &request.batch);
        batch.is_some_and(|batch| batch.reversal(&request.stan).is_some())
    }

    /// Books what was decided, with the account's manner of answering.
    pub(super) fn conclude(&mut self, request: &Request, now: Now, verdict: Verdict) -> Decision {
        let verdict = match self.was_overtaken(request) {
            true => Verdict::Declines(Code::NO_ORIGINAL),
            false => verdict,
        };
        let asked = request.amount_minor;
        let outcome = match verdict {
            Verdict::Declines(code) => Outcome::new(code, State::Declined, asked),
            Verdict::Pays(amount) if amount < asked => {
                Outcome::new(Code::PARTIAL, State::Approved, amount)
            }
            Verdict::Pays(amount) => Outcome::new(Code::APPROVED, State::Approved, amount),
        };
        let outcome = Outcome {
            original: request.original.clone(),
            ..outcome
        };
        let line = self.book(request, now, outcome);
        let mut decision = Decision {
            answer: answer_of(&line),
            line: Some(line),
            ..Decision::default()
        };
        self.add_manner(request, &mut decision);
        decision
    }

    fn add_manner(&self, request: &Request, decision: &mut Decision) {
        match self.behaviour(request) {
            Some(Behaviour::Slow { answer_after_ms }) => decision.delay_ms = answer_after_ms,
            Some(Behaviour::Silent) => decision.is_silent = true,
            Some(Behaviour::Approve | Behaviour::Decline(_) | Behaviour::Partial) | None => {}
        }
        if request.kind == Kind::Balance && decision.answer.f39 == Some(Code::APPROVED) {
            let account = request.pan.as_ref().and_then(|pan| self.accounts.get(pan));
            decision.answer.balance_minor = account.and_then(|account| self.balance_minor(account));
        }
    }
}
