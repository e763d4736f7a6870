//! 3DES DUKPT, ANSI X9.24-1:2009 annex A.

use super::{DukptError, KeyUse, Ksn};
use crate::keys::DesKey;
use crate::mac::xor;

/// Turns a key into its companion: one base key gives two halves of an initial key.
const COMPANION: [u8; 16] = [
    0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0, 0xC0, 0xC0, 0xC0, 0xC0, 0, 0, 0, 0,
];

/// A device never uses counters with more bits set.
const BITS_MAX: u32 = 10;

/// A key from the base key: what a host or an HSM does.
pub fn derive(base: &DesKey, ksn: &Ksn, key_use: KeyUse) -> Result<DesKey, DukptError> {
    derive_from_initial(&initial_key(base, ksn)?, ksn, key_use)
}

/// A key from the initial key: what a device does.
pub fn derive_from_initial(
    initial: &DesKey,
    ksn: &Ksn,
    key_use: KeyUse,
) -> Result<DesKey, DukptError> {
    let key = sixteen(initial)?;
    let variant = match key_use {
        KeyUse::Initial => return Ok(initial.clone()),
        KeyUse::Transaction => return Ok(DesKey::from_double(transaction_key(key, ksn)?)),
        KeyUse::Pin => variant_mask(7),
        KeyUse::MacRequest => variant_mask(6),
        KeyUse::MacResponse => variant_mask(4),
        KeyUse::DataRequest => variant_mask(5),
        KeyUse::DataResponse => variant_mask(3),
    };
    let key = DesKey::from_double(xor(transaction_key(key, ksn)?, variant));
    match key_use {
        KeyUse::DataRequest | KeyUse::DataResponse => Ok(one_way(&key)),
        KeyUse::Initial
        | KeyUse::Transaction
        | KeyUse::Pin
        | KeyUse::MacRequest
        | KeyUse::MacResponse => Ok(key),
    }
}

/// `FF` in the same byte of both halves.
fn variant_mask(place: usize) -> [u8; 16] {
    let mut mask = [0; 16];
    for (index, byte) in mask.iter_mut().enumerate() {
        if index % 8 == place {
            *byte = 0xFF;
        }
    }
    mask
}

/// Data keys go through themselves once, so that they tell nothing of the PIN key.
fn one_way(key: &DesKey) -> DesKey {
    let cipher = key.cipher();
    let (left, right) = eights(key);
    DesKey::from_double(join(cipher.encrypt(left), cipher.encrypt(right)))
}

fn initial_key(base: &DesKey, ksn: &Ksn) -> Result<DesKey, DukptError> {
    let companion = DesKey::from_double(xor(sixteen(base)?, COMPANION));
    let serial = ksn.left_eight_without_counter();
    Ok(DesKey::from_double(join(
        base.encrypt_block(serial),
        companion.encrypt_block(serial),
    )))
}

/// Walks the counter's bits from the highest: each one replaces the key by its successor.
fn transaction_key(initial: [u8; 16], ksn: &Ksn) -> Result<[u8; 16], DukptError> {
    let counter = ksn.counter();
    if counter.count_ones() > BITS_MAX {
        return Err(DukptError::Counter);
    }
    let [a, b, c, d, e, f, _, _] = ksn.right_eight();
    let mut serial = u64::from_be_bytes([a, b, c, d, e, f & 0xE0, 0, 0]);
    let mut key = initial;
    for bit in (0..21).rev().map(|place| 1_u64 << place) {
        if u64::from(counter) & bit != 0 {
            serial |= bit;
            key = next_key(key, serial.to_be_bytes());
        }
    }
    Ok(key)
}

/// Non-reversible key generation, annex A.
fn next_key(key: [u8; 16], serial: [u8; 8]) -> [u8; 16] {
    let right = half(key, serial);
    let left = half(xor(key, COMPANION), serial);
    join(left, right)
}

fn half(key: [u8; 16], serial: [u8; 8]) -> [u8; 8] {
    let key = DesKey::from_double(key);
    let (left, right) = eights(&key);
    let single = DesKey::from_bytes(&left);
    let enciphered = single.map_or([0; 8], |single| single.encrypt_block(xor(serial, right)));
    xor(enciphered, right)
}

fn sixteen(key: &DesKey) -> Result<[u8; 16], DukptError> {
    key.bytes()
        .try_into()
        .map_err(|_| DukptError::KeyLength(key.length()))
}

fn eights(key: &DesKey) -> ([u8; 8], [u8; 8]) {
    let eight = |start: usize| {
        key.bytes()
            .get(start..start + 8)
            .and_then(|bytes| bytes.try_into().ok())
            .unwrap_or_default()
    };
    (eight(0), eight(8))
}

fn join(left: [u8; 8], right: [u8; 8]) -> [u8; 16] {
    let mut both = [0; 16];
    for (place, byte) in both.iter_mut().zip(left.into_iter().chain(right)) {
        *place = byte;
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_no_device_uses() {
        let base = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let ksn = Ksn::from_hex("FFFF9876543210E00001").unwrap();
        let eleven_bits = ksn.with_counter(0x7FF).unwrap();
        assert_eq!(
            derive(&base, &eleven_bits, KeyUse::Pin).unwrap_err(),
            DukptError::Counter
        );
        let short = DesKey::from_hex("0123456789ABCDEF").unwrap();
        assert_eq!(
            derive(&short, &ksn, KeyUse::Pin).unwrap_err(),
            DukptError::KeyLength(8)
        );
    }

    #[test]
    fn device_and_host_agree() {
        let base = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
        let ksn = Ksn::from_hex("FFFF9876543210E00001").unwrap();
        let initial = derive(&base, &ksn, KeyUse::Initial).unwrap();
        for counter in [1, 2, 0x3FF, 0x1F_E000] {
            let ksn = ksn.with_counter(counter).unwrap();
            let host = derive(&base, &ksn, KeyUse::Pin).unwrap();
            let device = derive_from_initial(&initial, &ksn, KeyUse::Pin).unwrap();
            assert_eq!(host.bytes(), device.bytes());
        }
    }
}
