use std::sync::Arc;

use super::*;
use crate::{
    paper::{Heading, MerchantCopy, PaperSetting},
    sale::{Receipt, ReceiptForm},
    time::LocalMs,
};

/// What the wall of the store shows when the sale is closed: its own time, not the instant's.
const AT: LocalMs = LocalMs(1_795_363_200_000);

fn heading() -> Heading {
    Heading {
        store_name: "Lanekeeper demo store".to_owned(),
        tid: "LANE0003".to_owned(),
        mid: "898310054110001".to_owned(),
        ..Heading::default()
    }
}

fn form() -> ReceiptForm {
    ReceiptForm {
        heading: heading(),
        setting: PaperSetting::default(),
        closed: AT,
        again: false,
    }
}

pub(super) fn text(receipt: &Receipt) -> String {
    receipt.customer_copy(&form()).plain_text()
}

fn text_of(effects: &[Effect]) -> String {
    text(&printed(effects))
}

fn printed(effects: &[Effect]) -> Arc<Receipt> {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Print { receipt, .. } => Some(receipt.clone()),
            _ => None,
        })
        .unwrap()
}

#[test]
fn a_receipt_of_card_and_cash() {
    let (mut lane, _) = Lane::paid_by_card(
        0xabc,
        Decision::PartiallyApproved {
            amount: cny(1000),
            host: host(),
        },
    );
    let effects = lane.step(Event::CashTendered { given: cny(1000) });
    let text = text_of(&effects);
    let expected = "          Lanekeeper demo store
    TID LANE0003  MID 898310054110001
------------------------------------------
Lane 3                  Receipt 3-1-000001
2026-11-22 16:00:00                 Sale 1
------------------------------------------
whole milk                           12.50
yogurt                                3.00
  2 x 1.50
------------------------------------------
Items 3
TOTAL CNY                            15.50
------------------------------------------
Card UnionPay                        10.00
  621626*********0018 chip, PIN
  approved in part, asked 15.50
  Auth 123456  RRN 000000000042
  Payment 00000000000000000000000000000abc
Cash                                 10.00
Change                                4.50
------------------------------------------
               R3-1-000001
       Thank you for your purchase
";
    assert_eq!(text, expected);
}

#[test]
fn a_card_that_did_not_pay_stands_below_with_its_reason() {
    let declined = Decision::Declined {
        code: crate::response_code::ResponseCode::new("51").unwrap(),
        host: host(),
    };
    let (mut lane, _) = Lane::paid_by_card(0xdef, declined);
    let effects = lane.step(Event::CashTendered { given: cny(1550) });
    let text = text_of(&effects);
    let expected = "Cash                                 15.50
------------------------------------------
Card UnionPay                     NOT PAID
  621626*********0018 chip, PIN
  declined, code 51
  Payment 00000000000000000000000000000def
------------------------------------------
               R3-1-000001
       Thank you for your purchase
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_stand_in_says_so() {
    let (_, effects) = Lane::paid_by_card(1, Decision::StandIn { amount: cny(1550) });
    let text = text_of(&effects);
    assert!(text.contains("SUBJECT TO AUTHORISATION"), "{text}");
    assert!(!text.contains("Auth "), "{text}");
}

#[test]
fn a_name_goes_on_below_and_can_not_command_the_printer() {
    let mut lane = Lane::new();
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: String::new(),
        price_version: "v1".to_owned(),
    });
    lane.step(Event::Scanned(item("\u{1b}@bread\u{1d}V", 1, 100)));
    lane.step(Event::Scanned(item(&"long ".repeat(20), 1, 100)));
    lane.step(Event::Total);
    let effects = lane.step(Event::CashTendered { given: cny(200) });
    let text = text_of(&effects);
    assert!(
        text.lines().all(|line| line.chars().count() <= 42),
        "{text}"
    );
    let unseen = |letter: char| letter.is_control() && letter != '\n';
    assert!(!text.contains(unseen), "{text:?}");
    assert_eq!(text.matches("long").count(), 20, "{text}");
}

#[test]
fn the_merchant_keeps_a_copy_of_what_a_card_paid_and_of_nothing_else() {
    let (_, effects) = Lane::paid_by_card(1, approved(1550));
    let receipt = printed(&effects);
    assert!(
        receipt.merchant_copies(&form()).is_empty(),
        "never, if not told"
    );
    let mut form = form();
    form.setting.merchant_copy = MerchantCopy::Always;
    let copies = receipt.merchant_copies(&form);
    assert_eq!(copies.len(), 1);
    let text = copies.first().unwrap().plain_text();
    assert!(
        text.contains("MERCHANT COPY") && text.contains("15.50"),
        "{text}"
    );
    assert!(!text.contains("signature"), "a PIN was entered: {text}");
    let declined = Decision::Declined {
        code: crate::response_code::ResponseCode::new("51").unwrap(),
        host: host(),
    };
    let (mut lane, _) = Lane::paid_by_card(2, declined);
    let effects = lane.step(Event::CashTendered { given: cny(1550) });
    assert!(printed(&effects).merchant_copies(&form).is_empty());
}
