//! Magnetic stripe tracks: ISO/IEC 7813 tracks 1 and 2, ISO/IEC 4909 track 3.
//!
//! Malformed ones are refused, each with its reason; no reason holds a digit of the track.

use super::{Pan, PanError};
use std::fmt;
use thiserror::Error;
use zeroize::Zeroize;

const TRACK_1_MAX: usize = 76;
const TRACK_2_MAX: usize = 37;
const TRACK_3_MAX: usize = 104;

/// Why a stripe is malformed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum TrackError {
    /// Neither `%B` nor `;` nor bare track 2 data.
    #[error("no track begins like this")]
    Start,
    /// The end sentinel `?` is missing.
    #[error("end sentinel is missing")]
    End,
    /// Bytes after the end sentinel and its check character.
    #[error("characters after the end sentinel")]
    Trailing,
    /// The check character is wrong.
    #[error("check character is wrong")]
    Check,
    /// Longer than the track can hold.
    #[error("track has {length} characters, at most {max} fit")]
    TooLong {
        /// Characters there are.
        length: usize,
        /// Characters that fit.
        max: usize,
    },
    /// A character the track can't hold.
    #[error("character {0} is not one of this track")]
    Character(usize),
    /// No separator after the PAN or the name.
    #[error("separator is missing")]
    Separator,
    /// The PAN is none.
    #[error(transparent)]
    Pan(#[from] PanError),
    /// A name of none or more than 26 characters.
    #[error("name has {0} characters, must be 2 to 26")]
    Name(usize),
    /// Not year and month.
    #[error("expiry is not a year and a month")]
    Expiry,
    /// Not three digits.
    #[error("service code is not three digits")]
    ServiceCode,
    /// Track 3's format code is not two digits.
    #[error("format code is not two digits")]
    FormatCode,
    /// No track of the stripe was read.
    #[error("no track was read: swipe again")]
    Unread,
    /// A track that is there already.
    #[error("track {0} is there twice")]
    Twice(u8),
    /// Two tracks name different cards.
    #[error("the tracks are of different cards")]
    OtherCard,
    /// Track 3 ends before its fixed fields do.
    #[error("track 3 field {0} is missing")]
    Missing(&'static str),
}

/// Three digits that say where and how a card may be used.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct ServiceCode([u8; 3]);

impl ServiceCode {
    /// Three ASCII digits.
    pub fn new(text: &str) -> Option<Self> {
        let digits: [u8; 3] = text.as_bytes().try_into().ok()?;
        digits
            .iter()
            .all(u8::is_ascii_digit)
            .then_some(Self(digits))
    }

    /// The three digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// First digit 2 or 6: the card has a chip, so a stripe read is a fallback.
    pub const fn has_chip(self) -> bool {
        let [interchange, _, _] = self.0;
        matches!(interchange, b'2' | b'6')
    }

    /// Second digit 2 or 4: the issuer must be asked.
    pub const fn online_only(self) -> bool {
        let [_, authorisation, _] = self.0;
        matches!(authorisation, b'2' | b'4')
    }

    /// Third digit 0, 3 or 5: a PIN is required.
    pub const fn pin_required(self) -> bool {
        let [_, _, services] = self.0;
        matches!(services, b'0' | b'3' | b'5')
    }
}

impl fmt::Debug for ServiceCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Track 1: PAN, name, expiry, service code.
#[derive(Clone, Debug)]
pub struct Track1 {
    /// The card's number.
    pub pan: Pan,
    /// As on the stripe: surname/first name.
    pub name: String,
    /// YYMM, where there is one.
    pub expiry: Option<String>,
    /// Where there is one.
    pub service_code: Option<ServiceCode>,
}

/// Track 2: PAN, expiry, service code.
#[derive(Clone, Debug)]
pub struct Track2 {
    /// The card's number.
    pub pan: Pan,
    /// YYMM, where there is one.
    pub expiry: Option<String>,
    /// Where there is one.
    pub service_code: Option<ServiceCode>,
}

/// Track 3: PAN and expiry; its amounts and cycles are out of use.
#[derive(Clone, Debug)]
pub struct Track3 {
    /// The card's number.
    pub pan: Pan,
    /// YYMM, where there is one.
    pub expiry: Option<String>,
}

impl Drop for Track1 {
    fn drop(&mut self) {
        self.name.zeroize();
    }
}

/// Any track. `Debug` shows the PAN masked.
#[derive(Clone, Debug)]
pub enum Track {
    /// Alphanumeric.
    One(Track1),
    /// Digits.
    Two(Track2),
    /// Digits, read and write.
    Three(Track3),
}

impl Track {
    /// One track as a reader gives it: with sentinels, with or without check character. Track 2
    /// is also taken bare, with `=` or `D`.
    pub fn parse(raw: &str) -> Result<Self, TrackError> {
        let raw = raw.trim_end_matches(['\r', '\n']);
        if let Some(rest) = raw.strip_prefix("%B").or_else(|| raw.strip_prefix("%b")) {
            return Track1::between(sentinels(raw, rest, 0x20, 0x3F)?).map(Self::One);
        }
        if let Some(rest) = raw.strip_prefix(';') {
            let body = sentinels(raw, rest, 0x30, 0x0F)?;
            // No issuer's PAN begins with 0: that is the format code of a track 3.
            return if body.starts_with('0') {
                Track3::between(body).map(Self::Three)
            } else {
                Track2::parse(body).map(Self::Two)
            };
        }
        if raw.starts_with(|first: char| first.is_ascii_digit()) {
            return Track2::parse(raw).map(Self::Two);
        }
        Err(TrackError::Start)
    }
}

/// What stands before the end sentinel. A character after it must be the longitudinal check.
fn sentinels<'a>(raw: &str, rest: &'a str, base: u8, mask: u8) -> Result<&'a str, TrackError> {
    let (body, after) = rest.split_once('?').ok_or(TrackError::End)?;
    let mut after = after.bytes();
    if let Some(check) = after.next() {
        if after.next().is_some() {
            return Err(TrackError::Trailing);
        }
        let until_end = raw.bytes().take_while(|byte| *byte != b'?').chain([b'?']);
        let sum = until_end.fold(0, |sum, byte| sum ^ byte.wrapping_sub(base) & mask);
        if sum + base != check {
            return Err(TrackError::Check);
        }
    }
    Ok(body)
}

fn all(text: &str, max: usize, allowed: impl Fn(u8) -> bool) -> Result<(), TrackError> {
    if text.len() > max {
        return Err(TrackError::TooLong {
            length: text.len(),
            max,
        });
    }
    match text.bytes().position(|byte| !allowed(byte)) {
        Some(place) => Err(TrackError::Character(place + 1)),
        None => Ok(()),
    }
}

/// YYMM or a separator in its place; some issuers write 0000 for a card that never expires.
fn expiry(text: &str, separator: char) -> Result<(Option<String>, &str), TrackError> {
    if let Some(rest) = text.strip_prefix(separator) {
        return Ok((None, rest));
    }
    let (date, rest) = text.split_at_checked(4).ok_or(TrackError::Expiry)?;
    let month = date.get(2..).and_then(|month| month.parse::<u8>().ok());
    let digits = date.bytes().all(|byte| byte.is_ascii_digit());
    match month {
        Some(1..=12) if digits => Ok((Some(date.to_owned()), rest)),
        Some(0) if date == "0000" => Ok((Some(date.to_owned()), rest)),
        _ => Err(TrackError::Expiry),
    }
}

fn service_code(text: &str, separator: char) -> Result<Option<ServiceCode>, TrackError> {
    if text.starts_with(separator) {
        return Ok(None);
    }
    text.get(..3)
        .and_then(ServiceCode::new)
        .map(Some)
        .ok_or(TrackError::ServiceCode)
}

impl Track1 {
    /// What stands between `%B` and `?`.
    fn between(body: &str) -> Result<Self, TrackError> {
        all(body, TRACK_1_MAX, |byte| matches!(byte, 0x20..=0x5F))?;
        let (pan, rest) = body.split_once('^').ok_or(TrackError::Separator)?;
        let (name, rest) = rest.split_once('^').ok_or(TrackError::Separator)?;
        if !(2..=26).contains(&name.len()) {
            return Err(TrackError::Name(name.len()));
        }
        let pan = Pan::new(pan)?;
        let (expiry, rest) = expiry(rest, '^')?;
        let service_code = service_code(rest, '^')?;
        Ok(Self {
            pan,
            name: name.trim_end().to_owned(),
            expiry,
            service_code,
        })
    }
}

impl Track2 {
    /// Bare data, with `=` or `D` after the PAN, as F35 carries it.
    pub fn parse(body: &str) -> Result<Self, TrackError> {
        all(body, TRACK_2_MAX, |byte| {
            byte.is_ascii_digit() || matches!(byte, b'=' | b'D')
        })?;
        let separator = if body.contains('=') { '=' } else { 'D' };
        let (pan, rest) = body.split_once(separator).ok_or(TrackError::Separator)?;
        let pan = Pan::new(pan)?;
        let (expiry, rest) = expiry(rest, separator)?;
        let service_code = service_code(rest, separator)?;
        Ok(Self {
            pan,
            expiry,
            service_code,
        })
    }
}

impl Track3 {
    /// With its sentinels, whichever format code it has.
    pub(super) fn parse(raw: &str) -> Result<Self, TrackError> {
        let rest = raw.strip_prefix(';').ok_or(TrackError::Start)?;
        Self::between(sentinels(raw, rest, 0x30, 0x0F)?)
    }

    /// Format code, PAN, separator, then fields of fixed length, some replaced by a separator.
    fn between(body: &str) -> Result<Self, TrackError> {
        all(body, TRACK_3_MAX, |byte| {
            byte.is_ascii_digit() || byte == b'='
        })?;
        let (format, rest) = body.split_at_checked(2).ok_or(TrackError::FormatCode)?;
        if format.contains('=') {
            return Err(TrackError::FormatCode);
        }
        let (pan, mut rest) = rest.split_once('=').ok_or(TrackError::Separator)?;
        let pan = Pan::new(pan)?;
        for (name, length) in [
            ("country", 3),
            ("currency", 3),
            ("currency exponent", 1),
            ("amount authorised", 4),
            ("amount remaining", 4),
            ("cycle begin", 4),
            ("cycle length", 2),
            ("retry count", 1),
            ("pin control", 6),
            ("interchange control", 1),
            ("account type", 2),
            ("first account type", 2),
            ("second account type", 2),
        ] {
            rest = match rest.strip_prefix('=') {
                Some(rest) => rest,
                None => rest.get(length..).ok_or(TrackError::Missing(name))?,
            };
        }
        let (expiry, _) = expiry(rest, '=')?;
        Ok(Self { pan, expiry })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn track_2_with_and_without_sentinels() {
        for raw in [
            ";4012345678909=30122011234567890?",
            "4012345678909D30122011234567890",
            "4012345678909=3012201\r\n",
        ] {
            let Track::Two(track) = Track::parse(raw).unwrap() else {
                panic!("{raw}")
            };
            assert_eq!(track.pan.digits(), "4012345678909");
            assert_eq!(track.expiry.as_deref(), Some("3012"));
            let code = track.service_code.unwrap();
            assert_eq!(code.as_str(), "201");
            assert!(code.has_chip() && !code.online_only() && !code.pin_required());
        }
        let raw = ";4012345678909===?";
        let Track::Two(track) = Track::parse(raw).unwrap() else {
            panic!("{raw}")
        };
        assert!(track.expiry.is_none() && track.service_code.is_none());
    }

    #[test]
    fn the_check_character_is_checked() {
        let good = ";4012345678909=30122011234567890?";
        let sum = good.bytes().fold(0, |sum, byte| sum ^ (byte - 0x30) & 0x0F);
        let with = |check: u8| format!("{good}{}", char::from(check));
        assert!(Track::parse(&with(sum + 0x30)).is_ok());
        assert_eq!(
            Track::parse(&with((sum ^ 1) + 0x30)).unwrap_err(),
            TrackError::Check
        );
        assert_eq!(
            Track::parse(&format!("{good}00")).unwrap_err(),
            TrackError::Trailing
        );
    }

    #[test]
    fn track_1_and_3() {
        let raw = "%B4012345678909^LANE/KEEPER          ^3012201000000000000000?";
        let Track::One(track) = Track::parse(raw).unwrap() else {
            panic!()
        };
        assert_eq!(
            (track.name.as_str(), track.expiry.as_deref()),
            ("LANE/KEEPER", Some("3012"))
        );
        let fixed = format!("156156{}", "0".repeat(29));
        let raw = format!(";016216261000000000018={fixed}3012100?");
        let Track::Three(track) = Track::parse(&raw).unwrap() else {
            panic!("{raw}")
        };
        assert_eq!(track.expiry.as_deref(), Some("3012"));
        let pieces = [
            "=", "156", "1", "0000", "0000", "0000", "00", "0", "=", "1", "00", "00",
        ];
        let raw = format!(";01621626100000000={}00==?", pieces.concat());
        let Track::Three(track) = Track::parse(&raw).unwrap() else {
            panic!("{raw}")
        };
        assert!(track.expiry.is_none());
    }

    #[test]
    fn malformed_ones_are_refused_without_being_shown() {
        for (raw, error) in [
            ("", TrackError::Start),
            ("%A4012345678909^X^3012?", TrackError::Start),
            (";4012345678909=3012201", TrackError::End),
            (";4012345678909?", TrackError::Separator),
            (";4012345=3012201?", TrackError::Pan(PanError::Length(7))),
            (";4012345678909=3013201?", TrackError::Expiry),
            (";4012345678909=3000201?", TrackError::Expiry),
            (";4012345678909=301?", TrackError::Expiry),
            (";4012345678909=301220?", TrackError::ServiceCode),
            (";40123456789O9=3012201?", TrackError::Character(12)),
            (
                ";4012345678909=30122010000000000000000000?",
                TrackError::TooLong {
                    length: 40,
                    max: 37,
                },
            ),
            ("%B4012345678909^X^3012201?", TrackError::Name(1)),
            ("%B4012345678909^LANE/KEEPER?", TrackError::Separator),
            (";0x?", TrackError::Character(2)),
            (";01621626100000000=156?", TrackError::Missing("currency")),
        ] {
            let found = Track::parse(raw).unwrap_err();
            assert_eq!(found, error, "{raw}");
            assert!(!found.to_string().contains("4012"));
        }
    }
}
