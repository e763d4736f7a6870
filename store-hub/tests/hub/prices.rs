//! Prices while the store sells: imported, told, confirmed, begun, without a restart of anybody.

use std::{fs, path::Path, time::Duration};

use acquirer_host::MemoryLedger;
use domain::sale::Prompt;
use lane_agent::devices::Key;
use ports::Clock;
use prost::Message;
use proto::{
    journal::v1::{LaneRecord, lane_record::Body},
    store::v1::{
        ImportPricesRequest, ImportPricesResponse, PriceSource, PriceVersionState, PricesRequest,
        PricesResponse,
    },
};

use crate::{
    commands::store_hub,
    lane::Lane,
    real_lane::{Hands, Machine},
    store::{Host, Hub, Store, opening_clock},
};

const MILK: &str = "6900000000014";

fn store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    (bank, store)
}

fn file(milk_minor: i64) -> String {
    format!("barcode,name,price_minor,currency,kind\n{MILK},milk,{milk_minor},CNY,piece\n")
}

fn now_ms() -> i64 {
    opening_clock().wall_ms()
}

async fn import(hub: &Hub, file: &str, activate_at_wall_ms: i64) -> ImportPricesResponse {
    let first = ImportPricesRequest {
        file_name: "new.csv".to_owned(),
        activate_at_wall_ms,
        ..Default::default()
    };
    let (head, tail) = file.as_bytes().split_at(file.len() / 2);
    let chunk = |bytes: &[u8]| ImportPricesRequest {
        chunk: bytes.to_vec().into(),
        ..Default::default()
    };
    let requests = vec![first, chunk(head), chunk(tail)];
    let mut operations = hub.operations().await;
    let answered = operations.import_prices(tokio_stream::iter(requests)).await;
    answered.unwrap().into_inner()
}

async fn prices(hub: &Hub) -> PricesResponse {
    let mut operations = hub.operations().await;
    operations
        .prices(PricesRequest {})
        .await
        .unwrap()
        .into_inner()
}

/// Asks until it is so.
async fn until(hub: &Hub, what: &str, so: impl Fn(&PricesResponse) -> bool) -> PricesResponse {
    for _ in 0..1500 {
        let prices = prices(hub).await;
        if so(&prices) {
            return prices;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: {:?}", prices(hub).await);
}

fn lane_sells(version: &str) -> impl Fn(&PricesResponse) -> bool {
    move |prices| {
        let lane = &prices.lanes[0];
        let confirmed = lane
            .answers
            .iter()
            .any(|answer| answer.version == version && answer.active);
        lane.version == version && confirmed
    }
}

async fn open(hands: &mut Hands) {
    hands.sees(|screen| screen.prompt.takes_sale()).await;
    let order_reference = "o".to_owned();
    hands.press(Key::Open { order_reference }).await;
    hands.sees(|screen| screen.prompt == Prompt::Scan).await;
}

/// What the scanned article costs.
async fn scan(hands: &mut Hands, code: &str, line: usize) -> i64 {
    hands.scan(code).await;
    let has_line = |lines: usize| lines == line;
    let seen = hands.sees(|screen| {
        let basket = screen.basket.as_ref();
        basket.is_some_and(|basket| has_line(basket.lines.len()))
    });
    let basket = seen.await.basket.unwrap();
    basket.lines[line - 1].total.minor()
}

async fn pay(hands: &mut Hands, given_minor: i64) {
    hands.press(Key::Total).await;
    if given_minor > 0 {
        hands
            .sees(|screen| screen.prompt == Prompt::ChooseTender)
            .await;
        hands.press(Key::Cash { given_minor }).await;
    }
    hands
        .sees(|screen| matches!(screen.prompt, Prompt::Goodbye { .. }))
        .await;
}

/// The price versions of the lane's sales, and what each came to.
fn sales(machine: &Machine) -> Vec<(String, i64)> {
    let mut sales = Vec::new();
    let mut version = String::new();
    for record in machine.records() {
        match LaneRecord::decode(record.bytes.as_slice()).unwrap().body {
            Some(Body::SaleOpened(opened)) => version = opened.price_file_version,
            Some(Body::SaleClosed(closed)) => {
                sales.push((version.clone(), closed.total.unwrap().minor));
            }
            _ => {}
        }
    }
    sales
}

/// days.md 9 and 1: the sale that is open ends at the prices it began with, the next one has the
/// new ones; neither hub nor lane is started again.
#[tokio::test]
async fn f26_prices_change_while_a_basket_is_open() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    let versions = machine
        .live_by_hand(hub.address, async |mut hands| {
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1250);
            let before = prices(&hub).await.version;
            let taken = import(&hub, &file(1300), 0).await;
            assert!(taken.taken && !taken.known, "{taken:?}");
            until(&hub, "the lane has them", lane_sells(&taken.version)).await;
            assert_eq!(
                scan(&mut hands, MILK, 2).await,
                1250,
                "the sale keeps its prices"
            );
            pay(&mut hands, 2500).await;
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1300);
            pay(&mut hands, 1300).await;
            // The same file again changes nothing.
            assert!(import(&hub, &file(1300), 0).await.known);
            [before, taken.version]
        })
        .await;
    let [before, after] = versions;
    assert_eq!(sales(&machine), [(before, 2500), (after, 1300)]);
    hub.stop();
}

/// A sale that a kill interrupted ends at the prices it began with, though others sell by then.
#[tokio::test]
async fn a_sale_that_goes_on_after_a_restart_keeps_its_prices() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    machine
        .live_by_hand(hub.address, async |mut hands| {
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1250);
            for minor in [1300, 1400] {
                let taken = import(&hub, &file(minor), 0).await;
                until(&hub, "the lane has them", lane_sells(&taken.version)).await;
            }
        })
        .await;
    machine
        .live_by_hand(hub.address, async |mut hands| {
            hands.sees(|screen| screen.prompt == Prompt::Scan).await;
            assert_eq!(scan(&mut hands, MILK, 2).await, 1250);
            pay(&mut hands, 2500).await;
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1400);
            pay(&mut hands, 1400).await;
        })
        .await;
    hub.stop();
}

/// A version that waits begins at its moment, at a hub and at a lane that was told before; without
/// the hub, and at a hub that was started again.
#[tokio::test]
async fn a_version_waits_for_its_moment() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    let at = now_ms() + 6_000;
    let later = machine
        .live_by_hand(hub.address, async |mut hands| {
            let taken = import(&hub, &file(1300), at).await;
            assert_eq!((taken.taken, taken.from_wall_ms), (true, at));
            let told = until(&hub, "the lane has it", |prices| {
                let mut answers = prices.lanes[0].answers.iter();
                answers.any(|answer| answer.version == taken.version && !answer.active)
            });
            let told = told.await;
            assert_ne!(told.version, taken.version);
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1250);
            pay(&mut hands, 1250).await;
            taken.version
        })
        .await;
    hub.stop();
    while now_ms() < at {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Nobody is there to tell the lane.
    let nobody = "127.0.0.1:9".parse().unwrap();
    machine
        .live_by_hand(nobody, async |mut hands| {
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1300);
            pay(&mut hands, 1300).await;
        })
        .await;
    let hub = store.start();
    until(&hub, "the hub sells by it, too", |prices| {
        prices.version == later
    })
    .await;
    assert_eq!(sales(&machine).last().unwrap().0, later);
    hub.stop();
}

/// A lane whose scales write other labels says so by name, and sells on as before.
#[tokio::test]
async fn a_lane_that_can_not_take_a_file_is_named_with_the_reason() {
    let (_bank, store) = store();
    let hub = store.start();
    let machine = Machine::new(1);
    machine
        .live_by_hand(hub.address, async |mut hands| {
            open(&mut hands).await;
            let file = file(1300) + "210001,beef,0,CNY,price-embedded\n";
            let taken = import(&hub, &file, 0).await;
            assert!(taken.taken);
            let refused = until(&hub, "the lane says why", |prices| {
                let mut answers = prices.lanes[0].answers.iter();
                answers.any(|answer| answer.refused_because.contains("210001 is never found"))
            });
            assert_ne!(refused.await.lanes[0].version, taken.version);
            assert_eq!(scan(&mut hands, MILK, 1).await, 1250);
            let config = store.config();
            let address = hub.address.to_string();
            let args = ["--config", config.to_str().unwrap(), "--address", &address];
            let told = store_hub(&[&["prices", "status"], &args[..]].concat());
            let told = String::from_utf8(told.stdout).unwrap();
            assert!(told.contains("CAN'T TAKE"), "{told}");
        })
        .await;
    hub.stop();
}

fn run(store: &Store, hub: &Hub, args: &[&str]) -> (Option<i32>, String, String) {
    let (config, address) = (store.config(), hub.address.to_string());
    let asked = ["--config", config.to_str().unwrap(), "--address", &address];
    let output = store_hub(&[args, &asked[..]].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn cases() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../domain/src/prices/tests"
    ))
}

#[tokio::test]
async fn f26_the_command_says_all_that_is_wrong_and_nothing_changes() {
    let (_bank, store) = store();
    let hub = store.start();
    let before = prices(&hub).await;
    let case = |name: &str| cases().join(name).to_str().unwrap().to_owned();
    let bad = case("hub_prices_one_bad_row.csv");
    let (code, out, err) = run(&store, &hub, &["prices", "import", &bad]);
    assert_eq!(code, Some(1), "{err}");
    assert!(
        out.contains("line 3, barcode: 6900000000017: the check digit is wrong"),
        "{out}"
    );
    assert!(
        out.contains("line 3, price_minor: \"7.50\" has a decimal sign"),
        "{out}"
    );
    let (code, out, _) = run(
        &store,
        &hub,
        &["prices", "import", &bad, "--output", "json"],
    );
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (code, json["faults"].as_array().unwrap().len()),
        (Some(1), 2)
    );
    let gbk = case("hub_prices_gbk.csv");
    let (code, out, _) = run(&store, &hub, &["prices", "import", &gbk]);
    assert_eq!(code, Some(1));
    assert!(
        out.contains("the file is GBK (GB18030), not UTF-8"),
        "{out}"
    );
    assert_eq!(prices(&hub).await, before);
    let args = [
        "prices",
        "import",
        &gbk,
        "--encoding",
        "gbk",
        "--activate-at",
        "2126-01-01T06:00",
    ];
    let (code, out, err) = run(&store, &hub, &args);
    assert_eq!(code, Some(0), "{out}{err}");
    let (_, list, _) = run(&store, &hub, &["prices", "list"]);
    assert!(
        list.contains("waiting") && list.contains("hub_prices_gbk.csv"),
        "{list}"
    );
    let (code, _, err) = run(&store, &hub, &["prices", "import", "no-such-file.csv"]);
    assert_eq!(code, Some(2), "{err}");
    hub.stop();
}

/// What a person types without an offset is the store's local time, whoever asks from wherever: the
/// hub knows the zone, and no configuration is at hand. Shown, it is the same again.
#[tokio::test]
async fn a_moment_without_an_offset_is_the_stores_own() {
    let (_bank, store) = store();
    let config = fs::read_to_string(store.config()).unwrap();
    let there = config.replacen("[store]\n", "[store]\ntime_zone = \"Asia/Shanghai\"\n", 1);
    fs::write(store.config(), there).unwrap();
    let hub = store.start();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = elsewhere.path().join("new.csv");
    fs::write(&path, file(1300)).unwrap();
    let path = path.to_str().unwrap();
    let address = hub.address.to_string();
    let run = |args: &[&str]| {
        let asked = store_hub(&[args, &["--address", &address][..]].concat());
        let said = String::from_utf8(asked.stderr).unwrap();
        assert_eq!(asked.status.code(), Some(0), "{said}");
        String::from_utf8(asked.stdout).unwrap()
    };
    let typed = "2026-12-01T06:00";
    let told = run(&["prices", "import", path, "--activate-at", typed]);
    assert!(
        told.contains("sold by from 2026-12-01 06:00:00 on"),
        "{told}"
    );
    let utc = domain::time::WallMs(1_796_076_000_000);
    let held = prices(&hub).await;
    assert_eq!(
        held.versions[0].from_wall_ms, utc.0,
        "22:00 of the day before"
    );
    for shown in [&["prices", "list"][..], &["prices", "status"]] {
        let told = run(shown);
        assert!(told.contains("from 2026-12-01 06:00:00"), "{told}");
    }
    // Eight in the morning in UTC is what the clock of these tests began with.
    for (args, begins) in [
        (&["link"][..], "since 2026-11-22 16:"),
        (&["status"], "since 2026-11-22 16:"),
    ] {
        let told = run(args);
        assert!(told.contains(begins), "{told}");
    }
    hub.stop();
}

#[test]
fn f26_check_config_checks_the_whole_price_file() {
    let store = Store::new("127.0.0.1:1".parse().unwrap());
    let bad = fs::read(cases().join("hub_prices_one_bad_row.csv")).unwrap();
    fs::write(store.folder.path().join("prices.csv"), bad).unwrap();
    let config = store.config();
    let checked = store_hub(&["check-config", "--config", config.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(2));
    let said = String::from_utf8(checked.stderr).unwrap();
    assert!(
        said.contains("HUB0030") && said.contains("line 3, price_minor"),
        "{said}"
    );
}

#[tokio::test]
async fn the_inbox_takes_a_file_with_its_hash_and_answers() {
    use sha2::{Digest, Sha256};
    let (_bank, store) = store();
    let inbox = store.folder.path().join("inbox");
    fs::create_dir(&inbox).unwrap();
    let mut config = fs::read_to_string(store.config()).unwrap();
    config.push_str("\n[inbox]\nfolder = \"inbox\"\n");
    fs::write(store.config(), config).unwrap();
    let hub = store.start();
    for (name, text) in [
        ("bad.csv", file(1300).replace("CNY", "EUR")),
        ("good.csv", file(1300)),
    ] {
        fs::write(inbox.join(name), &text).unwrap();
        let hash = Sha256::digest(text.as_bytes());
        let hash = base16ct::lower::encode_string(&hash);
        fs::write(
            inbox.join(format!("{name}.sha256")),
            format!("{hash}  {name}\n"),
        )
        .unwrap();
    }
    let sells = until(&hub, "the file is taken", |prices| {
        let newest = &prices.versions[0];
        newest.came_by() == PriceSource::Inbox
            && newest.version_state() == PriceVersionState::Selling
    });
    assert_eq!(sells.await.versions[0].file_name, "good.csv");
    let read = |name: &str| -> Option<serde_json::Value> {
        serde_json::from_slice(&fs::read(inbox.join(name)).ok()?).ok()
    };
    for _ in 0..500 {
        if inbox.join("taken/good.csv.sha256").exists() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let good = read("good.csv.result.json").unwrap();
    assert_eq!(
        (&good["taken"], &good["articles"]),
        (&true.into(), &1.into())
    );
    let bad = read("bad.csv.result.json").unwrap();
    assert_eq!(
        (&bad["taken"], &bad["faults"][0]["line"]),
        (&false.into(), &2.into())
    );
    assert!(inbox.join("refused/bad.csv").exists() && inbox.join("taken/good.csv").exists());
    hub.stop();
}

/// What was answered is there after a kill; a hub that is killed in the middle has the file or has
/// it not.
#[tokio::test]
async fn an_import_outlives_a_kill() {
    let (_bank, store) = store();
    let hub = store.start();
    let taken = import(&hub, &file(1300), 0).await;
    hub.crash();
    let hub = store.start();
    let after = prices(&hub).await;
    assert_eq!(after.version, taken.version);
    let mut lane = Lane::attach(&hub, 1).await;
    assert_eq!(lane.hello.price_file_version, taken.version);
    let file: Vec<u8> = lane
        .price_file("")
        .await
        .iter()
        .flat_map(|part| part.chunk.to_vec())
        .collect();
    assert_eq!(file, self::file(1300).into_bytes());
    hub.stop();
    let config = store.config();
    let args = ["verify", "--rebuild", "--config", config.to_str().unwrap()];
    let verified = store_hub(&args);
    let said = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}");
}

/// F27: what `init` writes sells, the free article too (F29).
#[tokio::test]
async fn f27_a_lane_sells_what_init_wrote() {
    let (bank, store) = store();
    let folder = store.folder.path().join("new-store");
    let made = store_hub(&["init", folder.to_str().unwrap(), "--lanes", "2"]);
    assert_eq!(made.status.code(), Some(0));
    let config = folder.join("store-hub.toml");
    let text = fs::read_to_string(&config).unwrap();
    let text = text
        .replace("127.0.0.1:7001", "127.0.0.1:0")
        .replace("127.0.0.1:7201", "127.0.0.1:0")
        .replace("127.0.0.1:7002", &bank.address.to_string());
    fs::write(&config, text).unwrap();
    let checked = store_hub(&["check-config", "--config", config.to_str().unwrap()]);
    assert_eq!(checked.status.code(), Some(0));
    let hub = Hub::start_on(config);
    let machine = Machine::new(1);
    machine
        .live_by_hand(hub.address, async |mut hands| {
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, MILK, 1).await, 1250);
            assert_eq!(scan(&mut hands, "06900000000014", 2).await, 1250);
            pay(&mut hands, 2500).await;
            open(&mut hands).await;
            assert_eq!(scan(&mut hands, "6900000000090", 1).await, 0);
            pay(&mut hands, 0).await;
        })
        .await;
    let totals: Vec<i64> = sales(&machine)
        .into_iter()
        .map(|(_, total)| total)
        .collect();
    assert_eq!(totals, [2500, 0]);
    let receipts = fs::read_dir(machine.folder().join("receipts")).unwrap();
    assert!(receipts.count() >= 4);
    hub.stop();
}
