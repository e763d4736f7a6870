//! A station is a terminal while the hub runs: which lane it serves, whether it is signed on, which
//! message is outstanding, and when something is due again. A restart loses it; events rebuild it.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    ids::{BatchNumber, ForwardId, LaneId, Mid, PaymentId, Stan},
    time::MonoMs,
};

/// Which message is outstanding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// The 0200 of a payment.
    Live(PaymentId),
    /// A queue entry.
    Forward(ForwardId),
    /// The 0500.
    Settlement,
}

/// The one message a TID may have at the bank (I7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Outstanding {
    pub(crate) what: What,
    pub(crate) stan: Stan,
    pub(crate) batch: BatchNumber,
    pub(crate) since: MonoMs,
    pub(crate) deadline: MonoMs,
}

/// A payment that waits for its terminal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    pub(crate) payment_id: PaymentId,
    pub(crate) since: MonoMs,
    /// Decided without the bank then: the lane still waits, and nothing was sent.
    pub(crate) deadline: MonoMs,
}

/// A configured terminal at work.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Station {
    pub(crate) mid: Mid,
    pub(crate) lane: LaneId,
    pub(crate) signed_on: bool,
    /// A sign-on is under way.
    pub(crate) signing_on: bool,
    /// A sign-on is under way, or failed; asked again then.
    pub(crate) sign_on_again: Option<MonoMs>,
    pub(crate) sign_on_tries: u32,
    pub(crate) outstanding: Option<Outstanding>,
    pub(crate) waiting: VecDeque<Waiting>,
    /// After silence, no advice, void or settlement before this moment.
    pub(crate) quiet_until: Option<MonoMs>,
    pub(crate) silences: u32,
    /// Entries that came back, each with the moment of its next try.
    pub(crate) not_before: BTreeMap<ForwardId, MonoMs>,
}

impl Station {
    pub(crate) const fn new(mid: Mid, lane: LaneId) -> Self {
        Self {
            mid,
            lane,
            signed_on: false,
            signing_on: false,
            sign_on_again: None,
            sign_on_tries: 0,
            outstanding: None,
            waiting: VecDeque::new(),
            quiet_until: None,
            silences: 0,
            not_before: BTreeMap::new(),
        }
    }

    /// Whether this entry may be tried now.
    pub(crate) fn is_due(&self, id: ForwardId, now: MonoMs) -> bool {
        self.not_before.get(&id).is_none_or(|moment| *moment <= now)
    }

    pub(crate) fn is_quiet(&self, now: MonoMs) -> bool {
        self.quiet_until.is_some_and(|moment| now < moment)
    }

    /// The line is back after it was down: the host may have been started anew meanwhile, and
    /// then knows no sign-on of before.
    pub(crate) const fn renew_sign_on(&mut self) {
        self.signed_on = false;
        self.signing_on = false;
        self.sign_on_again = None;
        self.sign_on_tries = 0;
    }

    /// Somebody says: now. Nothing waits for its pause any longer.
    pub(crate) fn wait_no_longer(&mut self) {
        self.heard();
        self.not_before.clear();
        self.sign_on_tries = 0;
        if !self.signing_on {
            self.sign_on_again = None;
        }
    }

    /// The bank spoke: whatever waited for it may go.
    pub(crate) fn heard(&mut self) {
        self.silences = 0;
        self.quiet_until = None;
    }

    /// The next moment at which something of this terminal is due, after `now`.
    pub(crate) fn next_deadline(&self, now: MonoMs) -> Option<MonoMs> {
        let outstanding = self.outstanding.map(|message| message.deadline);
        let waiting = self.waiting.iter().map(|waiting| waiting.deadline).min();
        let pauses = self.not_before.values().copied();
        [outstanding, waiting, self.sign_on_again, self.quiet_until]
            .into_iter()
            .flatten()
            .chain(pauses)
            .filter(|moment| *moment > now)
            .min()
    }
}
