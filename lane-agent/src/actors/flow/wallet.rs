//! The code of a customer's wallet, from the scanner to its seal: it pays whoever has it, and is in
//! no event, record, screen or log.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use bytes::Bytes;
use card_seal::WalletCode;
use domain::{
    card_ref::{CardRef, EntryMode},
    ids::PaymentId,
    sale::{Event, Rejected},
    scan_codes::CodeMeaning,
};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::TransactionFlow;
use crate::devices::SealedRead;

impl TransactionFlow {
    /// Whether what was scanned pays: a payment code, where a total stands.
    pub(super) fn is_wallet_code(&self, event: &Event) -> bool {
        let sale = self.parts.checkout.sale();
        let totalled = sale.is_some_and(|sale| sale.total.is_some());
        totalled && matches!(event, Event::OtherCode(CodeMeaning::WalletCode))
    }

    /// One scan pays. Like a card, a code waits a moment for a hub that has not said hello yet.
    pub(super) fn pay_by_wallet(
        &mut self,
        code: Zeroizing<String>,
        ctx: &mut Context<Self>,
    ) -> Result<(), Rejected> {
        let unreadable = Rejected::CodeNotTaken(CodeMeaning::WalletCode);
        let card = CardRef::of_wallet_code(&code).ok_or(unreadable)?;
        let code = WalletCode::new(code).map_err(|_| unreadable)?;
        if self.parts.codes_seal.is_ready() {
            return self.pay_with(card, &code, ctx);
        }
        let ready = self.parts.codes_seal.ready();
        let grace = Duration::from_millis(self.parts.timeouts.hub_grace_ms);
        let ready = timeout(grace, ready).into_actor(self);
        ctx.spawn(ready.map(move |_, flow, ctx| {
            let outcome = flow.pay_with(card, &code, ctx);
            // The screens say why not.
            let _ = flow.say_why(outcome);
        }));
        Ok(())
    }

    /// The code is sealed for a payment that nobody has asked for yet.
    fn pay_with(
        &mut self,
        card: CardRef,
        code: &WalletCode,
        ctx: &mut Context<Self>,
    ) -> Result<(), Rejected> {
        let payment_id = PaymentId(self.parts.random.next_u128());
        let random = self.parts.random.as_ref();
        let sealed = self.parts.codes_seal.seal(payment_id, code, random);
        let Some(sealed) = sealed else {
            return self.decide(Event::WalletNotSealed, ctx);
        };
        self.sealed = Some((
            payment_id,
            SealedRead {
                card: card.clone(),
                entry_mode: EntryMode::Code,
                sealed_card: sealed,
                sealed_for_upload: Bytes::new(),
                pin: None,
            },
        ));
        let asked = Event::WalletScanned { payment_id, card };
        let outcome = self.decide(asked.clone(), ctx);
        if outcome.is_err() {
            self.sealed = None;
        }
        self.remember_refused(asked, outcome);
        outcome
    }
}
