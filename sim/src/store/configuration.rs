//! The files the programs of a run are started with. They are the same files a real store has; only
//! the clock is another, and the keys are worth nothing.

use std::{fmt::Write as _, net::SocketAddr};

use base16ct::lower::encode_string as hex;
use domain::time::BusinessDate;
use journal::EngineKind;

use crate::{
    store::business_day::BusinessDay,
    workload::{
        BUSINESS_DATE, OPENING_WALL_MS,
        card::{Behaviour, Card},
        keys::{StoreKeys, Terminal},
        price_list::CURRENCY,
    },
};

/// How long a 0200 may stay unanswered: long against the slowest account, short against the run.
const ANSWER_TIMEOUT_MS: u64 = 3_000;
/// A lane waits longer than its hub.
const RESULT_TIMEOUT_MS: u64 = 8_000;

/// What hub and lanes of a run have in common.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The clock of the day.
    pub day: BusinessDay,
    /// What keeps the journals.
    pub engine: EngineKind,
    /// The date that the store begins on; `None`: that of all simulated runs.
    pub begins_on: Option<BusinessDate>,
}

/// What a lane is told where people sell at it.
#[derive(Clone, Copy, Debug)]
pub struct LaneByHand<'a> {
    /// Where its screens listen.
    pub screens: SocketAddr,
    /// The origin of the start page, which shows the screens inside of its pages.
    pub start_page: &'a str,
}

/// Where a hub listens, and what it reaches the bank by.
#[derive(Clone, Copy, Debug)]
pub struct HubPlaces {
    /// For lanes and operators.
    pub listen: SocketAddr,
    /// The line to the bank.
    pub line: SocketAddr,
    /// For the office's pages, where people sell by hand.
    pub office: Option<SocketAddr>,
}

/// `store-hub.toml`.
#[must_use]
#[allow(clippy::too_many_lines, reason = "a file, in its order")]
pub fn hub(keys: &StoreKeys, setting: Setting, places: HubPlaces) -> String {
    let HubPlaces {
        listen,
        line,
        office,
    } = places;
    let Setting {
        day,
        engine,
        begins_on,
    } = setting;
    let business_date = begins_on.map_or_else(|| BUSINESS_DATE.to_owned(), |date| date.to_string());
    let mut text = format!(
        r#"[store]
id = "0001"
name = "Lanekeeper demo store"
currency = "{CURRENCY}"
business_date = "{business_date}"

[listen]
address = "{listen}"

# The address is that of the relay between store and bank, so that the line can be cut.
[acquirer]
address = "{line}"
dialect = "cup-pos"
answer_timeout = "{ANSWER_TIMEOUT_MS}ms"
forward_answer_timeout = "{ANSWER_TIMEOUT_MS}ms"
line_down_after = "500ms"
backoff_min = "200ms"
backoff_max = "2s"
echo_every = "10s"
reconciliation_file = "../host/ledger.jsonl"
"#
    );
    for terminal in &keys.terminals {
        let Terminal { lane, tid, mid, .. } = terminal;
        let _ = write!(
            text,
            "\n[[terminal]]\ntid = \"{tid}\"\nmid = \"{mid}\"\nlane = {lane}\n"
        );
    }
    text + &format!(
        r#"
[journal]
engine = "{engine}"
folder = "journal"

[keys]
file = "keys.toml"

[prices]
file = "prices.csv"

[offline]
store_cap = "50000.00 {CURRENCY}"
card_cap = "1000.00 {CURRENCY}"
payment_cap = "500.00 {CURRENCY}"

[day]
close_timeout = "20s"
late_quiet = "2s"

[reports]
folder = "../report"

[operators]
file = "operators.csv"

{}{}"#,
        clock(day),
        office_section(office)
    )
}

/// Where people sell by hand, there are pages.
fn office_section(office: Option<SocketAddr>) -> String {
    let Some(listen) = office else {
        return String::new();
    };
    format!(
        r#"
[office]
listen = "{listen}"
token_file = "screens.token"
"#
    )
}

/// `keys.toml` of the hub's software key store.
#[must_use]
pub fn hub_keys(keys: &StoreKeys) -> String {
    let mut text =
        "# Drawn from the run's seed: test keys, they protect nothing.\nmode = \"test\"\n"
            .to_owned();
    for terminal in &keys.terminals {
        let (tid, master_key) = (&terminal.tid, hex(&terminal.master_key));
        let _ = write!(
            text,
            "\n[[terminal]]\ntid = \"{tid}\"\ntmk = \"{master_key}\"\n"
        );
    }
    let _ = write!(
        text,
        "\n[pin]\nbdk = \"{}\"\n\n[card_sealing]\nprivate_key = \"{}\"\n\n[card_hash]\nkey = \"{}\"\n",
        hex(&keys.pin_base_key),
        hex(&keys.card_sealing_private_key),
        hex(&keys.card_hash_key)
    );
    text
}

/// `lane.toml` of one lane, whose hub listens at `hub`.
#[must_use]
pub fn lane(
    terminal: &Terminal,
    keys: &StoreKeys,
    setting: Setting,
    hub: SocketAddr,
    by_hand: Option<LaneByHand<'_>>,
) -> String {
    let (lane, serial) = (terminal.lane, hex(&terminal.key_serial_number));
    let initial_key = hex(&keys.initial_key(terminal));
    let Setting { day, engine, .. } = setting;
    let people = people(by_hand);
    format!(
        r#"[lane]
store_id = "0001"
lane = {lane}
epoch = 1
currency = "{CURRENCY}"

[hub]
address = "{hub}"

[journal]
engine = "{engine}"
folder = "journal"

{}
[timeouts]
result = "{RESULT_TIMEOUT_MS}ms"

{people}
[devices.printer]
driver = "file"
folder = "../../receipts/lane-{lane}"

[devices.reader]
driver = "scripted"

[devices.pin_pad]
driver = "scripted"
initial_key = "{initial_key}"
key_serial_number = "{serial}"
"#,
        clock(day)
    )
}

/// A script plays the people, or people play themselves.
fn people(by_hand: Option<LaneByHand<'_>>) -> String {
    let Some(LaneByHand {
        screens,
        start_page,
    }) = by_hand
    else {
        return "[devices.cashier]\ndriver = \"scripted\"\nscript = \"script.jsonl\"\n".to_owned();
    };
    format!(
        r#"[screens]
listen = "{screens}"
token_file = "screens.token"
framed_by = "{start_page}"

[test_panel]
cards = "test-cards.json"
"#
    )
}

/// `keys.toml` of the bank's side.
#[must_use]
pub fn host_keys(keys: &StoreKeys) -> String {
    let mut text = "# Drawn from the run's seed: test keys, they protect nothing.\n".to_owned();
    for terminal in &keys.terminals {
        let Terminal {
            tid,
            mid,
            master_key,
            ..
        } = terminal;
        let _ = write!(
            text,
            "\n[[terminal]]\ntid = \"{tid}\"\nmid = \"{mid}\"\ntmk = \"{}\"\n",
            hex(master_key)
        );
    }
    text
}

/// `accounts.toml` of the bank's side.
#[must_use]
pub fn accounts(cards: &[Card]) -> String {
    // More than anybody can spend in a day here: declines come from the behaviour alone.
    const BALANCE_MINOR: i64 = 100_000_000;
    let mut text = "# The accounts behind the customers' cards; made up.\n".to_owned();
    for card in cards {
        let behaviour = match card.behaviour {
            Behaviour::Approve => "approve".to_owned(),
            Behaviour::Decline(code) => format!("decline:{code}"),
            Behaviour::Partial => "partial".to_owned(),
            Behaviour::Slow(delay_ms) => format!("slow:{delay_ms}"),
        };
        let Card { pan, pin, .. } = card;
        let _ = write!(
            text,
            "\n[[account]]\npan = \"{pan}\"\nbehaviour = \"{behaviour}\"\npin = \"{pin}\"\n"
        );
        // An account of that behaviour without a balance pays half of what it is asked.
        if card.behaviour != Behaviour::Partial {
            let _ = writeln!(text, "balance_minor = {BALANCE_MINOR}");
        }
    }
    text
}

/// `personality.toml` of the bank's side: never slower than `latency_ms`, and never at fault by
/// itself, but for what `manners` says.
#[must_use]
pub fn personality(seed: u64, latency_ms: u64, manners: &str, day: BusinessDay) -> String {
    // TOML has signed numbers only.
    let seed = seed >> 1;
    format!(
        "seed = {seed}\nlatency_ms = [3, {latency_ms}]\n{manners}\n{}",
        clock(day)
    )
}

fn clock(day: BusinessDay) -> String {
    let BusinessDay {
        origin_real_ms,
        speed,
    } = day;
    format!(
        "[clock]\nkind = \"business\"\norigin_real_ms = {origin_real_ms}\n\
         origin_business_ms = {OPENING_WALL_MS}\nspeed = {speed}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::card::deal_cards;

    const HUB: &str = "127.0.0.1:7001";

    #[test]
    fn every_file_is_toml_and_names_every_lane() {
        let keys = StoreKeys::draw(1, 3);
        let setting = Setting {
            day: BusinessDay::starting(0, 22_000),
            engine: EngineKind::Redb,
            begins_on: None,
        };
        let address = HUB.parse().unwrap();
        let places = HubPlaces {
            listen: address,
            line: address,
            office: Some(address),
        };
        let hub: toml::Table = hub(&keys, setting, places).parse().unwrap();
        assert_eq!(hub["journal"]["engine"].as_str(), Some("redb"));
        assert_eq!(hub["terminal"].as_array().unwrap().len(), 3);
        assert_eq!(hub["clock"]["kind"].as_str(), Some("business"));
        for text in [hub_keys(&keys), host_keys(&keys)] {
            let table: toml::Table = text.parse().unwrap();
            assert_eq!(table["terminal"].as_array().unwrap().len(), 3);
        }
        let by_script = lane(&keys.terminals[1], &keys, setting, address, None);
        let by_script: toml::Table = by_script.parse().unwrap();
        assert!(by_script["devices"]["cashier"].is_table());
        let by_hand = LaneByHand {
            screens: address,
            start_page: "http://127.0.0.1:7000",
        };
        let lane = lane(&keys.terminals[1], &keys, setting, address, Some(by_hand));
        let lane: toml::Table = lane.parse().unwrap();
        assert!(lane["devices"].get("cashier").is_none() && lane["screens"].is_table());
        assert_eq!(lane["lane"]["lane"].as_integer(), Some(2));
        assert_eq!(lane["journal"]["engine"].as_str(), Some("redb"));
        let accounts: toml::Table = accounts(&deal_cards(1, 400)).parse().unwrap();
        assert_eq!(accounts["account"].as_array().unwrap().len(), 133);
    }
}
