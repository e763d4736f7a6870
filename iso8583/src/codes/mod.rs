//! Codes at a till that aren't cards: labels with a price in them, and wallet codes.

mod price_label;
mod wallet;

pub use price_label::{BarcodeError, PriceLabel, PriceLayout, ean_check_digit};
pub use wallet::Wallet;
