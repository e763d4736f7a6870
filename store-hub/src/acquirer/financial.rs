//! What every financial message says, by whatever it is paid.

use domain::{
    card_ref::EntryMode,
    desk::{Binding, Financial},
};
use iso8583::{
    dialect::Dialect,
    message::{Message, Mti},
};

use crate::keys::KeyStoreError;

/// Why a message can't be built. Carries no card.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OutgoingError {
    /// The card is gone, or was never held.
    #[error("no card data for this message")]
    NoCard,
    /// The acquirer's dialect has no messages for it.
    #[error("the dialect has no messages of wallets")]
    NoWallets,
    /// The key store refused the PIN.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
}

/// What every financial message says.
pub(super) fn financial_message(
    mti: Mti,
    processing_code: &str,
    binding: &Binding,
    financial: &Financial,
    dialect: &Dialect,
) -> Message {
    let amount = u64::try_from(financial.amount.minor()).unwrap_or(0);
    let mut message = Message::new(mti);
    message
        .set(3, processing_code)
        .set_number(4, amount, 12)
        .set(11, binding.stan.to_string())
        .set(22, entry_mode(financial))
        .set(25, "00")
        .set(41, binding.tid.as_str())
        .set(42, binding.mid.as_str())
        .set(49, format!("{:03}", financial.amount.currency().numeric()));
    if let Some(field) = dialect.settings().payment_reference_field {
        message.set(field, financial.payment_id.to_string());
    }
    message
}

/// Field 22: how the card was read, and whether a PIN was entered.
fn entry_mode(financial: &Financial) -> String {
    let mode = match financial.entry_mode {
        EntryMode::Keyed => "01",
        EntryMode::Stripe => "02",
        EntryMode::Chip => "05",
        EntryMode::Contactless => "07",
        EntryMode::Code => "03",
    };
    let pin = if financial.pin_entered { "1" } else { "2" };
    format!("{mode}{pin}")
}
