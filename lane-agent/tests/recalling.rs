//! Baskets that wait on one lane and are taken up on another, at the cashier's page.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::time::Duration;

use proto::{
    journal::v1::{LaneRecord, LineAdded, SuspendedSale, lane_record::Body},
    store::v1::{self as wire, BasketAnswered, Money},
};
use support::{
    PRICES, TestHub, barcode,
    browser::{Shop, by_hand_with, lines, milk, press},
    lane::records,
};
use tokio::time::sleep;

const ELSEWHERE: SuspendedSale = SuspendedSale {
    lane: 7,
    epoch: 1,
    sale_number: 5,
};
const OWN: SuspendedSale = SuspendedSale {
    lane: 1,
    epoch: 1,
    sale_number: 1,
};

/// One of milk, cheaper than it is today.
fn given() -> BasketAnswered {
    let cny = |minor| {
        Some(Money {
            currency: "CNY".to_owned(),
            minor,
        })
    };
    let line = LineAdded {
        sale_number: 5,
        line_number: 1,
        barcode: barcode("690000000001"),
        name: "whole milk".to_owned(),
        quantity: 1,
        unit_price: cny(299),
        total: cny(299),
        ..LineAdded::default()
    };
    BasketAnswered {
        basket: Some(ELSEWHERE),
        order_reference: "basket-5".to_owned(),
        price_file_version: "of yesterday".to_owned(),
        lines: vec![line],
        ..BasketAnswered::default()
    }
}

fn hub() -> TestHub {
    let prices = PRICES.replace("6900000000014", &barcode("690000000001"));
    TestHub::new(&prices.replace("6900000000021", &barcode("690000000002")))
}

async fn written(shop: &Shop) -> Vec<Body> {
    // The status comes every tenth of a second.
    sleep(Duration::from_millis(300)).await;
    shop.hub.until(support::HubLog::has_all).await;
    let heard = shop.hub.heard.lock().unwrap();
    let bodies = records(&heard.records).into_iter();
    bodies.filter_map(|LaneRecord { body, .. }| body).collect()
}

#[tokio::test]
async fn a_basket_of_another_lane_is_chosen_from_the_list_and_keeps_its_price() {
    by_hand_with(hub().with_basket(given()), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &press("baskets", "")).await;
        let page = browser.sees("data-typed=\"7-1-5\"").await;
        assert!(page.contains("blue coat"), "{page}");
        browser.ordered(2, &press("recall", "7-1-5")).await;
        let page = browser.sees("data-line=\"1\"").await;
        assert!(page.contains("2.99"), "{page}");
        assert_eq!(lines(&page), 1);
        browser.ordered(3, &press("total", "")).await;
        browser.sees("Choose how to pay").await;
        browser.ordered(4, &press("cash", "300")).await;
        browser.sees("Done. Change").await;
        // The answer comes once more, and the cashier asks once more: sold it stays.
        let again = wire::hub_frame::Body::BasketAnswered(given());
        shop.hub.tell_lanes(again);
        let refused = browser.ordered(5, &press("recall", "7-1-5")).await;
        assert!(refused.contains("refused"), "{refused}");
        let bodies = written(&shop).await;
        let recalled = bodies.iter().filter_map(|body| match body {
            Body::SaleOpened(opened) => opened.recalled,
            _ => None,
        });
        assert_eq!(recalled.collect::<Vec<_>>(), [ELSEWHERE]);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_and_a_lost_answer_are_told_with_the_next_step() {
    let refused = BasketAnswered {
        refused: wire::RecallRefusal::HandedOver.into(),
        lane: 3,
        ..given()
    };
    by_hand_with(hub().with_basket(refused), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &press("recall", "7-1-5")).await;
        browser
            .sees("This basket waits on lane 3 now: recall it there")
            .await;
        // The lane waits for an answer for as long as it does, and no longer.
        shop.hub.hear_so(|heard| {
            heard.basket = Some(given());
            heard.answers_are_lost = true;
        });
        browser.ordered(2, &press("recall", "7-1-5")).await;
        let again = browser.ordered(3, &press("recall", "7-1-5")).await;
        assert!(again.contains("refused"), "{again}");
        browser.sees("does not answer: try again").await;
        shop.hub.hear_so(|heard| heard.answers_are_lost = false);
        browser.ordered(4, &press("recall", "7-1-5")).await;
        browser.sees("data-line=\"1\"").await;
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_hub_that_hands_nothing_out_is_not_asked() {
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &press("recall", "7-1-5")).await;
        browser.sees("recall the basket on its own lane").await;
        running.stop().await;
    })
    .await;
}

/// A start afterwards brings nothing back.
#[tokio::test]
async fn a_basket_that_another_lane_wants_leaves_the_screen_and_stays_away() {
    by_hand_with(hub().with_basket(given()), |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &milk()).await;
        browser.sees("data-line=\"1\"").await;
        browser.ordered(2, &press("suspend", "purse")).await;
        browser.sees("data-typed=\"1\"").await;
        shop.hub.asks_to_hand_over(OWN, 2);
        while !written(&shop)
            .await
            .iter()
            .any(|body| matches!(body, Body::BasketHandedOver(_)))
        {}
        while browser.page("/cashier").await.contains("purse") {}
        let refused = browser.ordered(3, &press("recall", "1")).await;
        assert!(refused.contains("refused"), "{refused}");
        running.stop().await;
        let (running, browser) = shop.open().await;
        let refused = browser.ordered(1, &press("recall", "1")).await;
        assert!(refused.contains("refused"), "{refused}");
        // Asked for once more, nothing is written once more.
        shop.hub.asks_to_hand_over(OWN, 3);
        let moved = |body: &&Body| matches!(body, Body::BasketHandedOver(_));
        let bodies = written(&shop).await;
        assert_eq!(bodies.iter().filter(moved).count(), 1);
        running.stop().await;
    })
    .await;
}
