//! What is typed instead of scanned, and what is changed on a line that is there.

use super::*;
use crate::{
    limits,
    sale::{Line, PriceSource, SoldBy, TypedAmount, WeighedBy, Weight},
    scan_codes::CodeMeaning,
};

const SUPERVISOR: OperatorId = OperatorId(2);
const HELD: Right = Right::HeldBy(SUPERVISOR);

fn opened() -> Lane {
    let mut lane = Lane::new();
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: "basket-1".to_owned(),
        price_version: "v1".to_owned(),
    });
    lane
}

fn weighed_item(minor: i64) -> PricedItem {
    PricedItem {
        sold_by: SoldBy::Weight,
        ..item("apples", 1, minor)
    }
}

fn grams(grams: u32) -> Event {
    Event::Weighed(Weight {
        grams,
        by: WeighedBy::Scale,
    })
}

fn lines(lane: &Lane) -> &[Line] {
    &lane.checkout.sale().unwrap().lines
}

fn last(lane: &Lane) -> &Line {
    lines(lane).last().unwrap()
}

fn refused(lane: &mut Lane, event: Event) -> Rejected {
    let before = lane.checkout.clone();
    let why = lane.try_step(event).unwrap_err();
    assert!(lane.checkout == before, "a refusal changes nothing");
    why
}

fn overridden(line_number: Option<u32>, minor: i64, right: Right) -> Event {
    Event::PriceOverridden {
        line_number,
        price: cny(minor),
        reason: "shelf label".to_owned(),
        right,
    }
}

fn discounted(minor: i64, right: Right) -> Event {
    Event::Discounted {
        line_number: None,
        amount: cny(minor),
        reason: "torn".to_owned(),
        right,
    }
}

#[test]
fn a_number_before_a_scan_counts_for_that_scan_alone() {
    let mut lane = opened();
    let effects = lane.step(Event::QuantityAnnounced { quantity: 12 });
    assert!(facts(&effects).is_empty());
    lane.step(Event::Scanned(item("egg", 1, 75)));
    assert_eq!((last(&lane).quantity, last(&lane).total), (12, cny(900)));
    lane.step(Event::Scanned(item("egg", 1, 75)));
    assert_eq!(last(&lane).quantity, 1);
    // Nor for what comes after one that is not known, or is cleared.
    for event in [
        Event::NotFound {
            barcode: "1".to_owned(),
        },
        Event::Cleared,
    ] {
        lane.step(Event::QuantityAnnounced { quantity: 12 });
        lane.step(event);
        lane.step(Event::Scanned(item("egg", 1, 75)));
        assert_eq!(last(&lane).quantity, 1);
    }
}

#[test]
fn a_quantity_out_of_bounds_is_refused_before_and_after_the_scan() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 1, 75)));
    for quantity in [0, limits::LINE_QUANTITY_MAX + 1] {
        let announced = Event::QuantityAnnounced { quantity };
        assert_eq!(refused(&mut lane, announced), Rejected::InvalidQuantity);
        let changed = Event::QuantityChanged {
            line_number: None,
            quantity,
        };
        assert_eq!(refused(&mut lane, changed), Rejected::InvalidQuantity);
    }
    let quantity = limits::LINE_QUANTITY_MAX;
    lane.step(Event::QuantityAnnounced { quantity });
    let pairs = Event::Scanned(item("egg", 2, 75));
    assert_eq!(refused(&mut lane, pairs), Rejected::InvalidQuantity);
}

#[test]
fn the_quantity_of_the_last_line_or_of_a_named_one_is_changed() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 1, 75)));
    lane.step(Event::Scanned(item("milk", 1, 625)));
    lane.step(Event::LineVoided { line_number: 2 });
    // The last line that was not taken back.
    lane.step(Event::QuantityChanged {
        line_number: None,
        quantity: 10,
    });
    assert_eq!(
        (lines(&lane)[0].quantity, lines(&lane)[0].total),
        (10, cny(750))
    );
    for line_number in [2, 3] {
        let changed = Event::QuantityChanged {
            line_number: Some(line_number),
            quantity: 2,
        };
        assert_eq!(refused(&mut lane, changed), Rejected::NoSuchLine);
    }
    lane.step(Event::Total);
    // The basket changes, so the total stands no more.
    lane.step(Event::QuantityChanged {
        line_number: Some(1),
        quantity: 4,
    });
    let cash = Event::CashTendered { given: cny(300) };
    assert_eq!(refused(&mut lane, cash.clone()), Rejected::NotTotalled);
    lane.step(Event::Total);
    lane.step(cash);
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn what_is_sold_by_weight_waits_for_its_weight() {
    let mut lane = opened();
    let effects = lane.step(Event::Scanned(weighed_item(1990)));
    assert!(facts(&effects).is_empty());
    assert!(matches!(shown(&effects), Some(Prompt::Weigh { name }) if name == "apples"));
    // Nothing goes on over its head: the customer has it in the bag.
    for event in [
        Event::Total,
        Event::Scanned(item("egg", 1, 75)),
        Event::QuantityAnnounced { quantity: 2 },
        Event::Suspend {
            label: String::new(),
        },
    ] {
        assert_eq!(refused(&mut lane, event), Rejected::WeightAwaited);
    }
    assert_eq!(refused(&mut lane, grams(0)), Rejected::InvalidQuantity);
    let effects = lane.step(grams(512));
    assert_eq!(shown(&effects), Some(&Prompt::Scan));
    let line = last(&lane);
    assert_eq!((line.total, line.quantity), (cny(1019), 1));
    assert_eq!(line.weight.unwrap().by, WeighedBy::Scale);
    // The other way round: the scale first.
    lane.step(grams(100));
    lane.step(Event::Scanned(weighed_item(1000)));
    assert_eq!(last(&lane).total, cny(100));
    // Cleared, it is not sold.
    lane.step(Event::Scanned(weighed_item(1000)));
    lane.step(Event::Cleared);
    lane.step(Event::Total);
    assert_eq!(lines(&lane).len(), 2);
}

#[test]
fn pieces_are_not_weighed_and_weights_are_not_counted() {
    let mut lane = opened();
    lane.step(grams(512));
    let piece = Event::Scanned(item("egg", 1, 75));
    assert_eq!(refused(&mut lane, piece), Rejected::SoldByPiece);
    lane.step(Event::Scanned(weighed_item(1000)));
    let changed = Event::QuantityChanged {
        line_number: None,
        quantity: 2,
    };
    assert_eq!(refused(&mut lane, changed), Rejected::SoldByWeight);
    lane.step(Event::QuantityAnnounced { quantity: 2 });
    let weighed = Event::Scanned(weighed_item(1000));
    assert_eq!(refused(&mut lane, weighed), Rejected::SoldByWeight);
    lane.step(Event::Cleared);
    let labelled = PricedItem {
        weight: Some(Weight {
            grams: 250,
            by: WeighedBy::Label,
        }),
        ..weighed_item(1000)
    };
    lane.step(Event::Scanned(labelled));
    assert_eq!(last(&lane).total, cny(250));
}

/// Each of these needs a right, and the record says whose it was.
#[test]
fn without_a_right_no_price_is_typed_or_changed_and_nothing_is_taken_off() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 1, 75)));
    let typed = |right| Event::AmountTyped {
        typed: TypedAmount {
            amount: cny(450),
            name: String::new(),
            tax_class: String::new(),
            tax_rate_basis_points: None,
        },
        right,
    };
    let announced = |right| Event::PriceAnnounced {
        price: cny(50),
        right,
    };
    for event in [
        typed(Right::Missing),
        announced(Right::Missing),
        overridden(None, 50, Right::Missing),
        discounted(5, Right::Missing),
    ] {
        assert_eq!(refused(&mut lane, event), Rejected::NotAllowed);
    }
    lane.step(overridden(None, 60, HELD));
    lane.step(discounted(10, HELD));
    let line = last(&lane).clone();
    assert_eq!((line.unit_price, line.total), (cny(60), cny(50)));
    assert_eq!(line.discount.unwrap().allowed_by, Some(SUPERVISOR));
    let PriceSource::Overridden {
        shelf, allowed_by, ..
    } = line.price_source
    else {
        panic!("{:?}", line.price_source);
    };
    assert_eq!((shelf, allowed_by), (cny(75), SUPERVISOR));
    lane.step(announced(HELD));
    lane.step(Event::Scanned(item("egg", 1, 75)));
    let by_hand = PriceSource::Typed {
        shelf: Some(cny(75)),
        allowed_by: SUPERVISOR,
    };
    assert_eq!(
        (last(&lane).total, &last(&lane).price_source),
        (cny(50), &by_hand)
    );
    lane.step(typed(HELD));
    let line = last(&lane);
    assert_eq!(
        (line.barcode.as_str(), line.name.as_str()),
        ("", "Other goods")
    );
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn a_price_changed_twice_keeps_what_the_shelf_says() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 1, 75)));
    lane.step(overridden(None, 60, HELD));
    lane.step(overridden(Some(1), 50, HELD));
    assert_eq!(last(&lane).price_source.shelf(), Some(cny(75)));
    // To nothing, and back.
    lane.step(overridden(Some(1), 0, HELD));
    assert_eq!(last(&lane).total, cny(0));
    let negative = overridden(Some(1), -1, HELD);
    assert_eq!(refused(&mut lane, negative), Rejected::InvalidAmount);
}

#[test]
fn a_discount_takes_off_no_more_than_the_line_and_says_why() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 2, 75)));
    assert_eq!(
        refused(&mut lane, discounted(151, HELD)),
        Rejected::DiscountTooLarge
    );
    lane.step(discounted(150, HELD));
    assert_eq!(last(&lane).total, cny(0));
    // What makes the line smaller than its discount is refused as well.
    let fewer = Event::QuantityChanged {
        line_number: None,
        quantity: 1,
    };
    assert_eq!(refused(&mut lane, fewer), Rejected::DiscountTooLarge);
    let cheaper = overridden(None, 74, HELD);
    assert_eq!(refused(&mut lane, cheaper), Rejected::DiscountTooLarge);
    let silent = Event::Discounted {
        line_number: None,
        amount: cny(1),
        reason: " ".to_owned(),
        right: HELD,
    };
    assert_eq!(refused(&mut lane, silent), Rejected::ReasonMissing);
    lane.step(discounted(0, HELD));
    assert_eq!(
        (last(&lane).total, &last(&lane).discount),
        (cny(150), &None)
    );
}

/// F29, its kind: each way to a price of nothing sells, with a receipt.
#[test]
fn f29_an_article_made_free_by_hand_is_sold_with_a_receipt() {
    for free in [overridden(None, 0, HELD), discounted(75, HELD)] {
        let mut lane = opened();
        lane.step(Event::Scanned(item("egg", 1, 75)));
        lane.step(free);
        let effects = lane.step(Event::Total);
        assert!(effects.iter().any(|e| matches!(e, Effect::Print { .. })));
    }
}

#[test]
fn what_was_tendered_for_stays_as_it_is() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(10) });
    for event in [
        overridden(Some(1), 1, HELD),
        discounted(1, HELD),
        Event::QuantityChanged {
            line_number: None,
            quantity: 1,
        },
        Event::QuantityAnnounced { quantity: 2 },
        grams(5),
        Event::Cleared,
        Event::Suspend {
            label: String::new(),
        },
        Event::NotForSale {
            name: "milk".to_owned(),
        },
    ] {
        assert_eq!(refused(&mut lane, event), Rejected::Tendered);
    }
}

/// A payment code scanned into an open basket is kept nowhere: the event does not even carry it.
#[test]
fn a_code_that_is_no_article_says_where_it_belongs() {
    let mut lane = opened();
    lane.step(Event::Scanned(item("egg", 1, 75)));
    let code = Event::OtherCode;
    let wallet = code(CodeMeaning::WalletCode);
    assert_eq!(refused(&mut lane, wallet.clone()), Rejected::TotalFirst);
    let member = CodeMeaning::Member;
    assert_eq!(
        refused(&mut lane, code(member)),
        Rejected::CodeNotTaken(member)
    );
    lane.step(Event::Total);
    let not_yet = Rejected::CodeNotTaken(CodeMeaning::WalletCode);
    assert_eq!(refused(&mut lane, wallet), not_yet);
}

#[test]
fn an_article_that_is_recalled_is_not_sold_and_named() {
    let mut lane = opened();
    let effects = lane.step(Event::NotForSale {
        name: "milk".to_owned(),
    });
    assert!(facts(&effects).is_empty());
    let said = shown(&effects).unwrap().cashier();
    assert!(said.english.contains("milk is recalled"), "{said:?}");
}
