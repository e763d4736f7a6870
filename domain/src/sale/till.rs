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
    /// gives change.
    pub(super) fn take_cash(&mut self, given: Money) -> Result<(), Rejected> {
        let sale = self.tendering_sale()?;
        let number = sale.number;
        let tried = sale.tenders_tried;
        let covers = given.covers(self.open_amount()?)?;
        if !given.is_positive() || given.minor() > limits::AMOUNT_MINOR_MAX {
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
        if covers {
            self.close()
        } else {
            self.then(Effect::OpenDrawer);
            self.show(Prompt::ChooseTender);
            Ok(())
        }
    }
}
