//! A sale is priced to its end by the version it began with; the next one by what sells then.

use std::sync::Arc;

use domain::{prices::PriceBook, sale::Event};
use tracing::warn;

use super::TransactionFlow;

/// The prices of the sale that is open.
pub(super) struct SalePrices {
    version: String,
    book: Arc<PriceBook>,
}

impl TransactionFlow {
    /// The version of the next sale.
    pub(super) fn price_version(&self) -> String {
        let facts = self.parts.facts.borrow();
        let facts = facts.as_ref();
        facts.map_or_else(String::new, |facts| facts.price_version.clone())
    }

    /// After each event: a sale may have begun or ended.
    pub(super) fn follow_sale(&mut self) {
        let sale = self.parts.checkout.sale();
        let version = sale.map(|sale| sale.price_version.clone());
        let pinned = self.sale_prices.as_ref();
        if version.as_deref() == pinned.map(|prices| prices.version.as_str()) {
            return;
        }
        self.sale_prices = version.clone().and_then(|version| {
            let book = self.book_of(&version)?;
            Some(SalePrices { version, book })
        });
        self.parts.in_sale.send_replace(version.unwrap_or_default());
    }

    /// A sale that a restart interrupted may have begun with a version that sells no more.
    fn book_of(&self, version: &str) -> Option<Arc<PriceBook>> {
        let facts = self.parts.facts.borrow().clone()?;
        if facts.price_version == version || version.is_empty() {
            return Some(Arc::clone(&facts.prices));
        }
        match self.parts.shelf.book(version) {
            Ok(book) => Some(book),
            Err(fault) => {
                let code = "LANE0032";
                warn!(event = "prices of the open sale are gone", code, version, %fault);
                Some(Arc::clone(&facts.prices))
            }
        }
    }

    /// The prices of the sale that is open, or of the next one.
    pub(super) fn prices(&self) -> Option<Arc<PriceBook>> {
        let facts = self.parts.facts.borrow();
        let pinned = self.sale_prices.as_ref().map(|prices| &prices.book);
        let book = pinned.or_else(|| facts.as_ref().map(|facts| &facts.prices));
        book.map(Arc::clone)
    }

    /// What a scanned code is in the prices of this sale.
    pub(super) fn scanned(&self, barcode: String) -> Event {
        match self.prices() {
            Some(book) => book.scanned(&barcode, &self.parts.codes),
            None => Event::NotFound { barcode },
        }
    }
}
