//! What a lane asks of the hub.

use crate::{
    card_ref::{CardRef, EntryMode},
    ids::{LaneEpoch, LaneId, PaymentId, SaleNumber},
    money::Money,
};

/// A card sale as the lane journaled its intent. Two requests with one id must be equal in full:
/// the same id with other content is refused and alarmed (payments.md, rule 1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PaymentRequest {
    /// Minted by the lane.
    pub payment_id: PaymentId,
    /// Who asks.
    pub lane: LaneId,
    /// As which machine.
    pub epoch: LaneEpoch,
    /// For which sale.
    pub sale: SaleNumber,
    /// What the card shall pay.
    pub amount: Money,
    /// How the card was read.
    pub entry_mode: EntryMode,
    /// Whether a PIN was entered.
    pub pin_entered: bool,
    /// The card.
    pub card: CardRef,
}
