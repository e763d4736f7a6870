//! Who is at a lane, as its screens say it.

use crate::{ids::OperatorId, operators::Role};

/// Who is at the lane, for its screens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperatorView {
    /// The lane was never told of operators.
    NotConfigured,
    /// Nobody: the lane is locked.
    SignedOff {
        /// Whose basket waits.
        basket_of: Option<OperatorId>,
    },
    /// Somebody.
    SignedOn {
        /// Their number.
        operator: OperatorId,
        /// Their name; empty while the list is not at hand.
        name: String,
        /// What they are.
        role: Role,
    },
}
