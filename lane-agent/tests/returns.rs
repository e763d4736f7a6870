//! Goods come back at a lane: asked of the hub, chosen at the page, paid back.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::time::Duration;

use proto::{
    journal::v1::{LaneRecord, LineAdded, lane_record::Body},
    store::v1::{self as wire, Money, OriginalLine, OriginalPaid, OriginalTold},
};
use support::{
    PRICES, TestHub, barcode,
    browser::{Browser, Shop, by_hand_with, lines, milk, press, scan},
    lane::records,
    people::{CASHIER, MANAGER, SUPERVISOR, operators},
};
use tokio::time::sleep;

const RECEIPT: &str = "2-1-000007";

fn cny(minor: i64) -> Option<Money> {
    Some(Money {
        currency: "CNY".to_owned(),
        minor,
    })
}

/// Three of milk for 10.00, sold on lane 2, one of which came back; paid in cash or by card.
fn sold(by_card: bool) -> OriginalTold {
    let line = LineAdded {
        sale_number: 7,
        line_number: 1,
        barcode: barcode("690000000001"),
        name: "whole milk".to_owned(),
        quantity: 3,
        unit_price: cny(334),
        total: cny(1_000),
        ..LineAdded::default()
    };
    let mut paid = OriginalPaid {
        value: cny(1_000),
        left: cny(667),
        ..OriginalPaid::default()
    };
    if by_card {
        paid.payment_id = "0123456789ab4def8123456789abcdef".to_owned();
        paid.masked = "621626*********0018".to_owned();
        paid.scheme = wire::Scheme::UnionPay.into();
    }
    OriginalTold {
        receipt_number: RECEIPT.to_owned(),
        refused: 0,
        sold_on: "2026-11-20".to_owned(),
        wall_ms: 1_763_600_000_000,
        tax_added: false,
        lines: vec![OriginalLine {
            line: Some(line),
            tax: cny(0),
            back: 1,
        }],
        paid: vec![paid],
    }
}

fn hub() -> TestHub {
    let prices = PRICES.replace("6900000000014", &barcode("690000000001"));
    TestHub::new(&prices.replace("6900000000021", &barcode("690000000002")))
}

async fn written(shop: &Shop) -> Vec<Body> {
    // The status comes every tenth of a second.
    sleep(Duration::from_millis(300)).await;
    let all = |heard: &support::HubLog| {
        heard.status.journal_sequence > 0
            && u64::try_from(heard.records.len()).unwrap() >= heard.status.journal_sequence
    };
    shop.hub.until(all).await;
    let heard = shop.hub.heard.lock().unwrap();
    let bodies = records(&heard.records).into_iter();
    bodies.filter_map(|LaneRecord { body, .. }| body).collect()
}

/// The same, once the return is closed.
async fn closed(shop: &Shop) -> Vec<Body> {
    for _ in 0..100 {
        let bodies = written(shop).await;
        if bodies
            .iter()
            .any(|body| matches!(body, Body::SaleClosed(_)))
        {
            return bodies;
        }
    }
    panic!("the return is never closed");
}

async fn sign_on(browser: &Browser, who: (&str, &str)) {
    browser.sees("This lane is locked").await;
    browser.identified("sign-on", who).await;
    browser.sees("Ready for the next customer").await;
}

#[tokio::test]
async fn a_scanned_receipt_offers_its_lines_and_the_cash_goes_back() {
    by_hand_with(hub().with_original(sold(false)), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &scan(&format!("R{RECEIPT}"))).await;
        let page = browser.sees("data-key=\"return-line\"").await;
        assert!(page.contains("1. whole milk"), "{page}");
        assert!(page.contains("left 2"), "{page}");
        let more = browser.ordered(2, &press("return-line", "1 x 3")).await;
        assert!(more.contains("refused"), "{more}");
        browser.ordered(3, &press("return-line", "1 x 1")).await;
        let page = browser.sees("left 1").await;
        assert_eq!(lines(&page), 1, "{page}");
        browser.ordered(4, &press("total", "")).await;
        // Of three for 10.00 the last one has the remainder.
        let page = browser.sees("data-key=\"pay-back\"").await;
        assert!(page.contains("3.30") || page.contains("3.33"), "{page}");
        assert!(!page.contains("data-open=\"form-cash-for-card"), "{page}");
        browser.ordered(5, &press("pay-back", "")).await;
        let bodies = closed(&shop).await;
        let closed = bodies.iter().find_map(|body| match body {
            Body::SaleClosed(closed) => Some(closed),
            _ => None,
        });
        let closed = closed.unwrap();
        assert_eq!(closed.total.as_ref().unwrap().minor, -333);
        let asked = shop.hub.heard.lock().unwrap().returns_asked.clone();
        assert_eq!(asked.len(), 1);
        let taken = &asked[0].wanted.as_ref().unwrap().of[0];
        assert_eq!(
            (taken.lines[0].pieces, taken.lines[0].total_minor),
            (1, 333)
        );
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cards_part_is_owed_and_only_a_manager_gives_cash_for_it() {
    let hub = hub().with_original(sold(true)).with_operators(operators(3));
    by_hand_with(hub, |mut shop| async move {
        let (running, browser) = shop.start().await;
        sign_on(&browser, CASHIER).await;
        browser
            .ordered(1, &press("return", &format!("{RECEIPT} broken")))
            .await;
        browser.sees("data-key=\"return-line\"").await;
        browser.ordered(2, &press("return-line", "1")).await;
        browser.sees("all came back").await;
        browser.ordered(3, &press("total", "")).await;
        let page = browser.sees("data-key=\"pay-back\"").await;
        assert!(page.contains("data-open=\"form-cash-for-card\""), "{page}");
        // A supervisor's word is not enough.
        browser
            .ordered(4, &press("cash-for-card", "card closed"))
            .await;
        browser.sees("A manager allows it here").await;
        browser.identified("allow", SUPERVISOR).await;
        assert!(
            !written(&shop)
                .await
                .iter()
                .any(|body| matches!(body, Body::CashForCard(_)))
        );
        browser.identified("allow", MANAGER).await;
        // The PIN is compared beside, and the key to pay back stood there before.
        let is_allowed = |body: &Body| matches!(body, Body::CashForCard(_));
        while !written(&shop).await.iter().any(is_allowed) {
            sleep(Duration::from_millis(10)).await;
        }
        let page = browser.sees("data-key=\"pay-back\"").await;
        assert!(!page.contains("data-open=\"form-cash-for-card\""), "{page}");
        browser.ordered(5, &press("pay-back", "")).await;
        let bodies = closed(&shop).await;
        assert!(
            bodies
                .iter()
                .any(|body| matches!(body, Body::CashForCard(_)))
        );
        let paid = bodies.iter().find_map(|body| match body {
            Body::PaidBack(paid) => Some(paid),
            _ => None,
        });
        assert!(paid.unwrap().owed.is_empty());
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_receipt_and_a_hub_without_returns_are_told_in_words() {
    by_hand_with(hub().with_original(sold(false)), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser
            .ordered(1, &press("return", "9-1-000001 broken"))
            .await;
        browser.sees("No such receipt: check its number").await;
        // The basket goes on.
        browser.ordered(2, &milk()).await;
        browser.sees("data-line=\"1\"").await;
        running.stop().await;
    })
    .await;
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser
            .ordered(1, &press("return", &format!("{RECEIPT} broken")))
            .await;
        browser.sees("The hub is not reached").await;
        assert!(shop.hub.heard.lock().unwrap().returns_asked.is_empty());
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_and_reserves_nothing_twice() {
    by_hand_with(hub().with_original(sold(false)), |mut shop| async move {
        let (running, browser) = shop.open().await;
        shop.hub.heard.lock().unwrap().answers_are_lost = true;
        browser
            .ordered(1, &press("return", &format!("{RECEIPT} broken")))
            .await;
        browser.sees("data-key=\"return-line\"").await;
        browser.ordered(2, &press("return-line", "1")).await;
        browser.sees("all came back").await;
        browser.ordered(3, &press("total", "")).await;
        browser.sees("The hub confirms the return").await;
        // The lane's patience ends; the same key asks the same question.
        browser.sees("step stop").await;
        shop.hub.heard.lock().unwrap().answers_are_lost = false;
        browser.ordered(4, &press("total", "")).await;
        browser.sees("data-key=\"pay-back\"").await;
        let asked = shop.hub.heard.lock().unwrap().returns_asked.clone();
        assert_eq!(asked.len(), 2);
        assert_eq!(asked[0], asked[1], "the hub knows it as the same");
        running.stop().await;
    })
    .await;
}
