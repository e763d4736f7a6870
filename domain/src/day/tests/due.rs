//! Which date is meant, which can be named, and the end of a date by the clock.

use super::store::{Store, date};
use crate::{
    day::{DateRefused, DayAlarm, DayEffect, Fact, TurnedBy},
    time::WallMs,
};

fn turn(ended: u8, begins: u8, by: TurnedBy) -> DayEffect {
    DayEffect::Turn {
        ended: date(ended),
        begins: date(begins),
        by,
    }
}

/// F5: a date that never was can't be closed or asked for.
#[test]
fn only_dates_that_were_open_are_known() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.turn(22, 25);
    for day in [22, 25] {
        assert_eq!(store.days.known(date(day)), Ok(date(day)));
    }
    for day in [21, 23, 26] {
        let refused = store.days.known(date(day)).unwrap_err();
        let said = format!(
            "2026-11-{day} was never open here; the running date is 2026-11-25, before it: \
             2026-11-22"
        );
        assert_eq!(refused.to_string(), said);
    }
}

/// F4: a store that rested for a week opens on today, at least on the next date.
#[test]
fn a_close_turns_to_the_first_date_whose_end_lies_ahead() {
    let mut store = Store::new(1);
    for (first_ahead, begins) in [(21, 23), (22, 23), (23, 23), (29, 29)] {
        store.around.calendar.first_ahead = date(first_ahead);
        assert_eq!(store.around.calendar.date_after(date(22)), date(begins));
    }
}

#[test]
fn a_close_without_a_date_means_the_running_one_unless_it_was_just_begun() {
    let mut store = Store::new(1);
    assert_eq!(store.days.meant(&store.around.calendar), date(22));
    store.turn(22, 23);
    assert_eq!(store.days.meant(&store.around.calendar), date(22), "again");
    store.around.calendar.first_ahead = date(29);
    let week_later = store.days.meant(&store.around.calendar);
    assert_eq!(week_later, date(23), "its end is long past");
    store.around.calendar.first_ahead = date(22);
    store.days.take(&Fact::Booked { date: date(23) });
    assert_eq!(store.days.meant(&store.around.calendar), date(23));
}

#[test]
fn an_empty_store_is_moved_forward_and_not_far() {
    let mut store = Store::new(1);
    store.around.calendar.first_ahead = date(26);
    let calendar = store.around.calendar;
    let moved = store.days.open(date(26), &calendar);
    assert_eq!(moved, Ok(turn(22, 26, TurnedBy::Moved)));
    assert!(matches!(
        store.days.open(date(22), &calendar),
        Err(DateRefused::NotAhead { .. })
    ));
    assert!(matches!(
        store.days.open(date(28), &calendar),
        Err(DateRefused::TooFar { .. })
    ));
    store.sale(1, 22);
    assert!(matches!(
        store.days.open(date(26), &calendar),
        Err(DateRefused::NotEmpty { .. })
    ));
}

#[test]
fn a_date_ends_by_itself_once_it_is_over_and_lanes_are_warned() {
    let mut store = Store::new(1);
    store.around.calendar.ends = Some(WallMs(1_000_000));
    store.around.calendar.now = WallMs(600_000);
    assert_eq!(store.look(), []);
    store.around.calendar.now = WallMs(700_000);
    let ends = WallMs(1_000_000);
    let warn = DayEffect::Warn {
        date: date(22),
        ends,
    };
    assert_eq!(store.look(), [warn]);
    assert_eq!(store.look(), [], "once");
    store.around.calendar.now = ends;
    store.around.calendar.first_ahead = date(23);
    let effects = store.look();
    assert!(
        effects.contains(&turn(22, 23, TurnedBy::Clock)),
        "{effects:?}"
    );
}

/// A day that was closed at 14:00 is followed by no second close at night.
#[test]
fn a_day_closed_by_hand_is_not_closed_again_at_night() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.turn(22, 23);
    store.days.take(&Fact::Booked { date: date(23) });
    // The end of the 22nd is over; that of the running date is not.
    store.around.calendar.first_ahead = date(23);
    store.around.calendar.now = WallMs(1_000_000);
    store.around.calendar.ends = Some(WallMs(86_400_000));
    let effects = store.look();
    let turns = |effect: &DayEffect| matches!(effect, DayEffect::Turn { .. });
    assert!(!effects.iter().any(turns), "{effects:?}");
}

#[test]
fn a_clock_that_nobody_confirms_asks_instead() {
    let mut store = Store::new(1);
    store.around.calendar.ends = Some(WallMs(1_000));
    store.around.calendar.now = WallMs(1_000);
    store.around.calendar.confirmed = false;
    let asks = DayEffect::Alarm(DayAlarm::EndNeedsPerson { date: date(22) });
    assert_eq!(store.look(), [asks]);
    assert!(store.days.end_needs_person());
    assert_eq!(store.look(), [], "once");
    store.around.calendar.confirmed = true;
    assert_eq!(store.look(), [turn(22, 23, TurnedBy::Clock)]);
}

/// F4: business date and calendar differ, and somebody is told.
#[test]
fn a_date_far_from_the_calendar_is_an_alarm_and_the_next_one_is_none() {
    let mut store = Store::new(1);
    store.around.calendar.first_ahead = date(29);
    let alarm = DayEffect::Alarm(DayAlarm::OffCalendar {
        date: date(22),
        calendar: date(29),
    });
    assert_eq!(store.look(), [alarm]);
    assert_eq!(store.look(), [], "once");
    store.around.calendar.first_ahead = date(21);
    assert_eq!(store.look(), [], "a day closed in the evening");
}
