//! Reads one TOML table key by key and remembers every fault instead of stopping at the first.

use std::{cell::RefCell, collections::BTreeSet, fmt, time::Duration};

use domain::money::{Currency, Money};
use toml::{Table, Value};

/// One thing wrong with a configuration, with the key it is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Where, as in `acquirer.answer_timeout`.
    pub key: String,
    /// What is wrong and what would be right.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

/// Collects the faults of a whole file.
#[derive(Default, Debug)]
pub(crate) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, key: impl Into<String>, what: impl Into<String>) {
        self.0.borrow_mut().push(Fault {
            key: key.into(),
            what: what.into(),
        });
    }

    pub(crate) fn into_vec(self) -> Vec<Fault> {
        self.0.into_inner()
    }
}

/// One table of the file. Keys nobody asked for are faults when it is closed.
pub(crate) struct Section<'a> {
    path: String,
    table: Option<&'a Table>,
    asked: BTreeSet<&'static str>,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    pub(crate) fn root(table: &'a Table, faults: &'a Faults) -> Self {
        Self {
            path: String::new(),
            table: Some(table),
            asked: BTreeSet::new(),
            faults,
        }
    }

    pub(crate) fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    pub(crate) fn fault(&self, name: &str, what: impl Into<String>) {
        self.faults.add(self.key(name), what);
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value> {
        self.asked.insert(name);
        self.table.and_then(|table| table.get(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(name))
    }

    /// A table that must be there.
    pub(crate) fn section(&mut self, name: &'static str) -> Section<'a> {
        let table = match self.value(name) {
            Some(Value::Table(table)) => Some(table),
            Some(_) => {
                self.fault(name, "must be a table");
                None
            }
            None => {
                self.fault(name, "this section is missing");
                None
            }
        };
        Section {
            path: self.key(name),
            table,
            asked: BTreeSet::new(),
            faults: self.faults,
        }
    }

    /// A table that may be absent.
    pub(crate) fn optional_section(&mut self, name: &'static str) -> Option<Section<'a>> {
        self.asked.insert(name);
        self.has(name).then(|| self.section(name))
    }

    /// An array of tables; each gets a path with its number, from 1.
    pub(crate) fn sections(&mut self, name: &'static str) -> Vec<Section<'a>> {
        let path = self.key(name);
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let Some(items) = value.as_array() else {
            self.fault(name, "must be an array of tables, as in [[terminal]]");
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (number, item) in (1..).zip(items) {
            sections.push(Section {
                path: format!("{path}[{number}]"),
                table: item.as_table(),
                asked: BTreeSet::new(),
                faults: self.faults,
            });
        }
        sections
    }

    pub(crate) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        match self.value(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.fault(name, "must be a text in quotes");
                None
            }
            None => None,
        }
    }

    pub(crate) fn text(&mut self, name: &'static str) -> String {
        if self.table.is_some() && !self.has(name) {
            self.fault(name, "is missing");
        }
        self.optional_text(name).unwrap_or_default()
    }

    /// A text that `read` understands; `form` tells the form it should have.
    pub(crate) fn parsed<T>(
        &mut self,
        name: &'static str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let missing = !self.has(name);
        let text = self.text(name);
        if missing || self.table.is_none() {
            return None;
        }
        let value = read(&text);
        if value.is_none() {
            self.fault(name, format!("\"{text}\" is not {form}"));
        }
        value
    }

    pub(crate) fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        match self.value(name) {
            Some(Value::Integer(number)) => Some(*number),
            Some(_) => {
                self.fault(name, "must be a whole number without quotes");
                None
            }
            None => None,
        }
    }

    pub(crate) fn integer(&mut self, name: &'static str) -> i64 {
        if self.table.is_some() && !self.has(name) {
            self.fault(name, "is missing");
        }
        self.optional_integer(name).unwrap_or_default()
    }

    /// A duration with its unit, as in `"60s"`; `default_ms` where the key is absent.
    pub(crate) fn duration(&mut self, name: &'static str, default_ms: u64) -> Duration {
        let default = Duration::from_millis(default_ms);
        if !self.has(name) {
            self.asked.insert(name);
            return default;
        }
        self.parsed(
            name,
            "a duration with its unit, as in \"500ms\", \"60s\", \"5m\" or \"1h\"",
            read_duration,
        )
        .unwrap_or(default)
    }

    /// An amount with its currency, as in `"500.00 CNY"`.
    pub(crate) fn money(&mut self, name: &'static str, currency: Currency) -> Money {
        let form = format!("an amount with its currency, as in \"500.00 {currency}\"");
        let amount = self.parsed(name, &form, read_money);
        match amount {
            Some(amount) if amount.currency() != currency => {
                self.fault(name, format!("must be in the store's currency, {currency}"));
                Money::zero(currency)
            }
            Some(amount) => amount,
            None => Money::zero(currency),
        }
    }

    /// Keys that nobody asked for are faults.
    pub(crate) fn close(self) {
        let Some(table) = self.table else { return };
        for name in table.keys() {
            if !self.asked.contains(name.as_str()) {
                let known: Vec<&str> = self.asked.iter().copied().collect();
                let what = format!("is no known key; known here: {}", known.join(", "));
                self.fault(name, what);
            }
        }
    }
}

/// Reads `500ms`, `60s`, `5m` or `1h`.
pub(crate) fn read_duration(text: &str) -> Option<Duration> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let unit_ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

/// Reads `500.00 CNY`; as many decimals as the currency has.
pub(crate) fn read_money(text: &str) -> Option<Money> {
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

    #[test]
    fn units_are_read_and_their_absence_is_refused() {
        assert_eq!(read_duration("60s"), Some(Duration::from_secs(60)));
        assert_eq!(read_duration("500ms"), Some(Duration::from_millis(500)));
        for wrong in [
            "",
            "60",
            "s",
            "1.5s",
            "-1s",
            "60 s",
            "18446744073709551615h",
        ] {
            assert_eq!(read_duration(wrong), None, "{wrong}");
        }
        assert_eq!(
            read_money("500.00 CNY"),
            Some(Money::new(50_000, Currency::CNY))
        );
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
    }
}
