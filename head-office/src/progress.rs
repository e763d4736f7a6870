//! How far a long command is, on stderr: one line that changes, on a terminal alone.

use std::{
    io::{IsTerminal, Write, stderr},
    sync::atomic::{AtomicUsize, Ordering},
};

/// Back to the beginning of the line, which is cleared.
const ANEW: &str = "\r\x1b[2K";

/// Of so many steps.
#[derive(Debug)]
pub(crate) struct Progress {
    steps: usize,
    done: AtomicUsize,
    on_terminal: bool,
}

impl Progress {
    pub(crate) fn of(steps: usize) -> Self {
        Self {
            steps,
            done: AtomicUsize::new(0),
            on_terminal: stderr().is_terminal(),
        }
    }

    /// One more step is done.
    pub(crate) fn step(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.show(&format!("{ANEW}{done} of {} stores", self.steps));
    }

    /// Nothing of it stays.
    pub(crate) fn end(&self) {
        self.show(ANEW);
    }

    fn show(&self, line: &str) {
        if self.on_terminal {
            // A terminal that is gone misses nothing.
            let _ = stderr().write_all(line.as_bytes());
        }
    }
}
