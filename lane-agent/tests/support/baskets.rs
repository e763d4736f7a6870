//! What the hub says of baskets that wait on other lanes.

use proto::{
    journal::v1::SuspendedSale,
    store::v1::{self as wire, hub_frame::Body as Say},
};

use super::TestHub;

impl TestHub {
    /// It hands out this basket, or says why not.
    pub fn with_basket(self, told: wire::BasketAnswered) -> Self {
        self.heard.lock().unwrap().basket = Some(told);
        self
    }

    pub(super) fn gives_baskets(&self) -> bool {
        self.heard.lock().unwrap().basket.is_some()
    }

    pub(super) fn give(&self) -> Option<Say> {
        let heard = self.heard.lock().unwrap();
        let told = heard.basket.clone().filter(|_| !heard.answers_are_lost);
        told.map(Say::BasketAnswered)
    }

    pub(super) fn list_baskets(&self) -> Say {
        let told = self.heard.lock().unwrap().basket.clone();
        let baskets = told.into_iter().map(|told| wire::BasketElsewhere {
            lane: told.basket.as_ref().map_or(0, |basket| basket.lane),
            basket: told.basket,
            wall_ms: 7,
            label: "blue coat".to_owned(),
        });
        Say::BasketList(wire::BasketList {
            baskets: baskets.collect(),
        })
    }

    /// Any word to every lane.
    pub fn tell_lanes(&self, body: Say) {
        self.tell(body);
    }

    /// What it does changes.
    pub fn hear_so(&self, change: impl FnOnce(&mut super::HubLog)) {
        self.hear(change);
    }

    /// Another lane wants a basket that waits here.
    pub fn asks_to_hand_over(&self, basket: SuspendedSale, to_lane: u32) {
        self.tell(Say::HandOver(wire::HandOver {
            basket: Some(basket),
            to_lane,
            to_epoch: 1,
        }));
    }
}
