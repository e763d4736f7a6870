//! Projections: what the journals say, in the shape reports need. Computed from the records alone,
//! in the running hub as over the folder of a stopped one; nothing here decides anything.

mod payment_history;
mod payments;
mod sales;

use std::collections::{BTreeMap, BTreeSet};

use domain::{ids::LaneEpoch, ids::LaneId, money::Currency, time::BusinessDate};
use journal::{Journal, LogId, ReadError, Record};
use prost::Message;
use proto::journal::v1::{HubRecord, LaneRecord, hub_record, lane_record};

pub(crate) use payment_history::{HostFile, counted_in, tell};
pub(crate) use payments::{BatchFacts, ForwardFacts, PaymentBook, PaymentFacts};
pub(crate) use sales::{SalesBook, Watermark};

use crate::replica::lane_log;

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
            let from = self.positions.get(&log).copied().unwrap_or(0);
            let records = journal.read(log, from.saturating_add(1), left)?;
            for record in &records {
                self.take(log, record)?;
            }
            left = left.saturating_sub(records.len());
            if left == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&mut self, log: LogId, record: &Record) -> Result<(), LedgerError> {
        let none = || LedgerError::Record {
            log,
            sequence: record.sequence,
        };
        match lane_log(log) {
            None => {
                let hub = HubRecord::decode(record.bytes.as_slice()).map_err(|_| none())?;
                self.index_hub(record.sequence, &hub);
                self.payments.take(&hub);
            }
            Some((lane, epoch)) => {
                let decoded = LaneRecord::decode(record.bytes.as_slice()).map_err(|_| none())?;
                self.index_lane(log, record.sequence, &decoded);
                self.sales.take(lane, epoch, record.sequence, &decoded);
            }
        }
        self.positions.insert(log, record.sequence);
        Ok(())
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
