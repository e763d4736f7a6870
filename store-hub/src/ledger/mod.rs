//! Projections: what the journals say, in the shape reports need. Computed from the records alone,
//! in the running hub as over the folder of a stopped one; nothing here decides anything.

mod payment_history;
mod payments;
mod sales;

use std::collections::{BTreeMap, BTreeSet};

use domain::{ids::LaneEpoch, ids::LaneId, money::Currency, time::BusinessDate};
use journal::{Fault, Journal, LogId, ReadError, Record};
use prost::Message;
use proto::journal::v1::{HubRecord, LaneRecord, hub_record, lane_record};

pub(crate) use payment_history::{HostFile, counted_in, tell};
pub(crate) use payments::{BatchFacts, ForwardFacts, PaymentBook, PaymentFacts};
pub(crate) use sales::{SalesBook, Watermark};

use crate::replica::lane_log;

/// A lane's record, if this hub knows what it says: its kind, too.
pub(crate) fn understood(bytes: &[u8]) -> Option<LaneRecord> {
    let record = LaneRecord::decode(bytes).ok()?;
    record.body.is_some().then_some(record)
}

/// Why the journals could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A record can't be trusted, or the disk failed.
    #[error("the journal can't be read: {0}")]
    Read(#[from] ReadError),
    /// A record is none.
    #[error("record {sequence} of log {log} can't be understood")]
    Record {
        /// Which log.
        log: LogId,
        /// Which record.
        sequence: u64,
    },
}

/// All projections, each record seen once.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) payments: PaymentBook,
    pub(crate) sales: SalesBook,
    /// Where the records of a payment stand, oldest first.
    places: BTreeMap<u128, Vec<(LogId, u64)>>,
    /// Queue entries and the payments they are for.
    entries: BTreeMap<u64, u128>,
    /// Payments tried in each lane's open sale: how the sale ended belongs to their history.
    tried: BTreeMap<LogId, (u32, Vec<String>)>,
    /// Where the printed receipts stand, reprints last.
    receipts: BTreeMap<String, Vec<(LogId, u64)>>,
    positions: BTreeMap<LogId, u64>,
    /// Logs of lanes that can't be read on, each with where and why.
    stalled: BTreeMap<LogId, Stall>,
}

/// Where the books of one lane end, though its journal goes on: nothing behind it is counted, and
/// the lane is incomplete from there, nobody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stall {
    /// The first record that is not counted.
    pub(crate) sequence: u64,
    /// Why.
    pub(crate) why: StallReason,
}

impl Stall {
    /// The code of its page.
    pub(crate) const fn code(&self) -> &'static str {
        match self.why {
            StallReason::NotUnderstood => "HUB0042",
            StallReason::Damaged(_) => "HUB0043",
        }
    }
}

/// Why the books of a lane can't be read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum StallReason {
    /// A newer lane wrote it, as far as can be told: a hub that understands it reads on.
    #[error("it can't be understood")]
    NotUnderstood,
    /// The copy is damaged here: it goes on once it is repaired.
    #[error("its copy is damaged: {0}")]
    Damaged(Fault),
}

impl Books {
    pub(crate) fn new(currency: Currency, first_day: BusinessDate) -> Self {
        Self {
            payments: PaymentBook::new(currency, first_day),
            sales: SalesBook::new(),
            places: BTreeMap::new(),
            entries: BTreeMap::new(),
            tried: BTreeMap::new(),
            receipts: BTreeMap::new(),
            positions: BTreeMap::new(),
            stalled: BTreeMap::new(),
        }
    }

    /// Reads on, at most `records_max` in all, log by log; true when all are read to their end.
    pub(crate) fn catch_up(
        &mut self,
        journal: &Journal,
        records_max: usize,
    ) -> Result<bool, LedgerError> {
        let mut left = records_max;
        for log in journal.logs() {
            let read = match lane_log(log) {
                None => self.read_own(journal, log, left)?,
                Some(_) => self.read_lane(journal, log, left)?,
            };
            left = left.saturating_sub(read);
            if left == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn next(&self, log: LogId) -> u64 {
        let read = self.positions.get(&log).copied().unwrap_or(0);
        read.saturating_add(1)
    }

    /// The hub's own records are its own doing: one that can't be understood ends everything.
    fn read_own(
        &mut self,
        journal: &Journal,
        log: LogId,
        records_max: usize,
    ) -> Result<usize, LedgerError> {
        let records = journal.read(log, self.next(log), records_max)?;
        for record in &records {
            let sequence = record.sequence;
            let hub = HubRecord::decode(record.bytes.as_slice())
                .map_err(|_| LedgerError::Record { log, sequence })?;
            self.index_hub(sequence, &hub);
            self.payments.take(&hub);
            self.positions.insert(log, sequence);
        }
        Ok(records.len())
    }

    /// What a lane sent costs that lane alone. A damaged copy is looked at again each time.
    fn read_lane(
        &mut self,
        journal: &Journal,
        log: LogId,
        records_max: usize,
    ) -> Result<usize, LedgerError> {
        let not_understood = |stall: &Stall| stall.why == StallReason::NotUnderstood;
        if self.stalled.get(&log).is_some_and(not_understood) {
            return Ok(0);
        }
        let next = self.next(log);
        let (records, damage) = match journal.read(log, next, records_max) {
            Ok(records) => (records, None),
            Err(ReadError::Record(damage)) => {
                let sound = damage.sequence.saturating_sub(next);
                let sound = usize::try_from(sound).unwrap_or(usize::MAX);
                let records = journal.read(log, next, records_max.min(sound));
                // A record before it may be damaged as well: then none can be read.
                (records.unwrap_or_default(), Some(damage))
            }
            Err(failed) => return Err(failed.into()),
        };
        if damage.is_none() {
            self.stalled.remove(&log);
        }
        for record in &records {
            if !self.take_lane(log, record) {
                self.stall(log, record.sequence, StallReason::NotUnderstood);
                return Ok(records.len());
            }
        }
        if let Some(damage) = damage
            && records.len() < records_max
        {
            self.stall(log, damage.sequence, StallReason::Damaged(damage.what));
        }
        Ok(records.len())
    }

    /// False when it can't be understood: nothing of it is counted.
    fn take_lane(&mut self, log: LogId, record: &Record) -> bool {
        let (Some((lane, epoch)), Some(decoded)) = (lane_log(log), understood(&record.bytes))
        else {
            return false;
        };
        if !self.sales.take(lane, epoch, record.sequence, &decoded) {
            return false;
        }
        self.index_lane(log, record.sequence, &decoded);
        self.positions.insert(log, record.sequence);
        true
    }

    fn stall(&mut self, log: LogId, sequence: u64, why: StallReason) {
        let stall = Stall { sequence, why };
        if self.stalled.get(&log) == Some(&stall) {
            return;
        }
        if let Some((lane, epoch)) = lane_log(log) {
            tracing::error!(
                event = "lane not counted from here on", code = stall.code(), %lane,
                epoch = epoch.0, sequence, %why
            );
        }
        self.stalled.insert(log, stall);
    }

    /// Lanes whose journals can't be read to their end, each with where that is. Such a lane is not
    /// complete, whatever it said.
    pub(crate) fn stalled(&self) -> impl Iterator<Item = ((LaneId, LaneEpoch), &Stall)> {
        let stalled = self.stalled.iter();
        stalled.filter_map(|(log, stall)| Some((lane_log(*log)?, stall)))
    }

    fn index(&mut self, payment_id: &str, log: LogId, sequence: u64) {
        if let Ok(id) = u128::from_str_radix(payment_id, 16) {
            self.places.entry(id).or_default().push((log, sequence));
        }
    }

    fn index_hub(&mut self, sequence: u64, record: &HubRecord) {
        use hub_record::Body;
        let entry = match &record.body {
            Some(Body::Requested(body)) => {
                return self.index(&body.payment_id, LogId::OWN, sequence);
            }
            Some(Body::OfflineReported(body)) => {
                let id = body.payment.as_ref().map(|payment| &payment.payment_id);
                return self.index(id.map_or("", String::as_str), LogId::OWN, sequence);
            }
            Some(Body::OfflineCardHeld(body)) => {
                return self.index(&body.payment_id, LogId::OWN, sequence);
            }
            Some(Body::Sent(body)) => return self.index(&body.payment_id, LogId::OWN, sequence),
            Some(Body::Decided(body)) => return self.index(&body.payment_id, LogId::OWN, sequence),
            Some(Body::Completed(body)) => {
                return self.index(&body.payment_id, LogId::OWN, sequence);
            }
            Some(Body::Abandoned(body)) => {
                return self.index(&body.payment_id, LogId::OWN, sequence);
            }
            Some(Body::ForwardQueued(body)) => {
                if let Ok(id) = u128::from_str_radix(&body.payment_id, 16) {
                    self.entries.insert(body.forward_id, id);
                }
                body.forward_id
            }
            Some(Body::ForwardSent(body)) => body.forward_id,
            Some(Body::ForwardDeferred(body)) => body.forward_id,
            Some(Body::ForwardEnded(body)) => body.forward_id,
            Some(Body::DeadLetterResolved(body)) => body.forward_id,
            _ => return,
        };
        if let Some(id) = self.entries.get(&entry) {
            self.places
                .entry(*id)
                .or_default()
                .push((LogId::OWN, sequence));
        }
    }

    fn index_lane(&mut self, log: LogId, sequence: u64, record: &LaneRecord) {
        use lane_record::Body;
        match &record.body {
            Some(Body::PaymentIntended(body)) => {
                self.index(&body.payment_id, log, sequence);
                let tried = self.tried.entry(log).or_default();
                if tried.0 != body.sale_number {
                    *tried = (body.sale_number, Vec::new());
                }
                tried.1.push(body.payment_id.clone());
            }
            Some(Body::PaymentDecided(body)) => self.index(&body.payment_id, log, sequence),
            Some(Body::PaymentAbandoned(body)) => self.index(&body.payment_id, log, sequence),
            Some(Body::SaleClosed(body)) => {
                let tried = self.tried.remove(&log);
                let tried = tried.filter(|(sale, _)| *sale == body.sale_number);
                let paid = body.tenders.iter().map(|tender| tender.payment_id.clone());
                let tried = tried.into_iter().flat_map(|(_, tried)| tried);
                let ids: BTreeSet<String> = tried.chain(paid).collect();
                for payment_id in ids {
                    self.index(&payment_id, log, sequence);
                }
            }
            Some(Body::ReceiptPrinted(body)) => {
                let places = self
                    .receipts
                    .entry(body.receipt_number.clone())
                    .or_default();
                places.push((log, sequence));
            }
            _ => {}
        }
    }

    /// Lanes whose journals are held, each with its epoch.
    pub(crate) fn watermarks(&self) -> impl Iterator<Item = (&(LaneId, LaneEpoch), &Watermark)> {
        self.sales.watermarks.iter()
    }
}
