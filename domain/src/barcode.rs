//! What a scanned code says: an article, or an in-store label that carries its price.
//!
//! Check digits follow the GS1 General Specifications, section 7.9. A code whose check digit is
//! wrong is a misread: it is refused and scanned again, never looked up.

use std::fmt;

/// How a store's scale writes its labels: EAN-13 with a prefix of 20 to 29.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LabelLayout {
    /// 2 digits prefix, 5 digits item, 5 digits price: usual for scales in China.
    ItemOfFive,
    /// 2 digits prefix, 4 digits item, 1 price check digit, 5 digits price (GS1).
    PriceCheckDigit,
}

/// An article's number, in the one form all forms meet in: GTIN-14.
///
/// UPC-A, EAN-13 and EAN-8 are the same number with its leading zeros left away (GS1 General
/// Specifications, section 3.3.2), so that a UPC-A that is scanned finds the EAN-13 that was filed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gtin(u64);

impl Gtin {
    /// Reads 8, 12, 13 or 14 digits with their check digit.
    ///
    /// # Errors
    /// Another form, or a check digit that doesn't fit.
    pub fn read(text: &str) -> Result<Self, BarcodeError> {
        let digits = digits(text).ok_or(BarcodeError::Form)?;
        if !matches!(digits.len(), 8 | 12 | 13 | 14) || digits.iter().all(|digit| *digit == 0) {
            return Err(BarcodeError::Form);
        }
        let (last, body) = digits.split_last().ok_or(BarcodeError::Form)?;
        if check_digit_of(body) != *last {
            return Err(BarcodeError::CheckDigit);
        }
        text.parse().map(Self).map_err(|_| BarcodeError::Form)
    }

    /// Whether this is an EAN-13 with prefix 20 to 29: a label of the store's own scale, which
    /// carries its price and is never looked up as an article.
    #[must_use]
    pub const fn is_label(self) -> bool {
        matches!(self.0, 2_000_000_000_000..=2_999_999_999_999)
    }

    /// As an EAN-13 whose first digit is not a zero; `None`: it is none.
    #[must_use]
    pub fn in_13_digits(self) -> Option<String> {
        let is_one = matches!(self.0, 1_000_000_000_000..=9_999_999_999_999);
        is_one.then(|| self.in_digits(13))
    }

    /// The number with so many digits, as it is printed in that form.
    #[must_use]
    pub fn in_digits(self, digits: usize) -> String {
        format!("{:0digits$}", self.0)
    }
}

impl fmt::Display for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_digits(14))
    }
}

impl fmt::Debug for Gtin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Prefix and item of a label that carries its price: 7 digits, or 6 where a price check digit
/// follows, the first of them a 2.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LabelItem(u32);

impl LabelItem {
    /// Reads 6 or 7 digits that begin with a 2.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let is_item = matches!(text.len(), 6 | 7)
            && text.starts_with('2')
            && text.bytes().all(|byte| byte.is_ascii_digit());
        is_item.then(|| text.parse().ok().map(Self)).flatten()
    }

    /// Whether labels of this layout can carry it.
    #[must_use]
    pub const fn fits(self, layout: LabelLayout) -> bool {
        match layout {
            LabelLayout::ItemOfFive => self.0 >= 2_000_000,
            LabelLayout::PriceCheckDigit => self.0 < 2_000_000,
        }
    }
}

impl fmt::Display for LabelItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A code that was read correctly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Barcode {
    /// An article: UPC-A, EAN-13, EAN-8 or GTIN-14.
    Article(Gtin),
    /// An in-store label with the price of this one piece.
    PriceEmbedded {
        /// Prefix and item: what the price file knows it by.
        item: LabelItem,
        /// The price on the label, in minor units.
        price_minor: i64,
    },
}

/// Why a code is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BarcodeError {
    /// Not 8, 12, 13 or 14 digits.
    #[error("a barcode has 8, 12, 13 or 14 digits")]
    Form,
    /// The last digit doesn't fit the others.
    #[error("wrong check digit")]
    CheckDigit,
    /// The label's own check digit of the price doesn't fit the price.
    #[error("wrong price check digit")]
    PriceCheckDigit,
}

impl Barcode {
    /// Reads UPC-A, EAN-13, EAN-8 or GTIN-14; EAN-13 with prefix 20 to 29 is an in-store label.
    ///
    /// # Errors
    /// Another form, or a check digit that doesn't fit.
    pub fn read(text: &str, layout: LabelLayout) -> Result<Self, BarcodeError> {
        let number = Gtin::read(text)?;
        if number.is_label() {
            let (item, price) = label_parts(&number.in_digits(13), layout)?;
            let price_minor = price.into();
            Ok(Self::PriceEmbedded { item, price_minor })
        } else {
            Ok(Self::Article(number))
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

/// Item and value of a label of 13 digits whose last one is right.
///
/// # Errors
/// A form that no label has, or a price check digit that doesn't fit.
pub(crate) fn label_parts(
    ean13: &str,
    layout: LabelLayout,
) -> Result<(LabelItem, u32), BarcodeError> {
    let value = ean13.get(7..12).ok_or(BarcodeError::Form)?;
    let item = match layout {
        LabelLayout::ItemOfFive => ean13.get(..7),
        LabelLayout::PriceCheckDigit => {
            let digit = ean13.get(6..7).and_then(|digit| digit.parse().ok());
            if digit != price_check_digit(value) {
                return Err(BarcodeError::PriceCheckDigit);
            }
            ean13.get(..6)
        }
    };
    let item = item.and_then(LabelItem::read).ok_or(BarcodeError::Form)?;
    let value = value.parse().map_err(|_| BarcodeError::Form)?;
    Ok((item, value))
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

    fn article(text: &str) -> Gtin {
        match Barcode::read(text, LabelLayout::ItemOfFive).unwrap() {
            Barcode::Article(number) => number,
            Barcode::PriceEmbedded { .. } => panic!("{text} is a label"),
        }
    }

    /// F30: a UPC-A that is scanned is the EAN-13 that was filed.
    #[test]
    fn f30_all_forms_of_a_number_are_one_number() {
        for forms in [
            &["036000291452", "0036000291452", "00036000291452"][..],
            &["96385074", "0000096385074", "00000096385074"],
            &["4006381333931", "04006381333931"],
        ] {
            for form in forms {
                assert_eq!(article(form), article(forms[0]), "{form}");
                assert_eq!(article(form).in_digits(form.len()), *form);
            }
        }
        let case = format!("1003600029145{}", check_digit("1003600029145").unwrap());
        assert_ne!(
            article(&case),
            article("036000291452"),
            "a case is no piece"
        );
    }

    #[test]
    fn a_wrong_digit_or_form_is_refused() {
        let read = |text| Barcode::read(text, LabelLayout::ItemOfFive);
        assert_eq!(read("4006381333930"), Err(BarcodeError::CheckDigit));
        assert_eq!(read("4006381333913"), Err(BarcodeError::CheckDigit));
        assert_eq!(read("96385075"), Err(BarcodeError::CheckDigit));
        for wrong in ["", "1", "0000000000000", "40063813339 1", "４006381333931"] {
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
                item: LabelItem::read("2112345").unwrap(),
                price_minor: 1299
            })
        );
        assert_eq!(
            Barcode::read(&format!("0{label}"), LabelLayout::ItemOfFive),
            Barcode::read(&label, LabelLayout::ItemOfFive)
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
                    item: LabelItem::read(ean13.get(..6).unwrap()).unwrap(),
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
