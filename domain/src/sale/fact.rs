//! What a lane writes: one fact after the other, by what it happened to.

use crate::{
    operators::OperatorFact,
    sale::{BasketFact, DateFact, LeaseFact, ReturnFact, SaleFact, TenderFact},
    till::TillFact,
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
#[allow(
    clippy::large_enum_variant,
    reason = "a fact is made, written and dropped: a box for each line would cost more"
)]
pub enum CheckoutFact {
    /// To a sale: its beginning, its end, its receipt.
    Sale(SaleFact),
    /// To the basket of the running sale.
    Basket(BasketFact),
    /// To a card payment of the running sale.
    Tender(TenderFact),
    /// To goods that come back in the running sale.
    Return(ReturnFact),
    /// At the cash drawer.
    Till(TillFact),
    /// To the lane's offline lease.
    Lease(LeaseFact),
    /// To the lane's date.
    Date(DateFact),
    /// To whoever works at the lane.
    Operator(OperatorFact),
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

impl From<ReturnFact> for CheckoutFact {
    fn from(fact: ReturnFact) -> Self {
        Self::Return(fact)
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

impl From<OperatorFact> for CheckoutFact {
    fn from(fact: OperatorFact) -> Self {
        Self::Operator(fact)
    }
}

impl CheckoutFact {
    /// Whether nothing of a sale may be left to be done behind this fact.
    #[must_use]
    pub const fn may_leave_nothing(&self) -> bool {
        match self {
            Self::Sale(fact) => fact.may_leave_nothing(),
            Self::Basket(_)
            | Self::Tender(_)
            | Self::Return(_)
            | Self::Till(_)
            | Self::Lease(_)
            | Self::Date(_)
            | Self::Operator(_) => false,
        }
    }
}
