//! Who is signed on at the hub's pages. In memory: a restart signs everybody off.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base16ct::lower::encode_string as hex;
use domain::{
    ids::OperatorId,
    limits::{OFFICE_IDLE_MS, OFFICE_SESSIONS_MAX},
};
use ports::{Clock, Random};

/// Bytes of what a browser shows again.
const SECRET_BYTES: usize = 16;

struct Session {
    operator: OperatorId,
    last_mono_ms: u64,
}

/// All of them.
pub(super) struct Sessions {
    random: Arc<dyn Random>,
    clock: Arc<dyn Clock>,
    open: Mutex<BTreeMap<String, Session>>,
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sessions({} open)", self.opened().len())
    }
}

impl Sessions {
    pub(super) fn new(random: Arc<dyn Random>, clock: Arc<dyn Clock>) -> Self {
        Self {
            random,
            clock,
            open: Mutex::default(),
        }
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<String, Session>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.mono_ms();
        open.retain(|_, session| now.saturating_sub(session.last_mono_ms) < OFFICE_IDLE_MS);
        open
    }

    /// Somebody's PIN was right: what their browser shows from now on. Where too many are open, the
    /// one that was used longest ago ends.
    pub(super) fn begin(&self, operator: OperatorId) -> String {
        let mut secret = [0; SECRET_BYTES];
        self.random.fill(&mut secret);
        let secret = hex(&secret);
        let mut open = self.opened();
        if open.len() >= OFFICE_SESSIONS_MAX {
            let oldest = open.iter().min_by_key(|(_, session)| session.last_mono_ms);
            let oldest = oldest.map(|(secret, _)| secret.clone());
            oldest.map(|secret| open.remove(&secret));
        }
        let session = Session {
            operator,
            last_mono_ms: self.clock.mono_ms(),
        };
        open.insert(secret.clone(), session);
        secret
    }

    /// Whose it is; `None`: nobody's, or not any more. Asking keeps it open where `keeps` says so:
    /// a page that refreshes by itself does not.
    pub(super) fn whose(&self, secret: &str, keeps: bool) -> Option<OperatorId> {
        let mut open = self.opened();
        let session = open.get_mut(secret)?;
        if keeps {
            session.last_mono_ms = self.clock.mono_ms();
        }
        Some(session.operator)
    }

    /// Random bytes, for what is kept of a PIN.
    pub(super) fn fill(&self, bytes: &mut [u8]) {
        self.random.fill(bytes);
    }

    pub(super) fn end(&self, secret: &str) {
        self.opened().remove(secret);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use ports::OsRandom;

    use super::*;

    #[derive(Debug, Default)]
    struct Watch(AtomicU64);

    impl Clock for Watch {
        fn wall_ms(&self) -> i64 {
            0
        }

        fn mono_ms(&self) -> u64 {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn sessions() -> (Sessions, Arc<Watch>) {
        let watch = Arc::new(Watch::default());
        let clock = Arc::clone(&watch);
        (Sessions::new(Arc::new(OsRandom), clock), watch)
    }

    #[test]
    fn a_session_ends_when_nobody_asks_for_anything() {
        let (sessions, watch) = sessions();
        let secret = sessions.begin(OperatorId(7));
        let pass = |ms| watch.0.fetch_add(ms, Ordering::Relaxed);
        pass(OFFICE_IDLE_MS - 1);
        assert_eq!(sessions.whose(&secret, true), Some(OperatorId(7)));
        pass(OFFICE_IDLE_MS - 1);
        assert_eq!(sessions.whose(&secret, false), Some(OperatorId(7)));
        pass(1);
        assert_eq!(
            sessions.whose(&secret, true),
            None,
            "looking on keeps nothing open"
        );
        assert_eq!(sessions.whose("", true), None);
    }

    #[test]
    fn a_session_that_was_ended_is_over_and_there_are_never_too_many() {
        let (sessions, watch) = sessions();
        let first = sessions.begin(OperatorId(1));
        sessions.end(&first);
        assert_eq!(sessions.whose(&first, true), None);
        let oldest = sessions.begin(OperatorId(1));
        watch.0.fetch_add(1, Ordering::Relaxed);
        let others: Vec<String> = (0..OFFICE_SESSIONS_MAX)
            .map(|_| sessions.begin(OperatorId(2)))
            .collect();
        assert_eq!(sessions.whose(&oldest, true), None);
        assert!(others.iter().all(|one| sessions.whose(one, true).is_some()));
    }
}
