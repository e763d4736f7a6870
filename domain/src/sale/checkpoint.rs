//! A checkout between two sales, with no receipt owed, in a form that can be kept: what its records
//! add up to, so that a start reads only the records behind it. A cache of the journal, never more:
//! it is taken from a checkout that stands where its records lead, and gives one that
//! `durable_equals` it.
//!
//! It is kept in parts. One that can't be read is rebuilt from the records, by itself.

use std::sync::Arc;

use crate::{
    ids::{LaneEpoch, LaneId},
    operators::OperatorsPart,
    sale::{
        Checkout, CheckoutConfig, DatePart, DurableState, LeasePart, PaymentsPart, SalesPart,
        SuspendedPart,
    },
    till::TillPart,
};

/// The name of a part.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CheckoutPart {
    /// [`SalesPart`].
    Sales,
    /// [`PaymentsPart`].
    Payments,
    /// [`LeasePart`].
    Lease,
    /// [`DatePart`].
    Date,
    /// [`SuspendedPart`].
    Suspended,
    /// [`OperatorsPart`].
    Operators,
    /// [`TillPart`].
    Till,
}

impl CheckoutPart {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Sales,
        Self::Payments,
        Self::Lease,
        Self::Date,
        Self::Suspended,
        Self::Operators,
        Self::Till,
    ];

    /// As it is kept.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sales => "sales",
            Self::Payments => "payments",
            Self::Lease => "lease",
            Self::Date => "date",
            Self::Suspended => "suspended",
            Self::Operators => "operators",
            Self::Till => "till",
        }
    }
}

/// What a checkout without a running sale adds up to. A part that is `None` was not kept, or not in
/// a form that is known here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckoutCheckpoint {
    /// Where it was taken.
    pub lane: LaneId,
    /// Its machine.
    pub epoch: LaneEpoch,
    /// How far numbers and counts have come.
    pub sales: Option<SalesPart>,
    /// Card payments.
    pub payments: Option<PaymentsPart>,
    /// The offline lease.
    pub lease: Option<LeasePart>,
    /// Under which one the next record is written.
    pub date: Option<DatePart>,
    /// Baskets that wait.
    pub suspended: Option<SuspendedPart>,
    /// Who works here.
    pub operators: Option<OperatorsPart>,
    /// The cash drawer.
    pub till: Option<TillPart>,
}

impl CheckoutCheckpoint {
    /// Whether the part is there.
    #[must_use]
    pub const fn has(&self, part: CheckoutPart) -> bool {
        match part {
            CheckoutPart::Sales => self.sales.is_some(),
            CheckoutPart::Payments => self.payments.is_some(),
            CheckoutPart::Lease => self.lease.is_some(),
            CheckoutPart::Date => self.date.is_some(),
            CheckoutPart::Suspended => self.suspended.is_some(),
            CheckoutPart::Operators => self.operators.is_some(),
            CheckoutPart::Till => self.till.is_some(),
        }
    }
}

impl Checkout {
    /// The checkout as it may be kept, every part of it; `None` while a sale is running or a
    /// receipt is owed.
    #[must_use]
    pub fn checkpoint(&self) -> Option<CheckoutCheckpoint> {
        let DurableState {
            sales,
            payments,
            lease,
            date,
            suspended,
            operators,
            till,
            sale: None,
            receipts_owed,
        } = self.durable().clone()
        else {
            return None;
        };
        if !receipts_owed.is_empty() {
            return None;
        }
        Some(CheckoutCheckpoint {
            lane: self.config().lane,
            epoch: self.config().epoch,
            sales: Some(sales),
            payments: Some(payments),
            lease: Some(lease),
            date: Some(date),
            suspended: Some(suspended),
            operators: Some(operators),
            till: Some(Arc::unwrap_or_clone(till)),
        })
    }

    /// A checkout that goes on from there: each part with the records behind it, one that is not
    /// there from the first record on. `None` when it is another machine's.
    #[must_use]
    pub fn from_checkpoint(config: CheckoutConfig, kept: CheckoutCheckpoint) -> Option<Self> {
        if (kept.lane, kept.epoch) != (config.lane, config.epoch) {
            return None;
        }
        let durable = DurableState {
            sales: kept.sales.unwrap_or_default(),
            payments: kept.payments.unwrap_or_default(),
            lease: kept.lease.unwrap_or_default(),
            date: kept.date.unwrap_or_default(),
            suspended: kept.suspended.unwrap_or_default(),
            operators: kept.operators.unwrap_or_default(),
            till: Arc::new(kept.till.unwrap_or_default()),
            sale: None,
            receipts_owed: Vec::new(),
        };
        Some(Self::from_durable(config, durable))
    }
}
