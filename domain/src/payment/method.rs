//! By what a customer pays without cash.

/// By what a payment is made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PaymentMethod {
    /// A card of the acquirer's networks. What every payment was before methods were told.
    #[default]
    Card,
    /// A code that the customer shows, of a wallet's provider.
    Wallet,
    /// A gift card or code of the store: the hub is its bank.
    Gift,
}
