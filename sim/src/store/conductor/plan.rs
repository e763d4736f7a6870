//! What is planned: how much is sold on each day, and after how much of it a fault begins.

use std::collections::BTreeMap;

use crate::{
    store::{fault::Fault, watch::Sight},
    workload::{
        Visit,
        days::{Calendar, FIRST_DAY, evening_wall_ms},
    },
};

/// What is planned for the run.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) calendar: Calendar,
    /// Baskets of each day, from the first.
    baskets: Vec<u64>,
    /// Those of a lane that come up to the end of a day.
    until: BTreeMap<(u16, u16), u64>,
    /// The same up to the evening of that day.
    until_evening: BTreeMap<(u16, u16), u64>,
    /// Per lane, in its order: whether the hub may stand in for the basket's first card.
    stand_in_ahead: Vec<Vec<bool>>,
}

/// A fault of the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Planned {
    pub(super) fault: Fault,
    /// Its day: it has to be over before the date turns.
    pub(super) day: u16,
    /// It begins once so many baskets are sold.
    due_sold: u64,
}

/// On a single day a fault begins once this share of the baskets is sold, in a hundred …
const fn due_percent(fault: Fault) -> u64 {
    match fault {
        Fault::LostAnswer => 5,
        Fault::LateAnswer => 12,
        Fault::LaneKill => 20,
        Fault::HubKill => 28,
        Fault::BankLine => 40,
        // These come with the turn of the date.
        Fault::LaneAway | Fault::CloseKill | Fault::EmptyCard => 100,
    }
}

/// … and on one of several days the first of its faults begins after this share, the next ones so
/// much later: the rest of the day is left for the turn of the date.
const FIRST_PERCENT: u64 = 5;
const NEXT_PERCENT: u64 = 15;

impl Plan {
    pub(super) fn new(calendar: Calendar, visits: &[Visit]) -> Self {
        let count = |wanted: &dyn Fn(&Visit) -> bool| {
            let own = visits.iter().filter(|visit| wanted(visit));
            u64::try_from(own.count()).unwrap_or(u64::MAX)
        };
        let days = FIRST_DAY..=calendar.days;
        let mut plan = Self {
            calendar,
            baskets: days
                .clone()
                .map(|day| count(&|visit| visit.day == day))
                .collect(),
            until: BTreeMap::new(),
            until_evening: BTreeMap::new(),
            stand_in_ahead: Vec::new(),
        };
        for lane in 1..=calendar.lanes {
            for day in days.clone() {
                let until = count(&|visit| visit.lane == lane && visit.day <= day);
                plan.until.insert((lane, day), until);
                let evening = evening_wall_ms(day);
                let until = count(&|visit| visit.lane == lane && visit.arrive_wall_ms < evening);
                plan.until_evening.insert((lane, day), until);
            }
            let own = visits.iter().filter(|visit| visit.lane == lane);
            let ahead = own.map(|visit| visit.may_be_stood_in);
            plan.stand_in_ahead.push(ahead.collect());
        }
        plan
    }

    /// Faults that don't belong to a turn, each with its day and moment.
    pub(super) fn place(&self, faults: &[Fault]) -> Vec<Planned> {
        let faults = faults.iter().copied().filter(|one| !one.is_of_a_turn());
        let faults: Vec<Fault> = faults.collect();
        let days = usize::from(self.calendar.days.max(1));
        let mut on_day: BTreeMap<usize, u64> = BTreeMap::new();
        let placed = faults.iter().enumerate().map(|(index, fault)| {
            let day = index * days / faults.len().max(1);
            let earlier = on_day.entry(day).or_default();
            let percent = match days {
                1 => due_percent(*fault),
                _ => FIRST_PERCENT + NEXT_PERCENT * *earlier,
            };
            *earlier += 1;
            Planned {
                fault: *fault,
                day: FIRST_DAY + u16::try_from(day).unwrap_or(0),
                due_sold: self.sold_after(day, percent),
            }
        });
        placed.collect()
    }

    /// Baskets sold when this share of a day's is, counted from the first day.
    fn sold_after(&self, day_index: usize, percent: u64) -> u64 {
        let before: u64 = self.baskets.iter().take(day_index).sum();
        let own = self.baskets.get(day_index).copied().unwrap_or(0);
        before + (own.saturating_mul(percent)).div_ceil(100)
    }

    /// Whether this share of a day's baskets is sold, in a hundred.
    pub(super) fn has_sold(&self, sight: &Sight, day: u16, percent: u64) -> bool {
        let index = usize::from(day.saturating_sub(FIRST_DAY));
        sight.sales_done() >= self.sold_after(index, percent)
    }

    /// Whether a lane has served all that come to it up to the end of a day, and the hub has it.
    pub(super) fn lane_is_through(&self, sight: &Sight, lane: u16, day: u16) -> bool {
        let until = self.until.get(&(lane, day)).copied().unwrap_or(0);
        let (sold, copied) = sight.lane_done(lane);
        copied && sold >= until
    }

    /// Whether a lane has served all that come to it before the evening.
    pub(super) fn lane_is_in_evening(&self, sight: &Sight, lane: u16, day: u16) -> bool {
        let until = self.until_evening.get(&(lane, day)).copied().unwrap_or(0);
        sight.lane_done(lane).0 >= until
    }

    /// Card sales that lie ahead and that the hub may stand in for; the one being rung up may have
    /// asked already, so it doesn't count.
    pub(super) fn card_sales_left(&self, sight: &Sight) -> usize {
        let lanes = (1_u16..).zip(&self.stand_in_ahead);
        let left = lanes.map(|(number, ahead)| {
            // A lane that the hub doesn't know yet has sold nothing.
            let (done, _) = sight.lane_done(number);
            let not_begun = ahead.iter().skip(usize::try_from(done).unwrap_or(0) + 1);
            not_begun.filter(|may_be| **may_be).count()
        });
        left.sum()
    }
}

impl Planned {
    pub(super) fn is_due(self, sight: &Sight) -> bool {
        sight.sales_done() >= self.due_sold
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(days: u16, baskets: u16) -> Plan {
        let visit = |index: u16| Visit {
            order: format!("basket-{index}"),
            lane: 1,
            day: index * days / baskets + 1,
            arrive_wall_ms: 0,
            items: Vec::new(),
            mistake: None,
            too_young_for: None,
            brings_back: None,
            waits: false,
            scanned_on: None,
            without_receipt: None,
            total_minor: 100,
            tenders: Vec::new(),
            may_be_stood_in: true,
        };
        let visits: Vec<Visit> = (0..baskets).map(visit).collect();
        Plan::new(Calendar { lanes: 1, days }, &visits)
    }

    #[test]
    fn faults_are_spread_over_the_days_and_leave_their_evenings_free() {
        let placed = plan(3, 300).place(&Fault::ALL);
        let moments: Vec<_> = placed.iter().map(|one| (one.day, one.due_sold)).collect();
        assert_eq!(moments, [(1, 5), (1, 20), (2, 105), (2, 120), (3, 205)]);
        let on_one_day = plan(1, 300).place(&Fault::ALL);
        let moments: Vec<_> = on_one_day.iter().map(|one| one.due_sold).collect();
        assert_eq!(moments, [15, 36, 60, 84, 120]);
    }
}
