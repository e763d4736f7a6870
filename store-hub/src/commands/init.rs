//! `init`: a first shop that runs as it is: hub, bank, lanes, ten articles, test keys.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;
use command_line::example::{CASHIER_SCRIPT, LaneExample, write_new};
use domain::{
    sale::civil_date,
    time::{BusinessDate, LocalMs},
};
use ports::{Clock, OsRandom, Random, StoreZone, SystemClock};

use super::{Failed, Outcome, USAGE, print};

/// The example of the repository, which a test parses.
const EXAMPLE: &str = include_str!("../../../config/store-hub.example.toml");
/// The files of the shop that are the same everywhere.
const PRICES: &str = include_str!("../../../config/first-shop/prices.csv");
const ACCOUNTS: &str = include_str!("../../../config/first-shop/accounts.toml");
const PERSONALITY: &str = include_str!("../../../config/first-shop/personality.toml");
/// The published test master key, which the simulated acquirer takes for any terminal without one.
const TEST_MASTER_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";
/// Base key of the published DUKPT vectors.
const TEST_BASE_KEY: &str = "0123456789ABCDEFFEDCBA9876543210";
/// Ports of the example.
const EXAMPLE_HUB: &str = "127.0.0.1:7001";
const EXAMPLE_OFFICE: &str = "127.0.0.1:7201";
const EXAMPLE_BANK: &str = "127.0.0.1:7002";
/// The store of the example.
const EXAMPLE_STORE: &str = "0001";

#[derive(Args)]
pub(super) struct Init {
    /// The folder; must not hold a configuration yet
    folder: PathBuf,
    /// How many lanes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=99))]
    lanes: u16,
    /// Port of the hub; the bank's is the next one, lanes' metrics begin ten further, the pages of
    /// office and lanes 200 further
    #[arg(
        long,
        default_value_t = 7001,
        value_parser = clap::value_parser!(u16).range(1024..=65000)
    )]
    port: u16,
    /// The store's time zone, as in Asia/Shanghai; without it UTC
    #[arg(long, value_name = "NAME", value_parser = StoreZone::named)]
    time_zone: Option<StoreZone>,
}

/// One file of the shop.
struct File {
    path: PathBuf,
    text: String,
    /// Keys and card numbers are for their owner only.
    mode: u32,
}

pub(super) fn init(options: &Init) -> Outcome {
    let folder = &options.folder;
    let config = folder.join("store-hub.toml");
    if config.exists() {
        let what = format!("{} is there already", config.display());
        return Err(Failed::new(USAGE, what));
    }
    let zone = options.time_zone.clone().unwrap_or_else(StoreZone::utc);
    let now_ms = SystemClock::new().wall_ms();
    let today = civil_date(LocalMs(zone.local_ms(now_ms)));
    let today = today.ok_or_else(|| Failed::new(USAGE, "the machine's clock shows no date"))?;
    let files = files(options, today);
    for file in &files {
        write_new(&file.path, &file.text, file.mode).map_err(|error| {
            let what = format!("can't write {}: {error}", file.path.display());
            Failed::new(USAGE, what)
        })?;
    }
    print(&next_steps(options, files.len()))
}

fn files(options: &Init, today: BusinessDate) -> Vec<File> {
    let at = |path: &str, text: String, mode| File {
        path: options.folder.join(path),
        text,
        mode,
    };
    let mut files = vec![
        at("keys.toml", keys(options.lanes, &OsRandom), 0o600),
        at("prices.csv", PRICES.to_owned(), 0o644),
        at("bank/accounts.toml", ACCOUNTS.to_owned(), 0o600),
        at("bank/personality.toml", PERSONALITY.to_owned(), 0o644),
    ];
    for lane in 1..=options.lanes {
        let text = lane_config(lane, options.port);
        files.push(at(&format!("lanes/{lane}/lane.toml"), text, 0o600));
        let script = format!("lanes/{lane}/script.jsonl");
        files.push(at(&script, CASHIER_SCRIPT.to_owned(), 0o600));
    }
    // Last: where it is, all the others are.
    let hub = hub_config(options, today);
    files.push(at("store-hub.toml", hub, 0o644));
    files
}

fn next_steps(options: &Init, count: usize) -> String {
    let folder = options.folder.display();
    let bank = options.port.saturating_add(1);
    let lanes = match options.lanes {
        1 => "a lane".to_owned(),
        lanes => format!("{lanes} lanes"),
    };
    format!(
        "wrote {count} files into {folder}: a hub, a bank, {lanes}, ten articles, test keys\n\
         next, each in a terminal of its own:\n  \
         acquirer-host --listen 127.0.0.1:{bank} --accounts {folder}/bank/accounts.toml \
         --personality {folder}/bank/personality.toml --ledger {folder}/bank/ledger.jsonl\n  \
         store-hub run --config {folder}/store-hub.toml\n  \
         lane-agent run --config {folder}/lanes/1/lane.toml\n"
    )
}

/// The example with as many terminals as there are lanes.
fn hub_config(options: &Init, today: BusinessDate) -> String {
    let port = options.port;
    let (before, rest) = EXAMPLE.split_once("[[terminal]]").unwrap_or((EXAMPLE, ""));
    let after = rest.split_once("[journal]").map_or("", |(_, after)| after);
    let mut text = before.to_owned();
    for lane in 1..=options.lanes {
        // Writing to a String can't fail.
        let _ = write!(
            text,
            "[[terminal]]\ntid = \"{}\"\nmid = \"898310054110001\"\nlane = {lane}\n\n",
            tid(lane)
        );
    }
    let mut text = text + "[journal]" + after;
    if let Some(zone) = &options.time_zone {
        let named = format!("time_zone = \"{}\"", zone.name());
        text = text.replace("# time_zone = \"Asia/Shanghai\"", &named);
    }
    let bank = port.saturating_add(1);
    // The bank's first: the hub's port may be the example's of the bank.
    text.replace(EXAMPLE_BANK, &format!("127.0.0.1:{bank}"))
        .replace(EXAMPLE_HUB, &format!("127.0.0.1:{port}"))
        .replace(
            EXAMPLE_OFFICE,
            &format!("127.0.0.1:{}", pages_port(port, 0)),
        )
        .replace(
            "business_date = \"2026-11-22\"",
            &format!("business_date = \"{today}\""),
        )
        .replace(
            "# reconciliation_file = \"host/ledger.jsonl\"",
            "reconciliation_file = \"bank/ledger.jsonl\"",
        )
}

/// Of the office, and of the lanes behind it.
const fn pages_port(port: u16, lane: u16) -> u16 {
    port.saturating_add(200).saturating_add(lane)
}

fn lane_config(lane: u16, port: u16) -> String {
    let metrics = port.saturating_add(10).saturating_add(lane);
    LaneExample {
        lane,
        store_id: EXAMPLE_STORE,
        hub: &format!("127.0.0.1:{port}"),
        metrics: &format!("127.0.0.1:{metrics}"),
        screens: &format!("127.0.0.1:{}", pages_port(port, lane)),
    }
    .text()
}

fn tid(lane: u16) -> String {
    format!("LANE{lane:04}")
}

fn keys(lanes: u16, random: &dyn Random) -> String {
    let mut text =
        String::from("# Software key store: for tests and simulation only.\nmode = \"test\"\n");
    for lane in 1..=lanes {
        let _ = write!(
            text,
            "\n[[terminal]]\ntid = \"{}\"\ntmk = \"{TEST_MASTER_KEY}\"\n",
            tid(lane)
        );
    }
    let _ = write!(text, "\n[pin]\nbdk = \"{TEST_BASE_KEY}\"\n");
    for (section, key) in [("card_sealing", "private_key"), ("card_hash", "key")] {
        let mut bytes = [0; 32];
        random.fill(&mut bytes);
        let _ = write!(
            text,
            "\n[{section}]\n{key} = \"{}\"\n",
            base16ct::lower::encode_string(&bytes)
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use domain::{
        barcode::{Barcode, LabelLayout},
        ids::LaneId,
    };

    use super::*;
    use crate::{config::Config, keys::KeyFile};

    #[test]
    fn what_is_written_can_be_read() {
        let today = BusinessDate::parse("2026-11-29").unwrap();
        let mut options = Init {
            folder: PathBuf::new(),
            lanes: 7,
            port: 7002,
            time_zone: None,
        };
        let config = Config::parse(&hub_config(&options, today), Path::new(".")).unwrap();
        assert_eq!(config.store.time_zone.name(), "UTC");
        assert_eq!(config.terminals.len(), 7);
        assert_eq!(config.listen_address, "127.0.0.1:7002");
        assert_eq!(config.acquirer.address, "127.0.0.1:7003");
        assert_eq!(config.office.unwrap().listen, "127.0.0.1:7202");
        assert_eq!(config.store.business_date, today);
        options.time_zone = StoreZone::named("Asia/Tokyo").ok();
        let there = Config::parse(&hub_config(&options, today), Path::new(".")).unwrap();
        assert_eq!(there.store.time_zone.name(), "Asia/Tokyo");
        KeyFile::parse(&keys(7, &OsRandom)).unwrap();
        acquirer_host::Accounts::parse(ACCOUNTS).unwrap();
        acquirer_host::Personality::parse(PERSONALITY).unwrap();
        let lane = lane_agent::Config::parse(&lane_config(3, 7002), Path::new("l")).unwrap();
        assert_eq!(lane.checkout.lane, LaneId(3));
        assert_eq!(lane.hub_address, "127.0.0.1:7002");
        assert_eq!(lane.metrics_listen.as_deref(), Some("127.0.0.1:7015"));
        assert_eq!(lane.screens.unwrap().listen, "127.0.0.1:7205");
        assert_eq!(lane.journal.folder, Path::new("l/journal"));
        lane_agent::devices::scripted::parse_script(CASHIER_SCRIPT).unwrap();
    }

    /// F27: what `init` writes can be sold: ten articles, and the check digit of each is right.
    #[test]
    fn the_ten_articles_can_be_scanned_f27() {
        let rows: Vec<&str> = PRICES.lines().skip(1).collect();
        assert_eq!(rows.len(), 10);
        for row in &rows {
            let (barcode, _) = row.split_once(',').unwrap();
            // A labelled article is filed without its price.
            if !row.ends_with(",price-embedded") {
                assert!(
                    Barcode::read(barcode, LabelLayout::ItemOfFive).is_ok(),
                    "{row}"
                );
            }
        }
        for order in lane_agent::devices::scripted::parse_script(CASHIER_SCRIPT).unwrap() {
            for item in order.items {
                assert!(rows.iter().any(|row| row.starts_with(&item)), "{item}");
            }
        }
    }

    #[test]
    fn a_broken_keys_file_names_its_keys_and_never_what_they_hold() {
        let text = keys(1, &OsRandom).replace(TEST_BASE_KEY, "0123456789ABCDEFZZ");
        let error = format!("{:?}", KeyFile::parse(&text).unwrap_err());
        assert!(error.contains("pin.bdk"), "{error}");
        assert!(!error.contains("0123456789"), "{error}");
    }
}
