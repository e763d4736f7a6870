//! What can happen at a cash drawer.

use super::{Collector, Pieces, TillOf};
use crate::{ids::OperatorId, money::Money, operators::Action, sale::Right};

/// One thing that somebody wants of the drawer. All but [`TillEvent::X`] wait until no sale is
/// open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TillEvent {
    /// An operator begins to answer for the drawer.
    ShiftBegun {
        /// Who.
        operator: OperatorId,
    },
    /// The operator who answers for it does so no longer, counted or not.
    ShiftEnded {
        /// Who ends it.
        by: OperatorId,
        /// To end the shift of somebody else.
        right: Right,
    },
    /// One shift ends and the next begins, with nothing between them.
    HandedOver {
        /// Who begins.
        to: OperatorId,
        /// To end the shift of somebody else, where the one who leaves is not there.
        right: Right,
    },
    /// Cash is put into the drawer.
    Float {
        /// Who is at the lane.
        operator: OperatorId,
        /// How much.
        amount: Money,
        /// To do so.
        right: Right,
    },
    /// Cash is taken out, since too much lies there.
    Pickup {
        /// Who is at the lane.
        operator: OperatorId,
        /// How much.
        amount: Money,
        /// What is said about it, or empty.
        note: String,
        /// To do so.
        right: Right,
    },
    /// Cash is dropped into the safe.
    Drop {
        /// Who is at the lane.
        operator: OperatorId,
        /// How much.
        amount: Money,
        /// What is said about it, or empty.
        note: String,
        /// To do so.
        right: Right,
    },
    /// A guard takes cash out of the safe.
    Collected {
        /// Who is at the lane.
        operator: OperatorId,
        /// How much.
        amount: Money,
        /// Checked at the door.
        collector: Collector,
        /// To hand it over.
        right: Right,
    },
    /// The drawer is wanted open, without a sale.
    NoSale {
        /// Who is at the lane.
        operator: OperatorId,
        /// Why, in words.
        reason: String,
        /// To do so.
        right: Right,
    },
    /// The drawer is opened to be counted.
    CountBegun {
        /// Who counts.
        operator: OperatorId,
        /// To do so.
        right: Right,
    },
    /// The drawer was counted, by note and coin.
    Counted {
        /// Who counted.
        operator: OperatorId,
        /// What was found.
        pieces: Vec<Pieces>,
    },
    /// A report in between: nothing changes by it.
    X {
        /// Whose.
        of: TillOf,
        /// Who wants it.
        by: OperatorId,
        /// To see it.
        right: Right,
    },
    /// A report that ends what it reports.
    Z {
        /// Whose.
        of: TillOf,
        /// Who takes it.
        by: OperatorId,
        /// To do so.
        right: Right,
    },
    /// The paper of the last Z once more.
    ZAgain,
}

impl TillEvent {
    /// What it asks for. A shift may be ended by whoever it belongs to; that of somebody else is
    /// taken over.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::ShiftBegun { .. } => Action::Sell,
            Self::ShiftEnded { .. } | Self::HandedOver { .. } => Action::TakeOver,
            Self::Float { .. } => Action::Float,
            Self::Pickup { .. } => Action::Pickup,
            Self::Drop { .. } => Action::Drop,
            Self::Collected { .. } => Action::Collect,
            Self::NoSale { .. } => Action::NoSale,
            Self::CountBegun { .. } | Self::Counted { .. } => Action::Count,
            Self::X { .. } => Action::X,
            Self::Z { .. } | Self::ZAgain => Action::Z,
        }
    }

    /// How much it is about.
    #[must_use]
    pub const fn amount(&self) -> Option<Money> {
        match self {
            Self::Float { amount, .. }
            | Self::Pickup { amount, .. }
            | Self::Drop { amount, .. }
            | Self::Collected { amount, .. } => Some(*amount),
            Self::ShiftBegun { .. }
            | Self::ShiftEnded { .. }
            | Self::HandedOver { .. }
            | Self::NoSale { .. }
            | Self::CountBegun { .. }
            | Self::Counted { .. }
            | Self::X { .. }
            | Self::Z { .. }
            | Self::ZAgain => None,
        }
    }

    /// The same, of whoever is signed on, by whoever has the right.
    #[must_use]
    pub(crate) fn of(mut self, who: OperatorId, held: Right) -> Self {
        match &mut self {
            Self::Float {
                operator, right, ..
            }
            | Self::Pickup {
                operator, right, ..
            }
            | Self::Drop {
                operator, right, ..
            }
            | Self::Collected {
                operator, right, ..
            }
            | Self::NoSale {
                operator, right, ..
            }
            | Self::CountBegun { operator, right } => (*operator, *right) = (who, held),
            Self::ShiftEnded { by, right }
            | Self::X { by, right, .. }
            | Self::Z { by, right, .. } => (*by, *right) = (who, held),
            Self::ShiftBegun { operator } | Self::Counted { operator, .. } => *operator = who,
            Self::HandedOver { right, .. } => *right = held,
            Self::ZAgain => {}
        }
        self
    }
}
