//! In-store EAN-13 labels that carry a price: GS1 General Specifications, restricted circulation
//! numbers, prefixes 20 to 29.

use thiserror::Error;

/// How the twelve digits before the check digit are used.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PriceLayout {
    /// Prefix 2, item 5, price 5: usual on scales in China.
    Plain,
    /// Prefix 2, item 4, price check digit 1, price 5.
    PriceCheckDigit,
}

/// What a label says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PriceLabel {
    /// 20 to 29.
    pub prefix: u8,
    /// The item's digits, leading zeros kept.
    pub item: String,
    /// In the currency's minor unit.
    pub price_minor: u32,
}

/// Why a code is no price label.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Error)]
pub enum BarcodeError {
    /// Not thirteen digits.
    #[error("an EAN-13 has 13 digits")]
    Digits,
    /// The last digit doesn't fit the others.
    #[error("check digit is wrong")]
    CheckDigit,
    /// A prefix that isn't a store's own.
    #[error("prefix is not from 20 to 29")]
    Prefix,
    /// The digit before the price doesn't fit the price.
    #[error("price check digit is wrong")]
    PriceCheckDigit,
}

/// The check digit that belongs after these digits, of an EAN of any length.
pub fn ean_check_digit(digits: &str) -> Option<u8> {
    let mut sum = 0_u32;
    for (place, byte) in digits.bytes().rev().enumerate() {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        sum += if place.is_multiple_of(2) {
            digit * 3
        } else {
            digit
        };
    }
    u8::try_from((10 - sum % 10) % 10).ok()
}

impl PriceLabel {
    /// Reads a label; both check digits must be right.
    pub fn parse(code: &str, layout: PriceLayout) -> Result<Self, BarcodeError> {
        let (body, check) = code.split_at_checked(12).ok_or(BarcodeError::Digits)?;
        if code.len() != 13 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(BarcodeError::Digits);
        }
        if ean_check_digit(body).map(u32::from) != check.parse().ok() {
            return Err(BarcodeError::CheckDigit);
        }
        let (prefix, rest) = body.split_at_checked(2).ok_or(BarcodeError::Digits)?;
        let prefix = prefix.parse().map_err(|_| BarcodeError::Digits)?;
        if !(20..=29).contains(&prefix) {
            return Err(BarcodeError::Prefix);
        }
        let (item, price) = rest.split_at_checked(5).ok_or(BarcodeError::Digits)?;
        let item = match layout {
            PriceLayout::Plain => item,
            PriceLayout::PriceCheckDigit => {
                let (item, check) = item.split_at_checked(4).ok_or(BarcodeError::Digits)?;
                if price_check_digit(price).map(u32::from) != check.parse().ok() {
                    return Err(BarcodeError::PriceCheckDigit);
                }
                item
            }
        };
        let price_minor = price.parse().map_err(|_| BarcodeError::Digits)?;
        Ok(Self {
            prefix,
            item: item.to_owned(),
            price_minor,
        })
    }
}

/// Weights of GS1 General Specifications 7.9: twice, less the tens; five times, plus the tens;
/// five times, less the tens.
const TWO_MINUS: [u8; 10] = [0, 2, 4, 6, 8, 9, 1, 3, 5, 7];
const FIVE_PLUS: [u8; 10] = [0, 5, 1, 6, 2, 7, 3, 8, 4, 9];
const FIVE_MINUS: [u8; 10] = [0, 5, 9, 4, 8, 3, 7, 2, 6, 1];

/// The digit whose five-minus weight fills the weighted sum up to a whole ten.
fn price_check_digit(price: &str) -> Option<u8> {
    let weights = [FIVE_PLUS, TWO_MINUS, FIVE_MINUS, FIVE_PLUS, TWO_MINUS];
    let mut sum = 0_u8;
    for (byte, weight) in price.bytes().zip(weights) {
        sum += weight.get(usize::from(byte.checked_sub(b'0')?))?;
    }
    let missing = (10 - sum % 10) % 10;
    FIVE_MINUS
        .iter()
        .position(|weighted| *weighted == missing)?
        .try_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_labels_with_a_price_check_digit() {
        let file = include_str!("../../tests/vectors/price_embedded_barcodes.json");
        let file: serde_json::Value = serde_json::from_str(file).unwrap();
        let cases = file["cases"].as_array().unwrap();
        assert_eq!(cases.len(), 4);
        for case in cases {
            let code = case["ean13"].as_str().unwrap();
            let label = PriceLabel::parse(code, PriceLayout::PriceCheckDigit).unwrap();
            let price: u32 = case["price_field"].as_str().unwrap().parse().unwrap();
            assert_eq!(label.price_minor, price);
            assert_eq!(label.item, code[2..6]);
        }
    }

    #[test]
    fn any_single_wrong_digit_is_seen() {
        let good = "2810276146856";
        for place in 0..13 {
            for digit in b'0'..=b'9' {
                let mut code = good.as_bytes().to_vec();
                if code[place] == digit {
                    continue;
                }
                code[place] = digit;
                let code = String::from_utf8(code).unwrap();
                let result = PriceLabel::parse(&code, PriceLayout::PriceCheckDigit);
                assert_eq!(result, Err(BarcodeError::CheckDigit), "{code}");
            }
        }
    }

    #[test]
    fn refusals_and_the_plain_layout() {
        let code = |body: &str| format!("{body}{}", ean_check_digit(body).unwrap());
        let label = PriceLabel::parse(&code("210001200599"), PriceLayout::Plain).unwrap();
        assert_eq!(
            label,
            PriceLabel {
                prefix: 21,
                item: "00012".to_owned(),
                price_minor: 599
            }
        );
        let parse = |code: &str| PriceLabel::parse(code, PriceLayout::PriceCheckDigit);
        assert_eq!(
            parse(&code("281027714685")),
            Err(BarcodeError::PriceCheckDigit)
        );
        assert_eq!(parse(&code("690000000001")), Err(BarcodeError::Prefix));
        for wrong in [
            "",
            "281027614685",
            "28102761468566",
            "28102761468x6",
            "２810276146856",
        ] {
            assert_eq!(parse(wrong), Err(BarcodeError::Digits), "{wrong}");
        }
        assert_eq!(ean_check_digit("400638133393"), Some(1));
    }
}
