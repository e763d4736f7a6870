//! The host's books: what the ledger's lines add up to. Lines go in one after the other, the same
//! way when they are decided and when they are read back; nothing else changes the books.

mod batch;

use std::collections::BTreeMap;

use crate::{
    code::Code,
    ledger::{LedgerLine, State},
};

pub(crate) use batch::{Batch, Entry};

/// Closed batches kept per terminal, for repeats and refunds.
const CLOSED_BATCHES_MAX: usize = 8;
const BATCH_MAX: u32 = 999_999;
/// Digits of a sequence number in an RRN; before them stand a digit of the year and the day.
const SEQUENCE_DIGITS: usize = 8;

/// Everything the host has booked.
#[derive(Debug, Default)]
pub(crate) struct Books {
    terminals: BTreeMap<String, TerminalBook>,
    accounts: BTreeMap<String, AccountBook>,
    sequence: u64,
    /// Wallets' payments whose owners will confirm, each with when.
    waiting: BTreeMap<Place, (LedgerLine, i64)>,
}

/// Terminal, batch and STAN.
type Place = (String, String, String);

/// One terminal's batches.
#[derive(Debug)]
struct TerminalBook {
    open: u32,
    batches: BTreeMap<u32, Batch>,
}

/// What became of one account since the ledger began.
#[derive(Clone, Copy, Debug, Default)]
struct AccountBook {
    taken_minor: i64,
    wrong_pins: u32,
}

impl Default for TerminalBook {
    fn default() -> Self {
        Self {
            open: 1,
            batches: BTreeMap::new(),
        }
    }
}

impl Books {
    /// Books one line.
    pub(crate) fn apply(&mut self, line: &LedgerLine) {
        self.note_sequence(&line.rrn);
        self.apply_to_account(line);
        let Ok(batch) = line.batch.parse() else {
            return;
        };
        let terminal = self.terminals.entry(line.tid.clone()).or_default();
        // Nothing is ever booked in a batch that is neither open nor kept.
        if batch == terminal.open {
            terminal.batches.entry(batch).or_default().apply(line);
        } else if let Some(closed) = terminal.batches.get_mut(&batch) {
            closed.apply(line);
        }
        match line.state {
            State::Settled | State::Unbalanced => terminal.close(batch),
            State::Approved => terminal.link_original(line),
            State::Reversed => terminal.unlink_original(line),
            State::Declined | State::Waiting | State::NothingToReverse | State::Uploaded => {}
        }
        self.note_waiting(line);
    }

    /// The batch a terminal is in, six digits.
    pub(crate) fn open_batch(&self, tid: &str) -> String {
        let open = self.terminals.get(tid).map_or(1, |terminal| terminal.open);
        format!("{open:06}")
    }

    /// One batch of a terminal, open or closed and still kept.
    pub(crate) fn batch(&self, tid: &str, batch: &str) -> Option<&Batch> {
        self.terminals.get(tid)?.batches.get(&batch.parse().ok()?)
    }

    /// What was booked or declined under a STAN.
    pub(crate) fn entry(&self, tid: &str, batch: &str, stan: &str) -> Option<&Entry> {
        self.batch(tid, batch)?.entry(stan)
    }

    /// Money taken from an account since the ledger began, minor units; negative: given.
    pub(crate) fn taken_minor(&self, account: &str) -> i64 {
        self.accounts
            .get(account)
            .map_or(0, |book| book.taken_minor)
    }

    /// Wrong PINs since the last approval.
    pub(crate) fn wrong_pins(&self, account: &str) -> u32 {
        self.accounts.get(account).map_or(0, |book| book.wrong_pins)
    }

    /// A new RRN: the year's last digit, the day of the year, and a number never used before.
    pub(crate) fn next_rrn(&mut self, year: i64, day_of_year: i64) -> String {
        self.sequence = self.sequence.saturating_add(1);
        format!(
            "{}{day_of_year:03}{:08}",
            year.rem_euclid(10),
            self.sequence % 100_000_000
        )
    }

    /// Payments whose owners confirm by then, each with when.
    pub(crate) fn confirmed_by(&self, wall_ms: i64) -> Vec<(LedgerLine, i64)> {
        let due = self.waiting.values().filter(|(_, at)| *at <= wall_ms);
        due.cloned().collect()
    }

    fn note_waiting(&mut self, line: &LedgerLine) {
        let place = (line.tid.clone(), line.batch.clone(), line.stan.clone());
        match (line.state, line.confirm_at_ms) {
            (State::Waiting, Some(at)) => {
                self.waiting.insert(place, (line.clone(), at));
            }
            _ => {
                self.waiting.remove(&place);
            }
        }
    }

    fn note_sequence(&mut self, rrn: &str) {
        let digits_from = rrn.len().saturating_sub(SEQUENCE_DIGITS);
        let sequence = rrn
            .get(digits_from..)
            .and_then(|digits| digits.parse().ok());
        self.sequence = self.sequence.max(sequence.unwrap_or(0));
    }

    fn apply_to_account(&mut self, line: &LedgerLine) {
        let Some(name) = &line.account else {
            return;
        };
        let book = self.accounts.entry(name.clone()).or_default();
        book.taken_minor = book.taken_minor.saturating_add(line.taken_minor());
        if line.state == State::Approved {
            book.wrong_pins = 0;
        } else if matches!(line.f39, Code::WRONG_PIN | Code::PIN_TRIES) {
            book.wrong_pins = book.wrong_pins.saturating_add(1);
        }
    }
}

impl TerminalBook {
    /// Opens the next batch, if it was the open one, and forgets the oldest closed ones.
    fn close(&mut self, batch: u32) {
        if self.open == batch {
            self.open = if batch >= BATCH_MAX {
                1
            } else {
                batch.saturating_add(1)
            };
            // The number comes round after a million batches: what it held then is history.
            self.batches.remove(&self.open);
        }
        while self.batches.len() > CLOSED_BATCHES_MAX.saturating_add(1) {
            self.batches.pop_first();
        }
    }

    fn link_original(&mut self, line: &LedgerLine) {
        if let Some(entry) = self.original_of(line) {
            entry.take_back(line.amount_minor);
        }
    }

    /// A reversed void leaves its original as it was.
    fn unlink_original(&mut self, line: &LedgerLine) {
        if let Some(entry) = self.original_of(line) {
            entry.give_again(line.amount_minor);
        }
    }

    fn original_of(&mut self, line: &LedgerLine) -> Option<&mut Entry> {
        let original = line.original.as_ref()?;
        let batch = self.batches.get_mut(&original.batch.parse().ok()?)?;
        batch.entry_mut(&original.stan)
    }
}
