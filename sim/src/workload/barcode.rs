//! EAN-13 numbers: check digit, and labels that carry their price.

/// The check digit of the first 12 digits (GS1 General Specifications, 7.9).
fn check_digit(digits: &str) -> char {
    let sum: u32 = digits
        .chars()
        .filter_map(|digit| digit.to_digit(10))
        .zip([1, 3].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    char::from_digit((10 - sum % 10) % 10, 10).unwrap_or('0')
}

/// 12 digits with their check digit.
#[must_use]
pub fn ean13(digits: &str) -> String {
    format!("{digits}{}", check_digit(digits))
}

/// Whether this is 13 digits with the right check digit.
#[must_use]
pub fn is_ean13(code: &str) -> bool {
    code.len() == 13
        && code.bytes().all(|byte| byte.is_ascii_digit())
        && code.get(..12).is_some_and(|digits| ean13(digits) == code)
}

/// Whether this is the article part of a label that carries its price: 7 digits from 20 to 29.
#[must_use]
pub fn is_label_prefix(code: &str) -> bool {
    code.len() == 7 && code.starts_with('2') && code.bytes().all(|byte| byte.is_ascii_digit())
}

/// The label of a weighed good: 7 digits prefix and article, 5 digits price in minor units, check
/// digit. The price is at most 99999.
#[must_use]
pub fn price_label(prefix: &str, price_minor: i64) -> String {
    ean13(&format!("{prefix}{price_minor:05}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_check() {
        // The example of the GS1 General Specifications.
        assert_eq!(ean13("629104150021"), "6291041500213");
        assert!(is_ean13("4006381333931"));
        assert!(!is_ean13("4006381333930"));
        assert!(!is_ean13("400638133393"));
    }

    #[test]
    fn a_label_carries_its_price() {
        let label = price_label("2100042", 1_234);
        assert!(label.starts_with("210004201234"));
        assert!(is_ean13(&label));
        assert!(is_label_prefix("2100042"));
        assert!(!is_label_prefix("6900000"));
    }
}
