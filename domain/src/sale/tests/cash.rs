use super::*;

#[test]
fn cash_closes_the_sale_and_gives_change() {
    let mut lane = Lane::totalled();
    let effects = lane.step(Event::CashTendered { given: cny(2000) });
    assert!(matches!(
        facts(&effects).as_slice(),
        [
            CheckoutFact::Till(TillFact::CashTendered { .. }),
            CheckoutFact::Sale(SaleFact::SaleClosed { change, items: 3, .. }),
        ]
            if *change == cny(450)
    ));
    assert!(effects.contains(&Effect::OpenDrawer));
    assert!(
        effects
            .iter()
            .any(|e| matches!(e, Effect::Print { reprint: false, .. }))
    );
    assert_eq!(
        shown(&effects),
        Some(&Prompt::Printing { change: cny(450) })
    );
}

#[test]
fn cash_may_come_in_parts() {
    let mut lane = Lane::totalled();
    let effects = lane.step(Event::CashTendered { given: cny(1000) });
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
    let effects = lane.step(Event::CashTendered { given: cny(550) });
    assert!(matches!(
        facts(&effects).as_slice(),
        [_, CheckoutFact::Sale(SaleFact::SaleClosed { change, tenders, .. })]
            if change.is_zero() && tenders.len() == 2
    ));
}

#[test]
fn receipt_numbers_have_no_gap_though_a_sale_is_voided() {
    let mut lane = Lane::new();
    let mut numbers = Vec::new();
    for round in 0..4 {
        lane.basket();
        if round == 1 {
            lane.step(Event::VoidSale {
                reason: "no money".to_owned(),
            });
            continue;
        }
        lane.step(Event::Total);
        let effects = lane.step(Event::CashTendered { given: cny(1550) });
        for fact in facts(&effects) {
            if let CheckoutFact::Sale(SaleFact::SaleClosed { receipt, .. }) = fact {
                numbers.push(receipt.to_string());
            }
        }
        assert!(matches!(effects.last(), Some(Effect::Finished(_))));
        lane.printed();
    }
    assert_eq!(numbers, ["3-1-000001", "3-1-000002", "3-1-000003"]);
    assert_eq!(lane.checkout.sales_closed(), 3);
    assert_eq!(lane.checkout.sales_voided(), 1);
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let mut lane = Lane::new();
    assert_eq!(lane.try_step(Event::Total), Err(Rejected::NoSale));
    lane.basket();
    let before = lane.checkout.clone();
    for (event, why) in [
        (Event::CashTendered { given: cny(1) }, Rejected::NotTotalled),
        (Event::LineVoided { line_number: 9 }, Rejected::NoSuchLine),
        (Event::Scanned(item("x", 0, 1)), Rejected::InvalidItem),
        (Event::Scanned(item("", 1, 1)), Rejected::InvalidItem),
        (Event::Scanned(item("x", 1, -1)), Rejected::InvalidItem),
        (
            Event::Scanned(item("x", 1, 1_000_000_000_000)),
            Rejected::InvalidAmount,
        ),
        (
            Event::Open {
                operator: OperatorId(1),
                order_reference: String::new(),
                price_version: "v1".to_owned(),
            },
            Rejected::SaleOpen,
        ),
        (card_read(1), Rejected::NotAwaited(PaymentId(1))),
        (is_out(receipt(1), false), Rejected::NotOwed(receipt(1))),
    ] {
        assert_eq!(lane.try_step(event.clone()), Err(why), "{event:?}");
        assert!(lane.checkout.durable_equals(&before));
    }
}

#[test]
fn a_basket_without_an_article_is_not_sold() {
    let mut lane = Lane::new();
    lane.basket();
    for line_number in [1, 2] {
        lane.step(Event::LineVoided { line_number });
    }
    assert_eq!(lane.try_step(Event::Total), Err(Rejected::NothingToPay));
    assert_eq!(
        lane.try_step(Event::LineVoided { line_number: 1 }),
        Err(Rejected::NoSuchLine)
    );
}

/// F29: an article that costs nothing sells; the sale ends with its receipt and no tender.
#[test]
fn f29_a_basket_of_free_articles_closes_with_a_receipt() {
    let mut lane = Lane::new();
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: "basket-1".to_owned(),
        price_version: "v1".to_owned(),
    });
    lane.step(Event::Scanned(item("free bag", 1, 0)));
    let effects = lane.step(Event::Total);
    assert!(matches!(
        facts(&effects).as_slice(),
        [
            CheckoutFact::Basket(BasketFact::SaleTotalled { .. }),
            CheckoutFact::Sale(SaleFact::SaleClosed { total, change, tenders, items: 1, .. }),
        ]
            if total.is_zero() && change.is_zero() && tenders.is_empty()
    ));
    assert!(!effects.contains(&Effect::OpenDrawer));
    assert_eq!(asked_to_print(&effects), [(1, false)]);
    assert!(matches!(effects.last(), Some(Effect::Finished(_))));
    lane.printed();
    assert_eq!(lane.checkout.sales_closed(), 1);
    // What costs something beside it is paid for as ever.
    lane.basket();
    lane.step(Event::Scanned(item("free bag", 1, 0)));
    let effects = lane.step(Event::Total);
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
}

#[test]
fn the_basket_is_fixed_once_something_was_paid() {
    let mut lane = Lane::totalled();
    lane.step(Event::Scanned(item("bread", 1, 100)));
    assert_eq!(
        lane.try_step(Event::CashTendered { given: cny(1) }),
        Err(Rejected::NotTotalled)
    );
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1) });
    assert_eq!(
        lane.try_step(Event::Scanned(item("bread", 1, 100))),
        Err(Rejected::Tendered)
    );
    let effects = lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    assert_eq!(shown(&effects), Some(&Prompt::Voided { cash_back: cny(1) }));
}
