//! What came of an effect, told to the checkout as the next event.

use std::time::Duration;

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use domain::{
    ids::{PaymentId, ReceiptNumber},
    sale::Event,
};
use tokio::{sync::oneshot, time::timeout};
use tracing::info;

use super::TransactionFlow;
use crate::{
    actors::{hub_link::Fate, printer::Printed},
    devices::{DeviceError, SealedRead},
};

impl TransactionFlow {
    pub(super) fn card_came(
        &mut self,
        payment_id: PaymentId,
        outcome: Result<Result<SealedRead, DeviceError>, String>,
        ctx: &mut Context<Self>,
    ) {
        let reason = match outcome {
            Ok(Ok(sealed)) => return self.card_read(payment_id, sealed, ctx),
            Ok(Err(fault)) => fault.to_string(),
            Err(reason) => reason,
        };
        info!(event = "card not read", payment = %payment_id, reason);
        self.take(Event::CardNotRead { payment_id, reason }, ctx);
    }

    fn card_read(&mut self, payment_id: PaymentId, sealed: SealedRead, ctx: &mut Context<Self>) {
        let event = Event::CardRead {
            payment_id,
            entry_mode: sealed.entry_mode,
            pin_entered: sealed.pin.is_some(),
            card: sealed.card.clone(),
        };
        self.upload = Some((payment_id, sealed.sealed_for_upload.clone()));
        self.sealed = Some((payment_id, sealed));
        if !self.take(event, ctx) {
            self.sealed = None;
            self.upload = None;
        }
    }

    /// A byte may have left: wait for the fate, but not for ever.
    pub(super) fn payment_left(
        &mut self,
        payment_id: PaymentId,
        fate: oneshot::Receiver<Fate>,
        ctx: &mut Context<Self>,
    ) {
        self.take(Event::PaymentLeft { payment_id }, ctx);
        let time_limit = Duration::from_millis(self.parts.timeouts.result_ms);
        let fate = timeout(time_limit, fate).into_actor(self);
        ctx.spawn(fate.map(move |fate, flow, ctx| {
            let event = match fate {
                Ok(Ok(Fate::Decided(decision))) => Event::Decided {
                    payment_id,
                    decision,
                },
                Ok(Ok(Fate::LinkLost) | Err(_)) => Event::LinkLost { payment_id },
                Err(_) => Event::ResultTimedOut { payment_id },
            };
            flow.take(event, ctx);
        }));
    }

    pub(super) fn receipt_printed(
        &mut self,
        receipt: ReceiptNumber,
        printed: Printed,
        ctx: &mut Context<Self>,
    ) {
        let Printed { text, reprint } = printed;
        let event = Event::ReceiptPrinted {
            receipt,
            text,
            reprint,
        };
        self.take(event, ctx);
    }
}
