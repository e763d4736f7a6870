//! How long the run takes, and how fast the business clock has to go for that.

use serde::{Deserialize, Serialize};

use crate::workload::{CLOSING_WALL_MS, OPENING_WALL_MS, days::Calendar};

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
/// A turn of the date takes a few time-outs; a lane rests and comes back.
const SHORTEST_OF_SEVERAL_MS: u64 = 12_000;

impl BusinessDay {
    /// A day that opens at `origin_real_ms` and should be over in so many milliseconds.
    #[must_use]
    pub fn starting(origin_real_ms: i64, planned_ms: u64) -> Self {
        let day_ms = CLOSING_WALL_MS - OPENING_WALL_MS;
        let planned = i64::try_from(planned_ms).unwrap_or(i64::MAX);
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

/// How long the selling of one day should take, in milliseconds; of several days each takes the
/// same. The nights between them pass at the speed of the days.
#[must_use]
pub fn planned_ms(calendar: Calendar, baskets: usize, faults: usize) -> u64 {
    let Calendar { lanes, days } = calendar;
    if days <= 1 {
        return planned_day_ms(baskets, lanes, faults);
    }
    let days = usize::from(days);
    let day_ms = planned_day_ms(baskets.div_ceil(days), lanes, faults.div_ceil(days));
    // The date turns in the evening, once the day's faults are over: they must not outlast it.
    day_ms.max(SHORTEST_OF_SEVERAL_MS) * 5 / 4
}

/// How long one day should take. A slower machine takes longer: customers then queue at the lanes
/// and nothing else happens.
fn planned_day_ms(baskets: usize, lanes: u16, faults: usize) -> u64 {
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
        assert_eq!(planned_day_ms(400, 4, 0), 22_000);
        assert!((120_000..240_000).contains(&planned_day_ms(9_835, 4, 5)));
        assert!(planned_day_ms(400, 1, 0) > planned_day_ms(400, 4, 0));
        assert_eq!(planned_day_ms(400, 4, 5), 31_000);
    }

    #[test]
    fn a_day_of_one_is_as_long_as_ever_and_one_of_several_has_its_share() {
        let planned = |days, baskets| planned_ms(Calendar { lanes: 4, days }, baskets, 0);
        assert_eq!(planned(1, 400), planned_day_ms(400, 4, 0));
        assert_eq!(planned(3, 1_200), planned_day_ms(400, 4, 0) * 5 / 4);
    }

    #[test]
    fn the_day_is_over_when_the_plan_is() {
        let day = BusinessDay::starting(1_000, 22_000);
        assert_eq!(day.wall_ms(1_000), OPENING_WALL_MS);
        let end = day.wall_ms(1_000 + 22_000);
        assert!(
            (CLOSING_WALL_MS - 60_000..=CLOSING_WALL_MS).contains(&end),
            "{end}"
        );
    }
}
