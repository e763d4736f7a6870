//! What a lane writes. Its sales are exactly what these records say.
//!
//! Each family of facts stands with what decides it and with what it makes of the state: in
//! `basket`, `closing`, `till`, `payment`, `lease` and `frame`.

use crate::{
    sale::{
        basket::BasketFact, closing::SaleFact, frame::DateFact, lease::LeaseFact,
        payment::TenderFact, till::TillFact,
    },
    time::{BusinessDate, WallMs},
};

/// One durable fact with its time on the business clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckoutRecord {
    /// When it was decided.
    pub at: WallMs,
    /// The lane's running date then. `None`: no date was known, as before the first contact.
    pub date: Option<BusinessDate>,
    /// What.
    pub fact: CheckoutFact,
}

/// What happened, by what it happened to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CheckoutFact {
    /// To a sale: its beginning, its end, its receipt.
    Sale(SaleFact),
    /// To the basket of the running sale.
    Basket(BasketFact),
    /// To a card payment of the running sale.
    Tender(TenderFact),
    /// At the cash drawer.
    Till(TillFact),
    /// To the lane's offline lease.
    Lease(LeaseFact),
    /// To the lane's date.
    Date(DateFact),
}

impl From<SaleFact> for CheckoutFact {
    fn from(fact: SaleFact) -> Self {
        Self::Sale(fact)
    }
}

impl From<BasketFact> for CheckoutFact {
    fn from(fact: BasketFact) -> Self {
        Self::Basket(fact)
    }
}

impl From<TenderFact> for CheckoutFact {
    fn from(fact: TenderFact) -> Self {
        Self::Tender(fact)
    }
}

impl From<TillFact> for CheckoutFact {
    fn from(fact: TillFact) -> Self {
        Self::Till(fact)
    }
}

impl From<LeaseFact> for CheckoutFact {
    fn from(fact: LeaseFact) -> Self {
        Self::Lease(fact)
    }
}

impl From<DateFact> for CheckoutFact {
    fn from(fact: DateFact) -> Self {
        Self::Date(fact)
    }
}

impl CheckoutFact {
    /// Whether no sale is running behind this fact.
    #[must_use]
    pub const fn ends_sale(&self) -> bool {
        match self {
            Self::Sale(fact) => fact.ends_sale(),
            Self::Basket(_) | Self::Tender(_) | Self::Till(_) | Self::Lease(_) | Self::Date(_) => {
                false
            }
        }
    }
}
