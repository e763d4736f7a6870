//! A scripted chip: the EMV data a real one would give for field 55, with random cryptograms.

use domain::{card_ref::EntryMode, money::Money, time::BusinessDate};
use iso8583::tlv;
use ports::Random;

/// What the chip was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cryptogram {
    /// The first one, an ARQC: the card wants the bank to decide.
    Request,
    /// The second one after "unable to go online", a TC: the card approves offline.
    Certificate,
}

/// Field 55 of an online authorisation: EMV Book 3 tags, BER-TLV. Empty for stripe and keyed entry.
pub(super) fn field_55(
    entry_mode: EntryMode,
    asked_for: Cryptogram,
    amount: Money,
    card_sequence: Option<&str>,
    date: Option<BusinessDate>,
    random: &dyn Random,
) -> Vec<u8> {
    match entry_mode {
        EntryMode::Chip | EntryMode::Contactless => {}
        EntryMode::Stripe | EntryMode::Keyed | EntryMode::Code => return Vec::new(),
    }
    let mut cryptogram = [0; 8];
    random.fill(&mut cryptogram);
    let mut unpredictable = [0; 4];
    random.fill(&mut unpredictable);
    let mut counter = [0; 2];
    random.fill(&mut counter);
    let country_and_currency = bcd(i64::from(amount.currency().numeric()), 2);
    let sequence = card_sequence.and_then(|text| text.parse().ok());
    let capabilities: [u8; 3] = [0xE0, 0xF8, 0xC8];
    let mut field = Vec::new();
    let mut put = |tag: u32, value: &[u8]| tlv::push(&mut field, tag, value);
    put(0x9F26, &cryptogram);
    put(0x9F27, &[information(asked_for)]);
    put(0x9F10, &issuer_data(&cryptogram));
    put(0x9F37, &unpredictable);
    put(0x9F36, &counter);
    put(0x95, &[0x00, 0x00, 0x04, 0x80, 0x00]);
    put(0x9A, &date.map_or_else(|| vec![0; 3], date_bcd));
    put(0x9C, &[0x00]);
    put(0x9F02, &bcd(amount.minor(), 6));
    put(0x5F2A, &country_and_currency);
    put(0x82, &[0x7C, 0x00]);
    put(0x9F1A, &country_and_currency);
    put(0x9F03, &[0; 6]);
    put(0x9F33, &capabilities);
    put(0x9F34, &[0x42, 0x03, 0x00]);
    put(0x9F35, &[0x22]);
    put(0x9F1E, b"LANEKEEP");
    put(0x84, &[0xA0, 0x00, 0x00, 0x03, 0x33, 0x01, 0x01, 0x01]);
    put(0x9F09, &[0x00, 0x20]);
    put(0x5F34, &bcd(sequence.unwrap_or(0), 1));
    field
}

/// Issuer application data in the form of a UnionPay card: length, key index, version, results.
const fn information(cryptogram: Cryptogram) -> u8 {
    match cryptogram {
        Cryptogram::Request => 0x80,
        Cryptogram::Certificate => 0x40,
    }
}

fn issuer_data(cryptogram: &[u8; 8]) -> Vec<u8> {
    let mut data = vec![0x07, 0x00, 0x01, 0x03, 0xA0, 0xA0, 0x02, 0x01];
    data.extend_from_slice(&[0x0A, 0x01, 0x00, 0x00, 0x00]);
    data.extend(cryptogram.iter().take(4).rev());
    data
}

fn date_bcd(date: BusinessDate) -> Vec<u8> {
    let (year, month, day) = date.parts();
    let short_year = i64::from(year.rem_euclid(100));
    [short_year, i64::from(month), i64::from(day)]
        .into_iter()
        .flat_map(|part| bcd(part, 1))
        .collect()
}

/// The last digits of a number, two a byte.
fn bcd(number: i64, bytes: usize) -> Vec<u8> {
    let mut rest = number.unsigned_abs();
    let mut digits: Vec<u8> = (0..bytes)
        .map(|_| {
            let pair = u8::try_from(rest % 100).unwrap_or(0);
            rest /= 100;
            (pair / 10) << 4 | (pair % 10)
        })
        .collect();
    digits.reverse();
    digits
}

#[cfg(test)]
mod tests {
    use domain::money::Currency;

    use super::*;

    struct Same;

    impl Random for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0x5A);
        }
    }

    #[test]
    fn a_chip_gives_what_field_55_needs_and_a_stripe_nothing() {
        let amount = Money::new(123_456, Currency::CNY);
        let date = BusinessDate::parse("2026-11-22").ok();
        let field = field_55(
            EntryMode::Chip,
            Cryptogram::Request,
            amount,
            Some("001"),
            date,
            &Same,
        );
        assert!(field.len() <= 255, "{}", field.len());
        assert_eq!(
            tlv::find(&field, 0x9F02),
            Some(&[0, 0, 0, 0x12, 0x34, 0x56][..])
        );
        assert_eq!(tlv::find(&field, 0x9A), Some(&[0x26, 0x11, 0x22][..]));
        assert_eq!(tlv::find(&field, 0x5F2A), Some(&[0x01, 0x56][..]));
        assert_eq!(tlv::find(&field, 0x5F34), Some(&[0x01][..]));
        assert_eq!(tlv::find(&field, 0x9F26), Some(&[0x5A; 8][..]));
        for tag in [
            0x9F27, 0x9F10, 0x9F37, 0x9F36, 0x95, 0x9C, 0x82, 0x9F1A, 0x9F03, 0x9F33,
        ] {
            assert!(tlv::find(&field, tag).is_some(), "{tag:X}");
        }
        assert!(
            field_55(
                EntryMode::Stripe,
                Cryptogram::Request,
                amount,
                None,
                date,
                &Same
            )
            .is_empty()
        );
    }
}
