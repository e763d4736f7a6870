//! The receipt of articles that came back: where the money goes, and what is still owed to a card.

use super::{
    card::{card, lane, receipt},
    heading::{Heading, reprint},
    language::Said,
    receipt::{Article, PaidBy, TaxSum, taxes},
    setting::PaperSetting,
    sheet::{INDENT, Paper, Sheet},
};
use crate::{
    card_ref::{MaskedPan, Scheme},
    ids::{LaneId, PaymentId, ReceiptNumber},
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
    /// The receipt they were sold with; `None`: without one.
    pub original: Option<ReceiptNumber>,
    /// Why, in words.
    pub reason: String,
    /// What came back.
    pub articles: Vec<Article>,
    /// The tax in it.
    pub taxes: Vec<TaxSum>,
    /// What it comes to.
    pub total: Money,
    /// Where it went.
    pub back_to: Vec<PaidBy>,
    /// What is still owed.
    pub owed: Vec<OwedToCard>,
}

/// Money that is owed to a card and not on its way yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwedToCard {
    /// How much.
    pub amount: Money,
    /// Network of the card.
    pub scheme: Scheme,
    /// The card.
    pub masked: MaskedPan,
    /// The payment that it belongs to.
    pub payment_id: PaymentId,
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
        match self.original {
            Some(original) => {
                sheet.plain(&Said::new("Sold with", "原小票").with(original.to_string()));
            }
            None => sheet.plain(&Said::new("Without receipt", "无小票退货")),
        }
        sheet.plain(&Said::new("Reason", "原因").with(&self.reason));
        sheet.rule();
        for article in &self.articles {
            article.set(&mut sheet);
        }
        sheet.rule();
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

impl OwedToCard {
    /// A paper of its own: the customer's proof.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting, at: LocalMs) -> Paper {
        let mut sheet = Sheet::new(setting);
        heading.set(&mut sheet);
        sheet.title(&Said::new("OWED TO YOUR CARD", "待退至银行卡"));
        sheet.plain(&Said::plain(date_and_time(at)));
        sheet.rule();
        self.set(&mut sheet);
        sheet.rule();
        sheet.plain(&Said::new(
            "Keep this paper until the amount is back on your card.",
            "请保留此单，直至款项退回您的银行卡。",
        ));
        sheet.finish()
    }

    fn set(&self, sheet: &mut Sheet) {
        sheet.amount(&card(self.scheme), self.amount);
        sheet.indented(Said::plain(self.masked.to_string()));
        sheet.bold(&Said::new("OWED, not yet paid back", "待退，尚未退回").behind(INDENT));
        let id = self.payment_id.to_string();
        sheet.indented(Said::new("Payment", "支付号").with(id));
    }
}
