//! AES DUKPT, ANSI X9.24-3:2017.

use super::{DukptError, KeyUse};
use crate::hex;
use crate::keys::AesKey;
use zeroize::Zeroizing;

/// A device never uses counters with more bits set.
const BITS_MAX: u32 = 16;

/// The algorithm a derived key is for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AesKeyType {
    /// 16 bytes.
    Aes128,
    /// 24 bytes.
    Aes192,
    /// 32 bytes.
    Aes256,
}

impl AesKeyType {
    const fn code(self) -> u16 {
        match self {
            Self::Aes128 => 2,
            Self::Aes192 => 3,
            Self::Aes256 => 4,
        }
    }

    const fn bits(self) -> u16 {
        match self {
            Self::Aes128 => 128,
            Self::Aes192 => 192,
            Self::Aes256 => 256,
        }
    }

    /// Bytes of such a key.
    pub const fn length(self) -> usize {
        match self {
            Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// The type of a key, by its length.
    pub fn of(key: &AesKey) -> Self {
        match key.length() {
            16 => Self::Aes128,
            24 => Self::Aes192,
            _ => Self::Aes256,
        }
    }
}

/// Initial key id of eight bytes and transaction counter of four.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct AesKsn {
    /// Base key id and derivation id.
    pub initial_key_id: [u8; 8],
    /// The transaction counter.
    pub counter: u32,
}

impl AesKsn {
    /// Twelve bytes; eight are an initial key id with counter 0, enough for the initial key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DukptError> {
        let wrong = DukptError::KsnLength {
            got: bytes.len(),
            expected: 12,
        };
        let (id, counter) = bytes.split_first_chunk::<8>().ok_or(wrong)?;
        let counter = match counter {
            [] => 0,
            _ => u32::from_be_bytes(counter.try_into().map_err(|_| wrong)?),
        };
        Ok(Self {
            initial_key_id: *id,
            counter,
        })
    }

    /// Twenty-four hex digits, or sixteen.
    pub fn from_hex(text: &str) -> Result<Self, DukptError> {
        Self::from_bytes(&hex::decode(text).map_err(|_| DukptError::KsnHex)?)
    }
}

const INITIAL_KEY: u16 = 0x8001;
const DERIVATION_KEY: u16 = 0x8000;

/// A key from the base key. The initial and intermediate keys have the base key's type, working
/// keys the type asked for.
pub fn derive(
    base: &AesKey,
    ksn: &AesKsn,
    key_use: KeyUse,
    working_type: AesKeyType,
) -> Result<AesKey, DukptError> {
    let initial = derive_one(base, INITIAL_KEY, AesKeyType::of(base), ksn.initial_key_id)?;
    derive_from_initial(&initial, ksn, key_use, working_type)
}

/// A key from the initial key: what a device does.
pub fn derive_from_initial(
    initial: &AesKey,
    ksn: &AesKsn,
    key_use: KeyUse,
    working_type: AesKeyType,
) -> Result<AesKey, DukptError> {
    let usage = match key_use {
        KeyUse::Initial => return Ok(initial.clone()),
        KeyUse::Transaction => return intermediate_key(initial, ksn),
        KeyUse::Pin => 0x1000,
        KeyUse::MacRequest => 0x2000,
        KeyUse::MacResponse => 0x2001,
        KeyUse::DataRequest => 0x3000,
        KeyUse::DataResponse => 0x3001,
    };
    let intermediate = intermediate_key(initial, ksn)?;
    derive_one(
        &intermediate,
        usage,
        working_type,
        context(ksn, ksn.counter),
    )
}

/// The key of this counter: its bits from the highest, each one a derivation.
fn intermediate_key(initial: &AesKey, ksn: &AesKsn) -> Result<AesKey, DukptError> {
    if ksn.counter == 0 || ksn.counter.count_ones() > BITS_MAX {
        return Err(DukptError::Counter);
    }
    let key_type = AesKeyType::of(initial);
    let mut working = 0;
    let mut key = initial.clone();
    for bit in (0..32).rev().map(|place| 1_u32 << place) {
        if ksn.counter & bit != 0 {
            working |= bit;
            key = derive_one(&key, DERIVATION_KEY, key_type, context(ksn, working))?;
        }
    }
    Ok(key)
}

/// The rightmost half of the initial key id, and a counter.
fn context(ksn: &AesKsn, counter: u32) -> [u8; 8] {
    let [_, _, _, _, a, b, c, d] = ksn.initial_key_id;
    let [e, f, g, h] = counter.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}

/// One derivation, X9.24-3 section 6.2 and 6.3: version 1, block counter, usage, algorithm, bits.
fn derive_one(
    key: &AesKey,
    usage: u16,
    key_type: AesKeyType,
    context: [u8; 8],
) -> Result<AesKey, DukptError> {
    let length = usize::from(key_type.bits() / 8);
    let mut derived = Zeroizing::new(Vec::with_capacity(32));
    for counter in 1..=2 {
        if derived.len() >= length {
            break;
        }
        let mut data = [0; 16];
        let head = [1, counter].into_iter();
        let words = [usage, key_type.code(), key_type.bits()].into_iter();
        let bytes = head.chain(words.flat_map(u16::to_be_bytes)).chain(context);
        for (place, byte) in data.iter_mut().zip(bytes) {
            *place = byte;
        }
        derived.extend_from_slice(&*Zeroizing::new(key.encrypt_block(data)));
    }
    derived.truncate(length);
    Ok(AesKey::from_bytes(&derived)?)
}
