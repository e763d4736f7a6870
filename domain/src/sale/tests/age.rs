//! Articles that are sold from an age on.

use super::*;
use crate::{ids::SaleNumber, sale::AgeAnswer, time::BusinessDate};

fn from_age(name: &str, least_age: u8, minor: i64) -> PricedItem {
    PricedItem {
        least_age: Some(least_age),
        ..item(name, 1, minor)
    }
}

fn answer(least_age: u8, old_enough: bool) -> Event {
    Event::AgeAnswered {
        least_age,
        old_enough,
    }
}

fn with_spirits() -> Lane {
    let mut lane = Lane::new();
    lane.basket();
    lane.step(Event::Scanned(from_age("spirits", 18, 9_800)));
    lane
}

fn asks(effects: &[Effect]) -> Option<u8> {
    match shown(effects) {
        Some(Prompt::AskAge { least_age, .. }) => Some(*least_age),
        _ => None,
    }
}

fn answers(lane: &Lane) -> Vec<(u8, bool)> {
    let all = lane.records.iter().filter_map(|record| match record.fact {
        CheckoutFact::Basket(BasketFact::AgeAnswered { answer, .. }) => {
            Some((answer.least_age, answer.old_enough))
        }
        _ => None,
    });
    all.collect()
}

#[test]
fn nothing_is_totalled_before_somebody_says_how_old_the_customer_is() {
    let mut lane = with_spirits();
    lane.step(Event::DayNamed {
        date: BusinessDate::parse("2026-11-30").unwrap(),
        cut_within_ms: 0,
    });
    let effects = lane.step(Event::Total);
    let asked = Prompt::AskAge {
        name: "spirits".to_owned(),
        least_age: 18,
        born_by: Some(BusinessDate::parse("2008-11-30").unwrap()),
    };
    assert_eq!(shown(&effects), Some(&asked));
    assert!(facts(&effects).is_empty());
    let card = Event::CardChosen {
        payment_id: PaymentId(1),
    };
    for pays in [Event::CashTendered { given: cny(20_000) }, card] {
        assert_eq!(lane.try_step(pays), Err(Rejected::NotTotalled));
    }
    let effects = lane.step(answer(18, true));
    let told = BasketFact::AgeAnswered {
        sale: SaleNumber(1),
        answer: AgeAnswer {
            least_age: 18,
            old_enough: true,
            operator: OperatorId(7),
        },
    };
    assert_eq!(facts(&effects)[0], &CheckoutFact::Basket(told));
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
    lane.step(Event::CashTendered { given: cny(20_000) });
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn what_the_customer_is_too_young_for_is_taken_out_and_the_rest_is_sold() {
    let mut lane = with_spirits();
    lane.step(Event::Total);
    let effects = lane.step(answer(18, false));
    let [
        CheckoutFact::Basket(BasketFact::AgeAnswered { .. }),
        CheckoutFact::Basket(BasketFact::LineVoided { line_number, .. }),
    ] = facts(&effects)[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!((*line_number, shown(&effects)), (3, Some(&Prompt::Scan)));
    // Not asked again: nothing from an age is left.
    let effects = lane.step(Event::Total);
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
    assert_eq!(lane.checkout.sale().unwrap().total, Some(cny(1_550)));
}

#[test]
fn the_highest_age_is_asked_first_and_each_age_once() {
    let mut lane = Lane::new();
    lane.basket();
    lane.step(Event::Scanned(from_age("beer", 16, 550)));
    lane.step(Event::Scanned(from_age("spirits", 18, 9_800)));
    assert_eq!(asks(&lane.step(Event::Total)), Some(18));
    // Too young for one is not too young for the other.
    lane.step(answer(18, false));
    assert_eq!(asks(&lane.step(Event::Total)), Some(16));
    lane.step(answer(16, true));
    // More of it: nobody is asked again.
    lane.step(Event::Scanned(from_age("beer", 16, 550)));
    assert_eq!(shown(&lane.step(Event::Total)), Some(&Prompt::ChooseTender));
    // Of an older one, somebody is.
    lane.step(Event::Scanned(from_age("spirits", 18, 9_800)));
    assert_eq!(asks(&lane.step(Event::Total)), Some(18));
    lane.step(answer(18, true));
    assert_eq!(answers(&lane), [(18, false), (16, true), (18, true)]);
}

#[test]
fn an_answer_counts_only_for_what_was_asked() {
    let mut lane = with_spirits();
    assert_eq!(lane.try_step(answer(18, true)), Err(Rejected::AgeNotAsked));
    lane.step(Event::Total);
    assert_eq!(lane.try_step(answer(16, true)), Err(Rejected::AgeNotAsked));
    // The basket is another one now.
    lane.step(Event::Scanned(from_age("for grown-ups", 21, 100)));
    assert_eq!(lane.try_step(answer(18, true)), Err(Rejected::AgeNotAsked));
    assert_eq!(lane.try_step(answer(21, true)), Err(Rejected::AgeNotAsked));
    assert_eq!(asks(&lane.step(Event::Total)), Some(21));
}

#[test]
fn a_kill_keeps_the_answer_and_forgets_the_question() {
    let mut lane = with_spirits();
    lane.step(Event::Total);
    let mut asked = lane.killed();
    asked.step(Event::Recovered);
    assert_eq!(asked.try_step(answer(18, true)), Err(Rejected::AgeNotAsked));
    assert_eq!(asks(&asked.step(Event::Total)), Some(18));
    lane.step(answer(18, true));
    lane.step(Event::Scanned(item("bread", 1, 100)));
    let mut answered = lane.killed();
    answered.step(Event::Recovered);
    let effects = answered.step(Event::Total);
    assert_eq!(shown(&effects), Some(&Prompt::ChooseTender));
}

#[test]
fn a_basket_that_waited_is_asked_about_again() {
    let mut lane = with_spirits();
    lane.step(Event::Total);
    lane.step(answer(18, true));
    lane.step(Event::Suspend {
        label: String::new(),
    });
    lane.step(Event::Recall {
        suspended: SaleNumber(1),
        operator: OperatorId(8),
        price_version: "v2".to_owned(),
    });
    assert_eq!(asks(&lane.step(Event::Total)), Some(18));
}

#[test]
fn a_free_article_is_asked_about_too() {
    let mut lane = Lane::new();
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: String::new(),
        price_version: String::new(),
    });
    lane.step(Event::Scanned(from_age("sample", 18, 0)));
    assert_eq!(asks(&lane.step(Event::Total)), Some(18));
    let effects = lane.step(answer(18, true));
    assert!(matches!(shown(&effects), Some(Prompt::Printing { .. })));
}
