//! The message type indicator.

use std::fmt;
use thiserror::Error;

/// Four digits: version, class, function, origin.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Mti([u8; 4]);

/// A text that is no message type.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
#[error("a message type is four digits")]
pub struct MtiError;

impl Mti {
    /// Reads four digits.
    pub fn new(text: &str) -> Result<Self, MtiError> {
        Self::from_ascii(text.as_bytes()).ok_or(MtiError)
    }

    /// For constants; what isn't four digits is refused when it is encoded.
    pub const fn literal(digits: &[u8; 4]) -> Self {
        Self(*digits)
    }

    pub(crate) fn from_ascii(bytes: &[u8]) -> Option<Self> {
        let digits: [u8; 4] = bytes.try_into().ok()?;
        Self(digits).is_valid().then_some(Self(digits))
    }

    /// Whether it is four digits, as one made by [`Self::literal`] may not be.
    #[inline]
    pub(crate) const fn is_valid(self) -> bool {
        // A byte above nine gets its highest bit set, if it hasn't.
        let digits = u32::from_le_bytes(self.0) ^ 0x3030_3030;
        (digits.wrapping_add(0x7676_7676) | digits) & 0x8080_8080 == 0
    }

    /// The four digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("????")
    }

    /// The four digits as ASCII bytes.
    pub const fn digits(&self) -> &[u8; 4] {
        &self.0
    }

    /// Whether the third digit says so: 1 answers a request, 3 an advice, 5 a notification.
    pub const fn is_response(self) -> bool {
        let [_, _, function, _] = self.0;
        function % 2 == 1
    }

    /// The type that answers this one, the same for a repeat: 0200 and 0201 give 0210, 0220 and
    /// 0221 give 0230. A response gives itself.
    pub const fn response(self) -> Self {
        let [version, class, function, origin] = self.0;
        Self([version, class, function | 1, origin & !1])
    }
}

impl fmt::Display for Mti {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for Mti {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_request_has_its_answer() {
        for (request, answer) in [
            ("0200", "0210"),
            ("0201", "0210"),
            ("0220", "0230"),
            ("0221", "0230"),
            ("0400", "0410"),
            ("0320", "0330"),
            ("0820", "0830"),
            ("1804", "1814"),
            ("0210", "0210"),
        ] {
            let request = Mti::new(request).unwrap();
            assert_eq!(request.response().as_str(), answer);
            assert!(request.response().is_response());
        }
        assert!(!Mti::literal(b"0200").is_response());
        assert_eq!(Mti::new("02A0"), Err(MtiError));
        assert_eq!(Mti::new("020"), Err(MtiError));
    }
}
