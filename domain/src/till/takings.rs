//! The figures of one operator, or of a lane.

use super::{Drawer, Trade};
use crate::{ids::OperatorId, time::WallMs};

/// Whose figures.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TillOf {
    /// All of the lane.
    Lane,
    /// One operator's at this lane.
    Operator(OperatorId),
}

/// What an operator or a lane did since the last Z.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Takings {
    /// Since when; `None`: nothing was done yet.
    pub since: Option<WallMs>,
    /// Goods and tenders.
    pub trade: Trade,
    /// Cash.
    pub drawer: Drawer,
}

impl Takings {
    /// Those of another till on top: of a store, all of them.
    pub fn add(&mut self, other: &Self) {
        let began = self.since.into_iter().chain(other.since).min();
        self.since = began;
        self.trade.add(&other.trade);
        self.drawer.add(&other.drawer);
    }

    pub(super) fn beginning(at: WallMs, in_drawer: i64) -> Self {
        Self {
            since: Some(at),
            trade: Trade::default(),
            drawer: Drawer::beginning_with(in_drawer),
        }
    }
}
