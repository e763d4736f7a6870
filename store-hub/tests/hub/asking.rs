//! Commands that only ask change no byte of a stopped hub's folder (F24), whichever engine keeps
//! its journal and however it ended.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use acquirer_host::MemoryLedger;

use crate::{
    lane::{Lane, new_id},
    stopped_journal::{done, store_hub},
    store::{APPROVED_PAN, DECLINED_PAN, Host, Hub, Store},
};

/// Every file, and what is in it.
fn stock(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => {
                found.extend(stock(&path));
                found.insert(path, Vec::new());
            }
            false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    found
}

/// What is asked and answered now, twice: what the first has left, the second reads.
fn ask_everything(store: &Store, payment: &str) {
    let questions: [&[&str]; 11] = [
        &["status"],
        &["lanes"],
        &["payment", payment],
        &["find", "--amount", "12.50"],
        &["unresolved"],
        &["dead-letters", "--all"],
        &["leases"],
        &["verify"],
        &["verify", "--rebuild"],
        &["repair"],
        &["check-config"],
    ];
    for question in questions.iter().chain(&questions) {
        done(&store_hub(store, question));
    }
}

async fn sold(hub: &Hub) -> String {
    hub.signed_on().await;
    let mut lane = Lane::attach(hub, 1).await;
    let (approved, declined) = (new_id(), new_id());
    lane.pay(approved, APPROVED_PAN, 1250).await;
    lane.pay(declined, DECLINED_PAN, 300).await;
    let sale = lane.sale(1250, &[(approved, 1250)]);
    lane.replicate(sale).await.unwrap();
    approved.to_string()
}

#[tokio::test]
async fn f24_commands_that_only_ask_change_no_byte() {
    for engine in ["sled", "redb"] {
        for crashes in [false, true] {
            let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
            let store = Store::new(bank.address);
            let config = fs::read_to_string(store.config()).unwrap();
            let config = config.replace("engine = \"sled\"", &format!("engine = \"{engine}\""));
            fs::write(store.config(), config).unwrap();
            let hub = store.start();
            let payment = sold(&hub).await;
            if crashes {
                hub.crash();
            } else {
                hub.stop();
            }
            // Whoever opens it may have to wait until the one before has let go.
            drop(store_hub(&store, &["status"]));
            let before = stock(store.folder.path());
            ask_everything(&store, &payment);
            let after = stock(store.folder.path());
            for (path, bytes) in &after {
                let same = before.get(path) == Some(bytes);
                assert!(same, "{engine}: {} was changed", path.display());
            }
            assert_eq!(before.len(), after.len(), "{engine}: a file is gone");
        }
    }
}
