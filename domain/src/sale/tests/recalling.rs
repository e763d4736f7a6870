//! A basket that waits on one lane is taken up on another, once.

use std::sync::Arc;

use super::*;
use crate::{
    day::Machine,
    ids::{LaneEpoch, LaneId, SaleNumber, SuspendedId},
    limits,
    recall::{BasketGiven, RecallRefusal, RecallRefused, StoreBasket},
    sale::CheckoutPart,
};

fn of(lane: u16, sale: u32) -> SuspendedId {
    SuspendedId {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sale: SaleNumber(sale),
    }
}

fn own(sale: u32) -> SuspendedId {
    SuspendedId {
        lane: CONFIG.lane,
        epoch: CONFIG.epoch,
        sale: SaleNumber(sale),
    }
}

const fn other() -> Machine {
    Machine {
        lane: LaneId(7),
        epoch: LaneEpoch(1),
    }
}

fn asks(basket: SuspendedId) -> Event {
    Event::BasketAsked {
        basket,
        operator: OperatorId(8),
        price_version: "v2".to_owned(),
    }
}

/// Two lines, as the lane that suspended them wrote them.
fn given() -> Arc<BasketGiven> {
    let mut lane = Lane::new();
    lane.basket();
    let lines = lane.checkout.sale().unwrap().lines.clone();
    Arc::new(BasketGiven {
        order_reference: "basket-7".to_owned(),
        price_version: "v1".to_owned(),
        lines,
    })
}

fn told(basket: SuspendedId) -> Event {
    let told = Ok(given());
    Event::BasketTold { basket, told }
}

fn refused(basket: SuspendedId, why: RecallRefusal) -> Event {
    let told = Err(RecallRefused::has(why, LaneId(7)));
    Event::BasketTold { basket, told }
}

fn waits(lane: &mut Lane) {
    lane.basket();
    lane.step(Event::Suspend {
        label: "blue coat".to_owned(),
    });
}

#[test]
fn another_lanes_basket_is_taken_up_at_its_own_prices_and_only_once() {
    let mut lane = Lane::new();
    // This lane has a basket of the same number: it is another one.
    waits(&mut lane);
    let effects = lane.step(asks(of(7, 1)));
    assert!(effects.contains(&Effect::AskBasket(of(7, 1))));
    assert_eq!(shown(&effects), Some(&Prompt::AskingBaskets));
    assert_eq!(lane.try_step(asks(of(7, 2))), Err(Rejected::RecallUnderWay));
    let effects = lane.step(told(of(7, 1)));
    let [
        CheckoutFact::Sale(SaleFact::SaleOpened { recalled, .. }),
        CheckoutFact::Basket(BasketFact::LineAdded { line, .. }),
        CheckoutFact::Basket(_),
    ] = facts(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(*recalled, Some(of(7, 1)));
    assert_eq!(line.price_version, "v1");
    assert_eq!(lane.checkout.suspended().len(), 1, "its own still waits");
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) });
    lane.printed();
    // An answer that comes late, or again after a kill, opens nothing.
    let mut lane = lane.killed();
    lane.step(Event::Recovered);
    assert_eq!(lane.try_step(told(of(7, 1))), Err(Rejected::NotAskedFor));
    assert_eq!(
        lane.try_step(asks(of(7, 1))),
        Err(Rejected::NoSuchSuspended)
    );
    let kept = lane.checkout.checkpoint().unwrap();
    assert!(kept.has(CheckoutPart::Suspended));
    assert!(
        Checkout::from_checkpoint(CONFIG, kept)
            .unwrap()
            .durable_equals(&lane.checkout)
    );
}

#[test]
fn what_waits_here_needs_no_hub_under_either_number() {
    let mut lane = Lane::new();
    waits(&mut lane);
    let effects = lane.step(asks(own(1)));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::AskBasket(_)))
    );
    assert!(lane.checkout.sale().is_some());
    assert!(lane.checkout.suspended().is_empty());
}

#[test]
fn handed_over_it_is_gone_after_a_kill_too_and_may_come_back_through_the_hub() {
    let mut lane = Lane::new();
    waits(&mut lane);
    // Another customer is being served meanwhile: nothing of that changes.
    lane.basket();
    let hand_over = || Event::HandOver {
        basket: own(1),
        to: other(),
    };
    let effects = lane.step(hand_over());
    let [CheckoutFact::Sale(SaleFact::BasketHandedOver { sale, to, to_epoch })] =
        facts(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (*sale, *to, *to_epoch),
        (SaleNumber(1), LaneId(7), LaneEpoch(1))
    );
    assert_eq!(effects.last(), Some(&Effect::ShowWaiting(Vec::new())));
    assert!(lane.checkout.sale().is_some());
    // Asked again it writes nothing again, and neither does a wrong question.
    assert_eq!(lane.try_step(hand_over()), Err(Rejected::NoSuchSuspended));
    lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    let mut lane = lane.killed();
    lane.step(Event::Recovered);
    let recall = Event::Recall {
        suspended: SaleNumber(1),
        operator: OperatorId(8),
        price_version: "v2".to_owned(),
    };
    assert_eq!(lane.try_step(recall), Err(Rejected::NoSuchSuspended));
    // The other machine died for good, and the hub gives it back.
    let effects = lane.step(asks(own(1)));
    assert!(effects.contains(&Effect::AskBasket(own(1))));
    lane.step(told(own(1)));
    assert!(lane.checkout.sale().is_some());
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn what_is_not_here_is_not_handed_over() {
    let mut lane = Lane::new();
    waits(&mut lane);
    let machine = CONFIG.machine();
    for (basket, to) in [
        (own(2), other()),
        (of(7, 1), other()),
        (own(1), machine),
        (
            SuspendedId {
                epoch: LaneEpoch(CONFIG.epoch.0 + 1),
                ..own(1)
            },
            other(),
        ),
    ] {
        let event = Event::HandOver { basket, to };
        assert_eq!(lane.try_step(event), Err(Rejected::NoSuchSuspended));
    }
    lane.step(asks(own(1)));
    let event = Event::HandOver {
        basket: own(1),
        to: other(),
    };
    assert_eq!(lane.try_step(event), Err(Rejected::NoSuchSuspended));
}

#[test]
fn a_refusal_says_who_has_it_and_the_next_customer_may_come() {
    let mut lane = Lane::new();
    lane.step(asks(of(7, 1)));
    let effects = lane.step(refused(of(7, 1), RecallRefusal::HandedOver));
    let Some(prompt @ Prompt::RecallRefused(why)) = shown(&effects) else {
        panic!("{effects:?}");
    };
    assert!(prompt.takes_sale());
    assert_eq!(why.lane, Some(LaneId(7)));
    assert!(prompt.cashier().english.contains("lane 7"));
    // Asked again later it may be given.
    lane.step(asks(of(7, 1)));
    lane.step(told(of(7, 1)));
    assert!(lane.checkout.sale().is_some());
}

/// The basket stays this lane's: nobody else gets it, and it is given when it is asked for again.
#[test]
fn an_answer_behind_the_next_customer_is_none() {
    let mut lane = Lane::new();
    lane.step(asks(of(7, 1)));
    lane.basket();
    assert_eq!(lane.try_step(told(of(7, 1))), Err(Rejected::NotAskedFor));
    assert_eq!(lane.try_step(asks(of(7, 1))), Err(Rejected::SaleOpen));
    lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    lane.step(asks(of(7, 1)));
    lane.step(told(of(7, 1)));
    assert!(lane.checkout.sale().is_some());
}

#[test]
fn what_can_not_be_sold_is_not_opened() {
    let mut lane = Lane::new();
    let empty = BasketGiven {
        lines: Vec::new(),
        ..(*given()).clone()
    };
    lane.step(asks(of(7, 1)));
    let effects = lane.step(Event::BasketTold {
        basket: of(7, 1),
        told: Ok(Arc::new(empty)),
    });
    let Some(Prompt::RecallRefused(refused)) = shown(&effects) else {
        panic!("{effects:?}");
    };
    assert_eq!(refused.why, RecallRefusal::Unreadable);
    assert!(lane.checkout.sale().is_none());
}

#[test]
fn the_list_of_the_store_is_shown_while_it_is_asked_for() {
    let mut lane = Lane::new();
    let effects = lane.step(Event::BasketsAsked);
    assert!(effects.contains(&Effect::AskBaskets));
    let baskets = vec![StoreBasket {
        id: of(7, 1),
        at: crate::time::WallMs(1),
        label: "blue coat".to_owned(),
        lane: Some(LaneId(7)),
    }];
    let listed = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Show(screen) => Some(screen.elsewhere.clone()),
            _ => None,
        })
    };
    let effects = lane.step(Event::BasketsTold(Ok(baskets.clone())));
    assert_eq!(listed(&effects), Some(baskets.clone()));
    let again = Event::BasketsTold(Ok(baskets));
    assert_eq!(lane.try_step(again), Err(Rejected::NotAskedFor));
    let effects = lane.step(Event::Open {
        operator: OperatorId(8),
        order_reference: String::new(),
        price_version: String::new(),
    });
    assert_eq!(listed(&effects), Some(Vec::new()));
}

#[test]
fn a_lane_remembers_as_many_as_it_may() {
    let mut lane = Lane::new();
    let most = u32::try_from(limits::BASKETS_TAKEN_UP_KEPT).unwrap();
    for sale in 1..=most + 5 {
        lane.step(asks(of(7, sale)));
        lane.step(told(of(7, sale)));
        lane.step(Event::VoidSale {
            reason: "left".to_owned(),
        });
    }
    let last = of(7, most + 5);
    assert_eq!(lane.try_step(asks(last)), Err(Rejected::NoSuchSuspended));
    let kept = lane.checkout.checkpoint().unwrap().suspended.unwrap();
    assert_eq!(kept.taken_up.len(), limits::BASKETS_TAKEN_UP_KEPT);
}
