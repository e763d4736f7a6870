//! Whether an account pays: currency, amount, expiry, account, PIN, behaviour, balance, in that
//! order.

use iso8583::pin_block;

use super::{Bank, CURRENCY_NUMBER, Now};
use crate::{
    accounts::Account,
    behaviour::Behaviour,
    code::Code,
    request::{Kind, Request},
};

/// Wrong PINs after which a card is blocked: the third gets 75.
const WRONG_PINS_MAX: u32 = 3;

/// What an account says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Pays the amount, minor units; less than asked for is a partial approval.
    Pays(u64),
    /// Doesn't.
    Declines(Code),
}

/// Why something about a card is refused.
type Refusal = Code;

impl Bank {
    /// Whether the card's account pays the amount asked for.
    pub(super) fn authorise(&self, request: &Request, now: Now) -> Verdict {
        match self.try_authorise(request, now) {
            Ok(amount_minor) => Verdict::Pays(amount_minor),
            Err(code) => Verdict::Declines(code),
        }
    }

    /// Currency, amount and expiry: what holds for every message with a card.
    pub(super) fn check_card(&self, request: &Request, now: Now) -> Result<(), Refusal> {
        let has_amount = request.amount_minor > 0 || request.kind == Kind::Balance;
        let account = request.pan.as_ref().and_then(|pan| self.accounts.get(pan));
        let expiry = request.expiry.as_deref();
        let insisted = account.and_then(|account| account.expiry.as_deref());
        let is_expired = expiry.is_some_and(|expiry| now.civil.is_past(expiry));
        let is_another = insisted.is_some() && insisted != expiry;
        if request.currency.as_deref() != Some(CURRENCY_NUMBER) {
            Err(Code::INVALID_TRANSACTION)
        } else if !has_amount {
            Err(Code::INVALID_AMOUNT)
        } else if is_expired || is_another {
            Err(Code::EXPIRED)
        } else if account.is_none() && self.default_behaviour.is_none() {
            Err(Code::UNKNOWN_CARD)
        } else {
            Ok(())
        }
    }

    /// How the card's account behaves; the personality's default for one not listed.
    pub(super) fn behaviour(&self, request: &Request) -> Option<Behaviour> {
        let account = request.pan.as_ref().and_then(|pan| self.accounts.get(pan));
        account
            .map(|account| account.behaviour)
            .or(self.default_behaviour)
    }

    /// What is left on an account, minor units; `None`: without end.
    pub(super) fn balance_minor(&self, account: &Account) -> Option<u64> {
        let start = i64::try_from(account.balance_minor?).unwrap_or(i64::MAX);
        let left = start.saturating_sub(self.books.taken_minor(&account.name));
        Some(u64::try_from(left).unwrap_or(0))
    }

    fn try_authorise(&self, request: &Request, now: Now) -> Result<u64, Refusal> {
        self.check_card(request, now)?;
        let account = request.pan.as_ref().and_then(|pan| self.accounts.get(pan));
        self.check_pin(request, account)?;
        let behaviour = self.behaviour(request).ok_or(Code::UNKNOWN_CARD)?;
        if let Behaviour::Decline(code) = behaviour {
            return Err(code);
        }
        let balance_minor = account.and_then(|account| self.balance_minor(account));
        pays(request, behaviour, balance_minor)
    }

    fn check_pin(&self, request: &Request, account: Option<&Account>) -> Result<(), Refusal> {
        let Some(block) = &request.pin_block else {
            return Ok(());
        };
        let session = self.signed_on.get(&request.tid).ok_or(Code::SIGN_ON)?;
        let pan = request.pan.as_ref().ok_or(Code::FORMAT)?;
        let entered =
            pin_block::decipher(block, pan, &session.keys.pin).map_err(|_| Code::PIN_BLOCK)?;
        let Some((account, pin)) =
            account.and_then(|account| Some((account, account.pin.as_ref()?)))
        else {
            return Ok(());
        };
        let wrong_pins = self.books.wrong_pins(&account.name);
        if wrong_pins >= WRONG_PINS_MAX {
            Err(Code::PIN_TRIES)
        } else if entered.same_as(pin) {
            Ok(())
        } else if wrong_pins.saturating_add(1) >= WRONG_PINS_MAX {
            Err(Code::PIN_TRIES)
        } else {
            Err(Code::WRONG_PIN)
        }
    }
}

/// How much of the amount is paid.
fn pays(request: &Request, behaviour: Behaviour, balance: Option<u64>) -> Result<u64, Refusal> {
    let asked = request.amount_minor;
    let is_partial = behaviour == Behaviour::Partial;
    let available = match balance {
        None if is_partial => asked / 2,
        None => asked,
        Some(balance) => balance,
    };
    if available >= asked {
        Ok(asked)
    } else if is_partial && request.is_partial_welcome && available > 0 {
        Ok(available)
    } else {
        Err(Code::INSUFFICIENT_FUNDS)
    }
}
