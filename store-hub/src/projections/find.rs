//! Looking for sales and payments: by receipt, amount, time, the last four digits of the card,
//! lane, operator; and for a payment by the beginning of its id. What is open is looked through,
//! what is over is looked up in the index of each date, newest first.

use domain::{
    ids::{LaneId, OperatorId, PaymentId, ReceiptNumber},
    sale::TenderKind,
    time::{BusinessDate, WallMs},
    words::Worded,
};
use proto::store::v1::PaymentState;

use super::{
    LedgerError,
    books::Books,
    date_book::DateBook,
    history::state,
    kept::{Key, Row, at_moment, ordered, receipt_value, tag},
    payment::PaymentEntry,
    sale::SaleEntry,
};

/// What is looked for: all of it must fit.
#[derive(Clone, Default, Debug)]
pub(crate) struct Query {
    pub(crate) receipt: Option<ReceiptNumber>,
    pub(crate) amount_minor: Option<i64>,
    pub(crate) last_four: Option<String>,
    pub(crate) from: Option<WallMs>,
    pub(crate) to: Option<WallMs>,
    pub(crate) lane: Option<LaneId>,
    pub(crate) operator: Option<OperatorId>,
    /// The most that are told.
    pub(crate) limit: usize,
}

/// A sale or a payment that fits.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Found {
    pub(crate) date: BusinessDate,
    pub(crate) at: WallMs,
    pub(crate) lane: LaneId,
    pub(crate) receipt: Option<ReceiptNumber>,
    /// `None`: a sale.
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) amount_minor: i64,
    pub(crate) last_four: String,
    /// Of a payment how it stands.
    pub(crate) state: Option<PaymentState>,
    /// Of a sale what paid for it.
    pub(crate) paid_by: Vec<TenderKind>,
}

/// Payments whose id begins so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum PrefixFound {
    None,
    One(PaymentId),
    /// More than one: some of them.
    Several(Vec<PaymentId>),
}

/// Of ids that begin alike so many are told.
const ALIKE_TOLD_MAX: usize = 10;

impl Books {
    /// A payment, held or kept.
    pub(crate) fn payment(&self, id: PaymentId) -> Result<Option<PaymentEntry>, LedgerError> {
        if let Some(held) = self.payments.get(&id) {
            return Ok(Some(held.clone()));
        }
        let key = Key::new(tag::PAYMENT, &id.0.to_be_bytes());
        Ok(match self.kept.find(key)? {
            Some((_, Row::Payment(entry))) => Some(*entry),
            Some((_, Row::Sale(_))) | None => None,
        })
    }

    /// A sale by its receipt, held or kept.
    pub(crate) fn sale(&self, receipt: ReceiptNumber) -> Result<Option<SaleEntry>, LedgerError> {
        if let Some(held) = self.sales.get(&receipt) {
            return Ok(Some(held.clone()));
        }
        let key = Key::new(tag::RECEIPT, &receipt_value(receipt));
        for date in self.kept.newest_first() {
            let mut found = None;
            self.kept.rows(date, (key, key), |row| match row {
                Row::Sale(sale) => {
                    found = Some(*sale);
                    false
                }
                Row::Payment(_) => true,
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The figures of a date, held or kept.
    pub(crate) fn date(&self, date: BusinessDate) -> Result<DateBook, LedgerError> {
        match self.dates.get(&date) {
            Some(held) => Ok(held.clone()),
            None => Ok(self.kept.book(date)?.unwrap_or_default()),
        }
    }

    /// The closed batch that the host counts a payment in.
    pub(super) fn settled_in(&self, entry: &PaymentEntry) -> Result<Option<u32>, LedgerError> {
        let counted = entry.file.as_ref().and_then(|file| file.counted_in());
        let Some((tid, batch)) = counted else {
            return Ok(None);
        };
        let place = (tid.to_string(), batch.number());
        if self.settled_on.contains_key(&place) {
            return Ok(Some(place.1));
        }
        let book = self.date(entry.sold_on())?;
        let sold = book.sold_in.get(&place);
        let settled = sold.is_some_and(|sold| sold.settled.is_some());
        Ok(settled.then_some(place.1))
    }

    /// Payments whose id begins with these hex digits, in lower case.
    pub(crate) fn by_prefix(&self, digits: &str) -> Result<PrefixFound, LedgerError> {
        let begin = u128::from_str_radix(digits, 16).unwrap_or(0);
        let missing_bits = 128_u32.saturating_sub(u32::try_from(digits.len()).unwrap_or(32) * 4);
        let low = begin.checked_shl(missing_bits).unwrap_or(0);
        let high = low
            | 1_u128
                .checked_shl(missing_bits)
                .unwrap_or(0)
                .wrapping_sub(1);
        let held = self.payments.range(PaymentId(low)..=PaymentId(high));
        let mut found: Vec<PaymentId> = held.map(|(id, _)| *id).take(ALIKE_TOLD_MAX).collect();
        let key = |id: u128| Key::new(tag::PAYMENT, &id.to_be_bytes());
        for date in self.kept.newest_first() {
            self.kept.rows(date, (key(low), key(high)), |row| {
                if let Row::Payment(entry) = row {
                    found.push(entry.id);
                }
                found.len() < ALIKE_TOLD_MAX
            })?;
            if found.len() >= ALIKE_TOLD_MAX {
                break;
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(match found[..] {
            [] => PrefixFound::None,
            [one] => PrefixFound::One(one),
            _ => PrefixFound::Several(found),
        })
    }

    /// Sales and payments that fit, newest date first, and of each date the latest first.
    pub(crate) fn find(&self, query: &Query) -> Result<Vec<Found>, LedgerError> {
        let mut found = self.find_held(query)?;
        // A date that is held may be older than one that is kept.
        let mut room = query.limit;
        for date in self.kept.newest_first() {
            if room == 0 {
                break;
            }
            let mut rows = Vec::new();
            self.kept.rows(date, query.keys(), |row| {
                if query.fits(&row) {
                    rows.push(row);
                }
                rows.len() < room
            })?;
            room = room.saturating_sub(rows.len());
            for row in &rows {
                found.push(self.told(row)?);
            }
        }
        newest_first(&mut found, query.limit);
        Ok(found)
    }

    fn find_held(&self, query: &Query) -> Result<Vec<Found>, LedgerError> {
        let payments = self
            .payments
            .values()
            .filter(|entry| query.fits_payment(entry));
        let sales = self.sales.values().filter(|sale| query.fits_sale(sale));
        let payments = payments.map(|entry| self.payment_told(entry));
        let sales = sales.map(|sale| Ok(sale_told(sale)));
        let mut found = payments
            .chain(sales)
            .collect::<Result<Vec<_>, LedgerError>>()?;
        newest_first(&mut found, query.limit);
        Ok(found)
    }

    fn told(&self, row: &Row) -> Result<Found, LedgerError> {
        match row {
            Row::Payment(entry) => self.payment_told(entry),
            Row::Sale(sale) => Ok(sale_told(sale)),
        }
    }

    fn payment_told(&self, entry: &PaymentEntry) -> Result<Found, LedgerError> {
        Ok(Found {
            date: entry.sold_on(),
            at: entry.moment(),
            lane: entry.lane().unwrap_or(LaneId(0)),
            receipt: entry.receipt(),
            payment_id: Some(entry.id),
            amount_minor: entry.asked_minor().unwrap_or(0),
            last_four: entry.last_four().to_owned(),
            state: Some(state(self, entry)?),
            paid_by: Vec::new(),
        })
    }
}

fn newest_first(found: &mut Vec<Found>, limit: usize) {
    found.sort_by_key(|one| std::cmp::Reverse((one.date, one.at)));
    found.truncate(limit);
}

fn sale_told(sale: &SaleEntry) -> Found {
    let tenders = sale.tenders.iter();
    Found {
        date: sale.date,
        at: sale.at,
        lane: sale.receipt.lane,
        receipt: Some(sale.receipt),
        payment_id: None,
        amount_minor: sale.total_minor,
        last_four: String::new(),
        state: None,
        paid_by: tenders
            .filter_map(|tender| TenderKind::by_name(&tender.kind))
            .collect(),
    }
}

impl Query {
    /// The narrowest keys that all that fits has one of.
    fn keys(&self) -> (Key, Key) {
        if let Some(receipt) = self.receipt {
            let key = Key::new(tag::RECEIPT, &receipt_value(receipt));
            return (key, key);
        }
        let from = self.from.unwrap_or(WallMs(i64::MIN));
        let to = self.to.unwrap_or(WallMs(i64::MAX));
        let of = |tag, value: &[u8]| (at_moment(tag, value, from), at_moment(tag, value, to));
        if let Some(digits) = &self.last_four {
            return of(tag::LAST_FOUR, digits.as_bytes());
        }
        if let Some(minor) = self.amount_minor {
            return of(tag::AMOUNT, &ordered(minor));
        }
        if let Some(operator) = self.operator {
            return of(tag::OPERATOR, &operator.0.to_be_bytes());
        }
        if let Some(lane) = self.lane {
            return of(tag::LANE, &lane.0.to_be_bytes());
        }
        of(tag::TIME, &[])
    }

    fn fits(&self, row: &Row) -> bool {
        match row {
            Row::Payment(entry) => self.fits_payment(entry),
            Row::Sale(sale) => self.fits_sale(sale),
        }
    }

    fn fits_time(&self, at: WallMs) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }

    fn fits_payment(&self, entry: &PaymentEntry) -> bool {
        // Who sold is known of sales.
        self.operator.is_none()
            && self
                .receipt
                .is_none_or(|wanted| entry.receipt() == Some(wanted))
            && self
                .amount_minor
                .is_none_or(|wanted| entry.asked_minor() == Some(wanted))
            && self
                .last_four
                .as_deref()
                .is_none_or(|wanted| entry.last_four() == wanted)
            && self.lane.is_none_or(|wanted| entry.lane() == Some(wanted))
            && self.fits_time(entry.moment())
    }

    fn fits_sale(&self, sale: &SaleEntry) -> bool {
        let has_amount = |wanted: i64| {
            let mut tenders = sale.tenders.iter();
            sale.total_minor == wanted || tenders.any(|tender| tender.minor == wanted)
        };
        self.last_four.is_none()
            && self.receipt.is_none_or(|wanted| sale.receipt == wanted)
            && self.amount_minor.is_none_or(has_amount)
            && self.lane.is_none_or(|wanted| sale.receipt.lane == wanted)
            && self.operator.is_none_or(|wanted| sale.operator == wanted)
            && self.fits_time(sale.at)
    }
}
