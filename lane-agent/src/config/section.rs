//! Reading one TOML table key by key, and remembering everything that is wrong with it.

use std::fmt;

use toml::{Table, Value};

/// One thing that is wrong, with its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// As in `devices.printer.folder`.
    pub key: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

/// A table being read. What nobody asked for is left over and reported as unknown.
pub(super) struct Section {
    path: String,
    table: Table,
    present: bool,
}

impl Section {
    pub(super) fn root(table: Table) -> Self {
        Self {
            path: String::new(),
            table,
            present: true,
        }
    }

    /// A table inside; empty when it isn't there.
    pub(super) fn section(&mut self, name: &str, faults: &mut Vec<Fault>) -> Self {
        let path = self.key(name);
        let (table, present) = match self.table.remove(name) {
            Some(Value::Table(table)) => (table, true),
            Some(_) => {
                faults.push(fault(&path, "must be a table"));
                (Table::new(), true)
            }
            None => (Table::new(), false),
        };
        Self {
            path,
            table,
            present,
        }
    }

    /// Whether the file has this table.
    pub(super) const fn is_present(&self) -> bool {
        self.present
    }

    /// A text that must be there.
    pub(super) fn text(&mut self, name: &str, faults: &mut Vec<Fault>) -> String {
        let found = self.optional_text(name, faults);
        found.unwrap_or_else(|| {
            self.missing(name, faults);
            String::new()
        })
    }

    /// A text that may be there. One of another kind is a fault and counts as there.
    pub(super) fn optional_text(&mut self, name: &str, faults: &mut Vec<Fault>) -> Option<String> {
        match self.table.remove(name)? {
            Value::String(text) if !text.is_empty() => Some(text),
            Value::String(_) => Some(self.wrong(name, "must not be empty", faults)),
            _ => Some(self.wrong(name, "must be a text in quotes", faults)),
        }
    }

    /// A text that a rule makes something of.
    pub(super) fn parsed<T>(
        &mut self,
        name: &str,
        faults: &mut Vec<Fault>,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let before = faults.len();
        let text = self.text(name, faults);
        if faults.len() > before {
            return None;
        }
        read(&text)
            .map_err(|what| faults.push(fault(&self.key(name), &what)))
            .ok()
    }

    /// One of a few words; the first where the key is missing.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &str,
        choices: &[(&str, T)],
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let Some(text) = self.optional_text(name, faults) else {
            return choices.first().map(|(_, choice)| *choice);
        };
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() && !text.is_empty() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let what = format!("must be one of: {}", words.join(", "));
            faults.push(fault(&self.key(name), &what));
        }
        found.map(|(_, choice)| *choice)
    }

    /// A whole number inside a range.
    pub(super) fn number(
        &mut self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
        faults: &mut Vec<Fault>,
    ) -> Option<i64> {
        match self.table.remove(name) {
            Some(Value::Integer(number)) if range.contains(&number) => Some(number),
            Some(_) => {
                let (from, to) = (range.start(), range.end());
                let what = format!("must be a whole number from {from} to {to}");
                faults.push(fault(&self.key(name), &what));
                None
            }
            None => {
                self.missing(name, faults);
                None
            }
        }
    }

    /// A duration such as `"75s"`, `"500ms"` or `"2m"`, in milliseconds.
    pub(super) fn duration_ms(
        &mut self,
        name: &str,
        otherwise_ms: u64,
        faults: &mut Vec<Fault>,
    ) -> u64 {
        let Some(text) = self.optional_text(name, faults) else {
            return otherwise_ms;
        };
        if let Some(duration_ms) = duration_ms(&text) {
            return duration_ms;
        }
        if !text.is_empty() {
            let what = "must be a duration such as \"75s\", \"500ms\" or \"2m\"";
            faults.push(fault(&self.key(name), what));
        }
        otherwise_ms
    }

    /// Reports what nobody asked for.
    pub(super) fn finish(self, faults: &mut Vec<Fault>) {
        for name in self.table.keys() {
            faults.push(fault(&self.key(name), "is not a known key"));
        }
    }

    fn key(&self, name: &str) -> String {
        if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        }
    }

    fn missing(&self, name: &str, faults: &mut Vec<Fault>) {
        faults.push(fault(&self.key(name), "is missing"));
    }

    fn wrong(&self, name: &str, what: &str, faults: &mut Vec<Fault>) -> String {
        faults.push(fault(&self.key(name), what));
        String::new()
    }
}

fn fault(key: &str, what: &str) -> Fault {
    Fault {
        key: key.to_owned(),
        what: what.to_owned(),
    }
}

fn duration_ms(text: &str) -> Option<u64> {
    let unit_at = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = text.split_at_checked(unit_at)?;
    let count: u64 = count.parse().ok()?;
    let factor = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => return None,
    };
    count.checked_mul(factor).filter(|duration| *duration > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_carries_its_unit() {
        assert_eq!(duration_ms("75s"), Some(75_000));
        assert_eq!(duration_ms("500ms"), Some(500));
        assert_eq!(duration_ms("2m"), Some(120_000));
        for wrong in [
            "75",
            "s",
            "",
            "1.5s",
            "-1s",
            "0s",
            "3 s",
            "99999999999999999m",
        ] {
            assert_eq!(duration_ms(wrong), None, "{wrong}");
        }
    }
}
