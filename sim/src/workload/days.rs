//! On which day and at which hour customers come, and to which lane.
//!
//! Of several days each but the last has an evening: half the lanes rest then, and customers go on
//! coming to the others until long after the day is closed, many of them with a card.

use domain::{sale::civil_date, time::LocalMs};

use crate::workload::{HOUR_MS, OPENING_WALL_MS, dice::Dice};

/// The first simulated day.
pub const FIRST_DAY: u16 = 1;
const DAY_MS: i64 = 24 * HOUR_MS;
/// From the opening on.
const EVENING_MS: i64 = 12 * HOUR_MS + HOUR_MS / 2;
const EVENING_LONG_MS: u64 = 2 * HOUR_MS.unsigned_abs();
/// Whole hours before the evening.
const HOURS_BY_DAY: usize = 12;
/// In a hundred customers of a day that ends in an evening; and never fewer than these.
const EVENING_PERCENT: usize = 15;
const EVENING_CUSTOMERS_MIN: usize = 6;
/// Fewer baskets a day leave nothing to sell through its end.
pub const BASKETS_A_DAY_MIN: usize = 8;

/// How many customers come in each hour from 08:00, relative to the others.
const CUSTOMERS_BY_HOUR: [u64; 14] = [4, 6, 7, 8, 8, 7, 6, 6, 7, 8, 9, 8, 6, 4];

/// The days of a run, and the lanes that sell on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Lanes of the store.
    pub lanes: u16,
    /// Business days one after another.
    pub days: u16,
}

/// When a customer comes, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Arrival {
    pub day: u16,
    pub wall_ms: i64,
    pub lane: u16,
    /// With a card that the bank approves.
    pub pays_by_card: bool,
}

/// When a day opens, by the business clock.
#[must_use]
pub fn opens_wall_ms(day: u16) -> i64 {
    OPENING_WALL_MS + i64::from(day.saturating_sub(FIRST_DAY)) * DAY_MS
}

/// When its evening begins.
#[must_use]
pub fn evening_wall_ms(day: u16) -> i64 {
    opens_wall_ms(day) + EVENING_MS
}

/// From when on its prices count: in the early morning, when nobody sells, and by UTC, which is
/// the store's time in a run.
#[must_use]
pub fn prices_from(day: u16) -> String {
    format!("{}T05:00:00Z", date_of(day))
}

/// Its date, as the hub writes it.
#[must_use]
pub fn date_of(day: u16) -> String {
    let date = civil_date(LocalMs(opens_wall_ms(day)));
    date.map(|date| date.to_string()).unwrap_or_default()
}

impl Calendar {
    /// Of a run that ends with its first day.
    #[must_use]
    pub const fn of_one_day(lanes: u16) -> Self {
        Self { lanes, days: 1 }
    }

    /// How many lanes rest in the evening of each day but the last: the last of them.
    #[must_use]
    pub const fn lanes_to_rest(self) -> u16 {
        match self.days {
            0 | 1 => 0,
            _ => self.lanes / 2,
        }
    }

    /// Arrivals of so many customers, in order.
    pub(super) fn draw_arrivals(self, seed: u64, customers: usize) -> Vec<Arrival> {
        if self.days <= 1 {
            let mut dice = Dice::new(seed, "arrivals");
            let times = draw_times(&mut dice, FIRST_DAY, customers, CUSTOMERS_BY_HOUR.len());
            return self.to_lanes(FIRST_DAY, times);
        }
        let days = usize::from(self.days);
        let mut arrivals = Vec::with_capacity(customers);
        for (index, day) in (FIRST_DAY..=self.days).enumerate() {
            let share = (index + 1) * customers / days - index * customers / days;
            arrivals.extend(self.draw_day(seed, day, share));
        }
        arrivals
    }

    fn draw_day(self, seed: u64, day: u16, customers: usize) -> Vec<Arrival> {
        let mut dice = Dice::new(seed, &format!("arrivals of day {day}"));
        if day == self.days {
            let times = draw_times(&mut dice, day, customers, CUSTOMERS_BY_HOUR.len());
            return self.to_lanes(day, times);
        }
        let evening = customers * EVENING_PERCENT / 100;
        let evening = evening.max(EVENING_CUSTOMERS_MIN).min(customers / 2);
        let times = draw_times(&mut dice, day, customers - evening, HOURS_BY_DAY);
        let mut arrivals = self.to_lanes(day, times);
        let mut late: Vec<i64> = (0..evening)
            .map(|_| evening_wall_ms(day) + within(&mut dice, EVENING_LONG_MS))
            .collect();
        late.sort_unstable();
        let open = (FIRST_DAY..=self.lanes - self.lanes_to_rest()).cycle();
        let late = late.into_iter().zip(open).enumerate();
        arrivals.extend(late.map(|(index, (wall_ms, lane))| Arrival {
            day,
            wall_ms,
            lane,
            pays_by_card: index % 3 != 2,
        }));
        arrivals
    }

    fn to_lanes(self, day: u16, times: Vec<i64>) -> Vec<Arrival> {
        let lanes = (1..=self.lanes).cycle();
        let arrivals = times.into_iter().zip(lanes).map(|(wall_ms, lane)| Arrival {
            day,
            wall_ms,
            lane,
            pays_by_card: false,
        });
        arrivals.collect()
    }
}

fn draw_times(dice: &mut Dice, day: u16, count: usize, hours: usize) -> Vec<i64> {
    let weights = CUSTOMERS_BY_HOUR.into_iter().zip(0..).take(hours);
    let hours: Vec<(u64, i64)> = weights.collect();
    let mut times: Vec<i64> = (0..count)
        .map(|_| {
            let within_ms = within(dice, HOUR_MS.unsigned_abs());
            opens_wall_ms(day) + dice.weighted(&hours, 0) * HOUR_MS + within_ms
        })
        .collect();
    times.sort_unstable();
    times
}

fn within(dice: &mut Dice, end_ms: u64) -> i64 {
    i64::try_from(dice.below(end_ms)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::BUSINESS_DATE;

    #[test]
    fn dates_follow_each_other() {
        assert_eq!(date_of(1), BUSINESS_DATE);
        assert_eq!(date_of(9), "2026-11-30");
        assert_eq!(date_of(10), "2026-12-01");
    }

    #[test]
    fn half_the_lanes_rest_where_there_is_another_day() {
        let rest = |lanes, days| Calendar { lanes, days }.lanes_to_rest();
        assert_eq!(
            (rest(4, 1), rest(4, 2), rest(5, 3), rest(1, 3)),
            (0, 2, 2, 0)
        );
    }
}
