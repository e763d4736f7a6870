//! Derived unique key per transaction: 3DES (ANSI X9.24-1) here, AES (X9.24-3) in [`aes`].

pub mod aes;
mod ksn;
mod tdes;

pub use ksn::Ksn;
pub use tdes::{derive, derive_from_initial};

use crate::keys::KeyError;
use thiserror::Error;

/// Which key is wanted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum KeyUse {
    /// The device's first key, from base key and key serial number without counter.
    Initial,
    /// The key of this counter, from which the others are made. For AES the intermediate key.
    Transaction,
    /// Enciphers PIN blocks.
    Pin,
    /// Authenticates requests. For AES: MAC generation.
    MacRequest,
    /// Authenticates answers. For AES: MAC verification.
    MacResponse,
    /// Enciphers data in requests. For AES: data encryption, encrypt.
    DataRequest,
    /// Enciphers data in answers. For AES: data encryption, decrypt.
    DataResponse,
}

/// Why no key can be derived.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum DukptError {
    /// A key serial number of another length.
    #[error("key serial number of {got} bytes, must be {expected}")]
    KsnLength {
        /// Bytes there are.
        got: usize,
        /// Bytes there must be.
        expected: usize,
    },
    /// Not hex.
    #[error("key serial number is not hex")]
    KsnHex,
    /// A counter too large, or one that is never used: for 3DES more than ten bits set, for AES
    /// more than sixteen.
    #[error("transaction counter is not one that a device uses")]
    Counter,
    /// The base or initial key has the wrong length.
    #[error("3des dukpt keys have 16 bytes, got {0}")]
    KeyLength(usize),
    /// A derived key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}
