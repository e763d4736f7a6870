//! One table of a file, read key by key.

use std::{collections::BTreeSet, fmt::Display, ops::RangeInclusive, time::Duration};

use toml_span::{
    Value,
    value::{Key, Table},
};

use crate::{
    fault::Faults,
    syntax::line_of,
    value::{ADDRESS_FORM, DURATION_FORM, is_host_and_port, is_peer, read_duration},
};

/// How alike an unknown key and a known one must be to be told together, 0 to 1.
const ALIKE_FROM: f64 = 0.75;

/// One table of a file. When it goes out of scope, every key that nobody asked for is a fault.
///
/// A value that is missing or wrong comes back as nothing, and is told once the file is read.
#[derive(Debug)]
pub struct Section<'a> {
    path: String,
    line: usize,
    /// None: the table is missing, and that has been told; or it is empty, and may be.
    table: Option<&'a Table<'a>>,
    /// Keys that must be there are missing one by one even if the table is not there.
    tells_missing: bool,
    asked: BTreeSet<&'static str>,
    text: &'a str,
    faults: &'a Faults,
}

impl<'a> Section<'a> {
    pub(crate) fn root(document: &'a Value<'a>, text: &'a str, faults: &'a Faults) -> Self {
        Self {
            path: String::new(),
            line: 1,
            table: document.as_table(),
            tells_missing: true,
            asked: BTreeSet::new(),
            text,
            faults,
        }
    }

    fn inside(&self, name: &str, line: usize, table: Option<&'a Table<'a>>) -> Self {
        Self {
            path: self.key(name),
            line,
            table,
            tells_missing: table.is_some(),
            asked: BTreeSet::new(),
            text: self.text,
            faults: self.faults,
        }
    }

    fn key(&self, name: &str) -> String {
        match self.path.as_str() {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        }
    }

    fn entry(&self, name: &str) -> Option<(&'a Key<'a>, &'a Value<'a>)> {
        self.table?.get_key_value(name)
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Value<'a>> {
        self.asked.insert(name);
        self.entry(name).map(|(_, value)| value)
    }

    fn line_of(&self, name: &str) -> usize {
        self.entry(name)
            .map_or(self.line, |(key, _)| line_of(self.text, key.span.start))
    }

    /// Whether the file has this table.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// Whether the table has this key.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Tells a fault of a key: of its line, or of the section's where the key is missing.
    pub fn fault(&self, name: &str, reason: impl Into<String>) {
        let line = self.line_of(name);
        self.faults.add(line, self.key(name), reason.into());
    }

    /// Tells that a key is needed.
    pub fn missing(&self, name: &str) {
        self.fault(name, "is missing");
    }

    /// A table that must be there; where it isn't, that is the one fault.
    pub fn section(&mut self, name: &'static str) -> Section<'a> {
        if self.table.is_some() && !self.has(name) {
            self.fault(name, "this section is missing");
        }
        self.section_or_empty_told(name)
    }

    /// A table that may be absent: then all its keys are, and those that must be there are told.
    pub fn section_or_empty(&mut self, name: &'static str) -> Section<'a> {
        let mut section = self.section_or_empty_told(name);
        section.tells_missing = section.is_present() || !self.has(name);
        section
    }

    /// A table that may be absent.
    pub fn optional_section(&mut self, name: &'static str) -> Option<Section<'a>> {
        self.asked.insert(name);
        self.has(name).then(|| self.section_or_empty_told(name))
    }

    fn section_or_empty_told(&mut self, name: &'static str) -> Section<'a> {
        let value = self.value(name);
        let table = value.and_then(Value::as_table);
        if value.is_some() && table.is_none() {
            self.fault(name, "must be a table, as in [section]");
        }
        self.inside(name, self.line_of(name), table)
    }

    /// An array of tables, empty where it is absent; each is named with its number, from 1.
    pub fn sections(&mut self, name: &'static str) -> Vec<Section<'a>> {
        let Some(value) = self.value(name) else {
            return Vec::new();
        };
        let form = || format!("must be an array of tables, as in [[{name}]]");
        let Some(items) = value.as_array() else {
            self.fault(name, form());
            return Vec::new();
        };
        let mut sections = Vec::new();
        for (number, item) in (1..).zip(items) {
            let named = format!("{name}[{number}]");
            let line = line_of(self.text, item.span.start);
            if item.as_table().is_none() {
                self.faults.add(line, self.key(&named), form());
            }
            sections.push(self.inside(&named, line, item.as_table()));
        }
        sections
    }

    fn needed<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        if self.tells_missing && !self.has(name) {
            self.missing(name);
        }
        read(self)
    }

    /// A text that must be there.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.needed(name, |section| section.optional_text(name))
    }

    /// A text that may be absent, never an empty one.
    pub fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.str(name).map(ToOwned::to_owned)
    }

    fn str(&mut self, name: &'static str) -> Option<&'a str> {
        let value = self.value(name)?;
        match value.as_str() {
            Some("") => self.fault(name, "must not be empty"),
            Some(text) => return Some(text),
            None => self.fault(name, "must be a text in quotes"),
        }
        None
    }

    /// A text of a form, which `form` tells and `read` understands.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.needed(name, |section| section.optional(name, form, read))
    }

    /// The same where the key may be absent.
    pub fn optional<T>(
        &mut self,
        name: &'static str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.str(name)?;
        let value = read(text);
        if value.is_none() {
            self.fault(name, format!("\"{text}\" is not {form}"));
        }
        value
    }

    /// A text that is shown to nobody: a key, a PIN, a card number.
    pub fn hidden<T>(
        &mut self,
        name: &'static str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        self.needed(name, |section| section.optional_hidden(name, form, read))
    }

    /// The same where the key may be absent.
    pub fn optional_hidden<T>(
        &mut self,
        name: &'static str,
        form: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(self.str(name)?);
        if value.is_none() {
            self.fault(name, format!("must be {form}"));
        }
        value
    }

    /// One of a few words, which must be there.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)]) -> Option<T> {
        self.needed(name, |section| section.optional_choice(name, choices))
    }

    /// One of a few words; the first where the key is absent.
    pub fn choice_or_first<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        match self.has(name) {
            true => self.optional_choice(name, choices),
            false => choices.first().map(|(_, first)| *first),
        }
    }

    /// One of a few words, which may be absent.
    pub fn optional_choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.str(name)?;
        let found = choices.iter().find(|(word, _)| *word == text);
        if found.is_none() {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let words = words.join(", ");
            self.fault(
                name,
                format!("\"{text}\" is unknown; must be one of: {words}"),
            );
        }
        found.map(|(_, choice)| *choice)
    }

    /// A whole number inside a range, which must be there.
    pub fn number<N>(&mut self, name: &'static str, range: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        self.needed(name, |section| section.optional_number(name, range))
    }

    /// A whole number inside a range; `otherwise` where the key is absent.
    pub fn number_or<N>(&mut self, name: &'static str, range: RangeInclusive<N>, otherwise: N) -> N
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        self.optional_number(name, range).unwrap_or(otherwise)
    }

    /// A whole number inside a range, which may be absent.
    pub fn optional_number<N>(&mut self, name: &'static str, range: RangeInclusive<N>) -> Option<N>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let value = self.value(name)?;
        let number = number_in(value, &range);
        if number.is_none() {
            self.fault(name, whole_number(&range));
        }
        number
    }

    /// As many whole numbers as `N`, in brackets; may be absent.
    pub fn optional_numbers<N, const COUNT: usize>(
        &mut self,
        name: &'static str,
        range: RangeInclusive<N>,
    ) -> Option<[N; COUNT]>
    where
        N: TryFrom<i64> + PartialOrd + Display,
    {
        let items = self.value(name)?.as_array();
        let numbers = items.and_then(|items| {
            let numbers: Option<Vec<N>> =
                items.iter().map(|item| number_in(item, &range)).collect();
            numbers?.try_into().ok()
        });
        if numbers.is_none() {
            let (from, to) = (range.start(), range.end());
            let form = format!("must be {COUNT} whole numbers from {from} to {to} in brackets");
            self.fault(name, form);
        }
        numbers
    }

    /// A duration with its unit, as in `"60s"`, longer than nothing; `otherwise` where the key is
    /// absent.
    pub fn duration_or(&mut self, name: &'static str, otherwise: Duration) -> Duration {
        self.optional(name, DURATION_FORM, |text| {
            read_duration(text).filter(|duration| !duration.is_zero())
        })
        .unwrap_or(otherwise)
    }

    /// Yes or no, written `true` or `false`; `otherwise` where the key is absent.
    pub fn flag_or(&mut self, name: &'static str, otherwise: bool) -> bool {
        let Some(value) = self.value(name) else {
            return otherwise;
        };
        value.as_bool().unwrap_or_else(|| {
            self.fault(name, "must be true or false, without quotes");
            otherwise
        })
    }

    /// `HOST:PORT` of a peer, which must be there.
    pub fn peer_address(&mut self, name: &'static str) -> Option<String> {
        self.parsed(name, ADDRESS_FORM, |text| {
            is_peer(text).then(|| text.to_owned())
        })
    }

    /// `HOST:PORT` to listen on, which must be there; port 0 takes any free one.
    pub fn listen_address(&mut self, name: &'static str) -> Option<String> {
        self.parsed(name, ADDRESS_FORM, |text| {
            is_host_and_port(text).then(|| text.to_owned())
        })
    }

    /// Keys that were not asked for are no fault of this section: it is wrong in another way.
    pub fn ignore_the_rest(&mut self) {
        self.table = None;
    }

    fn tell_unknown(&self) {
        if self.asked.is_empty() {
            // Whoever reads the file stopped before this section: it is not known to be wrong.
            return;
        }
        for key in self.table.into_iter().flat_map(Table::keys) {
            let name = key.name.as_ref();
            if self.asked.contains(name) {
                continue;
            }
            let mut reason = "is not a known key".to_owned();
            if let Some(nearest) = nearest(name, &self.asked) {
                reason = format!("{reason}; did you mean {nearest}?");
            }
            self.fault(name, reason);
        }
    }
}

impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.tell_unknown();
    }
}

fn number_in<N>(value: &Value<'_>, range: &RangeInclusive<N>) -> Option<N>
where
    N: TryFrom<i64> + PartialOrd,
{
    let number = N::try_from(value.as_integer()?).ok()?;
    range.contains(&number).then_some(number)
}

fn whole_number<N: Display>(range: &RangeInclusive<N>) -> String {
    let (from, to) = (range.start(), range.end());
    format!("must be a whole number from {from} to {to}")
}

/// The known key that an unknown one was probably meant to be.
fn nearest(name: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(name, known), *known))
        .filter(|(alike, _)| *alike >= ALIKE_FROM)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, known)| known)
}
