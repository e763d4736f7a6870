//! Keyboard and scanner: each takes what its device gives and asks the flow to act on it, one at a
//! time. Why a key was refused stands on the screens; the answer is for whoever can use it.

use actix::{Actor, Addr, AsyncContext, Context, MailboxError, Message, WrapFuture};
use domain::sale::Rejected;
use tracing::{error, warn};

use super::{Identify, Purpose, TransactionFlow};
use crate::devices::{self, Key, Stroke};

/// The cashier pressed a key.
#[derive(Message)]
#[rtype(result = "Result<(), Rejected>")]
pub(crate) struct Press(pub(crate) Key);

/// A code was read. The first one of a customer opens the sale.
#[derive(Message)]
#[rtype(result = "Result<(), Rejected>")]
pub(crate) struct Scanned(pub(crate) String);

/// The cashier's keys.
pub(crate) struct Keyboard {
    pub(crate) device: Option<Box<dyn devices::PosKeyboard>>,
    pub(crate) flow: Addr<TransactionFlow>,
}

/// The scanner.
pub(crate) struct Scanner {
    pub(crate) device: Option<Box<dyn devices::Scanner>>,
    pub(crate) flow: Addr<TransactionFlow>,
}

impl Actor for Keyboard {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(mut device) = self.device.take() else {
            return;
        };
        let flow = self.flow.clone();
        let listen = async move {
            if let Err(fault) = device.open() {
                error!(event = "device not opened", %fault);
            }
            while let Some(stroke) = device.next_stroke().await {
                if hand_over(&flow, stroke).await.is_err() {
                    break;
                }
            }
            warn!(event = "device gone", class = device.class().name());
        };
        ctx.spawn(listen.into_actor(self));
    }
}

/// Why it did nothing stands on the screens.
async fn hand_over(
    flow: &Addr<TransactionFlow>,
    stroke: Stroke,
) -> Result<Result<(), Rejected>, MailboxError> {
    let (purpose, identity) = match stroke {
        Stroke::Key(key) => return flow.send(Press(key)).await,
        Stroke::SignOn(identity) => (Purpose::SignOn, identity),
        Stroke::Allow(identity) => (Purpose::Allow, identity),
    };
    let identify = Identify {
        purpose,
        number: Some(identity.operator),
        pin: Some(identity.pin),
    };
    flow.send(identify).await
}

impl Actor for Scanner {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(mut device) = self.device.take() else {
            return;
        };
        let flow = self.flow.clone();
        let listen = async move {
            if let Err(fault) = device.open() {
                error!(event = "device not opened", %fault);
            }
            while let Some(code) = device.next_scan().await {
                if flow.send(Scanned(code)).await.is_err() {
                    break;
                }
            }
            warn!(event = "device gone", class = device.class().name());
        };
        ctx.spawn(listen.into_actor(self));
    }
}
