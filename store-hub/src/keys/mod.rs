//! The key-store port: whatever needs a key happens inside it, and no key comes out.
//!
//! Terminal master keys, working keys, the DUKPT base key, the key card data is sealed to, the key
//! of the card hash. The software key store is for tests and simulation; an HSM is the other form.
//! A key store must never show a key in an error, a log or a `Debug` (I16).

mod file;
mod software;

use card_seal::{CardData, DayKey, WalletCode};
use domain::{ids::Tid, payment::MacCheck, time::BusinessDate};
use iso8583::{codec::Decoded, dialect::Dialect, message::Message};

pub use file::KeyFile;
pub use software::SoftwareKeys;

/// Why the key store did not do what was asked. Carries no key and no card.
#[derive(Debug, thiserror::Error)]
pub enum KeyStoreError {
    /// No terminal master key for this TID.
    #[error("no terminal master key for {0}")]
    NoMasterKey(Tid),
    /// The terminal has not signed on.
    #[error("no working keys for {0}")]
    NoWorkingKeys(Tid),
    /// Field 62 of a sign-on answer was refused: length or check value.
    #[error("working keys refused: {0}")]
    WorkingKeys(String),
    /// The PIN block or its key serial number was refused.
    #[error("pin block refused: {0}")]
    PinBlock(String),
    /// The sealed card did not open.
    #[error("sealed card refused: {0}")]
    Card(String),
    /// The message could not be encoded; names field and reason.
    #[error("message refused: {0}")]
    Message(String),
}

/// Where keys live.
pub trait KeyStore: Send + Sync + 'static {
    /// True when keys lie in a file or in memory: not for production money.
    fn is_software(&self) -> bool;

    /// Takes the working keys of a sign-on answer (field 62, under the terminal master key).
    ///
    /// # Errors
    /// No master key, or a wrong length or check value; the keys before stay in force.
    fn accept_working_keys(&self, tid: &Tid, field_62: &[u8]) -> Result<(), KeyStoreError>;

    /// Whether the terminal holds working keys.
    fn has_working_keys(&self, tid: &Tid) -> bool;

    /// Encodes a message, with its MAC where the dialect wants one, prefix included.
    ///
    /// # Errors
    /// No working keys, or a field that can't be encoded.
    fn encode(
        &self,
        tid: &Tid,
        dialect: &Dialect,
        message: &Message,
        frame: &mut Vec<u8>,
    ) -> Result<(), KeyStoreError>;

    /// What the MAC of an answer is worth.
    fn check_mac(&self, tid: &Tid, answer: &Decoded<'_>) -> MacCheck;

    /// Translates an ISO 9564 format 0 block under DUKPT into one under the terminal's PIN key
    /// (field 52).
    ///
    /// # Errors
    /// No working keys, a KSN that is not 10 bytes, or a block that is none.
    fn translate_pin(
        &self,
        tid: &Tid,
        pan: &str,
        block: &[u8],
        serial_number: &[u8],
    ) -> Result<[u8; 8], KeyStoreError>;

    /// Opens card data a reader sealed for this payment.
    ///
    /// # Errors
    /// Sealed to another key or for another payment, changed, or opened before.
    fn open_card(&self, payment_id: &[u8], blob: &[u8]) -> Result<CardData, KeyStoreError>;

    /// Opens the code of a wallet that was sealed for this payment.
    ///
    /// # Errors
    /// As `open_card`.
    fn open_code(&self, payment_id: &[u8], blob: &[u8]) -> Result<WalletCode, KeyStoreError>;

    /// The X25519 public key readers seal to.
    fn card_sealing_key(&self) -> [u8; 32];

    /// The key of the card hash, for lanes to hold in memory.
    fn card_hash_key(&self) -> [u8; 32];

    /// The key that seals cards of a business day at rest. It needs the day's salt: with the salt
    /// gone, the day's cards are gone.
    fn day_key(&self, date: BusinessDate, salt: &[u8; 32]) -> DayKey;
}
