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
    /// What became of a payment?
    Query(PaymentId),
    /// A queue entry.
    Forward(ForwardId),
    /// The 0500.
    Settlement,
    /// A 0320 of a closed batch.
    Upload,
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

/// A payment whose outcome is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Asking {
    /// When it is asked next.
    pub(crate) next: MonoMs,
    /// Given up then.
    pub(crate) until: MonoMs,
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
    /// A message of a closed batch went out: a payment that waits goes before the next of them.
    pub(crate) payment_is_next: bool,
    /// Tries of the 0320 that may be at the host.
    pub(crate) upload_tries: u32,
    /// After silence, no advice, void or settlement before this moment.
    pub(crate) quiet_until: Option<MonoMs>,
    pub(crate) silences: u32,
    /// Entries that came back, each with the moment of its next try.
    pub(crate) not_before: BTreeMap<ForwardId, MonoMs>,
    /// Reversals that the host does not take before this moment, whoever is in a hurry.
    pub(crate) held_back: BTreeMap<ForwardId, MonoMs>,
    /// Payments that were sent and whose outcome is asked for.
    pub(crate) asking: BTreeMap<PaymentId, Asking>,
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
            payment_is_next: false,
            upload_tries: 0,
            quiet_until: None,
            silences: 0,
            not_before: BTreeMap::new(),
            held_back: BTreeMap::new(),
            asking: BTreeMap::new(),
        }
    }

    /// Whether this entry may be tried now.
    pub(crate) fn is_due(&self, id: ForwardId, now: MonoMs) -> bool {
        let waits = |until: Option<&MonoMs>| until.is_some_and(|moment| *moment > now);
        !waits(self.not_before.get(&id)) && !waits(self.held_back.get(&id))
    }

    /// The payment whose outcome is to be asked for now.
    pub(crate) fn due_query(&self, now: MonoMs) -> Option<PaymentId> {
        let mut asking = self.asking.iter();
        let due = asking.find(|(_, asking)| asking.next <= now && now < asking.until);
        due.map(|(id, _)| *id)
    }

    /// Payments that were asked for long enough, and of which nothing is at the host.
    pub(crate) fn asking_overdue(&self, now: MonoMs) -> impl Iterator<Item = PaymentId> + '_ {
        let at_host = self.outstanding.and_then(|message| match message.what {
            What::Live(id) | What::Query(id) => Some(id),
            What::Forward(_) | What::Settlement | What::Upload => None,
        });
        let overdue = self.asking.iter();
        overdue
            .filter(move |(id, asking)| asking.until <= now && at_host != Some(**id))
            .map(|(id, _)| *id)
    }

    /// A message of a settlement is at the host.
    pub(crate) fn is_settling(&self) -> bool {
        let what = self.outstanding.map(|message| message.what);
        matches!(what, Some(What::Settlement | What::Upload))
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
        let pauses = self.not_before.values().chain(self.held_back.values());
        let asking = self.asking.values();
        let asking = asking.flat_map(|asking| [asking.next, asking.until]);
        let pauses = pauses.copied().chain(asking);
        [outstanding, waiting, self.sign_on_again, self.quiet_until]
            .into_iter()
            .flatten()
            .chain(pauses)
            .filter(|moment| *moment > now)
            .min()
    }
}
