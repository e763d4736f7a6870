//! Card data the hub keeps until the bank has it: sealed under the key of the business day, outside
//! the hash chain. Destroying that key erases every card of the day at once.

use std::fmt;

use aes_gcm::{
    Aes256Gcm,
    aead::{AeadInOut, KeyInit},
};
use zeroize::Zeroizing;

use crate::{
    card::{BadCard, HeldCard},
    encoding::{Reader, Writer},
};

/// Length of a nonce, in bytes. Random ones are safe for 2^32 cards under one key (NIST SP
/// 800-38D, 8.3).
pub const NONCE_BYTES: usize = 12;
/// Version of the blob's form: version ‖ nonce 12 ‖ ciphertext ‖ tag 16.
const BLOB_VERSION: u8 = 1;
const CARD_VERSION: u8 = 1;

/// Why a card at rest wasn't sealed or opened. Carries none of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AtRestError {
    /// A field is not what the field may be; the text names it.
    #[error(transparent)]
    BadCard(#[from] BadCard),
    /// Not a card at rest of a known version.
    #[error("not a card at rest of a known version")]
    NotSealed,
    /// Under another day's key, for another payment, or changed.
    #[error("card at rest doesn't open")]
    Refused,
    /// Opened, but what was inside is no card.
    #[error("card at rest holds no card")]
    NoCard,
}

/// The key of one business day. Wiped from memory when dropped, shown by no `Debug`.
#[derive(Clone)]
pub struct DayKey(Zeroizing<[u8; 32]>);

impl DayKey {
    /// Takes 32 random bytes.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    fn cipher(&self) -> Result<Aes256Gcm, AtRestError> {
        Aes256Gcm::new_from_slice(self.0.as_slice()).map_err(|_| AtRestError::Refused)
    }
}

impl fmt::Debug for DayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DayKey")
    }
}

/// Seals a card under the day's key; only the same `aad` (the payment id) opens it again. The nonce
/// must be random and used once.
///
/// # Errors
/// [`AtRestError::BadCard`] for a field that isn't what it may be.
pub fn seal_at_rest(
    key: &DayKey,
    nonce: &[u8; NONCE_BYTES],
    aad: &[u8],
    card: &HeldCard,
) -> Result<Vec<u8>, AtRestError> {
    card.check()?;
    let mut writer = Writer::new(CARD_VERSION);
    card.write(&mut writer);
    let mut plain = writer.finish();
    key.cipher()?
        .encrypt_in_place(&(*nonce).into(), &bound(aad), &mut *plain)
        .map_err(|_| AtRestError::Refused)?;
    let mut blob = vec![BLOB_VERSION];
    blob.extend_from_slice(nonce);
    blob.extend_from_slice(&plain);
    Ok(blob)
}

/// Opens a card sealed with [`seal_at_rest`] under the same key and `aad`.
///
/// # Errors
/// See [`AtRestError`].
pub fn open_at_rest(key: &DayKey, aad: &[u8], blob: &[u8]) -> Result<HeldCard, AtRestError> {
    let (nonce, sealed) = split(blob).ok_or(AtRestError::NotSealed)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    key.cipher()?
        .decrypt_in_place(&(*nonce).into(), &bound(aad), &mut *plain)
        .map_err(|_| AtRestError::Refused)?;
    let mut reader = Reader::new(&plain, CARD_VERSION).ok_or(AtRestError::NoCard)?;
    let card = HeldCard::read(&mut reader).ok_or(AtRestError::NoCard)?;
    if reader.is_finished() {
        Ok(card)
    } else {
        Err(AtRestError::NoCard)
    }
}

fn split(blob: &[u8]) -> Option<(&[u8; NONCE_BYTES], &[u8])> {
    let (version, rest) = blob.split_first()?;
    (*version == BLOB_VERSION).then_some(())?;
    rest.split_first_chunk()
}

/// The label keeps a blob of the reader's side from ever opening here.
fn bound(aad: &[u8]) -> Vec<u8> {
    let mut bound = b"lanekeeper card at rest v1".to_vec();
    bound.extend_from_slice(aad);
    bound
}
