//! The payment desk of a store: all payments, all terminals, the store-and-forward queue, as one
//! machine, because one commit must cover what happens to all three.
//!
//! Decides: what is sent to the bank and when, what a lane is told, what goes into the queue.
//! Never: sends, writes or waits. Keeps I4–I10, I13, I19.

mod apply;
mod archive;
mod baskets;
mod check;
mod checkpoint;
mod config;
mod counts;
mod day;
mod durable_state;
mod effect;
mod event;
mod forward;
mod hub;
mod lease;
mod outcome;
mod payment;
mod posting;
mod queries;
mod record;
mod rejected;
mod returns;
mod status;
mod terminal;
mod volatile_state;

#[cfg(test)]
pub(crate) mod tests;

pub use archive::{ArchiveFact, PaymentFile};
pub use baskets::{
    BasketAsk, BasketAt, BasketsPart, Holder, SuspendedFact, TakenUp, WaitingBasket,
};
pub use checkpoint::{DeskCheckpoint, DeskPart, DeskState};
pub use config::{DeskConfig, Timing};
pub use counts::Counts;
pub use day::{DayFact, DaysPart};
pub(crate) use durable_state::DurableState;
pub use durable_state::OfflineFact;
pub use effect::{Alarm, Binding, Effect, Financial, Outgoing};
pub use event::Event;
pub use forward::{ForwardFact, Silent};
pub use hub::{HubFact, LaneMemory, MachinesPart, PreviousHub};
pub use lease::LeaseFact;
pub use payment::PaymentFact;
pub use queries::{Blocker, DayState, TerminalView, Unresolved};
pub use record::{DeskFact, DeskRecord};
pub use rejected::Rejected;
pub use returns::{
    OwedToCard, Released, Reservation, ReturnAsk, ReturnClosed, ReturnFact, ReturnsPart, TakenOf,
};
pub use status::{Owner, PaymentStatus};
pub use terminal::TerminalFact;

use archive::Archivable;
use outcome::Outcome;
use volatile_state::VolatileState;

use crate::time::Now;

/// The machine: a durable state, which records build, and a volatile one, which events build.
#[derive(Clone, Debug)]
pub struct Desk {
    config: DeskConfig,
    durable: DurableState,
    volatile: VolatileState,
    /// Payments of closed days that can be archived. The records tell them, too.
    archivable: Archivable,
}

impl Desk {
    /// A desk without a history, line down, no terminal.
    #[must_use]
    pub fn new(config: DeskConfig) -> Self {
        Self {
            config,
            durable: DurableState::default(),
            volatile: VolatileState::default(),
            archivable: Archivable::default(),
        }
    }

    /// Reads one record of the journal. Order of a start: `TerminalConfigured` events and records
    /// in any order, then `Event::Recovered`, then the rest.
    pub fn replay(&mut self, record: &DeskRecord) {
        self.replay_into(record, |_| true);
    }

    /// The same, for the parts that have not seen it.
    pub fn replay_into(&mut self, record: &DeskRecord, takes: impl Fn(DeskPart) -> bool) {
        self.durable.apply(record, &takes);
        if !takes(DeskPart::Desk) {
            return;
        }
        match &record.fact {
            DeskFact::Day(DayFact::Closed { .. }) => self.find_archivable(),
            DeskFact::Day(DayFact::Turned { .. })
            | DeskFact::Terminal(TerminalFact::BatchClosed { date: Some(_), .. }) => {
                self.find_archivable_when_settled();
            }
            DeskFact::Archive(ArchiveFact::Archived { payment_ids }) => {
                self.archived_before(payment_ids);
            }
            DeskFact::Payment(_)
            | DeskFact::Forward(_)
            | DeskFact::Terminal(_)
            | DeskFact::Day(DayFact::SettlementOrdered | DayFact::Closing { .. })
            | DeskFact::Lease(_)
            | DeskFact::Return(_)
            | DeskFact::Suspended(_)
            | DeskFact::Hub(_)
            | DeskFact::Archive(ArchiveFact::Restored { .. }) => {}
        }
    }

    /// Takes one event: decides, applies what it decided, and says what is to be done, `Persist`
    /// first. `jitter` is 64 random bits, for pauses only: no decision about money depends on it.
    ///
    /// # Errors
    /// The event contradicts what is known; nothing has changed then.
    pub fn step(&mut self, now: Now, jitter: u64, event: Event) -> Result<Vec<Effect>, Rejected> {
        let mut out = Outcome::new(now, jitter);
        // Part of a start, whatever the records said before it: nothing follows until all of it is
        // there. A day that is being closed would look settled by the terminals known so far.
        let configures = matches!(event, Event::TerminalConfigured { .. });
        self.dispatch(&mut out, event)?;
        if configures {
            return Ok(out.into_effects());
        }
        Ok(self.follow_up(out))
    }

    /// What every event may bring on.
    fn follow_up(&mut self, mut out: Outcome) -> Vec<Effect> {
        self.grant_leases(&mut out);
        self.send_what_is_due(&mut out);
        self.give_up_stopped_batches(&mut out);
        self.send_what_is_due(&mut out);
        self.ask_to_be_woken(&mut out);
        debug_assert!(
            self.check_running().is_empty(),
            "{:?}",
            self.check_running()
        );
        out.into_effects()
    }

    fn ask_to_be_woken(&mut self, out: &mut Outcome) {
        let now = out.now.mono;
        // A tick that is due and not told yet must not be replaced by a later one.
        if self.volatile.wake_at.is_some_and(|moment| moment <= now) {
            return;
        }
        let next = self.volatile.stations.next_deadline(now);
        debug_assert_eq!(
            next,
            self.volatile.stations.next_deadline_from_scratch(now),
            "what is due next"
        );
        if next != self.volatile.wake_at {
            self.volatile.wake_at = next;
            if let Some(moment) = next {
                out.effect(Effect::WakeAt(moment));
            }
        }
    }
}
