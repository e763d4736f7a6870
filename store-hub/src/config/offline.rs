//! `[offline]`: what may be approved without the bank, by hub and lanes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use domain::{
    card_ref::{EntryMode, Funding, Scheme},
    limits,
    money::{Currency, Money},
    risk::{FloorLimits, VelocityLimit},
};

use super::Section;

/// What may be approved without the bank.
#[derive(Clone, Debug)]
pub struct OfflineConfig {
    /// For the whole store, all cards together.
    pub store_cap: Money,
    /// For one card.
    pub card_cap: Money,
    /// For one payment, where no rule says less.
    pub payment_cap: Money,
    /// Which cards, each up to how much: the defaults up to `payment_cap`, and the rules after
    /// them.
    pub floor_limits: FloorLimits,
    /// How often the same card; any number without it.
    pub velocity: Option<VelocityLimit>,
    /// Cards that never are; none without it.
    pub hot_list_file: Option<PathBuf>,
    /// How long the close of a day waits for a lane that has not said what became of a payment, or
    /// not sent its card.
    pub close_timeout: Duration,
    /// Of the first two, what all lanes together hold as leases; 0: no lane decides alone.
    pub lease_share_percent: u8,
}

pub(super) fn offline(
    mut section: Section<'_>,
    currency: Currency,
    folder: &Path,
) -> OfflineConfig {
    let payment_cap = section.money("payment_cap", currency);
    let mut floor_limits = FloorLimits::up_to(payment_cap.minor());
    for section in section.sections("rule") {
        rule(section, currency, &mut floor_limits);
    }
    let config = OfflineConfig {
        store_cap: section.money("store_cap", currency),
        card_cap: section.money("card_cap", currency),
        payment_cap,
        floor_limits,
        velocity: velocity(&mut section),
        hot_list_file: section
            .optional_text("hot_list_file")
            .map(|file| folder.join(file)),
        close_timeout: section.duration("close_timeout", limits::CLOSE_TIMEOUT_MS),
        lease_share_percent: lease_share(&mut section),
    };
    if config.payment_cap.minor() > config.card_cap.minor() {
        section.fault("payment_cap", "must not be above card_cap");
    }
    if config.floor_limits.max_minor() > config.card_cap.minor() {
        section.fault("rule", "no cap may be above card_cap");
    }
    if config.card_cap.minor() > config.store_cap.minor() {
        section.fault("card_cap", "must not be above store_cap");
    }
    section.close();
    config
}

/// What a rule does not name is meant in all its forms; a later rule goes before an earlier one.
fn rule(mut section: Section<'_>, currency: Currency, limits: &mut FloorLimits) {
    let scheme = named(&mut section, "scheme", &SCHEMES);
    let mode = named(&mut section, "entry_mode", &MODES);
    let funding = named(&mut section, "funding", &FUNDINGS);
    let cap = section.money("cap", currency);
    section.close();
    limits.set(scheme, mode, funding, cap.minor());
}

const SCHEMES: [(&str, Scheme); 6] = [
    ("unionpay", Scheme::UnionPay),
    ("visa", Scheme::Visa),
    ("mastercard", Scheme::Mastercard),
    ("amex", Scheme::Amex),
    ("jcb", Scheme::Jcb),
    ("other", Scheme::Other),
];
const MODES: [(&str, EntryMode); 4] = [
    ("keyed", EntryMode::Keyed),
    ("stripe", EntryMode::Stripe),
    ("chip", EntryMode::Chip),
    ("contactless", EntryMode::Contactless),
];
const FUNDINGS: [(&str, Funding); 4] = [
    ("debit", Funding::Debit),
    ("credit", Funding::Credit),
    ("prepaid", Funding::Prepaid),
    ("unknown", Funding::Unknown),
];

fn named<T: Copy>(section: &mut Section<'_>, key: &'static str, words: &[(&str, T)]) -> Option<T> {
    let text = section.optional_text(key)?;
    let found = words.iter().find(|(word, _)| *word == text);
    if found.is_none() {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        section.fault(key, format!("must be one of {}", words.join(", ")));
    }
    found.map(|(_, value)| *value)
}

/// 0 switches it off.
fn velocity(section: &mut Section<'_>) -> Option<VelocityLimit> {
    let key = "same_card_max";
    let asked = section.optional_integer(key);
    let count = asked.map_or(Ok(limits::SAME_CARD_MAX), u32::try_from);
    if count.is_err() {
        section.fault(key, "must not be negative");
    }
    let window = section.duration("same_card_window", limits::SAME_CARD_WINDOW_MS);
    let count_max = count.unwrap_or(limits::SAME_CARD_MAX);
    (count_max > 0).then_some(VelocityLimit {
        count_max,
        window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
    })
}

fn lease_share(section: &mut Section<'_>) -> u8 {
    let key = "lease_share_percent";
    let Some(asked) = section.optional_integer(key) else {
        return limits::LEASE_SHARE_PERCENT;
    };
    match u8::try_from(asked) {
        Ok(percent) if percent <= 100 => percent,
        Ok(_) | Err(_) => {
            section.fault(key, "must be 0 to 100");
            limits::LEASE_SHARE_PERCENT
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const EXAMPLE: &str = include_str!("../../../config/store-hub.example.toml");

    fn with(more: &str) -> Result<OfflineConfig, Vec<String>> {
        let example = EXAMPLE.replace("lease_share_percent = 50", more);
        let config = Config::parse(&example, Path::new("/srv/hub"));
        let keys = |faults: Vec<super::super::Fault>| faults.into_iter().map(|one| one.key);
        config
            .map(|config| config.offline)
            .map_err(|faults| keys(faults).collect())
    }

    #[test]
    fn rules_are_read_in_order_and_what_is_not_said_has_a_default() {
        let plain = with("").unwrap();
        assert_eq!(plain.floor_limits, FloorLimits::up_to(50_000));
        let default = VelocityLimit {
            count_max: 3,
            window_ms: 600_000,
        };
        assert_eq!((plain.velocity, plain.hot_list_file), (Some(default), None));
        let told = with(
            "same_card_max = 0\nhot_list_file = \"hot.csv\"\n\
             [[offline.rule]]\nentry_mode = \"contactless\"\ncap = \"100.00 CNY\"\n\
             [[offline.rule]]\nscheme = \"visa\"\nfunding = \"credit\"\ncap = \"0.00 CNY\"\n",
        )
        .unwrap();
        let mut expected = FloorLimits::up_to(50_000);
        expected.set(None, Some(EntryMode::Contactless), None, 10_000);
        expected.set(Some(Scheme::Visa), None, Some(Funding::Credit), 0);
        assert_eq!(told.floor_limits, expected);
        assert_eq!(told.velocity, None);
        assert_eq!(told.hot_list_file, Some(PathBuf::from("/srv/hub/hot.csv")));
    }

    #[test]
    fn what_cannot_be_is_told_with_its_key() {
        let faults = with(
            "same_card_max = -1\n[[offline.rule]]\nscheme = \"diners\"\ncap = \"2000.00 CNY\"\n",
        );
        assert_eq!(
            faults.unwrap_err(),
            [
                "offline.rule[1].scheme",
                "offline.same_card_max",
                "offline.rule"
            ]
        );
    }
}
