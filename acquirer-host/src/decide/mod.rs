//! What the host answers. Decided at once when a message arrives, whatever the delay of the answer:
//! a reversal that follows a slow sale finds the sale booked, as at a real bank.
//!
//! Every decision on money is a ledger line; the books change by that line and by nothing else.

mod authorise;
mod batch_upload;
mod refund;
mod reversal;
mod sale;
mod settlement;
mod sign_on;
mod wallet;

pub(crate) use wallet::CodesShown;

use std::collections::BTreeMap;

use iso8583::keys::WorkingKeys;

use crate::{
    accounts::Accounts,
    behaviour::Behaviour,
    books::Books,
    civil::Civil,
    code::Code,
    ledger::{LedgerLine, State, Totals},
    request::{Kind, Request},
    stans_of_day::StansOfDay,
    terminal_keys::TerminalKeys,
};

/// The one currency: field 49 and the ledger's letters for it.
const CURRENCY_NUMBER: &str = "156";
const CURRENCY: &str = "CNY";

/// Everything the host decides from.
pub(crate) struct Bank {
    pub(crate) accounts: Accounts,
    pub(crate) default_behaviour: Option<Behaviour>,
    pub(crate) terminal_keys: TerminalKeys,
    pub(crate) books: Books,
    /// For a host that takes no STAN twice on a day.
    pub(crate) stans: Option<StansOfDay>,
    pub(crate) signed_on: BTreeMap<String, Session>,
    /// Codes of wallets: each pays once.
    pub(crate) codes_shown: CodesShown,
    /// Sign-on and echo answers so far, for their references.
    pub(crate) service_answers: u64,
}

/// A terminal that has signed on.
pub(crate) struct Session {
    pub(crate) mid: String,
    pub(crate) keys: WorkingKeys,
}

/// The moment of a decision.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) wall_ms: i64,
    pub(crate) civil: Civil,
}

/// What goes back to the terminal.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) f39: Option<Code>,
    pub(crate) rrn: String,
    /// Field 4, if it differs from the request's.
    pub(crate) amount_minor: Option<u64>,
    pub(crate) authorisation: Option<String>,
    /// Ledger balance for field 54, minor units.
    pub(crate) balance_minor: Option<u64>,
    /// Result of a settlement: 1 balanced, 2 not, 3 error.
    pub(crate) settlement_result: Option<char>,
    /// Wrapped working keys for field 62.
    pub(crate) keys: Option<Vec<u8>>,
    /// Batch for field 60, if it differs from the request's.
    pub(crate) batch: Option<String>,
}

/// A decision.
#[derive(Debug, Default)]
pub(crate) struct Decision {
    pub(crate) answer: Answer,
    /// To be made durable before the answer leaves; already in the books.
    pub(crate) line: Option<LedgerLine>,
    /// Added by the account.
    pub(crate) delay_ms: u64,
    /// How often it is answered; 0 is once.
    pub(crate) copies: u8,
    /// The account never answers.
    pub(crate) is_silent: bool,
}

impl Decision {
    /// An answer that changes nothing.
    pub(crate) fn refused(f39: Code) -> Self {
        Self::repeated(f39, String::new())
    }

    /// The answer to a repeat, under the reference of the first.
    fn repeated(f39: Code, rrn: String) -> Self {
        Self {
            answer: Answer {
                f39: Some(f39),
                rrn,
                ..Answer::default()
            },
            ..Self::default()
        }
    }
}

impl Bank {
    /// Decides a message whose terminal and MAC are good.
    pub(crate) fn decide(
        &mut self,
        request: &Request,
        now: Now,
        random: &mut dyn FnMut(&mut [u8]),
    ) -> Decision {
        if request.is_financial() && self.uses_stan_again(request, now) {
            return Decision::refused(Code::DUPLICATE);
        }
        match request.kind {
            Kind::SignOn => self.sign_on(request, now, random),
            Kind::SignOff => self.sign_off(request, now),
            Kind::Echo => self.echo(now),
            Kind::Sale | Kind::Balance => self.live(request, now),
            Kind::WalletPay => self.wallet_pay(request, now),
            Kind::WalletQuery => self.wallet_query(request),
            Kind::OfflineSale => self.offline_sale(request, now),
            Kind::Void => self.void(request, now),
            Kind::Refund => self.refund(request, now),
            Kind::Reversal => self.reverse(request, now),
            Kind::Settlement => self.settle(request, now),
            Kind::BatchUpload | Kind::BatchUploadEnd => self.upload(request, now),
            Kind::Unsupported => Decision::refused(Code::UNSUPPORTED),
        }
    }

    fn uses_stan_again(&mut self, request: &Request, now: Now) -> bool {
        let Request { tid, mti, stan, .. } = request;
        let stans = self.stans.as_mut();
        stans.is_some_and(|stans| stans.is_used(tid, mti, stan, now.civil))
    }

    /// Who may speak: a terminal of the host, of the right merchant, signed on, in its batch.
    pub(crate) fn admit(&self, request: &Request) -> Result<(), Code> {
        if self.terminal_keys.master_key(&request.tid).is_none() {
            return Err(Code::UNKNOWN_TERMINAL);
        }
        let known_mid = self.terminal_keys.mid(&request.tid);
        let session = self.signed_on.get(&request.tid);
        let signed_on_mid = session.map(|session| session.mid.as_str());
        let mid_matches = |mid: Option<&str>| mid.is_none_or(|mid| mid == request.mid);
        if !mid_matches(known_mid) {
            return Err(Code::INVALID_MERCHANT);
        }
        match request.kind {
            Kind::SignOn | Kind::Echo | Kind::SignOff => Ok(()),
            Kind::Sale
            | Kind::WalletPay
            | Kind::WalletQuery
            | Kind::Void
            | Kind::Balance
            | Kind::OfflineSale
            | Kind::Refund
            | Kind::Reversal
            | Kind::Settlement
            | Kind::BatchUpload
            | Kind::BatchUploadEnd
            | Kind::Unsupported => match session {
                None => Err(Code::SIGN_ON),
                Some(_) if !mid_matches(signed_on_mid) => Err(Code::INVALID_MERCHANT),
                Some(_) => Ok(()),
            },
        }
    }

    /// Writes a line and books it.
    fn book(&mut self, request: &Request, now: Now, outcome: Outcome) -> LedgerLine {
        let rrn = self.books.next_rrn(now.civil.year, now.civil.day_of_year);
        let approved = outcome.state == State::Approved;
        let line = LedgerLine {
            tid: request.tid.clone(),
            mid: request.mid.clone(),
            batch: request.batch.clone(),
            stan: request.stan.clone(),
            mti: request.mti.clone(),
            f3: request.f3.clone(),
            amount_minor: outcome.amount_minor,
            f39: outcome.f39,
            authorisation: approved.then(|| rrn.get(6..).unwrap_or_default().to_owned()),
            rrn,
            state: outcome.state,
            payment_ref: request.payment_ref.clone(),
            currency: CURRENCY.to_owned(),
            requested_minor: request.amount_minor,
            card: request.masked_card(),
            account: self.account_name(request).or(outcome.account),
            original: outcome.original,
            totals: outcome.totals,
            items: request.items.clone(),
            is_wallet: request.is_wallet,
            confirm_at_ms: outcome.confirm_at_ms,
            at_ms: now.wall_ms,
        };
        self.books.apply(&line);
        line
    }

    fn account_name(&self, request: &Request) -> Option<String> {
        let account = self.accounts.get(request.pan.as_ref()?)?;
        Some(account.name.clone())
    }
}

/// What a line is to say beside what the request says.
#[derive(Debug)]
struct Outcome {
    f39: Code,
    state: State,
    amount_minor: u64,
    original: Option<crate::ledger::Original>,
    totals: Option<Totals>,
    /// Account of a message without a card number.
    account: Option<String>,
    /// When the owner of a wallet will confirm.
    confirm_at_ms: Option<i64>,
}

impl Outcome {
    const fn new(f39: Code, state: State, amount_minor: u64) -> Self {
        Self {
            f39,
            state,
            amount_minor,
            original: None,
            totals: None,
            account: None,
            confirm_at_ms: None,
        }
    }
}

/// The answer that tells what a line says.
fn answer_of(line: &LedgerLine) -> Answer {
    Answer {
        f39: Some(line.f39),
        rrn: line.rrn.clone(),
        amount_minor: (line.f39 == Code::PARTIAL).then_some(line.amount_minor),
        authorisation: line.authorisation.clone(),
        ..Answer::default()
    }
}
