//! Card data on its way to the bank: what may only live in memory, and what may lie at rest.
//!
//! Track data and PIN block live here, in memory, until the desk says they may be forgotten
//! (payments.md, rule 3). What a reversal or an advice will need lies sealed in the journal's side
//! table under the key of the business day, outside the hash chain. Nothing here is ever shown.

use std::{collections::BTreeMap, fmt, sync::Arc};

use card_seal::{CardData, DayKey, HeldCard, NONCE_BYTES, WalletCode, open_at_rest, seal_at_rest};
use domain::{ids::PaymentId, time::BusinessDate};
use journal::{Batch, Journal};
use ports::Random;
use zeroize::Zeroizing;

use crate::keys::{KeyStore, KeyStoreError};

/// Side table: sealed cards, and the salts of their day keys.
const CARD_PREFIX: &[u8] = b"card/";
pub(crate) const SALT_PREFIX: &[u8] = b"day-salt/";
/// Keyed state: which cards of which day are at rest, and which days have a salt.
const HELD_PREFIX: &[u8] = b"held/";
const DAY_PREFIX: &[u8] = b"card-day/";

/// A PIN block as the PIN pad made it, with the serial number of the key it is under.
#[derive(Clone)]
pub(crate) struct EncryptedPin {
    pub(crate) block: Zeroizing<Vec<u8>>,
    pub(crate) serial_number: Vec<u8>,
}

/// A card as a message to the bank needs it.
pub(crate) enum CardForMessage {
    /// A 0200: everything the reader gave.
    Live {
        card: CardData,
        pin: Option<EncryptedPin>,
    },
    /// The 0200 of a wallet: the customer's code.
    Code(WalletCode),
    /// A reversal, advice or void: what was held.
    Held(HeldCard),
    /// The items of a 0320, in their order; `None`: that card is gone.
    Numbers(Vec<Option<Zeroizing<String>>>),
    /// A message without a card, or a card that is gone.
    None,
}

impl fmt::Debug for CardForMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live { .. } => "Live",
            Self::Code(_) => "Code",
            Self::Held(_) => "Held",
            Self::Numbers(_) => "Numbers",
            Self::None => "None",
        })
    }
}

/// A key and a value of the keyed state.
type Pair = (Vec<u8>, Vec<u8>);

/// What only memory has of a payment.
enum LiveCard {
    Card {
        card: CardData,
        pin: Option<EncryptedPin>,
    },
    /// Pays once, and is never held.
    Code(WalletCode),
}

/// Why a card could not be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    /// It did not open.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The journal's side table can't be read.
    #[error("side table: {0}")]
    SideTable(String),
    /// A lane kept what may never be kept.
    #[error("a card kept by a lane holds track data")]
    TrackData,
    /// It could not be sealed.
    #[error("can't seal a card at rest: {0}")]
    Seal(String),
}

/// The cards of payments that are not over.
pub(crate) struct CardVault {
    keys: Arc<dyn KeyStore>,
    random: Arc<dyn Random>,
    journal: Journal,
    live: BTreeMap<PaymentId, LiveCard>,
    /// Cards at rest, each with its day.
    held: BTreeMap<PaymentId, BusinessDate>,
    salts: BTreeMap<BusinessDate, [u8; 32]>,
}

impl CardVault {
    /// Reads which cards are at rest.
    pub(crate) fn open(
        keys: Arc<dyn KeyStore>,
        random: Arc<dyn Random>,
        journal: Journal,
    ) -> Result<Self, VaultError> {
        let mut vault = Self {
            keys,
            random,
            journal,
            live: BTreeMap::new(),
            held: BTreeMap::new(),
            salts: BTreeMap::new(),
        };
        for (key, date) in vault.scan(HELD_PREFIX)? {
            let id = key.strip_prefix(HELD_PREFIX).unwrap_or_default();
            if let (Ok(id), Some(date)) = (id.try_into(), read_date(&date)) {
                vault.held.insert(PaymentId(u128::from_be_bytes(id)), date);
            }
        }
        for (key, _) in vault.scan(DAY_PREFIX)? {
            let date = key.strip_prefix(DAY_PREFIX).and_then(read_date);
            if let Some(date) = date {
                vault.load_salt(date)?;
            }
        }
        Ok(vault)
    }

    fn load_salt(&mut self, date: BusinessDate) -> Result<(), VaultError> {
        let salt = self.side(&salt_key(date))?;
        if let Some(salt) = salt.and_then(|salt| salt.try_into().ok()) {
            self.salts.insert(date, salt);
        }
        Ok(())
    }

    /// Opens what a reader sealed for this payment and keeps it in memory.
    pub(crate) fn take(
        &mut self,
        payment_id: PaymentId,
        sealed: &[u8],
        pin: Option<EncryptedPin>,
    ) -> Result<(), VaultError> {
        let card = self.keys.open_card(&payment_id.0.to_be_bytes(), sealed)?;
        self.live.insert(payment_id, LiveCard::Card { card, pin });
        Ok(())
    }

    /// Opens the code of a wallet that was sealed for this payment, and keeps it in memory.
    pub(crate) fn take_code(
        &mut self,
        payment_id: PaymentId,
        sealed: &[u8],
    ) -> Result<(), VaultError> {
        let code = self.keys.open_code(&payment_id.0.to_be_bytes(), sealed)?;
        self.live.insert(payment_id, LiveCard::Code(code));
        Ok(())
    }

    /// Opens what a lane kept for the upload of a payment it approved alone. It must hold no track
    /// data: it lay on a disk (rule 3).
    ///
    /// # Errors
    /// It does not open, or holds what it must not.
    pub(crate) fn take_upload(
        &mut self,
        payment_id: PaymentId,
        sealed: &[u8],
    ) -> Result<(), VaultError> {
        let bound_to = card_seal::upload_aad(&payment_id.0.to_be_bytes());
        let card = self.keys.open_card(&bound_to, sealed)?;
        if card.track2.is_some() {
            return Err(VaultError::TrackData);
        }
        let pin = None;
        self.live.insert(payment_id, LiveCard::Card { card, pin });
        Ok(())
    }

    /// Adds to the commit what must outlive this process: `Effect::HoldCard`.
    pub(crate) fn hold(
        &mut self,
        payment_id: PaymentId,
        date: BusinessDate,
        batch: &mut Batch,
    ) -> Result<(), VaultError> {
        let day_key = self.day_key_made(date, batch);
        let Some(LiveCard::Card { card, .. }) = self.live.get(&payment_id) else {
            return Ok(());
        };
        let mut nonce = [0; NONCE_BYTES];
        self.random.fill(&mut nonce);
        let held = HeldCard::from(card);
        let sealed = seal_at_rest(&day_key, &nonce, &payment_id.0.to_be_bytes(), &held)
            .map_err(|error| VaultError::Seal(error.to_string()))?;
        match self.held.contains_key(&payment_id) {
            true => {
                batch.put_side(card_key(payment_id), sealed);
                batch.put(held_key(payment_id), date.to_string());
            }
            false => {
                batch.put_side_new(card_key(payment_id), sealed);
                batch.put_new(held_key(payment_id), date.to_string());
            }
        }
        self.held.insert(payment_id, date);
        Ok(())
    }

    /// Adds to the commit that the card at rest may go: `Effect::EraseCard`.
    pub(crate) fn erase(&mut self, payment_id: PaymentId, batch: &mut Batch) {
        batch.delete_side(card_key(payment_id));
        batch.delete(held_key(payment_id));
        self.held.remove(&payment_id);
    }

    /// Track data and PIN block are forgotten: `Effect::ForgetSecrets`.
    pub(crate) fn forget(&mut self, payment_id: PaymentId) {
        self.live.remove(&payment_id);
    }

    /// The card for a 0200; only memory has it.
    pub(crate) fn for_sale(&self, payment_id: PaymentId) -> CardForMessage {
        match self.live.get(&payment_id) {
            Some(LiveCard::Card { card, pin }) => CardForMessage::Live {
                card: card.clone(),
                pin: pin.clone(),
            },
            Some(LiveCard::Code(code)) => CardForMessage::Code(code.clone()),
            None => CardForMessage::None,
        }
    }

    /// The card for a reversal, advice or void; the side table has it.
    pub(crate) fn for_forward(&self, payment_id: PaymentId) -> CardForMessage {
        match self.held(payment_id) {
            Ok(Some(card)) => CardForMessage::Held(card),
            Ok(None) => CardForMessage::None,
            Err(error) => {
                tracing::error!(event = "held card unreadable", %payment_id, %error);
                CardForMessage::None
            }
        }
    }

    /// The card numbers of a batch's items; the side table has them.
    pub(crate) fn for_upload(&self, ids: impl Iterator<Item = PaymentId>) -> CardForMessage {
        let number = |id| match self.held(id) {
            Ok(card) => card.map(|card| Zeroizing::new(card.pan.to_string())),
            Err(error) => {
                tracing::error!(event = "held card unreadable", payment_id = %id, %error);
                None
            }
        };
        CardForMessage::Numbers(ids.map(number).collect())
    }

    fn held(&self, payment_id: PaymentId) -> Result<Option<HeldCard>, VaultError> {
        let salt = self.held.get(&payment_id).and_then(|date| {
            let salt = self.salts.get(date)?;
            Some(self.keys.day_key(*date, salt))
        });
        let (Some(day_key), Some(sealed)) = (salt, self.side(&card_key(payment_id))?) else {
            return Ok(None);
        };
        open_at_rest(&day_key, &payment_id.0.to_be_bytes(), &sealed)
            .map(Some)
            .map_err(|error| VaultError::Seal(error.to_string()))
    }

    /// The day's key; a new day gets its salt in the commit at hand.
    fn day_key_made(&mut self, date: BusinessDate, batch: &mut Batch) -> DayKey {
        let random = &self.random;
        let salt = self.salts.entry(date).or_insert_with(|| {
            let mut salt = [0; 32];
            random.fill(&mut salt);
            batch.put_side(salt_key(date), salt);
            batch.put(day_key(date), b"");
            salt
        });
        self.keys.day_key(date, salt)
    }

    /// Destroys the keys of days before `date` of which no card is held any more: whatever copies
    /// of their cards a disk still has can't be opened again.
    pub(crate) fn destroy_past_days(&mut self, date: BusinessDate, batch: &mut Batch) {
        let over: Vec<BusinessDate> = self
            .salts
            .keys()
            .filter(|day| **day < date && !self.held.values().any(|held| held == *day))
            .copied()
            .collect();
        for day in over {
            batch.delete_side(salt_key(day));
            batch.delete(day_key(day));
            self.salts.remove(&day);
        }
    }

    fn side(&self, key: &[u8]) -> Result<Option<Vec<u8>>, VaultError> {
        self.journal
            .get_side(key)
            .map_err(|error| VaultError::SideTable(error.to_string()))
    }

    fn scan(&self, prefix: &[u8]) -> Result<Vec<Pair>, VaultError> {
        self.journal
            .scan(prefix)
            .map_err(|error| VaultError::SideTable(error.to_string()))
    }
}

impl fmt::Debug for CardVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardVault({} live)", self.live.len())
    }
}

fn card_key(payment_id: PaymentId) -> Vec<u8> {
    let mut key = CARD_PREFIX.to_vec();
    key.extend_from_slice(&payment_id.0.to_be_bytes());
    key
}

pub(crate) fn held_key(payment_id: PaymentId) -> Vec<u8> {
    let mut key = HELD_PREFIX.to_vec();
    key.extend_from_slice(&payment_id.0.to_be_bytes());
    key
}

fn salt_key(date: BusinessDate) -> Vec<u8> {
    dated(SALT_PREFIX, date)
}

pub(crate) fn day_key(date: BusinessDate) -> Vec<u8> {
    dated(DAY_PREFIX, date)
}

fn dated(prefix: &[u8], date: BusinessDate) -> Vec<u8> {
    let mut key = prefix.to_vec();
    key.extend_from_slice(date.to_string().as_bytes());
    key
}

/// The day of a salt's key.
pub(crate) fn day_of_salt(key: &[u8]) -> Option<BusinessDate> {
    key.strip_prefix(SALT_PREFIX).and_then(read_date)
}

fn read_date(text: &[u8]) -> Option<BusinessDate> {
    BusinessDate::parse(str::from_utf8(text).ok()?).ok()
}
