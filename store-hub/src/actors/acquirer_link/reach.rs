//! Whether the bank can be reached at all. The line is *down* only when no terminal could connect
//! for a while (payments.md, rule 3): a connection that closes says nothing of that kind.
//!
//! Tells an operator at the default level when the line goes down, stays down or comes back, and
//! when connections are lost again and again.

use std::{collections::VecDeque, rc::Rc, sync::Arc, time::Duration};

use domain::limits::{
    LINE_CLOSES_ONE_BY_ONE_WITHIN_MS, LINE_FLAPS_LOSSES, LINE_FLAPS_WITHIN_MS, LINE_TOLD_EVERY_MS,
    LINK_BACKOFF_MAX_MS,
};
use ports::Clock;
use ports::Pauses;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

/// What an operator is told of the line.
#[derive(Clone, Debug, Default)]
pub(crate) struct LineView {
    /// Messages can be sent.
    pub(crate) up: bool,
    /// Since when that is so, or since when no connect has succeeded.
    pub(crate) since_wall_ms: i64,
    /// Why the last connection ended, or the last connect failed; empty: neither did.
    pub(crate) reason: String,
    /// Connects that failed since the last that did not.
    pub(crate) tries: u32,
    /// Connections that ended without our doing, since the start.
    pub(crate) losses: u64,
    /// One connection for each exchange.
    pub(crate) one_exchange: bool,
}

/// How long until what is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReachTiming {
    /// Without a connect for so long the line is down.
    pub(crate) down_after: Duration,
    /// The first pause between two connects; it doubles.
    pub(crate) backoff_min: Duration,
    /// The longest.
    pub(crate) backoff_max: Duration,
}

/// The line as one link knows it.
pub(super) struct Reach {
    address: String,
    clock: Arc<dyn Clock>,
    timing: ReachTiming,
    view: watch::Sender<LineView>,
    /// The first connect that failed since one did not.
    failing_since: Option<Instant>,
    /// The first connection that ended without a word since the host was last heard: such a host
    /// is as good as none.
    mute_since: Option<Instant>,
    /// Connections there are.
    open: u32,
    tries: u32,
    /// Something of `next_notice` may have changed.
    pub(super) changed: Rc<Notify>,
    /// The desk has been told that it is up.
    up: bool,
    /// The log has been told that it is down, and when.
    told_down: Option<Instant>,
    /// Connections lost lately.
    losses: VecDeque<Instant>,
    told_flapping: Option<Instant>,
    /// When a connection last ended right behind its only answer.
    closed_after_answer: Option<Instant>,
}

impl Reach {
    pub(super) fn new(
        address: String,
        clock: Arc<dyn Clock>,
        timing: ReachTiming,
        view: watch::Sender<LineView>,
    ) -> Self {
        let since_wall_ms = clock.wall_ms();
        view.send_modify(|view| view.since_wall_ms = since_wall_ms);
        Self {
            address,
            clock,
            timing,
            view,
            failing_since: None,
            mute_since: None,
            open: 0,
            tries: 0,
            changed: Rc::new(Notify::new()),
            up: false,
            told_down: None,
            losses: VecDeque::new(),
            told_flapping: None,
            closed_after_answer: None,
        }
    }

    pub(super) const fn is_up(&self) -> bool {
        self.up
    }

    /// When the line is to be called down, or named as down again; never while there is a
    /// connection, or while no connect has failed.
    pub(super) fn next_notice(&self) -> Option<Instant> {
        let down_at = self
            .failing_since
            .map(|since| since + self.timing.down_after);
        let again_at = self
            .told_down
            .map(|told| told + Duration::from_millis(LINE_TOLD_EVERY_MS));
        match self.up {
            true => down_at.filter(|_| self.open == 0),
            false => again_at.or(down_at),
        }
    }

    /// The pause before the next connect of the link itself.
    pub(super) fn next_pause(&self, random: u64) -> Duration {
        self.pause(self.tries, random)
    }

    /// The pause after so many tries.
    pub(super) fn pause(&self, tries: u32, random: u64) -> Duration {
        let longest = self
            .timing
            .backoff_max
            .min(Duration::from_millis(LINK_BACKOFF_MAX_MS));
        let first = self.timing.backoff_min;
        Pauses { first, longest }.after(tries, random)
    }

    /// An operator wants it tried at once.
    pub(super) fn try_now(&mut self) {
        self.tries = 0;
    }

    /// A connect begins while there is no connection: from now on none has succeeded. A connect
    /// that nobody answers says nothing before its time is over.
    pub(super) fn begins_to_connect(&mut self, now: Instant) {
        if self.open == 0 {
            self.failing_since.get_or_insert(now);
            self.changed.notify_one();
        }
    }

    /// A connect failed.
    pub(super) fn failed(&mut self, now: Instant, reason: &str) {
        tracing::debug!(event = "bank unreachable", reason, tries = self.tries);
        self.fails(now, reason);
    }

    fn fails(&mut self, since: Instant, reason: &str) {
        self.tries = self.tries.saturating_add(1);
        self.failing_since.get_or_insert(since);
        self.changed.notify_one();
        let tries = self.tries;
        self.view.send_modify(|view| {
            reason.clone_into(&mut view.reason);
            view.tries = tries;
        });
    }

    /// A connection is there, and its messages may be answered.
    pub(super) fn opened(&mut self) {
        self.failing_since = None;
        self.open = self.open.saturating_add(1);
    }

    /// It is gone, whoever closed it.
    pub(super) fn closed(&mut self) {
        self.open = self.open.saturating_sub(1);
        self.changed.notify_one();
    }

    /// A connect succeeded. True: the desk is to be told that the line is up.
    pub(super) fn connected(&mut self) -> bool {
        self.failing_since = None;
        let was_up = std::mem::replace(&mut self.up, true);
        if !was_up {
            self.view.send_modify(|view| view.up = true);
            self.since_now();
        }
        !was_up
    }

    /// The host said something.
    pub(super) fn heard(&mut self, now: Instant) {
        self.tries = 0;
        self.failing_since = None;
        self.mute_since = None;
        if let Some(told) = self.told_down.take() {
            let down_for_ms = u64::try_from((now - told).as_millis()).unwrap_or(u64::MAX);
            let address = &self.address;
            tracing::warn!(event = "bank line up again", address, down_for_ms);
        }
    }

    /// A connection ended without our doing.
    pub(super) fn lost(&mut self, now: Instant, ended: Ended<'_>) {
        let Ended {
            reason, answers, ..
        } = ended;
        tracing::info!(event = "bank connection lost", reason, answers);
        self.view.send_modify(|view| {
            view.losses = view.losses.wrapping_add(1);
            reason.clone_into(&mut view.reason);
        });
        if answers == 0 {
            let since = *self.mute_since.get_or_insert(now);
            self.fails(since, reason);
        }
        self.losses.push_back(now);
        let within = Duration::from_millis(LINE_FLAPS_WITHIN_MS);
        while self.losses.front().is_some_and(|lost| now - *lost > within)
            || self.losses.len() > LINE_FLAPS_LOSSES
        {
            self.losses.pop_front();
        }
        if self.losses.len() >= LINE_FLAPS_LOSSES {
            self.tell_flapping(now, reason);
        }
    }

    /// Whether the host closes after each answer: it did so with two connections in a row.
    pub(super) fn closes_after_answer(&mut self, now: Instant, ended: Ended<'_>) -> bool {
        let within = Duration::from_millis(LINE_CLOSES_ONE_BY_ONE_WITHIN_MS);
        let is_one = ended.answers == 1 && ended.by_peer && ended.since_answer < within;
        let before = self.closed_after_answer.take();
        if is_one {
            self.closed_after_answer = Some(now);
        }
        let window = Duration::from_millis(LINE_FLAPS_WITHIN_MS);
        is_one && before.is_some_and(|before| now - before < window)
    }

    /// From here on each exchange has a connection of its own.
    pub(super) fn one_exchange_from_now(&self, by_setting: bool) {
        self.view.send_modify(|view| view.one_exchange = true);
        if !by_setting {
            tracing::warn!(
                event = "bank closes after each answer",
                code = "HUB0036",
                address = %self.address,
                what = "one connection an exchange from now on; say so in acquirer.connection"
            );
        }
    }

    fn tell_flapping(&mut self, now: Instant, reason: &str) {
        let every = Duration::from_millis(LINE_TOLD_EVERY_MS);
        if self.told_flapping.is_some_and(|told| now - told < every) {
            return;
        }
        self.told_flapping = Some(now);
        tracing::warn!(
            event = "bank line flaps",
            code = "HUB0036",
            address = %self.address,
            losses = self.losses.len(),
            within_ms = LINE_FLAPS_WITHIN_MS,
            reason
        );
    }

    /// The moment of `next_notice` has come. True: the desk is to be told that the line is down.
    pub(super) fn notice(&mut self, now: Instant) -> bool {
        let was_up = std::mem::replace(&mut self.up, false);
        let failing_ms = self.failing_since.map_or(0, |since| {
            i64::try_from((now - since).as_millis()).unwrap_or(i64::MAX)
        });
        let since_ms = self.clock.wall_ms().saturating_sub(failing_ms);
        self.view.send_modify(|view| {
            view.up = false;
            view.since_wall_ms = since_ms;
        });
        self.told_down = Some(now);
        let since = time_of_day(since_ms);
        let reason = self.view.borrow().reason.clone();
        tracing::warn!(
            event = "bank line down",
            code = "HUB0035",
            address = %self.address,
            reason,
            since,
            tries = self.tries
        );
        was_up
    }

    fn since_now(&self) {
        let now_ms = self.clock.wall_ms();
        self.view.send_modify(|view| view.since_wall_ms = now_ms);
    }
}

/// Of the clock that the hub follows, as the log shows it.
fn time_of_day(wall_ms: i64) -> String {
    let seconds = wall_ms.div_euclid(1_000).rem_euclid(86_400);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!("{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
}

/// How a connection ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ended<'a> {
    pub(super) reason: &'a str,
    /// Frames that came on it.
    pub(super) answers: u64,
    /// From the last of them to the end.
    pub(super) since_answer: Duration,
    /// The host closed it.
    pub(super) by_peer: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::SystemClock;

    fn reach() -> (Reach, watch::Receiver<LineView>) {
        let (view, watching) = watch::channel(LineView::default());
        let timing = ReachTiming {
            down_after: Duration::from_secs(5),
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_secs(60),
        };
        let reach = Reach::new(
            "bank:7".to_owned(),
            Arc::new(SystemClock::default()),
            timing,
            view,
        );
        (reach, watching)
    }

    const fn ended(answers: u64) -> Ended<'static> {
        Ended {
            reason: "closed",
            answers,
            since_answer: Duration::ZERO,
            by_peer: true,
        }
    }

    /// F17: down is when nobody could connect for a while, and nothing else.
    #[test]
    fn a_connection_that_closes_is_no_line_down() {
        let (mut reach, _) = reach();
        let now = Instant::now();
        assert!(reach.connected(), "up for the first time");
        for _ in 0..100 {
            reach.opened();
            reach.heard(now);
            reach.lost(now, ended(1));
            reach.closed();
            assert!(!reach.connected(), "told once");
            assert_eq!(reach.next_notice(), None);
            assert_eq!(reach.next_pause(7), Duration::ZERO, "tried at once");
        }
        assert!(reach.is_up());
    }

    #[test]
    fn without_a_connect_it_is_down_after_a_while_and_said_so_again() {
        let (mut reach, watching) = reach();
        let now = Instant::now();
        reach.connected();
        reach.heard(now);
        reach.failed(now, "refused");
        let due = now + Duration::from_secs(5);
        assert_eq!(reach.next_notice(), Some(due));
        reach.failed(now + Duration::from_secs(3), "refused");
        assert_eq!(reach.next_notice(), Some(due), "since the first");
        assert!(reach.notice(due), "the desk is told");
        assert!(!reach.is_up());
        assert_eq!(watching.borrow().reason, "refused");
        assert_eq!(watching.borrow().tries, 2);
        let again = reach.next_notice().unwrap();
        assert!(again > due);
        assert!(!reach.notice(again), "the log alone");
        assert!(reach.connected());
        reach.heard(again);
        assert_eq!(reach.next_notice(), None);
    }

    /// F21: from a second, and never a minute.
    #[test]
    fn pauses_begin_at_a_second_and_stay_short() {
        let (mut reach, _) = reach();
        let now = Instant::now();
        let pauses: Vec<u128> = (0..10)
            .map(|_| {
                reach.failed(now, "refused");
                reach.next_pause(u64::MAX).as_millis()
            })
            .collect();
        assert!((500..=1_000).contains(&pauses[0]), "{pauses:?}");
        assert!(pauses.iter().all(|pause| *pause <= 15_000), "{pauses:?}");
        reach.try_now();
        assert_eq!(reach.next_pause(7), Duration::ZERO);
    }

    #[test]
    fn a_host_that_takes_connections_and_never_speaks_is_as_good_as_none() {
        let (mut reach, _) = reach();
        let now = Instant::now();
        reach.connected();
        reach.opened();
        reach.lost(now, ended(0));
        reach.closed();
        assert!(reach.next_pause(7) > Duration::ZERO);
        reach.opened();
        let later = now + Duration::from_secs(4);
        assert_eq!(reach.next_notice(), None, "there is a connection");
        reach.lost(later, ended(0));
        reach.closed();
        assert_eq!(reach.next_notice(), Some(now + Duration::from_secs(5)));
    }

    #[test]
    fn two_connections_with_one_answer_each_show_a_host_that_closes_after_each() {
        let (mut reach, _) = reach();
        let now = Instant::now();
        assert!(!reach.closes_after_answer(now, ended(1)));
        assert!(!reach.closes_after_answer(now, ended(9)), "many answers");
        assert!(!reach.closes_after_answer(now, ended(1)));
        let late = now + Duration::from_secs(61);
        assert!(!reach.closes_after_answer(late, ended(1)), "too far apart");
        let ours = Ended {
            by_peer: false,
            ..ended(1)
        };
        assert!(!reach.closes_after_answer(late, ours));
        assert!(!reach.closes_after_answer(late, ended(1)));
        assert!(reach.closes_after_answer(late, ended(1)));
    }
}
