//! TR-31 / ANSI X9.143 key blocks: versions B (3DES) and D (AES), read only.
//!
//! The header is authenticated with the key, so that a PIN key can't pass for a MAC key.

use super::{AesKey, DesKey};
use crate::hex;
use aes::{Aes128, Aes192, Aes256};
use cipher::KeyInit;
use cmac::{Cmac, Mac};
use des::{TdesEde2, TdesEde3};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

const HEADER_LENGTH: usize = 16;

/// What a key block says of its key, ASCII as in the block.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct KeyBlockHeader {
    /// `B` or `D`.
    pub version: char,
    /// `P0` PIN, `M1` MAC, `B0` DUKPT base key, `K0` key-encrypting, …
    pub usage: String,
    /// `T` 3DES, `A` AES, …
    pub algorithm: char,
    /// `E` encrypt, `D` decrypt, `B` both, `G` generate, `V` verify, …
    pub mode: char,
    /// Two characters.
    pub key_version: String,
    /// `E`, `N` or `S`.
    pub exportability: char,
    /// Identifier and data of each optional block.
    pub optional: Vec<(String, String)>,
}

/// An opened key block.
pub struct KeyBlock {
    /// What the block says of the key.
    pub header: KeyBlockHeader,
    /// The key.
    pub key: Zeroizing<Vec<u8>>,
}

/// The header only.
impl std::fmt::Debug for KeyBlock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "KeyBlock({:?}, {} bytes)",
            self.header,
            self.key.len()
        )
    }
}

/// Why a key block can't be opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum KeyBlockError {
    /// The header is not printable ASCII of 16 characters, or its counts are none.
    #[error("key block header is malformed")]
    Header,
    /// A version other than B and D.
    #[error("key block version is neither B nor D")]
    Version,
    /// The header's length is not the block's.
    #[error("key block length is {actual}, header says {said}")]
    Length {
        /// Characters the header says.
        said: usize,
        /// Characters there are.
        actual: usize,
    },
    /// An optional block that doesn't end.
    #[error("optional block {0} is malformed")]
    Optional(usize),
    /// Key and MAC are not whole hex blocks.
    #[error("enciphered key is malformed")]
    Body,
    /// The protection key doesn't suit the version.
    #[error("protection key has the wrong length for this version")]
    ProtectionKey,
    /// The MAC is wrong: another key, or a changed block.
    #[error("key block is not authentic")]
    Mac,
    /// The key's length inside makes no sense.
    #[error("key length inside the block is wrong")]
    KeyLength,
}

impl KeyBlock {
    /// Opens a block under its protection key: 16 or 24 bytes for B, 16, 24 or 32 for D.
    pub fn unwrap(protection: &[u8], block: &str) -> Result<Self, KeyBlockError> {
        let (header, header_length) = read_header(block)?;
        let body = block.get(header_length..).ok_or(KeyBlockError::Header)?;
        let body = Zeroizing::new(hex::decode(body).map_err(|_| KeyBlockError::Body)?);
        let scheme = match header.version {
            'B' => Scheme::Tdes(derive_tdes(protection)?),
            'D' => Scheme::Aes(derive_aes(protection)?),
            _ => return Err(KeyBlockError::Version),
        };
        let size = scheme.block_size();
        let cut = body.len().checked_sub(size).ok_or(KeyBlockError::Body)?;
        let (enciphered, mac) = body.split_at_checked(cut).ok_or(KeyBlockError::Body)?;
        if enciphered.is_empty() || enciphered.len() % size != 0 {
            return Err(KeyBlockError::Body);
        }
        let clear = scheme.decipher(enciphered, mac);
        let text = block.get(..header_length).ok_or(KeyBlockError::Header)?;
        let mut authenticated = Zeroizing::new(text.as_bytes().to_vec());
        authenticated.extend_from_slice(&clear);
        let expected = scheme.mac(&authenticated)?;
        if !bool::from(expected.ct_eq(mac)) {
            return Err(KeyBlockError::Mac);
        }
        Ok(Self {
            header,
            key: key_inside(&clear)?,
        })
    }
}

fn key_inside(clear: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyBlockError> {
    let (length, rest) = clear
        .split_first_chunk::<2>()
        .ok_or(KeyBlockError::KeyLength)?;
    let bits = usize::from(u16::from_be_bytes(*length));
    let key = rest
        .get(..bits / 8)
        .filter(|key| bits % 8 == 0 && !key.is_empty());
    key.map(|key| Zeroizing::new(key.to_vec()))
        .ok_or(KeyBlockError::KeyLength)
}

/// The header and where it ends, optional blocks included.
fn read_header(block: &str) -> Result<(KeyBlockHeader, usize), KeyBlockError> {
    if !block.bytes().all(|byte| matches!(byte, 0x20..=0x7E)) {
        return Err(KeyBlockError::Header);
    }
    let text = |range: std::ops::Range<usize>| block.get(range).ok_or(KeyBlockError::Header);
    let character = |place: usize| {
        text(place..place + 1)?
            .chars()
            .next()
            .ok_or(KeyBlockError::Header)
    };
    let number = |range| {
        text(range)?
            .parse::<usize>()
            .map_err(|_| KeyBlockError::Header)
    };
    let said = number(1..5)?;
    if said != block.len() {
        return Err(KeyBlockError::Length {
            said,
            actual: block.len(),
        });
    }
    let count = number(12..14)?;
    text(14..HEADER_LENGTH)?;
    let mut at = HEADER_LENGTH;
    let mut optional = Vec::new();
    for index in 0..count {
        let (entry, length) = optional_block(block, at).ok_or(KeyBlockError::Optional(index))?;
        optional.push(entry);
        at += length;
    }
    let header = KeyBlockHeader {
        version: character(0)?,
        usage: text(5..7)?.to_owned(),
        algorithm: character(7)?,
        mode: character(8)?,
        key_version: text(9..11)?.to_owned(),
        exportability: character(11)?,
        optional,
    };
    Ok((header, at))
}

/// Identifier 2, length 2 hex (`00`: two more hex digits say how long the length is), data.
fn optional_block(block: &str, at: usize) -> Option<((String, String), usize)> {
    let id = block.get(at..at + 2)?;
    let short = usize::from_str_radix(block.get(at + 2..at + 4)?, 16).ok()?;
    let (length, data_at) = if short == 0 {
        let digits = usize::from_str_radix(block.get(at + 4..at + 6)?, 16).ok()?;
        let end = (at + 6).checked_add(digits)?;
        (
            usize::from_str_radix(block.get(at + 6..end)?, 16).ok()?,
            end,
        )
    } else {
        (short, at + 4)
    };
    let data = block.get(data_at..at.checked_add(length)?)?;
    Some(((id.to_owned(), data.to_owned()), length))
}

/// The two keys derived from the protection key.
enum Scheme {
    Tdes((DesKey, DesKey)),
    Aes((AesKey, AesKey)),
}

impl Scheme {
    fn block_size(&self) -> usize {
        match self {
            Self::Tdes(_) => 8,
            Self::Aes(_) => 16,
        }
    }

    /// CBC with the MAC as initialisation vector.
    fn decipher(&self, enciphered: &[u8], mac: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut clear = Zeroizing::new(Vec::with_capacity(enciphered.len()));
        let mut previous = mac;
        for block in enciphered.chunks_exact(self.block_size()) {
            let plain = match self {
                Self::Tdes((key, _)) => key
                    .decrypt_block(block.try_into().unwrap_or_default())
                    .to_vec(),
                Self::Aes((key, _)) => key
                    .decrypt_block(block.try_into().unwrap_or_default())
                    .to_vec(),
            };
            clear.extend(plain.iter().zip(previous).map(|(byte, other)| byte ^ other));
            previous = block;
        }
        clear
    }

    fn mac(&self, data: &[u8]) -> Result<Vec<u8>, KeyBlockError> {
        match self {
            Self::Tdes((_, key)) => cmac_tdes(key.bytes(), data),
            Self::Aes((_, key)) => cmac_aes(key.bytes(), data),
        }
    }
}

fn cmac_with<C: Mac + KeyInit>(key: &[u8], data: &[u8]) -> Result<Vec<u8>, KeyBlockError> {
    let mut mac = <C as KeyInit>::new_from_slice(key).map_err(|_| KeyBlockError::ProtectionKey)?;
    mac.update(data);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn cmac_tdes(key: &[u8], data: &[u8]) -> Result<Vec<u8>, KeyBlockError> {
    match key.len() {
        16 => cmac_with::<Cmac<TdesEde2>>(key, data),
        24 => cmac_with::<Cmac<TdesEde3>>(key, data),
        _ => Err(KeyBlockError::ProtectionKey),
    }
}

fn cmac_aes(key: &[u8], data: &[u8]) -> Result<Vec<u8>, KeyBlockError> {
    match key.len() {
        16 => cmac_with::<Cmac<Aes128>>(key, data),
        24 => cmac_with::<Cmac<Aes192>>(key, data),
        32 => cmac_with::<Cmac<Aes256>>(key, data),
        _ => Err(KeyBlockError::ProtectionKey),
    }
}

/// Derivation data: counter 1, usage 2, separator 0, algorithm 2, bits 2.
fn derivation_data(counter: u8, usage: u8, algorithm: u8, bits: u16) -> [u8; 8] {
    let [high, low] = bits.to_be_bytes();
    [counter, 0, usage, 0, 0, algorithm, high, low]
}

/// Enciphering key (usage 0) and MAC key (usage 1).
fn derive_tdes(protection: &[u8]) -> Result<(DesKey, DesKey), KeyBlockError> {
    let (blocks, algorithm, bits) = match protection.len() {
        16 => (2, 0, 128),
        24 => (3, 1, 192),
        _ => return Err(KeyBlockError::ProtectionKey),
    };
    let derive = |usage| {
        let mut bytes = Zeroizing::new(Vec::with_capacity(24));
        for counter in 1..=blocks {
            let data = derivation_data(counter, usage, algorithm, bits);
            bytes.extend(cmac_tdes(protection, &data)?);
        }
        DesKey::from_bytes(&bytes).map_err(|_| KeyBlockError::ProtectionKey)
    };
    Ok((derive(0)?, derive(1)?))
}

fn derive_aes(protection: &[u8]) -> Result<(AesKey, AesKey), KeyBlockError> {
    let (blocks, algorithm, bits) = match protection.len() {
        16 => (1, 2, 128),
        24 => (2, 3, 192),
        32 => (2, 4, 256),
        _ => return Err(KeyBlockError::ProtectionKey),
    };
    let derive = |usage| {
        let mut bytes = Zeroizing::new(Vec::with_capacity(32));
        for counter in 1..=blocks {
            let data = derivation_data(counter, usage, algorithm, bits);
            bytes.extend(cmac_aes(protection, &data)?);
        }
        bytes.truncate(protection.len());
        AesKey::from_bytes(&bytes).map_err(|_| KeyBlockError::ProtectionKey)
    };
    Ok((derive(0)?, derive(1)?))
}
