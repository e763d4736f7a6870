//! Machines that are a lane, or say so, and a hub that is older than its lanes, with real
//! processes: the scenarios `clone_locks_out` (F10), `empty_card_same_epoch` (F3),
//! `old_hub_restored` (F12) and `one_bad_record` (F8).

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod shop;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use journal::{Batch, EngineKind, Journal, LogId};
use serde_json::Value;
use shop::{
    CARD_MINOR, CASH_MINOR, Pays, Shop, another_machine, copy_folder, customers, lane_starts,
    no_more_than, receipts_in, verified,
};
use tests::running::{Running, until};

const AT_ONCE: Duration = Duration::ZERO;

/// Customers of whom every other pays by card.
fn mixed(count: usize) -> Vec<Pays> {
    [Pays::Card, Pays::Cash]
        .into_iter()
        .cycle()
        .take(count)
        .collect()
}

fn numbers(lane: u16, receipts: usize) -> BTreeSet<String> {
    (1..=receipts)
        .map(|number| format!("{lane}-1-{number:06}"))
        .collect()
}

/// Receipts go on without a gap, and none that was given out is another one now.
fn receipts_went_on(shop: &Shop, before: &BTreeMap<String, String>, count: usize) {
    let receipts = shop.receipts(1);
    let given: BTreeSet<String> = receipts.keys().cloned().collect();
    assert_eq!(given, numbers(1, count), "no number is left out");
    for (number, text) in before {
        assert_eq!(&receipts[number], text, "{number} was given out twice");
    }
}

/// What a sealed day says of one of its lanes, in `by_lane` or `completeness`.
fn of_lane<'a>(day: &'a Value, table: &str, lane: u16) -> &'a Value {
    let rows = day[table].as_array().expect("rows");
    let row = rows.iter().find(|row| row["lane"] == lane);
    row.unwrap_or_else(|| panic!("no lane {lane} in {table} of {day:#}"))
}

/// The day has so many sales of a lane, for so much, and says that it has all.
fn has_all(day: &Value, lane: u16, sales: usize, minor: i64) {
    assert_eq!(
        of_lane(day, "completeness", lane)["complete"],
        true,
        "{day:#}"
    );
    let own = of_lane(day, "by_lane", lane);
    assert_eq!(own["sales"], sales, "{day:#}");
    assert_eq!(own["total_minor"], minor, "{day:#}");
}

/// Lane, hub and bank count the same, in every batch.
fn settled_alike(day: &Value, minor: i64) {
    let settlement = &day["settlement"];
    for side in ["lane_minor", "hub_minor", "host_minor"] {
        assert_eq!(settlement[side], minor, "{side}: {settlement:#}");
    }
    let batches = settlement["batches"].as_array().expect("batches");
    for batch in batches {
        assert_eq!(batch["balanced"], true, "{batch}");
        assert_eq!(batch["lane_minor"], batch["hub_minor"], "{batch}");
        assert_eq!(batch["hub_minor"], batch["host_minor"], "{batch}");
    }
    assert_eq!(day["differences"], Value::Array(Vec::new()), "{day:#}");
}

/// F10: a machine with the number of a lane that is at work, on an empty journal or on that of a
/// spare, takes nothing, and the lane sells on by card while it is there and after it.
#[test]
fn clone_locks_out() {
    let (shop, hub) = Shop::open(2);
    // The spare has sold more than lane 1 ever does here: by its length its journal could be that
    // of lane 1, with more in it than the hub has a copy of.
    customers(&shop.lane(2), &mixed(40), AT_ONCE);
    let spare = lane_starts(&shop.lane(2));
    shop.until_served(2, 40);
    spare.stop();
    customers(
        &shop.lane(1),
        &[Pays::Card; 200],
        Duration::from_millis(300),
    );
    let lane = lane_starts(&shop.lane(1));
    sells_on(&shop, 2);
    let at_work = shop.seen(1);
    assert_eq!(at_work["connected"], true, "{at_work}");

    let folder = another_machine(&shop, "empty", 1);
    is_kept_out(&shop, &at_work, &folder);
    assert_eq!(
        shop.seen(1)["troubles"][0]["blocks"],
        false,
        "it has sold nothing"
    );
    let folder = another_machine(&shop, "spare", 1);
    copy_folder(&shop.lane(2).join("journal"), &folder.join("journal"));
    is_kept_out(&shop, &at_work, &folder);
    are_named(&shop.seen(1), &at_work);
    let told = lane.stop();
    assert!(
        !told.contains("hub lost"),
        "it has lost its session: {told}"
    );
    // Whoever was being served is served by its next start, and nobody comes any more.
    let served = shop.receipts(1).len() + 1;
    no_more_than(&shop.lane(1), served);
    let lane = lane_starts(&shop.lane(1));
    shop.until_served(1, served);
    lane.stop();
    all_by_card(&shop, &hub);
}

/// A clone starts, is refused and named, and sells nothing, while lane 1 does.
fn is_kept_out(shop: &Shop, at_work: &Value, clone: &Path) {
    let before = addresses(&shop.seen(1));
    let running = lane_starts(clone);
    let named = until("the clone is named", || {
        let seen = shop.seen(1);
        let is_new = addresses(&seen).difference(&before).next().is_some();
        is_new.then_some(seen)
    });
    are_named(&named, at_work);
    sells_on(shop, 4);
    running.says("HUB0014");
    are_named(&shop.seen(1), at_work);
    assert_eq!(receipts_in(clone), BTreeMap::new(), "it has sold");
    running.kill();
    sells_on(shop, 3);
}

/// Of the machines that are not taken as a lane.
fn addresses(seen: &Value) -> BTreeSet<String> {
    let troubles = seen["troubles"].as_array().expect("troubles");
    troubles
        .iter()
        .map(|trouble| trouble["address"].to_string())
        .collect()
}

/// The lane serves so many more customers.
fn sells_on(shop: &Shop, more: usize) {
    let before = shop.receipts(1).len();
    until("it sells on", || {
        (shop.receipts(1).len() >= before + more).then_some(())
    });
}

/// The machine at work, as it was, and the one that says it is this lane: each by its address and
/// since when.
fn are_named(seen: &Value, at_work: &Value) {
    for part in ["connected", "address", "attached_wall_ms"] {
        assert_eq!(seen[part], at_work[part], "{seen:#}");
    }
    let troubles = seen["troubles"].as_array().expect("troubles");
    for trouble in troubles {
        assert_eq!(trouble["code"], "HUB0014", "{seen:#}");
        let address = trouble["address"].as_str().expect("an address");
        assert!(address.starts_with("127.0.0.1:"), "{seen:#}");
        assert_ne!(trouble["address"], seen["address"], "{seen:#}");
        assert!(trouble["since_wall_ms"].as_i64() >= seen["attached_wall_ms"].as_i64());
    }
}

/// All that lane 1 sold was approved by the bank, but perhaps what the last customer paid: he was
/// being served when the lane was stopped. And all of it is at the hub. What the spare has sold
/// nobody knows, so that the lane is not said to be complete.
fn all_by_card(shop: &Shop, hub: &Running) {
    let receipts = shop.receipts(1);
    let is_approved = |text: &str| {
        let is_cash = text.lines().any(|line| line.starts_with("Cash"));
        !is_cash && !text.contains("SUBJECT TO AUTHORISATION")
    };
    let mut before = receipts.values().rev().skip(1);
    assert!(before.all(|text| is_approved(text)), "{receipts:#?}");
    let by_card = receipts.values().filter(|text| is_approved(text)).count();
    let (day, balanced) = shop.close_day();
    assert!(balanced, "{day:#}\n{}", hub.said());
    let own = of_lane(&day, "by_lane", 1);
    assert_eq!(own["sales"], receipts.len(), "{day:#}");
    let whole = &of_lane(&day, "completeness", 1)["complete"];
    assert_eq!(whole, false, "{day:#}");
    let by_card = i64::try_from(by_card).expect("few");
    settled_alike(&day, (by_card + 20) * CARD_MINOR);
}

/// F3: a lane on an empty card takes its journal back from the hub before it sells, after a stop in
/// order as after a power cut, and goes on behind it.
#[test]
fn empty_card_same_epoch() {
    let (shop, hub) = Shop::open(1);
    let folder = shop.lane(1);
    customers(&folder, &mixed(5), AT_ONCE);
    let lane = lane_starts(&folder);
    shop.until_served(1, 5);
    lane.stop();
    let before = shop.receipts(1);
    fs::remove_dir_all(folder.join("journal")).unwrap();
    customers(&folder, &mixed(4), AT_ONCE);
    let lane = lane_starts(&folder);
    takes_back(&shop, &lane, &before);
    let seen = shop.until_served(1, 9);
    receipts_went_on(&shop, &before, 9);

    // The power goes, and comes back with another card, sooner than the hub.
    lane.kill();
    assert_eq!(verified(&folder)["records"], seen["replicated_sequence"]);
    let before = shop.receipts(1);
    hub.stop();
    new_card(&folder);
    customers(&folder, &mixed(4), AT_ONCE);
    let lane = lane_starts(&folder);
    lane.says("journal is empty, waiting for the hub");
    assert_eq!(shop.receipts(1), before, "it has sold on an empty journal");
    let hub = shop.hub_starts();
    takes_back(&shop, &lane, &before);
    shop.until_served(1, 13);
    receipts_went_on(&shop, &before, 13);
    lane.stop();
    let verified = verified(&folder);
    assert_eq!(
        (&verified["sound"], &verified["receipts"]),
        (&true.into(), &13.into())
    );

    let (day, balanced) = shop.close_day();
    assert!(balanced, "{day:#}\n{}", hub.said());
    // Every other one of five, four and four.
    let by_card = 7 * CARD_MINOR;
    has_all(&day, 1, 13, by_card + 6 * CASH_MINOR);
    settled_alike(&day, by_card);
}

/// Waits for the lane to have its journal back, with which no number is given out a second time.
fn takes_back(shop: &Shop, lane: &Running, before: &BTreeMap<String, String>) {
    until("the journal is taken back", || {
        for (number, text) in &shop.receipts(1) {
            let known = before.get(number);
            assert!(known.is_none_or(|known| known == text), "{number} twice");
        }
        let taken = lane.said().contains("journal taken back from the hub");
        taken.then_some(())
    });
}

/// What a technician puts into the machine: its configuration and nothing else. (The script is the
/// people, and the receipts are paper.)
fn new_card(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match (name, path.is_dir()) {
            ("lane.toml" | "script.jsonl" | "receipts", _) => {}
            (_, true) => fs::remove_dir_all(path).unwrap(),
            (_, false) => fs::remove_file(path).unwrap(),
        }
    }
}

/// F12: a snapshot of the hub's journal is put back while its lanes remember more.
#[test]
fn old_hub_restored() {
    let (shop, hub) = Shop::open(2);
    let journal = shop.folder().join("journal");
    let snapshot = shop.folder().join("snapshot");
    trade(&shop, [(1, 2), (2, 1)]);
    hub.stop();
    copy_folder(&journal, &snapshot);

    let hub = shop.hub_starts();
    trade(&shop, [(1, 11), (2, 3)]);
    let known = shop.ask(&["status"]);
    let history = histories(&shop);
    hub.stop();
    fs::remove_dir_all(&journal).unwrap();
    copy_folder(&snapshot, &journal);

    let hub = shop.hub_starts();
    // Nobody is at the lanes when they meet it. Who pays while his lane does not know yet that the
    // hub is another one is told that nobody knows what became of it, and nothing is sent.
    trade(&shop, [(1, 11), (2, 3)]);
    trade(&shop, [(1, 21), (2, 5)]);
    each_was_sent_once(&shop, 26);
    hub.says("HUB0040");
    let now = shop.ask(&["status"]);
    assert!(
        now["hub_epoch"].as_u64() > known["hub_epoch"].as_u64(),
        "{now:#}"
    );
    let new_history = histories(&shop);
    assert_eq!(new_history.len(), 1, "{new_history:?}");
    assert!(
        new_history.is_disjoint(&history),
        "another journal has another name"
    );

    let (day, _) = shop.close_day();
    has_all(&day, 1, 21, 21 * CARD_MINOR);
    has_all(&day, 2, 5, 5 * CARD_MINOR);
    what_the_hub_lost_is_named(&shop, &day, 11);
    // From the next batch on all three count the same again.
    trade(&shop, [(1, 24), (2, 7)]);
    each_was_sent_once(&shop, 31);
    let (day, balanced) = shop.close_day();
    assert!(balanced, "{day:#}\n{}", hub.said());
    settled_alike(&day, 5 * CARD_MINOR);
    // A lane that sold before it heard that the date had turned makes a new version of that.
    until("each sale is in a sealed day", || {
        let sales = |day: &Value| day["sales"]["count"].as_u64().expect("a count");
        let sealed: u64 = shop.sealed().iter().map(sales).sum();
        (sealed == 31).then_some(())
    });
}

/// So many customers have paid by card, each under a trace number of its own, and the bank said
/// yes.
fn each_was_sent_once(shop: &Shop, customers: usize) {
    let mut sent = BTreeSet::new();
    for line in shop.at_bank() {
        assert_eq!(line["f39"], "00", "{line}");
        let key = (line["tid"].to_string(), line["stan"].to_string());
        assert!(sent.insert(key), "sent twice: {line}");
    }
    let status = shop.ask(&["status"]);
    assert_eq!(sent.len(), customers, "each has paid by card: {status:#}");
}

/// What was approved between the copy and its putting back: on a receipt, in the bank's books, and
/// named one by one. With it the hub has what the lanes and the bank have, to the cent.
fn what_the_hub_lost_is_named(shop: &Shop, day: &Value, count: usize) {
    let named = day["differences"].as_array().expect("differences");
    assert_eq!(named.len(), count, "{day:#}");
    let at_bank = shop.at_bank();
    let mut named_minor = 0;
    for difference in named {
        assert_eq!(difference["what"], "on a receipt, unknown to the hub");
        let id = &difference["payment_id"];
        let line = at_bank.iter().find(|line| line["payment_ref"] == *id);
        let line = line.unwrap_or_else(|| panic!("the bank knows no {id}"));
        assert_eq!(difference["lane_minor"], line["amount_minor"], "{line}");
        named_minor += minor(&difference["lane_minor"]);
    }
    let bank_minor: i64 = at_bank
        .iter()
        .map(|line| minor(&line["amount_minor"]))
        .sum();
    let hub_minor = minor(&day["settlement"]["hub_minor"]);
    assert_eq!(hub_minor + named_minor, bank_minor, "{day:#}");
    assert_eq!(minor(&day["sales"]["total_minor"]), bank_minor, "{day:#}");
}

fn minor(amount: &Value) -> i64 {
    amount
        .as_i64()
        .unwrap_or_else(|| panic!("{amount} is no amount"))
}

/// Lanes that sell by card until each has so many receipts, and stop.
fn trade(shop: &Shop, lanes: [(u16, usize); 2]) {
    let running = lanes.map(|(lane, receipts)| {
        let more = receipts - shop.receipts(lane).len();
        customers(&shop.lane(lane), &vec![Pays::Card; more], AT_ONCE);
        lane_starts(&shop.lane(lane))
    });
    for ((lane, receipts), running) in lanes.into_iter().zip(running) {
        let seen = shop.until_served(lane, receipts);
        assert_eq!(seen["troubles"], Value::Array(Vec::new()), "{seen:#}");
        running.stop();
    }
}

/// Which journal of the hub each lane has met last.
fn histories(shop: &Shop) -> BTreeSet<String> {
    let kept = [1, 2].map(|lane| {
        let facts = fs::read(shop.lane(lane).join("hub-facts.json")).unwrap();
        let facts: Value = serde_json::from_slice(&facts).unwrap();
        facts["hub_history"].as_str().expect("a history").to_owned()
    });
    kept.into_iter().collect()
}

/// F8: a record of lane 2 that the hub can't understand costs the completeness of lane 2 from
/// there, by name, and nobody else anything.
#[test]
fn one_bad_record() {
    let (shop, hub) = Shop::open(2);
    // So many sales that a lane keeps what they add up to.
    customers(&shop.lane(2), &mixed(16), AT_ONCE);
    let lane = lane_starts(&shop.lane(2));
    let seen = shop.until_served(2, 16);
    lane.kill();
    let bad = write_bad_record(&shop.lane(2).join("journal"));
    assert_eq!(Some(bad - 1), seen["replicated_sequence"].as_u64());

    customers(&shop.lane(2), &mixed(4), AT_ONCE);
    customers(&shop.lane(1), &mixed(6), AT_ONCE);
    let lanes = [1, 2].map(|lane| lane_starts(&shop.lane(lane)));
    shop.until_served(1, 6);
    let seen = shop.until_served(2, 20);
    assert!(seen["replicated_sequence"].as_u64() > Some(bad), "{seen:#}");
    nobody_else_pays(&shop, bad);
    hub.says("HUB0042");
    for lane in lanes {
        lane.stop();
    }
    hub.stop();
    // The next start meets it again.
    let hub = shop.hub_starts();
    let named = hub.says("HUB0042");
    assert!(named.contains("lane=lane-2"), "{named}");
    assert!(named.contains(&format!("sequence={bad}")), "{named}");
    assert_eq!(shop.seen(1)["troubles"], Value::Array(Vec::new()));
    hub.stop();
    let said = shop.refused(&["verify"]);
    for part in [
        "HUB0042",
        &format!("lane-2 epoch 1, record {bad}"),
        "incomplete",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
}

/// Asked and closed while both lanes are at work.
fn nobody_else_pays(shop: &Shop, bad: u64) {
    let status = shop.ask(&["status"]);
    assert_eq!(status["running"], true, "{status:#}");
    for line in shop.at_bank() {
        let id = line["payment_ref"].as_str().expect("a reference");
        assert_eq!(line["f39"], "00", "{line}");
        let payment = shop.ask(&["payment", id]);
        assert!(payment["standing"].as_str().is_some(), "{payment:#}");
    }
    let (day, balanced) = shop.close_day();
    assert!(balanced, "{day:#}");
    has_all(&day, 1, 6, 3 * (CARD_MINOR + CASH_MINOR));
    let two = of_lane(&day, "completeness", 2);
    assert_eq!(two["complete"], false, "{day:#}");
    assert_eq!(two["through_sequence"], bad - 1, "{day:#}");
    assert_eq!(of_lane(&day, "by_lane", 2)["sales"], 16, "{day:#}");
    assert_eq!(
        day["settlement"]["hub_minor"],
        day["settlement"]["host_minor"]
    );
    assert_eq!(day["settlement"]["hub_minor"], 13 * CARD_MINOR, "{day:#}");
}

/// Appends what a newer program of the lane might write, a record of a kind that no program here
/// knows, in one commit with what the lane keeps of its sales: then the lane starts behind it, as
/// one does that was put back to this version. Its sequence.
fn write_bad_record(folder: &Path) -> u64 {
    let engine = EngineKind::Sled.open(folder).unwrap();
    let (journal, mut committer) = Journal::open(engine).unwrap();
    let kept = journal
        .checkpoint("checkout")
        .unwrap()
        .expect("a checkpoint");
    let mut batch = Batch::new();
    batch.record([0xfa, 0x7f, 0x02, 0x08, 0x01]);
    journal
        .append_with_checkpoint(batch, "checkout", LogId::OWN, &kept.bytes)
        .unwrap();
    while committer.commit_waiting().unwrap() {}
    journal.head(LogId::OWN).sequence
}
