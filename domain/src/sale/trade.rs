//! What a sale that has ended adds to the figures of its till.

use crate::{
    money::Money,
    sale::{Line, PriceSource, Sale, SaleFact, TaxMode, TenderKind},
    till::{Tally, TaxTally, Trade},
};

impl Sale {
    /// Of a sale that this fact ends; `None`: it does not.
    pub(super) fn trade(&self, fact: &SaleFact) -> Option<Trade> {
        let mut trade = Trade::default();
        let taken_back = self.lines.iter().filter(|line| line.voided);
        for line in taken_back {
            let off = line.total.minor().saturating_neg();
            trade.voided_lines.add(Tally::of(off));
        }
        match fact {
            SaleFact::SaleClosed { .. } => {
                self.price_changes(&mut trade);
                self.paid(&mut trade, fact);
            }
            SaleFact::SaleVoided { .. } => {
                let given_up = sum(self.sold_lines(), self.tax_mode);
                trade.voided_sales.add(Tally::of(given_up.saturating_neg()));
            }
            SaleFact::SaleSuspended { .. } => {}
            SaleFact::SaleOpened { .. }
            | SaleFact::BasketHandedOver { .. }
            | SaleFact::ReceiptPrinted { .. }
            | SaleFact::CopyOrdered { .. } => return None,
        }
        Some(trade)
    }

    fn price_changes(&self, trade: &mut Trade) {
        for line in self.sold_lines() {
            if let Some(discount) = &line.discount {
                let off = discount.amount.minor().saturating_neg();
                trade.discounts.add(Tally::of(off));
            }
            if let Some(made) = made_by_price(line) {
                trade.overrides.add(Tally::of(made));
            }
        }
    }

    fn paid(&self, trade: &mut Trade, fact: &SaleFact) {
        let SaleFact::SaleClosed {
            receipt,
            total,
            tenders,
            change,
            rounding,
            taxes,
            tax_mode,
            ..
        } = fact
        else {
            return;
        };
        trade.receipts = Some((*receipt, *receipt));
        let back = |line: &&Line| line.returned.is_some();
        let returned = sum(self.sold_lines().filter(back), *tax_mode);
        let has_returns = self.sold_lines().any(|line| back(&line));
        let has_sales = !has_returns || self.sold_lines().any(|line| !back(&line));
        if has_returns {
            trade
                .returns
                .add(Tally::of(if has_sales { returned } else { total.minor() }));
        }
        if has_sales {
            let sold = total.minor().saturating_sub(returned);
            trade.sales.add(Tally::of(sold));
        }
        for tender in tenders {
            let tally = Tally::of(tender.amount().minor());
            trade.tenders.entry(tender.kind()).or_default().add(tally);
        }
        told(&mut trade.rounding, *rounding);
        told(&mut trade.change, *change);
        if !change.is_zero() {
            // Change comes from cash alone.
            let cash = trade.tenders.entry(TenderKind::Cash).or_default();
            cash.minor = cash.minor.saturating_sub(change.minor());
        }
        for sum in taxes {
            let tally = TaxTally {
                taxed: sum.taxed.minor(),
                tax: sum.tax.minor(),
            };
            trade.add_tax(&sum.class, sum.rate_basis_points, tally);
        }
    }
}

fn told(tally: &mut Tally, amount: Money) {
    if !amount.is_zero() {
        tally.add(Tally::of(amount.minor()));
    }
}

/// What lines come to, with their tax.
fn sum<'a>(lines: impl Iterator<Item = &'a Line>, mode: TaxMode) -> i64 {
    lines.fold(0, |sum: i64, line| {
        let value = line.value(mode).map_or(i64::MAX, Money::minor);
        sum.saturating_add(value)
    })
}

/// What a line costs more than at the price of the shelf; `None`: it costs what the shelf says.
fn made_by_price(line: &Line) -> Option<i64> {
    let shelf = match &line.price_source {
        PriceSource::File | PriceSource::Label => return None,
        PriceSource::Typed { shelf, .. } => (*shelf)?,
        PriceSource::Overridden { shelf, .. } => *shelf,
    };
    let at_the_shelf = Line {
        unit_price: shelf,
        ..line.clone()
    };
    let made = line.gross().ok()?.subtract(at_the_shelf.gross().ok()?);
    Some(made.ok()?.minor())
}
