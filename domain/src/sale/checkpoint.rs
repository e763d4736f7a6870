//! A checkout between two sales, in a form that can be kept: what its records add up to, so that a
//! start reads only the records behind it. A cache of the journal, never more: it is taken from a
//! checkout that stands where its records lead, and gives one that `durable_equals` it.

use std::collections::BTreeSet;

use crate::{
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId, Stan},
    risk::LeaseUse,
    sale::{Checkout, CheckoutConfig, machine::DurableState},
    time::BusinessDate,
};

/// What a checkout without a running sale stands for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckoutCheckpoint {
    /// The lane.
    pub lane: LaneId,
    /// Its machine.
    pub epoch: LaneEpoch,
    /// The last sale that was opened.
    pub last_sale: u32,
    /// The sequence of the last receipt number (I12).
    pub last_receipt: u32,
    /// Sales closed since the epoch began.
    pub sales_closed: u32,
    /// Sales voided since the epoch began.
    pub sales_voided: u32,
    /// Payments that were intended with a PIN.
    pub pin_entries: u32,
    /// Payments ever given up.
    pub abandoned: BTreeSet<PaymentId>,
    /// The lease it holds, with its use.
    pub lease: Option<LeaseUse>,
    /// The newest lease ever accepted.
    pub last_lease: Option<LeaseId>,
    /// Field 11 of the last answer of the bank.
    pub last_stan: Option<Stan>,
    /// Of the last sale that was closed or voided.
    pub last_order_reference: String,
    /// The date of the frame that it was taken in; `None` before the first record that has one.
    pub running_date: Option<BusinessDate>,
}

impl Checkout {
    /// The checkout as it may be kept; `None` while a sale is running.
    #[must_use]
    pub fn checkpoint(&self) -> Option<CheckoutCheckpoint> {
        let durable = self.durable();
        if durable.sale.is_some() {
            return None;
        }
        Some(CheckoutCheckpoint {
            lane: self.config().lane,
            epoch: self.config().epoch,
            last_sale: durable.last_sale,
            last_receipt: durable.last_receipt,
            sales_closed: durable.sales_closed,
            sales_voided: durable.sales_voided,
            pin_entries: durable.pin_entries,
            abandoned: durable.abandoned.clone(),
            lease: durable.lease.clone(),
            last_lease: durable.last_lease,
            last_stan: durable.last_stan,
            last_order_reference: durable.last_order_reference.clone(),
            running_date: durable.running,
        })
    }

    /// A checkout that goes on from there with the records behind it; `None` when it is another
    /// machine's.
    #[must_use]
    pub fn from_checkpoint(config: CheckoutConfig, kept: CheckoutCheckpoint) -> Option<Self> {
        if (kept.lane, kept.epoch) != (config.lane, config.epoch) {
            return None;
        }
        let durable = DurableState {
            last_sale: kept.last_sale,
            last_receipt: kept.last_receipt,
            sales_closed: kept.sales_closed,
            sales_voided: kept.sales_voided,
            pin_entries: kept.pin_entries,
            abandoned: kept.abandoned,
            lease: kept.lease,
            last_lease: kept.last_lease,
            last_stan: kept.last_stan,
            last_order_reference: kept.last_order_reference,
            running: kept.running_date,
            sale: None,
        };
        Some(Self::from_durable(config, durable))
    }
}
