//! Keys in memory, read from a file: for tests and simulation.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use card_seal::{CardData, DayKey, HubOpen, WalletCode};
use domain::{ids::Tid, payment::MacCheck, time::BusinessDate};
use hmac::{Hmac, KeyInit, Mac};
use iso8583::{
    card::Pan,
    codec::{self, Decoded, MacFault},
    dialect::Dialect,
    dukpt::{self, KeyUse, Ksn},
    keys::{DesKey, WorkingKeys},
    message::Message,
    pin_block,
};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyFile, KeyStore, KeyStoreError};

/// Keys in memory. `Debug` shows none.
pub struct SoftwareKeys {
    master: BTreeMap<Tid, DesKey>,
    working: Mutex<BTreeMap<Tid, WorkingKeys>>,
    pin_base: DesKey,
    cards: Mutex<HubOpen>,
    card_sealing: Zeroizing<[u8; 32]>,
    card_sealing_public: [u8; 32],
    card_hash: Zeroizing<[u8; 32]>,
}

impl SoftwareKeys {
    /// Takes the keys of a file.
    ///
    /// # Errors
    /// A card sealing key that is none.
    pub fn new(file: KeyFile) -> Result<Self, KeyStoreError> {
        let cards = HubOpen::new(&file.card_sealing)
            .map_err(|error| KeyStoreError::Card(error.to_string()))?;
        Ok(Self {
            master: file.terminals.into_iter().collect(),
            working: Mutex::default(),
            pin_base: file.pin_base,
            card_sealing_public: cards.public_key(),
            cards: Mutex::new(cards),
            card_sealing: file.card_sealing,
            card_hash: file.card_hash,
        })
    }

    /// TIDs that have a master key.
    pub fn terminals(&self) -> impl Iterator<Item = &Tid> {
        self.master.keys()
    }

    fn working(&self) -> MutexGuard<'_, BTreeMap<Tid, WorkingKeys>> {
        self.working.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for SoftwareKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SoftwareKeys({} terminals)", self.master.len())
    }
}

impl KeyStore for SoftwareKeys {
    fn is_software(&self) -> bool {
        true
    }

    fn accept_working_keys(&self, tid: &Tid, field_62: &[u8]) -> Result<(), KeyStoreError> {
        let master = self
            .master
            .get(tid)
            .ok_or_else(|| KeyStoreError::NoMasterKey(tid.clone()))?;
        let keys = WorkingKeys::unwrap(master, field_62)
            .map_err(|error| KeyStoreError::WorkingKeys(error.to_string()))?;
        self.working().insert(tid.clone(), keys);
        Ok(())
    }

    fn has_working_keys(&self, tid: &Tid) -> bool {
        self.working().contains_key(tid)
    }

    fn encode(
        &self,
        tid: &Tid,
        dialect: &Dialect,
        message: &Message,
        frame: &mut Vec<u8>,
    ) -> Result<(), KeyStoreError> {
        let working = self.working();
        let key = working.get(tid).map(|keys| &keys.mac);
        if key.is_none() && dialect.takes_mac(message.mti()) {
            return Err(KeyStoreError::NoWorkingKeys(tid.clone()));
        }
        codec::encode(dialect, message, key, frame)
            .map_err(|error| KeyStoreError::Message(error.to_string()))
    }

    fn check_mac(&self, tid: &Tid, answer: &Decoded<'_>) -> MacCheck {
        let working = self.working();
        let Some(keys) = working.get(tid) else {
            return MacCheck::Bad;
        };
        match answer.verify_mac(&keys.mac) {
            Ok(()) => MacCheck::Good,
            Err(MacFault::Missing) => MacCheck::Missing,
            Err(_) => MacCheck::Bad,
        }
    }

    fn translate_pin(
        &self,
        tid: &Tid,
        pan: &str,
        block: &[u8],
        serial_number: &[u8],
    ) -> Result<[u8; 8], KeyStoreError> {
        let refused = |what: &str| KeyStoreError::PinBlock(what.to_owned());
        let block: [u8; 8] = block.try_into().map_err(|_| refused("not 8 bytes"))?;
        let ksn = base16ct::upper::encode_string(serial_number);
        let ksn = Ksn::from_hex(&ksn).map_err(|error| refused(&error.to_string()))?;
        let pan = Pan::new(pan).map_err(|_| refused("no card number"))?;
        let from = dukpt::derive(&self.pin_base, &ksn, KeyUse::Pin)
            .map_err(|error| refused(&error.to_string()))?;
        let working = self.working();
        let keys = working
            .get(tid)
            .ok_or_else(|| KeyStoreError::NoWorkingKeys(tid.clone()))?;
        pin_block::translate(&block, &from, &keys.pin, &pan)
            .map_err(|error| refused(&error.to_string()))
    }

    fn open_card(&self, payment_id: &[u8], blob: &[u8]) -> Result<CardData, KeyStoreError> {
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        cards
            .open(payment_id, blob)
            .map_err(|error| KeyStoreError::Card(error.to_string()))
    }

    fn open_code(&self, payment_id: &[u8], blob: &[u8]) -> Result<WalletCode, KeyStoreError> {
        let mut cards = self.cards.lock().unwrap_or_else(PoisonError::into_inner);
        cards
            .open_code(payment_id, blob)
            .map_err(|error| KeyStoreError::Card(error.to_string()))
    }

    fn card_sealing_key(&self) -> [u8; 32] {
        self.card_sealing_public
    }

    fn card_hash_key(&self) -> [u8; 32] {
        *self.card_hash
    }

    fn day_key(&self, date: BusinessDate, salt: &[u8; 32]) -> DayKey {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.card_sealing.as_slice()) else {
            // HMAC takes a key of any length.
            std::process::abort();
        };
        mac.update(b"lanekeeper day key v1 ");
        mac.update(date.to_string().as_bytes());
        mac.update(salt);
        DayKey::new(mac.finalize().into_bytes().into())
    }
}
