//! Money that is owed to a card: a part of a return's receipt, and a paper of its own.

use super::{
    card::card,
    heading::Heading,
    language::Said,
    setting::PaperSetting,
    sheet::{INDENT, Paper, Sheet},
};
use crate::{
    card_ref::{MaskedPan, Scheme},
    ids::PaymentId,
    money::Money,
    time::LocalMs,
    wall_time::date_and_time,
};

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

    pub(super) fn set(&self, sheet: &mut Sheet) {
        sheet.amount(&card(self.scheme), self.amount);
        sheet.indented(Said::plain(self.masked.to_string()));
        sheet.bold(&Said::new("OWED, not yet paid back", "待退，尚未退回").behind(INDENT));
        let id = self.payment_id.to_string();
        sheet.indented(Said::new("Payment", "支付号").with(id));
    }
}
