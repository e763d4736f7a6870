//! What a scanned code says: an article, or an in-store label that carries its price.
//!
//! Check digits follow the GS1 General Specifications, section 7.9. A code whose check digit is
//! wrong is a misread: it is refused and scanned again, never looked up.

/// How a store's scale writes its labels: EAN-13 with a prefix of 20 to 29.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LabelLayout {
    /// 2 digits prefix, 5 digits item, 5 digits price: usual for scales in China.
    ItemOfFive,
    /// 2 digits prefix, 4 digits item, 1 price check digit, 5 digits price (GS1).
    PriceCheckDigit,
}

/// A code that was read correctly.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Barcode {
    /// An article: EAN-13, EAN-8 or UPC-A, with its digits as printed.
    Article(String),
    /// An in-store label with the price of this one piece.
    PriceEmbedded {
        /// Prefix and item: what the price file knows it by.
        item: String,
        /// The price on the label, in minor units.
        price_minor: i64,
    },
}

/// Why a code is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BarcodeError {
    /// Not 8, 12 or 13 digits.
    #[error("a barcode has 8, 12 or 13 digits")]
    Form,
    /// The last digit doesn't fit the others.
    #[error("wrong check digit")]
    CheckDigit,
    /// The label's own check digit of the price doesn't fit the price.
    #[error("wrong price check digit")]
    PriceCheckDigit,
}

impl Barcode {
    /// Reads EAN-13, EAN-8 or UPC-A; EAN-13 with prefix 20 to 29 is an in-store label.
    ///
    /// # Errors
    /// Another form, or a check digit that doesn't fit.
    pub fn read(text: &str, layout: LabelLayout) -> Result<Self, BarcodeError> {
        let digits = digits(text).ok_or(BarcodeError::Form)?;
        if !matches!(digits.len(), 8 | 12 | 13) {
            return Err(BarcodeError::Form);
        }
        let (last, body) = digits.split_last().ok_or(BarcodeError::Form)?;
        if check_digit_of(body) != *last {
            return Err(BarcodeError::CheckDigit);
        }
        if digits.len() == 13 && digits.first() == Some(&2) {
            read_label(text, &digits, layout)
        } else {
            Ok(Self::Article(text.to_owned()))
        }
    }

    /// What the price file knows the article by.
    #[must_use]
    pub fn lookup_key(&self) -> &str {
        match self {
            Self::Article(code) => code,
            Self::PriceEmbedded { item, .. } => item,
        }
    }
}

/// The GS1 check digit (mod 10, weights 3 and 1 from the right) of the digits before it.
///
/// `None` when the text holds anything but digits.
#[must_use]
pub fn check_digit(body: &str) -> Option<u8> {
    digits(body).map(|digits| check_digit_of(&digits))
}

/// The GS1 check digit of a five-digit price.
///
/// `None` when the text is not five digits.
#[must_use]
pub fn price_check_digit(price: &str) -> Option<u8> {
    let digits = digits(price)?;
    let weights = [five_plus, two_minus, five_minus, five_plus, two_minus];
    if digits.len() != weights.len() {
        return None;
    }
    let sum = digits
        .iter()
        .zip(weights)
        .fold(0_u8, |sum, (digit, weight)| {
            sum.saturating_add(weight(*digit))
        });
    let wanted = to_next_ten(sum);
    (0..=9).find(|digit| five_minus(*digit) == wanted)
}

fn read_label(text: &str, digits: &[u8], layout: LabelLayout) -> Result<Barcode, BarcodeError> {
    let price = text.get(7..12).ok_or(BarcodeError::Form)?;
    let item = match layout {
        LabelLayout::ItemOfFive => text.get(..7),
        LabelLayout::PriceCheckDigit => {
            if digits.get(6).copied() != price_check_digit(price) {
                return Err(BarcodeError::PriceCheckDigit);
            }
            text.get(..6)
        }
    };
    Ok(Barcode::PriceEmbedded {
        item: item.ok_or(BarcodeError::Form)?.to_owned(),
        price_minor: price.parse().map_err(|_| BarcodeError::Form)?,
    })
}

fn digits(text: &str) -> Option<Vec<u8>> {
    text.bytes()
        .map(|byte| byte.is_ascii_digit().then_some(byte.saturating_sub(b'0')))
        .collect()
}

fn check_digit_of(body: &[u8]) -> u8 {
    let sum = body
        .iter()
        .rev()
        .zip([3_u8, 1].into_iter().cycle())
        .fold(0_u8, |sum, (digit, weight)| {
            sum.saturating_add(digit.saturating_mul(weight))
        });
    to_next_ten(sum)
}

/// What is missing to the next multiple of ten.
fn to_next_ten(sum: u8) -> u8 {
    match sum.checked_rem(10) {
        None | Some(0) => 0,
        Some(rest) => 10_u8.saturating_sub(rest),
    }
}

/// Weighting "2-": twice the digit less the tens of that.
fn two_minus(digit: u8) -> u8 {
    let product = digit.saturating_mul(2);
    last_digit(product.saturating_sub(tens(product)))
}

/// Weighting "5+": five times the digit plus the tens of that.
fn five_plus(digit: u8) -> u8 {
    let product = digit.saturating_mul(5);
    last_digit(product.saturating_add(tens(product)))
}

/// Weighting "5-": five times the digit less the tens of that.
fn five_minus(digit: u8) -> u8 {
    let product = digit.saturating_mul(5);
    last_digit(product.saturating_sub(tens(product)))
}

fn tens(number: u8) -> u8 {
    number.checked_div(10).unwrap_or(0)
}

fn last_digit(number: u8) -> u8 {
    number.checked_rem(10).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn articles_of_all_three_lengths_are_read() {
        for good in ["4006381333931", "96385074", "036000291452", "6901234567892"] {
            assert_eq!(
                Barcode::read(good, LabelLayout::ItemOfFive),
                Ok(Barcode::Article(good.to_owned()))
            );
        }
    }

    #[test]
    fn a_wrong_digit_or_form_is_refused() {
        let read = |text| Barcode::read(text, LabelLayout::ItemOfFive);
        assert_eq!(read("4006381333930"), Err(BarcodeError::CheckDigit));
        assert_eq!(read("4006381333913"), Err(BarcodeError::CheckDigit));
        assert_eq!(read("96385075"), Err(BarcodeError::CheckDigit));
        for wrong in ["", "1", "12345678901234", "40063813339 1", "４006381333931"] {
            assert_eq!(read(wrong), Err(BarcodeError::Form), "{wrong}");
        }
    }

    #[test]
    fn a_scale_label_carries_item_and_price() {
        let body = "211234501299";
        let label = format!("{body}{}", check_digit(body).unwrap());
        assert_eq!(
            Barcode::read(&label, LabelLayout::ItemOfFive),
            Ok(Barcode::PriceEmbedded {
                item: "2112345".to_owned(),
                price_minor: 1299
            })
        );
    }

    /// Vectors: snabble/Android-SDK, core/src/androidTest/java/io/snabble/sdk/EAN13Test.java at
    /// 1e78ea6743778817930daabee8adfd1247c7079b; formula: GS1 General Specifications 7.9.
    #[test]
    fn a_price_check_digit_guards_the_price() {
        for (ean13, price_field, price_digit) in [
            ("2810276146856", "14685", 6),
            ("2810275005024", "00502", 5),
            ("2746724008288", "00828", 4),
            ("2850090007827", "00782", 0),
        ] {
            assert_eq!(price_check_digit(price_field), Some(price_digit));
            assert_eq!(
                Barcode::read(ean13, LabelLayout::PriceCheckDigit),
                Ok(Barcode::PriceEmbedded {
                    item: ean13.get(..6).unwrap().to_owned(),
                    price_minor: price_field.parse().unwrap()
                })
            );
        }
    }

    #[test]
    fn a_label_with_another_price_is_refused() {
        let body = "281027614695";
        let label = format!("{body}{}", check_digit(body).unwrap());
        assert_eq!(
            Barcode::read(&label, LabelLayout::PriceCheckDigit),
            Err(BarcodeError::PriceCheckDigit)
        );
    }
}
