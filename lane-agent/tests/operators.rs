//! Who works at a lane: number, PIN and badge, rights, a supervisor on the spot; at the screens, by
//! a script, and after a restart.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::{fs, sync::Arc, time::Duration};

use proto::journal::v1::{LaneRecord, lane_record::Body};
use support::{
    Lane, PRICES, TestHub, barcode,
    browser::{Browser, Shop, by_hand_with, cookie, lines, milk, press, scan},
    lane::{HandClock, records},
    people::{CASHIER, MANAGER, OTHER, SUPERVISOR, SUPERVISORS_BADGE, operators},
};
use tokio::{task::LocalSet, time::sleep};

const LOCKED: &str = "This lane is locked: sign on";
const READY: &str = "Ready for the next customer";
const ASKED: &str = "A supervisor allows it here";

fn hub() -> TestHub {
    let prices = PRICES.replace("6900000000014", &barcode("690000000001"));
    let prices = prices.replace("6900000000021", &barcode("690000000002"));
    TestHub::new(&prices).with_operators(operators(7))
}

async fn sign_on(browser: &Browser, who: (&str, &str)) {
    browser.identified("sign-on", who).await;
}

async fn allow(browser: &Browser, who: (&str, &str)) {
    browser.identified("allow", who).await;
}

/// All that the lane wrote so far, as the hub heard it.
async fn written(shop: &Shop) -> Vec<Body> {
    let wanted = |heard: &support::HubLog| {
        u64::try_from(heard.records.len()).unwrap() >= heard.status.journal_sequence
            && heard.status.journal_sequence > 0
    };
    // The status comes every tenth of a second.
    sleep(Duration::from_millis(300)).await;
    shop.hub.until(wanted).await;
    let heard = shop.hub.heard.lock().unwrap();
    let bodies = records(&heard.records).into_iter();
    bodies.filter_map(|LaneRecord { body, .. }| body).collect()
}

fn count(bodies: &[Body], of: impl Fn(&Body) -> bool) -> usize {
    bodies.iter().filter(|body| of(body)).count()
}

#[tokio::test]
async fn nobody_sells_unsigned_and_who_signs_on_sells_under_the_own_number() {
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        assert!(browser.ordered(1, &milk()).await.contains("refused"));
        assert_eq!(lines(&browser.page("/cashier").await), 0);
        // Only by our own pages, only for this run, only as a number and a PIN.
        let body = format!(
            r#"{{"run":"{}","purpose":"sign-on","number":"101","pin":"258014"}}"#,
            browser.run
        );
        let (status, _) = browser.ask("POST", "/identify", &cookie(), &body).await;
        assert_eq!(status, 403);
        let other_run = Browser {
            run: "other".to_owned(),
            ..Browser::at(browser.address).await
        };
        assert_eq!(other_run.identify("sign-on", "101", "258014").await.0, 409);
        assert_eq!(browser.identify("steal", "101", "258014").await.0, 400);
        for (number, pin) in [
            ("101", "258015"),
            ("999", "258014"),
            ("", "258014"),
            ("101", "12"),
        ] {
            browser.identify("sign-on", number, pin).await;
            browser.sees("Number or PIN is not right").await;
            sleep(Duration::from_millis(1_050)).await;
        }
        sign_on(&browser, CASHIER).await;
        let page = browser.sees(READY).await;
        assert!(page.contains("Li Na · cashier"), "{page}");
        browser.ordered(2, &milk()).await;
        let page = browser.sees("data-line=\"1\"").await;
        assert!(!page.contains(CASHIER.1) && !page.contains("argon2"));
        browser.ordered(3, &press("sign-off", "")).await;
        let page = browser.sees(LOCKED).await;
        assert!(page.contains("A basket of operator 101 waits"), "{page}");
        // The basket is its own operator's, or a supervisor's.
        sign_on(&browser, OTHER).await;
        browser.sees("Operator 101 began this basket").await;
        sign_on(&browser, SUPERVISOR).await;
        browser.sees("Wang Fang · supervisor").await;
        let bodies = written(&shop).await;
        let opened = bodies.iter().find_map(|body| match body {
            Body::SaleOpened(opened) => Some(opened.operator_id),
            _ => None,
        });
        assert_eq!(opened, Some(101));
        assert_eq!(
            count(&bodies, |body| matches!(body, Body::PinRefused(_))),
            1
        );
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn five_wrong_pins_lock_out_over_a_restart_until_a_supervisor_unlocks() {
    by_hand_with(hub(), |mut shop| async move {
        let clock = HandClock::new();
        shop.lane = shop.lane.with_clock(Arc::clone(&clock));
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        browser.identify("sign-on", CASHIER.0, "000001").await;
        browser.sees("Number or PIN is not right").await;
        // The right one is not even looked at before the pause is over.
        let (_, answer) = browser.identify("sign-on", CASHIER.0, CASHIER.1).await;
        assert!(answer.contains("refused"), "{answer}");
        browser.sees("The PIN was wrong: wait").await;
        for wrong in 2..=5 {
            clock.skip(60_000);
            browser.identified("sign-on", (CASHIER.0, "000001")).await;
            // Until it was compared: no time may go by meanwhile, or it is given up.
            let is_refused = |body: &Body| matches!(body, Body::PinRefused(_));
            while count(&written(&shop).await, is_refused) < wrong {
                sleep(Duration::from_millis(20)).await;
            }
        }
        browser.sees("Operator 101 typed too many wrong PINs").await;
        running.stop().await;
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        clock.skip(60_000);
        browser.identify("sign-on", CASHIER.0, CASHIER.1).await;
        let page = browser.sees("Operator 101 typed too many wrong PINs").await;
        assert!(
            page.contains(r#"data-key="unlock" data-typed="101""#),
            "{page}"
        );
        browser.ordered(1, &press("unlock", "101")).await;
        browser.sees(ASKED).await;
        allow(&browser, OTHER).await;
        browser.sees("This needs a supervisor").await;
        allow(&browser, SUPERVISOR).await;
        browser.sees(LOCKED).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        let bodies = written(&shop).await;
        assert_eq!(
            count(&bodies, |body| matches!(body, Body::OperatorLockedOut(_))),
            1
        );
        assert_eq!(
            count(&bodies, |body| matches!(body, Body::OperatorUnlocked(_))),
            1
        );
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_cashier_may_not_a_supervisor_allows_once_on_the_spot() {
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        browser.ordered(1, &milk()).await;
        let discount = |minor: u32| press("discount", &format!("{minor} torn"));
        assert!(browser.ordered(2, &discount(600)).await.contains("refused"));
        let page = browser.sees(ASKED).await;
        assert!(page.contains("Give a discount · 6.00 CNY"), "{page}");
        // Nobody stands by: it goes on without.
        browser.ordered(3, r#""withdraw":{}"#).await;
        browser.sees("Scan the articles").await;
        let (_, answer) = browser.identify("allow", SUPERVISOR.0, SUPERVISOR.1).await;
        assert!(answer.contains("refused"), "nothing is asked: {answer}");
        browser.ordered(4, &discount(600)).await;
        browser.sees(ASKED).await;
        allow(&browser, CASHIER).await;
        browser.sees("This needs a supervisor").await;
        allow(&browser, SUPERVISOR).await;
        browser.sees("−6.00 off: torn").await;
        // For one action: the next is asked for again, and small ones are the cashier's own.
        browser.ordered(5, &discount(700)).await;
        browser.sees(ASKED).await;
        browser.ordered(6, &milk()).await;
        let page = browser.sees("data-line=\"2\"").await;
        assert!(!page.contains(ASKED), "a scan ends the question");
        browser.ordered(7, &discount(200)).await;
        browser.sees("−2.00 off: torn").await;
        // By the badge: no number is typed.
        browser.ordered(8, &discount(800)).await;
        browser.sees(ASKED).await;
        browser.ordered(9, &scan(SUPERVISORS_BADGE)).await;
        browser.sees("badge read").await;
        allow(&browser, ("", SUPERVISOR.1)).await;
        browser.sees("−8.00 off: torn").await;
        let bodies = written(&shop).await;
        let allowed = bodies.iter().filter_map(|body| match body {
            Body::SupervisorAllowed(allowed) => Some(allowed.by_operator_id),
            _ => None,
        });
        assert_eq!(allowed.collect::<Vec<_>>(), [201, 201]);
        running.stop().await;
    })
    .await;
}

/// By a script, and from the list that an earlier run kept: the hub is away.
#[tokio::test]
async fn a_right_that_is_missing_is_missing_by_script_and_after_a_restart() {
    let hub = hub();
    let who = |(number, pin): (&str, &str)| format!(r#"{{"number":{number},"pin":"{pin}"}}"#);
    let order = |name: &str, more: &str| {
        support::cash_order(name).replace(r#""items""#, &format!(r#"{more},"items""#))
    };
    let torn = r#""keys_on_basket":[{"press":"discount","typed":"600 torn"}]"#;
    let (cashier, supervisor) = (who(CASHIER), who(SUPERVISOR));
    let alone = order("o-1", &format!(r#""operator":{cashier},{torn}"#));
    let helped = order("o-2", &format!(r#""supervisor":{supervisor},{torn}"#));
    let lane = Lane::new(&[alone.clone(), helped.clone()]);
    let (address, serving) = hub.serve().await;
    LocalSet::new()
        .run_until(async {
            let running = lane.start(address);
            hub.until_done().await;
            running.stop().await;
            serving.abort();
            let _ = serving.await;
            let later = [alone, helped].map(|order| order.replace("o-", "p-"));
            fs::write(lane.folder.path().join("script.jsonl"), later.join("\n")).unwrap();
            let running = lane.start(address);
            lane.until_receipt("1-1-000004.txt").await;
            running.stop().await;
        })
        .await;
    for (receipt, has_discount) in [(1, false), (2, true), (3, false), (4, true)] {
        let text = lane.receipt(&format!("1-1-00000{receipt}.txt"));
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.contains("torn"), has_discount, "{receipt}: {text}");
    }
    let heard = hub.heard.lock().unwrap();
    let bodies = support::lane::bodies(&heard.records);
    let sold = bodies.iter().filter_map(|body| match body {
        Body::SaleOpened(opened) => Some(opened.operator_id),
        _ => None,
    });
    assert_eq!(sold.collect::<Vec<_>>(), [101, 101]);
}

#[tokio::test]
async fn a_list_that_is_damaged_lets_nobody_in_until_the_hub_tells_it_again() {
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        running.stop().await;
        let config = support::browser::config(&shop.lane, shop.at);
        let file = config.operators_file();
        let mut bytes = fs::read(&file).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(&file, bytes).unwrap();
        // Nobody is there who would tell it.
        shop.at = ([127, 0, 0, 1], 1).into();
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        browser.identify("sign-on", CASHIER.0, CASHIER.1).await;
        browser.sees("This lane has no list of operators").await;
        assert!(browser.ordered(1, &milk()).await.contains("refused"));
        running.stop().await;
        let (at, serving) = shop.hub.serve().await;
        shop.at = at;
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        shop.hub.until(|heard| heard.hellos.len() >= 2).await;
        sleep(Duration::from_millis(200)).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        running.stop().await;
        serving.abort();
    })
    .await;
}

/// Who is taken off the list while signed on is signed off, and an older list changes nothing.
#[tokio::test]
async fn who_no_longer_works_here_is_signed_off_and_no_older_list_brings_them_back() {
    by_hand_with(hub(), |mut shop| async move {
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        let mut without = operators(9);
        without.operators.retain(|operator| operator.number != 101);
        shop.hub.tell_operators(without);
        browser.sees(LOCKED).await;
        shop.hub.tell_operators(operators(8));
        sleep(Duration::from_millis(200)).await;
        browser.identify("sign-on", CASHIER.0, CASHIER.1).await;
        browser.sees("Number or PIN is not right").await;
        sign_on(&browser, MANAGER).await;
        browser.sees("Chen Jing · manager").await;
        running.stop().await;
        // Nor is it what a start without the hub finds.
        shop.at = ([127, 0, 0, 1], 1).into();
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        sign_on(&browser, MANAGER).await;
        browser.sees("Chen Jing · manager").await;
        running.stop().await;
    })
    .await;
}

#[tokio::test]
async fn whoever_touches_nothing_is_signed_off() {
    by_hand_with(hub(), |mut shop| async move {
        let clock = HandClock::new();
        shop.lane = shop.lane.with_clock(Arc::clone(&clock));
        let (running, browser) = shop.start().await;
        browser.sees(LOCKED).await;
        sign_on(&browser, CASHIER).await;
        browser.sees(READY).await;
        clock.skip(5 * 60 * 1_000);
        browser.sees(LOCKED).await;
        running.stop().await;
    })
    .await;
}
