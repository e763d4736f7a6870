//! The files that bank and hub of a load are started with: a bank that answers at once and approves
//! everything, a hub with room for every time-out on a busy machine.

use std::{fmt::Write as _, net::SocketAddr};

use journal::EngineKind;

use super::{bank::DIALECT, journal_entries::StoreClock};
use crate::workload::{BUSINESS_DATE, OPENING_WALL_MS, keys::Terminal, price_list::CURRENCY};

/// What the hub of a load is made of.
#[derive(Clone, Copy)]
pub(super) struct HubSetting<'a> {
    pub(super) terminals: &'a [Terminal],
    pub(super) bank: SocketAddr,
    pub(super) engine: EngineKind,
    pub(super) clock: StoreClock,
    /// What may be approved without the bank is used up.
    pub(super) without_leases: bool,
}

/// `store-hub.toml`, on a free port.
pub(super) fn hub(setting: &HubSetting<'_>) -> String {
    let HubSetting {
        terminals,
        bank,
        engine,
        clock,
        without_leases,
    } = setting;
    let caps = match without_leases {
        true => ["0.01", "0.01", "0.01"],
        false => ["50000.00", "1000.00", "500.00"],
    };
    let [store_cap, card_cap, payment_cap] = caps;
    let mut text = format!(
        r#"[store]
id = "0001"
name = "a store under load"
currency = "{CURRENCY}"
business_date = "{BUSINESS_DATE}"

[listen]
address = "127.0.0.1:0"

[acquirer]
address = "{bank}"
dialect = "{DIALECT}"
answer_timeout = "60s"
forward_answer_timeout = "60s"
line_down_after = "30s"
"#
    );
    for Terminal { tid, mid, lane, .. } in *terminals {
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
store_cap = "{store_cap} {CURRENCY}"
card_cap = "{card_cap} {CURRENCY}"
payment_cap = "{payment_cap} {CURRENCY}"

[day]
close_timeout = "10m"

[reports]
folder = "../report"

{}"#,
        clock_section(*clock)
    )
}

/// `prices.csv`: a hub wants one.
pub(super) const PRICES: &str =
    "barcode,name,price_minor,currency,kind\n6900000000014,milk,1250,CNY,piece\n";

/// `personality.toml` of the bank.
pub(super) fn personality(clock: StoreClock) -> String {
    format!("latency_ms = [0, 0]\n\n{}", clock_section(clock))
}

/// `accounts.toml` of the bank: every card pays, whatever it is asked.
pub(super) fn accounts(pans: &[String]) -> String {
    pans.iter().fold(String::new(), |text, pan| {
        text + &format!("[[account]]\npan = \"{pan}\"\nbehaviour = \"approve\"\n\n")
    })
}

fn clock_section(clock: StoreClock) -> String {
    let origin_real_ms = clock.origin_real_ms;
    format!(
        "[clock]\nkind = \"business\"\norigin_real_ms = {origin_real_ms}\n\
         origin_business_ms = {OPENING_WALL_MS}\nspeed = 1\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::keys::StoreKeys;

    #[test]
    fn the_files_are_toml_and_the_direct_terminal_is_not_the_hubs() {
        let keys = StoreKeys::draw(1, 3);
        let (own, _direct) = keys.terminals.split_at(2);
        let setting = HubSetting {
            terminals: own,
            bank: "127.0.0.1:7002".parse().unwrap(),
            engine: EngineKind::Redb,
            clock: StoreClock { origin_real_ms: 0 },
            without_leases: false,
        };
        let hub: toml::Table = hub(&setting).parse().unwrap();
        assert_eq!(hub["terminal"].as_array().unwrap().len(), 2);
        assert_eq!(hub["journal"]["engine"].as_str(), Some("redb"));
        let bank: toml::Table = personality(setting.clock).parse().unwrap();
        assert_eq!(bank["clock"]["speed"].as_integer(), Some(1));
        let accounts: toml::Table = accounts(&["1".to_owned(), "2".to_owned()]).parse().unwrap();
        assert_eq!(accounts["account"].as_array().unwrap().len(), 2);
    }
}
