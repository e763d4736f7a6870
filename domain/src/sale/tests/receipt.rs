use super::*;
use crate::{
    sale::{Heading, Receipt},
    time::LocalMs,
};

/// What the wall of the store shows when the sale is closed: its own time, not the instant's.
const AT: LocalMs = LocalMs(1_795_363_200_000);

fn heading() -> Heading {
    Heading {
        store_name: "Lanekeeper demo store".to_owned(),
        tid: "LANE0003".to_owned(),
        mid: "898310054110001".to_owned(),
    }
}

fn printed(effects: &[Effect]) -> Receipt {
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
    let text = printed(&effects).plain_text(&heading(), AT);
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
  Auth 123456  RRN 000000000042
  Payment 00000000000000000000000000000abc
Cash                                 10.00
Change                                4.50
------------------------------------------
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
    let text = printed(&effects).plain_text(&heading(), AT);
    let expected = "Cash                                 15.50
------------------------------------------
Card UnionPay                     NOT PAID
  621626*********0018 chip, PIN
  declined, code 51
  Payment 00000000000000000000000000000def
------------------------------------------
       Thank you for your purchase
";
    assert!(text.ends_with(expected), "{text}");
}

#[test]
fn a_stand_in_says_so() {
    let (_, effects) = Lane::paid_by_card(1, Decision::StandIn { amount: cny(1550) });
    let text = printed(&effects).plain_text(&heading(), AT);
    assert!(text.contains("SUBJECT TO AUTHORISATION"), "{text}");
    assert!(!text.contains("Auth "), "{text}");
}

#[test]
fn a_name_is_cut_and_can_not_command_the_printer() {
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
    let lines = printed(&effects).lay_out(&heading(), AT);
    assert!(lines.iter().all(|line| line.text.chars().count() <= 42));
    assert!(
        lines
            .iter()
            .all(|line| !line.text.chars().any(char::is_control))
    );
}
