//! The drawer of test cards, and the accounts behind them. All numbers are made up inside ranges
//! that schemes publish for tests; none belongs to anybody.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// More than anybody spends in an afternoon.
const BALANCE_MINOR: i64 = 100_000_000;

/// One card of the drawer.
struct TestCard {
    english: &'static str,
    chinese: &'static str,
    pan: &'static str,
    entry: &'static str,
    funding: &'static str,
    /// Entered by the customer where the card wants it.
    pin: Option<&'static str>,
    /// In the words of the bank's accounts file.
    behaviour: &'static str,
}

const fn card(english: &'static str, chinese: &'static str, pan: &'static str) -> TestCard {
    TestCard {
        english,
        chinese,
        pan,
        entry: "chip",
        funding: "credit",
        pin: None,
        behaviour: "approve",
    }
}

const DRAWER: [TestCard; 9] = [
    TestCard {
        entry: "contactless",
        ..card(
            "Credit, contactless: approved",
            "信用卡 挥卡：批准",
            "6250947000000014",
        )
    },
    TestCard {
        funding: "debit",
        pin: Some("123456"),
        ..card(
            "Debit with PIN: approved",
            "借记卡 密码：批准",
            "6222620000000000012",
        )
    },
    TestCard {
        funding: "debit",
        pin: Some("123456"),
        behaviour: "decline:51",
        ..card(
            "Debit: not enough money",
            "借记卡：余额不足",
            "6222620000000000020",
        )
    },
    TestCard {
        behaviour: "decline:05",
        ..card("Credit: declined", "信用卡：拒绝", "6250947000000022")
    },
    TestCard {
        behaviour: "decline:41",
        ..card("Lost card", "挂失卡", "6250947000000030")
    },
    TestCard {
        funding: "prepaid",
        behaviour: "partial",
        ..card("Prepaid: pays half", "预付卡：部分付款", "6200000000000005")
    },
    TestCard {
        behaviour: "slow:5000",
        ..card("Slow bank: 5 s", "银行慢：5 秒", "6250947000000048")
    },
    TestCard {
        behaviour: "silent",
        ..card("Bank never answers", "银行无应答", "6250947000000055")
    },
    TestCard {
        entry: "stripe",
        ..card("Stripe only: approved", "磁条卡：批准", "4111111111111111")
    },
];

/// Wallets of the panel's phones: what their codes begin with, in the words of the bank's accounts.
const PHONES: [(&str, &str); 4] = [
    ("13001", "pays"),
    ("28002", "confirms:12000"),
    ("62003", "never-confirms"),
    ("13004", "declines:51"),
];

/// What the panel of a lane is given.
pub(super) fn drawer() -> Value {
    let cards = DRAWER.iter().map(|card| {
        json!({
            "english": card.english,
            "chinese": card.chinese,
            "card": {
                "pan": card.pan,
                "expiry": "3012",
                "card_sequence": "001",
                "entry": card.entry,
                "pin": card.pin,
                "service_code": if card.entry == "stripe" { "101" } else { "201" },
                "funding": card.funding,
            },
        })
    });
    cards.collect()
}

/// `accounts.toml` of the bank's side.
pub(super) fn accounts() -> String {
    let mut text = "# The accounts behind the test cards; made up.\n".to_owned();
    for card in &DRAWER {
        let TestCard { pan, behaviour, .. } = card;
        let pin = card.pin.unwrap_or("123456");
        let _ = write!(
            text,
            "\n[[account]]\npan = \"{pan}\"\nbehaviour = \"{behaviour}\"\npin = \"{pin}\"\n"
        );
        // Without a balance such an account pays half of what it is asked.
        if card.behaviour != "partial" {
            let _ = writeln!(text, "balance_minor = {BALANCE_MINOR}");
        }
    }
    for (codes, behaviour) in PHONES {
        let _ = write!(
            text,
            "\n[[wallet]]\nname = \"wallet {codes}\"\ncodes = \"{codes}\"\n\
             behaviour = \"{behaviour}\"\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use iso8583::card::Pan;

    use super::*;

    #[test]
    fn every_number_has_its_check_digit_and_is_there_once() {
        let mut numbers: Vec<&str> = DRAWER.iter().map(|card| card.pan).collect();
        for number in &numbers {
            assert!(Pan::new(number).is_ok(), "{number}");
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), DRAWER.len());
    }

    #[test]
    fn the_bank_knows_every_card_of_the_drawer() {
        let accounts: toml::Table = accounts().parse().unwrap();
        assert_eq!(accounts["account"].as_array().unwrap().len(), DRAWER.len());
        assert_eq!(drawer().as_array().unwrap().len(), DRAWER.len());
        assert_eq!(accounts["wallet"].as_array().unwrap().len(), PHONES.len());
    }
}
