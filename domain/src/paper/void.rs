//! The slip of a sale that was given up: what goes back over the counter, and what becomes of cards
//! that were tried.

use super::{
    card::{CardSlip, lane},
    heading::Heading,
    language::Said,
    setting::PaperSetting,
    sheet::{Paper, Sheet},
};
use crate::{
    ids::{LaneId, SaleNumber},
    money::Money,
    time::LocalMs,
    wall_time::date_and_time,
};

/// A voided sale, as its slip tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VoidSlip {
    /// Where it was given up.
    pub lane: LaneId,
    /// Which has no receipt.
    pub sale: SaleNumber,
    /// When, in the store's own time.
    pub at: LocalMs,
    /// Why, in words.
    pub reason: String,
    /// What the basket had come to.
    pub total: Money,
    /// Handed back.
    pub cash_back: Money,
    /// Card payments that were tried: none of them pays for anything.
    pub cards: Vec<CardSlip>,
}

impl VoidSlip {
    /// Whether a customer has to have it: money went back, or a card was tried.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        !self.cash_back.is_zero() || !self.cards.is_empty()
    }

    /// The slip.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting) -> Paper {
        let mut sheet = Sheet::new(setting);
        heading.set(&mut sheet);
        sheet.title(&Said::new("SALE VOIDED", "交易取消"));
        let sale = Said::new("Sale", "交易").with(self.sale.0.to_string());
        sheet.pair(&lane(self.lane), &sale);
        sheet.plain(&Said::plain(date_and_time(self.at)));
        sheet.plain(&Said::new("Reason", "原因").with(&self.reason));
        sheet.rule();
        let total = Said::new("Voided", "取消金额").with(self.total.currency().letters());
        sheet.amount(&total, self.total);
        if !self.cash_back.is_zero() {
            sheet.total(&Said::new("Cash handed back", "退还现金"), self.cash_back);
        }
        for card in &self.cards {
            sheet.rule();
            card.set(&mut sheet);
        }
        sheet.rule();
        sheet.finish()
    }
}
