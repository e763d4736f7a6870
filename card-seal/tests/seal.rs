//! What a sealed card must do and must refuse, from outside.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use card_seal::{
    AtRestError, BadCard, CardData, DayKey, Funding, HeldCard, HubOpen, OpenError, ReaderSeal,
    SealError, WalletCode, card_hash, open_at_rest, seal_at_rest,
};

const PAN: &str = "6216261000000000018";
const PAYMENT: &[u8] = b"0123456789abcdef";

fn card() -> CardData {
    CardData {
        pan: PAN.into(),
        expiry: "3012".into(),
        card_sequence: Some("001".into()),
        track2: Some(format!("{PAN}D30122010000000000")),
        service_code: Some("201".into()),
        emv: vec![0x9F, 0x26, 0x08, 1, 2, 3, 4, 5, 6, 7, 8],
        funding: Funding::Credit,
    }
}

/// A counting generator: two readers with another start share no byte.
fn counting(mut next: u8) -> impl FnMut(&mut [u8]) {
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(3);
            *byte = next;
        }
    }
}

fn pair() -> (ReaderSeal, HubOpen) {
    let hub = HubOpen::new(&[0x42; 32]).unwrap();
    let reader = ReaderSeal::new(&hub.public_key(), counting(1)).unwrap();
    (reader, hub)
}

#[test]
fn a_sealed_card_comes_back_whole() {
    let (mut reader, mut hub) = pair();
    for round in 0..3_u8 {
        let aad = [round; 16];
        let blob = reader.seal(&aad, &card()).unwrap();
        assert!(hub.open(&aad, &blob).unwrap() == card());
    }
}

#[test]
fn a_keyed_card_without_track_and_chip_comes_back_whole() {
    let (mut reader, mut hub) = pair();
    let mut keyed = card();
    keyed.card_sequence = None;
    keyed.track2 = None;
    keyed.service_code = None;
    keyed.emv.clear();
    keyed.funding = Funding::Unknown;
    let blob = reader.seal(PAYMENT, &keyed).unwrap();
    assert!(hub.open(PAYMENT, &blob).unwrap() == keyed);
}

#[test]
fn equal_randomness_gives_equal_bytes_and_other_randomness_other_bytes() {
    let hub = HubOpen::new(&[0x42; 32]).unwrap();
    let seal = |start| {
        let mut reader = ReaderSeal::new(&hub.public_key(), counting(start)).unwrap();
        reader.seal(PAYMENT, &card()).unwrap()
    };
    assert_eq!(seal(1), seal(1));
    assert_ne!(seal(1), seal(2));
}

#[test]
fn no_counter_is_used_twice() {
    let (mut reader, _) = pair();
    let first = reader.seal(PAYMENT, &card()).unwrap();
    let second = reader.seal(PAYMENT, &card()).unwrap();
    assert_eq!(first[..33], second[..33], "one encapsulation a connection");
    assert_ne!(first[33..41], second[33..41]);
    assert_ne!(first[41..], second[41..]);
}

#[test]
fn another_key_and_another_payment_are_refused() {
    let (mut reader, mut hub) = pair();
    let blob = reader.seal(PAYMENT, &card()).unwrap();
    let mut stranger = HubOpen::new(&[0x43; 32]).unwrap();
    assert_eq!(stranger.open(PAYMENT, &blob), Err(OpenError::Refused));
    assert_eq!(hub.open(b"another payment", &blob), Err(OpenError::Refused));
    assert!(
        hub.open(PAYMENT, &blob).is_ok(),
        "a refusal leaves the state as before"
    );
}

#[test]
fn a_replay_is_refused_and_a_late_blob_is_not() {
    let (mut reader, mut hub) = pair();
    let blobs: Vec<_> = (0..70)
        .map(|_| reader.seal(PAYMENT, &card()).unwrap())
        .collect();
    assert!(hub.open(PAYMENT, &blobs[69]).is_ok());
    assert_eq!(hub.open(PAYMENT, &blobs[69]), Err(OpenError::Replayed));
    assert!(
        hub.open(PAYMENT, &blobs[6]).is_ok(),
        "63 behind: still told apart"
    );
    assert_eq!(hub.open(PAYMENT, &blobs[6]), Err(OpenError::Replayed));
    assert_eq!(
        hub.open(PAYMENT, &blobs[5]),
        Err(OpenError::Replayed),
        "64 behind: too old"
    );
    assert!(hub.open(PAYMENT, &blobs[68]).is_ok());
}

#[test]
fn every_flipped_bit_and_every_length_is_refused() {
    let (mut reader, mut hub) = pair();
    let known = reader.seal(PAYMENT, &card()).unwrap();
    hub.open(PAYMENT, &known).unwrap();
    let blob = reader.seal(PAYMENT, &card()).unwrap();
    for bit in 0..blob.len() * 8 {
        let mut changed = blob.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(hub.open(PAYMENT, &changed).is_err(), "bit {bit}");
    }
    for length in 0..blob.len() {
        assert!(
            hub.open(PAYMENT, &blob[..length]).is_err(),
            "{length} bytes"
        );
    }
    let mut longer = blob.clone();
    longer.push(0);
    assert!(hub.open(PAYMENT, &longer).is_err());
    assert!(hub.open(PAYMENT, &blob).is_ok());
}

#[test]
fn a_card_that_is_none_is_not_sealed() {
    let (mut reader, _) = pair();
    let refused = |change: fn(&mut CardData), expected: BadCard| {
        let mut card = card();
        change(&mut card);
        assert_eq!(card.check(), Err(expected));
    };
    refused(|card| card.pan = "62162610000".into(), BadCard::Pan);
    refused(
        |card| card.pan = "62162610000000000181".into(),
        BadCard::Pan,
    );
    refused(|card| card.pan = "621626100000000001x".into(), BadCard::Pan);
    refused(|card| card.expiry = "3013".into(), BadCard::Expiry);
    refused(|card| card.expiry = "12/30".into(), BadCard::Expiry);
    refused(
        |card| card.card_sequence = Some("1".into()),
        BadCard::CardSequence,
    );
    refused(|card| card.track2 = Some("D".repeat(3)), BadCard::Track2);
    refused(
        |card| card.service_code = Some("20".into()),
        BadCard::ServiceCode,
    );
    refused(|card| card.emv = vec![0; 1025], BadCard::Emv);
    let mut bad = card();
    bad.pan.clear();
    assert_eq!(
        reader.seal(PAYMENT, &bad),
        Err(SealError::BadCard(BadCard::Pan))
    );
}

#[test]
fn the_largest_card_fits() {
    let (mut reader, mut hub) = pair();
    let mut large = card();
    large.track2 = Some(format!("{PAN}D30122010000000000"));
    large.emv = vec![0xA5; 1024];
    let blob = reader.seal(PAYMENT, &large).unwrap();
    assert!(hub.open(PAYMENT, &blob).unwrap() == large);
}

#[test]
fn a_point_of_small_order_is_no_hub_key() {
    assert_eq!(
        ReaderSeal::new(&[0; 32], counting(1)).err(),
        Some(SealError::HubKey)
    );
}

#[test]
fn a_card_at_rest_opens_under_its_day_and_payment_only() {
    let key = DayKey::new([5; 32]);
    let held = HeldCard::from(&card());
    let blob = seal_at_rest(&key, &[6; 12], PAYMENT, &held).unwrap();
    assert!(open_at_rest(&key, PAYMENT, &blob).unwrap() == held);
    let other_day = DayKey::new([7; 32]);
    assert_eq!(
        open_at_rest(&other_day, PAYMENT, &blob),
        Err(AtRestError::Refused)
    );
    assert_eq!(
        open_at_rest(&key, b"another", &blob),
        Err(AtRestError::Refused)
    );
    for length in 0..blob.len() {
        assert!(
            open_at_rest(&key, PAYMENT, &blob[..length]).is_err(),
            "{length} bytes"
        );
    }
    for bit in 0..blob.len() * 8 {
        let mut changed = blob.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open_at_rest(&key, PAYMENT, &changed).is_err(), "bit {bit}");
    }
}

#[test]
fn neither_debug_nor_blob_nor_error_shows_the_card() {
    let (mut reader, mut hub) = pair();
    let blob = reader.seal(PAYMENT, &card()).unwrap();
    let opened = hub.open(PAYMENT, &blob).unwrap();
    let held = HeldCard::from(&opened);
    let day = DayKey::new([5; 32]);
    let shown = format!(
        "{opened:?} {held:?} {reader:?} {hub:?} {day:?} {:?} {}",
        hub.open(PAYMENT, &blob),
        OpenError::Refused
    );
    assert!(shown.contains("621626*********0018"));
    for secret in [PAN, "1000000000", "3012", "D3012", "4242", "[5, 5"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let at_rest = seal_at_rest(&day, &[6; 12], PAYMENT, &held).unwrap();
    for sealed in [blob, at_rest] {
        assert!(!sealed.windows(6).any(|window| window == b"621626"));
    }
}

#[test]
fn equal_cards_hash_equally_under_one_key_only() {
    assert_eq!(card_hash(&[1; 32], PAN), card_hash(&[1; 32], PAN));
    assert_ne!(card_hash(&[1; 32], PAN), card_hash(&[2; 32], PAN));
    assert_ne!(
        card_hash(&[1; 32], PAN),
        card_hash(&[1; 32], "6216261000000000026")
    );
}

/// A code is no card, and a card no code; and neither is shown.
#[test]
fn the_code_of_a_wallet_is_opened_once_as_what_it_is() {
    const CODE: &str = "134567890123456789";
    let mut hub = HubOpen::new(&[7; 32]).unwrap();
    let mut fill = 0_u8;
    let mut reader = ReaderSeal::new(&hub.public_key(), |bytes: &mut [u8]| {
        for byte in bytes {
            fill = fill.wrapping_mul(5).wrapping_add(1);
            *byte = fill;
        }
    })
    .unwrap();
    let code = WalletCode::new(CODE.to_owned().into()).unwrap();
    assert!(!format!("{code:?}").contains("13"));
    let blob = reader.seal_code(b"payment", &code).unwrap();
    assert!(
        !blob
            .windows(6)
            .any(|part| CODE.as_bytes().starts_with(part))
    );
    assert_eq!(hub.open_code(b"another", &blob), Err(OpenError::Refused));
    assert_eq!(hub.open_code(b"payment", &blob), Ok(code.clone()));
    assert_eq!(hub.open_code(b"payment", &blob), Err(OpenError::Replayed));
    let blob = reader.seal_code(b"payment", &code).unwrap();
    assert_eq!(hub.open(b"payment", &blob), Err(OpenError::NoCard));
    for wrong in [
        "134567890123456",
        "13456789012345678x",
        "1345678901234567890123456",
    ] {
        assert_eq!(WalletCode::new(wrong.to_owned().into()), Err(BadCard::Code));
    }
}
