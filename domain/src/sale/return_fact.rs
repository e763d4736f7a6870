//! What is written of goods that come back, and what it makes of the running sale. Their lines are
//! lines of the basket like all others.

use crate::{
    ids::{OperatorId, PaymentId, SaleNumber},
    money::Money,
    returns::{OfReceipt, Taking},
    sale::{OwedBack, OwedBy, Sale, Tender},
};

/// What the hub is asked to reserve: idempotent by the sale and the revision of its basket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ToReserve {
    /// The sale it comes back in.
    pub sale: SaleNumber,
    /// The basket.
    pub revision: u32,
    /// What comes back.
    pub wanted: Vec<OfReceipt>,
}

/// What happened to a return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReturnFact {
    /// The hub has reserved what comes back: no other return can take it (I13).
    Reserved {
        /// The sale that it comes back in.
        sale: SaleNumber,
        /// The basket that was asked for.
        revision: u32,
        /// What it takes, and where the money goes back to.
        taking: Taking,
    },
    /// A card's part goes back in cash: it can't go back to the card any more.
    CashForCard {
        /// The sale it comes back in.
        sale: SaleNumber,
        /// The payment by card.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
        /// Why, in words.
        reason: String,
        /// Who had the right to.
        allowed_by: OperatorId,
    },
    /// The money goes back: cash at once, a card's part is owed.
    PaidBack {
        /// The sale it comes back in.
        sale: SaleNumber,
        /// Handed out.
        cash: Money,
        /// To cards.
        owed: Vec<OwedBack>,
    },
}

impl Sale {
    pub(super) fn apply_return(&mut self, fact: &ReturnFact) {
        match fact {
            ReturnFact::Reserved {
                revision, taking, ..
            } => {
                if *revision == self.revision {
                    self.reserved = Some(taking.clone());
                }
            }
            ReturnFact::CashForCard { payment_id, .. } => self.cash_for_card.push(*payment_id),
            ReturnFact::PaidBack { cash, owed, .. } => {
                self.tender_tried();
                if let Some(given) = out(*cash) {
                    self.tenders.push(Tender::Cash { given });
                }
                self.tenders
                    .extend(owed.iter().filter_map(|one| out(one.amount)).map(|amount| {
                        let by = OwedBy::Store;
                        Tender::Owed { amount, by }
                    }));
                self.owed_back.clone_from(owed);
            }
        }
    }
}

/// What goes out is below zero; nothing goes out of nothing.
fn out(amount: Money) -> Option<Money> {
    amount
        .negate()
        .ok()
        .filter(|negative| negative.is_negative())
}
