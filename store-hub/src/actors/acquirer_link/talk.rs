//! What a link says to the desk and reads from the bank, over whatever connection.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use domain::{
    desk::{Binding, Event},
    ids::{BatchNumber, Mid, Stan, Tid},
    response_code::ResponseCode,
};
use iso8583::message::{Message, Mti};

use super::{HubStops, LinkCommand, LinkParts, stopwatch::Stopwatch};
use crate::{
    acquirer::{self, FromBank},
    actors::payment_desk::Happened,
};

/// Shared by all connections of a link.
pub(super) struct Talk {
    pub(super) parts: LinkParts,
    /// Of network messages alone; the desk's messages carry the desk's.
    next_stan: Cell<Stan>,
    /// The newest exchange of each terminal: the desk has given up whatever was before it.
    newest: RefCell<BTreeMap<Tid, u64>>,
    /// Fields of answers that were not what their format says, and named.
    odd_fields: RefCell<BTreeSet<(String, u8)>>,
    pub(super) stopwatch: Stopwatch,
}

impl Talk {
    pub(super) fn new(parts: LinkParts) -> Self {
        Self {
            stopwatch: Stopwatch::new(parts.times.clone()),
            parts,
            next_stan: Cell::new(Stan::FIRST),
            newest: RefCell::new(BTreeMap::new()),
            odd_fields: RefCell::new(BTreeSet::new()),
        }
    }

    pub(super) async fn tell(&self, event: Event) -> Result<(), HubStops> {
        match self.parts.desk.send(Happened(event)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(rejected)) => {
                tracing::warn!(event = "desk rejected an event", %rejected);
                Ok(())
            }
            Err(_) => Err(HubStops),
        }
    }

    pub(super) async fn line(&self, up: bool) -> Result<(), HubStops> {
        tracing::info!(event = "bank line", up);
        self.tell(Event::AcquirerLink { up }).await
    }

    pub(super) async fn not_sent(&self, command: &LinkCommand) -> Result<(), HubStops> {
        let event = match command {
            LinkCommand::Send { outgoing, .. } => {
                let Binding { tid, stan, .. } = outgoing.binding().clone();
                Event::NotSent { tid, stan }
            }
            LinkCommand::SignOn { tid, .. } => Event::SignOnFailed { tid: tid.clone() },
        };
        self.tell(event).await
    }

    /// The connection is gone, and a byte had left.
    pub(super) async fn broke(&self, command: &LinkCommand, in_full: bool) -> Result<(), HubStops> {
        let event = match command {
            LinkCommand::Send { outgoing, .. } => {
                let Binding { tid, stan, .. } = outgoing.binding().clone();
                self.stopwatch.broke(&tid);
                Event::SentThenBroke { tid, stan, in_full }
            }
            LinkCommand::SignOn { tid, .. } => {
                self.stopwatch.broke(tid);
                Event::SignOnFailed { tid: tid.clone() }
            }
        };
        self.tell(event).await
    }

    /// The number of a new exchange of this terminal.
    pub(super) fn begin(&self, tid: &Tid) -> u64 {
        let mut newest = self.newest.borrow_mut();
        let number = newest.entry(tid.clone()).or_default();
        *number = number.wrapping_add(1);
        *number
    }

    pub(super) fn is_newest(&self, tid: &Tid, number: u64) -> bool {
        self.newest.borrow().get(tid) == Some(&number)
    }

    /// The frame with its length prefix, or nothing where the message can't be built: then it was
    /// never sent, and somebody must look why.
    pub(super) fn encode(&self, command: &LinkCommand) -> Option<(Tid, Vec<u8>)> {
        let keys = self.parts.keys.as_ref();
        let (tid, message) = match command {
            LinkCommand::Send { outgoing, card } => {
                let tid = outgoing.binding().tid.clone();
                let built = acquirer::message(outgoing, card, &self.parts.dialect, keys);
                (tid, built.map_err(|error| error.to_string()))
            }
            LinkCommand::SignOn { tid, batch } => {
                let stan = self.take_stan();
                let message = self
                    .mid(tid)
                    .map(|mid| acquirer::sign_on(tid, mid, stan, *batch));
                (
                    tid.clone(),
                    message.ok_or_else(|| "unknown terminal".to_owned()),
                )
            }
        };
        match message.and_then(|message| self.seal(&tid, &message)) {
            Ok(frame) => Some((tid, frame)),
            Err(error) => {
                tracing::error!(event = "message not built", code = "HUB0010", %tid, error);
                None
            }
        }
    }

    /// The frame that asks whether anybody is there.
    pub(super) fn echo(&self) -> Option<Vec<u8>> {
        let stan = self.take_stan();
        let (tid, mid) = self.parts.terminals.first()?;
        self.seal(tid, &acquirer::echo(tid, mid, stan)).ok()
    }

    fn seal(&self, tid: &Tid, message: &Message) -> Result<Vec<u8>, String> {
        let mut frame = Vec::new();
        self.parts
            .keys
            .encode(tid, &self.parts.dialect, message, &mut frame)
            .map_err(|error| error.to_string())?;
        Ok(frame)
    }

    fn mid(&self, tid: &Tid) -> Option<&Mid> {
        let mut terminals = self.parts.terminals.iter();
        terminals.find_map(|(known, mid)| (known == tid).then_some(mid))
    }

    fn take_stan(&self) -> Stan {
        let stan = self.next_stan.get();
        self.next_stan.set(stan.next());
        stan
    }

    /// What a frame says; nothing where it is not understood.
    pub(super) fn read(&self, frame: &[u8]) -> Option<FromBank> {
        self.parts.bank_clock.heard(frame, &self.parts.dialect);
        match acquirer::read(frame, &self.parts.dialect, self.parts.keys.as_ref()) {
            Ok(read) => {
                for field in read.odd_fields {
                    self.name_odd_field(read.mti, field);
                }
                Some(read.said)
            }
            Err(error) => {
                tracing::warn!(event = "bank frame not understood", %error);
                None
            }
        }
    }

    /// Each once: a bank that writes one so writes all of them so. Never what is in it.
    fn name_odd_field(&self, mti: Mti, field: u8) {
        let is_new = self
            .odd_fields
            .borrow_mut()
            .insert((mti.as_str().to_owned(), field));
        if is_new {
            let name = self.parts.dialect.name_of(field);
            tracing::warn!(
                event = "bank field kept as it is",
                mti = mti.as_str(),
                field,
                name
            );
        }
    }

    pub(super) fn signed_on(
        &self,
        tid: Tid,
        code: ResponseCode,
        batch: Option<BatchNumber>,
        keys: &[u8],
    ) -> Event {
        let Some(batch) = batch.filter(|_| code == ResponseCode::APPROVED) else {
            tracing::warn!(event = "sign-on refused", %tid, %code);
            return Event::SignOnRefused { tid };
        };
        match self.parts.keys.accept_working_keys(&tid, keys) {
            Ok(()) => Event::SignedOn { tid, batch },
            Err(error) => {
                tracing::error!(event = "working keys refused", %tid, %error);
                Event::SignOnRefused { tid }
            }
        }
    }
}
