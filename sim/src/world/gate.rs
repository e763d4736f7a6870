//! Every effectful port call of a host passes its gate, which numbers it and can stop the host.
//!
//! turmoil crashes hosts between two ticks only, and within a tick a host does a great deal. So a
//! run may say "the 37th call of the hub never returns": from that call on the host is dead. No
//! byte leaves it or reaches it, its disk takes nothing, its printer prints nothing; what waits
//! for a call waits for ever. After the tick the driver crashes the host. Stopped *before* a call,
//! the call has no effect; stopped *after* it, it has its effect and nothing later has.
//!
//! Counted are: connect, accept, each write, read and shutdown of a connection; each get, scan,
//! write and sync of the journal's engine and its witness; a key, a scan, arming the reader, its
//! card, a receipt, the drawer. Reading a clock or drawing a random number is not counted: it
//! changes nothing outside the host, so that stopping there is stopping before the next call that
//! is counted. Nor is a flush, which does nothing here.
//!
//! Counting begins with the *life of a payment*: the moment a cashier chooses the card, the same
//! for every host of the world. In a world of two days that is a card of the first day's evening,
//! so that the turn of the date is counted.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::trace;

/// On which side of a call a host stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The call has no effect.
    Before,
    /// The call has its effect, and nothing later has.
    After,
}

impl Side {
    /// As on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Before => "before",
            Self::After => "after",
        }
    }
}

/// Where a host stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Which call of the payment's life, from 1.
    pub call: u32,
    /// On which side of it.
    pub side: Side,
}

/// Whether the payment has begun, for all hosts of a world. Clones are the same payment.
#[derive(Clone, Debug, Default)]
pub(super) struct Life(Arc<Begin>);

#[derive(Debug, Default)]
struct Begin {
    /// Cards that are chosen now are none to count from.
    is_early: AtomicBool,
    has_begun: AtomicBool,
}

impl Life {
    /// One that begins with a card after [`Life::come`].
    pub(super) fn not_yet() -> Self {
        let life = Self::default();
        life.0.is_early.store(true, Ordering::Relaxed);
        life
    }

    /// The next card is the one.
    pub(super) fn come(&self) {
        self.0.is_early.store(false, Ordering::Relaxed);
    }

    /// The card was chosen. A second payment changes nothing.
    pub(super) fn begin(&self) {
        if !self.0.is_early.load(Ordering::Relaxed) {
            self.0.has_begun.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was.
    pub(super) fn has_begun(&self) -> bool {
        self.0.has_begun.load(Ordering::Relaxed)
    }
}

/// What becomes of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// It is made, and returns.
    Returns,
    /// It is made, and never returns.
    IsLast,
    /// It is not made, and never returns.
    Never,
}

/// The gate of one host; it outlives the host's crashes. Clones are the same gate.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    host: Arc<str>,
    life: Life,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    calls: u32,
    stop: Option<Stop>,
    stopped_at: Option<String>,
    dead: bool,
}

impl Gate {
    pub(super) fn new(host: &str, life: Life) -> Self {
        Self {
            host: host.into(),
            life,
            state: Arc::default(),
        }
    }

    /// The host stops there, once.
    pub(super) fn arm(&self, stop: Stop) {
        self.state().stop = Some(stop);
    }

    /// Told before a call is made.
    pub(super) fn call(&self, what: &str) -> Pass {
        let mut state = self.state();
        if state.dead {
            return Pass::Never;
        }
        if !self.life.has_begun() {
            return Pass::Returns;
        }
        let call = state.calls.saturating_add(1);
        state.calls = call;
        let Some(stop) = state.stop.take_if(|stop| stop.call == call) else {
            return Pass::Returns;
        };
        let (number, side) = (stop.call, stop.side.name());
        state.dead = true;
        state.stopped_at = Some(what.to_owned());
        drop(state);
        trace::line(&format!("{} stops {side} call {number}: {what}", self.host));
        match stop.side {
            Side::Before => Pass::Never,
            Side::After => Pass::IsLast,
        }
    }

    /// Whether the host has stopped, and was not started again.
    pub(super) fn is_dead(&self) -> bool {
        self.state().dead
    }

    /// The host starts again.
    pub(super) fn revive(&self) {
        self.state().dead = false;
    }

    /// Calls of the payment's life so far, over all starts of the host.
    pub(super) fn calls(&self) -> u32 {
        self.state().calls
    }

    /// What the call was that the host stopped at; `None`: it was never reached.
    pub(super) fn stopped_at(&self) -> Option<String> {
        self.state().stopped_at.clone()
    }

    /// The payment whose life is counted.
    pub(super) fn life(&self) -> &Life {
        &self.life
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(stop: Option<Stop>) -> Gate {
        let gate = Gate::new("hub", Life::default());
        stop.into_iter().for_each(|stop| gate.arm(stop));
        gate
    }

    #[test]
    fn calls_count_from_the_moment_the_card_is_chosen() {
        let gate = gate(None);
        assert_eq!(gate.call("write"), Pass::Returns);
        assert_eq!(gate.calls(), 0);
        gate.life().begin();
        assert_eq!(gate.call("write"), Pass::Returns);
        assert_eq!((gate.calls(), gate.stopped_at()), (1, None));
    }

    #[test]
    fn a_host_stops_at_its_call_once_on_the_side_asked_for_and_is_dead_until_revived() {
        for (side, at_the_call) in [(Side::Before, Pass::Never), (Side::After, Pass::IsLast)] {
            let gate = gate(Some(Stop { call: 2, side }));
            gate.life().begin();
            let passes: Vec<_> = ["read", "sync", "write"].map(|what| gate.call(what)).into();
            assert_eq!(passes, [Pass::Returns, at_the_call, Pass::Never]);
            assert!(gate.is_dead());
            assert_eq!(gate.stopped_at().as_deref(), Some("sync"));
            gate.revive();
            assert_eq!(gate.call("write"), Pass::Returns);
            assert_eq!(gate.calls(), 3);
        }
    }
}
