//! The program's commands, on a running and on a stopped hub.

use std::process::{Command, Output};

use acquirer_host::MemoryLedger;

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, Store, at_work},
};

pub(crate) fn store_hub(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_store-hub"))
        .args(args)
        .output()
        .unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(&store_hub(args))).unwrap()
}

#[tokio::test]
async fn a_payment_is_told_from_receipt_to_bank_even_after_the_hub_has_stopped() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let ledger = store.folder.path().join("ledger.jsonl");
    let config = std::fs::read_to_string(store.config()).unwrap();
    let config = config.replace(
        "# reconciliation_file = \"host/ledger.jsonl\"",
        "reconciliation_file = \"ledger.jsonl\"",
    );
    std::fs::write(store.config(), config).unwrap();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 1250).await;
    let sale = lane.sale(1250, &[(id, 1250)]);
    lane.replicate(sale).await.unwrap();
    hub.close_day().await.unwrap();
    std::fs::write(&ledger, bank.ledger.bytes()).unwrap();

    let config = store.config();
    let config = config.to_str().unwrap();
    let address = hub.address.to_string();
    let id = id.to_string();
    let running = ["payment", &id, "--config", config, "--address", &address];
    let running = stdout(&store_hub(&running));
    hub.stop();
    let stopped = stdout(&store_hub(&["payment", &id, "--config", config]));
    assert_eq!(running, stopped, "the same history from the journal alone");
    for part in [
        "approved, captured, settled in batch",
        "asked     12.50 CNY, paid 12.50 CNY",
        "sale 1 closed, receipt 1-1-000001",
        "decided: approved 12.50 CNY",
        "0210 code 00",
        "acquirer's file: mti 0200",
        "milk 12.50",
    ] {
        assert!(stopped.contains(part), "{part} not in\n{stopped}");
    }
    let told = json(&["payment", &id, "--config", config, "--output", "json"]);
    assert_eq!(told["paid"]["amount_minor"], 1250);
    assert_eq!(told["receipt_number"], "1-1-000001");

    let status = json(&["status", "--config", config, "--output", "json"]);
    assert_eq!(status["running"], false);
    assert_eq!(status["business_date"], "2026-11-23");
    let lanes = json(&["lanes", "--config", config, "--output", "json"]);
    assert_eq!(lanes["lanes"][0]["replicated_sequence"], 2);
    assert_eq!(lanes["lanes"][0]["sales_closed"], 1);
    let verified = json(&["verify", "--config", config, "--output", "json"]);
    assert_eq!(verified["verified"], true);
    let none = store_hub(&["unresolved", "--config", config]);
    assert_eq!(stdout(&none), "none\n");
    let unknown = new_id().to_string();
    let unknown = store_hub(&["payment", &unknown, "--config", config]);
    assert_eq!(unknown.status.code(), Some(1));
    let close = store_hub(&["close-day", "--config", config]);
    assert_eq!(close.status.code(), Some(3), "nobody runs");
}

/// F34: an address is enough; no configuration is read, and there is none.
#[tokio::test]
async fn an_address_alone_is_asked_f34() {
    let (_bank, _store, hub) = at_work().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let address = hub.address.to_string();
    let no_payment = new_id().to_string();
    for (args, code) in [
        (&["status"][..], 0),
        (&["lanes"], 0),
        (&["unresolved"], 0),
        (&["dead-letters"], 0),
        (&["leases"], 0),
        (&["link"], 0),
        (&["prices", "list"], 0),
        (&["prices", "status"], 0),
        (&["payment", &no_payment], 1),
        (&["leases", "write-off", "999", "--reason", "a guess"], 4),
        (&["close-day", "--date", "nonsense"], 2),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_store-hub"))
            .args(args)
            .args(["--address", &address, "--output", "json"])
            .current_dir(elsewhere.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {output:?}");
        match code {
            0 => drop(serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()),
            _ => assert!(output.stdout.is_empty(), "{args:?}: {output:?}"),
        }
    }
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    let nothing = Command::new(env!("CARGO_BIN_EXE_store-hub"))
        .arg("status")
        .current_dir(elsewhere.path())
        .output()
        .unwrap();
    let told = String::from_utf8(nothing.stderr).unwrap();
    assert_eq!(nothing.status.code(), Some(2), "{told}");
    assert!(told.contains("or --address HOST:PORT"), "{told}");
}

/// F36: a second hub on the same journal is a matter of configuration, whatever it was to do.
#[tokio::test]
async fn a_journal_in_use_is_exit_code_2_f36() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let _hub = store.start();
    let config = store.config();
    let config = config.to_str().unwrap();
    for args in [
        &["run"][..],
        &["verify"],
        &["repair"],
        &["migrate", "--to", "redb"],
    ] {
        let output = store_hub(&[args, &["--config", config]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {told}");
        assert!(told.contains("in use"), "{args:?}: {told}");
    }
}

#[test]
fn an_example_can_be_made_and_is_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hub");
    let path = path.to_str().unwrap();
    stdout(&store_hub(&["init", path]));
    let config = format!("{path}/store-hub.toml");
    stdout(&store_hub(&["check-config", "--config", &config]));
    stdout(&store_hub(&["run", "--check-config", "--config", &config]));
    let twice = store_hub(&["init", path]);
    assert_eq!(twice.status.code(), Some(2), "nothing is overwritten");
}

#[test]
fn a_wrong_configuration_is_told_in_full_with_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("store-hub.toml");
    std::fs::write(&config, "[store]\nid = \"1\"\ncolour = \"red\"\n").unwrap();
    let output = store_hub(&["check-config", "--config", config.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for key in [
        "store.name",
        "store.colour",
        "acquirer",
        "journal",
        "terminal",
    ] {
        assert!(told.contains(&format!("{key}: ")), "{key} not in\n{told}");
    }
    let asked = ["check-config", "--output", "json", "--config"];
    let output = store_hub(&[&asked[..], &[config.to_str().unwrap()]].concat());
    assert_eq!(output.status.code(), Some(2));
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let faults = told["faults"].as_array().unwrap();
    let colour = faults.iter().find(|fault| fault["key"] == "store.colour");
    let colour = colour.unwrap();
    assert_eq!(
        (&told["valid"], &colour["line"]),
        (&false.into(), &3.into())
    );
    assert!(faults.len() > 8, "{told:#}");
    let missing = store_hub(&["check-config", "--config", "/nowhere/hub.toml"]);
    assert_eq!(missing.status.code(), Some(2));
    let unknown = store_hub(&["--colour"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[tokio::test]
async fn a_lease_is_listed_and_written_off_and_what_comes_after_is_booked_all_the_same() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let lease = lane.granted().await;
    lane.accept(&lease).await;
    let id = new_id();
    let mut records = vec![lane.approved(id, 1250, lease.lease_id)];
    records.extend(lane.sale(1250, &[(id, 1250)]));
    lane.replicate(records).await.unwrap();

    let config = store.config();
    let config = config.to_str().unwrap();
    let address = hub.address.to_string();
    let at = ["--config", config, "--address", &address];
    let run = |args: &[&str]| store_hub(&[args, &at[..]].concat());
    let listed = |args: &[&str]| -> serde_json::Value {
        let args = [args, &["--output", "json"]].concat();
        serde_json::from_str(&stdout(&run(&args))).unwrap()
    };
    let number = lease.lease_id.to_string();
    let budget = lease.budget.as_ref().unwrap().minor;
    let open = listed(&["leases"]);
    let row = &open["leases"][0];
    assert_eq!(
        (&row["state"], &row["lane"], &row["payments"]),
        (&"open".into(), &1.into(), &1.into())
    );
    assert_eq!(row["spent"]["amount_minor"], 1250);
    assert_eq!(row["left"]["amount_minor"], budget - 1250);
    assert_eq!(row["counts"]["amount_minor"], budget - 1250);
    assert!(row["granted_wall_ms"].as_i64().unwrap() > 0);

    let no_reason = run(&["leases", "write-off", &number, "--reason", " "]);
    assert_eq!(no_reason.status.code(), Some(2));
    let write_off = ["leases", "write-off", &number, "--by", "Li Na", "--reason"];
    let write_off = [&write_off[..], &["the till was stolen"]].concat();
    stdout(&run(&write_off));
    assert_eq!(run(&write_off).status.code(), Some(4), "it is open no more");
    let never = run(&["leases", "write-off", "999", "--reason", "a guess"]);
    assert_eq!(never.status.code(), Some(4));
    // Another is granted at once: the lane is here.
    let next = lane.granted().await;
    assert_ne!(next.lease_id, lease.lease_id);

    // The till is found: what it had sold is booked, and the account of the lease shows it.
    let late = new_id();
    let mut records = vec![lane.approved(late, 700, lease.lease_id)];
    records.extend(lane.sale(700, &[(late, 700)]));
    lane.replicate(records).await.unwrap();
    let history = hub.history(late).await.unwrap();
    assert!(
        history.state.as_ref().unwrap().decision()
            == proto::store::v1::DecisionKind::OfflineApproved,
        "{history:?}"
    );
    let running = listed(&["leases"]);
    hub.stop();
    let stopped = store_hub(&["leases", "--config", config, "--output", "json"]);
    let stopped: serde_json::Value = serde_json::from_str(&stdout(&stopped)).unwrap();
    assert_eq!(running, stopped, "the journal tells the same");
    let row = &stopped["leases"][0];
    assert_eq!(row["state"], "written off");
    assert_eq!(
        (&row["by"], &row["reason"]),
        (&"Li Na".into(), &"the till was stolen".into())
    );
    assert_eq!(row["counts"]["amount_minor"], 0);
    assert_eq!(row["spent"]["amount_minor"], 1950);
    let counts = &stopped["leases"][1]["left"];
    assert_eq!(&stopped["counts"], counts, "only the open one counts");
}
