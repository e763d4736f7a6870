//! BER-TLV as EMV uses it: tags of up to four bytes, definite lengths, padding of 00 and FF between
//! objects (EMV Book 3, B1).
//!
//! What a template holds decides nothing: one whose value is no TLV is kept whole.

use std::fmt;
use thiserror::Error;

/// Templates inside templates; EMV knows two levels.
const DEPTH_MAX: usize = 8;

/// Why bytes are no BER-TLV.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum TlvFault {
    /// A tag of more than four bytes, or one that doesn't end.
    #[error("tag is longer than four bytes or incomplete")]
    Tag,
    /// A length that is missing, indefinite or of more than three bytes.
    #[error("length is missing or not of one to three bytes")]
    Length,
    /// A value that ends early.
    #[error("value of {needed} bytes, {left} left")]
    Truncated {
        /// Bytes announced.
        needed: usize,
        /// Bytes there are.
        left: usize,
    },
}

/// Where and why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TlvError {
    /// The tag, once it was read.
    pub tag: Option<u32>,
    /// Byte in the field.
    pub offset: usize,
    /// What is wrong.
    pub fault: TlvFault,
}

impl fmt::Display for TlvError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.tag {
            Some(tag) => write!(
                formatter,
                "tag {tag:02X} at byte {}: {}",
                self.offset, self.fault
            ),
            None => write!(formatter, "byte {}: {}", self.offset, self.fault),
        }
    }
}

impl std::error::Error for TlvError {}

/// One tag with its value.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Tlv<'a> {
    /// The tag's bytes as a number: `0x9F26`.
    pub tag: u32,
    /// Whether the value is made of further TLVs.
    pub constructed: bool,
    /// The tag says that it is a template, and its value is none: it may hold anything.
    pub kept_whole: bool,
    /// The value.
    pub value: &'a [u8],
    /// Where the tag starts.
    pub offset: usize,
    /// Where the value starts.
    pub value_offset: usize,
}

/// The tag and the length, not the value: it may be a track.
impl fmt::Debug for Tlv<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:02X} ({} bytes)", self.tag, self.value.len())
    }
}

/// Walks the TLVs of one level, padding skipped. Templates are not entered.
#[derive(Clone, Debug)]
pub struct Tlvs<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Tlvs<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn read(&mut self) -> Result<Tlv<'a>, TlvError> {
        let bytes = self.bytes;
        let byte = |place: usize| bytes.get(place).copied();
        let head = Head::read(&byte, self.at, bytes.len())?;
        let is_template =
            head.constructed && inside(&byte, head.value_offset, head.end, 1) == Inside::Tlvs;
        self.at = head.end;
        Ok(Tlv {
            tag: head.tag,
            constructed: is_template,
            kept_whole: head.constructed && !is_template,
            value: bytes.get(head.value_offset..head.end).unwrap_or_default(),
            offset: head.offset,
            value_offset: head.value_offset,
        })
    }
}

/// Where one TLV begins and ends.
struct Head {
    tag: u32,
    constructed: bool,
    offset: usize,
    value_offset: usize,
    end: usize,
}

impl Head {
    /// Reads tag and length at `offset`; everything must end at `end` or before.
    #[inline]
    fn read(
        byte: &impl Fn(usize) -> Option<u8>,
        offset: usize,
        end: usize,
    ) -> Result<Self, TlvError> {
        let byte = |place: usize| if place < end { byte(place) } else { None };
        let fail = |tag, fault| TlvError { tag, offset, fault };
        let (tag, at) = read_tag(&byte, offset).ok_or_else(|| fail(None, TlvFault::Tag))?;
        let (length, value_offset) =
            read_length(&byte, at).ok_or_else(|| fail(Some(tag), TlvFault::Length))?;
        let left = end.saturating_sub(value_offset);
        if length > left {
            let needed = length;
            return Err(fail(Some(tag), TlvFault::Truncated { needed, left }));
        }
        Ok(Self {
            tag,
            constructed: byte(offset).is_some_and(|first| first & 0x20 != 0)
                && !is_plain_private(tag),
            offset,
            value_offset,
            end: value_offset + length,
        })
    }
}

/// A tag and the place after it.
#[inline]
fn read_tag(byte: &impl Fn(usize) -> Option<u8>, at: usize) -> Option<(u32, usize)> {
    let first = byte(at)?;
    let mut tag = u32::from(first);
    if first & 0x1F != 0x1F {
        return Some((tag, at + 1));
    }
    for place in at + 1..at + 4 {
        let next = byte(place)?;
        tag = tag << 8 | u32::from(next);
        if next & 0x80 == 0 {
            return Some((tag, place + 1));
        }
    }
    None
}

/// A length and the place after it.
#[inline]
fn read_length(byte: &impl Fn(usize) -> Option<u8>, at: usize) -> Option<(usize, usize)> {
    let first = byte(at)?;
    if first < 0x80 {
        return Some((usize::from(first), at + 1));
    }
    let count = usize::from(first & 0x7F);
    if count == 0 || count > 2 {
        return None;
    }
    let mut length = 0;
    for place in at + 1..=at + count {
        length = length << 8 | usize::from(byte(place)?);
    }
    Some((length, at + 1 + count))
}

/// Whether these are TLVs as chip data has them: no templates, tags of one or two bytes, lengths
/// below 128. `false` says nothing yet: [`check`] has to look.
#[inline(never)]
pub(crate) fn is_flat(mut bytes: &[u8]) -> bool {
    // Four bytes hold all of a tag and its length.
    while let Some([first, second, third, _]) = bytes.first_chunk() {
        let end = if first & 0x3F == 0x1F && (*second | *third) < 0x80 {
            3 + usize::from(*third)
        } else if is_short_primitive(*first) && *second < 0x80 {
            2 + usize::from(*second)
        } else {
            return false;
        };
        match bytes.get(end..) {
            Some(rest) => bytes = rest,
            None => return false,
        }
    }
    ends_flat(bytes)
}

/// The last three bytes or fewer.
fn ends_flat(mut bytes: &[u8]) -> bool {
    loop {
        let (length, rest) = match bytes {
            [] => return true,
            [first, second, length, rest @ ..] if first & 0x3F == 0x1F && *second < 0x80 => {
                (*length, rest)
            }
            [first, length, rest @ ..] if is_short_primitive(*first) => (*length, rest),
            _ => return false,
        };
        match rest.get(usize::from(length)..) {
            Some(after) if length < 0x80 => bytes = after,
            _ => return false,
        }
    }
}

/// A tag of one byte whose value has no TLVs inside.
#[inline]
const fn is_short_primitive(tag: u8) -> bool {
    tag != 0 && tag & 0x20 == 0 && tag & 0x1F != 0x1F
}

/// Checks `length` bytes of TLVs, wherever the bytes come from. Templates are not entered: one that
/// holds something else is kept whole.
pub(crate) fn check(byte: &impl Fn(usize) -> Option<u8>, length: usize) -> Result<(), TlvError> {
    let mut at = skip_padding(byte, 0, length);
    while at < length {
        at = Head::read(byte, at, length)?.end;
        at = skip_padding(byte, at, length);
    }
    Ok(())
}

/// What the value of a template is.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Inside {
    Tlvs,
    SomethingElse,
    /// Templates inside templates without end: nobody has to follow them.
    TooDeep,
}

fn inside(byte: &impl Fn(usize) -> Option<u8>, start: usize, end: usize, depth: usize) -> Inside {
    if depth > DEPTH_MAX {
        return Inside::TooDeep;
    }
    let mut at = skip_padding(byte, start, end);
    while at < end {
        let Ok(head) = Head::read(byte, at, end) else {
            return Inside::SomethingElse;
        };
        let deeper = head.constructed
            && inside(byte, head.value_offset, head.end, depth + 1) == Inside::TooDeep;
        if deeper {
            return Inside::TooDeep;
        }
        at = skip_padding(byte, head.end, end);
    }
    Inside::Tlvs
}

/// Where the next tag begins. FF begins one only before a byte that begins no tag of EMV, and where
/// a value follows that fits: else a card number behind padding would hide in a tag of its own.
fn skip_padding(byte: &impl Fn(usize) -> Option<u8>, start: usize, end: usize) -> usize {
    let mut at = start;
    while at < end {
        match byte(at) {
            Some(0) => {}
            Some(0xFF) if !begins_private_tag(byte, at, end) => {}
            Some(_) | None => return at,
        }
        at += 1;
    }
    at
}

fn begins_private_tag(byte: &impl Fn(usize) -> Option<u8>, at: usize, end: usize) -> bool {
    let next = byte(at + 1).filter(|_| at + 1 < end);
    next.is_some_and(|next| next < 0x40) && Head::read(byte, at, end).is_ok()
}

/// FF00 to FF3F, as in UnionPay's slip of a signature: plain values, though bit 6 of the tag says
/// that they are templates.
const fn is_plain_private(tag: u32) -> bool {
    matches!(tag, 0xFF00..=0xFF3F)
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, TlvError>;

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = self.bytes;
        let byte = |place: usize| bytes.get(place).copied();
        self.at = skip_padding(&byte, self.at, bytes.len());
        if self.at >= self.bytes.len() {
            return None;
        }
        let item = self.read();
        if item.is_err() {
            self.at = self.bytes.len();
        }
        Some(item)
    }
}

/// The value of a tag, templates included; the first one found. Ends at the first fault.
pub fn find(bytes: &[u8], tag: u32) -> Option<&[u8]> {
    for item in Tlvs::new(bytes) {
        let item = item.ok()?;
        if item.tag == tag {
            return Some(item.value);
        }
        if item.constructed
            && let Some(value) = find(item.value, tag)
        {
            return Some(value);
        }
    }
    None
}

/// Appends a TLV. The value must be at most 65,535 bytes long; a longer one is left out.
pub fn push(out: &mut Vec<u8>, tag: u32, value: &[u8]) {
    let Ok(length) = u16::try_from(value.len()) else {
        return;
    };
    let tag = tag.to_be_bytes();
    let used = tag.iter().position(|byte| *byte != 0).unwrap_or(3);
    out.extend_from_slice(tag.get(used..).unwrap_or_default());
    let [high, low] = length.to_be_bytes();
    match (high, low) {
        (0, 0..=0x7F) => out.push(low),
        (0, _) => out.extend_from_slice(&[0x81, low]),
        _ => out.extend_from_slice(&[0x82, high, low]),
    }
    out.extend_from_slice(value);
}

/// Whether a tag holds a card number, a track, a name or a telephone number: 56, 57, 5A, 5F20,
/// 9F0B, 9F1F, 9F20, 9F6B, FF0B, and the encrypted PIN, 99.
pub const fn is_sensitive(tag: u32) -> bool {
    matches!(
        tag,
        0x56 | 0x57 | 0x5A | 0x99 | 0x5F20 | 0x9F0B | 0x9F1F | 0x9F20 | 0x9F6B | 0xFF0B
    )
}

impl Tlv<'_> {
    /// Whether its value is shown to nobody who did not ask for secrets: a template that was kept
    /// whole may hold a card number.
    pub const fn is_sensitive(&self) -> bool {
        self.kept_whole || is_sensitive(self.tag)
    }

    /// The value of a tag of the private class as text, where it is text in GBK: digits and flags
    /// there are BCD, so that something beyond ASCII has to be in it.
    pub fn private_text(&self) -> Option<String> {
        let is_text = is_plain_private(self.tag) && self.value.iter().any(|byte| *byte > 0x7F);
        is_text.then(|| gbk_text(self.value)).flatten()
    }
}

/// GBK text that reads back to the same bytes and has no control character in it.
pub(crate) fn gbk_text(bytes: &[u8]) -> Option<String> {
    let text = encoding_rs::GBK.decode_without_bom_handling_and_without_replacement(bytes)?;
    let (again, _, unmappable) = encoding_rs::GBK.encode(&text);
    let same = !unmappable && *again == *bytes;
    let readable = !text
        .chars()
        .any(|character| character.is_control() || ('\u{E000}'..='\u{F8FF}').contains(&character));
    (same && readable).then(|| text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn walks_finds_and_writes_back() {
        let mut bytes = Vec::new();
        push(&mut bytes, 0x9F26, &[1; 8]);
        push(&mut bytes, 0x5A, &[0; 200]);
        push(&mut bytes, 0xDF31, &[0; 300]);
        push(&mut bytes, 0x70, &{
            let mut inner = Vec::new();
            push(&mut inner, 0x95, &[7; 5]);
            inner
        });
        let tags: Vec<u32> = Tlvs::new(&bytes).map(|item| item.unwrap().tag).collect();
        assert_eq!(tags, [0x9F26, 0x5A, 0xDF31, 0x70]);
        assert_eq!(find(&bytes, 0x95), Some(&[7; 5][..]));
        assert_eq!(find(&bytes, 0xDF31).map(<[u8]>::len), Some(300));
        assert_eq!(find(&bytes, 0x9F27), None);
    }

    /// Whatever is called flat passes the check, for every start of two bytes.
    #[test]
    fn flat_says_yes_only_where_the_check_does() {
        let mut flat = 0;
        for (first, second) in (0..=255).flat_map(|a| (0..=255).map(move |b| (a, b))) {
            for tail in [
                &[][..],
                &[0x01],
                &[0x01, 0x07],
                &[0x80],
                &[0x81, 0x01],
                &[0x95, 0, 0],
            ] {
                let bytes = [&[first, second], tail].concat();
                let byte = |place: usize| bytes.get(place).copied();
                if is_flat(&bytes) {
                    flat += 1;
                    assert_eq!(check(&byte, bytes.len()), Ok(()), "{bytes:02X?}");
                }
            }
        }
        assert!(flat > 1_000, "{flat}");
        for length in 0..=255 {
            let bytes = [&[0x82, length], &[7; 255][..usize::from(length)]].concat();
            assert_eq!(is_flat(&bytes), length < 0x80, "{length}");
        }
        let chip = [0x9F, 0x26, 2, 1, 2, 0x95, 1, 0, 0x82, 0];
        assert!(is_flat(&chip) && !is_flat(&chip[..9]) && !is_flat(&[0x70, 2, 0x82, 0]));
    }

    #[test]
    fn names_what_is_wrong() {
        for (bytes, tag, offset, fault) in [
            (&[0x9F][..], None, 0, TlvFault::Tag),
            (&[0x9F, 0x80, 0x80, 0x80, 0x01], None, 0, TlvFault::Tag),
            (&[0x82], Some(0x82), 0, TlvFault::Length),
            (&[0x82, 0x80], Some(0x82), 0, TlvFault::Length),
            (&[0x82, 0x83, 0, 0, 1, 9], Some(0x82), 0, TlvFault::Length),
            (
                &[0, 0x82, 2, 1],
                Some(0x82),
                1,
                TlvFault::Truncated { needed: 2, left: 1 },
            ),
        ] {
            let error = Tlvs::new(bytes).find_map(Result::err).unwrap();
            assert_eq!(error, TlvError { tag, offset, fault });
        }
    }

    #[test]
    fn a_template_that_holds_something_else_is_kept_whole_and_hidden() {
        let only = |bytes: &[u8]| {
            let items: Vec<_> = Tlvs::new(bytes)
                .map(|item| item.unwrap())
                .map(|item| (item.constructed, item.kept_whole, item.is_sensitive()))
                .collect();
            items
        };
        assert_eq!(only(&[0x70, 2, 0x82, 1]), [(false, true, true)]);
        assert_eq!(only(&[0x70, 2, 0x82, 0]), [(true, false, false)]);
        // Inside it, another that is kept whole.
        assert_eq!(only(&[0x70, 4, 0x61, 2, 0x82, 1]), [(true, false, false)]);
        let nested = (0..200).fold(Vec::new(), |inner, _| {
            let mut outer = Vec::new();
            push(&mut outer, 0x70, &inner);
            outer
        });
        assert_eq!(only(&nested), [(false, true, true)], "nobody follows it");
        assert_eq!(find(&[0x70, 2, 0x82, 1], 0x82), None);
    }

    /// F19: EMV Book 3, B1, wherever it stands; a card number behind it is found.
    #[test]
    fn padding_between_objects_is_skipped() {
        for padding in [&[0xFF][..], &[0xFF; 3], &[0], &[0, 0xFF], &[0xFF, 0]] {
            let mut bytes = padding.to_vec();
            push(&mut bytes, 0x9F26, &[1; 8]);
            bytes.extend_from_slice(padding);
            push(&mut bytes, 0x5A, &[0x62; 8]);
            bytes.extend_from_slice(padding);
            push(
                &mut bytes,
                0x70,
                &[padding, &[0x95, 1, 7], padding].concat(),
            );
            bytes.extend_from_slice(padding);
            let tags: Vec<u32> = Tlvs::new(&bytes).map(|item| item.unwrap().tag).collect();
            assert_eq!(tags, [0x9F26, 0x5A, 0x70], "{padding:02X?}");
            assert_eq!(find(&bytes, 0x95), Some(&[7][..]), "{padding:02X?}");
            let byte = |place: usize| bytes.get(place).copied();
            assert_eq!(check(&byte, bytes.len()), Ok(()), "{padding:02X?}");
        }
    }

    /// F20.
    #[test]
    fn tags_of_the_private_class_are_plain_values() {
        let slip = [0xFF, 0x01, 4, 0xCF, 0xFB, 0xB7, 0xD1, 0xFF, 0x02, 1, 1];
        let items: Vec<_> = Tlvs::new(&slip).map(|item| item.unwrap()).collect();
        let told: Vec<_> = items
            .iter()
            .map(|item| (item.tag, item.constructed, item.private_text()))
            .collect();
        let sale = Some("\u{6d88}\u{8d39}".to_owned());
        assert_eq!(told, [(0xFF01, false, sale), (0xFF02, false, None)]);
    }
}
