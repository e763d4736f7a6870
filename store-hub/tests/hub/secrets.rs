//! I16: what no file of the hub may hold.

use std::{fs, path::Path};

use acquirer_host::MemoryLedger;
use proto::store::v1::lane_frame;

use crate::{
    lane::{Lane, block, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store},
};

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
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
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
