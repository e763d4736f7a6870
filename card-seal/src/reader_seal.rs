//! The reader's side: seals card data to the hub.

use std::{convert::Infallible, fmt};

use hpke::{
    Deserializable, Kem, OpModeS, Serializable,
    rand_core::{TryCryptoRng, TryRng},
    setup_sender_with_rng,
};
use zeroize::Zeroizing;

use crate::{
    card::{BadCard, CardData},
    encoding::Writer,
    session::{
        CARD_VERSION, CipherFailed, HEADER_BYTES, Header, INFO, SessionKey, SuiteAead, SuiteKdf,
        SuiteKem, TAG_BYTES,
    },
    wallet_code::{CODE_VERSION, WalletCode},
};

/// Why card data wasn't sealed. Carries none of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SealError {
    /// A field is not what the field may be; the text names it.
    #[error(transparent)]
    BadCard(#[from] BadCard),
    /// The hub's public key is not one that can be sealed to.
    #[error("the hub's public key can't be used")]
    HubKey,
    /// Every counter of this connection is used up: make a new seal.
    #[error("the seal of this connection is used up")]
    Exhausted,
    /// The cipher refused; it doesn't, for data of this size.
    #[error("sealing failed")]
    Failed,
}

impl From<CipherFailed> for SealError {
    fn from(_: CipherFailed) -> Self {
        Self::Failed
    }
}

/// Seals the cards of one connection between a reader and the hub. `Debug` shows no key.
pub struct ReaderSeal {
    key: SessionKey,
    encapsulated: [u8; 32],
    counter: u64,
}

impl ReaderSeal {
    /// One key encapsulation to the hub's X25519 key. `random` fills a buffer with bytes nobody can
    /// guess; in simulation seeded ones.
    ///
    /// # Errors
    /// [`SealError::HubKey`] when the key is a point nothing can be sealed to.
    pub fn new(
        hub_public_key: &[u8; 32],
        random: impl FnMut(&mut [u8]),
    ) -> Result<Self, SealError> {
        let public = <SuiteKem as Kem>::PublicKey::from_bytes(hub_public_key)
            .map_err(|_| SealError::HubKey)?;
        let (encapsulated, context) = setup_sender_with_rng::<SuiteAead, SuiteKdf, SuiteKem>(
            &OpModeS::Base,
            &public,
            INFO,
            &mut CallerRandom(random),
        )
        .map_err(|_| SealError::HubKey)?;
        let key = SessionKey::derive(|label, bytes| context.export(label, bytes))?;
        Ok(Self {
            key,
            encapsulated: encapsulated.to_bytes().into(),
            counter: 0,
        })
    }

    /// Seals one card; only the same `aad` (the payment id) opens it again, and only once.
    ///
    /// # Errors
    /// [`SealError::BadCard`] for a field that isn't what it may be.
    pub fn seal(&mut self, aad: &[u8], card: &CardData) -> Result<Vec<u8>, SealError> {
        card.check()?;
        let mut writer = Writer::new(CARD_VERSION);
        card.write(&mut writer);
        self.seal_plain(aad, writer.finish())
    }

    /// Seals the code of a customer's wallet, under the same rules.
    ///
    /// # Errors
    /// This connection's numbers are used up.
    pub fn seal_code(&mut self, aad: &[u8], code: &WalletCode) -> Result<Vec<u8>, SealError> {
        let mut writer = Writer::new(CODE_VERSION);
        code.write(&mut writer);
        self.seal_plain(aad, writer.finish())
    }

    fn seal_plain(
        &mut self,
        aad: &[u8],
        mut plain: Zeroizing<Vec<u8>>,
    ) -> Result<Vec<u8>, SealError> {
        let header = Header {
            encapsulated: self.encapsulated,
            counter: self.counter,
        };
        self.counter = self.counter.checked_add(1).ok_or(SealError::Exhausted)?;
        self.key.seal(&header, aad, &mut plain)?;
        let mut blob = Vec::with_capacity(HEADER_BYTES.saturating_add(plain.len()));
        blob.extend_from_slice(&header.to_bytes());
        blob.extend_from_slice(&plain);
        debug_assert!(blob.len() > HEADER_BYTES.saturating_add(TAG_BYTES));
        Ok(blob)
    }
}

impl fmt::Debug for ReaderSeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaderSeal")
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

/// The caller's randomness in the form HPKE asks for.
struct CallerRandom<F>(F);

impl<F: FnMut(&mut [u8])> TryRng for CallerRandom<F> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(bytes);
        Ok(())
    }
}

impl<F: FnMut(&mut [u8])> TryCryptoRng for CallerRandom<F> {}

/// What card data is bound to that a lane keeps until the hub has it: never the same as for the
/// live request, so that neither blob can stand for the other.
#[must_use]
pub fn upload_aad(payment_id: &[u8]) -> Vec<u8> {
    let mut bound_to = payment_id.to_vec();
    bound_to.extend_from_slice(b"upload");
    bound_to
}
