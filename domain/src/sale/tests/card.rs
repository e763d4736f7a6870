use super::*;
use crate::{
    payment::{RefusalReason, UnknownReason},
    response_code::ResponseCode,
};

#[test]
fn the_intent_is_written_before_the_payment_is_sent() {
    let mut lane = Lane::totalled();
    let effects = lane.intended(1);
    assert!(matches!(
        effects.as_slice(),
        [
            Effect::Persist(CheckoutRecord {
                fact: CheckoutFact::Tender(TenderFact::PaymentIntended { payment, .. }),
                ..
            }),
            Effect::SendPayment(request),
            Effect::Show(_),
        ] if payment.amount == cny(1550) && request.amount == cny(1550)
    ));
    assert_eq!(lane.checkout.pin_entries(), 1);
}

#[test]
fn an_approval_closes_the_sale_without_drawer_or_change() {
    let (_, effects) = Lane::paid_by_card(1, approved(1550));
    assert!(matches!(
        facts(&effects).as_slice(),
        [
            CheckoutFact::Tender(TenderFact::PaymentDecided { .. }),
            CheckoutFact::Sale(SaleFact::SaleClosed { change, .. }),
        ] if change.is_zero()
    ));
    assert!(!effects.contains(&Effect::OpenDrawer));
}

#[test]
fn a_partial_approval_leaves_the_rest_to_another_tender() {
    let (mut lane, effects) = Lane::paid_by_card(
        1,
        Decision::PartiallyApproved {
            amount: cny(1000),
            host: host(),
        },
    );
    assert_eq!(
        shown(&effects),
        Some(&Prompt::PartlyApproved { amount: cny(1000) })
    );
    let effects = lane.step(Event::CardChosen {
        payment_id: PaymentId(2),
    });
    assert!(
        matches!(effects.first(), Some(Effect::ArmReader { amount, .. }) if *amount == cny(550))
    );
    let effects = lane.step(Event::CashTendered { given: cny(600) });
    assert!(effects.contains(&Effect::DisarmReader));
    assert!(matches!(
        facts(&effects).as_slice(),
        [_, CheckoutFact::Sale(SaleFact::SaleClosed { change, tenders, .. })]
            if *change == cny(50) && tenders.len() == 2
    ));
}

#[test]
fn whatever_does_not_pay_asks_for_the_next_tender() {
    let code = ResponseCode::new("51").unwrap();
    for (decision, prompt) in [
        (
            Decision::Declined {
                code,
                host: HostFacts::default(),
            },
            Prompt::Declined { code },
        ),
        (
            Decision::Unknown {
                reason: UnknownReason::NoAnswer,
            },
            Prompt::NotConfirmed,
        ),
        (
            Decision::Refused {
                reason: RefusalReason::OfflineBudget,
            },
            Prompt::Refused {
                reason: RefusalReason::OfflineBudget,
            },
        ),
    ] {
        let (mut lane, effects) = Lane::paid_by_card(1, decision);
        assert_eq!(shown(&effects), Some(&prompt));
        assert!(prompt.takes_tender());
        let payment_id = PaymentId(1);
        assert_eq!(
            lane.try_step(Event::CardChosen { payment_id }),
            Err(Rejected::IdUsed(payment_id))
        );
        for sentence in [prompt.cashier(), prompt.customer()] {
            assert!(!sentence.english.is_empty() && !sentence.chinese.is_empty());
        }
        let effects = lane.step(Event::CashTendered { given: cny(1550) });
        assert!(matches!(
            facts(&effects).as_slice(),
            [_, CheckoutFact::Sale(SaleFact::SaleClosed { tenders, .. })] if tenders.len() == 1
        ));
    }
}

#[test]
fn a_declined_card_is_explained_to_both_in_both_languages() {
    let prompt = Prompt::Declined {
        code: ResponseCode::new("51").unwrap(),
    };
    let (cashier, customer) = (prompt.cashier(), prompt.customer());
    assert_eq!(
        cashier.english,
        "Not enough funds: ask for another card or cash. (51)"
    );
    assert!(cashier.chinese.contains("余额不足"));
    assert!(customer.english.starts_with("Not enough funds."));
    assert!(customer.chinese.contains("余额不足"));
}

#[test]
fn an_approval_of_another_amount_is_given_up() {
    for decision in [
        approved(1551),
        approved(1),
        Decision::PartiallyApproved {
            amount: cny(1550),
            host: host(),
        },
        Decision::StandIn { amount: cny(15) },
    ] {
        let (lane, effects) = Lane::paid_by_card(1, decision);
        assert!(effects.contains(&Effect::Abandon(PaymentId(1))));
        assert_eq!(shown(&effects), Some(&Prompt::NotConfirmed));
        assert!(lane.checkout.sale().unwrap().tenders.is_empty());
    }
}

#[test]
fn an_unknown_fate_is_given_up_and_its_late_answer_changes_nothing() {
    let payment_id = PaymentId(1);
    for event in [
        Event::LinkLost { payment_id },
        Event::ResultTimedOut { payment_id },
    ] {
        let mut lane = Lane::totalled();
        lane.intended(1);
        lane.step(Event::PaymentLeft { payment_id });
        let effects = lane.step(event);
        assert!(matches!(
            facts(&effects).as_slice(),
            [CheckoutFact::Tender(TenderFact::PaymentAbandoned { .. })]
        ));
        assert!(effects.contains(&Effect::Abandon(payment_id)));
        assert_eq!(
            lane.try_step(Event::Decided {
                payment_id,
                decision: approved(1550)
            }),
            Err(Rejected::NotAwaited(payment_id))
        );
        assert_eq!(
            lane.try_step(Event::CardChosen { payment_id }),
            Err(Rejected::IdUsed(payment_id))
        );
        lane.intended(2);
        assert!(lane.checkout.abandoned().contains(&payment_id));
    }
}

#[test]
fn out_of_reach_is_a_refusal_only_while_no_byte_has_left() {
    let payment_id = PaymentId(1);
    let mut lane = Lane::totalled();
    lane.intended(1);
    let effects = lane.step(Event::HubUnreachable { payment_id });
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Tender(TenderFact::PaymentDecided {
            decision: Decision::Refused {
                reason: RefusalReason::NotOffline
            },
            ..
        })]
    ));
    assert!(lane.checkout.abandoned().is_empty());

    let mut lane = Lane::totalled();
    lane.intended(1);
    lane.step(Event::PaymentLeft { payment_id });
    let effects = lane.step(Event::HubUnreachable { payment_id });
    assert!(effects.contains(&Effect::Abandon(payment_id)));
}

#[test]
fn a_sale_voided_after_an_approval_gives_the_approval_up() {
    let (mut lane, _) = Lane::paid_by_card(
        1,
        Decision::PartiallyApproved {
            amount: cny(1000),
            host: host(),
        },
    );
    lane.intended(2);
    let effects = lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    assert!(matches!(
        facts(&effects).as_slice(),
        [
            CheckoutFact::Tender(TenderFact::PaymentAbandoned {
                payment_id: PaymentId(1),
                ..
            }),
            CheckoutFact::Tender(TenderFact::PaymentAbandoned {
                payment_id: PaymentId(2),
                ..
            }),
            CheckoutFact::Sale(SaleFact::SaleVoided { .. }),
        ]
    ));
}

#[test]
fn nothing_else_happens_while_a_payment_is_decided() {
    let mut lane = Lane::totalled();
    lane.intended(1);
    for event in [
        Event::Scanned(item("bread", 1, 100)),
        Event::Total,
        Event::CashTendered { given: cny(1550) },
        Event::CardChosen {
            payment_id: PaymentId(2),
        },
    ] {
        assert_eq!(lane.try_step(event), Err(Rejected::PaymentUnderWay));
    }
}

#[test]
fn an_endless_row_of_bad_cards_ends_in_cash() {
    let mut lane = Lane::totalled();
    for id in 0..crate::limits::SALE_TENDERS_MAX as u128 {
        let payment_id = PaymentId(id);
        lane.step(Event::CardChosen { payment_id });
        lane.step(Event::CardNotRead {
            payment_id,
            reason: "dirty chip".to_owned(),
        });
    }
    let payment_id = PaymentId(99);
    assert_eq!(
        lane.try_step(Event::CardChosen { payment_id }),
        Err(Rejected::TooManyTenders)
    );
    lane.step(Event::CashTendered { given: cny(1550) });
}
