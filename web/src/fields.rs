//! What a form carries: names and values, as a browser writes them in an address or a body.

use std::{borrow::Cow, fmt};

/// The fields of one form. `Debug` shows their names only: one of them may be a PIN.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `application/x-www-form-urlencoded`. What is no text there is none.
    #[must_use]
    pub fn of(encoded: &str) -> Self {
        let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((decoded(name)?, decoded(value)?))
        });
        Self(pairs.collect())
    }

    /// The value of a field, without spaces around it; empty where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(of, _)| of == name);
        found.map_or("", |(_, value)| value.trim())
    }

    /// Whether the field is there at all.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(of, _)| of == name)
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

fn decoded(text: &str) -> Option<String> {
    let plain: Cow<'_, str> = match text.contains('+') {
        true => text.replace('+', " ").into(),
        false => text.into(),
    };
    let mut parts = plain.split('%');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_a_browser_writes_them() {
        let fields = Fields::of("name=%E7%8E%8B+%E8%8A%B3&pin=2580&empty=&flag&amount=+12.90+");
        assert_eq!(fields.get("name"), "王 芳");
        assert_eq!(fields.get("amount"), "12.90");
        assert_eq!((fields.get("empty"), fields.get("none")), ("", ""));
        assert!(fields.has("flag") && !fields.has("none"));
        assert!(!format!("{fields:?}").contains("2580"));
    }

    #[test]
    fn what_is_no_text_is_no_field() {
        let fields = Fields::of("a=%F&b=%FF&c=%zz&d=%C3%A9&%=1");
        assert_eq!(
            ["a", "b", "c", "d"].map(|name| fields.get(name)),
            ["", "", "", "é"]
        );
    }
}
