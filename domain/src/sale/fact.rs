//! What a lane writes, made of each kind of fact.

use crate::{
    operators::OperatorFact,
    sale::{BasketFact, CheckoutFact, DateFact, LeaseFact, ReturnFact, SaleFact, TenderFact},
    till::TillFact,
};

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
