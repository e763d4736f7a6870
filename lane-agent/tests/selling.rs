//! A lane sells from its script, against a hub over loopback.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod support;

use std::time::Duration;

use card_seal::CardData;
use iso8583::{
    card::Pan,
    dukpt::{self, KeyUse, Ksn},
    keys::DesKey,
    pin_block, tlv,
};
use proto::{journal::v1::lane_record::Body, store::v1 as wire};
use support::{Behaviour, Lane, PRICES, TestHub, barcode, card_order, cash_order, lane::bodies};
use tokio::task::LocalSet;

fn prices() -> String {
    PRICES
        .replace("6900000000014", &barcode("690000000001"))
        .replace("6900000000021", &barcode("690000000002"))
}

fn hub() -> TestHub {
    TestHub::new(&prices())
}

async fn sell(hub: &TestHub, lane: &Lane) {
    let (address, serving) = hub.serve().await;
    let local = LocalSet::new();
    local
        .run_until(async {
            let running = lane.start(address);
            hub.until_done().await;
            running.stop().await;
        })
        .await;
    serving.abort();
}

fn text(lane: &Lane, name: &str) -> String {
    String::from_utf8(lane.receipt(name)).unwrap()
}

#[tokio::test]
async fn cash_card_and_a_declined_card() {
    let hub = hub().with_payments(vec![
        Behaviour::Approve,
        Behaviour::Decline("51"),
        Behaviour::Part(1000),
        Behaviour::StandIn,
    ]);
    let lane = Lane::new(&[
        cash_order("o-1"),
        card_order("o-2"),
        card_order("o-3"),
        card_order("o-4"),
        card_order("o-5"),
    ]);
    sell(&hub, &lane).await;

    let heard = hub.heard.lock().unwrap();
    assert_eq!(heard.status.sales_closed, 5);
    assert_eq!(heard.payments.len(), 4);
    assert!(heard.abandoned.is_empty());
    let orders: Vec<String> = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::SaleClosed(closed) => Some(closed.order_reference),
            _ => None,
        })
        .collect();
    assert_eq!(orders, ["o-1", "o-2", "o-3", "o-4", "o-5"]);

    let cash = text(&lane, "1-1-000001.txt");
    for part in [
        "Lanekeeper test store",
        "Lanekeeper Test Co., Ltd.",
        "100 Century Avenue",
        "Tax No. 91310000MA1FL00000",
        "whole milk",
        "beef",
        "25.40",
        "Change",
        "4.60",
    ] {
        assert!(cash.contains(part), "{part} in\n{cash}");
    }
    let card = text(&lane, "1-1-000002.txt");
    let payment = format!("Payment {}", heard.payments[0].payment_id);
    for part in [
        "621626*********0018 chip, PIN",
        "Auth 123456  RRN 000000000042",
        &payment,
    ] {
        assert!(card.contains(part), "{part} in\n{card}");
    }
    let declined = text(&lane, "1-1-000003.txt");
    assert!(
        declined.contains("Cash") && declined.contains("declined, code 51"),
        "{declined}"
    );
    let part = text(&lane, "1-1-000004.txt");
    assert!(part.contains("10.00") && part.contains("2.50"), "{part}");
    let stood_in = text(&lane, "1-1-000005.txt");
    assert!(stood_in.contains("SUBJECT TO AUTHORISATION"), "{stood_in}");
    assert!(lane.receipt("1-1-000005.bin").starts_with(b"\x1b@"));
}

#[tokio::test]
async fn the_card_is_sealed_to_the_hub_and_its_pin_encrypted() {
    let hub = hub();
    let lane = Lane::new(&[card_order("o-1"), card_order("o-2")]);
    sell(&hub, &lane).await;
    let heard = hub.heard.lock().unwrap();
    let mut serial_numbers = Vec::new();
    for payment in &heard.payments {
        let id = u128::from_str_radix(&payment.payment_id, 16).unwrap();
        let mut opener = hub.opener.lock().unwrap();
        let card: CardData = opener
            .open(&id.to_be_bytes(), &payment.sealed_card)
            .unwrap();
        assert_eq!(card.pan, "6216261000000000018");
        assert_eq!(
            card.track2.as_deref(),
            Some("6216261000000000018D301220100000")
        );
        let amount = tlv::find(&card.emv, 0x9F02).unwrap();
        assert_eq!(amount, [0, 0, 0, 0, 0x12, 0x50]);
        let masked = payment.card.clone().unwrap();
        assert_eq!(masked.masked, "621626*********0018");
        assert_eq!(masked.scheme(), wire::Scheme::UnionPay);
        assert_eq!(
            masked.hash.as_ref(),
            card_seal::card_hash(&[9; 32], &card.pan)
        );

        // The published ANSI X9.24 test key; its initial key is the pad's.
        let base = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let hex = iso8583::hex::encode(&payment.pin_ksn);
        let ksn = Ksn::from_hex(&hex).unwrap();
        let key = dukpt::derive(&base, &ksn, KeyUse::Pin).unwrap();
        let block = <[u8; 8]>::try_from(payment.pin_block.as_ref()).unwrap();
        let pan = Pan::new(&card.pan).unwrap();
        let pin = pin_block::decipher(&block, &pan, &key).unwrap();
        assert!(pin.same_as(&pin_block::Pin::new("1234").unwrap()));
        serial_numbers.push(hex);
    }
    assert_eq!(
        serial_numbers,
        ["FFFF9876543210E00001", "FFFF9876543210E00002"]
    );
    for entry in &heard.records {
        let text = String::from_utf8_lossy(&entry.record).into_owned();
        assert!(!text.contains("6216261000000000018"));
    }
}

#[tokio::test]
async fn a_payment_lost_on_the_way_is_given_up_and_told_until_the_hub_has_heard() {
    let hub = hub().with_payments(vec![Behaviour::Hang, Behaviour::Approve]);
    hub.acknowledge(false);
    let lane = Lane::new(&[card_order("o-1"), card_order("o-2")]);
    sell(&hub, &lane).await;
    // Nobody has acknowledged it, so the next start tells it again.
    let hellos = hub.heard.lock().unwrap().hellos.len();
    let (address, serving) = hub.serve().await;
    LocalSet::new()
        .run_until(async {
            let running = lane.start(address);
            hub.until(|heard| heard.hellos.len() > hellos).await;
            running.stop().await;
        })
        .await;
    serving.abort();
    let heard = hub.heard.lock().unwrap();
    let lost = heard.payments[0].payment_id.clone();
    assert_eq!(heard.abandoned, [lost.clone()].into());
    assert!(heard.hellos.len() >= 3);
    assert!(heard.hellos[0].abandoned_payment_ids.is_empty());
    let last = heard.hellos.last().unwrap();
    assert_eq!(last.abandoned_payment_ids, std::slice::from_ref(&lost));
    let abandoned: Vec<String> = bodies(&heard.records)
        .into_iter()
        .filter_map(|body| match body {
            Body::PaymentAbandoned(abandoned) => Some(abandoned.payment_id),
            _ => None,
        })
        .collect();
    assert_eq!(abandoned, [lost]);
    assert!(text(&lane, "1-1-000001.txt").contains("Cash"));
    assert!(text(&lane, "1-1-000002.txt").contains("Card"));
}

/// The disk is slow, and the hub takes a while to say hello: the payment is given up after the
/// lane's hello was written and before the hub's has come.
#[tokio::test]
async fn a_payment_given_up_while_the_hello_is_on_its_way_is_told_all_the_same() {
    let hub = hub().with_payments(vec![Behaviour::Hang, Behaviour::Approve]);
    hub.heard.lock().unwrap().hello_after = Duration::from_millis(1_500);
    let lane = Lane::new(&[card_order("o-1")]).with_commits_of(Duration::from_millis(400));
    let (address, serving) = hub.serve().await;
    LocalSet::new()
        .run_until(async {
            let _running = lane.start(address);
            let told = |heard: &support::HubLog| {
                let lost = heard.payments.first().map(|lost| &lost.payment_id);
                lost.is_some_and(|lost| heard.abandoned.contains(lost))
            };
            hub.until(told).await;
        })
        .await;
    serving.abort();
    let heard = hub.heard.lock().unwrap();
    assert!(heard.hellos.len() >= 2, "its first stream was lost");
}

#[tokio::test]
async fn silence_and_nonsense_end_in_another_tender() {
    let hub = hub().with_payments(vec![Behaviour::Silent, Behaviour::Nonsense]);
    let lane = Lane::new(&[card_order("o-1"), card_order("o-2")]);
    sell(&hub, &lane).await;
    let heard = hub.heard.lock().unwrap();
    assert_eq!(heard.abandoned.len(), 2, "both are told at once");
    assert_eq!(heard.hellos.len(), 1, "the stream lives on");
    for receipt in ["1-1-000001.txt", "1-1-000002.txt"] {
        assert!(text(&lane, receipt).contains("Cash"));
    }
}

#[tokio::test]
async fn without_the_hub_a_lane_starts_and_sells_for_cash() {
    let hub = hub();
    let lane = Lane::new(&[cash_order("o-1")]);
    let (address, serving) = hub.serve().await;
    let local = LocalSet::new();
    local
        .run_until(async {
            let running = lane.start(address);
            hub.until_done().await;
            running.stop().await;
            serving.abort();
            let _ = serving.await;
            let script = [cash_order("o-1"), card_order("o-2"), cash_order("o-3")];
            std::fs::write(lane.folder.path().join("script.jsonl"), script.join("\n")).unwrap();
            let running = lane.start(address);
            let last = lane.folder.path().join("receipts/1-1-000003.txt");
            while !last.exists() {
                tokio::task::yield_now().await;
            }
            // The hub comes back and gets what it missed.
            let (_, serving) = hub.serve_at(&address.to_string()).await;
            hub.until(|heard| heard.status.sales_closed == 3).await;
            hub.until_done().await;
            running.stop().await;
            serving.abort();
        })
        .await;
    let heard = hub.heard.lock().unwrap();
    assert!(heard.payments.is_empty(), "no byte of it may leave");
    assert_eq!(heard.price_files, 1, "the prices were kept");
    assert!(text(&lane, "1-1-000002.txt").contains("Cash"));
    assert!(heard.abandoned.is_empty());
}

#[tokio::test]
async fn a_fork_stops_replication() {
    let hub = hub().forked();
    let lane = Lane::new(&[cash_order("o-1")]);
    let (address, serving) = hub.serve().await;
    let local = LocalSet::new();
    local
        .run_until(async {
            let running = lane.start(address);
            // Its record where the two differ, so that the hub raises the alarm; nothing behind it.
            hub.until(|heard| heard.status.script_finished && !heard.records.is_empty())
                .await;
            running.stop().await;
        })
        .await;
    serving.abort();
    assert_eq!(hub.heard.lock().unwrap().records.len(), 1);
}

#[tokio::test]
async fn a_basket_nobody_can_price_is_voided_and_the_next_goes_on() {
    let hub = hub();
    let unknown = cash_order("o-1").replace(&barcode("690000000001"), "4006381333931");
    let unknown = unknown.replace(&barcode("210000101299"), "4006381333930");
    let lane = Lane::new(&[unknown, cash_order("o-2")]);
    sell(&hub, &lane).await;
    let heard = hub.heard.lock().unwrap();
    assert_eq!(
        (heard.status.sales_voided, heard.status.sales_closed),
        (1, 1)
    );
    assert_eq!(lane.receipts().len(), 3, "{:?}", lane.receipts());
}
