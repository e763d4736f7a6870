//! A basket that waits on another lane: the hub is asked for it, and hands it out once.
//!
//! Decides: when a basket that waits here becomes another machine's, and when one that the hub
//! gives is taken up. Never: sells one that it handed over, hands over one that it took up, or
//! takes one up twice. Without the hub a lane may always take up what waits here, since nothing
//! can be given away before the lane itself wrote that it is.

use std::sync::Arc;

use crate::{
    day::Machine,
    ids::{OperatorId, SuspendedId},
    limits,
    recall::{BasketGiven, RecallRefusal, RecallRefused, StoreBasket},
    sale::{Effect, Prompt, Rejected, SaleFact, Step, SuspendedView},
};

/// What no record tells of a recall: a kill takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Recalling {
    asked: Option<Asked>,
    /// The hub was asked what waits.
    list_asked: bool,
    /// What it said.
    pub(super) elsewhere: Vec<StoreBasket>,
}

/// The hub was asked for this basket, to be taken up like this.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Asked {
    basket: SuspendedId,
    operator: OperatorId,
    price_version: String,
}

impl Step {
    const fn is_own(&self, basket: SuspendedId) -> bool {
        basket.lane.0 == self.config.lane.0 && basket.epoch.0 == self.config.epoch.0
    }

    fn waits_here(&self, basket: SuspendedId) -> bool {
        let mut waiting = self.durable.suspended.baskets.iter();
        self.is_own(basket) && waiting.any(|waiting| waiting.sale == basket.sale)
    }

    fn may_recall(&self) -> Result<(), Rejected> {
        if self.durable.sale.is_some() {
            return Err(Rejected::SaleOpen);
        }
        match self.volatile.recalling.asked {
            Some(_) => Err(Rejected::RecallUnderWay),
            None => Ok(()),
        }
    }

    /// What waits here needs nobody; for all else the hub is asked.
    pub(super) fn ask_basket(
        &mut self,
        basket: SuspendedId,
        operator: OperatorId,
        price_version: String,
    ) -> Result<(), Rejected> {
        self.may_recall()?;
        if self.waits_here(basket) {
            return self.recall(basket.sale, operator, price_version);
        }
        if self.durable.suspended.taken_up.contains(&basket) {
            return Err(Rejected::NoSuchSuspended);
        }
        let operator = self.seller(operator)?;
        self.volatile.recalling = Recalling {
            asked: Some(Asked {
                basket,
                operator,
                price_version,
            }),
            ..Recalling::default()
        };
        self.then(Effect::AskBasket(basket));
        self.show(Prompt::AskingBaskets);
        Ok(())
    }

    /// The hub has answered, or could not be asked. An answer that nobody waits for is none: the
    /// basket is still this lane's, and is given again when it is asked for again.
    pub(super) fn basket_told(
        &mut self,
        basket: SuspendedId,
        told: Result<Arc<BasketGiven>, RecallRefused>,
    ) -> Result<(), Rejected> {
        let asked = self.volatile.recalling.asked.take();
        let asked = asked.filter(|asked| asked.basket == basket);
        let asked = asked.ok_or(Rejected::NotAskedFor)?;
        let told = match self.durable.suspended.taken_up.contains(&basket) {
            true => Err(RecallRefused::has(RecallRefusal::TakenUp, self.config.lane)),
            false => told.and_then(|given| self.can_be_sold(given)),
        };
        let (given, operator) = match (told, self.seller(asked.operator)) {
            (Ok(given), Ok(operator)) => (given, operator),
            (Err(refused), _) => {
                self.show(Prompt::RecallRefused(refused));
                return Ok(());
            }
            // Signed off meanwhile: whoever comes asks again.
            (Ok(_), Err(_)) => {
                self.show(Prompt::Ready);
                return Ok(());
            }
        };
        self.take_up(basket, &given, operator, asked.price_version);
        Ok(())
    }

    fn can_be_sold(&self, given: Arc<BasketGiven>) -> Result<Arc<BasketGiven>, RecallRefused> {
        let ours = |line: &crate::sale::Line| line.total.currency() == self.config.currency;
        let is_basket = (1..=limits::SALE_LINES_MAX).contains(&given.lines.len());
        if is_basket && given.lines.iter().all(ours) {
            Ok(given)
        } else {
            Err(RecallRefusal::Unreadable.into())
        }
    }

    /// What waits in the store, this lane's own baskets among them.
    pub(super) fn ask_baskets(&mut self) -> Result<(), Rejected> {
        self.may_recall()?;
        self.volatile.recalling = Recalling {
            list_asked: true,
            ..Recalling::default()
        };
        self.then(Effect::AskBaskets);
        self.show(Prompt::AskingBaskets);
        Ok(())
    }

    pub(super) fn baskets_told(
        &mut self,
        told: Result<Vec<StoreBasket>, RecallRefused>,
    ) -> Result<(), Rejected> {
        let recalling = &mut self.volatile.recalling;
        if !recalling.list_asked {
            return Err(Rejected::NotAskedFor);
        }
        recalling.list_asked = false;
        let prompt = match told {
            Ok(baskets) => {
                recalling.elsewhere = baskets;
                Prompt::ChooseBasket
            }
            Err(refused) => Prompt::RecallRefused(refused),
        };
        self.show(prompt);
        Ok(())
    }

    /// Another lane wants it. Once this record is durable it is that lane's, whatever becomes of
    /// the answer.
    pub(super) fn hand_over(&mut self, basket: SuspendedId, to: Machine) -> Result<(), Rejected> {
        if !self.waits_here(basket) || to == self.config.machine() {
            return Err(Rejected::NoSuchSuspended);
        }
        self.record(SaleFact::BasketHandedOver {
            sale: basket.sale,
            to: to.lane,
            to_epoch: to.epoch,
        });
        let waiting = self.suspended_views();
        self.then(Effect::ShowWaiting(waiting));
        Ok(())
    }

    /// Baskets that wait here, as the screens say it.
    pub(in crate::sale) fn suspended_views(&self) -> Vec<SuspendedView> {
        let waiting = self.durable.suspended.baskets.iter();
        let views = waiting.map(|basket| SuspendedView::of(basket, &self.config));
        views.collect()
    }
}
