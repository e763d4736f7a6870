//! How a lane sells: tax, cash, and what scanned codes mean.

use configuration::Section;
use domain::{
    barcode::LabelLayout,
    limits,
    money::{Currency, Money},
    sale::{CashRounding, RoundTo, TaxMode},
    scan_codes::{CodeMeaning, CodeRule, CodeTable},
};

/// A coin is worth less than this.
const STEP_MINOR_MAX: u32 = 1_000;
/// A code is no longer than this.
const CODE_LENGTH_MAX: usize = 128;

/// Whether prices hold their tax.
pub(super) fn tax(tax: &mut Section<'_>) -> Option<TaxMode> {
    let modes = [
        ("inclusive", TaxMode::Inclusive),
        ("exclusive", TaxMode::Exclusive),
    ];
    tax.choice_or_first("mode", &modes)
}

/// How cash is rounded, where it is said, else as is usual for the currency.
pub(super) fn cash(cash: &mut Section<'_>, currency: Option<Currency>) -> Option<CashRounding> {
    let usual = currency.map_or(CashRounding::NONE, CashRounding::usual);
    let step_minor = cash.number_or("round_to_minor", 1..=STEP_MINOR_MAX, usual.step_minor);
    let ways = [("down", RoundTo::Down), ("nearest", RoundTo::Nearest)];
    let to = cash.choice_or_first("round", &ways);
    Some(CashRounding {
        step_minor,
        to: to?,
    })
}

/// How much may lie in the drawer before a pickup is asked for.
pub(super) fn pickup_above(cash: &mut Section<'_>, currency: Option<Currency>) -> Option<Money> {
    let most = cash.optional_number("pickup_above_minor", 1..=limits::AMOUNT_MINOR_MAX)?;
    Some(Money::new(most, currency?))
}

/// What scanned codes mean: the usual table, or the rows that are said instead of it.
pub(super) fn codes(root: &mut Section<'_>, labels: Option<LabelLayout>) -> Option<CodeTable> {
    let mut said = root.sections("codes");
    let rules: Vec<Option<CodeRule>> = said.iter_mut().map(rule).collect();
    let labels = labels?;
    if rules.is_empty() {
        return Some(CodeTable::usual(labels));
    }
    let rules = rules.into_iter().collect::<Option<Vec<_>>>()?;
    match CodeTable::new(labels, rules) {
        Ok(table) => Some(table),
        Err(faults) => {
            for fault in faults {
                root.fault("codes", fault.to_string());
            }
            None
        }
    }
}

fn rule(row: &mut Section<'_>) -> Option<CodeRule> {
    let meanings = [
        ("priced-label", CodeMeaning::PricedLabel),
        ("weighed-label", CodeMeaning::WeighedLabel),
        ("coupon", CodeMeaning::Coupon),
        ("member", CodeMeaning::Member),
        ("receipt", CodeMeaning::Receipt),
        ("wallet-code", CodeMeaning::WalletCode),
        ("badge", CodeMeaning::Badge),
    ];
    let prefix = row.text("prefix");
    let length_min = row.number("length_min", 1..=CODE_LENGTH_MAX);
    let length_max = row.number("length_max", 1..=CODE_LENGTH_MAX);
    let meaning = row.choice("meaning", &meanings);
    Some(CodeRule {
        prefix: prefix?,
        length_min: length_min?,
        length_max: length_max?,
        meaning: meaning?,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    const EXAMPLE: &str = include_str!("../../../config/lane.example.toml");

    /// The example with these tables instead of its own.
    fn text(more: &str) -> String {
        let bare = EXAMPLE.replace("[tax]\nmode = \"inclusive\"\n", "");
        format!("{}\n{more}", bare.replace("[cash]\n", ""))
    }

    fn with(more: &str) -> Config {
        Config::parse(&text(more), Path::new("/store")).unwrap()
    }

    #[test]
    fn a_store_that_says_nothing_has_its_tax_in_the_prices_and_no_fen() {
        let config = with("");
        assert_eq!(config.checkout.tax, TaxMode::Inclusive);
        assert_eq!(config.checkout.cash_rounding, CashRounding::JIAO);
        assert_eq!(config.codes, CodeTable::usual(LabelLayout::ItemOfFive));
    }

    #[test]
    fn what_a_store_says_of_tax_cash_and_codes_arrives() {
        let config = with(
            "[tax]\nmode = \"exclusive\"\n[cash]\nround_to_minor = 5\nround = \"nearest\"\n\
             [[codes]]\nprefix = \"22\"\nlength_min = 13\nlength_max = 13\n\
             meaning = \"weighed-label\"\n",
        );
        assert_eq!(config.checkout.tax, TaxMode::Exclusive);
        let rounding = CashRounding {
            step_minor: 5,
            to: RoundTo::Nearest,
        };
        assert_eq!(config.checkout.cash_rounding, rounding);
        assert_eq!(config.codes.rules().len(), 1);
        assert_eq!(config.checkout.pickup_above, None);
        let some = with("[cash]\npickup_above_minor = 200000\n").checkout;
        let most = Money::new(200_000, some.currency);
        assert_eq!(some.pickup_above, Some(most));
        let none = with("[cash]\nround_to_minor = 1\n");
        assert_eq!(none.checkout.cash_rounding, CashRounding::NONE);
    }

    #[test]
    fn rows_that_overlap_and_words_that_are_none_are_faults_with_their_keys() {
        let row = |prefix: &str, meaning: &str| {
            format!(
                "[[codes]]\nprefix = \"{prefix}\"\nlength_min = 8\nlength_max = 20\n\
                 meaning = \"{meaning}\"\n"
            )
        };
        let faults = |more: &str| {
            let faults = Config::parse(&text(more), Path::new("/store")).unwrap_err();
            let told = faults
                .iter()
                .map(|fault| format!("{}: {}", fault.key, fault.reason));
            told.collect::<Vec<_>>()
        };
        let two = format!("{}{}", row("M", "member"), row("M1", "coupon"));
        assert_eq!(
            faults(&two),
            ["codes: \"M\" and \"M1\" overlap: a code may fit both"]
        );
        let none = faults(&format!("[tax]\nmode = \"none\"\n{}", row("M", "goods")));
        assert_eq!(none.len(), 2, "{none:?}");
    }
}
