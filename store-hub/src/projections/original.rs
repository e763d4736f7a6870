//! A closed sale as goods may come back from it: its records, read again from its lane's journal.

use domain::{
    ids::{LaneEpoch, LaneId, ReceiptNumber, SaleNumber, SuspendedId},
    limits::SALE_RECORDS_MAX,
    money::Currency,
    recall::BasketGiven,
    returns::Original,
    sale::{Checkout, CheckoutConfig, CheckoutFact, CheckoutRecord, SaleFact},
};
use journal::{Journal, LogId};

use super::{LedgerError, books::Books, sale::SaleEntry};
use crate::replica::lane_log;

/// Records read at once.
const SLICE: u64 = 64;

impl Books {
    /// The sale with this receipt; `None`: no journal that is here shows it.
    pub(crate) fn original(
        &self,
        journal: &Journal,
        receipt: ReceiptNumber,
    ) -> Result<Option<Original>, LedgerError> {
        let Some(sale) = self.sale(receipt)? else {
            return Ok(None);
        };
        let (log, sequence) = sale.closed;
        let none = || LedgerError::Record { log, sequence };
        let machine = lane_log(log).ok_or_else(none)?;
        let records = records_of(journal, (log, sequence), sale.sale)?;
        self.original_told(&sale, machine, &records)
            .map(Some)
            .ok_or_else(none)
    }

    /// `None`: the records do not tell it.
    fn original_told(
        &self,
        sale: &SaleEntry,
        (lane, epoch): (LaneId, LaneEpoch),
        records: &[CheckoutRecord],
    ) -> Option<Original> {
        let (closing, before) = records.split_last()?;
        let CheckoutFact::Sale(closed) = &closing.fact else {
            return None;
        };
        let mut told = Checkout::new(CheckoutConfig::new(lane, epoch, self.currency()));
        for record in before {
            told.replay(record);
        }
        let basket = told.sale()?;
        Original::of(basket, closed, (sale.date, closing.at)).ok()?
    }
}

/// A suspended basket, by the record that shows it suspended.
pub(crate) fn suspended_basket(
    journal: &Journal,
    place: (LogId, u64),
    id: SuspendedId,
    currency: Currency,
) -> Result<BasketGiven, LedgerError> {
    let (log, sequence) = place;
    let records = records_of(journal, place, id.sale)?;
    let mut told = Checkout::new(CheckoutConfig::new(id.lane, id.epoch, currency));
    for record in &records {
        told.replay(record);
    }
    let mut waiting = told.suspended().iter();
    let basket = waiting.find(|basket| basket.sale == id.sale);
    let basket = basket.ok_or(LedgerError::Record { log, sequence })?;
    Ok(BasketGiven {
        order_reference: basket.order_reference.clone(),
        price_version: basket.price_version.clone(),
        lines: basket.lines.clone(),
    })
}

/// From the record that opened it to the one that closed it.
fn records_of(
    journal: &Journal,
    (log, closed): (LogId, u64),
    sale: SaleNumber,
) -> Result<Vec<CheckoutRecord>, LedgerError> {
    let mut records: Vec<CheckoutRecord> = Vec::new();
    let mut until = closed;
    while until > 0 && records.len() < SALE_RECORDS_MAX {
        let from = until.saturating_sub(SLICE.saturating_sub(1)).max(1);
        let count = until.saturating_sub(from).saturating_add(1);
        let slice = journal.read(log, from, usize::try_from(count).unwrap_or(usize::MAX))?;
        let mut told = Vec::with_capacity(slice.len());
        for record in slice {
            let none = |_| LedgerError::Record {
                log,
                sequence: record.sequence,
            };
            told.extend(records::lane::decode(&record.bytes).map_err(none)?);
        }
        let opened = told.iter().rposition(|record| opens(record, sale));
        let of_sale = opened.map_or(0, |at| at);
        let mut earlier = told.split_off(of_sale);
        earlier.append(&mut records);
        records = earlier;
        if opened.is_some() {
            return Ok(records);
        }
        until = from.saturating_sub(1);
    }
    let sequence = closed;
    Err(LedgerError::Record { log, sequence })
}

fn opens(record: &CheckoutRecord, number: SaleNumber) -> bool {
    matches!(
        &record.fact,
        CheckoutFact::Sale(SaleFact::SaleOpened { sale, .. }) if *sale == number
    )
}
