//! `[offline]`: what may be approved without the bank, by hub and lanes.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use configuration::Section;
use domain::{
    card_ref::{EntryMode, Funding, Scheme},
    limits,
    money::{Currency, Money},
    risk::{FloorLimits, VelocityLimit},
};

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
) -> Option<OfflineConfig> {
    let store_cap = money(&mut section, "store_cap", currency);
    let card_cap = money(&mut section, "card_cap", currency);
    let payment_cap = money(&mut section, "payment_cap", currency);
    let floor_limits = floor_limits(&mut section, payment_cap, currency);
    let velocity = velocity(&mut section);
    let hot_list_file = section
        .optional_text("hot_list_file")
        .map(|file| folder.join(file));
    let close_timeout = section.duration_or(
        "close_timeout",
        Duration::from_millis(limits::CLOSE_TIMEOUT_MS),
    );
    let share = limits::LEASE_SHARE_PERCENT;
    let lease_share_percent = section.number_or("lease_share_percent", 0..=100, share);
    let config = OfflineConfig {
        store_cap: store_cap?,
        card_cap: card_cap?,
        payment_cap: payment_cap?,
        floor_limits: floor_limits?,
        velocity,
        hot_list_file,
        close_timeout,
        lease_share_percent,
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
    Some(config)
}

/// All rules are read before the first that is wrong ends this.
fn floor_limits(
    section: &mut Section<'_>,
    payment_cap: Option<Money>,
    currency: Currency,
) -> Option<FloorLimits> {
    let rules = section.sections("rule");
    let rules: Vec<_> = rules.into_iter().map(|one| rule(one, currency)).collect();
    let mut limits = FloorLimits::up_to(payment_cap?.minor());
    for rule in rules {
        let (scheme, mode, funding, cap) = rule?;
        limits.set(scheme, mode, funding, cap.minor());
    }
    Some(limits)
}

type Rule = (Option<Scheme>, Option<EntryMode>, Option<Funding>, Money);

/// What a rule does not name is meant in all its forms; a later rule goes before an earlier one.
fn rule(mut section: Section<'_>, currency: Currency) -> Option<Rule> {
    let scheme = section.optional_choice("scheme", &SCHEMES);
    let mode = section.optional_choice("entry_mode", &MODES);
    let funding = section.optional_choice("funding", &FUNDINGS);
    let cap = money(&mut section, "cap", currency);
    Some((scheme, mode, funding, cap?))
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

/// 0 switches it off.
fn velocity(section: &mut Section<'_>) -> Option<VelocityLimit> {
    let count_max = section.number_or("same_card_max", 0..=u32::MAX, limits::SAME_CARD_MAX);
    let window = section.duration_or(
        "same_card_window",
        Duration::from_millis(limits::SAME_CARD_WINDOW_MS),
    );
    (count_max > 0).then_some(VelocityLimit {
        count_max,
        window_ms: u64::try_from(window.as_millis()).unwrap_or(u64::MAX),
    })
}

/// An amount in the store's currency, as in `"500.00 CNY"`.
fn money(section: &mut Section<'_>, name: &'static str, currency: Currency) -> Option<Money> {
    let form = format!(
        "an amount in the store's currency, as in \"{}\"",
        sample(currency)
    );
    section.parsed(name, &form, |text| {
        read_money(text).filter(|amount| amount.currency() == currency)
    })
}

fn sample(currency: Currency) -> String {
    match currency.exponent() {
        0 => format!("500 {currency}"),
        decimals => format!("500.{:0<1$} {currency}", "", usize::from(decimals)),
    }
}

/// Reads `500.00 CNY`; as many decimals as the currency has.
fn read_money(text: &str) -> Option<Money> {
    let (amount, letters) = text.split_once(' ')?;
    let currency = Currency::by_letters(letters)?;
    let (whole, decimals) = amount.split_once('.').unwrap_or((amount, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if decimals.len() != usize::from(currency.exponent())
        || whole.is_empty()
        || !all_digits(whole)
        || !all_digits(decimals)
    {
        return None;
    }
    let minor: i64 = format!("{whole}{decimals}").parse().ok()?;
    Some(Money::new(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const EXAMPLE: &str = include_str!("../../../config/store-hub.example.toml");

    fn with(more: &str) -> Result<OfflineConfig, Vec<String>> {
        let example = EXAMPLE.replace("lease_share_percent = 50", more);
        let config = Config::parse(&example, Path::new("/srv/hub"));
        let keys = |faults: Vec<configuration::Fault>| faults.into_iter().map(|one| one.key);
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
        let keys = faults.unwrap_err();
        let expected = [
            "offline.same_card_max",
            "offline.rule",
            "offline.rule[1].scheme",
        ];
        assert_eq!(keys, expected);
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        let cny = Money::new(50_000, Currency::CNY);
        assert_eq!(read_money("500.00 CNY"), Some(cny));
        assert_eq!(read_money("500 JPY"), Some(Money::new(500, Currency::JPY)));
        for wrong in [
            "500",
            "500 CNY",
            "500.0 CNY",
            "5e2 CNY",
            "-1.00 CNY",
            "1.00 XXX",
        ] {
            assert_eq!(read_money(wrong), None, "{wrong}");
        }
        assert_eq!(sample(Currency::JPY), "500 JPY");
        assert_eq!(sample(Currency::CNY), "500.00 CNY");
    }
}
