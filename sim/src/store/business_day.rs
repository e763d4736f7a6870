//! How long the run takes, and how fast the business clock has to go for that.

use serde::{Deserialize, Serialize};

use crate::workload::{CLOSING_WALL_MS, OPENING_WALL_MS};

/// A business day from 08:00 to 22:00 squeezed into a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessDay {
    /// Real moment at which the store opens, milliseconds since 1970.
    pub origin_real_ms: i64,
    /// How many times as fast business time passes.
    pub speed: u32,
}

/// Even a handful of baskets needs time for a fault to show.
const SHORTEST_MS: u64 = 8_000;
/// Up to `EASY_BASKETS` the day is calm enough to watch; beyond, as fast as a small machine can.
const EASY_BASKETS: u64 = 400;
const EASY_BASKET_MS: u64 = 35;
const HURRIED_BASKET_MS: u64 = 12;
/// One lane sells one basket at a time.
const LANE_BASKET_MS: u64 = 70;
/// Faults come one after the other, and customers have to come for each: time-outs to wait for, a
/// hub that is away for seconds, a queue that drains.
const OPENING_MS: u64 = 6_000;
const FAULT_MS: u64 = 5_000;

impl BusinessDay {
    /// A day that opens at `origin_real_ms` and should be over in [`planned_ms`].
    #[must_use]
    pub fn starting(origin_real_ms: i64, baskets: usize, lanes: u16, faults: usize) -> Self {
        let day_ms = CLOSING_WALL_MS - OPENING_WALL_MS;
        let planned = i64::try_from(planned_ms(baskets, lanes, faults)).unwrap_or(i64::MAX);
        let speed = u32::try_from(day_ms / planned.max(1)).unwrap_or(1).max(1);
        Self {
            origin_real_ms,
            speed,
        }
    }

    /// The business moment at a real one.
    #[must_use]
    pub fn wall_ms(&self, real_ms: i64) -> i64 {
        OPENING_WALL_MS + (real_ms - self.origin_real_ms) * i64::from(self.speed)
    }
}

/// How long the selling should take, in milliseconds. A slower machine takes longer: customers
/// then queue at the lanes and nothing else happens.
#[must_use]
pub fn planned_ms(baskets: usize, lanes: u16, faults: usize) -> u64 {
    let baskets = u64::try_from(baskets).unwrap_or(u64::MAX / LANE_BASKET_MS);
    let easy = baskets.min(EASY_BASKETS);
    let whole = SHORTEST_MS + easy * EASY_BASKET_MS + (baskets - easy) * HURRIED_BASKET_MS;
    let for_lanes = baskets * LANE_BASKET_MS / u64::from(lanes.max(1));
    let for_faults = match u64::try_from(faults).unwrap_or(0) {
        0 => 0,
        faults => OPENING_MS + faults * FAULT_MS,
    };
    whole.max(for_lanes).max(for_faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_hundred_baskets_take_well_under_a_minute_and_all_of_them_a_few() {
        assert_eq!(planned_ms(400, 4, 0), 22_000);
        assert!((120_000..240_000).contains(&planned_ms(9_835, 4, 5)));
        assert!(planned_ms(400, 1, 0) > planned_ms(400, 4, 0));
        assert_eq!(planned_ms(400, 4, 5), 31_000);
    }

    #[test]
    fn the_day_is_over_when_the_plan_is() {
        let day = BusinessDay::starting(1_000, 400, 4, 0);
        assert_eq!(day.wall_ms(1_000), OPENING_WALL_MS);
        let end = day.wall_ms(1_000 + 22_000);
        assert!(
            (CLOSING_WALL_MS - 60_000..=CLOSING_WALL_MS).contains(&end),
            "{end}"
        );
    }
}
