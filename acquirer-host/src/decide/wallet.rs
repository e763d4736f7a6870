//! The provider of wallets: the customer's code pays, at once or when its owner confirms; a query
//! says what became of it. A reversal closes a payment that waits, and pays back one that does not.

use std::collections::BTreeMap;

use super::{Bank, CURRENCY_NUMBER, Decision, Now, Outcome, answer_of};
use crate::{
    code::Code,
    ledger::{LedgerLine, State},
    request::Request,
    wallets::{Wallet, WalletBehaviour},
};

/// Codes that were shown, and how often. In memory only: no file may hold one.
pub(crate) type CodesShown = BTreeMap<String, u32>;

impl Bank {
    /// A 0200 with a customer's code.
    pub(super) fn wallet_pay(&mut self, request: &Request, now: Now) -> Decision {
        if let Some(refusal) = self.refuse_repeat(request) {
            return refusal;
        }
        let wallet = match self.wallet_of(request) {
            Ok(wallet) => wallet.clone(),
            Err(code) => {
                let refused = Outcome::new(code, State::Declined, request.amount_minor);
                return self.wallet_decision(request, now, refused);
            }
        };
        if wallet.behaviour == WalletBehaviour::Unseen {
            return Decision {
                is_silent: true,
                ..Decision::default()
            };
        }
        let outcome = self.wallet_outcome(request, now, &wallet);
        let is_paid = outcome.state == State::Approved;
        let mut decision = self.wallet_decision(request, now, outcome);
        if is_paid {
            add_manner(request, wallet.behaviour, &mut decision);
        }
        decision
    }

    /// Whose code it is: a code is taken once.
    fn wallet_of(&mut self, request: &Request) -> Result<&Wallet, Code> {
        let code = request.wallet_code.as_deref().ok_or(Code::FORMAT)?;
        let shown = self.codes_shown.entry(code.to_owned()).or_default();
        *shown = shown.saturating_add(1);
        if *shown > 1 {
            return Err(Code::INVALID_TRANSACTION);
        }
        self.accounts.wallet(code).ok_or(Code::UNKNOWN_CARD)
    }

    fn wallet_outcome(&self, request: &Request, now: Now, wallet: &Wallet) -> Outcome {
        let asked = request.amount_minor;
        let named = |outcome: Outcome| Outcome {
            account: Some(wallet.name.clone()),
            ..outcome
        };
        let declined = |code| named(Outcome::new(code, State::Declined, asked));
        let waiting = |confirm_at_ms| Outcome {
            confirm_at_ms,
            ..named(Outcome::new(Code::IN_PROGRESS, State::Waiting, asked))
        };
        let balance = wallet.balance_minor.map(|start| {
            let start = i64::try_from(start).unwrap_or(i64::MAX);
            start.saturating_sub(self.books.taken_minor(&wallet.name))
        });
        let asked_signed = i64::try_from(asked).unwrap_or(i64::MAX);
        if request.currency.as_deref() != Some(CURRENCY_NUMBER) {
            return declined(Code::INVALID_TRANSACTION);
        }
        if asked == 0 {
            return declined(Code::INVALID_AMOUNT);
        }
        if self.was_overtaken(request) {
            return declined(Code::NO_ORIGINAL);
        }
        if balance.is_some_and(|balance| balance < asked_signed) {
            return declined(Code::INSUFFICIENT_FUNDS);
        }
        match wallet.behaviour {
            WalletBehaviour::Declines(code) => declined(code),
            WalletBehaviour::Confirms { after_ms } => {
                let after = i64::try_from(after_ms).unwrap_or(i64::MAX);
                waiting(Some(now.wall_ms.saturating_add(after)))
            }
            WalletBehaviour::NeverConfirms => waiting(None),
            WalletBehaviour::Pays
            | WalletBehaviour::Late { .. }
            | WalletBehaviour::Twice
            | WalletBehaviour::Lost
            | WalletBehaviour::Silent
            | WalletBehaviour::Unseen
            | WalletBehaviour::WrongAmount => {
                named(Outcome::new(Code::APPROVED, State::Approved, asked))
            }
        }
    }

    fn wallet_decision(&mut self, request: &Request, now: Now, outcome: Outcome) -> Decision {
        let line = self.book(request, now, outcome);
        Decision {
            answer: answer_of(&line),
            line: Some(line),
            ..Decision::default()
        }
    }

    /// A 0200 that asks what became of a payment: nothing is booked by it.
    pub(super) fn wallet_query(&mut self, request: &Request) -> Decision {
        let original = request.original.as_ref();
        let entry = original.and_then(|original| {
            let (batch, stan) = (&original.batch, &original.stan);
            self.books.entry(&request.tid, batch, stan)
        });
        let Some(entry) = entry.filter(|entry| entry.line.is_wallet) else {
            return Decision::refused(Code::NO_ORIGINAL);
        };
        let wallet = entry.line.account.as_deref();
        let wallet = wallet.and_then(|name| self.accounts.wallet_named(name));
        let f39 = match entry.line.state {
            State::Approved if !entry.is_booked() => Code::INVALID_TRANSACTION,
            _ if entry.was_closed() => Code::INVALID_TRANSACTION,
            _ => entry.line.f39,
        };
        let mut answer = answer_of(&entry.line);
        answer.f39 = Some(f39);
        Decision {
            answer,
            is_silent: wallet.is_some_and(|wallet| wallet.behaviour == WalletBehaviour::Silent),
            ..Decision::default()
        }
    }

    /// Owners that have confirmed by now: their payments are booked at that moment.
    pub(crate) fn confirmed(&mut self, now: Now) -> Vec<LedgerLine> {
        let due = self.books.confirmed_by(now.wall_ms);
        due.into_iter()
            .map(|(waiting, at_ms)| {
                let line = LedgerLine {
                    state: State::Approved,
                    f39: Code::APPROVED,
                    authorisation: waiting.rrn.get(6..).map(str::to_owned),
                    confirm_at_ms: None,
                    at_ms,
                    ..waiting
                };
                self.books.apply(&line);
                line
            })
            .collect()
    }
}

fn add_manner(request: &Request, behaviour: WalletBehaviour, decision: &mut Decision) {
    match behaviour {
        WalletBehaviour::Late { after_ms } => decision.delay_ms = after_ms,
        WalletBehaviour::Twice => decision.copies = 2,
        WalletBehaviour::Lost | WalletBehaviour::Silent => decision.is_silent = true,
        WalletBehaviour::WrongAmount => {
            decision.answer.amount_minor = Some(request.amount_minor.saturating_add(1));
        }
        WalletBehaviour::Pays
        | WalletBehaviour::Confirms { .. }
        | WalletBehaviour::NeverConfirms
        | WalletBehaviour::Declines(_)
        | WalletBehaviour::Unseen => {}
    }
}
