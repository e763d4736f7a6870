//! What keys are called, and what is typed for them.

use super::*;

#[test]
fn what_was_typed_is_read_by_the_key_it_is_for() {
    let reason = || "torn".to_owned();
    let age = |old_enough| Key::Age {
        least_age: 18,
        old_enough,
    };
    for (name, typed, key) in [
        ("quantity", "3", Key::Quantity { quantity: 3 }),
        (
            "change-quantity",
            "2. 5",
            Key::ChangeQuantity {
                line_number: Some(2),
                quantity: 5,
            },
        ),
        (
            "change-quantity",
            "5",
            Key::ChangeQuantity {
                line_number: None,
                quantity: 5,
            },
        ),
        (
            "override-price",
            "2. 350 torn",
            Key::OverridePrice {
                line_number: Some(2),
                price_minor: 350,
                reason: reason(),
            },
        ),
        (
            "discount",
            "50 torn",
            Key::Discount {
                line_number: None,
                amount_minor: 50,
                reason: reason(),
            },
        ),
        (
            "amount",
            "450 A deposit of a crate",
            Key::Amount {
                amount_minor: 450,
                tax_class: "A".to_owned(),
                name: "deposit of a crate".to_owned(),
            },
        ),
        ("plu", "4011", Key::Plu { code: 4011 }),
        ("weight", "512", Key::Weight { grams: 512 }),
        ("recall", "7", Key::Recall { sale: 7 }),
        (
            "recall",
            "3-1-42",
            Key::RecallElsewhere {
                basket: SuspendedId::parse("3-1-42").unwrap(),
            },
        ),
        ("baskets", "", Key::Baskets),
        ("clear", "", Key::Clear),
        ("old-enough", "18", age(true)),
        ("too-young", "18", age(false)),
        ("sign-off", "", Key::SignOff),
        ("sign-off-another", "", Key::SignOffAnother),
        ("unlock", "7", Key::Unlock { operator: 7 }),
    ] {
        assert_eq!(Key::named(name, typed), Some(key), "{name} {typed}");
    }
}

#[test]
fn what_is_nothing_for_a_key_presses_none() {
    for (name, typed) in [
        ("quantity", ""),
        ("quantity", "-1"),
        ("change-quantity", "x. 5"),
        ("override-price", "2. torn"),
        ("weight", "0.5"),
        ("recall", "milk"),
        ("recall", "3-42"),
        ("old-enough", ""),
        ("sesame", ""),
    ] {
        assert_eq!(Key::named(name, typed), None, "{name} {typed}");
    }
}

#[test]
fn what_was_typed_of_goods_that_come_back_is_read() {
    for (name, typed, key) in [
        (
            "return",
            "3-1-000042 torn",
            Key::Return {
                receipt: ReceiptNumber::parse("3-1-000042").unwrap(),
                reason: "torn".to_owned(),
            },
        ),
        (
            "return",
            "R3-1-000042",
            Key::Return {
                receipt: ReceiptNumber::parse("3-1-000042").unwrap(),
                reason: String::new(),
            },
        ),
        (
            "return-line",
            "2 x 3",
            Key::ReturnLine {
                line_number: 2,
                pieces: Some(3),
            },
        ),
        (
            "return-line",
            "2",
            Key::ReturnLine {
                line_number: 2,
                pieces: None,
            },
        ),
        (
            "return-without",
            "4011 does not work",
            Key::ReturnWithout {
                article: "4011".to_owned(),
                reason: "does not work".to_owned(),
            },
        ),
        (
            "cash-for-card",
            "card is gone",
            Key::CashForCard {
                reason: "card is gone".to_owned(),
            },
        ),
        ("pay-back", "", Key::PayBack),
    ] {
        assert_eq!(Key::named(name, typed), Some(key), "{name} {typed}");
    }
    for (name, typed) in [
        ("return", ""),
        ("return", "milk"),
        ("return-line", "2 x"),
        ("return-line", "2 x -1"),
    ] {
        assert_eq!(Key::named(name, typed), None, "{name} {typed}");
    }
}
