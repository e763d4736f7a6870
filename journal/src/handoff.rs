//! The hand-off between those who append and the one committer: a lock, and a wake-up that can't
//! be missed.
//!
//! The rule that makes it so: what the committer looks at changes under the lock only, and who
//! changed it wakes the committer afterwards. That costs a call of the system, so only a committer
//! that sleeps is woken: it says so under the lock, and is asked under the lock. `tests/handoff.rs`
//! compiles this very file against a checker that tries every interleaving.

use std::time::Duration;

use super::sync::{AtomicBool, Condvar, Mutex, MutexGuard, Ordering, PoisonError};

/// What is handed over, behind its lock.
pub(crate) struct Handoff<T> {
    state: Mutex<T>,
    wake: Condvar,
    /// The committer sleeps, and nobody has woken it. Looked at and changed under the lock alone.
    asleep: AtomicBool,
}

impl<T> Handoff<T> {
    pub(crate) fn new(state: T) -> Handoff<T> {
        Handoff {
            state: Mutex::new(state),
            wake: Condvar::new(),
            asleep: AtomicBool::new(false),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        // A panic aborts the process in production, so poison only shows in tests.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes the committer, if it sleeps. Call it after each change that it waits for. Whether it
    /// sleeps is asked under the lock: it has then let go of it, and hears the wake-up. One that
    /// was only about to sleep would not, and the next change would find it woken.
    pub(crate) fn wake(&self) {
        let held = self.lock();
        let asleep = self.asleep.swap(false, Ordering::Relaxed);
        drop(held);
        if asleep {
            self.wake.notify_one();
        }
    }

    /// Looks, and waits for a wake-up, until `look` finds something.
    pub(crate) fn wait<R>(&self, mut look: impl FnMut(&mut T) -> Option<R>) -> R {
        let mut state = self.lock();
        loop {
            if let Some(found) = look(&mut state) {
                return found;
            }
            self.asleep.store(true, Ordering::Relaxed);
            let woken = self.wake.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a wake-up or for `longest`, unless there is no need to. It may end early.
    pub(crate) fn pause(&self, longest: Duration, needed: impl FnOnce(&T) -> bool) {
        let state = self.lock();
        if needed(&state) {
            self.asleep.store(true, Ordering::Relaxed);
            drop(self.wake.wait_timeout(state, longest));
        }
    }
}
