//! A sale or a payment is found by what a customer can tell (F33): of a hub that runs, of one that
//! stopped, and after its day was closed.

use std::net::SocketAddr;

use domain::ids::PaymentId;

use crate::{
    lane::{Lane, new_id},
    stopped_journal::{done, refused, store_hub},
    store::{APPROVED_PAN, DECLINED_PAN, Store, at_work},
};

struct Sold {
    approved: PaymentId,
    declined: PaymentId,
}

/// By each thing that can be asked for.
fn is_found(store: &Store, address: Option<SocketAddr>, sold: &Sold) {
    let address = address.map(|address| address.to_string());
    let store_hub = |question: &[&str]| {
        let address = address.iter().flat_map(|address| ["--address", address]);
        let question: Vec<&str> = question.iter().copied().chain(address).collect();
        store_hub(store, &question)
    };
    let (approved, declined) = (sold.approved.to_string(), sold.declined.to_string());
    let by_receipt = done(&store_hub(&["find", "--receipt", "1-1-000001"]));
    assert!(by_receipt.contains(&approved), "{by_receipt}");
    assert!(by_receipt.contains("sale, paid by card"), "{by_receipt}");
    assert!(!by_receipt.contains(&declined), "{by_receipt}");
    let by_amount = done(&store_hub(&["find", "--amount", "12.50"]));
    assert!(by_amount.contains(&approved), "{by_amount}");
    let by_card = done(&store_hub(&["find", "--last-four", "0026", "--lane", "1"]));
    assert!(by_card.contains(&declined), "{by_card}");
    assert!(!by_card.contains(&approved), "{by_card}");
    let json = done(&store_hub(&["find", "--output", "json", "--amount", "3"]));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let found = json["found"].as_array().unwrap();
    assert_eq!(found.len(), 1, "{json:#}");
    assert_eq!(found[0]["payment_id"], declined);
    assert_eq!(found[0]["amount"]["amount_minor"], 300);
    assert_eq!(json["more"], false);

    let nothing = store_hub(&["find", "--amount", "99.99"]);
    refused(&nothing, 1, &["nothing fits"]);
    let early = store_hub(&["find", "--to", "2020-01-01T00:00"]);
    refused(&early, 1, &["nothing fits"]);
    let no_amount = store_hub(&["find", "--amount", "12,50"]);
    refused(&no_amount, 2, &["amount", "12,50"]);
    let no_moment = store_hub(&["find", "--from", "yesterday"]);
    refused(&no_moment, 2, &["--from", "yesterday"]);

    // The beginning of its id will do.
    let history = done(&store_hub(&["payment", &approved[..20]]));
    assert!(
        history.contains(&format!("payment   {approved}")),
        "{history}"
    );
    let unknown = store_hub(&["payment", "ffffffffffff"]);
    refused(&unknown, 1, &["no payment"]);
    let too_short = store_hub(&["payment", "abc"]);
    refused(&too_short, 2, &["hex digits"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn find_f33() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let sold = Sold {
        approved: new_id(),
        declined: new_id(),
    };
    lane.pay(sold.approved, APPROVED_PAN, 1250).await;
    lane.pay(sold.declined, DECLINED_PAN, 300).await;
    let sale = lane.sale(1250, &[(sold.approved, 1250)]);
    lane.replicate(sale).await.unwrap();
    let address = hub.address;
    is_found(&store, Some(address), &sold);
    let closing = ["close-day", "--address", &address.to_string()];
    done(&store_hub(&store, &closing));
    is_found(&store, Some(address), &sold);
    hub.stop();
    is_found(&store, None, &sold);
    // It is the same from the first record on.
    let kept = store.folder.path().join("projections");
    assert!(kept.join("open.book").exists(), "kept when it stopped");
    std::fs::remove_dir_all(kept).unwrap();
    is_found(&store, None, &sold);
}
