//! The receipt of articles that came back: where the money goes, and what is still owed to a card.

use super::{
    card::{lane, receipt},
    heading::{Heading, reprint},
    language::Said,
    owed::OwedToCard,
    receipt::{Article, PaidBy, TaxSum, taxes},
    setting::PaperSetting,
    sheet::{Paper, Sheet},
};
use crate::{
    ids::{LaneId, ReceiptNumber},
    money::Money,
    time::LocalMs,
    wall_time::date_and_time,
};

/// Articles that came back, as their receipt tells it. Amounts are positive: what goes back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReturnReceipt {
    /// In the row of the sales' receipts.
    pub number: ReceiptNumber,
    /// Where the articles came back.
    pub lane: LaneId,
    /// When, in the store's own time.
    pub at: LocalMs,
    /// The receipts they were sold with.
    pub originals: Vec<ReceiptNumber>,
    /// Whether some came back without one.
    pub without_receipt: bool,
    /// Why, in words; empty: nobody said.
    pub reason: String,
    /// What came back.
    pub articles: Vec<Article>,
    /// The tax in it.
    pub taxes: Vec<TaxSum>,
    /// What cash was rounded by, where it was.
    pub rounding: Option<Money>,
    /// What goes back.
    pub total: Money,
    /// Where it went.
    pub back_to: Vec<PaidBy>,
    /// What is still owed.
    pub owed: Vec<OwedToCard>,
}

impl ReturnReceipt {
    /// The customer's copy. `again`: it may have been printed before, and says so.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting, again: bool) -> Paper {
        let mut sheet = Sheet::new(setting);
        if again {
            reprint(&mut sheet);
        }
        heading.set(&mut sheet);
        sheet.title(&Said::new("RETURN", "退货"));
        sheet.pair(&lane(self.lane), &receipt(self.number));
        sheet.plain(&Said::plain(date_and_time(self.at)));
        for original in &self.originals {
            sheet.plain(&Said::new("Sold with", "原小票").with(original.to_string()));
        }
        if self.without_receipt {
            sheet.plain(&Said::new("Without receipt", "无小票退货"));
        }
        if !self.reason.is_empty() {
            sheet.plain(&Said::new("Reason", "原因").with(&self.reason));
        }
        sheet.rule();
        for article in &self.articles {
            article.set(&mut sheet);
        }
        sheet.rule();
        if let Some(rounding) = self.rounding {
            sheet.amount(&Said::new("Rounding", "抹零"), rounding);
        }
        let total = Said::new("TO HAND BACK", "退款合计").with(self.total.currency().letters());
        sheet.total(&total, self.total);
        taxes(&self.taxes, &mut sheet);
        sheet.rule();
        for back in &self.back_to {
            back.set(&mut sheet);
        }
        for owed in &self.owed {
            owed.set(&mut sheet);
        }
        sheet.rule();
        sheet.finish()
    }
}
