//! A card as the money logic may know it: masked number, keyed hash, BIN, scheme. Never a clear
//! PAN (I16); what still has to reach the bank travels beside it as a sealed blob.

use std::fmt;

/// Keyed hash of a PAN: equal for equal cards under one key, useless without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardHash(pub [u8; 32]);

impl fmt::Debug for CardHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, ..] = self.0;
        write!(f, "{first:02x}{second:02x}{third:02x}…")
    }
}

/// Who runs the card network.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// UnionPay.
    UnionPay,
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// American Express.
    Amex,
    /// JCB.
    Jcb,
    /// A range nobody here knows.
    Other,
}

impl Scheme {
    /// Every scheme, in the order of reports.
    pub const ALL: [Self; 6] = [
        Self::UnionPay,
        Self::Visa,
        Self::Mastercard,
        Self::Amex,
        Self::Jcb,
        Self::Other,
    ];

    /// The name on receipts and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnionPay => "UnionPay",
            Self::Visa => "Visa",
            Self::Mastercard => "Mastercard",
            Self::Amex => "American Express",
            Self::Jcb => "JCB",
            Self::Other => "other",
        }
    }
}

/// How the card was read: field 22, first two digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EntryMode {
    /// Typed in: 01.
    Keyed,
    /// Magnetic stripe: 02.
    Stripe,
    /// Chip with contacts: 05.
    Chip,
    /// Contactless chip: 07.
    Contactless,
}

impl EntryMode {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Keyed, Self::Stripe, Self::Chip, Self::Contactless];
}

/// Whose money is spent, as far as the card tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Funding {
    /// The customer's own account.
    Debit,
    /// A credit line.
    Credit,
    /// Loaded beforehand.
    Prepaid,
    /// The card does not tell.
    Unknown,
}

impl Funding {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Debit, Self::Credit, Self::Prepaid, Self::Unknown];
}

/// First six and last four digits with stars between: `621626*********0018`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaskedPan(String);

/// The text shows more digits than first six and last four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a masked card number is six digits, stars, four digits")]
pub struct NotMasked;

impl MaskedPan {
    /// Takes an already masked number.
    ///
    /// # Errors
    /// Anything but six digits, at least two stars, four digits: a clear PAN can't get in here.
    pub fn new(text: &str) -> Result<Self, NotMasked> {
        let bytes = text.as_bytes();
        let middle_end = bytes.len().checked_sub(4).ok_or(NotMasked)?;
        let first = bytes.get(..6).ok_or(NotMasked)?;
        let middle = bytes.get(6..middle_end).ok_or(NotMasked)?;
        let last = bytes.get(middle_end..).ok_or(NotMasked)?;
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let starred = middle.len() >= 2 && middle.iter().all(|byte| *byte == b'*');
        if digits(first) && digits(last) && starred && bytes.len() <= 19 {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotMasked)
        }
    }

    /// The masked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first six digits: the issuer's range.
    #[must_use]
    pub fn bin(&self) -> &str {
        self.0.get(..6).unwrap_or("")
    }
}

impl fmt::Display for MaskedPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for MaskedPan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A card, as journals, receipts and rules know it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CardRef {
    /// First six, last four.
    pub masked: MaskedPan,
    /// Keyed hash, for velocity and caps. `None`: no hash key yet, so nothing offline.
    pub hash: Option<CardHash>,
    /// The network.
    pub scheme: Scheme,
    /// Debit, credit or prepaid.
    pub funding: Funding,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_pan_is_no_masked_pan() {
        assert!(MaskedPan::new("6216261000000000018").is_err());
        assert!(MaskedPan::new("62162610*****0018").is_err());
        assert!(MaskedPan::new("621626").is_err());
        assert_eq!(
            MaskedPan::new("621626*********0018").unwrap().bin(),
            "621626"
        );
    }
}
