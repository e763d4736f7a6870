//! Papers of a sale.

use domain::{
    paper::{MerchantCopyOf, OwedToCard, ReturnReceipt, VoidSlip},
    response_code::ResponseCode,
};

use super::*;

fn paid(sale: SaleReceipt, name: &str) {
    golden(name, |setting| sale.lay_out(&heading(), setting, false));
}

/// By card alone.
fn by_card(outcome: CardOutcome) -> SaleReceipt {
    SaleReceipt {
        paid_by: vec![PaidBy::Card(slip(11040, outcome))],
        change: cny(0),
        ..sale()
    }
}

#[test]
fn a_sale() {
    paid(sale(), "sale");
}

#[test]
fn a_sale_by_card() {
    paid(by_card(approved()), "card");
}

#[test]
fn a_part_by_card_and_the_rest_rounded_in_cash() {
    let part = CardOutcome::PartlyApproved {
        asked: cny(11040),
        auth_code: Some(AuthCode::new("123456").unwrap()),
        rrn: None,
    };
    let sale = SaleReceipt {
        paid_by: vec![PaidBy::Card(slip(5000, part)), PaidBy::cash(cny(6100))],
        rounding: Some(cny(-4)),
        change: cny(64),
        ..sale()
    };
    paid(sale, "partial");
}

#[test]
fn a_declined_card_and_one_that_was_not_accepted() {
    let declined = CardOutcome::Declined {
        code: ResponseCode::new("51").unwrap(),
    };
    let sale = SaleReceipt {
        failed_cards: vec![slip(11040, declined), slip(11040, CardOutcome::NotAccepted)],
        ..sale()
    };
    paid(sale, "declined");
}

#[test]
fn a_charge_that_is_being_taken_back() {
    let sale = SaleReceipt {
        failed_cards: vec![slip(11040, CardOutcome::NotConfirmed)],
        ..sale()
    };
    paid(sale, "reversal");
}

#[test]
fn a_card_taken_without_the_bank() {
    paid(by_card(CardOutcome::SubjectToAuthorisation), "offline");
}

#[test]
fn a_reprint_says_so() {
    golden("reprint", |setting| {
        sale().lay_out(&heading(), setting, true)
    });
    let first = sale().lay_out(&heading(), PaperSetting::default(), false);
    let again = sale().lay_out(&heading(), PaperSetting::default(), true);
    assert_eq!(again.lines.split_first().unwrap().1, first.lines);
}

fn merchant_of(heading: &Heading) -> MerchantCopyOf<'_> {
    MerchantCopyOf {
        heading,
        lane: LaneId(3),
        number: number(7),
        at: AT,
        reprint: false,
    }
}

#[test]
fn the_merchants_copy_of_a_card_without_pin_is_signed() {
    let heading = heading();
    let signed = CardSlip {
        pin_entered: false,
        ..slip(11040, approved())
    };
    golden("merchant", |setting| {
        signed
            .merchant_copy(&merchant_of(&heading), setting)
            .unwrap()
    });
}

#[test]
fn a_merchants_copy_is_made_where_it_is_wanted() {
    let heading = heading();
    let kept = |slip: &CardSlip, merchant_copy| {
        let setting = PaperSetting {
            merchant_copy,
            ..PaperSetting::default()
        };
        slip.merchant_copy(&merchant_of(&heading), setting)
    };
    let read = |entry_mode, pin_entered| CardSlip {
        entry_mode,
        pin_entered,
        ..slip(11040, approved())
    };
    for (entry_mode, pin_entered, signs) in [
        (EntryMode::Chip, true, false),
        (EntryMode::Chip, false, true),
        (EntryMode::Stripe, false, true),
        (EntryMode::Keyed, false, true),
        (EntryMode::Contactless, false, false),
    ] {
        let slip = read(entry_mode, pin_entered);
        assert_eq!(kept(&slip, MerchantCopy::Signature).is_some(), signs);
        assert!(kept(&slip, MerchantCopy::Never).is_none());
        let text = kept(&slip, MerchantCopy::Always).unwrap().plain_text();
        assert_eq!(text.contains("signature"), signs, "{text}");
    }
    let declined = CardSlip {
        outcome: CardOutcome::NotConfirmed,
        ..read(EntryMode::Stripe, false)
    };
    assert!(
        kept(&declined, MerchantCopy::Always).is_none(),
        "it pays nothing"
    );
}

#[test]
fn a_voided_sale() {
    let slip = VoidSlip {
        lane: LaneId(3),
        sale: SaleNumber(9),
        at: AT,
        reason: "顾客离开 customer left".to_owned(),
        total: cny(11040),
        cash_back: cny(5000),
        cards: vec![slip(6040, CardOutcome::NotConfirmed)],
    };
    assert!(slip.is_wanted());
    golden("void", |setting| slip.lay_out(&heading(), setting));
    let nothing = VoidSlip {
        cash_back: cny(0),
        cards: Vec::new(),
        ..slip
    };
    assert!(!nothing.is_wanted());
}

fn owed() -> OwedToCard {
    OwedToCard {
        amount: cny(5000),
        scheme: Scheme::UnionPay,
        masked: MaskedPan::new("621626*********0018").unwrap(),
        payment_id: PaymentId(0xabc),
    }
}

#[test]
fn articles_that_came_back() {
    let returned = ReturnReceipt {
        number: number(8),
        lane: LaneId(3),
        at: AT,
        originals: vec![number(7)],
        without_receipt: false,
        reason: "变质 spoiled".to_owned(),
        articles: vec![article("鲜牛奶 whole milk", 4, 1250), apples()],
        taxes: vec![vat(4867, 633)],
        rounding: None,
        total: cny(5500),
        back_to: vec![PaidBy::cash(cny(500))],
        owed: vec![owed()],
    };
    golden("return", |setting| {
        returned.lay_out(&heading(), setting, false)
    });
    let without = ReturnReceipt {
        originals: Vec::new(),
        without_receipt: true,
        ..returned
    };
    let text = without
        .lay_out(&heading(), PaperSetting::default(), true)
        .plain_text();
    assert!(
        text.contains("REPRINT") && text.contains("Without receipt"),
        "{text}"
    );
}

#[test]
fn what_is_owed_to_a_card() {
    golden("owed", |setting| owed().lay_out(&heading(), setting, AT));
}

/// What is not known is not printed: no empty line, no label without a value.
#[test]
fn a_heading_prints_what_it_has() {
    let bare = Heading {
        store_name: "Store".to_owned(),
        ..Heading::default()
    };
    let text = sale()
        .lay_out(&bare, PaperSetting::default(), false)
        .plain_text();
    let head: Vec<&str> = text.lines().take(2).map(str::trim).collect();
    assert_eq!(head, ["Store", &"-".repeat(42)]);
}

/// F31: Chinese names come out as they are, in whole, and no line is wider than the paper.
#[test]
fn f31_chinese_names_stand_whole_and_inside_the_paper() {
    for basket in include_str!("baskets_cjk.csv").lines() {
        let names: Vec<&str> = basket.split(',').collect();
        let sale = SaleReceipt {
            articles: names.iter().map(|name| article(name, 1, 8990)).collect(),
            ..sale()
        };
        for columns in [PaperColumns::WIDE, PaperColumns::NARROW] {
            let setting = PaperSetting {
                columns,
                language: PaperLanguage::Chinese,
                ..PaperSetting::default()
            };
            let paper = sale.lay_out(&heading(), setting, false);
            let text = paper.plain_text();
            assert!(!text.contains('?'), "{text}");
            for line in text.lines() {
                assert!(
                    wide(line) <= columns.get(),
                    "{} columns: {line}",
                    wide(line)
                );
            }
            let run_together: String = text.split_whitespace().collect();
            for name in &names {
                assert!(run_together.contains(name), "{name} in\n{text}");
            }
            let amounts = text.lines().filter(|line| line.ends_with(" 89.90"));
            assert_eq!(amounts.count(), names.len(), "{text}");
        }
    }
}
