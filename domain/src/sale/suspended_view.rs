//! A basket that waits, as the screens show it.

use crate::{
    ids::SaleNumber,
    money::{Currency, Money},
    sale::{CheckoutConfig, Figures, Line, SuspendedBasket, TaxMode},
    time::WallMs,
};

/// A suspended basket on the screens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SuspendedView {
    /// What it is recalled by.
    pub sale: SaleNumber,
    /// Since when.
    pub at: WallMs,
    /// What the cashier calls it, or empty.
    pub label: String,
    /// How many lines are in it.
    pub lines: usize,
    /// What it costs.
    pub total: Money,
}

impl SuspendedView {
    pub(super) fn of(basket: &SuspendedBasket, config: &CheckoutConfig) -> Self {
        Self {
            sale: basket.sale,
            at: basket.at,
            label: basket.label.clone(),
            lines: basket.lines.len(),
            total: total(&basket.lines, config.currency, config.tax),
        }
    }
}

fn total(lines: &[Line], currency: Currency, tax: TaxMode) -> Money {
    let figures = Figures::of(lines.iter(), currency, tax);
    figures.map_or(Money::zero(currency), |figures| figures.total)
}
