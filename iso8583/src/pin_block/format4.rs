//! Format 4: sixteen bytes, bound to the PAN by two AES encryptions.

use super::des_block::{pack, read_nibbles, unpack};
use super::{Pin, PinBlockError, PinFormat};
use crate::card::Pan;
use crate::keys::AesKey;
use crate::mac::xor;
use zeroize::Zeroizing;

const NIBBLES: usize = 32;
const RANDOM: usize = 8;

/// The clear PIN field: control, length, digits, fill `A`, eight random bytes.
pub fn encode_format4(pin: &Pin, random: &[u8]) -> Result<Zeroizing<[u8; 16]>, PinBlockError> {
    if random.len() < RANDOM {
        return Err(PinBlockError::Random {
            needed: RANDOM,
            got: random.len(),
        });
    }
    let mut nibbles = Zeroizing::new([0x0A; NIBBLES]);
    let length = u8::try_from(pin.length()).unwrap_or(0);
    let head = [PinFormat::Iso4.control(), length]
        .into_iter()
        .chain(pin.values().iter().copied());
    for (place, nibble) in nibbles.iter_mut().zip(head) {
        *place = nibble;
    }
    let fill = random.iter().flat_map(|byte| [byte >> 4, byte & 0x0F]);
    for (place, nibble) in nibbles.iter_mut().skip(NIBBLES / 2).zip(fill) {
        *place = nibble;
    }
    Ok(Zeroizing::new(pack(&nibbles)))
}

/// The PIN of a clear PIN field.
pub fn decode_format4(field: &[u8; 16]) -> Result<Pin, PinBlockError> {
    let nibbles = Zeroizing::new(unpack::<NIBBLES>(field));
    let used = nibbles.get(..NIBBLES / 2).unwrap_or_default();
    read_nibbles(PinFormat::Iso4, used, |nibble| nibble == 0x0A)
}

/// A PIN block under an AES key, ISO 9564-1 section 9.4.2.
pub fn encipher_format4(
    pin: &Pin,
    pan: &Pan,
    key: &AesKey,
    random: &[u8],
) -> Result<[u8; 16], PinBlockError> {
    let first = key.encrypt_block(*encode_format4(pin, random)?);
    Ok(key.encrypt_block(xor(first, pan_field(pan))))
}

/// The PIN of a block under an AES key.
pub fn decipher_format4(block: &[u8; 16], pan: &Pan, key: &AesKey) -> Result<Pin, PinBlockError> {
    let first = xor(key.decrypt_block(*block), pan_field(pan));
    decode_format4(&Zeroizing::new(key.decrypt_block(first)))
}

/// One nibble says how many digits there are above twelve; shorter PANs get zeros in front.
fn pan_field(pan: &Pan) -> [u8; 16] {
    let digits = pan.digits();
    let above = u8::try_from(digits.len().saturating_sub(12)).unwrap_or(0);
    let missing = 12_usize.saturating_sub(digits.len());
    let mut nibbles = Zeroizing::new([0; NIBBLES]);
    let values = std::iter::once(above)
        .chain(std::iter::repeat_n(0, missing))
        .chain(digits.bytes().map(|digit| digit & 0x0F));
    for (place, nibble) in nibbles.iter_mut().zip(values) {
        *place = nibble;
    }
    pack(&nibbles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back_and_only_with_its_key_and_pan() {
        let key = AesKey::from_hex("00112233445566778899AABBCCDDEEFF").unwrap();
        let other = AesKey::from_hex("00112233445566778899AABBCCDDEEFE").unwrap();
        let pin = Pin::new("987654321098").unwrap();
        for pan in ["12345678", "123456789012", "1234567890123456789"] {
            let pan = Pan::new(pan).unwrap();
            let block = encipher_format4(&pin, &pan, &key, &[7; 8]).unwrap();
            assert!(decipher_format4(&block, &pan, &key).unwrap().same_as(&pin));
            assert!(decipher_format4(&block, &pan, &other).is_err());
            let wrong = Pan::new("4012345678909").unwrap();
            assert!(decipher_format4(&block, &wrong, &key).is_err());
        }
        let error = encode_format4(&pin, &[1; 7]).unwrap_err();
        assert_eq!(error, PinBlockError::Random { needed: 8, got: 7 });
    }
}
