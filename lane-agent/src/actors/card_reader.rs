//! The card reader: armed for one payment at a time, answers with a sealed card or why not.

use std::rc::Rc;

use actix::{Actor, ActorFutureExt, Context, Handler, Message, ResponseActFuture, WrapFuture};
use domain::{ids::PaymentId, money::Money};
use tokio::sync::{Notify, watch};
use tracing::error;

use crate::devices::{self, DeviceClass, DeviceError, HubKeys, ReadOrder, SealedRead};

/// Wait for a card for this payment.
#[derive(Message)]
#[rtype(result = "Result<SealedRead, DeviceError>")]
pub(crate) struct Arm {
    pub(crate) payment_id: PaymentId,
    pub(crate) amount: Money,
}

/// No card is wanted any more.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Disarm;

pub(crate) struct CardReader {
    /// Away while a card is read.
    device: Option<Box<dyn devices::CardReader>>,
    keys: watch::Receiver<Option<HubKeys>>,
    disarmed: Rc<Notify>,
}

impl CardReader {
    pub(crate) fn new(
        device: Box<dyn devices::CardReader>,
        keys: watch::Receiver<Option<HubKeys>>,
    ) -> Self {
        Self {
            device: Some(device),
            keys,
            disarmed: Rc::new(Notify::new()),
        }
    }
}

impl Actor for CardReader {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if let Some(Err(fault)) = self.device.as_mut().map(|device| device.open()) {
            error!(event = "device not opened", %fault);
        }
    }
}

impl Handler<Arm> for CardReader {
    type Result = ResponseActFuture<Self, Result<SealedRead, DeviceError>>;

    fn handle(&mut self, arm: Arm, _: &mut Self::Context) -> Self::Result {
        let Some(keys) = self.keys.borrow().clone() else {
            return refused("the hub's key is not known yet");
        };
        let Some(mut device) = self.device.take() else {
            return refused("the reader is busy");
        };
        // A new bell each time: one that was rung for an earlier payment must not end this one.
        self.disarmed = Rc::new(Notify::new());
        let disarmed = Rc::clone(&self.disarmed);
        let order = ReadOrder {
            payment_id: arm.payment_id,
            amount: arm.amount,
            keys,
        };
        let read = async move {
            let outcome = tokio::select! {
                biased;
                () = disarmed.notified() => Err(fault("the card is no longer wanted")),
                outcome = device.read(order) => outcome,
            };
            (device, outcome)
        };
        Box::pin(read.into_actor(self).map(|(device, outcome), actor, _| {
            actor.device = Some(device);
            outcome
        }))
    }
}

impl Handler<Disarm> for CardReader {
    type Result = ();

    fn handle(&mut self, _: Disarm, _: &mut Self::Context) {
        self.disarmed.notify_one();
    }
}

fn refused(what: &str) -> ResponseActFuture<CardReader, Result<SealedRead, DeviceError>> {
    Box::pin(actix::fut::ready(Err(fault(what))))
}

fn fault(what: &str) -> DeviceError {
    DeviceError::new(DeviceClass::SmartCardRw, what)
}
