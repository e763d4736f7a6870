//! The payment desk of a store: all payments, all terminals, the store-and-forward queue, as one
//! machine, because one commit must cover what happens to all three.
//!
//! Decides: what is sent to the bank and when, what a lane is told, what goes into the queue.
//! Never: sends, writes or waits. Keeps I4–I10, I13, I19.

mod apply;
mod archive;
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
mod status;
mod terminal;
mod volatile_state;

#[cfg(test)]
mod tests;

pub use archive::{ArchiveFact, PaymentFile};
pub use checkpoint::DeskCheckpoint;
pub use config::{DeskConfig, Timing};
pub use counts::Counts;
pub use day::DayFact;
pub(crate) use durable_state::DurableState;
pub use durable_state::OfflineFact;
pub use effect::{Alarm, Binding, Effect, Financial, Outgoing};
pub use event::Event;
pub use forward::{ForwardFact, Silent};
pub use hub::{HubFact, LaneMemory, PreviousHub};
pub use lease::LeaseFact;
pub use payment::PaymentFact;
pub use queries::{Blocker, DayState, TerminalView, Unresolved};
pub use record::{DeskFact, DeskRecord};
pub use rejected::Rejected;
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
        self.durable.apply(record);
        match &record.fact {
            DeskFact::Day(DayFact::Closed { .. }) => self.find_archivable(),
            DeskFact::Day(DayFact::Turned { .. })
            | DeskFact::Terminal(TerminalFact::BatchClosed { date: Some(_), .. }) => {
                self.find_archivable_when_settled();
            }
            _ => {}
        }
        if let DeskFact::Archive(ArchiveFact::Archived { payment_ids }) = &record.fact {
            self.archived_before(payment_ids);
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

    fn dispatch(&mut self, out: &mut Outcome, event: Event) -> Result<(), Rejected> {
        match event {
            Event::TerminalConfigured { tid, mid, lane } => {
                return self.terminal_configured(out, tid, mid, lane);
            }
            Event::Recovered => self.recovered(out),
            Event::LaneAttached { lane, epoch } => return self.lane_attached(out, lane, epoch),
            Event::EpochTakenBack {
                lane,
                to,
                by,
                reason,
            } => return self.epoch_taken_back(out, lane, to, by, reason),
            Event::LaneRemembers { lane, memory } => self.lane_remembers(out, lane, memory),
            Event::Requested(request) => self.requested(out, request),
            Event::RequestedOfPreviousHub(request) => self.requested_of_previous_hub(out, request),
            Event::AbandonedAtPreviousHub { payment_id, lane } => {
                self.abandoned_at_previous_hub(out, payment_id, lane);
            }
            Event::LeaseShown(lease) => self.lease_shown(out, lease),
            Event::OfflineReported { request, lease } => {
                return self.offline_reported(out, request, lease);
            }
            Event::OfflineCard { payment_id } => self.offline_card(out, payment_id),
            Event::LeaseReturned { lane, lease_id } => {
                return self.lease_returned(out, lane, lease_id);
            }
            Event::LeaseWrittenOff {
                lease_id,
                by,
                reason,
            } => return self.lease_written_off(out, lease_id, by, reason),
            Event::Completed {
                payment_id,
                receipt,
            } => return self.completed(out, payment_id, receipt),
            Event::Abandoned { payment_id, lane } => return self.abandoned(out, payment_id, lane),
            Event::AcquirerLink { up } => self.acquirer_link(out, up),
            Event::SignedOn { tid, batch } => return self.signed_on(out, &tid, batch),
            Event::SignOnRefused { tid } => {
                self.volatile.heard_at = Some(out.now.mono);
                return self.sign_on_failed(out, &tid);
            }
            Event::SignOnFailed { tid } => return self.sign_on_failed(out, &tid),
            Event::NotSent { tid, stan } => self.not_sent(out, &tid, stan),
            Event::SentThenBroke { tid, stan, in_full } => {
                self.sent_then_broke(out, &tid, stan, in_full);
            }
            Event::TryNow => self.try_now(out),
            Event::Answered(answer) => self.answered(out, &answer),
            Event::Tick => {
                self.volatile.wake_at = None;
                self.tick(out);
            }
            Event::DeadLetterResolved { forward_id, how } => {
                return self.dead_letter_resolved(out, forward_id, how);
            }
            Event::CloseTimedOut => self.carry_over(out),
            Event::Archive => self.archive(out),
            Event::TurnDate { ended, begins, by } => self.turn_date(out, ended, begins, by),
            Event::OrderSettlement => self.order_settlement(out),
            Event::StateEpochEnd {
                lane,
                epoch,
                sequence,
                by,
                reason,
            } => return self.state_epoch_end(out, (lane, epoch), sequence, (by, reason)),
        }
        Ok(())
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
