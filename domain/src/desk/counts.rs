//! What the desk counts. Counts of decisions: requested = approved + partially approved + declined
//! + unknown + refused + stand-ins + those still open.

/// Counts since the journal began, or of one business day.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Payments asked for.
    pub requested: u64,
    /// Approved by the bank in full.
    pub approved: u64,
    /// Approved by the bank in part.
    pub partially_approved: u64,
    /// Declined by the bank.
    pub declined: u64,
    /// Nobody knows; reversed.
    pub unknown: u64,
    /// Refused by the hub.
    pub refused: u64,
    /// Reversals the host accepted.
    pub reversed: u64,
    /// Approved by the hub for the unreachable bank.
    pub stand_in: u64,
    /// Approved by a lane alone (none before leases are lent).
    pub offline_approved: u64,
    /// Goods gone, card refused afterwards.
    pub declined_after_goods: u64,
    /// Entries queued.
    pub forward_queued: u64,
    /// Entries delivered.
    pub forward_delivered: u64,
    /// Entries withdrawn before their first byte.
    pub forward_withdrawn: u64,
    /// Entries that became dead letters.
    pub forward_dead_letters: u64,
    /// Answers that fitted nothing outstanding.
    pub late_answers: u64,
    /// Batches closed.
    pub batches: u64,
    /// Batches closed on which the host agreed.
    pub batches_balanced: u64,
}

impl Counts {
    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        Self {
            requested: self.requested.saturating_sub(earlier.requested),
            approved: self.approved.saturating_sub(earlier.approved),
            partially_approved: self
                .partially_approved
                .saturating_sub(earlier.partially_approved),
            declined: self.declined.saturating_sub(earlier.declined),
            unknown: self.unknown.saturating_sub(earlier.unknown),
            refused: self.refused.saturating_sub(earlier.refused),
            reversed: self.reversed.saturating_sub(earlier.reversed),
            stand_in: self.stand_in.saturating_sub(earlier.stand_in),
            offline_approved: self
                .offline_approved
                .saturating_sub(earlier.offline_approved),
            declined_after_goods: self
                .declined_after_goods
                .saturating_sub(earlier.declined_after_goods),
            forward_queued: self.forward_queued.saturating_sub(earlier.forward_queued),
            forward_delivered: self
                .forward_delivered
                .saturating_sub(earlier.forward_delivered),
            forward_withdrawn: self
                .forward_withdrawn
                .saturating_sub(earlier.forward_withdrawn),
            forward_dead_letters: self
                .forward_dead_letters
                .saturating_sub(earlier.forward_dead_letters),
            late_answers: self.late_answers.saturating_sub(earlier.late_answers),
            batches: self.batches.saturating_sub(earlier.batches),
            batches_balanced: self
                .batches_balanced
                .saturating_sub(earlier.batches_balanced),
        }
    }
}

/// One more.
pub(crate) const fn count(counter: &mut u64) {
    *counter = counter.saturating_add(1);
}
