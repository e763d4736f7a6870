//! I16: what no file of the hub may hold, and no answer of it.

use std::{fs, path::Path};

use proto::store::v1::lane_frame;

use crate::{
    commands::store_hub,
    lane::{Lane, block, new_id},
    metrics::page,
    store::{APPROVED_PAN, KEYS, SILENT_PAN, at_work},
};

/// The values of a key file.
fn keys() -> impl Iterator<Item = &'static str> {
    KEYS.split('"').filter(|word| word.len() >= 32)
}

fn each_file(folder: &Path, look: &mut dyn FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, look);
        } else {
            look(&path, &fs::read(&path).unwrap());
        }
    }
}

fn bcd(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .filter(|pair| pair.len() == 2)
        .map(|pair| (pair[0] - b'0') << 4 | (pair[1] - b'0'))
        .collect()
}

#[tokio::test]
async fn no_pan_track_or_pin_lies_in_the_journal() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    let request = lane.request(id, APPROVED_PAN, 900, Some("123456"));
    lane.send(lane_frame::Body::Payment(request)).await;
    lane.decision_of(id).await;
    let doubtful = new_id();
    lane.pay(doubtful, SILENT_PAN, 700).await;
    let (_, _ledger) = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    let stood_in = new_id();
    lane.pay(stood_in, APPROVED_PAN, 800).await;
    hub.stop();

    let (pin_block, _) = block(APPROVED_PAN, "123456");
    let mut files = 0;
    let mut masked_seen = false;
    each_file(&store.folder.path().join("journal"), &mut |path, bytes| {
        files += 1;
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        for pan in [APPROVED_PAN, SILENT_PAN] {
            assert!(!holds(pan.as_bytes()), "{} holds a PAN", path.display());
            assert!(!holds(&bcd(pan)), "{} holds a PAN in BCD", path.display());
            let track = format!("{pan}D3012");
            assert!(!holds(track.as_bytes()), "{} holds a track", path.display());
        }
        assert!(!holds(&pin_block), "{} holds a PIN block", path.display());
        masked_seen |= holds(b"621626*********0018");
    });
    assert!(files > 0);
    assert!(
        masked_seen,
        "the search would have found a PAN as it found the masked one"
    );
}

/// What machines and people read of a hub that holds payments: pages, and each asking command in
/// both forms.
#[tokio::test]
async fn no_card_or_key_is_in_any_answer() {
    let (bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let paid = new_id();
    lane.pay(paid, APPROVED_PAN, 900).await;
    let sale = lane.sale(900, &[(paid, 900)]);
    lane.replicate(sale).await.unwrap();
    lane.pay(new_id(), SILENT_PAN, 700).await;
    drop(bank.stop());
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    lane.pay(new_id(), APPROVED_PAN, 800).await;

    let mut answers = Vec::new();
    for path in ["/metrics", "/health", "/nonsense"] {
        answers.push((path.to_owned(), page(&hub, path).await));
    }
    let prices = store.folder.path().join("prices.csv");
    let (address, paid) = (hub.address.to_string(), paid.to_string());
    for command in [
        &["status"][..],
        &["lanes"],
        &["unresolved"],
        &["dead-letters", "--all"],
        &["leases"],
        &["link"],
        &["prices", "list"],
        &["prices", "status"],
        &["prices", "import", prices.to_str().unwrap()],
        &["payment", &paid],
        &["payment", APPROVED_PAN],
    ] {
        for output in ["text", "json"] {
            let asked = [command, &["--address", &address, "--output", output]].concat();
            let told = store_hub(&asked);
            let told = [told.stdout, told.stderr].concat();
            answers.push((format!("{command:?}"), String::from_utf8(told).unwrap()));
        }
    }
    assert!(answers.iter().all(|(_, told)| !told.is_empty()));
    // The payments are told of: their cards would be, too.
    for known in [&paid, "paid 9.00 CNY", "\"amount_minor\": 800"] {
        let told = answers.iter().any(|(_, told)| told.contains(known));
        assert!(told, "nobody tells of {known}");
    }
    for (whose, told) in answers {
        for pan in [APPROVED_PAN, SILENT_PAN] {
            assert!(!told.contains(pan), "{whose} tells a PAN");
            let track = format!("{pan}D3012");
            assert!(!told.contains(&track), "{whose} tells a track");
        }
        for key in keys() {
            assert!(
                !told.to_uppercase().contains(&key.to_uppercase()),
                "{whose} tells a key"
            );
        }
    }
}
