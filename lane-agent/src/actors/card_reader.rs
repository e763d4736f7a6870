//! The card reader: armed for one payment at a time, answers with a sealed card or why not.

use std::{rc::Rc, time::Duration};

use actix::{Actor, ActorFutureExt, Context, Handler, Message, ResponseActFuture, WrapFuture};
use domain::{ids::PaymentId, money::Money};
use tokio::{
    sync::{Notify, watch},
    time::timeout,
};
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
    /// How long a card waits for a hub that has not said hello yet.
    hub_grace: Duration,
    disarmed: Rc<Notify>,
}

impl CardReader {
    pub(crate) fn new(
        device: Box<dyn devices::CardReader>,
        keys: watch::Receiver<Option<HubKeys>>,
        hub_grace: Duration,
    ) -> Self {
        Self {
            device: Some(device),
            keys,
            hub_grace,
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
        let Some(mut device) = self.device.take() else {
            return refused("the reader is busy");
        };
        // A new bell each time: one that was rung for an earlier payment must not end this one.
        self.disarmed = Rc::new(Notify::new());
        let disarmed = Rc::clone(&self.disarmed);
        let keys = self.keys.clone();
        let grace = self.hub_grace;
        let read = async move {
            let outcome = tokio::select! {
                biased;
                () = disarmed.notified() => Err(fault("the card is no longer wanted")),
                outcome = read(device.as_mut(), arm, keys, grace) => outcome,
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

async fn read(
    device: &mut dyn devices::CardReader,
    arm: Arm,
    mut keys: watch::Receiver<Option<HubKeys>>,
    grace: Duration,
) -> Result<SealedRead, DeviceError> {
    let unknown = || fault("the hub's key is not known yet");
    let known = timeout(grace, keys.wait_for(Option::is_some)).await;
    let known = known.map_err(|_| unknown())?.map_err(|_| unknown())?;
    let keys = known.clone().ok_or_else(unknown)?;
    drop(known);
    let order = ReadOrder {
        payment_id: arm.payment_id,
        amount: arm.amount,
        keys,
    };
    device.read(order).await
}

fn refused(what: &str) -> ResponseActFuture<CardReader, Result<SealedRead, DeviceError>> {
    Box::pin(actix::fut::ready(Err(fault(what))))
}

fn fault(what: &str) -> DeviceError {
    DeviceError::new(DeviceClass::SmartCardRw, what)
}
