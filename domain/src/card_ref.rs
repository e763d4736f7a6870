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
    /// A code of WeChat Pay.
    WeChatPay,
    /// A code of Alipay.
    Alipay,
    /// A code of UnionPay's wallets.
    UnionPayCode,
}

impl Scheme {
    /// Networks of cards, in the order of reports.
    pub const CARDS: [Self; 6] = [
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
            Self::WeChatPay => "WeChat Pay",
            Self::Alipay => "Alipay",
            Self::UnionPayCode => "UnionPay QR",
        }
    }

    /// Whose wallet shows this code, by the first two digits (payments.md, "Wallets").
    #[must_use]
    pub fn of_wallet_code(code: &str) -> Self {
        match code.get(..2).and_then(|prefix| prefix.parse::<u8>().ok()) {
            Some(10..=15) => Self::WeChatPay,
            Some(25..=30) => Self::Alipay,
            Some(62) => Self::UnionPayCode,
            Some(_) | None => Self::Other,
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
    /// A code that the customer shows: 03.
    Code,
}

impl EntryMode {
    /// Every way to read a card.
    pub const CARDS: [Self; 4] = [Self::Keyed, Self::Stripe, Self::Chip, Self::Contactless];
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

/// First six and last four digits of a card with stars between: `621626*********0018`. Of the code
/// of a wallet, which pays whoever has it, the first two and the last four.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaskedPan(String);

/// Digits of a wallet's code (payments.md, "Wallets").
const WALLET_CODE_DIGITS_MIN: usize = 16;
const WALLET_CODE_DIGITS_MAX: usize = 24;
const CODE_STARS_MIN: usize = WALLET_CODE_DIGITS_MIN - 6;

/// The text shows more digits than first six and last four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a masked number is six digits, stars, four digits; of a code two, stars, four")]
pub struct NotMasked;

impl MaskedPan {
    /// Takes an already masked number.
    ///
    /// # Errors
    /// Anything but six digits (or the two of a code), stars, four digits: a clear PAN can't get in
    /// here.
    pub fn new(text: &str) -> Result<Self, NotMasked> {
        let bytes = text.as_bytes();
        let shown = match bytes.get(2) {
            Some(b'*') => 2,
            Some(_) | None => 6,
        };
        let (stars_min, length_max) = match shown {
            2 => (CODE_STARS_MIN, WALLET_CODE_DIGITS_MAX),
            _ => (2, 19),
        };
        let middle_end = bytes.len().checked_sub(4).ok_or(NotMasked)?;
        let first = bytes.get(..shown).ok_or(NotMasked)?;
        let middle = bytes.get(shown..middle_end).ok_or(NotMasked)?;
        let last = bytes.get(middle_end..).ok_or(NotMasked)?;
        let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
        let starred = middle.len() >= stars_min && middle.iter().all(|byte| *byte == b'*');
        if digits(first) && digits(last) && starred && bytes.len() <= length_max {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotMasked)
        }
    }

    /// What may be known of a wallet's code; `None`: it is none.
    #[must_use]
    pub fn of_wallet_code(code: &str) -> Option<Self> {
        let is_code = (WALLET_CODE_DIGITS_MIN..=WALLET_CODE_DIGITS_MAX).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_digit());
        let hidden = code.len().checked_sub(6).filter(|_| is_code)?;
        let last = code.get(code.len().checked_sub(4)?..)?;
        Self::new(&format!("{}{}{last}", code.get(..2)?, "*".repeat(hidden))).ok()
    }

    /// The masked text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first six digits: the issuer's range. Empty for a code, which has no issuer.
    #[must_use]
    pub fn bin(&self) -> &str {
        let first = self.0.get(..6).unwrap_or("");
        if first.contains('*') { "" } else { first }
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

impl CardRef {
    /// What may be known of a wallet's code: it pays once, and is kept nowhere. `None`: it is none.
    #[must_use]
    pub fn of_wallet_code(code: &str) -> Option<Self> {
        Some(Self {
            masked: MaskedPan::of_wallet_code(code)?,
            hash: None,
            scheme: Scheme::of_wallet_code(code),
            funding: Funding::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_pan_is_no_masked_pan() {
        assert!(MaskedPan::new("6216261000000000018").is_err());
        assert!(MaskedPan::new("62162610*****0018").is_err());
        assert!(MaskedPan::new("621626").is_err());
        assert!(MaskedPan::new("13*4567890121234").is_err());
        assert!(MaskedPan::new("134567890123451234").is_err());
        assert_eq!(
            MaskedPan::new("621626*********0018").unwrap().bin(),
            "621626"
        );
    }

    #[test]
    fn of_a_code_two_digits_and_four_are_known() {
        for (code, masked, scheme) in [
            (
                "134567890123456789",
                "13************6789",
                Scheme::WeChatPay,
            ),
            ("2834567890123456", "28**********3456", Scheme::Alipay),
            ("30345678901234567890123x", "", Scheme::Alipay),
            (
                "6234567890123456789",
                "62*************6789",
                Scheme::UnionPayCode,
            ),
        ] {
            let known = CardRef::of_wallet_code(code);
            let shown = known.map(|card| (card.masked.to_string(), card.scheme));
            let expected = (!masked.is_empty()).then(|| (masked.to_owned(), scheme));
            assert_eq!(shown, expected);
        }
        let masked = MaskedPan::of_wallet_code("134567890123456789").unwrap();
        assert_eq!(MaskedPan::new(masked.as_str()), Ok(masked.clone()));
        assert_eq!(masked.bin(), "");
    }
}
