//! One batch of one terminal: what stands under each STAN, its totals, how it was settled.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    code::Code,
    ledger::{Item, LedgerLine, Side, State, Totals},
};

/// One batch.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    entries: BTreeMap<String, Entry>,
    /// Reversals by STAN: they share it with their originals, and may come before them.
    reversals: BTreeMap<String, Reversal>,
    settlement: Option<Settlement>,
    /// RRNs of batch upload messages by their STAN, and what they held.
    uploads: BTreeMap<String, String>,
    uploaded: BTreeSet<(String, u64)>,
}

/// What was decided about one message.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) line: LedgerLine,
    /// Of its amount, what voids and refunds have given back; minor units.
    taken_back_minor: u64,
    is_reversed: bool,
    /// A reversal came before its owner confirmed.
    is_closed: bool,
}

/// A reversal that was answered 00.
#[derive(Clone, Debug)]
pub(crate) struct Reversal {
    pub(crate) rrn: String,
}

/// How a batch was settled.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) is_balanced: bool,
    pub(crate) rrn: String,
}

impl Entry {
    /// Whether money was booked and is still there, all of it.
    pub(crate) fn is_whole(&self) -> bool {
        self.is_booked() && self.taken_back_minor == 0
    }

    /// Whether money was booked and not reversed.
    pub(crate) fn is_booked(&self) -> bool {
        self.line.state == State::Approved && !self.is_reversed
    }

    /// Whether nobody can confirm it any more.
    pub(crate) const fn was_closed(&self) -> bool {
        self.is_closed
    }

    /// What a refund may still give back; minor units.
    pub(crate) const fn left_minor(&self) -> u64 {
        self.line.amount_minor.saturating_sub(self.taken_back_minor)
    }

    pub(super) const fn take_back(&mut self, amount_minor: u64) {
        self.taken_back_minor = self.taken_back_minor.saturating_add(amount_minor);
    }

    pub(super) const fn give_again(&mut self, amount_minor: u64) {
        self.taken_back_minor = self.taken_back_minor.saturating_sub(amount_minor);
    }
}

impl Batch {
    pub(crate) fn entry(&self, stan: &str) -> Option<&Entry> {
        self.entries.get(stan)
    }

    pub(super) fn entry_mut(&mut self, stan: &str) -> Option<&mut Entry> {
        self.entries.get_mut(stan)
    }

    pub(crate) fn reversal(&self, stan: &str) -> Option<&Reversal> {
        self.reversals.get(stan)
    }

    pub(crate) const fn settlement(&self) -> Option<&Settlement> {
        self.settlement.as_ref()
    }

    /// The RRN of an upload message that came before.
    pub(crate) fn upload(&self, stan: &str) -> Option<&str> {
        self.uploads.get(stan).map(String::as_str)
    }

    /// Number of different transactions uploaded.
    pub(crate) fn uploaded_count(&self) -> usize {
        self.uploaded.len()
    }

    /// STANs the host has booked and the terminal hasn't uploaded, and the other way round.
    pub(crate) fn upload_differences(&self) -> Vec<String> {
        let booked: BTreeSet<(String, u64)> = self
            .entries
            .values()
            .filter(|entry| entry.is_booked() && entry.line.amount_minor > 0)
            .map(|entry| (entry.line.stan.clone(), entry.line.amount_minor))
            .collect();
        booked
            .symmetric_difference(&self.uploaded)
            .map(|(stan, _)| stan.clone())
            .collect()
    }

    /// What the host counts.
    pub(crate) fn totals(&self) -> Totals {
        self.entries
            .values()
            .filter(|entry| entry.is_booked())
            .fold(Totals::default(), |totals, entry| add(totals, &entry.line))
    }

    pub(super) fn apply(&mut self, line: &LedgerLine) {
        match line.state {
            State::Approved | State::Waiting => self.insert(line),
            State::Declined if line.mti != "0400" => self.insert(line),
            State::Declined => {}
            State::Reversed => {
                if let Some(entry) = self.entries.get_mut(&line.stan) {
                    entry.is_reversed = true;
                }
                self.note_reversal(line);
            }
            State::NothingToReverse => {
                if let Some(entry) = self.entries.get_mut(&line.stan) {
                    entry.is_closed = true;
                }
                self.note_reversal(line);
            }
            State::Settled | State::Unbalanced => self.note_settlement(line),
            State::Uploaded => self.note_upload(line),
        }
    }

    fn insert(&mut self, line: &LedgerLine) {
        let entry = Entry {
            line: line.clone(),
            taken_back_minor: 0,
            is_reversed: false,
            is_closed: false,
        };
        self.entries.insert(line.stan.clone(), entry);
    }

    fn note_reversal(&mut self, line: &LedgerLine) {
        let reversal = Reversal {
            rrn: line.rrn.clone(),
        };
        self.reversals.insert(line.stan.clone(), reversal);
    }

    fn note_settlement(&mut self, line: &LedgerLine) {
        self.settlement = Some(Settlement {
            is_balanced: line.f39 == Code::APPROVED && line.state == State::Settled,
            rrn: line.rrn.clone(),
        });
    }

    fn note_upload(&mut self, line: &LedgerLine) {
        self.uploads.insert(line.stan.clone(), line.rrn.clone());
        let items = line.items.iter();
        self.uploaded
            .extend(items.map(|Item { stan, amount_minor }| (stan.clone(), *amount_minor)));
    }
}

fn add(mut totals: Totals, line: &LedgerLine) -> Totals {
    match line.side() {
        Some(Side::Debit) => {
            totals.debit_minor = totals.debit_minor.saturating_add(line.amount_minor);
            totals.debit_count = totals.debit_count.saturating_add(1);
        }
        Some(Side::Credit) => {
            totals.credit_minor = totals.credit_minor.saturating_add(line.amount_minor);
            totals.credit_count = totals.credit_count.saturating_add(1);
        }
        None => {}
    }
    totals
}
