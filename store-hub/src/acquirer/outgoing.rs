//! The desk's messages as ISO 8583 messages.

use card_seal::{CardData, HeldCard};
use domain::{
    card_ref::EntryMode,
    desk::{Binding, Financial, Outgoing},
    ids::{AuthCode, BatchNumber, Rrn, Tid},
    payment::LiveMessage,
    response_code::ResponseCode,
    settlement::BatchTotals,
};
use iso8583::{
    dialect::Dialect,
    message::{Message, Mti},
    tlv,
};

use super::{
    batch_upload,
    financial::{OutgoingError, financial_message},
    wallet,
};
use crate::{
    card_vault::{CardForMessage, EncryptedPin},
    keys::KeyStore,
};

const SALE: Mti = Mti::literal(b"0200");
const ADVICE: Mti = Mti::literal(b"0220");
const REVERSAL: Mti = Mti::literal(b"0400");
const SETTLEMENT: Mti = Mti::literal(b"0500");

const PURCHASE: &str = "000000";
const VOID: &str = "200000";
/// Field 60.1.
const SALE_KIND: &str = "22";
const VOID_KIND: &str = "23";
/// Field 60.3 of a settlement.
const SETTLEMENT_CODE: &str = "201";
/// Field 26: a PIN of up to six digits; field 53: 3DES, block with PAN.
const PIN_LENGTH: &str = "06";
const PIN_SECURITY: &str = "2600000000000000";
/// Chip data of a reversal: terminal verification, interface device, issuer data, counter, result.
const REVERSAL_TAGS: [u32; 4] = [0x95, 0x9F1E, 0x9F10, 0x9F36];
const SCRIPT_RESULT_TAG: u32 = 0xDF31;

/// Builds the message; the key store adds the MAC when it is encoded.
pub(crate) fn message(
    outgoing: &Outgoing,
    card: &CardForMessage,
    dialect: &Dialect,
    keys: &dyn KeyStore,
) -> Result<Message, OutgoingError> {
    match outgoing {
        Outgoing::Sale { binding, financial } if financial.message == LiveMessage::WalletPay => {
            wallet::pay(binding, financial, card, dialect)
        }
        Outgoing::Query {
            binding,
            financial,
            original_stan,
            original_batch,
        } => wallet::query(
            binding,
            financial,
            (*original_stan, *original_batch),
            dialect,
        ),
        Outgoing::Sale { binding, financial } => {
            let CardForMessage::Live { card, pin } = card else {
                return Err(OutgoingError::NoCard);
            };
            let mut message = financial_message(SALE, PURCHASE, binding, financial, dialect);
            set_live_card(&mut message, card, financial.entry_mode);
            if let Some(pin) = pin {
                set_pin(&mut message, &binding.tid, card, pin, keys)?;
            }
            message.set(60, sixty(SALE_KIND, binding.batch, financial.entry_mode));
            Ok(message)
        }
        Outgoing::Reversal { .. } => reversal(outgoing, card, dialect),
        Outgoing::Advice {
            binding, financial, ..
        } => {
            let card = held(card)?;
            let mut message =
                financial_message(ADVICE, PURCHASE, binding, &without_pin(financial), dialect);
            set_held_card(&mut message, &card, financial.entry_mode);
            set_chip(&mut message, &card.emv, financial.entry_mode);
            let kind = dialect.settings().offline_upload_kind.as_str();
            message.set(60, sixty(kind, binding.batch, financial.entry_mode));
            Ok(message)
        }
        Outgoing::Void { .. } => void(outgoing, card, dialect),
        Outgoing::Settlement { binding, totals } => Ok(settlement(binding, totals)),
        Outgoing::Upload { .. } => Ok(batch_upload::message(outgoing, card)),
    }
}

fn reversal(
    outgoing: &Outgoing,
    card: &CardForMessage,
    dialect: &Dialect,
) -> Result<Message, OutgoingError> {
    let Outgoing::Reversal {
        binding,
        financial,
        reason,
        auth_code,
        ..
    } = outgoing
    else {
        return Err(OutgoingError::NoCard);
    };
    if financial.message == LiveMessage::WalletPay {
        return wallet::reversal(binding, financial, *reason, auth_code.as_ref(), dialect);
    }
    let card = held(card)?;
    let mut message = financial_message(REVERSAL, PURCHASE, binding, financial, dialect);
    set_held_card(&mut message, &card, financial.entry_mode);
    set_optional(&mut message, 38, auth_code.as_ref().map(AuthCode::as_str));
    message.set(39, ResponseCode::as_str(reason));
    let chip = reversal_chip(&card.emv, &binding.tid);
    set_chip(&mut message, &chip, financial.entry_mode);
    message.set(60, sixty(SALE_KIND, binding.batch, financial.entry_mode));
    Ok(message)
}

fn void(
    outgoing: &Outgoing,
    card: &CardForMessage,
    dialect: &Dialect,
) -> Result<Message, OutgoingError> {
    let Outgoing::Void {
        binding,
        financial,
        original_stan,
        rrn,
        auth_code,
        ..
    } = outgoing
    else {
        return Err(OutgoingError::NoCard);
    };
    let card = held(card)?;
    let financial = &without_pin(financial);
    let mut message = financial_message(SALE, VOID, binding, financial, dialect);
    set_held_card(&mut message, &card, financial.entry_mode);
    set_optional(&mut message, 37, rrn.as_ref().map(Rrn::as_str));
    set_optional(&mut message, 38, auth_code.as_ref().map(AuthCode::as_str));
    message.set(60, sixty(VOID_KIND, binding.batch, financial.entry_mode));
    message.set(61, format!("{}{original_stan}", binding.batch));
    Ok(message)
}

/// An advice or a void carries no PIN block, so its field 22 must not promise one: a PIN is in no
/// record (rule 3). A reversal repeats its original's field 22 all the same.
fn without_pin(financial: &Financial) -> Financial {
    Financial {
        pin_entered: false,
        ..financial.clone()
    }
}

/// Field 60: kind, batch, network code, read capability (5: chip), chip condition, and that a
/// partial approval is understood.
fn sixty(kind: &str, batch: BatchNumber, mode: EntryMode) -> String {
    let capability = match mode {
        EntryMode::Keyed | EntryMode::Stripe | EntryMode::Chip | EntryMode::Code => '5',
        EntryMode::Contactless => '6',
    };
    format!("{kind}{batch}000{capability}01")
}

fn held(card: &CardForMessage) -> Result<HeldCard, OutgoingError> {
    match card {
        CardForMessage::Held(card) => Ok(card.clone()),
        CardForMessage::Live { card, .. } => Ok(HeldCard::from(card)),
        CardForMessage::Code(_) | CardForMessage::Numbers(_) | CardForMessage::None => {
            Err(OutgoingError::NoCard)
        }
    }
}

fn has_chip(mode: EntryMode) -> bool {
    match mode {
        EntryMode::Chip | EntryMode::Contactless => true,
        EntryMode::Keyed | EntryMode::Stripe | EntryMode::Code => false,
    }
}

fn set_live_card(message: &mut Message, card: &CardData, mode: EntryMode) {
    set_number_of_card(
        message,
        &card.pan,
        &card.expiry,
        card.card_sequence.as_deref(),
        mode,
    );
    if let Some(track2) = &card.track2 {
        message.set(
            35,
            zeroize::Zeroizing::new(track2.replace('=', "D")).as_bytes(),
        );
    }
    set_chip(message, &card.emv, mode);
}

fn set_held_card(message: &mut Message, card: &HeldCard, mode: EntryMode) {
    set_number_of_card(
        message,
        &card.pan,
        &card.expiry,
        card.card_sequence.as_deref(),
        mode,
    );
}

fn set_number_of_card(
    message: &mut Message,
    pan: &str,
    expiry: &str,
    sequence: Option<&str>,
    mode: EntryMode,
) {
    message.set(2, pan).set(14, expiry);
    if has_chip(mode) {
        set_optional(message, 23, sequence);
    }
}

fn set_chip(message: &mut Message, emv: &[u8], mode: EntryMode) {
    if has_chip(mode) && !emv.is_empty() {
        message.set(55, emv);
    }
}

fn set_optional(message: &mut Message, field: u8, value: Option<&str>) {
    if let Some(value) = value {
        message.set(field, value);
    }
}

fn set_pin(
    message: &mut Message,
    tid: &Tid,
    card: &CardData,
    pin: &EncryptedPin,
    keys: &dyn KeyStore,
) -> Result<(), OutgoingError> {
    let block = keys.translate_pin(tid, &card.pan, &pin.block, &pin.serial_number)?;
    message
        .set(26, PIN_LENGTH)
        .set(52, block)
        .set(53, PIN_SECURITY);
    Ok(())
}

/// What is left of the chip data in a reversal.
fn reversal_chip(emv: &[u8], tid: &Tid) -> Vec<u8> {
    let mut chip = Vec::new();
    if emv.is_empty() {
        return chip;
    }
    for tag in REVERSAL_TAGS {
        match tlv::find(emv, tag) {
            Some(value) => tlv::push(&mut chip, tag, value),
            None if tag == 0x9F1E => tlv::push(&mut chip, tag, tid.as_str().as_bytes()),
            None => {}
        }
    }
    tlv::push(&mut chip, SCRIPT_RESULT_TAG, &[0]);
    chip
}

fn settlement(binding: &Binding, totals: &BatchTotals) -> Message {
    let currency = totals.debit.currency().numeric();
    let mut message = Message::new(SETTLEMENT);
    message
        .set(11, binding.stan.to_string())
        .set(41, binding.tid.as_str())
        .set(42, binding.mid.as_str())
        .set(48, forty_eight(totals))
        .set(49, format!("{currency:03}"))
        .set(60, format!("00{}{SETTLEMENT_CODE}00", binding.batch))
        .set(63, "001");
    message
}

/// Field 48 of a 0500: debit amount 12, count 3, credit amount 12, count 3, result 1; then the same
/// for foreign cards, of which there are none. A count has three digits: it wraps at 1000, the
/// amounts don't.
fn forty_eight(totals: &BatchTotals) -> String {
    let foreign = "0".repeat(31);
    format!(
        "{:012}{:03}{:012}{:03}0{foreign}",
        totals.debit.minor(),
        totals.debit_count % 1000,
        totals.credit.minor(),
        totals.credit_count % 1000,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::KeyStoreError;
    use domain::{
        ids::{ForwardId, Mid, PaymentId, Stan},
        money::{Currency, Money},
    };

    fn binding() -> Binding {
        Binding {
            tid: Tid::new("LANE0007").unwrap(),
            mid: Mid::new("898310054110001").unwrap(),
            stan: Stan::new(123).unwrap(),
            batch: BatchNumber::new(42).unwrap(),
        }
    }

    fn financial() -> Financial {
        Financial {
            payment_id: PaymentId(7),
            amount: Money::new(12_345, Currency::CNY),
            entry_mode: EntryMode::Chip,
            pin_entered: true,
            message: LiveMessage::CardSale,
        }
    }

    fn held_card() -> CardForMessage {
        let mut emv = Vec::new();
        tlv::push(&mut emv, 0x9F26, &[1; 8]);
        tlv::push(&mut emv, 0x95, &[0, 0x80, 4, 0x60, 0]);
        tlv::push(&mut emv, 0x9F36, &[0, 0x17]);
        CardForMessage::Held(HeldCard {
            pan: "6216261000000000018".into(),
            expiry: "3012".into(),
            card_sequence: Some("001".into()),
            emv,
        })
    }

    fn text(message: &Message, field: u8) -> String {
        String::from_utf8(message.get(field).unwrap().to_vec()).unwrap()
    }

    use card_seal::WalletCode;

    struct NoKeys;

    impl KeyStore for NoKeys {
        fn is_software(&self) -> bool {
            true
        }
        fn accept_working_keys(&self, tid: &Tid, _: &[u8]) -> Result<(), KeyStoreError> {
            Err(KeyStoreError::NoMasterKey(tid.clone()))
        }
        fn has_working_keys(&self, _: &Tid) -> bool {
            false
        }
        fn encode(
            &self,
            tid: &Tid,
            _: &Dialect,
            _: &Message,
            _: &mut Vec<u8>,
        ) -> Result<(), KeyStoreError> {
            Err(KeyStoreError::NoWorkingKeys(tid.clone()))
        }
        fn check_mac(&self, _: &Tid, _: &iso8583::codec::Decoded<'_>) -> domain::payment::MacCheck {
            domain::payment::MacCheck::Missing
        }
        fn translate_pin(
            &self,
            tid: &Tid,
            _: &str,
            _: &[u8],
            _: &[u8],
        ) -> Result<[u8; 8], KeyStoreError> {
            Err(KeyStoreError::NoWorkingKeys(tid.clone()))
        }
        fn open_card(&self, _: &[u8], _: &[u8]) -> Result<CardData, KeyStoreError> {
            Err(KeyStoreError::Card("none".into()))
        }
        fn open_code(&self, _: &[u8], _: &[u8]) -> Result<WalletCode, KeyStoreError> {
            Err(KeyStoreError::Card("none".into()))
        }
        fn card_sealing_key(&self) -> [u8; 32] {
            [0; 32]
        }
        fn card_hash_key(&self) -> [u8; 32] {
            [0; 32]
        }
        fn day_key(&self, _: domain::time::BusinessDate, salt: &[u8; 32]) -> card_seal::DayKey {
            card_seal::DayKey::new(*salt)
        }
    }

    #[test]
    fn a_reversal_says_what_its_original_said_but_no_track_and_no_pin() {
        let reversal = Outgoing::Reversal {
            forward_id: ForwardId(1),
            binding: binding(),
            financial: financial(),
            reason: ResponseCode::NO_ANSWER,
            auth_code: None,
        };
        let dialect = Dialect::named("cup-pos").unwrap();
        let message = message(&reversal, &held_card(), &dialect, &NoKeys).unwrap();
        assert_eq!(text(&message, 3), "000000");
        assert_eq!(text(&message, 4), "000000012345");
        assert_eq!(text(&message, 22), "051");
        assert_eq!(text(&message, 39), "98");
        assert_eq!(text(&message, 60), "22000042000501");
        for absent in [26, 35, 37, 52, 53] {
            assert!(!message.has(absent), "field {absent}");
        }
        let chip = message.get(55).unwrap();
        assert!(
            tlv::find(chip, 0x9F26).is_none(),
            "the cryptogram stays out"
        );
        assert_eq!(tlv::find(chip, 0x9F1E), Some(b"LANE0007".as_slice()));
    }

    #[test]
    fn an_advice_promises_no_pin_it_does_not_carry() {
        let financial = financial();
        let advice = Outgoing::Advice {
            forward_id: ForwardId(1),
            binding: binding(),
            financial,
        };
        let dialect = Dialect::named("cup-pos").unwrap();
        let message = message(&advice, &held_card(), &dialect, &NoKeys).unwrap();
        assert_eq!(text(&message, 22), "052");
        for absent in [26, 35, 37, 52, 53] {
            assert!(!message.has(absent), "field {absent}");
        }
    }

    #[test]
    fn a_settlement_counts_as_the_published_example() {
        let totals = BatchTotals {
            debit: Money::new(12_345, Currency::CNY),
            debit_count: 1,
            credit: Money::zero(Currency::CNY),
            credit_count: 0,
        };
        let message = settlement(&binding(), &totals);
        assert_eq!(
            text(&message, 48),
            "00000001234500100000000000000000000000000000000000000000000000"
        );
        assert_eq!(text(&message, 60), "0000004220100");
    }

    #[test]
    fn without_a_card_nothing_is_built() {
        let sale = Outgoing::Sale {
            binding: binding(),
            financial: financial(),
        };
        let dialect = Dialect::named("cup-pos").unwrap();
        let built = message(&sale, &CardForMessage::None, &dialect, &NoKeys);
        assert!(matches!(built, Err(OutgoingError::NoCard)));
    }
}
