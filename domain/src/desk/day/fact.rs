//! What is written of the business day, and what it makes of the state and of the dates; and what
//! the records of settlements make of batches.

use crate::{
    day::{Fact, TurnedBy},
    desk::{DurableState, counts::count},
    ids::{BatchNumber, Stan, Tid},
    payment::Payment,
    settlement::BatchTotals,
    terminal::{BatchUpload, Settling, UploadSent},
    time::BusinessDate,
};

/// What happened to the business day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DayFact {
    /// The store's date was turned, at once. The record carries the date that ended; every batch is
    /// due.
    Turned {
        /// From this date.
        ended: BusinessDate,
        /// To this one.
        begins: BusinessDate,
        /// By whom.
        by: TurnedBy,
    },
    /// Every batch is due in mid-day.
    SettlementOrdered,
    /// A hub before this release closed a day: no new payments until all batches were closed.
    Closing {
        /// The day.
        date: BusinessDate,
    },
    /// A hub before this release had closed all batches; the next day is open.
    Closed {
        /// The day.
        date: BusinessDate,
    },
}

impl DayFact {
    /// What it is to the store's dates.
    pub(in crate::desk) fn of_dates(&self) -> Option<Fact> {
        match self {
            Self::Turned { ended, begins, by } => Some(Fact::Turned {
                ended: *ended,
                begins: *begins,
                by: *by,
            }),
            // How a date was turned before it was one record.
            Self::Closed { date } => Some(Fact::Turned {
                ended: *date,
                begins: date.next(),
                by: TurnedBy::Hand,
            }),
            Self::SettlementOrdered | Self::Closing { .. } => None,
        }
    }

    /// Whether a date ends with it.
    pub(in crate::desk) const fn ends_date(&self) -> bool {
        match self {
            Self::Turned { .. } | Self::Closed { .. } => true,
            Self::SettlementOrdered | Self::Closing { .. } => false,
        }
    }
}

/// Part of the checkpoint: the dates.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DaysPart {
    /// The running date; `None` before the first was turned.
    pub running: Option<BusinessDate>,
    /// A date that a hub before this release had begun to close.
    pub closing: Option<BusinessDate>,
    /// The last closed date.
    pub closed: Option<BusinessDate>,
}

impl DaysPart {
    pub(in crate::desk) fn apply(&mut self, fact: &DayFact) {
        match fact {
            DayFact::Turned { ended, begins, by } => {
                self.closing = None;
                self.running = Some(*begins);
                if *by != TurnedBy::Moved {
                    self.closed = Some(*ended);
                }
            }
            DayFact::SettlementOrdered => {}
            DayFact::Closing { date } => self.closing = Some(*date),
            DayFact::Closed { date } => {
                self.closing = None;
                self.closed = Some(*date);
                self.running = Some(date.next());
            }
        }
    }
}

impl DurableState {
    pub(in crate::desk) fn apply_day(&mut self, fact: &DayFact, header: BusinessDate) {
        match fact {
            DayFact::Turned { ended, by, .. } => self.date_turned(*ended, *by),
            DayFact::SettlementOrdered => self.all_batches_due(header),
            DayFact::Closing { .. } => {}
            DayFact::Closed { date } => self.day_closed(*date),
        }
    }

    /// Batches that a hub before this release had closed for this very date are not due again.
    fn date_turned(&mut self, ended: BusinessDate, by: TurnedBy) {
        if by != TurnedBy::Moved {
            for terminal in self.terminals.values_mut() {
                if terminal.settling == Settling::Closed {
                    terminal.settling = Settling::Open;
                } else if terminal.batch.is_some() {
                    terminal.due.get_or_insert(ended);
                }
            }
        }
        self.day_ended(ended);
    }

    /// How a hub before this release ended a day: every batch was closed.
    fn day_closed(&mut self, date: BusinessDate) {
        for terminal in self.terminals.values_mut() {
            terminal.settling = Settling::Open;
        }
        self.day_ended(date);
    }

    fn day_ended(&mut self, date: BusinessDate) {
        self.carried.clear();
        let today = self.counts.since(&self.counts_before_today);
        self.counts_of_days.insert(date, today);
        self.counts_before_today = self.counts;
    }

    fn all_batches_due(&mut self, date: BusinessDate) {
        self.carried.clear();
        for terminal in self.terminals.values_mut() {
            if terminal.batch.is_some() {
                terminal.due.get_or_insert(date);
            }
        }
    }

    pub(crate) fn settlement_sent(&mut self, tid: &Tid, stan: Stan, totals: BatchTotals) {
        let terminal = self.terminal_mut(tid);
        terminal.next_stan = stan.next();
        terminal.settling = Settling::Sent { stan, totals };
    }

    pub(crate) fn batch_closed(
        &mut self,
        tid: &Tid,
        batch: BatchNumber,
        balanced: bool,
        upload_follows: bool,
    ) {
        count(&mut self.counts.batches);
        if balanced {
            count(&mut self.counts.batches_balanced);
        }
        let old_close = self.days.closing.is_some();
        self.stopped.remove(tid);
        let terminal = self.terminal_mut(tid);
        let items = std::mem::take(&mut terminal.items);
        if upload_follows {
            let of_batch = items.iter().filter(|((of, _), _)| *of == batch);
            let of_batch = of_batch.map(|((_, stan), item)| (*stan, item));
            terminal.upload = Some(BatchUpload::of(batch, balanced, of_batch));
        }
        // A terminal that rule 10 had stopped goes on in the host's batch.
        terminal.batch = Some(terminal.stopped.take().unwrap_or(batch.next()));
        terminal.last_financial = None;
        terminal.due = None;
        terminal.settling = match old_close {
            true => Settling::Closed,
            false => Settling::Open,
        };
        for item in items.values() {
            if let Some(payment) = self.payments.get_mut(&item.payment_id) {
                payment.settled_in = Some(batch);
            }
        }
    }

    pub(crate) fn upload_sent(&mut self, tid: &Tid, sent: UploadSent) -> Option<()> {
        let terminal = self.terminals.get_mut(tid)?;
        terminal.next_stan = sent.stan.next();
        terminal.upload.as_mut()?.sent = Some(sent);
        Some(())
    }

    pub(crate) fn upload_answered(&mut self, tid: &Tid, ended: bool) -> Option<()> {
        let terminal = self.terminals.get_mut(tid)?;
        let upload = terminal.upload.as_mut()?;
        let items = upload.sent.take().map_or(0, |sent| sent.items);
        upload.answered = upload.answered.saturating_add(items);
        if ended {
            terminal.upload = None;
        }
        Some(())
    }

    /// Whether the host counts it in an open batch, or is being told what was in a closed one: its
    /// card may have to be told again.
    pub(crate) fn is_to_be_settled(&self, payment: &Payment) -> bool {
        let approved = payment.bound.as_ref().is_some_and(|(tid, stan, batch)| {
            let terminal = self.terminals.get(tid);
            terminal.is_some_and(|terminal| terminal.items.contains_key(&(*batch, *stan)))
        });
        let mut entries = self.entries_of(payment);
        approved
            || entries.any(|entry| self.is_in_open_batch(entry))
            || self.is_being_uploaded(payment)
    }

    pub(crate) fn is_being_uploaded(&self, payment: &Payment) -> bool {
        let id = payment.request.payment_id;
        let uploads = self.terminals.values();
        let uploads = uploads.filter_map(|terminal| terminal.upload.as_ref());
        uploads
            .flat_map(|upload| &upload.items)
            .any(|item| item.payment_id == id)
    }
}
