//! Commands that only ask change no byte of a stopped hub's folder (F24), whichever engine keeps
//! its journal and however it ended.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use acquirer_host::MemoryLedger;

use crate::{
    commands,
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

/// Commands that order something, that only a running hub answers, or that run until they are told
/// to stop.
const ORDERS: &[&str] = &[
    "run",
    "init",
    "enrol",
    "revoke",
    "link",
    "prices",
    "operators",
    "close-day",
    "settle",
    "open-day",
    "state-epoch-end",
    "migrate",
    "completions",
    "help",
];

/// Questions that need more than a configuration.
const WITH_ARGUMENTS: &[(&str, &[&[&str]])] = &[
    ("payment", &[&["payment", "PAYMENT"]]),
    ("find", &[&["find", "--amount", "12.50"]]),
    ("dead-letters", &[&["dead-letters", "--all"]]),
    ("verify", &[&["verify"], &["verify", "--rebuild"]]),
];

/// Every question that the program's help lists: a new one is asked without being named here.
fn questions(payment: &str) -> Vec<Vec<String>> {
    let help = commands::stdout(&commands::store_hub(&["--help"]));
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    // What stands further in goes on with the words of the line above.
    let listed = listed.filter(|line| !line.starts_with("   "));
    let names = listed.filter_map(|line| line.split_whitespace().next());
    let names = names.filter(|name| !ORDERS.contains(name));
    let asked = names.flat_map(|name| {
        let more = WITH_ARGUMENTS.iter().find(|(of, _)| of == &name);
        more.map_or_else(
            || vec![vec![name]],
            |(_, all)| all.iter().map(|one| one.to_vec()).collect(),
        )
    });
    let with_payment = |word: &str| word.replace("PAYMENT", payment);
    asked
        .map(|words| words.into_iter().map(with_payment).collect())
        .collect()
}

/// What is asked and answered now, twice: what the first has left, the second reads.
fn ask_everything(store: &Store, payment: &str) {
    let questions = questions(payment);
    assert!(questions.len() > 10, "{questions:?}");
    for question in questions.iter().chain(&questions) {
        let words: Vec<&str> = question.iter().map(String::as_str).collect();
        done(&store_hub(store, &words));
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
