//! Everything published that could be found, byte for byte. Each file names its sources.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

use iso8583::card::Pan;
use iso8583::codec;
use iso8583::dialect::Dialect;
use iso8583::dukpt::aes::{AesKeyType, AesKsn};
use iso8583::dukpt::{self, KeyUse, Ksn};
use iso8583::hex;
use iso8583::keys::{AesKey, DesKey, KeyBlock, KeyBlockError};
use iso8583::mac::{self, MacAlgorithm, Padding};
use iso8583::message::{Message, Mti};
use iso8583::pin_block::{self, Pin, PinFormat};
use serde_json::Value;

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} in {value}"))
}

fn bytes(value: &Value, key: &str) -> Vec<u8> {
    hex::decode(text(value, key)).unwrap()
}

fn des(value: &Value, key: &str) -> DesKey {
    DesKey::from_hex(text(value, key)).unwrap()
}

fn key_use(name: &str) -> KeyUse {
    match name {
        "transaction" => KeyUse::Transaction,
        "pin" => KeyUse::Pin,
        "mac-request" => KeyUse::MacRequest,
        "mac-response" => KeyUse::MacResponse,
        "data-request" => KeyUse::DataRequest,
        "data-response" => KeyUse::DataResponse,
        other => panic!("{other}"),
    }
}

/// Both message files: fields, envelope, and the same bytes again.
fn check_message(message: &Value) {
    let dialect = Dialect::named("cup-pos").unwrap();
    let name = text(message, "name");
    let frame = bytes(message, "hex");
    let decoded =
        codec::decode(&dialect, &frame[2..]).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(decoded.mti().as_str(), text(message, "mti"), "{name}");
    assert_eq!(
        hex::encode(decoded.tpdu().unwrap()),
        text(message, "tpdu"),
        "{name}"
    );
    assert_eq!(
        hex::encode(decoded.header()),
        text(message, "header"),
        "{name}"
    );
    let fields = message["fields"].as_object().unwrap();
    assert_eq!(decoded.fields().count(), fields.len(), "{name}");
    for (number, value) in fields {
        let shown = decoded.field(number.parse().unwrap()).unwrap().shown();
        assert_eq!(
            shown.text.as_str(),
            value.as_str().unwrap(),
            "{name}, field {number}"
        );
    }
    let mut out = Vec::new();
    codec::encode(&dialect, &decoded.to_message(), None, &mut out).unwrap();
    assert_eq!(hex::encode(&out), hex::encode(&frame), "{name}");
}

#[test]
fn published_messages() {
    let file = read(include_str!("vectors/cup_pos_messages.json"));
    assert_eq!(list(&file["messages"]).len(), 4);
    list(&file["messages"]).iter().for_each(check_message);
}

#[test]
fn financial_messages() {
    let file = read(include_str!("vectors/cup_pos_financial.json"));
    let dialect = Dialect::named("cup-pos").unwrap();
    let mak = des(&file["keys"], "MAK");
    let mut with_mac = 0;
    for message in list(&file["messages"]) {
        check_message(message);
        let Some(mab) = message["mab"].as_str() else {
            continue;
        };
        with_mac += 1;
        let frame = bytes(message, "hex");
        let decoded = codec::decode(&dialect, &frame[2..]).unwrap();
        assert_eq!(hex::encode(decoded.mab()), mab);
        assert_eq!(decoded.verify_mac(&mak), Ok(()));

        let mut again = decoded.to_message();
        again.remove(64);
        let mut out = Vec::new();
        codec::encode(&dialect, &again, Some(&mak), &mut out).unwrap();
        assert_eq!(hex::encode(&out), hex::encode(&frame));
    }
    assert_eq!(with_mac, 3);
}

/// Built by field, as the hub builds it, from nothing but the values.
#[test]
fn a_sale_built_field_by_field_is_the_published_one() {
    let file = read(include_str!("vectors/cup_pos_financial.json"));
    let vector = &file["messages"][0];
    let dialect = Dialect::named("cup-pos").unwrap();
    let pan = Pan::new(text(&vector["fields"], "2")).unwrap();
    let pin = Pin::new(text(&file["keys"], "pin")).unwrap();
    let block = pin_block::encipher(&pin, &pan, &des(&file["keys"], "PIK")).unwrap();
    assert_eq!(hex::encode(&block), text(&vector["fields"], "52"));

    let mut sale = Message::new(Mti::new("0200").unwrap());
    sale.set(2, pan.digits())
        .set(3, "000000")
        .set_number(4, 12_345, 12)
        .set(11, "000123");
    sale.set(14, "3012")
        .set(22, "051")
        .set(23, "001")
        .set(25, "00")
        .set(26, "06");
    sale.set(35, format!("{}D30122010000000000", pan.digits()))
        .set(41, "LANE0007");
    sale.set(42, "898310054110001")
        .set(49, "156")
        .set(52, block)
        .set(53, "2600000000000000");
    sale.set(55, bytes(&vector["fields"], "55"))
        .set(60, "2200004200050");
    let mut out = Vec::new();
    codec::encode(&dialect, &sale, Some(&des(&file["keys"], "MAK")), &mut out).unwrap();
    assert_eq!(hex::encode(&out), text(vector, "hex"));
}

#[test]
fn macs() {
    let file = read(include_str!("vectors/mac.json"));
    for row in list(&file["union_pay_ecb_mac"]) {
        let key = des(row, "mak_clear");
        let data = bytes(row, "mab");
        let value = mac::compute(MacAlgorithm::CupEcb, Padding::One, &key, &data).unwrap();
        assert_eq!(value, *text(row, "expected_mac_from_source").as_bytes());
        assert_eq!(hex::encode(&value), text(&row["recomputed"], "field64"));
    }
    let mut checked = 0;
    for row in list(&file["iso9797"]) {
        let padding = match row["padding"].as_u64().unwrap() {
            1 => Padding::One,
            2 => Padding::Two,
            _ => continue,
        };
        // Left and right key of 8 bytes each: the rows repeat them to 16.
        let key = format!("{}{}", &text(row, "key1")[..16], &text(row, "key2")[..16]);
        let key = DesKey::from_hex(&key).unwrap();
        let data = bytes(row, "data");
        for algorithm in [MacAlgorithm::Iso9797Alg3, MacAlgorithm::X919] {
            let value = mac::compute(algorithm, padding, &key, &data).unwrap();
            assert_eq!(hex::encode(&value), text(row, "mac"));
        }
        checked += 1;
    }
    assert_eq!(checked, 2);
}

/// FIPS 113 appendix 2: DES-CBC over "7654321 Now is the time for ".
#[test]
fn iso_9797_algorithm_1_with_one_key() {
    let key = DesKey::from_hex("0123456789ABCDEF").unwrap();
    let data = b"7654321 Now is the time for ";
    let value = mac::compute(MacAlgorithm::Iso9797Alg1, Padding::One, &key, data).unwrap();
    assert_eq!(hex::encode(&value), "F1D30F6849312CA4");
}

#[test]
fn pin_blocks() {
    let file = read(include_str!("vectors/pin_blocks.json"));
    for row in list(&file["iso0"]) {
        let pin = Pin::new(text(row, "pin")).unwrap();
        let pan = Pan::new(text(row, "pan")).unwrap();
        let block = pin_block::encode(PinFormat::Iso0, &pin, Some(&pan), &[]).unwrap();
        assert_eq!(hex::encode(&*block), text(row, "block"));
        let back = pin_block::decode(PinFormat::Iso0, &block, Some(&pan)).unwrap();
        assert!(back.same_as(&pin));
    }
    for row in list(&file["iso3_decode"]) {
        let block: [u8; 8] = bytes(row, "block").try_into().unwrap();
        let pan = Pan::new(text(row, "pan")).unwrap();
        let pin = pin_block::decode(PinFormat::Iso3, &block, Some(&pan)).unwrap();
        assert_eq!(pin.to_text(), text(row, "pin"));
    }
    for row in list(&file["iso4_enciphered"]) {
        let key = AesKey::from_hex(text(row, "key")).unwrap();
        let pan = Pan::new(text(row, "pan")).unwrap();
        let pin = Pin::new(text(row, "pin")).unwrap();
        let block = pin_block::encipher_format4(&pin, &pan, &key, &[0xFF; 8]).unwrap();
        assert_eq!(hex::encode(&block), text(row, "block"));
        let back = pin_block::decipher_format4(&block, &pan, &key).unwrap();
        assert!(back.same_as(&pin));
    }
}

#[test]
fn tdes_dukpt() {
    let file = read(include_str!("vectors/dukpt_tdes.json"));
    let inputs = &file["inputs"];
    let base = des(inputs, "bdk");
    let initial_ksn = Ksn::from_hex(text(inputs, "iksn")).unwrap();
    let initial = dukpt::derive(&base, &initial_ksn, KeyUse::Initial).unwrap();
    assert_eq!(hex::encode(initial.bytes()), text(inputs, "ipek"));
    let clear: [u8; 8] = bytes(inputs, "clear_pinblock_iso0").try_into().unwrap();
    for case in list(&file["cases"]) {
        let ksn = Ksn::from_hex(text(case, "ksn")).unwrap();
        let derive = |key_use| dukpt::derive_from_initial(&initial, &ksn, key_use).unwrap();
        for (key_use, name) in [
            (KeyUse::Transaction, "txn_key"),
            (KeyUse::Pin, "pin_key_derived"),
            (KeyUse::MacRequest, "mac_request_key_derived"),
            (KeyUse::MacResponse, "mac_response_key_derived"),
            (KeyUse::DataRequest, "data_request_key_derived"),
            (KeyUse::DataResponse, "data_response_key_derived"),
        ] {
            assert_eq!(
                hex::encode(derive(key_use).bytes()),
                text(case, name),
                "{name}"
            );
        }
        let block = derive(KeyUse::Pin).encrypt_block(clear);
        assert_eq!(hex::encode(&block), text(case, "encrypted_pinblock"));
        let data = text(inputs, "data_ascii").as_bytes();
        for (key_use, name) in [
            (KeyUse::MacRequest, "mac_request"),
            (KeyUse::MacResponse, "mac_response"),
        ] {
            let key = derive(key_use);
            let value = mac::compute(MacAlgorithm::Iso9797Alg3, Padding::One, &key, data).unwrap();
            assert_eq!(hex::encode(&value[..4]), text(case, name));
        }
    }
}

#[test]
fn aes_dukpt() {
    let file = read(include_str!("vectors/dukpt_aes.json"));
    let id = text(&file, "initial_key_id");
    for row in list(&file["initial_keys"]) {
        let base = AesKey::from_hex(text(row, "bdk")).unwrap();
        let ksn = AesKsn::from_hex(&format!("{id}00000001")).unwrap();
        let key_type = AesKeyType::of(&base);
        let key = dukpt::aes::derive(&base, &ksn, KeyUse::Initial, key_type).unwrap();
        assert_eq!(hex::encode(key.bytes()), text(row, "key"));
    }
    for (base, rows) in [("bdk", "keys"), ("bdk_256", "keys_256")] {
        let base = AesKey::from_hex(text(&file, base)).unwrap();
        for row in list(&file[rows]) {
            let ksn = AesKsn::from_hex(&format!("{id}{}", text(row, "counter"))).unwrap();
            let key_use = key_use(text(row, "use"));
            let key = dukpt::aes::derive(&base, &ksn, key_use, AesKeyType::of(&base)).unwrap();
            assert_eq!(hex::encode(key.bytes()), text(row, "key"), "{row}");
        }
    }
    let row = &file["pin_block_format_4"];
    let base = AesKey::from_hex(text(&file, "bdk")).unwrap();
    let ksn = AesKsn::from_hex(&format!("{id}{}", text(row, "counter"))).unwrap();
    let key = dukpt::aes::derive(&base, &ksn, KeyUse::Pin, AesKeyType::Aes128).unwrap();
    let pin = Pin::new(text(row, "pin")).unwrap();
    let pan = Pan::new(text(row, "pan")).unwrap();
    let block = pin_block::encipher_format4(&pin, &pan, &key, &bytes(row, "random")).unwrap();
    assert_eq!(hex::encode(&block), text(row, "block"));
}

#[test]
fn key_blocks() {
    let file = read(include_str!("vectors/key_blocks.json"));
    for row in list(&file["blocks"]) {
        let protection = bytes(row, "protection");
        let block = text(row, "block");
        let opened = KeyBlock::unwrap(&protection, block).unwrap();
        assert_eq!(hex::encode(&opened.key), text(row, "key"));
        assert_eq!(opened.header.usage, text(row, "usage"));
        assert_eq!(opened.header.algorithm.to_string(), text(row, "algorithm"));
        assert!(!format!("{opened:?}").contains(&text(row, "key")[..8]));
        // A PIN key must not pass for a MAC key.
        let forged = block.replacen("P0", "M1", 1);
        let error = KeyBlock::unwrap(&protection, &forged).unwrap_err();
        assert_eq!(error, KeyBlockError::Mac);
        let error = KeyBlock::unwrap(&protection[..8], block).unwrap_err();
        assert_eq!(error, KeyBlockError::ProtectionKey);
        for end in 0..block.len() {
            assert!(KeyBlock::unwrap(&protection, &block[..end]).is_err());
        }
    }
}
