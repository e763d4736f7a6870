//! One scan behind the total pays.

use super::*;
use crate::{
    payment::{PaymentMethod, RefusalReason},
    sale::{AbandonReason, Tender},
};

const CODE: &str = "134567890123456789";

fn scanned(id: u128) -> Event {
    Event::WalletScanned {
        payment_id: PaymentId(id),
        card: CardRef::of_wallet_code(CODE).unwrap(),
    }
}

fn decided(id: u128, decision: Decision) -> Event {
    Event::Decided {
        payment_id: PaymentId(id),
        decision,
    }
}

#[test]
fn one_scan_behind_the_total_pays_and_no_key_is_pressed() {
    let mut lane = Lane::totalled();
    let effects = lane.step(scanned(1));
    assert!(matches!(
        effects.as_slice(),
        [
            Effect::Persist(CheckoutRecord {
                fact: CheckoutFact::Tender(TenderFact::PaymentIntended { payment, .. }),
                ..
            }),
            Effect::SendPayment(request),
            Effect::Show(_),
        ] if payment.method == PaymentMethod::Wallet
            && request.amount == cny(1550)
            && request.entry_mode == EntryMode::Code
    ));
    let amount = cny(1550);
    assert_eq!(shown(&effects), Some(&Prompt::ConfirmOnPhone { amount }));
    let payment_id = PaymentId(1);
    let effects = lane.step(Event::PaymentLeft { payment_id });
    assert_eq!(shown(&effects), Some(&Prompt::ConfirmOnPhone { amount }));
    let effects = lane.step(decided(1, approved(1550)));
    let facts = facts(&effects);
    let [_, CheckoutFact::Sale(SaleFact::SaleClosed { tenders, .. })] = facts.as_slice() else {
        panic!("{facts:?}");
    };
    assert_eq!(
        tenders.as_slice(),
        [Tender::Wallet {
            amount,
            payment_id,
            scheme: Scheme::WeChatPay,
        }]
    );
    assert!(!format!("{:?}", lane.records).contains(CODE));
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn a_code_in_front_of_the_total_pays_nothing() {
    let mut lane = Lane::new();
    assert_eq!(lane.try_step(scanned(1)), Err(Rejected::NoSale));
    lane.basket();
    assert_eq!(lane.try_step(scanned(1)), Err(Rejected::TotalFirst));
}

#[test]
fn a_scan_while_a_card_is_awaited_takes_its_place() {
    let mut lane = Lane::totalled();
    lane.step(Event::CardChosen {
        payment_id: PaymentId(1),
    });
    let effects = lane.step(scanned(2));
    assert!(effects.contains(&Effect::DisarmReader));
    assert_eq!(
        lane.try_step(card_read(1)),
        Err(Rejected::NotAwaited(PaymentId(1)))
    );
    assert_eq!(lane.try_step(scanned(3)), Err(Rejected::PaymentUnderWay));
}

#[test]
fn a_cashier_cancels_what_the_customer_does_not_confirm() {
    let mut lane = Lane::totalled();
    assert_eq!(
        lane.try_step(Event::PaymentCancelled),
        Err(Rejected::NothingToCancel)
    );
    lane.step(scanned(1));
    let payment_id = PaymentId(1);
    lane.step(Event::PaymentLeft { payment_id });
    let effects = lane.step(Event::PaymentCancelled);
    assert!(matches!(
        facts(&effects).as_slice(),
        [CheckoutFact::Tender(TenderFact::PaymentAbandoned { reason, .. })]
            if *reason == AbandonReason::Cancelled.into()
    ));
    assert!(effects.contains(&Effect::Abandon(payment_id)));
    assert_eq!(shown(&effects), Some(&Prompt::NotConfirmed));
    // The customer confirms all the same: it is never a tender of this sale.
    assert_eq!(
        lane.try_step(decided(1, approved(1550))),
        Err(Rejected::NotAwaited(payment_id))
    );
    lane.step(Event::CashTendered { given: cny(1550) });
    assert!(lane.checkout.sale().is_none());
    let mut lane = Lane::totalled();
    lane.intended(1);
    assert_eq!(
        lane.try_step(Event::PaymentCancelled),
        Err(Rejected::PaymentUnderWay),
        "a card is waited for"
    );
}

#[test]
fn without_the_hub_a_wallet_is_refused_with_its_next_step() {
    let reason = RefusalReason::WalletOffline;
    let mut lane = Lane::totalled();
    lane.step(scanned(1));
    let payment_id = PaymentId(1);
    let effects = lane.step(Event::HubUnreachable { payment_id });
    assert_eq!(shown(&effects), Some(&Prompt::Refused { reason }));
    assert!(lane.checkout.sale().unwrap().tenders.is_empty());
    // A hub that was never reached: there is nobody to seal the code to.
    let effects = lane.step(Event::WalletNotSealed);
    assert_eq!(shown(&effects), Some(&Prompt::Refused { reason }));
    assert!(Prompt::Refused { reason }.takes_tender());
}

#[test]
fn a_receipt_says_whose_wallet_and_shows_two_digits_and_four() {
    let mut lane = Lane::totalled();
    lane.step(scanned(1));
    let effects = lane.step(decided(1, approved(1550)));
    let receipt = effects.iter().find_map(|effect| match effect {
        Effect::Print { receipt, .. } => Some(receipt),
        _ => None,
    });
    let receipt = receipt.unwrap();
    let [tender] = &receipt.card_tenders[..] else {
        panic!("{receipt:?}");
    };
    assert_eq!(tender.payment.card.masked.as_str(), "13************6789");
}
