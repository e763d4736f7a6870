//! What reader and hub share per connection: the cipher suite, the key drawn from the HPKE exporter
//! secret, the nonce of a counter, the form of a sealed blob.

use aes_gcm::{
    Aes256Gcm, Nonce,
    aead::{AeadInOut, KeyInit},
};
use hpke::{aead::AesGcm256, kdf::HkdfSha256, kem::X25519HkdfSha256};
use zeroize::{Zeroize, Zeroizing};

/// AEAD, KDF and KEM of RFC 9180 used here.
pub(crate) type SuiteAead = AesGcm256;
pub(crate) type SuiteKdf = HkdfSha256;
pub(crate) type SuiteKem = X25519HkdfSha256;

/// Domain separation: a key made for another purpose opens nothing here.
pub(crate) const INFO: &[u8] = b"lanekeeper card data v1";
const KEY_LABEL: &[u8] = b"card data key";
const NONCE_LABEL: &[u8] = b"card data nonce";

/// Version of the blob's form: version ‖ encapsulated key 32 ‖ counter 8 ‖ ciphertext ‖ tag 16.
pub(crate) const BLOB_VERSION: u8 = 1;
/// Version of the card data inside.
pub(crate) const CARD_VERSION: u8 = 1;
pub(crate) const ENCAPSULATED_BYTES: usize = 32;
pub(crate) const HEADER_BYTES: usize = 1 + ENCAPSULATED_BYTES + 8;
pub(crate) const TAG_BYTES: usize = 16;

/// The cipher failed. Says nothing more on purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CipherFailed;

/// Key and base nonce of one connection. Never printed, wiped when dropped.
pub(crate) struct SessionKey {
    cipher: Aes256Gcm,
    base_nonce: [u8; 12],
}

impl SessionKey {
    /// Draws the key with `export`, which is `Context.Export` of either side (RFC 9180, 5.3).
    pub(crate) fn derive(
        export: impl Fn(&[u8], &mut [u8]) -> Result<(), hpke::HpkeError>,
    ) -> Result<Self, CipherFailed> {
        let mut key = Zeroizing::new([0_u8; 32]);
        let mut base_nonce = [0_u8; 12];
        export(KEY_LABEL, key.as_mut_slice()).map_err(|_| CipherFailed)?;
        export(NONCE_LABEL, &mut base_nonce).map_err(|_| CipherFailed)?;
        let cipher = Aes256Gcm::new_from_slice(key.as_slice()).map_err(|_| CipherFailed)?;
        Ok(Self { cipher, base_nonce })
    }

    /// Seals in place and appends the tag. A counter must be used once only.
    pub(crate) fn seal(
        &self,
        header: &Header,
        aad: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), CipherFailed> {
        let nonce = self.nonce(header.counter);
        self.cipher
            .encrypt_in_place(&nonce, &bound(header, aad), plain)
            .map_err(|_| CipherFailed)
    }

    /// Opens in place and cuts the tag.
    pub(crate) fn open(
        &self,
        header: &Header,
        aad: &[u8],
        sealed: &mut Vec<u8>,
    ) -> Result<(), CipherFailed> {
        let nonce = self.nonce(header.counter);
        self.cipher
            .decrypt_in_place(&nonce, &bound(header, aad), sealed)
            .map_err(|_| CipherFailed)
    }

    /// Base nonce XOR counter, as HPKE itself does with its hidden sequence (RFC 9180, 5.2).
    fn nonce(&self, counter: u64) -> Nonce<aes_gcm::aead::consts::U12> {
        let mut nonce = self.base_nonce;
        for (byte, other) in nonce
            .iter_mut()
            .rev()
            .zip(counter.to_be_bytes().iter().rev())
        {
            *byte ^= other;
        }
        nonce.into()
    }
}

impl Drop for SessionKey {
    fn drop(&mut self) {
        self.base_nonce.zeroize();
    }
}

/// The readable part of a blob; it is authenticated with the rest.
#[derive(Clone, Copy)]
pub(crate) struct Header {
    pub(crate) encapsulated: [u8; ENCAPSULATED_BYTES],
    pub(crate) counter: u64,
}

impl Header {
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.push(BLOB_VERSION);
        bytes.extend_from_slice(&self.encapsulated);
        bytes.extend_from_slice(&self.counter.to_be_bytes());
        bytes
    }

    /// Header and ciphertext of a blob; `None` for another version or too few bytes.
    pub(crate) fn split(blob: &[u8]) -> Option<(Self, &[u8])> {
        let (version, rest) = blob.split_first()?;
        let (encapsulated, rest) = rest.split_first_chunk()?;
        let (counter, sealed) = rest.split_first_chunk()?;
        let header = Self {
            encapsulated: *encapsulated,
            counter: u64::from_be_bytes(*counter),
        };
        (*version == BLOB_VERSION && sealed.len() >= TAG_BYTES).then_some((header, sealed))
    }
}

/// The header has a fixed length, so header ‖ aad is unambiguous.
fn bound(header: &Header, aad: &[u8]) -> Vec<u8> {
    let mut bound = header.to_bytes();
    bound.extend_from_slice(aad);
    bound
}
