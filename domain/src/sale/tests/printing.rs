//! Receipts are owed beside the next sale.

use super::*;
use crate::limits;

/// A sale by cash, its receipt owed.
fn sold(lane: &mut Lane) -> Vec<Effect> {
    lane.basket();
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) })
}

#[test]
fn the_next_sale_begins_while_the_receipt_is_printed() {
    let mut lane = Lane::new();
    let effects = sold(&mut lane);
    assert_eq!(asked_to_print(&effects), [(1, false)]);
    assert!(shown(&effects).unwrap().takes_sale());
    lane.basket();
    let effects = lane.printed();
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Sale(SaleFact::ReceiptPrinted {
            reprint: false,
            ..
        })]
    ));
    assert_eq!(shown(&effects), None, "the next customer's basket stays");
    lane.step(Event::Total);
    let effects = lane.step(Event::CashTendered { given: cny(1550) });
    assert_eq!(asked_to_print(&effects), [(2, false)]);
    let effects = lane.printed();
    assert_eq!(shown(&effects), Some(&Prompt::Goodbye { change: cny(0) }));
    assert!(lane.checkout.receipts_owed().is_empty());
}

#[test]
fn a_dead_printer_stops_no_customer_and_gets_one_receipt_at_a_time() {
    let mut lane = Lane::new();
    assert_eq!(asked_to_print(&sold(&mut lane)), [(1, false)]);
    for _ in 0..2 {
        assert_eq!(asked_to_print(&sold(&mut lane)), [], "it has one");
    }
    let mut printed = Vec::new();
    while !lane.checkout.receipts_owed().is_empty() {
        printed.extend(asked_to_print(&lane.printed()));
    }
    assert_eq!(printed, [(2, false), (3, false)], "oldest first");
}

/// What a voided sale says of cash to hand back is not wiped away by the paper before.
#[test]
fn a_receipt_that_comes_late_says_goodbye_to_nobody_else() {
    let mut lane = Lane::new();
    sold(&mut lane);
    lane.basket();
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(100) });
    let reason = "left".to_owned();
    let effects = lane.step(Event::VoidSale { reason });
    assert_eq!(
        shown(&effects),
        Some(&Prompt::Voided {
            cash_back: cny(100)
        })
    );
    assert_eq!(shown(&lane.printed()), None);
}

/// I12: what was at the printer when the lane was killed is a reprint, what waited behind it not.
#[test]
fn after_a_kill_the_oldest_receipt_is_a_reprint_and_says_the_same() {
    let mut lane = Lane::new();
    let first = sold(&mut lane);
    sold(&mut lane);
    lane.basket();
    let mut again = lane.killed();
    assert!(again.checkout.durable_equals(&lane.checkout));
    let effects = again.step(Event::Recovered);
    assert_eq!(asked_to_print(&effects), [(1, true)]);
    assert_eq!(shown(&effects), Some(&Prompt::Scan), "the basket goes on");
    let receipt_of = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Print { receipt, .. } => Some(receipt.clone()),
            _ => None,
        })
    };
    assert_eq!(receipt_of(&first), receipt_of(&effects));
    let effects = again.step(is_out(receipt(1), true));
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Sale(SaleFact::ReceiptPrinted {
            reprint: true,
            ..
        })]
    ));
    assert_eq!(asked_to_print(&effects), [(2, false)]);
}

#[test]
fn a_kill_between_sales_comes_back_to_the_change_and_then_to_goodbye() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(2000) });
    assert_eq!(lane.checkout.last_order_reference(), "basket-1");
    let mut again = lane.killed();
    assert_eq!(again.checkout.last_order_reference(), "basket-1");
    let effects = again.step(Event::Recovered);
    assert_eq!(
        shown(&effects),
        Some(&Prompt::Printing { change: cny(450) })
    );
    let effects = again.printed();
    assert_eq!(shown(&effects), Some(&Prompt::Goodbye { change: cny(450) }));
}

#[test]
fn a_receipt_is_printed_once() {
    let mut lane = Lane::new();
    sold(&mut lane);
    lane.printed();
    let again = lane.try_step(is_out(receipt(1), false));
    assert_eq!(again, Err(Rejected::NotOwed(receipt(1))));
    assert_eq!(lane.killed().checkout.receipts_owed().len(), 0);
}

#[test]
fn nothing_is_kept_for_a_start_while_a_receipt_is_owed() {
    let mut lane = Lane::new();
    sold(&mut lane);
    assert_eq!(lane.checkout.checkpoint(), None);
    lane.printed();
    assert!(lane.checkout.checkpoint().is_some());
}

#[test]
fn receipts_that_are_owed_have_a_limit() {
    let mut lane = Lane::new();
    let opened = Event::Open {
        operator: OperatorId(7),
        order_reference: String::new(),
        price_version: String::new(),
    };
    for _ in 0..limits::RECEIPTS_OWED_MAX {
        sold(&mut lane);
    }
    let full = lane.try_step(opened.clone());
    assert_eq!(full, Err(Rejected::TooManyReceiptsOwed));
    lane.printed();
    lane.step(opened);
}
