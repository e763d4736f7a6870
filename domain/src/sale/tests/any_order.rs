//! Anything in any order: what must hold after every event.

use proptest::prelude::*;

use super::*;
use crate::{
    ids::SaleNumber,
    payment::{RefusalReason, UnknownReason},
    response_code::ResponseCode,
    sale::{SoldBy, Tender, WeighedBy, Weight},
    time::BusinessDate,
};

fn decisions() -> impl Strategy<Value = Decision> {
    prop_oneof![
        4 => prop::sample::select(vec![100, 250, 350, 500]).prop_map(approved),
        1 => (1..400_i64).prop_map(|minor| Decision::PartiallyApproved {
            amount: cny(minor),
            host: host(),
        }),
        1 => prop::sample::select(vec![100, 250]).prop_map(|minor| Decision::StandIn {
            amount: cny(minor),
        }),
        1 => Just(Decision::Declined {
            code: ResponseCode::new("51").unwrap(),
            host: HostFacts::default(),
        }),
        1 => Just(Decision::Unknown { reason: UnknownReason::NoAnswer }),
        1 => Just(Decision::Refused { reason: RefusalReason::TooMany }),
    ]
}

pub(super) fn events() -> impl Strategy<Value = Event> {
    let id = || (0..3_u128).prop_map(PaymentId);
    prop_oneof![
        4 => Just(Event::Open {
            operator: OperatorId(1),
            order_reference: "o".to_owned(),
            price_version: "v1".to_owned(),
        }),
        4 => prop::sample::select(vec![0, 100, 250])
            .prop_map(|minor| Event::Scanned(item("x", 1, minor))),
        1 => (1..4_u32).prop_map(|line_number| Event::LineVoided { line_number }),
        4 => Just(Event::Total),
        2 => (-5..600_i64).prop_map(|minor| Event::CashTendered { given: cny(minor) }),
        6 => id().prop_map(|payment_id| Event::CardChosen { payment_id }),
        6 => (0..3_u128).prop_map(card_read),
        1 => id().prop_map(|payment_id| Event::CardNotRead { payment_id, reason: "r".to_owned() }),
        2 => id().prop_map(|payment_id| Event::PaymentLeft { payment_id }),
        6 => (id(), decisions())
            .prop_map(|(payment_id, decision)| Event::Decided { payment_id, decision }),
        1 => id().prop_map(|payment_id| Event::HubUnreachable { payment_id }),
        1 => id().prop_map(|payment_id| Event::LinkLost { payment_id }),
        1 => id().prop_map(|payment_id| Event::ResultTimedOut { payment_id }),
        3 => (1..4_u32, any::<bool>()).prop_map(|(one, reprint)| is_out(receipt(one), reprint)),
        1 => Just(Event::VoidSale { reason: "r".to_owned() }),
        3 => by_hand(),
        3 => super::till_any_order::at_the_till(),
        1 => Just(Event::Recovered),
        1 => (1..4_u64).prop_map(|id| Event::LeaseOffered(super::offline::lease(id))),
        1 => Just(Event::HubReached),
        1 => Just(Event::Rest),
        1 => (22..25_u32).prop_map(|day| Event::DayNamed {
            date: BusinessDate::parse(&format!("2026-11-{day}")).unwrap(),
            cut_within_ms: 0,
        }),
    ]
}

/// What is typed, suspended and recalled.
fn by_hand() -> impl Strategy<Value = Event> {
    let right = || prop_oneof![Just(Right::Missing), Just(Right::HeldBy(OperatorId(2))),];
    let line = || prop::option::of(1..4_u32);
    prop_oneof![
        (0..4_u32).prop_map(|quantity| Event::QuantityAnnounced { quantity }),
        (line(), 0..4_u32).prop_map(|(line_number, quantity)| Event::QuantityChanged {
            line_number,
            quantity,
        }),
        prop::sample::select(vec![0, 3, 512]).prop_map(|grams| Event::Weighed(Weight {
            grams,
            by: WeighedBy::Scale,
        })),
        (1..300_i64).prop_map(|minor| Event::Scanned(PricedItem {
            sold_by: SoldBy::Weight,
            tax_class: "A".to_owned(),
            tax_rate_basis_points: Some(1_300),
            ..item("w", 1, minor)
        })),
        (-1..300_i64, right()).prop_map(|(minor, right)| Event::PriceAnnounced {
            price: cny(minor),
            right,
        }),
        (line(), -1..300_i64, right()).prop_map(|(line_number, minor, right)| {
            Event::PriceOverridden {
                line_number,
                price: cny(minor),
                reason: "r".to_owned(),
                right,
            }
        }),
        (line(), -1..300_i64, right()).prop_map(|(line_number, minor, right)| {
            Event::Discounted {
                line_number,
                amount: cny(minor),
                reason: "r".to_owned(),
                right,
            }
        }),
        Just(Event::Cleared),
        prop::sample::select(vec![16, 18]).prop_map(|least_age| Event::Scanned(PricedItem {
            least_age: Some(least_age),
            ..item("b", 1, 550)
        })),
        (prop::sample::select(vec![16, 18]), any::<bool>()).prop_map(|(least_age, old_enough)| {
            Event::AgeAnswered {
                least_age,
                old_enough,
            }
        }),
        Just(Event::Suspend {
            label: "l".to_owned()
        }),
        (1..6_u32).prop_map(|sale| Event::Recall {
            suspended: SaleNumber(sale),
            operator: OperatorId(1),
            price_version: "v2".to_owned(),
        }),
    ]
}

/// What is sold from an age on is totalled for somebody who has it.
fn check_age(lane: &Lane, fact: &CheckoutFact) {
    let CheckoutFact::Basket(BasketFact::SaleTotalled { .. }) = fact else {
        return;
    };
    let Some(sale) = lane.checkout.sale() else {
        return;
    };
    let sold = sale.sold_lines().filter(|line| line.returned.is_none());
    assert!(sale.old_enough_for >= sold.filter_map(|line| line.least_age).max());
}

/// Tenders less change equal the total and the rounding, and change comes from cash only (I3).
fn check_closing(fact: &CheckoutFact) {
    let CheckoutFact::Sale(SaleFact::SaleClosed {
        total,
        tenders,
        change,
        rounding,
        ..
    }) = fact
    else {
        return;
    };
    let paid: i64 = tenders.iter().map(|tender| tender.amount().minor()).sum();
    let cards: i64 = tenders
        .iter()
        .filter(|tender| matches!(tender, Tender::Card { .. }))
        .map(|tender| tender.amount().minor())
        .sum();
    assert_eq!(paid - change.minor(), total.minor() + rounding.minor());
    assert!((-9..=0).contains(&rounding.minor()), "{rounding}");
    let in_cash = matches!(tenders.last(), Some(Tender::Cash { .. }));
    assert!(in_cash || rounding.is_zero());
    assert!(change.minor() >= 0 && cards <= total.minor());
}

fn persist_comes_first(effects: &[Effect]) {
    let is_record = |effect: &Effect| matches!(effect, Effect::Persist(_));
    let first_other = effects.iter().position(|effect| !is_record(effect));
    let last_record = effects.iter().rposition(is_record);
    if let (Some(other), Some(record)) = (first_other, last_record) {
        assert!(record < other, "{effects:?}");
    }
}

proptest! {
    #[test]
    fn records_rebuild_the_checkout_and_every_closing_balances(
        sequence in prop::collection::vec(events(), 1..80)
    ) {
        let mut lane = Lane::new();
        let mut closed = 0;
        for event in sequence {
            let before = lane.checkout.clone();
            match lane.try_step(event) {
                Ok(effects) => {
                    persist_comes_first(&effects);
                    for fact in facts(&effects) {
                        check_closing(fact);
                        check_age(&lane, fact);
                        if let CheckoutFact::Sale(SaleFact::SaleClosed { receipt, .. }) = fact {
                            closed += 1;
                            prop_assert_eq!(receipt.sequence, closed);
                        }
                    }
                    let sends = effects.iter().any(|e| matches!(e, Effect::SendPayment(_)));
                    let intends = facts(&effects)
                        .iter()
                        .any(|fact| matches!(
                            fact,
                            CheckoutFact::Tender(TenderFact::PaymentIntended { .. })
                        ));
                    prop_assert_eq!(sends, intends);
                }
                // Nothing that is durable has changed, and nothing that is not.
                Err(_) => prop_assert!(lane.checkout == before),
            }
            prop_assert!(lane.killed().checkout.durable_equals(&lane.checkout));
        }
    }

    /// Once given up, an id is never a tender and never asked for again (I19).
    #[test]
    fn a_payment_given_up_never_pays(sequence in prop::collection::vec(events(), 1..80)) {
        let mut lane = Lane::new();
        for event in sequence {
            let Ok(effects) = lane.try_step(event) else { continue };
            let abandoned = lane.checkout.abandoned();
            if let Some(sale) = lane.checkout.sale() {
                for tender in &sale.card_tenders {
                    prop_assert!(!abandoned.contains(&tender.payment.payment_id));
                }
            }
            for effect in effects {
                if let Effect::SendPayment(request) = effect {
                    prop_assert!(!abandoned.contains(&request.payment_id));
                }
            }
        }
    }
}
