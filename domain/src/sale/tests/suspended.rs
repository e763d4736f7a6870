//! Baskets that wait for their customers.

use super::*;
use crate::{
    ids::{SaleNumber, SuspendedId},
    limits,
    sale::CheckoutPart,
    time::BusinessDate,
};

fn suspend(label: &str) -> Event {
    Event::Suspend {
        label: label.to_owned(),
    }
}

fn recall(sale: u32) -> Event {
    Event::Recall {
        suspended: SaleNumber(sale),
        operator: OperatorId(8),
        price_version: "v2".to_owned(),
    }
}

fn waiting(lane: &Lane) -> Vec<u32> {
    let waiting = lane.checkout.suspended().iter();
    waiting.map(|basket| basket.sale.0).collect()
}

#[test]
fn a_basket_waits_while_others_are_served_and_is_recalled_once() {
    let mut lane = Lane::new();
    lane.basket();
    lane.step(Event::LineVoided { line_number: 1 });
    let effects = lane.step(suspend("fetches his purse"));
    assert_eq!(
        shown(&effects),
        Some(&Prompt::Suspended {
            sale: SaleNumber(1)
        })
    );
    assert!(shown(&effects).unwrap().takes_sale());
    assert_eq!(effects.last(), Some(&Effect::Finished(SaleNumber(1))));
    // Another customer in between.
    lane.basket();
    assert_eq!(lane.try_step(recall(1)), Err(Rejected::SaleOpen));
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) });
    lane.printed();
    // What waits outlives a kill.
    let mut lane = lane.killed();
    lane.step(Event::Recovered);
    assert_eq!(waiting(&lane), [1]);
    let effects = lane.step(recall(1));
    let [
        CheckoutFact::Sale(SaleFact::SaleOpened {
            sale,
            order_reference,
            recalled,
            ..
        }),
        CheckoutFact::Basket(BasketFact::LineAdded { line, .. }),
    ] = facts(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(
        (*sale, order_reference.as_str()),
        (SaleNumber(3), "basket-1")
    );
    let of = SuspendedId {
        lane: CONFIG.lane,
        epoch: CONFIG.epoch,
        sale: SaleNumber(1),
    };
    assert_eq!(*recalled, Some(of));
    // Its lines keep their prices, and say whose these are.
    assert_eq!((line.number, line.total), (1, cny(300)));
    assert_eq!(line.price_version, "v1");
    assert!(waiting(&lane).is_empty());
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(300) });
    lane.printed();
    assert_eq!(lane.try_step(recall(1)), Err(Rejected::NoSuchSuspended));
    assert_eq!(lane.checkout.sales_closed(), 2);
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn suspended_again_it_waits_under_its_new_number() {
    let mut lane = Lane::new();
    lane.basket();
    lane.step(suspend("a"));
    lane.step(recall(1));
    lane.step(suspend("b"));
    assert_eq!(waiting(&lane), [2]);
    assert_eq!(lane.try_step(recall(1)), Err(Rejected::NoSuchSuspended));
    let effects = lane.step(recall(2));
    // Still the prices it began with.
    for fact in facts(&effects) {
        if let CheckoutFact::Basket(BasketFact::LineAdded { line, .. }) = fact {
            assert_eq!(line.price_version, "v1");
        }
    }
}

#[test]
fn what_was_paid_for_does_not_wait_and_neither_does_nothing() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(100) });
    assert_eq!(lane.try_step(suspend("")), Err(Rejected::Tendered));
    let mut lane = Lane::totalled();
    lane.intended(1);
    assert_eq!(lane.try_step(suspend("")), Err(Rejected::PaymentUnderWay));
    // A card that was declined paid for nothing: its customer fetches cash.
    lane.step(Event::Decided {
        payment_id: PaymentId(1),
        decision: Decision::Declined {
            code: crate::response_code::ResponseCode::new("51").unwrap(),
            host: host(),
        },
    });
    lane.step(suspend(""));
    let mut lane = Lane::new();
    assert_eq!(lane.try_step(suspend("")), Err(Rejected::NoSale));
    lane.basket();
    for line_number in [1, 2] {
        lane.step(Event::LineVoided { line_number });
    }
    assert_eq!(lane.try_step(suspend("")), Err(Rejected::NothingToPay));
}

#[test]
fn no_more_baskets_wait_than_a_checkpoint_holds() {
    let mut lane = Lane::new();
    for _ in 0..limits::SUSPENDED_SALES_MAX {
        lane.basket();
        lane.step(suspend(""));
    }
    lane.basket();
    assert_eq!(lane.try_step(suspend("")), Err(Rejected::TooManySuspended));
}

#[test]
fn what_waits_is_in_the_checkpoint_and_on_the_screen() {
    let mut lane = Lane::new();
    lane.basket();
    let effects = lane.step(suspend("blue coat"));
    let screen = effects.iter().find_map(|effect| match effect {
        Effect::Show(screen) => Some(screen.clone()),
        _ => None,
    });
    let listed = screen.unwrap().suspended;
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].label.as_str(), listed[0].total),
        ("blue coat", cny(1550))
    );
    let kept = lane.checkout.checkpoint().unwrap();
    assert!(kept.has(CheckoutPart::Suspended));
    let again = Checkout::from_checkpoint(CONFIG, kept).unwrap();
    assert!(again.durable_equals(&lane.checkout));
}

/// A marker waits for the end of a sale; a basket that waits holds it up no longer.
#[test]
fn a_basket_that_waits_over_the_turn_of_the_date_is_sold_on_the_next() {
    let date = |text: &str| BusinessDate::parse(text).unwrap();
    let named = |text: &str| Event::DayNamed {
        date: date(text),
        cut_within_ms: 60_000,
    };
    let mut lane = Lane::new();
    lane.step(named("2026-11-22"));
    lane.basket();
    lane.step(named("2026-11-23"));
    assert_eq!(lane.checkout.running_date(), Some(date("2026-11-22")));
    lane.step(suspend(""));
    assert_eq!(lane.checkout.running_date(), Some(date("2026-11-23")));
    lane.step(recall(1));
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) });
    let closed = lane.records.last().unwrap();
    assert!(matches!(
        closed.fact,
        CheckoutFact::Sale(SaleFact::SaleClosed { .. })
    ));
    assert_eq!(closed.date, Some(date("2026-11-23")));
}
