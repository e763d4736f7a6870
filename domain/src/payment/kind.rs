//! What a payment does to the customer's money. Each kind has its own messages, its own way back
//! and its own column in the totals.

/// What a payment does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum PaymentKind {
    /// Takes money for goods. What every payment was before kinds were told.
    #[default]
    Sale,
    /// Takes a sale back as long as its batch is open.
    Void,
    /// Gives money back for a sale whose batch is closed.
    Refund,
    /// Holds money for a completion.
    PreAuthorisation,
    /// Takes what a pre-authorisation held, once.
    Completion,
    /// Asks what a card holds; moves nothing.
    Balance,
    /// Pays a credit card's debt, from cash or another card.
    Repayment,
}
