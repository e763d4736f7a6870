//! What pays for a sale: every kind there is or will be, so that records, reports and receipts know
//! them before the first one is taken. Cash, cards and wallets are taken today.

use crate::{
    card_ref::Scheme,
    ids::PaymentId,
    money::Money,
    sale::{OwedBy, TenderKind},
};

/// What paid for a sale.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tender {
    /// Notes and coins, all that were given.
    Cash {
        /// Before change.
        given: Money,
    },
    /// A card, by what a closed sale's record tells of it.
    Card {
        /// What it pays.
        amount: Money,
        /// What the hub knows it by.
        payment_id: PaymentId,
        /// Its network.
        scheme: Scheme,
    },
    /// A code on the customer's phone.
    Wallet {
        /// What it pays.
        amount: Money,
        /// What the hub knows it by.
        payment_id: PaymentId,
        /// Whose wallet.
        scheme: Scheme,
    },
    /// A gift or prepaid card of the store.
    GiftCard {
        /// What it pays.
        amount: Money,
        /// The payment: the hub is its bank.
        payment_id: PaymentId,
    },
    /// A voucher, once.
    Voucher {
        /// What it pays.
        amount: Money,
        /// Which.
        number: String,
    },
    /// Notes of another currency, at the day's rate.
    ForeignCash {
        /// What they pay, in the store's currency.
        amount: Money,
        /// As they were given.
        foreign: Money,
    },
    /// Nobody has paid it yet.
    Owed {
        /// What is owed.
        amount: Money,
        /// By whom.
        by: OwedBy,
    },
}

impl Tender {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> TenderKind {
        match self {
            Self::Cash { .. } => TenderKind::Cash,
            Self::Card { .. } => TenderKind::Card,
            Self::Wallet { .. } => TenderKind::Wallet,
            Self::GiftCard { .. } => TenderKind::GiftCard,
            Self::Voucher { .. } => TenderKind::Voucher,
            Self::ForeignCash { .. } => TenderKind::ForeignCash,
            Self::Owed { .. } => TenderKind::Owed,
        }
    }

    /// What was given or approved.
    #[must_use]
    pub const fn amount(&self) -> Money {
        match self {
            Self::Cash { given } => *given,
            Self::Card { amount, .. }
            | Self::Wallet { amount, .. }
            | Self::GiftCard { amount, .. }
            | Self::Voucher { amount, .. }
            | Self::ForeignCash { amount, .. }
            | Self::Owed { amount, .. } => *amount,
        }
    }

    /// The payment at the hub that stands behind it, if one does.
    #[must_use]
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Card { payment_id, .. }
            | Self::Wallet { payment_id, .. }
            | Self::GiftCard { payment_id, .. } => Some(*payment_id),
            Self::Cash { .. }
            | Self::Voucher { .. }
            | Self::ForeignCash { .. }
            | Self::Owed { .. } => None,
        }
    }

    /// Its network, if it has one.
    #[must_use]
    pub const fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Card { scheme, .. } | Self::Wallet { scheme, .. } => Some(*scheme),
            Self::Cash { .. }
            | Self::GiftCard { .. }
            | Self::Voucher { .. }
            | Self::ForeignCash { .. }
            | Self::Owed { .. } => None,
        }
    }
}
