//! What is written of baskets that wait.

use crate::{day::Machine, ids::SuspendedId, time::WallMs};

/// What happened to a basket that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SuspendedFact {
    /// A lane's journal shows that it waits.
    Waits {
        /// Which.
        id: SuspendedId,
        /// Since when, by the lane's clock.
        at: WallMs,
        /// What the cashier calls it, or empty.
        label: String,
        /// Its record in the lane's journal.
        sequence: u64,
    },
    /// Another machine has it from here on.
    Moved {
        /// Which.
        id: SuspendedId,
        /// Who has it.
        to: Machine,
        /// Whose it was is gone; else the lane's journal shows that it handed it over.
        by_hub: bool,
    },
    /// A lane's journal shows a sale that took it up.
    TakenUp {
        /// Which.
        id: SuspendedId,
        /// By this machine.
        by: Machine,
    },
    /// The machine that had it is gone, and never took it up.
    Freed {
        /// Which.
        id: SuspendedId,
    },
}
