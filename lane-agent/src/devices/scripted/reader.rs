//! The scripted card reader. Here and nowhere else on a lane a card number is in clear, from the
//! moment the customer presents the card until it is sealed to the hub.

use std::sync::Arc;

use bytes::Bytes;
use card_seal::{CardData, ReaderSeal, SealError};
use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    money::Money,
    sale::civil_date,
    time::LocalMs,
};
use futures::future::LocalBoxFuture;
use iso8583::card::{self, Pan};
use ports::Random;
use tokio::sync::watch;

use super::{
    chip::{self, Cryptogram},
    pin_pad::ScriptedPinPad,
    script::{CardOnScript, Entry, FundingOnScript},
};
use crate::devices::{
    CardReader, Device, DeviceClass, DeviceError, DeviceState, EncryptedPin, HubKeys, ReadOrder,
    SealedRead,
};

pub(super) struct ScriptedReader {
    held_card: watch::Receiver<Option<CardOnScript>>,
    pin_pad: Option<ScriptedPinPad>,
    random: Arc<dyn Random>,
    wall: Arc<dyn Fn() -> LocalMs + Send + Sync>,
    /// One key encapsulation a session with the hub; a counter for each card after it.
    seal: Option<(u64, ReaderSeal)>,
    state: DeviceState,
}

impl ScriptedReader {
    pub(super) fn new(
        held_card: watch::Receiver<Option<CardOnScript>>,
        pin_pad: Option<ScriptedPinPad>,
        random: Arc<dyn Random>,
        wall: Arc<dyn Fn() -> LocalMs + Send + Sync>,
    ) -> Self {
        Self {
            held_card,
            pin_pad,
            random,
            wall,
            seal: None,
            state: DeviceState::Closed,
        }
    }

    async fn read_card(&mut self, order: ReadOrder) -> Result<SealedRead, DeviceError> {
        let held = self.held_card.wait_for(Option::is_some).await;
        let card = held.map_err(|_| fault("no card comes any more"))?.clone();
        let card = card.ok_or_else(|| fault("the card was taken back"))?;
        let pan = Pan::new(&card.pan).map_err(|_| fault("the card's number is not valid"))?;
        let pin = self.enter_pin(&card, &pan)?;
        let entry_mode = entry_mode(card.entry);
        let data = self.card_data(&card, entry_mode, order.amount, Cryptogram::Request);
        let payment_id = order.payment_id.0.to_be_bytes();
        let sealed_card = self
            .seal(&order.keys)
            .and_then(|seal| seal.seal(&payment_id, &data))
            .map_err(fault)?;
        let sealed_for_upload = self.seal_for_upload(&card, entry_mode, &order)?;
        Ok(SealedRead {
            card: card_ref(&card, &pan, &order.keys)?,
            entry_mode,
            sealed_card: Bytes::from(sealed_card),
            sealed_for_upload,
            pin,
        })
    }

    fn enter_pin(
        &mut self,
        card: &CardOnScript,
        pan: &Pan,
    ) -> Result<Option<EncryptedPin>, DeviceError> {
        match (&card.pin, &mut self.pin_pad) {
            (Some(pin), Some(pin_pad)) => pin_pad.enter(pin, pan).map(Some),
            (Some(_), None) => Err(fault("the card wants a PIN and there is no PIN pad")),
            (None, _) => Ok(None),
        }
    }

    /// What may lie on the lane's disk until the hub has it: no track data, no PIN (rule 3), and
    /// the certificate of the second cryptogram.
    fn seal_for_upload(
        &mut self,
        card: &CardOnScript,
        entry_mode: EntryMode,
        order: &ReadOrder,
    ) -> Result<Bytes, DeviceError> {
        let mut data = self.card_data(card, entry_mode, order.amount, Cryptogram::Certificate);
        data.track2 = None;
        data.service_code = None;
        let bound_to = card_seal::upload_aad(&order.payment_id.0.to_be_bytes());
        let sealed = self.seal(&order.keys).map_err(fault)?;
        let sealed = sealed.seal(&bound_to, &data).map_err(fault)?;
        Ok(Bytes::from(sealed))
    }

    fn card_data(
        &self,
        card: &CardOnScript,
        entry_mode: EntryMode,
        amount: Money,
        cryptogram: Cryptogram,
    ) -> CardData {
        let date = civil_date((self.wall)());
        let sequence = card.card_sequence.as_deref();
        CardData {
            pan: card.pan.to_string(),
            expiry: card.expiry.clone(),
            card_sequence: card.card_sequence.clone(),
            track2: track2(card),
            service_code: card.service_code.clone(),
            emv: chip::field_55(
                entry_mode,
                cryptogram,
                amount,
                sequence,
                date,
                self.random.as_ref(),
            ),
            funding: sealed_funding(card.funding),
        }
    }

    fn seal(&mut self, keys: &HubKeys) -> Result<&mut ReaderSeal, SealError> {
        let fresh = self
            .seal
            .take()
            .filter(|(session, _)| *session == keys.session);
        let seal = match fresh {
            Some((_, seal)) => seal,
            None => ReaderSeal::new(&keys.sealing_key, |bytes| self.random.fill(bytes))?,
        };
        Ok(&mut self.seal.insert((keys.session, seal)).1)
    }
}

impl Device for ScriptedReader {
    fn class(&self) -> DeviceClass {
        DeviceClass::SmartCardRw
    }

    fn state(&self) -> DeviceState {
        self.state
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        self.state = DeviceState::Idle;
        Ok(())
    }

    fn release(&mut self) {
        self.state = DeviceState::Closed;
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        Ok(())
    }
}

impl CardReader for ScriptedReader {
    fn read(&mut self, order: ReadOrder) -> LocalBoxFuture<'_, Result<SealedRead, DeviceError>> {
        Box::pin(async move {
            self.state = DeviceState::Busy;
            let read = self.read_card(order).await;
            self.state = DeviceState::Idle;
            read
        })
    }
}

fn card_ref(card: &CardOnScript, pan: &Pan, keys: &HubKeys) -> Result<CardRef, DeviceError> {
    let masked = MaskedPan::new(&card_seal::masked_pan(&card.pan))
        .map_err(|_| fault("the card's number is too short"))?;
    let hash = keys
        .card_hash_key
        .as_ref()
        .map(|key| CardHash(card_seal::card_hash(key, &card.pan)));
    Ok(CardRef {
        masked,
        hash,
        scheme: scheme(pan),
        funding: funding(card.funding),
    })
}

/// Track 2 as the stripe holds it, or as the chip's equivalent: PAN, expiry, service code, filler.
fn track2(card: &CardOnScript) -> Option<String> {
    match card.entry {
        Entry::Keyed => None,
        Entry::Chip | Entry::Contactless | Entry::Stripe => {
            let service_code = card.service_code.as_deref().unwrap_or("101");
            let track = format!("{}D{}{service_code}", *card.pan, card.expiry);
            Some(format!("{track}00000"))
        }
    }
}

const fn entry_mode(entry: Entry) -> EntryMode {
    match entry {
        Entry::Chip => EntryMode::Chip,
        Entry::Contactless => EntryMode::Contactless,
        Entry::Stripe => EntryMode::Stripe,
        Entry::Keyed => EntryMode::Keyed,
    }
}

const fn funding(funding: FundingOnScript) -> Funding {
    match funding {
        FundingOnScript::Debit => Funding::Debit,
        FundingOnScript::Credit => Funding::Credit,
        FundingOnScript::Prepaid => Funding::Prepaid,
    }
}

const fn sealed_funding(funding: FundingOnScript) -> card_seal::Funding {
    match funding {
        FundingOnScript::Debit => card_seal::Funding::Debit,
        FundingOnScript::Credit => card_seal::Funding::Credit,
        FundingOnScript::Prepaid => card_seal::Funding::Prepaid,
    }
}

fn scheme(pan: &Pan) -> Scheme {
    match card::Scheme::of(pan) {
        card::Scheme::UnionPay => Scheme::UnionPay,
        card::Scheme::Visa => Scheme::Visa,
        card::Scheme::Mastercard => Scheme::Mastercard,
        card::Scheme::Amex => Scheme::Amex,
        card::Scheme::Jcb => Scheme::Jcb,
        _ => Scheme::Other,
    }
}

fn fault(what: impl ToString) -> DeviceError {
    DeviceError::new(DeviceClass::SmartCardRw, what)
}
