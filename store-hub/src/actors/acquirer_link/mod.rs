//! The acquirer link: one connection that many terminals share, or one for each exchange.
//!
//! Tells the desk when the line is up or down, what was not sent (no byte left), what broke after
//! a byte may have left, and what was answered. What to send, and when an answer is overdue, the
//! desk decides. A sign-on is sent when the desk asks for one, never otherwise: it belongs to its
//! terminal, and outlives every connection (payments.md, rule 3).

pub(crate) mod command;
mod exchange;
mod kept;
mod reach;
mod stopwatch;
mod talk;
mod written;

use std::{cell::RefCell, pin::Pin, rc::Rc, sync::Arc, time::Duration};

use actix::{Actor, Addr, AsyncContext, Context, WrapFuture};
use domain::{
    ids::{Mid, Tid},
    limits::CONNECT_TIMEOUT_MS,
};
use iso8583::dialect::Dialect;
use ports::{Clock, Io, Network, Random};
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{Instant, sleep, sleep_until, timeout},
};

use super::payment_desk::PaymentDesk;
use crate::{acquirer::BankClock, config::ConnectionHabit, keys::KeyStore, metrics::BankTimes};

use command::LinkCommand;
use reach::Reach;
pub(crate) use reach::{LineView, ReachTiming};
use talk::Talk;

/// What a link is made of.
#[derive(Clone)]
pub(crate) struct LinkParts {
    /// Compared with the hub's.
    pub(crate) bank_clock: BankClock,
    pub(crate) desk: Addr<PaymentDesk>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) address: String,
    pub(crate) habit: ConnectionHabit,
    pub(crate) terminals: Vec<(Tid, Mid)>,
    pub(crate) timing: ReachTiming,
    pub(crate) echo_every: Duration,
    pub(crate) sign_on_timeout: Duration,
    /// The longest that the desk waits for any answer.
    pub(crate) answer_timeout: Duration,
    pub(crate) try_now: Arc<Notify>,
    pub(crate) view: watch::Sender<LineView>,
    pub(crate) times: BankTimes,
}

/// How the rest of the hub looks at the line, and has it tried.
#[derive(Clone, Debug)]
pub(crate) struct LineHandle {
    pub(crate) address: String,
    pub(crate) view: watch::Receiver<LineView>,
    pub(crate) try_now: Arc<Notify>,
}

/// The actor: owns the loop that owns the connections.
pub(crate) struct AcquirerLink {
    pub(crate) parts: LinkParts,
    pub(crate) commands: Option<mpsc::Receiver<LinkCommand>>,
}

impl Actor for AcquirerLink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(commands) = self.commands.take() else {
            return;
        };
        let link = Link::new(self.parts.clone(), commands);
        ctx.spawn(link.run().into_actor(self));
    }
}

/// The hub is stopping: the desk is gone, or nobody commands any more.
struct HubStops;

struct Link {
    talk: Rc<Talk>,
    reach: Rc<RefCell<Reach>>,
    /// Something of the reach may have changed.
    changed: Rc<Notify>,
    commands: mpsc::Receiver<LinkCommand>,
    /// Not a byte of it left with the connection that broke: it goes out with the next.
    held: Option<LinkCommand>,
}

type Connecting = Pin<Box<dyn Future<Output = Result<Io, String>>>>;

impl Link {
    fn new(parts: LinkParts, commands: mpsc::Receiver<LinkCommand>) -> Self {
        let reach = Reach::new(
            parts.address.clone(),
            Arc::clone(&parts.clock),
            parts.timing,
            parts.view.clone(),
        );
        Self {
            talk: Rc::new(Talk::new(parts)),
            changed: Rc::clone(&reach.changed),
            reach: Rc::new(RefCell::new(reach)),
            commands,
            held: None,
        }
    }

    /// Ends with the hub.
    async fn run(mut self) {
        let one_by_one = self.talk.parts.habit == ConnectionHabit::OneExchange;
        if !one_by_one && self.kept().await.is_err() {
            return;
        }
        self.reach.borrow().one_exchange_from_now(one_by_one);
        let HubStops = self.exchanges().await;
    }

    /// A connect, after its pause.
    fn connecting(&self) -> Connecting {
        let random = self.talk.parts.random.next_u64();
        let pause = self.reach.borrow().next_pause(random);
        let connect = self.talk.parts.network.connect(&self.talk.parts.address);
        Box::pin(async move {
            sleep(pause).await;
            reached(timeout(Duration::from_millis(CONNECT_TIMEOUT_MS), connect).await)
        })
    }

    /// The line is up: the desk is told, unless it knows.
    async fn connected(&self) -> Result<(), HubStops> {
        match self.reach.borrow_mut().connected() {
            true => {}
            false => return Ok(()),
        }
        self.talk.line(true).await
    }

    /// Nobody could connect for too long, or still can't.
    async fn notice(&self) -> Result<(), HubStops> {
        match self.reach.borrow_mut().notice(Instant::now()) {
            true => {}
            false => return Ok(()),
        }
        self.talk.line(false).await
    }
}

fn reached(
    connected: Result<std::io::Result<Io>, tokio::time::error::Elapsed>,
) -> Result<Io, String> {
    match connected {
        Ok(Ok(io)) => Ok(io),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("no answer to a connect".to_owned()),
    }
}

/// For ever where there is no moment.
async fn sleep_till(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
