//! Whether somebody may do what not every cashier may. Who holds which right is decided where
//! operators are known; here it comes as a value, and the record says who it was.

use crate::ids::OperatorId;

/// Whether there is a right to what is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// There is none.
    Missing,
    /// Of this operator: the cashier, or a supervisor beside.
    HeldBy(OperatorId),
}

impl Right {
    /// Who holds it.
    #[must_use]
    pub const fn holder(self) -> Option<OperatorId> {
        match self {
            Self::Missing => None,
            Self::HeldBy(operator) => Some(operator),
        }
    }
}
