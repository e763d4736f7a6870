//! PIN blocks of one DES block: formats 0 to 3, eight bytes under DES or 3DES.

use super::{Pin, PinBlockError, PinFormat};
use crate::card::Pan;
use crate::keys::DesKey;
use crate::mac::xor;
use zeroize::Zeroizing;

const NIBBLES: usize = 16;

/// A clear PIN block.
///
/// Formats 0 and 3 need the PAN. Formats 1 and 3 take one random nibble for each place the PIN
/// leaves free, in order; for format 3 a nibble below `A` becomes `A` plus its value modulo 6.
pub fn encode(
    format: PinFormat,
    pin: &Pin,
    pan: Option<&Pan>,
    random: &[u8],
) -> Result<Zeroizing<[u8; 8]>, PinBlockError> {
    let mut nibbles = Zeroizing::new([0x0F; NIBBLES]);
    let free = NIBBLES - 2 - pin.length();
    match format {
        PinFormat::Iso4 => return Err(PinBlockError::Format4),
        PinFormat::Iso0 | PinFormat::Iso2 => {}
        PinFormat::Iso1 | PinFormat::Iso3 => {
            let needed = free.div_ceil(2);
            if random.len() < needed {
                return Err(PinBlockError::Random {
                    needed,
                    got: random.len(),
                });
            }
            let fill = random.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
            for (place, nibble) in nibbles.iter_mut().skip(NIBBLES - free).zip(fill) {
                let letter = format == PinFormat::Iso3 && nibble < 10;
                *place = if letter { 10 + nibble % 6 } else { nibble };
            }
        }
    }
    let length = u8::try_from(pin.length()).unwrap_or(0);
    let head = [format.control(), length]
        .into_iter()
        .chain(pin.values().iter().copied());
    for (place, nibble) in nibbles.iter_mut().zip(head) {
        *place = nibble;
    }
    let block = Zeroizing::new(pack(&nibbles));
    Ok(match account_field(format, pan)? {
        Some(account) => Zeroizing::new(xor(*block, account)),
        None => block,
    })
}

/// The PIN of a clear block.
pub fn decode(format: PinFormat, block: &[u8; 8], pan: Option<&Pan>) -> Result<Pin, PinBlockError> {
    if format == PinFormat::Iso4 {
        return Err(PinBlockError::Format4);
    }
    let block = Zeroizing::new(match account_field(format, pan)? {
        Some(account) => xor(*block, account),
        None => *block,
    });
    let nibbles = Zeroizing::new(unpack::<NIBBLES>(&*block));
    let fill_allowed = |nibble: u8| match format {
        PinFormat::Iso0 | PinFormat::Iso2 => nibble == 0x0F,
        PinFormat::Iso1 | PinFormat::Iso4 => true,
        PinFormat::Iso3 => nibble >= 10,
    };
    read_nibbles(format, &*nibbles, fill_allowed)
}

/// Control field, length, digits, fill.
pub(super) fn read_nibbles(
    format: PinFormat,
    nibbles: &[u8],
    fill_allowed: impl Fn(u8) -> bool,
) -> Result<Pin, PinBlockError> {
    let (Some(&control), Some(&length)) = (nibbles.first(), nibbles.get(1)) else {
        return Err(PinBlockError::BlockLength {
            got: nibbles.len() / 2,
            expected: 8,
        });
    };
    if control != format.control() {
        let expected = format.control();
        return Err(PinBlockError::ControlField {
            expected,
            found: control,
        });
    }
    if !(4..=12).contains(&length) {
        return Err(PinBlockError::PinLength(length));
    }
    let count = usize::from(length);
    let digits = nibbles.iter().copied().skip(2);
    if let Some(place) = digits.clone().take(count).position(|digit| digit > 9) {
        return Err(PinBlockError::PinDigit(place + 1));
    }
    if let Some(place) = digits
        .clone()
        .skip(count)
        .position(|nibble| !fill_allowed(nibble))
    {
        return Err(PinBlockError::Fill(count + place + 1));
    }
    Pin::from_values(digits.take(count), count)
}

/// Four zero nibbles, then the last twelve digits of the PAN before its check digit.
fn account_field(format: PinFormat, pan: Option<&Pan>) -> Result<Option<[u8; 8]>, PinBlockError> {
    match format {
        PinFormat::Iso1 | PinFormat::Iso2 | PinFormat::Iso4 => Ok(None),
        PinFormat::Iso0 | PinFormat::Iso3 => {
            let pan = pan.ok_or(PinBlockError::PanMissing)?;
            let mut nibbles = Zeroizing::new([0; NIBBLES]);
            let digits = pan.digits().bytes().rev().skip(1).take(12);
            for (place, digit) in nibbles.iter_mut().rev().zip(digits) {
                *place = digit & 0x0F;
            }
            Ok(Some(pack(&nibbles)))
        }
    }
}

pub(super) fn pack<const NIBBLES: usize, const BYTES: usize>(
    nibbles: &[u8; NIBBLES],
) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (byte, pair) in bytes.iter_mut().zip(nibbles.chunks_exact(2)) {
        *byte = pair
            .iter()
            .fold(0, |byte, nibble| byte << 4 | nibble & 0x0F);
    }
    bytes
}

pub(super) fn unpack<const NIBBLES: usize>(bytes: &[u8]) -> [u8; NIBBLES] {
    let mut nibbles = [0; NIBBLES];
    let each = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    for (place, nibble) in nibbles.iter_mut().zip(each) {
        *place = nibble;
    }
    nibbles
}

/// A format 0 block under a key: F52 of a request.
pub fn encipher(pin: &Pin, pan: &Pan, key: &DesKey) -> Result<[u8; 8], PinBlockError> {
    Ok(key.encrypt_block(*encode(PinFormat::Iso0, pin, Some(pan), &[])?))
}

/// The PIN of a format 0 block under a key. Another key or another PAN is an error nearly always.
pub fn decipher(block: &[u8; 8], pan: &Pan, key: &DesKey) -> Result<Pin, PinBlockError> {
    let clear = Zeroizing::new(key.decrypt_block(*block));
    decode(PinFormat::Iso0, &clear, Some(pan))
}

/// From one key to another, format 0 to format 0; the clear block never leaves this function.
pub fn translate(
    block: &[u8; 8],
    from: &DesKey,
    to: &DesKey,
    pan: &Pan,
) -> Result<[u8; 8], PinBlockError> {
    encipher(&decipher(block, pan, from)?, pan, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pan() -> Pan {
        Pan::new("5555555551234567").unwrap()
    }

    fn pin() -> Pin {
        Pin::new("12345").unwrap()
    }

    #[test]
    fn each_format_comes_back() {
        for format in [
            PinFormat::Iso0,
            PinFormat::Iso1,
            PinFormat::Iso2,
            PinFormat::Iso3,
        ] {
            let pan = pan();
            let block =
                encode(format, &pin(), Some(&pan), &[0x19, 0xAF, 0x03, 0x77, 0xE2]).unwrap();
            assert!(
                decode(format, &block, Some(&pan)).unwrap().same_as(&pin()),
                "{format:?}"
            );
        }
    }

    #[test]
    fn each_error_has_its_name() {
        let block = *encode(PinFormat::Iso0, &pin(), Some(&pan()), &[]).unwrap();
        let broken = |place: usize, value: u8| {
            let mut block = block;
            block[place] ^= value;
            decode(PinFormat::Iso0, &block, Some(&pan())).unwrap_err()
        };
        assert_eq!(
            broken(0, 0x10),
            PinBlockError::ControlField {
                expected: 0,
                found: 1
            }
        );
        assert_eq!(broken(0, 0x06), PinBlockError::PinLength(3));
        assert_eq!(broken(0, 0x08), PinBlockError::PinLength(13));
        assert_eq!(broken(1, 0xF0), PinBlockError::PinDigit(1));
        assert_eq!(broken(7, 0x01), PinBlockError::Fill(14));
        assert_eq!(
            decode(PinFormat::Iso0, &block, None).unwrap_err(),
            PinBlockError::PanMissing
        );
        assert_eq!(
            encode(PinFormat::Iso1, &pin(), None, &[1]).unwrap_err(),
            PinBlockError::Random { needed: 5, got: 1 }
        );
        assert_eq!(
            encode(PinFormat::Iso4, &pin(), None, &[]).unwrap_err(),
            PinBlockError::Format4
        );
    }

    #[test]
    fn another_pan_or_key_is_refused_on_translation() {
        let first = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let second = DesKey::from_hex("404142434445464748494A4B4C4D4E4F").unwrap();
        let block = encipher(&pin(), &pan(), &first).unwrap();
        let translated = translate(&block, &first, &second, &pan()).unwrap();
        assert!(
            decipher(&translated, &pan(), &second)
                .unwrap()
                .same_as(&pin())
        );
        assert!(translate(&block, &second, &first, &pan()).is_err());
        let other = Pan::new("4012345678909").unwrap();
        assert!(translate(&block, &first, &second, &other).is_err());
    }
}
