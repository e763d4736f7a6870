//! Versions of a sealed day: what a version holds, and what has come to be known since.

use std::collections::BTreeMap;

use crate::time::BusinessDate;

use super::frame::Machine;

/// A machine's part as a version holds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedPart {
    /// Up to and with this record.
    pub through_sequence: u64,
    /// Whether it was all of it.
    pub complete: bool,
}

/// The newest sealed version of a date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SealedVersion {
    /// From 1.
    pub version: u32,
    /// The parts it holds.
    pub lanes: BTreeMap<Machine, SealedPart>,
    /// Batches it names; `None`: it was sealed by a release that named all there were then.
    pub batches: Option<u32>,
}

/// One machine that more is known of than the newest version holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LateLane {
    /// Whose.
    pub machine: Machine,
    /// What the version holds ends here; 0: nothing of it.
    pub after_sequence: u64,
    /// The last record of the date that is held now; `after_sequence` if none came and only its end
    /// became known.
    pub through_sequence: u64,
    /// Whether its part is complete now.
    pub complete: bool,
}

/// Why a new version of a date is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lateness {
    /// Which date.
    pub date: BusinessDate,
    /// All late lanes together.
    pub lanes: Vec<LateLane>,
    /// Batches closed since.
    pub batches: u32,
}

impl Lateness {
    pub(super) const fn is_nothing(&self) -> bool {
        self.lanes.is_empty() && self.batches == 0
    }
}
