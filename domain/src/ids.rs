//! A type per id, so that no id is ever taken for another.

use std::fmt;

/// A text that does not have the form of the id it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {what}: {form}")]
pub struct InvalidId {
    /// Which id was meant.
    pub what: &'static str,
    /// The form it should have.
    pub form: &'static str,
}

/// One card or wallet payment: 128 bits, minted by the lane, never reused (payments.md, rule 1).
///
/// Shown as 32 lower-case hex digits; the same text is the reference in the host's ledger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentId(pub u128);

impl PaymentId {
    /// Reads the 32 hex digits.
    ///
    /// # Errors
    /// Any other form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId {
            what: "payment id",
            form: "32 hex digits",
        };
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong);
        }
        u128::from_str_radix(text, 16).map(Self).map_err(|_| wrong)
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for PaymentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A checkout lane of a store, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LaneId(pub u16);

impl fmt::Display for LaneId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "lane-{}", self.0)
    }
}

/// Which machine speaks for a lane: a swapped-in Pi gets the next one, and the hub fences the
/// older.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LaneEpoch(pub u32);

/// One sale of a lane: gap-free per lane and epoch, from 1. Not the receipt number: a voided sale
/// has one too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SaleNumber(pub u32);

/// Number of a receipt: lane – epoch – sequence, unique, gap-free per lane and epoch (I12).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReceiptNumber {
    /// The lane that printed it.
    pub lane: LaneId,
    /// The lane's epoch.
    pub epoch: LaneEpoch,
    /// From 1, without a gap.
    pub sequence: u32,
}

impl ReceiptNumber {
    /// Reads `3-1-000042`.
    ///
    /// # Errors
    /// Any other form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId {
            what: "receipt number",
            form: "LANE-EPOCH-SEQUENCE",
        };
        let mut parts = text.split('-');
        let (Some(lane), Some(epoch), Some(sequence), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(wrong);
        };
        Ok(Self {
            lane: LaneId(lane.parse().map_err(|_| wrong)?),
            epoch: LaneEpoch(epoch.parse().map_err(|_| wrong)?),
            sequence: sequence.parse().map_err(|_| wrong)?,
        })
    }
}

impl ReceiptNumber {
    /// The letter that a receipt's barcode begins with.
    pub const BARCODE_PREFIX: &str = "R";

    /// Reads what is typed or scanned of a receipt: `3-1-000042`, `R3-1-000042`. `None`: it is
    /// none.
    #[must_use]
    pub fn scanned(text: &str) -> Option<Self> {
        // A store may have given its receipts another prefix.
        let number = text.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        Self::parse(number).ok()
    }

    /// What its barcode says.
    #[must_use]
    pub fn in_barcode(&self) -> String {
        format!("{}{self}", Self::BARCODE_PREFIX)
    }
}

impl fmt::Display for ReceiptNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:06}", self.lane.0, self.epoch.0, self.sequence)
    }
}

/// System trace audit number, field 11: 1 to 999999; 000000 is skipped (payments.md, rule 10).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stan(u32);

impl Stan {
    /// The first.
    pub const FIRST: Self = Self(1);
    /// The last before it wraps.
    pub const LAST: Self = Self(999_999);

    /// A STAN by its number.
    ///
    /// # Errors
    /// 0, or above 999999.
    pub const fn new(number: u32) -> Result<Self, InvalidId> {
        if number >= 1 && number <= 999_999 {
            Ok(Self(number))
        } else {
            Err(InvalidId {
                what: "STAN",
                form: "000001 to 999999",
            })
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one so many after, wrapping like `next`.
    #[must_use]
    pub fn skip(self, count: u32) -> Self {
        let zero_based = u64::from(self.0).saturating_sub(1);
        let skipped = zero_based.saturating_add(count.into());
        let wrapped = skipped.checked_rem(u64::from(Self::LAST.0)).unwrap_or(0);
        Self(u32::try_from(wrapped).unwrap_or(0).saturating_add(1))
    }

    /// The one after, 000001 after 999999.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 >= 999_999 {
            Self(1)
        } else {
            Self(self.0.saturating_add(1))
        }
    }
}

impl fmt::Display for Stan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

/// Number of a settlement batch of one terminal, 000000 to 999999 (field 60.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BatchNumber(u32);

impl BatchNumber {
    /// A batch by its number.
    ///
    /// # Errors
    /// Above 999999.
    pub const fn new(number: u32) -> Result<Self, InvalidId> {
        if number <= 999_999 {
            Ok(Self(number))
        } else {
            Err(InvalidId {
                what: "batch number",
                form: "000000 to 999999",
            })
        }
    }

    /// The number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The one after, 000001 after 999999.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.0 >= 999_999 {
            Self(1)
        } else {
            Self(self.0.saturating_add(1))
        }
    }
}

impl fmt::Display for BatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

macro_rules! ascii_id {
    ($(#[$doc:meta])* $name:ident, $length:literal, $what:literal, $form:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes the text.
            ///
            /// # Errors
            /// A wrong length, or a character that is not printable ASCII.
            pub fn new(text: &str) -> Result<Self, InvalidId> {
                let printable = text.bytes().all(|byte| (0x20..0x7f).contains(&byte));
                if text.len() == $length && printable {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(InvalidId { what: $what, form: $form })
                }
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

ascii_id!(
    /// Terminal id, field 41.
    Tid,
    8,
    "TID",
    "8 printable ASCII characters"
);
ascii_id!(
    /// Merchant id, field 42.
    Mid,
    15,
    "MID",
    "15 printable ASCII characters"
);
ascii_id!(
    /// Retrieval reference number, field 37, given by the host.
    Rrn,
    12,
    "RRN",
    "12 printable ASCII characters"
);
ascii_id!(
    /// Authorisation code, field 38, given by the host.
    AuthCode,
    6,
    "authorisation code",
    "6 printable ASCII characters"
);

/// One entry of the store-and-forward queue; the hub counts them from 1 and never reuses one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct ForwardId(pub u64);

/// One offline lease of the store; the hub counts them from 1 and never reuses one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LeaseId(pub u64);

/// A person signed on at a lane.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OperatorId(pub u32);

/// A return: the sale in which goods come back, of all lanes of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ReturnId {
    /// The lane that takes them back.
    pub lane: LaneId,
    /// Its machine.
    pub epoch: LaneEpoch,
    /// The sale it comes back in.
    pub sale: SaleNumber,
}

impl ReturnId {
    /// Reads `3-1-42`: lane, epoch, sale.
    ///
    /// # Errors
    /// Any other form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId {
            what: "return",
            form: "LANE-EPOCH-SALE",
        };
        let number = ReceiptNumber::parse(text).map_err(|_| wrong)?;
        Ok(Self {
            lane: number.lane,
            epoch: number.epoch,
            sale: SaleNumber(number.sequence),
        })
    }
}

impl fmt::Display for ReturnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.lane.0, self.epoch.0, self.sale.0)
    }
}

/// Which suspended sale, of all lanes of a store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SuspendedId {
    /// The lane that suspended it.
    pub lane: LaneId,
    /// Its machine.
    pub epoch: LaneEpoch,
    /// The sale it was.
    pub sale: SaleNumber,
}

impl SuspendedId {
    /// Reads `3-1-42`: lane, epoch, sale.
    ///
    /// # Errors
    /// Any other form.
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let wrong = InvalidId {
            what: "suspended basket",
            form: "LANE-EPOCH-SALE",
        };
        let number = ReceiptNumber::parse(text).map_err(|_| wrong)?;
        Ok(Self {
            lane: number.lane,
            epoch: number.epoch,
            sale: SaleNumber(number.sequence),
        })
    }
}

impl fmt::Display for SuspendedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.lane.0, self.epoch.0, self.sale.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_refuse_other_forms() {
        let id = PaymentId(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        assert_eq!(PaymentId::parse(&id.to_string()), Ok(id));
        for wrong in ["", "12", "+1234567890123456789012345678901", "zz"] {
            assert!(PaymentId::parse(wrong).is_err(), "{wrong}");
        }
        let receipt = ReceiptNumber {
            lane: LaneId(3),
            epoch: LaneEpoch(1),
            sequence: 42,
        };
        assert_eq!(receipt.to_string(), "3-1-000042");
        assert_eq!(ReceiptNumber::parse("3-1-000042"), Ok(receipt));
    }

    #[test]
    fn a_stan_skips_ahead_and_wraps() {
        let stan = |number| Stan::new(number).unwrap();
        assert_eq!(stan(1).skip(10_000), stan(10_001));
        assert_eq!(stan(999_999).skip(1), stan(1));
        assert_eq!(stan(995_000).skip(10_000), stan(5_001));
    }

    #[test]
    fn a_stan_skips_zero_when_it_wraps() {
        assert!(Stan::new(0).is_err());
        assert!(Stan::new(1_000_000).is_err());
        assert_eq!(Stan::LAST.next(), Stan::FIRST);
    }
}
