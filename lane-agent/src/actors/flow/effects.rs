//! Carrying effects out, once what they depend on is durable.

use std::{sync::Arc, time::Duration};

use actix::{ActorFutureExt, AsyncContext, Context, WrapFuture};
use domain::{
    ids::{PaymentId, ReceiptNumber},
    limits,
    money::Money,
    payment::PaymentRequest,
    sale::{Effect, Receipt, ReceiptForm},
    till::Report,
};
use proto::store::v1 as wire;
use tokio::time::{Instant, sleep};
use tracing::{debug, info, warn};

use super::TransactionFlow;
use crate::{
    actors::{
        card_reader::{Arm, Disarm},
        hub_link::{GiveUp, Submit, Submitted},
        printer::{OpenDrawer, PrintCopy, PrintReceipt, PrintReport},
    },
    devices::SealedRead,
};

/// How often a payment looks whether the hub is back, within its grace.
const GRACE_LOOK_MS: u64 = 20;

impl TransactionFlow {
    pub(super) fn carry_out(&mut self, effect: Effect, ctx: &mut Context<Self>) {
        match effect {
            // Records were taken out of the effects before.
            Effect::Persist(_) => {}
            Effect::ArmReader { payment_id, amount } => self.arm(payment_id, amount, ctx),
            Effect::DisarmReader => self.disarm(ctx),
            Effect::SendPayment(request) => self.send_payment(request, ctx),
            Effect::Abandon(payment_id) => self.abandon(payment_id, ctx),
            Effect::ReportOffline(payment_id) => self.report_offline(payment_id, ctx),
            Effect::AskOriginal(receipt) => self.ask_original(receipt, ctx),
            Effect::Reserve(ask) => self.ask_to_reserve(*ask, ctx),
            Effect::AskBasket(basket) => self.ask_basket(basket, ctx),
            Effect::AskBaskets => self.ask_baskets(ctx),
            Effect::ShowWaiting(waiting) => self.show_waiting(waiting),
            Effect::OpenDrawer => self.open_drawer(ctx),
            Effect::Print { receipt, reprint } => self.print(receipt, reprint, ctx),
            Effect::CheckPin { attempt, verifier } => self.check_pin(attempt, verifier, ctx),
            Effect::PrintCopy { receipt, text } => self.print_copy(receipt, text, ctx),
            Effect::PrintReport { report, reprint } => self.print_report(report, reprint, ctx),
            // A lane that is not open says nothing else yet.
            Effect::Show(screen) if self.open => {
                self.parts.screens.send_replace(Some(screen));
            }
            Effect::Show(_) => {}
            Effect::Finished(sale) => debug!(event = "sale finished", sale = sale.0),
        }
    }

    fn arm(&mut self, payment_id: PaymentId, amount: Money, ctx: &mut Context<Self>) {
        let read = self.parts.reader.send(Arm { payment_id, amount });
        let read = read.into_actor(self).map(move |outcome, flow, ctx| {
            let outcome = outcome.map_err(|error| error.to_string());
            flow.card_came(payment_id, outcome, ctx);
        });
        ctx.spawn(read);
    }

    fn disarm(&mut self, ctx: &mut Context<Self>) {
        let told = self.parts.reader.send(Disarm).into_actor(self);
        ctx.spawn(told.map(|_, _, _| ()));
    }

    /// Hands the payment to the link. From the moment the link has taken it a byte may have left.
    fn send_payment(&mut self, request: PaymentRequest, ctx: &mut Context<Self>) {
        let payment_id = request.payment_id;
        let sealed = self.sealed.take().filter(|(id, _)| *id == payment_id);
        let Some((_, sealed)) = sealed else {
            // Can't be: an intent and its card come in one event.
            warn!(event = "card data missing", payment = %payment_id);
            self.hub_unreachable(payment_id, ctx);
            return;
        };
        let mut frame = frame(&request, sealed);
        let facts = self.parts.facts.borrow().clone();
        frame.hub_history = facts
            .map(|facts| facts.hub_history())
            .unwrap_or_default()
            .into();
        let link = self.parts.link.clone();
        let grace = Duration::from_millis(self.parts.timeouts.hub_grace_ms);
        let submit = async move {
            let until = Instant::now() + grace;
            loop {
                let submit = Submit(payment_id, Box::new(frame.clone()));
                match link.send(submit).await {
                    Ok(Submitted::Left(fate)) => return Some(fate),
                    Ok(Submitted::Unreachable) if Instant::now() < until => {
                        sleep(Duration::from_millis(GRACE_LOOK_MS)).await;
                    }
                    Ok(Submitted::Unreachable) | Err(_) => return None,
                }
            }
        };
        let submit = submit
            .into_actor(self)
            .map(move |left, flow, ctx| match left {
                Some(fate) => flow.payment_left(payment_id, fate, ctx),
                None => flow.hub_unreachable(payment_id, ctx),
            });
        ctx.spawn(submit);
    }

    fn abandon(&mut self, payment_id: PaymentId, ctx: &mut Context<Self>) {
        info!(event = "payment abandoned", payment = %payment_id);
        let told = self.parts.link.send(GiveUp(payment_id)).into_actor(self);
        ctx.spawn(told.map(|_, _, _| ()));
    }

    fn open_drawer(&mut self, ctx: &mut Context<Self>) {
        let opened = self.parts.printer.send(OpenDrawer).into_actor(self);
        ctx.spawn(opened.map(|outcome, _, _| {
            if let Ok(Err(fault)) = outcome {
                warn!(event = "drawer not opened", code = "LANE0052", %fault);
            }
        }));
    }

    fn print(&mut self, receipt: Arc<Receipt>, again: bool, ctx: &mut Context<Self>) {
        let facts = self.parts.facts.borrow().clone();
        let form = ReceiptForm {
            heading: facts.map(|facts| facts.heading()).unwrap_or_default(),
            setting: self.parts.paper,
            closed: self.local(receipt.at),
            again,
        };
        let order = PrintReceipt {
            receipt: Arc::clone(&receipt),
            form,
        };
        let printed = self.parts.printer.send(order).into_actor(self);
        ctx.spawn(printed.map(move |outcome, flow, ctx| match outcome {
            Ok(Some(printed)) => flow.receipt_printed(receipt.number, printed, ctx),
            Ok(None) | Err(_) => flow.print_later(receipt, again, ctx),
        }));
    }

    /// An X or a Z. Whoever misses its paper asks for it again: the figures of a Z are a record.
    fn print_report(&mut self, report: Arc<Report>, again: bool, ctx: &mut Context<Self>) {
        let facts = self.parts.facts.borrow().clone();
        let lane = self.parts.checkout.config().lane;
        let name = match report.number {
            None => "report-x".to_owned(),
            Some(number) => format!("report-z-{number:06}"),
        };
        let order = PrintReport {
            name,
            report: report.on_paper(lane, |at| self.local(at)),
            heading: facts.map(|facts| facts.heading()).unwrap_or_default(),
            setting: self.parts.paper,
            again,
        };
        let printed = self.parts.printer.send(order).into_actor(self);
        ctx.spawn(printed.map(move |outcome, _, ctx| {
            if !matches!(outcome, Ok(Some(_))) {
                let later = Duration::from_millis(limits::PRINT_AGAIN_MS);
                ctx.run_later(later, move |flow, ctx| {
                    flow.print_report(report, again, ctx)
                });
            }
        }));
    }

    /// Of this lane or another, from its words.
    fn print_copy(&mut self, receipt: ReceiptNumber, text: String, ctx: &mut Context<Self>) {
        let order = PrintCopy {
            name: format!("copy-{receipt}"),
            text: text.clone(),
            setting: self.parts.paper,
        };
        let printed = self.parts.printer.send(order).into_actor(self);
        ctx.spawn(printed.map(move |outcome, _, ctx| {
            if !matches!(outcome, Ok(Some(_))) {
                let later = Duration::from_millis(limits::PRINT_AGAIN_MS);
                ctx.run_later(later, move |flow, ctx| flow.print_copy(receipt, text, ctx));
            }
        }));
    }

    fn print_later(&mut self, receipt: Arc<Receipt>, again: bool, ctx: &mut Context<Self>) {
        let later = Duration::from_millis(limits::PRINT_AGAIN_MS);
        ctx.run_later(later, move |flow, ctx| flow.print(receipt, again, ctx));
    }
}

fn frame(request: &PaymentRequest, sealed: SealedRead) -> wire::PaymentRequest {
    let mut frame = records::request_to_frame(request);
    frame.sealed_card = sealed.sealed_card;
    if let Some(pin) = sealed.pin {
        frame.pin_block = pin.block.to_vec().into();
        frame.pin_ksn = pin.key_serial_number.to_vec().into();
    }
    frame
}
