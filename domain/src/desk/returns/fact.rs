//! What is written of returns.

use crate::{
    ids::{PaymentId, ReceiptNumber, ReturnId},
    money::Money,
    returns::Taking,
};

/// What happened to a return.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReturnFact {
    /// What it takes is taken from here on: nobody else can have it. What was reserved for the same
    /// return before is given back by it.
    Reserved {
        /// The return.
        id: ReturnId,
        /// The basket that was asked for.
        revision: u32,
        /// What it takes.
        taking: Taking,
        /// The lane's journal shows it: a hub before this one had reserved it.
        shown: bool,
    },
    /// The lane pays a card's part in cash: it is not owed to the card.
    PaidInCash {
        /// The return.
        id: ReturnId,
        /// The payment by card.
        payment_id: PaymentId,
        /// How much.
        amount: Money,
    },
    /// The lane closed it.
    Completed {
        /// The return.
        id: ReturnId,
        /// What the return was closed with.
        receipt: ReceiptNumber,
        /// What was paid back in all; the rest paid for other goods on the same receipt.
        payout: Money,
    },
    /// It was not closed, and what it took is given back.
    Released {
        /// The return.
        id: ReturnId,
        /// By whom or what.
        why: Released,
    },
}

/// Why a reservation is given back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Released {
    /// The lane's journal shows that the return was given up, or closed without it.
    NotClosed,
    /// The journal of its machine ended without it.
    EpochOver,
    /// Somebody says that it was never closed.
    ByHand {
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
}
