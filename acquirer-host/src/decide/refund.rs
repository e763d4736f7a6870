//! The host pays money back: voids of the same batch, and refunds.

use super::{Bank, Decision, Now, authorise::Verdict};
use crate::{
    books::Entry,
    code::Code,
    request::{Kind, Request},
};

impl Bank {
    /// A void: the whole of a sale of the same terminal in the open batch, once.
    pub(super) fn void(&mut self, request: &Request, now: Now) -> Decision {
        if let Some(refusal) = self.refuse_repeat(request) {
            return refusal;
        }
        let verdict = verdict(self.check_void(request, now), request);
        self.conclude(request, now, verdict)
    }

    /// A refund, told as an advice. With an original the host still has, at most what is left of
    /// it; without one it is taken as it is, like the refund of a sale of last year.
    pub(super) fn refund(&mut self, request: &Request, now: Now) -> Decision {
        if let Some(repeat) = self.repeat_of_advice(request) {
            return repeat;
        }
        if self.books.open_batch(&request.tid) != request.batch {
            return Decision::refused(Code::SIGN_ON);
        }
        let verdict = verdict(self.check_refund(request, now), request);
        self.conclude(request, now, verdict)
    }

    fn check_void(&self, request: &Request, now: Now) -> Result<(), Code> {
        self.check_card(request, now)?;
        let original = request.original.as_ref().ok_or(Code::FORMAT)?;
        if original.batch != request.batch {
            return Err(Code::NO_ORIGINAL);
        }
        let entry = self.original_sale(request).ok_or(Code::NO_ORIGINAL)?;
        if !entry.is_whole() {
            return Err(Code::INVALID_TRANSACTION);
        }
        let is_same = entry.line.card == request.masked_card();
        if is_same && entry.line.amount_minor == request.amount_minor {
            Ok(())
        } else {
            Err(Code::ORIGINAL_AMOUNT)
        }
    }

    fn check_refund(&self, request: &Request, now: Now) -> Result<(), Code> {
        self.check_card(request, now)?;
        let Some(entry) = self.original_sale(request) else {
            return Ok(());
        };
        if entry.is_booked() && request.amount_minor <= entry.left_minor() {
            Ok(())
        } else {
            Err(Code::ORIGINAL_AMOUNT)
        }
    }

    /// The sale a void or refund names.
    fn original_sale(&self, request: &Request) -> Option<&Entry> {
        let original = request.original.as_ref()?;
        let entry = self
            .books
            .entry(&request.tid, &original.batch, &original.stan)?;
        (entry.line.f3 == crate::ledger::SALE).then_some(entry)
    }
}

fn verdict(checked: Result<(), Code>, request: &Request) -> Verdict {
    debug_assert!(matches!(request.kind, Kind::Void | Kind::Refund));
    match checked {
        Ok(()) => Verdict::Pays(request.amount_minor),
        Err(code) => Verdict::Declines(code),
    }
}
