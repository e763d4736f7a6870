//! The format column of a field table: `n6`, `n..19 LL`, `ans..25 LL`, `b8`, `x+n8`.

use super::Class;

/// A format taken apart.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Format {
    pub(super) class: Class,
    pub(super) units: u16,
    /// Digits of the length prefix; `None`: fixed.
    pub(super) prefix: Option<u8>,
}

impl Format {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (body, prefix) = match text.split_once(' ') {
            None => (text, None),
            Some((body, "LL")) => (body, Some(2)),
            Some((body, "LLL")) => (body, Some(3)),
            Some((body, "LLLL")) => (body, Some(4)),
            Some((_, other)) => return Err(format!("length kind {other} is not LL, LLL or LLLL")),
        };
        let start = body
            .find(|character: char| character.is_ascii_digit() || character == '.')
            .ok_or_else(|| format!("{text} has no length"))?;
        let (class, length) = body.split_at(start);
        let class = class_of(class)?;
        let (variable, digits) = match length.strip_prefix("..") {
            Some(digits) => (true, digits),
            None => (false, length),
        };
        if variable != prefix.is_some() {
            return Err(format!("{text}: `..` and LL, LLL or LLLL belong together"));
        }
        let units: u16 = digits
            .parse()
            .map_err(|_| format!("{digits} is not a length"))?;
        let most = prefix.map_or(999, |count: u8| 10_u16.saturating_pow(u32::from(count)) - 1);
        if units == 0 || units > most {
            return Err(format!("length {units} is not between 1 and {most}"));
        }
        Ok(Self {
            class,
            units,
            prefix,
        })
    }
}

fn class_of(text: &str) -> Result<Class, String> {
    match text {
        "n" => Ok(Class::Digits),
        "x+n" => Ok(Class::SignedDigits),
        "z" => Ok(Class::Track),
        "an" => Ok(Class::Letters),
        "ans" => Ok(Class::Text),
        "any" => Ok(Class::Any),
        "b" => Ok(Class::Binary),
        other => Err(format!("class {other} is not n, x+n, z, an, ans, any or b")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_the_field_tables_write_them() {
        let fixed = Format {
            class: Class::Digits,
            units: 6,
            prefix: None,
        };
        assert_eq!(Format::parse("n6"), Ok(fixed));
        let variable = Format {
            class: Class::Text,
            units: 25,
            prefix: Some(2),
        };
        assert_eq!(Format::parse("ans..25 LL"), Ok(variable));
        for wrong in [
            "n",
            "6",
            "n..6",
            "n6 LL",
            "n..100 LL",
            "n..9 L",
            "q6",
            "n0",
            "n..x LL",
            "",
        ] {
            assert!(Format::parse(wrong).is_err(), "{wrong}");
        }
    }
}
