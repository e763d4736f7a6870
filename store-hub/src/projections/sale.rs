//! A lane's closed sales: what a date sold, and each sale by its receipt.

use domain::{
    ids::{OperatorId, PaymentId, ReceiptNumber, SaleNumber},
    money::Money,
    sale::{SaleFact, Tender, TenderKind},
    time::{BusinessDate, WallMs},
    words::Worded,
};
use journal::LogId;

use super::figures::{SalesDay, TenderSum};

/// One closed sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SaleEntry {
    pub(crate) date: BusinessDate,
    pub(crate) receipt: ReceiptNumber,
    pub(crate) sale: SaleNumber,
    pub(crate) operator: OperatorId,
    pub(crate) at: WallMs,
    pub(crate) total_minor: i64,
    pub(crate) tenders: Vec<TenderEntry>,
    /// Its record.
    pub(crate) closed: (LogId, u64),
    /// The receipt as it was printed last, while its date was held.
    pub(crate) printed: Option<(LogId, u64)>,
}

/// What paid for a sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct TenderEntry {
    pub(crate) kind: String,
    pub(crate) minor: i64,
    pub(crate) payment_id: Option<PaymentId>,
}

impl TenderEntry {
    pub(super) fn of(tender: &Tender) -> Self {
        Self {
            kind: kind(tender).to_owned(),
            minor: tender.amount().minor(),
            payment_id: tender.payment_id(),
        }
    }
}

fn kind(tender: &Tender) -> &'static str {
    tender.kind().english()
}

/// No sale is larger: sums of such amounts stay far from what a sum can be.
const SALE_MINOR_MAX: u64 = 1_000_000_000_000;

const fn can_be(money: Money) -> bool {
    money.minor().unsigned_abs() <= SALE_MINOR_MAX
}

impl SalesDay {
    /// `None` when an amount is beyond what can be: then nothing of the sale is counted. `hour`: on
    /// the store's wall.
    pub(super) fn close(&mut self, machine: (u16, u32), hour: u8, closed: &SaleFact) -> Option<()> {
        let SaleFact::SaleClosed {
            total,
            tenders,
            change,
            items,
            rounding,
            ..
        } = closed
        else {
            return Some(());
        };
        let mut amounts = tenders.iter().map(Tender::amount);
        if !(amounts.all(can_be) && can_be(*total) && can_be(*change) && can_be(*rounding)) {
            return None;
        }
        // What was sold is what was paid for it: sums of tenders equal the sales.
        let sold = total.add(*rounding).ok()?;
        let lane = self.lanes.entry(machine).or_default();
        lane.total_minor = lane.total_minor.checked_add(sold.minor())?;
        lane.change_minor = lane.change_minor.checked_add(change.minor())?;
        lane.sales = lane.sales.saturating_add(1);
        lane.items = lane.items.saturating_add((*items).into());
        self.hours.entry(hour).or_default().add(sold.minor())?;
        for tender in tenders {
            self.tender_mut(tender).add(tender.amount().minor())?;
        }
        if change.minor() != 0 {
            let cash = (TenderKind::Cash.english().to_owned(), String::new());
            let sum = self.tenders.entry(cash).or_default();
            sum.minor = sum.minor.checked_sub(change.minor())?;
        }
        Some(())
    }

    fn tender_mut(&mut self, tender: &Tender) -> &mut TenderSum {
        let scheme = tender
            .scheme()
            .map_or("", |scheme| scheme.name())
            .to_owned();
        let key = (kind(tender).to_owned(), scheme);
        self.tenders.entry(key).or_default()
    }

    pub(super) fn void(&mut self, machine: (u16, u32)) {
        let lane = self.lanes.entry(machine).or_default();
        lane.voided = lane.voided.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use domain::{card_ref::Scheme, money::Currency, sale::TaxMode};

    use super::*;

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    #[test]
    fn cash_counts_what_the_till_kept_and_sums_equal_the_sales() {
        let mut day = SalesDay::default();
        let closed = |total| SaleFact::SaleClosed {
            sale: SaleNumber(1),
            receipt: ReceiptNumber::parse("1-1-000001").unwrap(),
            total: cny(total),
            tenders: vec![
                Tender::Card {
                    amount: cny(1000),
                    payment_id: PaymentId(9),
                    scheme: Scheme::UnionPay,
                },
                Tender::Cash { given: cny(520) },
            ],
            change: cny(20),
            items: 3,
            order_reference: String::new(),
            rounding: cny(0),
            taxes: Vec::new(),
            tax_mode: TaxMode::Inclusive,
            returns: None,
        };
        assert_eq!(day.close((1, 1), 16, &closed(1500)), Some(()));
        let sum: i64 = day.tenders.values().map(|sum| sum.minor).sum();
        assert_eq!(sum, 1500);
        assert_eq!(day.tenders[&("cash".to_owned(), String::new())].minor, 500);
        assert_eq!(day.hours.keys().copied().collect::<Vec<_>>(), [16]);
        // What no sale can be is not counted at all.
        let before = day.clone();
        assert_eq!(day.close((1, 1), 16, &closed(i64::MAX)), None);
        assert_eq!(day, before);
    }
}
