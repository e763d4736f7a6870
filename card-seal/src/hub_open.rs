//! The hub's side: opens what readers sealed, each blob once.

use std::{collections::BTreeMap, fmt};

use hpke::{Deserializable, Kem, OpModeR, Serializable, setup_receiver};
use zeroize::Zeroizing;

use crate::{
    card::CardData,
    encoding::Reader,
    session::{
        CARD_VERSION, ENCAPSULATED_BYTES, Header, INFO, SessionKey, SuiteAead, SuiteKdf, SuiteKem,
    },
    wallet_code::{CODE_VERSION, WalletCode},
};

/// Connections remembered: 64 lanes, each with a few readers and reconnections. The one not used
/// for longest makes room; a blob of a forgotten connection could then be opened a second time,
/// which the payment id it is bound to keeps harmless.
const SESSIONS_MAX: usize = 512;
/// How far behind the highest counter a blob may come and still be opened.
const REPLAY_WINDOW: u64 = 64;

/// Why sealed card data wasn't opened. Says nothing about what was inside.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum OpenError {
    /// Not a sealed card of a known version.
    #[error("not sealed card data of a known version")]
    NotSealed,
    /// Sealed to another key, for another payment, or changed on the way.
    #[error("sealed card data doesn't open")]
    Refused,
    /// This blob, or one too old to tell, was opened before.
    #[error("sealed card data was opened before")]
    Replayed,
    /// Opened, but what was inside is no card.
    #[error("sealed card data holds no card")]
    NoCard,
}

/// The hub's X25519 key and the connections it has met. `Debug` shows no key.
pub struct HubOpen {
    private_key: <SuiteKem as Kem>::PrivateKey,
    public_key: [u8; 32],
    sessions: BTreeMap<[u8; ENCAPSULATED_BYTES], Session>,
    opened: u64,
}

impl HubOpen {
    /// Opens what is sealed to this X25519 private key; any 32 random bytes are one.
    ///
    /// # Errors
    /// [`OpenError::Refused`] if the bytes can't be a key; there are none such today.
    pub fn new(private_key: &[u8; 32]) -> Result<Self, OpenError> {
        let private_key = <SuiteKem as Kem>::PrivateKey::from_bytes(private_key)
            .map_err(|_| OpenError::Refused)?;
        let public_key = <SuiteKem as Kem>::sk_to_pk(&private_key).to_bytes().into();
        Ok(Self {
            private_key,
            public_key,
            sessions: BTreeMap::new(),
            opened: 0,
        })
    }

    /// The public key readers seal to.
    #[must_use]
    pub const fn public_key(&self) -> [u8; 32] {
        self.public_key
    }

    /// Opens one blob that was sealed with the same `aad`. A second time is refused, as long as
    /// the connection it came from is remembered.
    ///
    /// # Errors
    /// See [`OpenError`]. A blob that was refused leaves no trace and can't block the real one.
    pub fn open(&mut self, aad: &[u8], blob: &[u8]) -> Result<CardData, OpenError> {
        self.open_as(aad, blob, CARD_VERSION, CardData::read)
    }

    /// The same, of the code of a customer's wallet.
    ///
    /// # Errors
    /// See [`OpenError`].
    pub fn open_code(&mut self, aad: &[u8], blob: &[u8]) -> Result<WalletCode, OpenError> {
        self.open_as(aad, blob, CODE_VERSION, WalletCode::read)
    }

    fn open_as<T>(
        &mut self,
        aad: &[u8],
        blob: &[u8],
        version: u8,
        read: impl FnOnce(&mut Reader<'_>) -> Option<T>,
    ) -> Result<T, OpenError> {
        let (header, sealed) = Header::split(blob).ok_or(OpenError::NotSealed)?;
        let mut plain = Zeroizing::new(sealed.to_vec());
        let now = self.opened.saturating_add(1);
        match self.sessions.get_mut(&header.encapsulated) {
            Some(session) => session.open(&header, aad, &mut plain, now)?,
            None => self.open_first(&header, aad, &mut plain, now)?,
        }
        self.opened = now;
        let mut reader = Reader::new(&plain, version).ok_or(OpenError::NoCard)?;
        let opened = read(&mut reader).ok_or(OpenError::NoCard)?;
        if reader.is_finished() {
            Ok(opened)
        } else {
            Err(OpenError::NoCard)
        }
    }

    /// The first blob of a connection: remembered only when it opens, so that garbage can't push
    /// out the connections of real readers.
    fn open_first(
        &mut self,
        header: &Header,
        aad: &[u8],
        plain: &mut Vec<u8>,
        now: u64,
    ) -> Result<(), OpenError> {
        let mut session = Session::new(self.derive(header)?);
        session.open(header, aad, plain, now)?;
        if self.sessions.len() >= SESSIONS_MAX {
            self.forget_oldest();
        }
        self.sessions.insert(header.encapsulated, session);
        Ok(())
    }

    fn derive(&self, header: &Header) -> Result<SessionKey, OpenError> {
        let encapsulated = <SuiteKem as Kem>::EncappedKey::from_bytes(&header.encapsulated)
            .map_err(|_| OpenError::Refused)?;
        let context = setup_receiver::<SuiteAead, SuiteKdf, SuiteKem>(
            &OpModeR::Base,
            &self.private_key,
            &encapsulated,
            INFO,
        )
        .map_err(|_| OpenError::Refused)?;
        SessionKey::derive(|label, bytes| context.export(label, bytes))
            .map_err(|_| OpenError::Refused)
    }

    fn forget_oldest(&mut self) {
        let oldest = self
            .sessions
            .iter()
            .min_by_key(|(_, session)| session.last_used);
        if let Some(encapsulated) = oldest.map(|(encapsulated, _)| *encapsulated) {
            self.sessions.remove(&encapsulated);
        }
    }
}

impl fmt::Debug for HubOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubOpen")
            .field("sessions", &self.sessions.len())
            .finish_non_exhaustive()
    }
}

/// One reader connection: its key and which counters were seen.
struct Session {
    key: SessionKey,
    /// Highest counter seen, and a bit per counter below it, itself included as bit 0.
    highest: u64,
    seen: u64,
    last_used: u64,
}

impl Session {
    const fn new(key: SessionKey) -> Self {
        Self {
            key,
            highest: 0,
            seen: 0,
            last_used: 0,
        }
    }

    fn open(
        &mut self,
        header: &Header,
        aad: &[u8],
        plain: &mut Vec<u8>,
        now: u64,
    ) -> Result<(), OpenError> {
        if self.was_seen(header.counter) {
            return Err(OpenError::Replayed);
        }
        self.key
            .open(header, aad, plain)
            .map_err(|_| OpenError::Refused)?;
        self.mark_seen(header.counter);
        self.last_used = now;
        Ok(())
    }

    const fn was_seen(&self, counter: u64) -> bool {
        match self.highest.checked_sub(counter) {
            None => false,
            Some(behind) if behind >= REPLAY_WINDOW => true,
            Some(behind) => (self.seen >> behind) & 1 == 1,
        }
    }

    fn mark_seen(&mut self, counter: u64) {
        match self.highest.checked_sub(counter) {
            Some(behind) => self.seen |= bit(behind),
            None => {
                let ahead = counter.saturating_sub(self.highest);
                self.seen = shifted(self.seen, ahead) | 1;
                self.highest = counter;
            }
        }
    }
}

/// Bit `place`, or none beyond the window.
fn bit(place: u64) -> u64 {
    shifted(1, place)
}

fn shifted(bits: u64, places: u64) -> u64 {
    let places = u32::try_from(places).unwrap_or(u32::MAX);
    bits.checked_shl(places).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReaderSeal;

    fn card() -> CardData {
        CardData {
            pan: "6216261000000000018".into(),
            expiry: "3012".into(),
            card_sequence: None,
            track2: None,
            service_code: None,
            emv: Vec::new(),
            funding: crate::Funding::Debit,
        }
    }

    #[test]
    fn the_memory_of_connections_is_bounded_and_forgets_the_one_used_longest_ago() {
        let mut hub = HubOpen::new(&[7; 32]).unwrap();
        let mut fill = 0_u8;
        let mut reader = || {
            ReaderSeal::new(&hub.public_key(), |bytes: &mut [u8]| {
                for byte in bytes {
                    fill = fill.wrapping_mul(5).wrapping_add(1);
                    *byte = fill;
                }
            })
        };
        let mut kept = reader().unwrap();
        let others: Vec<_> = (0..SESSIONS_MAX)
            .map(|number| {
                let number = u32::try_from(number).unwrap();
                ReaderSeal::new(&hub.public_key(), move |bytes: &mut [u8]| {
                    bytes.fill(9);
                    bytes[..4].copy_from_slice(&number.to_be_bytes());
                })
                .unwrap()
            })
            .collect();
        let mut last_two = [Vec::new(), Vec::new()];
        for mut other in others {
            let blob = other.seal(b"p", &card()).unwrap();
            hub.open(b"p", &blob).unwrap();
            let again = kept.seal(b"k", &card()).unwrap();
            hub.open(b"k", &again).unwrap();
            last_two.rotate_left(1);
            last_two[1] = again;
        }
        assert_eq!(hub.sessions.len(), SESSIONS_MAX);
        for blob in &last_two {
            assert_eq!(hub.open(b"k", blob), Err(OpenError::Replayed));
        }
    }
}
