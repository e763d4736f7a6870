//! Who works in the store: ordered by a command, journaled without a secret, told to every lane.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
    time::Duration,
};

use acquirer_host::MemoryLedger;
use journal::{Journal, LogId, SimulatedDisk};
use proto::store::v1::{OperatorList, hub_frame};
use serde_json::Value;

use crate::{
    commands::stdout,
    lane::Lane,
    store::{Host, Hub, Store},
};

const MANAGER: &str = "2580";

fn store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    (bank, store)
}

/// The command, with these lines on standard input.
fn operators(hub: &Hub, args: &[&str], typed: &str) -> Output {
    let address = hub.address.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_store-hub"));
    command
        .arg("operators")
        .args(args)
        .args(["--address", &address, "--output", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    drop(stdin);
    running.wait_with_output().unwrap()
}

fn done(hub: &Hub, args: &[&str], typed: &str) -> Value {
    serde_json::from_str(&stdout(&operators(hub, args, typed))).unwrap()
}

fn add_manager(hub: &Hub) -> Value {
    let add = [
        "add",
        "--name",
        "Wang Fang",
        "--role",
        "manager",
        "--number",
        "301",
    ];
    done(hub, &add, &format!("{MANAGER}\n"))
}

/// The next list that the lane is told, before anything for which `until` says yes.
async fn told(lane: &mut Lane) -> OperatorList {
    loop {
        if let Some(hub_frame::Body::Operators(list)) = lane.frame().await.unwrap() {
            return list;
        }
    }
}

fn numbers(list: &OperatorList) -> Vec<u32> {
    list.operators.iter().map(|one| one.number).collect()
}

#[tokio::test]
async fn a_lane_is_told_who_works_here_behind_its_hello_on_each_change_and_after_a_restart() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut without = Lane::attach(&hub, 1).await;
    let added = add_manager(&hub);
    assert_eq!(
        (added["changed"].clone(), added["numbers"][0].clone()),
        (true.into(), 301.into())
    );
    let first = told(&mut without).await;
    assert_eq!(numbers(&first), [301]);
    assert_eq!(first.version, added["version"].as_u64().unwrap());
    let mut behind_hello = Lane::attach(&hub, 2).await;
    assert_eq!(told(&mut behind_hello).await, first);

    let cashier = ["add", "--name", "Li", "--role", "cashier", "--badge"];
    done(&hub, &cashier, "7531\n990302\n");
    let second = told(&mut without).await;
    assert_eq!(numbers(&second), [301, 302]);
    assert!(second.version > first.version);
    let li = &second.operators[1];
    let key = &second.badge_hash_key;
    let hash = operator_pin::badge_hash(key, "990302").unwrap();
    assert_eq!(li.badge_hash.as_ref(), hash.0);
    let verifier = domain::operators::PinVerifier::new(&li.pin_verifier).unwrap();
    let pin = |digits| operator_pin::Pin::new(digits).unwrap();
    assert!(operator_pin::is_right(&pin("7531"), &verifier));
    assert!(!operator_pin::is_right(&pin("7532"), &verifier));

    hub.crash();
    let hub = store.start();
    let mut again = Lane::attach(&hub, 1).await;
    assert_eq!(told(&mut again).await, second, "durable before it was told");
}

#[tokio::test]
async fn a_change_an_end_and_a_new_pin_reach_the_lane_and_what_is_no_change_does_not() {
    let (_bank, store) = store();
    let hub = store.start();
    add_manager(&hub);
    done(
        &hub,
        &[
            "add", "--name", "Li", "--role", "cashier", "--number", "101",
        ],
        "7531\n",
    );
    let mut lane = Lane::attach(&hub, 1).await;
    let before = told(&mut lane).await;

    let same = done(&hub, &["change", "101", "--name", "Li"], "");
    assert_eq!(
        (same["changed"].clone(), same["version"].as_u64()),
        (false.into(), Some(before.version))
    );
    done(
        &hub,
        &[
            "change",
            "101",
            "--role",
            "supervisor",
            "--until",
            "2026-12-31",
        ],
        "",
    );
    let changed = told(&mut lane).await;
    assert_eq!(changed.operators[0].active_until, "2026-12-31");
    assert_eq!(
        changed.operators[0].version, changed.version,
        "wrong PINs of before are over"
    );
    assert_eq!(changed.operators[1], before.operators[1]);

    done(&hub, &["set-pin", "101"], "8642\n");
    let renewed = told(&mut lane).await;
    assert_ne!(
        renewed.operators[0].pin_verifier,
        changed.operators[0].pin_verifier
    );

    done(&hub, &["end", "101"], "");
    let ended = told(&mut lane).await;
    assert_eq!(
        ended.operators[0].active_until, "2026-11-21",
        "gone since yesterday"
    );
    let listed = done(&hub, &["list"], "");
    assert_eq!(listed["operators"][0]["active"], false);
    assert_eq!(listed["operators"][1]["role"], "manager");
}

#[tokio::test]
async fn refused_orders_say_why_with_their_exit_code_and_change_nothing() {
    let (_bank, store) = store();
    let hub = store.start();
    let refused = |args: &[&str], typed: &str, exit: i32, said: &str| {
        let output = operators(&hub, args, typed);
        let stderr = String::from_utf8(output.stderr.clone()).unwrap();
        assert_eq!(output.status.code(), Some(exit), "{args:?}: {stderr}");
        assert!(stderr.contains(said), "{said} not in {stderr}");
        assert!(!stderr.contains("2580"), "{stderr}");
    };
    let cashier = ["add", "--name", "Li", "--role", "cashier"];
    refused(&cashier, "2580\n", 4, "HUB0060: no manager would be left");
    refused(&cashier, "258\n", 2, "4 to 8 digits");
    refused(&cashier, "", 2, "nothing was typed");
    add_manager(&hub);
    refused(&["end", "301"], "", 4, "HUB0060: no manager would be left");
    refused(&["end", "9"], "", 1, "HUB0060: no operator 9");
    let again = [
        "add", "--name", "Wu", "--role", "manager", "--number", "301",
    ];
    refused(&again, "2580\n", 4, "never given to another");
    refused(&["change", "301", "--name", " "], "", 2, "a name has");
    let listed = done(&hub, &["list"], "");
    assert_eq!(listed["operators"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_table_is_imported_whole_or_not_at_all() {
    let (_bank, store) = store();
    let hub = store.start();
    let file = store.folder.path().join("staff.csv");
    let path = file.to_str().unwrap();
    fs::write(
        &file,
        "number,name,role,pin\n301,王芳,manager,2580\n101,Li,boss,7531\n",
    )
    .unwrap();
    let refused = operators(&hub, &["import", path], "");
    assert_eq!(refused.status.code(), Some(2));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("HUB0063") && said.contains("line 3: role"),
        "{said}"
    );
    fs::write(
        &file,
        "number,name,role,pin\n301,王芳,manager,2580\n101,Li,cashier,7531\n",
    )
    .unwrap();
    let taken = done(&hub, &["import", path], "");
    assert_eq!(taken["numbers"], serde_json::json!([301, 101]));
    let mut lane = Lane::attach(&hub, 1).await;
    assert_eq!(told(&mut lane).await.operators[1].name, "王芳");
}

#[tokio::test]
async fn the_first_operators_come_from_the_configured_file_once() {
    let (_bank, store) = store();
    let pin = operator_pin::Pin::new(MANAGER).unwrap();
    let verifier = operator_pin::verifier_of(&pin, &[7; 16], operator_pin::Cost::Least).unwrap();
    let file = store.folder.path().join("operators.csv");
    let line = |name: &str| {
        let verifier = verifier.as_str();
        format!("number,name,role,pin_verifier\n301,{name},manager,\"{verifier}\"\n")
    };
    fs::write(&file, line("Wang")).unwrap();
    let store = store.with("# [operators]\n# file", "[operators]\nfile");
    let hub = store.start();
    let first = told(&mut Lane::attach(&hub, 1).await).await;
    assert_eq!(first.operators[0].name, "Wang");
    hub.stop();
    fs::write(&file, line("Wu")).unwrap();
    let hub = store.start();
    assert_eq!(told(&mut Lane::attach(&hub, 1).await).await, first);
}

/// Whatever is kept for ever, and whatever a command prints, has nothing that a PIN could be tried
/// against; the keyed state is what the records add up to.
#[tokio::test]
async fn what_checks_a_pin_is_in_no_record_and_the_keyed_state_is_rebuilt_from_them() {
    let (_bank, store) = store();
    let hub = store.start();
    add_manager(&hub);
    done(&hub, &["set-pin", "301"], "8642\n");
    let listed = operators(&hub, &["list"], "");
    assert!(!String::from_utf8(listed.stdout).unwrap().contains("argon2"));
    hub.stop();
    let config = store.config();
    let verified =
        crate::commands::store_hub(&["verify", "--rebuild", "--config", config.to_str().unwrap()]);
    stdout(&verified);
    let records = records_of(&store.folder.path().join("journal"));
    assert!(records.iter().any(|bytes| holds(bytes, b"Wang Fang")));
    for bytes in &records {
        assert!(!holds(bytes, b"argon2"), "a record holds what checks a PIN");
    }
}

fn records_of(folder: &Path) -> Vec<Vec<u8>> {
    let engine = crate::store::engine(&crate::store::sled_in(folder));
    let (journal, _committer) = Journal::open(engine).unwrap();
    let mut records = Vec::new();
    journal
        .replay(LogId::OWN, 1, |record| {
            records.push(record.bytes.to_vec());
            Ok::<(), journal::ReadError>(())
        })
        .unwrap();
    records
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// HUB0061: a verifier that is not the one of the record lets nobody in, and its owner is told to
/// no lane.
#[tokio::test]
async fn a_verifier_that_somebody_put_in_place_of_another_lets_nobody_in() {
    let (_bank, store) = store();
    let disk = SimulatedDisk::new();
    let no_delay = Duration::ZERO;
    let hub = store.start_on_disk(&disk, no_delay);
    add_manager(&hub);
    done(
        &hub,
        &[
            "add", "--name", "Li", "--role", "manager", "--number", "302",
        ],
        "7531\n",
    );
    hub.stop();
    {
        let (journal, committer) = Journal::open(disk.engine()).unwrap();
        let driven = journal::CommitDriver::Thread
            .drive(&journal, committer)
            .unwrap();
        let mut batch = journal::Batch::new();
        let key = [b"operator-pin/".as_slice(), &302_u32.to_be_bytes()].concat();
        batch.put_side(key, "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g");
        let ticket = journal.append(batch).unwrap();
        journal.wait(ticket).await.unwrap();
        journal.close();
        drop(driven);
    }
    let hub = store.start_on_disk(&disk, no_delay);
    let list = told(&mut Lane::attach(&hub, 1).await).await;
    assert_eq!(numbers(&list), [301]);
    let listed = done(&hub, &["list"], "");
    assert_eq!(listed["operators"][1]["pin_lost"], true);
    // A change of something else does not make it good; a new PIN does.
    done(&hub, &["change", "302", "--name", "Li Na"], "");
    assert_eq!(done(&hub, &["list"], "")["operators"][1]["pin_lost"], true);
    done(&hub, &["set-pin", "302"], "7531\n");
    let list = told(&mut Lane::attach(&hub, 2).await).await;
    assert_eq!(numbers(&list), [301, 302]);
}
