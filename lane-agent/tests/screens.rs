//! The screens of a lane, asked as a browser asks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use support::{
    PRICES, barcode,
    browser::{Browser, by_hand, config, cookie, lines, milk, press, scan},
};

#[tokio::test]
async fn a_stranger_reads_no_page_and_gives_no_order() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        for path in [
            "/cashier",
            "/cashier/live",
            "/cashier/goods",
            "/customer",
            "/",
        ] {
            let (status, _) = browser.ask("GET", path, "", "").await;
            assert_eq!(status, 401, "{path}");
        }
        let body = format!(
            r#"{{"window":"w","run":"{}","counter":1,{}}}"#,
            browser.run,
            milk()
        );
        let (status, _) = browser.ask("POST", "/orders", "", &body).await;
        assert_eq!(status, 401);
        let (status, _) = browser.ask("POST", "/orders", &cookie(), &body).await;
        assert_eq!(
            status, 403,
            "a page of others knows the cookie's name, not our form"
        );
        assert_eq!(lines(&browser.page("/cashier").await), 0);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_is_taken_once_and_one_for_another_run_not_at_all() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        for _ in 0..3 {
            assert!(browser.ordered(1, &milk()).await.contains("taken"));
        }
        assert_eq!(lines(&browser.sees("data-line=\"1\"").await), 1);
        browser.ordered(2, &milk()).await;
        assert_eq!(lines(&browser.sees("data-line=\"2\"").await), 2);
        let (status, answer) = browser.order("another-run", 3, &milk()).await;
        assert_eq!(status, 409);
        assert!(answer.contains(&browser.run), "{answer}");
        // Another window counts by itself.
        let other = Browser {
            window: "window-2",
            ..Browser::at(browser.address).await
        };
        other.ordered(1, &milk()).await;
        assert_eq!(lines(&browser.sees("data-line=\"3\"").await), 3);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_that_does_nothing_says_why() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        assert!(
            browser
                .ordered(1, &press("total", ""))
                .await
                .contains("refused")
        );
        browser.sees("No sale is open: scan an article first").await;
        browser.ordered(2, &milk()).await;
        assert!(
            browser
                .ordered(3, &press("cash", "1000"))
                .await
                .contains("refused")
        );
        browser.sees("Press Total first").await;
        let unknown = browser.ordered(4, &press("no-such-key", "")).await;
        assert!(unknown.contains("refused"));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_article_nobody_knows_opens_no_sale() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        let code = barcode("699999999999");
        browser.ordered(1, &scan(&code)).await;
        let page = browser.sees(&format!("data-unknown=\"{code}\"")).await;
        assert_eq!(lines(&page), 0);
        let nothing_to_void = r#"data-shortcut="F4" disabled"#;
        assert!(page.contains(nothing_to_void), "a sale is open: {page}");
        browser.ordered(2, &milk()).await;
        let page = browser.sees("data-line=\"1\"").await;
        assert!(!page.contains("data-unknown"));
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_basket_is_there_again_after_a_restart() {
    by_hand(PRICES, |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &milk()).await;
        browser.ordered(2, &milk()).await;
        let before = browser.run.clone();
        running.stop().await;
        shop.listening.borrow_and_update();
        let running = shop.lane.start_with(config(&shop.lane, shop.at));
        shop.listening.changed().await.unwrap();
        let address = shop.listening.borrow().unwrap();
        let browser = Browser::at(address).await;
        assert_ne!(browser.run, before);
        assert_eq!(lines(&browser.sees("data-line=\"2\"").await), 2);
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_price_file_calls_an_article_stays_text() {
    let prices = PRICES.replace("whole milk", "<script>alert(1)</script>");
    by_hand(&prices, |mut shop| async move {
        let (running, browser) = shop.open().await;
        browser.ordered(1, &milk()).await;
        browser.sees("&lt;script&gt;alert(1)").await;
        for path in ["/cashier", "/customer"] {
            assert!(
                !browser.page(path).await.contains("<script>alert"),
                "{path}"
            );
        }
        running.stop().await;
    })
    .await;
}
