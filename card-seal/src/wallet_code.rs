//! The code of a customer's wallet: it pays once, and whoever has it can use it. Like card data it
//! is in clear only where it is read and where its message is made.

use std::fmt;

use zeroize::Zeroizing;

use crate::{
    card::BadCard,
    encoding::{Reader, Writer},
};

/// Version of a code inside a seal: never taken for card data.
pub(crate) const CODE_VERSION: u8 = 2;
const DIGITS_MIN: usize = 16;
const DIGITS_MAX: usize = 24;

/// A wallet's code, 16 to 24 digits. Wiped from memory when dropped; `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct WalletCode(Zeroizing<String>);

impl WalletCode {
    /// Takes a code.
    ///
    /// # Errors
    /// Not 16 to 24 digits.
    pub fn new(code: Zeroizing<String>) -> Result<Self, BadCard> {
        let is_code = (DIGITS_MIN..=DIGITS_MAX).contains(&code.len())
            && code.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then_some(Self(code)).ok_or(BadCard::Code)
    }

    /// Its digits, for the message that pays.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    pub(crate) fn write(&self, writer: &mut Writer) {
        writer.text(&self.0);
    }

    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Self::new(Zeroizing::new(reader.text()?)).ok()
    }
}

impl fmt::Debug for WalletCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WalletCode")
    }
}
