//! Tells on stderr how far the run is: one line that changes on a terminal, a line every few
//! seconds elsewhere.

use std::io::{IsTerminal, Write, stderr};

use crate::store::{fault::Fault, watch::Sight};

/// Between two lines, where each stays.
const LINE_EVERY_MS: u64 = 3_000;

/// The progress of one run.
#[derive(Debug)]
pub struct Progress {
    on_terminal: bool,
    baskets: usize,
    next_line_ms: u64,
}

impl Progress {
    /// Of a run that sells so many baskets.
    #[must_use]
    pub fn of(baskets: usize) -> Self {
        Self {
            on_terminal: stderr().is_terminal(),
            baskets,
            next_line_ms: 0,
        }
    }

    /// A step of the run that gets a line of its own.
    pub fn step(&self, text: &str) {
        note(text);
    }

    /// How far the selling is, `at_ms` after it began.
    pub fn show(&mut self, at_ms: u64, sight: &Sight, fault: Option<Fault>) {
        let text = line(self.baskets, at_ms, sight, fault);
        if self.on_terminal {
            self.write(&text);
        } else if at_ms >= self.next_line_ms {
            self.next_line_ms = at_ms + LINE_EVERY_MS;
            self.write(&format!("{text}\n"));
        }
    }

    fn write(&self, text: &str) {
        let start = if self.on_terminal { "\r\x1b[K" } else { "" };
        // Progress that can't be shown is no reason to stop.
        let _ = write!(stderr(), "{start}{text}");
        let _ = stderr().flush();
    }
}

/// A line of its own, in place of one that changes.
pub fn note(text: &str) {
    let start = if stderr().is_terminal() {
        "\r\x1b[K"
    } else {
        ""
    };
    let _ = writeln!(stderr(), "{start}{text}");
}

fn line(baskets: usize, at_ms: u64, sight: &Sight, fault: Option<Fault>) -> String {
    let counts = sight.status.counts.unwrap_or_default();
    let approved = counts.approved + counts.partially_approved;
    let line = if sight.status.link_up { "up" } else { "down" };
    let fault = fault
        .map(|fault| format!(", fault: {fault}"))
        .unwrap_or_default();
    format!(
        "{:>3} s  {} of {baskets} baskets, cards: {approved} approved {} declined {} unknown {} \
         stand-in, queue {}, line {line}{fault}",
        at_ms / 1_000,
        sight.sales_done(),
        counts.declined,
        counts.unknown,
        counts.stand_in,
        sight.status.queue_depth,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_tells_the_fault_that_is_going_on() {
        let text = line(400, 12_345, &Sight::default(), Some(Fault::BankLine));
        assert!(text.starts_with(" 12 s  0 of 400 baskets"), "{text}");
        assert!(text.ends_with("line down, fault: bank-line"), "{text}");
    }
}
