//! Card data in clear: the few types that hold it, and how much of it they may show.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::encoding::{Reader, Writer};

/// Longest chip data taken, in bytes: field 55 holds at most 255, the receipt's tags a little more.
const EMV_BYTES_MAX: usize = 1024;
/// Longest track 2, in characters, the separator included (ISO 7813).
const TRACK2_CHARACTERS_MAX: usize = 37;

/// Whose money is spent, as far as the card tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Zeroize)]
pub enum Funding {
    /// The card does not tell.
    Unknown,
    /// The customer's own account.
    Debit,
    /// A credit line.
    Credit,
    /// Loaded beforehand.
    Prepaid,
}

impl Funding {
    const fn code(self) -> u8 {
        match self {
            Self::Unknown => 0,
            Self::Debit => 1,
            Self::Credit => 2,
            Self::Prepaid => 3,
        }
    }

    const fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Unknown),
            1 => Some(Self::Debit),
            2 => Some(Self::Credit),
            3 => Some(Self::Prepaid),
            4.. => None,
        }
    }
}

/// A field of the card is not what the field may be. Names the field, never its content.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadCard {
    /// Not 12 to 19 digits.
    #[error("pan is not 12 to 19 digits")]
    Pan,
    /// Not YYMM with a month of 01 to 12.
    #[error("expiry is not YYMM")]
    Expiry,
    /// Not three digits.
    #[error("card sequence is not three digits")]
    CardSequence,
    /// Not digits with one separator, or longer than 37.
    #[error("track 2 is malformed")]
    Track2,
    /// Not three digits.
    #[error("service code is not three digits")]
    ServiceCode,
    /// Not 16 to 24 digits.
    #[error("a wallet's code is not 16 to 24 digits")]
    Code,
    /// Longer than 1024 bytes.
    #[error("chip data is too long")]
    Emv,
}

/// What a reader takes from a card. Wiped from memory when dropped; `Debug` is masked.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct CardData {
    /// Primary account number, 12 to 19 digits (field 2).
    pub pan: String,
    /// Expiry, YYMM (field 14).
    pub expiry: String,
    /// Card sequence number, three digits (field 23), if the card has one.
    pub card_sequence: Option<String>,
    /// Track 2 with `D` or `=` as separator, without sentinels (field 35).
    pub track2: Option<String>,
    /// Service code, three digits, of the track or of tag 5F30.
    pub service_code: Option<String>,
    /// Chip data as BER-TLV (field 55); empty for stripe and keyed entry. At most 1024 bytes.
    pub emv: Vec<u8>,
    /// Whose money is spent.
    pub funding: Funding,
}

/// What the hub keeps of a card until the bank has the advice or reversal: no track, no PIN, no CVN
/// (payments.md, rule 3). Wiped from memory when dropped; `Debug` is masked.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct HeldCard {
    /// Primary account number, 12 to 19 digits (field 2).
    pub pan: String,
    /// Expiry, YYMM (field 14).
    pub expiry: String,
    /// Card sequence number, three digits (field 23), if the card has one.
    pub card_sequence: Option<String>,
    /// Chip data as BER-TLV, as it will be sent: frozen. At most 1024 bytes.
    pub emv: Vec<u8>,
}

/// First six and last four digits with stars between, as on a receipt; all stars when the number is
/// too short to leave at least two hidden.
#[must_use]
pub fn masked_pan(pan: &str) -> String {
    let digits = pan.chars().count();
    let hidden = digits.saturating_sub(10);
    if hidden < 2 {
        return "*".repeat(digits);
    }
    let last_from = digits.saturating_sub(4);
    pan.chars()
        .enumerate()
        .map(|(at, digit)| {
            if (6..last_from).contains(&at) {
                '*'
            } else {
                digit
            }
        })
        .collect()
}

impl CardData {
    /// First six and last four digits with stars between.
    #[must_use]
    pub fn masked_pan(&self) -> String {
        masked_pan(&self.pan)
    }

    /// Whether every field is what the field may be.
    ///
    /// # Errors
    /// The first field that isn't.
    pub fn check(&self) -> Result<(), BadCard> {
        check_number(&self.pan, &self.expiry, self.card_sequence.as_deref())?;
        check(
            self.track2.as_deref().is_none_or(is_track2),
            BadCard::Track2,
        )?;
        let service_code = self.service_code.as_deref();
        check(
            service_code.is_none_or(is_three_digits),
            BadCard::ServiceCode,
        )?;
        check(self.emv.len() <= EMV_BYTES_MAX, BadCard::Emv)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        write_number(
            writer,
            &self.pan,
            &self.expiry,
            self.card_sequence.as_deref(),
        );
        writer.optional_text(self.track2.as_deref());
        writer.optional_text(self.service_code.as_deref());
        writer.bytes(&self.emv);
        writer.byte(self.funding.code());
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let card = Self {
            pan: reader.text()?,
            expiry: reader.text()?,
            card_sequence: reader.optional_text()?,
            track2: reader.optional_text()?,
            service_code: reader.optional_text()?,
            emv: reader.bytes()?,
            funding: Funding::from_code(reader.byte()?)?,
        };
        card.check().is_ok().then_some(card)
    }
}

impl HeldCard {
    /// First six and last four digits with stars between.
    #[must_use]
    pub fn masked_pan(&self) -> String {
        masked_pan(&self.pan)
    }

    /// Whether every field is what the field may be.
    ///
    /// # Errors
    /// The first field that isn't.
    pub fn check(&self) -> Result<(), BadCard> {
        check_number(&self.pan, &self.expiry, self.card_sequence.as_deref())?;
        check(self.emv.len() <= EMV_BYTES_MAX, BadCard::Emv)
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        write_number(
            writer,
            &self.pan,
            &self.expiry,
            self.card_sequence.as_deref(),
        );
        writer.bytes(&self.emv);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let card = Self {
            pan: reader.text()?,
            expiry: reader.text()?,
            card_sequence: reader.optional_text()?,
            emv: reader.bytes()?,
        };
        card.check().is_ok().then_some(card)
    }
}

impl From<&CardData> for HeldCard {
    fn from(card: &CardData) -> Self {
        Self {
            pan: card.pan.clone(),
            expiry: card.expiry.clone(),
            card_sequence: card.card_sequence.clone(),
            emv: card.emv.clone(),
        }
    }
}

impl fmt::Debug for CardData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardData")
            .field("pan", &self.masked_pan())
            .field("track2", &self.track2.is_some())
            .field("emv_bytes", &self.emv.len())
            .field("funding", &self.funding)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for HeldCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldCard")
            .field("pan", &self.masked_pan())
            .field("emv_bytes", &self.emv.len())
            .finish_non_exhaustive()
    }
}

fn write_number(writer: &mut Writer, pan: &str, expiry: &str, card_sequence: Option<&str>) {
    writer.text(pan);
    writer.text(expiry);
    writer.optional_text(card_sequence);
}

fn check_number(pan: &str, expiry: &str, card_sequence: Option<&str>) -> Result<(), BadCard> {
    check(
        (12..=19).contains(&pan.len()) && is_digits(pan),
        BadCard::Pan,
    )?;
    check(is_year_month(expiry), BadCard::Expiry)?;
    check(
        card_sequence.is_none_or(is_three_digits),
        BadCard::CardSequence,
    )
}

fn check(holds: bool, otherwise: BadCard) -> Result<(), BadCard> {
    if holds { Ok(()) } else { Err(otherwise) }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_three_digits(text: &str) -> bool {
    text.len() == 3 && is_digits(text)
}

fn is_year_month(text: &str) -> bool {
    let month = text.get(2..).and_then(|month| month.parse::<u8>().ok());
    text.len() == 4 && is_digits(text) && month.is_some_and(|month| (1..=12).contains(&month))
}

fn is_track2(text: &str) -> bool {
    let separators = text
        .bytes()
        .filter(|byte| matches!(byte, b'D' | b'='))
        .count();
    let rest = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'D' | b'='));
    text.len() <= TRACK2_CHARACTERS_MAX && separators == 1 && rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_number_never_shows_more_than_ten_digits() {
        assert_eq!(masked_pan("6216261000000000018"), "621626*********0018");
        assert_eq!(masked_pan("621626100018"), "621626**0018");
        assert_eq!(masked_pan("62162610001"), "***********");
        assert_eq!(masked_pan(""), "");
    }

    #[test]
    fn track_2_is_digits_with_one_separator() {
        for good in [
            "6216261000000000018D30122010",
            "6216261000000000018=3012201",
        ] {
            assert!(is_track2(good));
        }
        for bad in [
            "6216261000000000018",
            "62D16D",
            "6216261000000000018D3012E",
            "",
        ] {
            assert!(!is_track2(bad));
        }
    }
}
