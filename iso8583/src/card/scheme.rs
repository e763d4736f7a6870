//! Card schemes by the first digits of the number.

use super::Pan;
use std::fmt;

/// Who runs the network a card belongs to.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Scheme {
    /// China UnionPay.
    UnionPay,
    /// Visa.
    Visa,
    /// Mastercard.
    Mastercard,
    /// Maestro.
    Maestro,
    /// American Express.
    Amex,
    /// JCB.
    Jcb,
    /// Diners Club.
    Diners,
    /// Discover.
    Discover,
    /// None of these ranges.
    Unknown,
}

/// First six digits, from and to. The first match holds: UnionPay before Discover, which shares
/// 622126–622925 with it.
const RANGES: [(u32, u32, Scheme); 24] = [
    (620_000, 629_999, Scheme::UnionPay),
    (810_000, 817_199, Scheme::UnionPay),
    (400_000, 499_999, Scheme::Visa),
    (510_000, 559_999, Scheme::Mastercard),
    (222_100, 272_099, Scheme::Mastercard),
    (340_000, 349_999, Scheme::Amex),
    (370_000, 379_999, Scheme::Amex),
    (352_800, 358_999, Scheme::Jcb),
    (300_000, 305_999, Scheme::Diners),
    (309_500, 309_599, Scheme::Diners),
    (360_000, 369_999, Scheme::Diners),
    (380_000, 399_999, Scheme::Diners),
    (601_100, 601_109, Scheme::Discover),
    (601_120, 601_149, Scheme::Discover),
    (601_174, 601_174, Scheme::Discover),
    (601_177, 601_179, Scheme::Discover),
    (601_186, 601_199, Scheme::Discover),
    (644_000, 659_999, Scheme::Discover),
    (500_000, 509_999, Scheme::Maestro),
    (560_000, 589_999, Scheme::Maestro),
    (602_000, 609_999, Scheme::Maestro),
    (630_000, 643_999, Scheme::Maestro),
    (660_000, 699_999, Scheme::Maestro),
    (601_000, 601_199, Scheme::Maestro),
];

impl Scheme {
    /// The scheme of a card.
    pub fn of(pan: &Pan) -> Self {
        Self::of_bin(pan.first6())
    }

    /// The scheme of six first digits.
    pub fn of_bin(first6: &str) -> Self {
        let Ok(bin) = first6.parse::<u32>() else {
            return Self::Unknown;
        };
        RANGES
            .iter()
            .find(|(from, to, _)| (*from..=*to).contains(&bin))
            .map_or(Self::Unknown, |(_, _, scheme)| *scheme)
    }

    /// Its name in configurations and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnionPay => "unionpay",
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Maestro => "maestro",
            Self::Amex => "amex",
            Self::Jcb => "jcb",
            Self::Diners => "diners",
            Self::Discover => "discover",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_ranges() {
        for (bin, scheme) in [
            ("621626", Scheme::UnionPay),
            ("622126", Scheme::UnionPay),
            ("401288", Scheme::Visa),
            ("555555", Scheme::Mastercard),
            ("222100", Scheme::Mastercard),
            ("272100", Scheme::Unknown),
            ("378282", Scheme::Amex),
            ("353011", Scheme::Jcb),
            ("305693", Scheme::Diners),
            ("601111", Scheme::Maestro),
            ("601100", Scheme::Discover),
            ("900000", Scheme::Unknown),
        ] {
            assert_eq!(Scheme::of_bin(bin), scheme, "{bin}");
        }
    }
}
