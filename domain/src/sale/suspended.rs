//! A basket that waits for its customer, and is recalled once.
//!
//! Suspended, a sale is over without a receipt. Recalled, its lines are those of a new sale, at the
//! prices they had: that sale's own records tell all of it, on whichever lane it is recalled.

use std::sync::Arc;

use crate::{
    day::Machine,
    ids::{OperatorId, SaleNumber, SuspendedId},
    limits,
    recall::BasketGiven,
    sale::{
        BasketFact, Effect, Prompt, Rejected, Sale, SaleFact, Step, SuspendedBasket,
        basket::shortened,
    },
    time::WallMs,
};

/// Part of the checkpoint: baskets that wait, oldest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SuspendedPart {
    /// A step copies the part; the baskets stay where they are.
    pub baskets: Vec<Arc<SuspendedBasket>>,
    /// The latest that the hub gave and that were taken up here.
    pub taken_up: Vec<SuspendedId>,
}

impl SuspendedPart {
    /// `running`: the sale that the fact meets; `own`: whose journal tells it.
    pub(super) fn apply(
        &mut self,
        fact: &SaleFact,
        running: Option<&Sale>,
        (at, own): (WallMs, Machine),
    ) {
        match fact {
            SaleFact::SaleSuspended { label, .. } => {
                let basket = running.map(|sale| SuspendedBasket::of(sale, at, label));
                self.baskets.extend(basket.map(Arc::new));
            }
            SaleFact::SaleOpened { recalled, .. } => {
                if let Some(recalled) = *recalled {
                    self.taken(recalled, own);
                }
            }
            SaleFact::BasketHandedOver { sale, .. } => {
                self.baskets.retain(|basket| basket.sale != *sale);
            }
            SaleFact::SaleClosed { .. }
            | SaleFact::SaleVoided { .. }
            | SaleFact::ReceiptPrinted { .. }
            | SaleFact::CopyOrdered { .. } => {}
        }
    }

    /// Taken up in a sale: it waited here, or the hub gave it.
    fn taken(&mut self, recalled: SuspendedId, own: Machine) {
        let machine = Machine {
            lane: recalled.lane,
            epoch: recalled.epoch,
        };
        let waited = self.baskets.len();
        if machine == own {
            self.baskets.retain(|basket| basket.sale != recalled.sale);
        }
        if self.baskets.len() == waited {
            self.taken_up.push(recalled);
            let surplus = self.taken_up.len();
            let surplus = surplus.saturating_sub(limits::BASKETS_TAKEN_UP_KEPT);
            self.taken_up.drain(..surplus);
        }
    }
}

impl Step {
    /// Only a basket that nothing was paid for: what was paid belongs to a sale that goes on.
    pub(super) fn suspend(&mut self, label: String) -> Result<(), Rejected> {
        self.basket_may_change()?;
        if self.volatile.to_weigh.is_some() {
            return Err(Rejected::WeightAwaited);
        }
        let sale = self.sale()?;
        if sale.sold_lines().next().is_none() {
            return Err(Rejected::NothingToPay);
        }
        if sale.takes_back() {
            return Err(Rejected::ReturnInBasket);
        }
        if self.durable.suspended.baskets.len() >= limits::SUSPENDED_SALES_MAX {
            return Err(Rejected::TooManySuspended);
        }
        let sale = sale.number;
        self.volatile = self.volatile.next_sale();
        let label = shortened(label);
        self.record(SaleFact::SaleSuspended { sale, label });
        self.show(Prompt::Suspended { sale });
        self.then(Effect::Finished(sale));
        Ok(())
    }

    /// Takes a basket up again, in a sale of its own: from then on it does not wait any more.
    pub(super) fn recall(
        &mut self,
        suspended: SaleNumber,
        operator: OperatorId,
        price_version: String,
    ) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        let waiting = &self.durable.suspended.baskets;
        let basket = waiting.iter().find(|basket| basket.sale == suspended);
        let basket = Arc::clone(basket.ok_or(Rejected::NoSuchSuspended)?);
        let operator = self.seller(operator)?;
        let id = SuspendedId {
            lane: self.config.lane,
            epoch: self.config.epoch,
            sale: suspended,
        };
        let given = BasketGiven {
            order_reference: basket.order_reference.clone(),
            price_version: basket.price_version.clone(),
            lines: basket.lines.clone(),
        };
        self.take_up(id, &given, operator, price_version);
        Ok(())
    }

    /// Its lines keep what they cost, and say whose price file that was.
    pub(super) fn take_up(
        &mut self,
        recalled: SuspendedId,
        basket: &BasketGiven,
        operator: OperatorId,
        price_version: String,
    ) {
        self.volatile = self.volatile.next_sale();
        let sale = self.durable.sales.next_sale();
        self.record(SaleFact::SaleOpened {
            sale,
            operator,
            order_reference: basket.order_reference.clone(),
            price_version: price_version.clone(),
            recalled: Some(recalled),
        });
        for (number, line) in (1..).zip(&basket.lines) {
            let mut line = line.clone();
            line.number = number;
            if line.price_version.is_empty() {
                line.price_version.clone_from(&basket.price_version);
            }
            if line.price_version == price_version {
                line.price_version.clear();
            }
            self.record(BasketFact::LineAdded { sale, line });
        }
        self.show(Prompt::Scan);
    }
}
