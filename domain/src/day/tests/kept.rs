//! The facts that a copy is made of give the same machine.

use proptest::prelude::*;

use super::super::{
    days::{Date, Days},
    *,
};
use crate::{
    ids::{LaneEpoch, LaneId},
    time::{BusinessDate, WallMs},
};

fn date(day: u8) -> BusinessDate {
    BusinessDate::new(2026, 11, day).unwrap()
}

fn config() -> DayConfig {
    DayConfig {
        first_day: date(1),
        close_timeout_ms: 1,
        late_quiet_ms: 1,
        warning_ms: 1,
    }
}

/// What a lane does next: sells, turns the date, rests, starts, writes what nobody can read.
fn lane(days: &mut Days, machine: Machine, does: &[u8]) {
    let mut today = date(1);
    for (sequence, does) in (1..).zip(does) {
        let mut ended = today;
        let fact = match does {
            0 => FrameFact::Started,
            1..=5 => FrameFact::Counted,
            6 => FrameFact::Rested,
            7 => FrameFact::Unreadable,
            8 => FrameFact::Other,
            skipped => {
                for _ in 8..*skipped {
                    today = today.next();
                }
                FrameFact::Marker { begins: today }
            }
        };
        if fact == FrameFact::Counted {
            ended = today;
        }
        days.take(&Fact::Lane(LaneRecordSeen {
            machine,
            sequence,
            at: WallMs(i64::try_from(sequence).unwrap() * 10),
            date: (fact != FrameFact::Unreadable).then_some(ended),
            fact,
        }));
    }
}

proptest! {
    #[test]
    fn facts_of_a_machine_make_the_same_machine(
        lanes in proptest::collection::vec(proptest::collection::vec(0_u8..11, 0..40), 1..4),
        turns in 0_u8..4,
        batches in 0_u8..3,
    ) {
        let mut days = Days::new(config());
        for (number, does) in (1..).zip(&lanes) {
            let machine = Machine { lane: LaneId(number), epoch: LaneEpoch(1) };
            days.take(&Fact::Attached { machine, date: date(1) });
            lane(&mut days, machine, does);
        }
        for day in 1..=turns {
            let (ended, begins) = (date(day), date(day + 1));
            days.take(&Fact::Booked { date: ended });
            days.take(&Fact::Turned { ended, begins, by: TurnedBy::Hand });
        }
        for _ in 0..batches {
            days.take(&Fact::BatchClosed { date: date(1) });
        }
        let machine = Machine { lane: LaneId(1), epoch: LaneEpoch(1) };
        days.take(&Fact::EndStated { machine, sequence: 3 });

        let mut again = Days::new(config());
        days.facts().iter().for_each(|fact| again.take(fact));
        prop_assert_eq!(&again.frames, &days.frames);
        // A date under which nothing was done is no date.
        days.dates.retain(|_, known| *known != Date::default());
        again.dates.retain(|_, known| *known != Date::default());
        prop_assert_eq!(&again.dates, &days.dates);
        prop_assert_eq!(&again.attached, &days.attached);
        prop_assert_eq!(&again.stated_ends, &days.stated_ends);
        prop_assert_eq!(again.running, days.running);
    }
}
