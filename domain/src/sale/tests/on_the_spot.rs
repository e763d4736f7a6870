//! What is refused to a cashier, and a supervisor who allows it on the spot.

use super::{
    operators::{
        CASHIER, MANAGER, OTHER, SUPERVISOR, discount, locked_out, of_operators, override_price,
        right, said, void_line,
    },
    *,
};
use crate::{
    ids::SaleNumber,
    operators::{Action, AttemptId, OperatorFact, Role, Who},
    sale::PriceSource,
    till::TillEvent,
};

#[test]
fn a_supervisor_unlocks_on_the_spot_and_no_cashier_does() {
    let mut lane = locked_out();
    let unlock = || Event::Unlock { operator: CASHIER };
    assert_eq!(lane.refuses(unlock()), Rejected::NotSignedOn);
    let effects = lane.allowed(OTHER, unlock());
    assert_eq!(said(&effects), Some(Rejected::NotAllowed));
    assert!(of_operators(&effects).is_empty());
    let effects = lane.allowed(SUPERVISOR, unlock());
    let [allowed, unlocked] = of_operators(&effects)[..] else {
        panic!("{effects:?}");
    };
    assert!(matches!(
        allowed,
        OperatorFact::SupervisorAllowed {
            by: SUPERVISOR,
            operator: None,
            action: Action::UnlockOperator,
            ..
        }
    ));
    let by = SUPERVISOR;
    let operator = CASHIER;
    assert_eq!(unlocked, OperatorFact::Unlocked { operator, by });
    lane.types(CASHIER, true);
    let effects = lane.allowed(SUPERVISOR, unlock());
    assert_eq!(said(&effects), Some(Rejected::NotLockedOut(CASHIER)));
}

#[test]
fn a_cashier_voids_small_lines_alone_and_a_large_one_with_a_supervisor() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.step(void_line());
    lane.step(Event::Scanned(item("wine", 1, 5_001)));
    let void = || Event::LineVoided { line_number: 3 };
    assert_eq!(lane.refuses(void()), Rejected::NotAllowed);
    // In pieces neither, and not as a whole.
    lane.step(Event::Scanned(item("wine", 6, 2_000)));
    let fewer = Event::QuantityChanged {
        line_number: Some(4),
        quantity: 1,
    };
    assert_eq!(lane.refuses(fewer), Rejected::NotAllowed);
    let reason = "left".to_owned();
    assert_eq!(
        lane.refuses(Event::VoidSale { reason }),
        Rejected::NotAllowed
    );
    let effects = lane.allowed(SUPERVISOR, void());
    let [allowed, voided] = facts(&effects)[..] else {
        panic!("{effects:?}");
    };
    let expected = OperatorFact::SupervisorAllowed {
        by: SUPERVISOR,
        role: Role::Supervisor,
        operator: Some(CASHIER),
        action: Action::VoidLine,
        amount: cny(5_001),
        sale: Some(SaleNumber(1)),
    };
    assert_eq!(allowed, &expected.into());
    let line_number = 3;
    let sale = SaleNumber(1);
    assert_eq!(voided, &BasketFact::LineVoided { sale, line_number }.into());
}

#[test]
fn a_permission_is_for_one_action_and_gone_with_it() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.allowed(SUPERVISOR, override_price(1_000));
    let line = lane.checkout.sale().unwrap().lines[0].clone();
    assert!(matches!(
        line.price_source,
        PriceSource::Overridden {
            allowed_by: SUPERVISOR,
            ..
        }
    ));
    assert_eq!(lane.refuses(override_price(900)), Rejected::NotAllowed);
    assert_eq!(lane.refuses(discount(600)), Rejected::NotAllowed);
    // Small enough it is the cashier's own.
    lane.step(discount(200));
    let line = lane.checkout.sale().unwrap().lines[1].clone();
    assert_eq!(line.discount.unwrap().allowed_by, Some(CASHIER));
}

#[test]
fn what_has_changed_since_the_supervisor_looked_is_not_allowed() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.step(Event::Scanned(item("wine", 1, 6_000)));
    let attempt = AttemptId(42);
    let ask = |event| Event::AllowAsked {
        attempt,
        who: Who::Number(SUPERVISOR),
        event: Box::new(event),
    };
    // The line became larger.
    lane.step(ask(Event::LineVoided { line_number: 3 }));
    lane.step(Event::QuantityChanged {
        line_number: Some(3),
        quantity: 10,
    });
    let effects = lane.step(right(attempt));
    assert_eq!(said(&effects), Some(Rejected::NotAsAsked));
    assert!(facts(&effects).is_empty());
    // Another line became the last one: the one that was meant gets it.
    lane.step(ask(discount(600)));
    lane.step(Event::Scanned(item("cheese", 1, 2_000)));
    lane.step(right(attempt));
    let lines = &lane.checkout.sale().unwrap().lines;
    assert!(lines[2].discount.is_some() && lines[3].discount.is_none());
    // Another sale.
    lane.step(ask(discount(700)));
    lane.step(Event::Suspend {
        label: String::new(),
    });
    lane.basket();
    lane.step(Event::Scanned(item("wine", 1, 60_000)));
    let effects = lane.step(right(attempt));
    assert_eq!(said(&effects), Some(Rejected::NotAsAsked));
}

#[test]
fn beyond_a_supervisor_it_takes_a_manager_and_a_wrong_pin_allows_nothing() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.step(Event::Scanned(item("washing machine", 1, 300_000)));
    let effects = lane.allowed(SUPERVISOR, discount(30_000));
    assert_eq!(said(&effects), Some(Rejected::NeedsManager));
    assert!(facts(&effects).is_empty());
    let attempt = AttemptId(1);
    lane.step(Event::AllowAsked {
        attempt,
        who: Who::Number(MANAGER),
        event: Box::new(discount(30_000)),
    });
    let matches = false;
    let effects = lane.step(Event::PinChecked { attempt, matches });
    assert_eq!(said(&effects), Some(Rejected::WrongPin));
    assert!(matches!(
        of_operators(&effects)[..],
        [OperatorFact::PinRefused { wrong: 1, .. }]
    ));
    lane.mono_ms += 1_000;
    lane.allowed(MANAGER, discount(30_000));
    assert!(lane.checkout.sale().unwrap().lines[2].discount.is_some());
    // What the sale itself refuses leaves nothing, the permission neither.
    let effects = lane.allowed(MANAGER, discount(400_000));
    assert_eq!(said(&effects), Some(Rejected::DiscountTooLarge));
    assert!(facts(&effects).is_empty());
    // And nothing that needs nobody, or is no key at all.
    for event in [Event::Total, Event::Rest, right(attempt)] {
        let asked = Event::AllowAsked {
            attempt: AttemptId(2),
            who: Who::Number(MANAGER),
            event: Box::new(event),
        };
        assert_eq!(lane.refuses(asked), Rejected::NothingToAllow);
    }
}

#[test]
fn what_is_sold_below_its_price_is_not_multiplied_without_the_right() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.allowed(SUPERVISOR, override_price(1_240));
    let more = |quantity| Event::QuantityChanged {
        line_number: Some(1),
        quantity,
    };
    assert_eq!(lane.refuses(more(100)), Rejected::NotAllowed);
    let two = Event::QuantityChanged {
        line_number: Some(2),
        quantity: 4,
    };
    lane.step(two);
}

fn no_sale() -> Event {
    Event::Till(TillEvent::NoSale {
        operator: MANAGER,
        reason: "change for a trolley".to_owned(),
        right: Right::HeldBy(MANAGER),
    })
}

fn end_shift() -> Event {
    Event::Till(TillEvent::ShiftEnded {
        by: MANAGER,
        right: Right::HeldBy(MANAGER),
    })
}

#[test]
fn the_drawer_opens_by_right_and_under_the_name_of_whoever_is_signed_on() {
    let mut lane = Lane::with_cashier();
    assert_eq!(lane.refuses(no_sale()), Rejected::NotAllowed);
    let effects = lane.allowed(SUPERVISOR, no_sale());
    assert!(matches!(
        facts(&effects)[..],
        [
            CheckoutFact::Operator(OperatorFact::SupervisorAllowed {
                action: Action::NoSale,
                ..
            }),
            CheckoutFact::Till(TillFact::DrawerOpened {
                operator: CASHIER,
                allowed_by: SUPERVISOR,
                ..
            })
        ]
    ));
    // What is too much in the drawer everybody drops.
    lane.step(Event::Till(TillEvent::Drop {
        operator: MANAGER,
        amount: cny(20_000),
        note: String::new(),
        right: Right::Missing,
    }));
}

#[test]
fn a_shift_is_ended_by_whoever_it_belongs_to_or_by_a_supervisor() {
    let mut lane = Lane::with_cashier();
    let begin = || Event::Till(TillEvent::ShiftBegun { operator: MANAGER });
    lane.step(begin());
    let shift = lane.checkout.till().shift.unwrap();
    assert_eq!(shift.operator, CASHIER);
    lane.step(end_shift());
    lane.step(begin());
    lane.step(Event::SignOff);
    lane.types(OTHER, true);
    assert_eq!(lane.refuses(end_shift()), Rejected::NotAllowed);
    let effects = lane.allowed(SUPERVISOR, end_shift());
    assert!(matches!(
        facts(&effects).last(),
        Some(CheckoutFact::Till(TillFact::ShiftEnded {
            operator: CASHIER,
            by: SUPERVISOR,
            ..
        }))
    ));
}
