//! The cash drawer of a lane, from the keys to the paper.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use proto::journal::v1::lane_record::Body;
use support::{
    Lane, PRICES, TestHub, barcode, cash_order,
    lane::bodies,
    people::{CASHIER, SUPERVISOR, operators},
};
use tokio::task::LocalSet;

fn hub() -> TestHub {
    let prices = PRICES.replace("6900000000014", &barcode("690000000001"));
    TestHub::new(&prices).with_operators(operators(1))
}

fn who((number, pin): (&str, &str)) -> String {
    format!(r#"{{"number":{number},"pin":"{pin}"}}"#)
}

/// Keys by name, each with what is typed for it.
fn keys(pressed: &[(&str, &str)]) -> String {
    let pressed = pressed.iter();
    let pressed = pressed.map(|(key, typed)| format!(r#"{{"press":"{key}","typed":"{typed}"}}"#));
    format!(r#""keys":[{}]"#, pressed.collect::<Vec<_>>().join(","))
}

fn with(order: &str, more: &str) -> String {
    order.replace(r#""items""#, &format!(r#"{more},"items""#))
}

async fn sell(hub: &TestHub, lane: &Lane) {
    let (address, serving) = hub.serve().await;
    LocalSet::new()
        .run_until(async {
            let running = lane.start(address);
            hub.until_done().await;
            running.stop().await;
        })
        .await;
    serving.abort();
}

fn paper(lane: &Lane, name: &str) -> String {
    String::from_utf8(lane.receipt(name)).unwrap()
}

/// 500.00 are put in; 12.50 and 12.99 come to 25.40 in cash; 10.00 go to the safe: 515.40.
#[tokio::test]
async fn x_and_z_come_on_paper_with_what_was_counted_blind() {
    let hub = hub();
    let supervisor = format!(r#""operator":{}"#, who(SUPERVISOR));
    let opening = keys(&[("begin-shift", ""), ("float", "50000")]);
    let closing = keys(&[
        ("drop", "1000 full"),
        ("x", ""),
        ("begin-count", ""),
        ("count", "10000x5 1000x1 500x1 10x4"),
        ("z", ""),
        ("z-again", ""),
        ("end-shift", ""),
    ]);
    let lane = Lane::new(&[
        with(&cash_order("o-1"), &format!("{supervisor},{opening}")),
        with(&cash_order("o-2"), &closing),
    ]);
    sell(&hub, &lane).await;
    let x = paper(&lane, "report-x.txt");
    for line in ["Float", "500.00", "Cash sales", "25.40", "Not counted yet"] {
        assert!(x.contains(line), "{line}: {x}");
    }
    assert!(
        !x.contains("515.40"),
        "what should be there is told with the count, never before: {x}"
    );
    let z = paper(&lane, "report-z-000001.txt");
    assert!(
        z.contains("515.40") && z.contains("REPRINT"),
        "the last one printed: {z}"
    );
    let heard = hub.heard.lock().unwrap();
    let written = bodies(&heard.records);
    let counted = written.iter().find_map(|body| match body {
        Body::CashCounted(counted) => Some(counted.clone()),
        _ => None,
    });
    let counted = counted.unwrap();
    assert_eq!(counted.counted.unwrap().minor, 51_540);
    assert_eq!(counted.expected.unwrap().minor, 51_540);
    assert_eq!(heard.status.sales_closed, 2);
}

/// What a cashier may not at the drawer a supervisor allows, under the cashier's name.
#[tokio::test]
async fn a_float_of_a_cashier_needs_a_supervisor_beside() {
    let hub = hub();
    let float = keys(&[("float", "50000"), ("x", "")]);
    let cashier = format!(r#""operator":{},{float}"#, who(CASHIER));
    let supervisor = format!(r#""supervisor":{},{float}"#, who(SUPERVISOR));
    let lane = Lane::new(&[
        with(&cash_order("o-1"), &cashier),
        with(&cash_order("o-2"), &supervisor),
    ]);
    sell(&hub, &lane).await;
    let heard = hub.heard.lock().unwrap();
    let moved: Vec<_> = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::CashMoved(moved) => Some((moved.operator_id, moved.allowed_by)),
            _ => None,
        })
        .collect();
    assert_eq!(moved, [(101, 201)]);
    assert!(lane.receipts().contains(&"report-x.txt".to_owned()));
}
