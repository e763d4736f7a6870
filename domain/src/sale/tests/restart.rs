use super::*;
use crate::{sale::AbandonReason, words::Reason};

#[test]
fn a_basket_goes_on_after_a_kill() {
    let mut lane = Lane::new();
    lane.basket();
    let mut again = lane.killed();
    assert!(again.checkout.durable_equals(&lane.checkout));
    let effects = again.step(Event::Recovered);
    assert!(facts(&effects).is_empty());
    assert_eq!(shown(&effects), Some(&Prompt::Scan));
    again.step(Event::Total);
    again.step(Event::CashTendered { given: cny(1550) });
}

#[test]
fn a_payment_without_a_decision_is_given_up_at_restart() {
    let mut lane = Lane::totalled();
    lane.intended(1);
    let mut again = lane.killed();
    assert!(again.checkout.durable_equals(&lane.checkout));
    let effects = again.step(Event::Recovered);
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Tender(TenderFact::PaymentAbandoned {
            reason: Reason::Named(AbandonReason::LaneRestarted),
            ..
        })]
    ));
    assert!(effects.contains(&Effect::Abandon(PaymentId(1))));
    again.intended(2);
}

/// Should the journal hold that an approval was given up and not that its sale was voided.
#[test]
fn an_approval_that_was_given_up_is_no_tender_after_a_restart() {
    let part = Decision::PartiallyApproved {
        amount: cny(1000),
        host: host(),
    };
    let (mut lane, _) = Lane::paid_by_card(1, part);
    lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    let voided = lane.records.pop().map(|record| record.fact);
    assert!(matches!(
        voided,
        Some(CheckoutFact::Sale(SaleFact::SaleVoided { .. }))
    ));
    let mut again = lane.killed();
    again.step(Event::Recovered);
    let effects = again.step(Event::CashTendered { given: cny(1000) });
    let closed =
        |fact: &CheckoutFact| matches!(fact, CheckoutFact::Sale(SaleFact::SaleClosed { .. }));
    assert!(
        !facts(&effects).into_iter().any(closed),
        "nothing else has paid"
    );
    let effects = again.step(Event::CashTendered { given: cny(550) });
    assert!(facts(&effects).into_iter().any(closed));
}

#[test]
fn a_sale_that_is_covered_but_not_closed_is_closed_at_restart() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(1550) });
    let mut torn = lane.killed();
    torn.records.pop();
    let mut again = torn.killed();
    let effects = again.step(Event::Recovered);
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Sale(SaleFact::SaleClosed { .. })]
    ));
}

#[test]
fn numbers_go_on_where_they_stopped() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(1550) });
    lane.printed();
    let mut again = lane.killed();
    assert_eq!(again.checkout.last_order_reference(), "basket-1");
    again.step(Event::Recovered);
    again.basket();
    again.step(Event::Total);
    let effects = again.step(Event::CashTendered { given: cny(1550) });
    assert!(matches!(
        facts(&effects).as_slice(),
        [_, CheckoutFact::Sale(SaleFact::SaleClosed { receipt, sale, .. })]
            if receipt.to_string() == "3-1-000002" && sale.0 == 2
    ));
}
