//! The cash drawer: what goes over the counter.

use crate::{
    ids::SaleNumber,
    limits,
    money::Money,
    sale::{Effect, Prompt, Rejected, Sale, Step, Tender, tendering::too_many},
};

/// What happened at the cash drawer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TillFact {
    /// Cash was given.
    CashTendered {
        /// The sale.
        sale: SaleNumber,
        /// All that was given.
        given: Money,
    },
}

impl Sale {
    pub(super) fn apply_till(&mut self, fact: &TillFact) {
        match fact {
            TillFact::CashTendered { given, .. } => {
                self.tender_tried();
                self.tenders.push(Tender::Cash { given: *given });
            }
        }
    }
}

impl Step {
    /// Cash pays at most once more than is owed: what is over comes back as change, and only cash
    /// gives change. What it completes is rounded to a coin; nothing is enough for less than one.
    pub(super) fn take_cash(&mut self, given: Money) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        let number = sale.number;
        let tried = sale.tenders_tried;
        let due = self.config.cash_rounding.due(self.open_amount()?)?;
        let covers = given.covers(due)?;
        let is_amount = given.is_positive() || (given.is_zero() && covers);
        if !is_amount || given.minor() > limits::AMOUNT_MINOR_MAX {
            return Err(Rejected::InvalidAmount);
        }
        if !covers && too_many(tried) {
            return Err(Rejected::TooManyTenders);
        }
        self.disarm();
        self.record(TillFact::CashTendered {
            sale: number,
            given,
        });
        match self.covered()? {
            Some(rounding) => self.close(rounding),
            None => {
                self.then(Effect::OpenDrawer);
                self.show(Prompt::ChooseTender);
                Ok(())
            }
        }
    }
}
