//! What happened at a cash drawer, as records tell it.

use std::sync::Arc;

use super::{CashCounted, DrawerReason, Movement, Report};
use crate::{
    ids::{OperatorId, SaleNumber},
    money::Money,
};

/// What happened at the cash drawer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TillFact {
    /// Cash was given for a sale. It counts for the drawer once the sale has ended.
    CashTendered {
        /// The sale.
        sale: SaleNumber,
        /// All that was given.
        given: Money,
    },
    /// From here on this operator answers for the drawer.
    ShiftBegun {
        /// Who.
        operator: OperatorId,
    },
    /// From here on nobody does, until the next shift begins.
    ShiftEnded {
        /// Whose shift.
        operator: OperatorId,
        /// Who ended it: the same, or a supervisor.
        by: OperatorId,
        /// Whether the drawer was counted, and nothing moved since.
        counted: bool,
    },
    /// Cash moved between accounts.
    CashMoved(Movement),
    /// The drawer was opened without a sale.
    DrawerOpened {
        /// Who is at the lane.
        operator: OperatorId,
        /// Who had the right to it.
        allowed_by: OperatorId,
        /// What for.
        why: DrawerReason,
        /// In words, or empty.
        reason: String,
    },
    /// The drawer was counted; from here on it holds what was found.
    Counted(CashCounted),
    /// A Z ended what it reports.
    ZTaken(Arc<Report>),
    /// A date is about to end: what should be in the drawer then.
    DateEnded {
        /// Told, not counted.
        expected: Money,
        /// Whose shift is open.
        shift: Option<OperatorId>,
    },
}
