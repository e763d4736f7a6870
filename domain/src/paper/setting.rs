//! How a lane's papers are set.

use super::language::PaperLanguage;

/// How wide the paper is, in columns of the printer's plain letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PaperColumns(u8);

impl PaperColumns {
    /// Font A on paper of 58 mm.
    pub const NARROW: Self = Self(32);
    /// Font A on paper of 80 mm, as most printers set it.
    pub const WIDE: Self = Self(42);
    /// The same as a number.
    pub const WIDE_NUMBER: u8 = Self::WIDE.0;
    /// The widths that a printer may have.
    pub const RANGE: std::ops::RangeInclusive<u8> = 24..=80;

    /// `None`: no printer has so many.
    #[must_use]
    pub fn new(columns: u8) -> Option<Self> {
        Self::RANGE.contains(&columns).then_some(Self(columns))
    }

    /// As a number.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0 as usize
    }
}

impl Default for PaperColumns {
    fn default() -> Self {
        Self::WIDE
    }
}

/// How a lane's papers are set.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct PaperSetting {
    /// How wide.
    pub columns: PaperColumns,
    /// In which language.
    pub language: PaperLanguage,
    /// When the merchant keeps a copy of a card payment.
    pub merchant_copy: MerchantCopy,
}

/// When the merchant keeps a copy of a card payment.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum MerchantCopy {
    /// He keeps none.
    #[default]
    Never,
    /// When the cardholder has to sign.
    Signature,
    /// Of each card payment.
    Always,
}

impl MerchantCopy {
    /// All of them, with the names of a configuration.
    pub const ALL: [(&'static str, Self); 3] = [
        ("never", Self::Never),
        ("signature", Self::Signature),
        ("always", Self::Always),
    ];
}
