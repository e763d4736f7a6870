//! Where the books of one lane end, though its journal goes on.

use journal::Fault;

/// Nothing behind it is counted, and the lane is incomplete from there, nobody else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Stall {
    /// The first record that is not counted.
    pub(crate) sequence: u64,
    /// Why.
    pub(crate) why: StallReason,
}

impl Stall {
    /// The code of its page.
    pub(crate) const fn code(&self) -> &'static str {
        match self.why {
            StallReason::NotUnderstood => "HUB0042",
            StallReason::Damaged(_) => "HUB0043",
        }
    }
}

/// Why the books of a lane can't be read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(crate) enum StallReason {
    /// A newer lane wrote it, as far as can be told: a hub that understands it reads on.
    #[error("it can't be understood")]
    NotUnderstood,
    /// The copy is damaged here: it goes on once it is repaired.
    #[error("its copy is damaged: {0}")]
    Damaged(Fault),
}
