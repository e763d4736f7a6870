//! First versions, and the ones that late records make.

use super::store::{CLOSE_TIMEOUT_MS, LATE_QUIET_MS, Store, date, machine};
use crate::day::{DayEffect, Fact, FrameFact, LateLane, Lateness, TurnedBy, Wait};

fn first(day: u8) -> DayEffect {
    DayEffect::Seal {
        date: date(day),
        because: None,
    }
}

fn lateness(effects: &[DayEffect]) -> &Lateness {
    match effects {
        [
            DayEffect::Seal {
                because: Some(late),
                ..
            },
        ] => late,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_turned_date_is_sealed_when_its_lanes_have_ended_it() {
    let mut store = Store::new(2);
    store.sale(1, 22);
    store.turn(22, 23);
    let lanes = [Wait::Lane(machine(1)), Wait::Lane(machine(2))];
    assert_eq!(store.days.waits(date(22), &store.around), lanes);
    assert_eq!(store.look(), []);
    store.marker(1, 22, 23);
    assert_eq!(store.look(), []);
    store.marker(2, 22, 23);
    assert_eq!(store.look(), [first(22)]);
    store.seal(22, 1);
    assert_eq!(store.pass(LATE_QUIET_MS), [], "twice does no harm");
}

/// Whoever looked before the turn has not seen what fell due with it.
#[test]
fn a_look_from_before_the_turn_seals_nothing() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.marker(1, 22, 23);
    store.turn(22, 23);
    store.around.running = date(22);
    assert_eq!(store.look(), []);
    store.around.running = date(23);
    assert_eq!(store.look(), [first(22)]);
}

#[test]
fn payments_and_batches_are_waited_for_and_a_lane_that_is_away_is_not() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.lane(1).connected = false;
    store.around.undecided.insert(date(22));
    store.around.batches_due.insert(date(22));
    store.turn(22, 23);
    assert_eq!(store.look(), []);
    store.around.undecided.clear();
    assert_eq!(store.look(), []);
    store.around.batches_due.clear();
    assert_eq!(store.look(), [first(22)]);
}

#[test]
fn the_close_times_out_and_a_bank_that_answers_gets_a_moment_more() {
    for link_up in [true, false] {
        let mut store = Store::new(1);
        store.sale(1, 22);
        store.around.batches_due.insert(date(22));
        store.around.link_up = link_up;
        store.turn(22, 23);
        assert_eq!(store.look(), []);
        let stop = DayEffect::StopWaiting { date: date(22) };
        assert_eq!(store.pass(CLOSE_TIMEOUT_MS), [stop]);
        match link_up {
            true => assert_eq!(store.pass(1_000), []),
            false => assert_eq!(store.pass(1_000), [first(22)]),
        }
        assert_eq!(store.pass(10_000), [first(22)]);
    }
}

/// F1: a lane that stays connected over a close, and stamps the closed date.
#[test]
fn a_sale_under_a_sealed_date_makes_its_next_version() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.turn(22, 23);
    store.look();
    store.pass(CLOSE_TIMEOUT_MS);
    store.seal(22, 1);
    let late = store.sale(1, 22);
    assert_eq!(store.look(), []);
    assert_eq!(store.pass(LATE_QUIET_MS - 1), []);
    let effects = store.pass(1);
    let expected = LateLane {
        machine: machine(1),
        after_sequence: late - 1,
        through_sequence: late,
        complete: false,
    };
    assert_eq!(lateness(&effects).lanes, [expected]);
    store.seal(22, 2);
    assert_eq!(store.pass(LATE_QUIET_MS), []);
}

/// F2: a lane away at the close comes back with what it sold.
#[test]
fn all_late_lanes_make_one_version_once_they_are_quiet() {
    let mut store = Store::new(2);
    store.sale(1, 22);
    for lane in [1, 2] {
        store.lane(lane).connected = false;
    }
    store.turn(22, 23);
    assert_eq!(store.look(), [first(22)]);
    store.seal(22, 1);
    store.look();
    store.sale(1, 22);
    store.pass(LATE_QUIET_MS - 1);
    store.sale(2, 22);
    assert_eq!(store.pass(LATE_QUIET_MS - 1), [], "it has begun anew");
    store.marker(2, 22, 23);
    store.marker(1, 22, 23);
    store.look();
    let effects = store.pass(LATE_QUIET_MS);
    let late = lateness(&effects);
    assert_eq!(late.lanes.len(), 2);
    assert!(late.lanes.iter().all(|lane| lane.complete));
}

#[test]
fn a_lane_that_only_ends_its_part_makes_the_day_complete_and_one_that_wakes_makes_nothing() {
    let mut store = Store::new(2);
    store.sale(1, 22);
    store.record(machine(2), 22, FrameFact::Rested);
    store.lane(1).connected = false;
    store.turn(22, 23);
    store.look();
    store.seal(22, 1);
    store.record(machine(2), 22, FrameFact::Started);
    store.marker(2, 22, 23);
    assert_eq!(store.pass(LATE_QUIET_MS), []);
    assert_eq!(store.pass(LATE_QUIET_MS), [], "lane 2 had ended it");
    store.marker(1, 22, 23);
    store.look();
    let effects = store.pass(LATE_QUIET_MS);
    let [lane] = lateness(&effects).lanes[..] else {
        panic!("{effects:?}");
    };
    assert_eq!((lane.machine, lane.complete), (machine(1), true));
    assert_eq!(lane.after_sequence, lane.through_sequence);
}

#[test]
fn a_batch_that_closes_late_makes_a_version_of_the_date_it_fell_due_with() {
    let mut store = Store::new(1);
    store.marker(1, 22, 23);
    store.days.take(&Fact::BatchClosed { date: date(22) });
    store.turn(22, 23);
    store.look();
    store.seal(22, 1);
    store.around.batches_due.insert(date(22));
    assert_eq!(store.pass(LATE_QUIET_MS), []);
    store.around.batches_due.clear();
    store.days.take(&Fact::BatchClosed { date: date(22) });
    store.look();
    let effects = store.pass(LATE_QUIET_MS);
    assert_eq!(lateness(&effects).batches, 1);
}

/// The hub was down for days, and the lanes turned their dates by themselves.
#[test]
fn every_date_that_lanes_traded_is_sealed_in_order() {
    let mut store = Store::new(1);
    for day in [22, 23, 24] {
        store.sale(1, day);
        store.marker(1, day, day + 1);
    }
    store.turn(22, 25);
    for day in [22, 23, 24] {
        assert_eq!(store.look(), [first(day)]);
        store.seal(day, 1);
    }
    assert_eq!(store.pass(LATE_QUIET_MS), []);
}

#[test]
fn a_date_that_was_only_passed_over_is_no_day() {
    let mut store = Store::new(1);
    store.days.take(&Fact::Turned {
        ended: date(22),
        begins: date(25),
        by: TurnedBy::Moved,
    });
    store.around.calendar.first_ahead = date(25);
    store.around.running = date(25);
    assert_eq!(store.pass(CLOSE_TIMEOUT_MS), []);
    assert!(store.days.known(date(22)).is_err());
    store.sale(1, 22);
    store.look();
    store.pass(CLOSE_TIMEOUT_MS);
    assert_eq!(store.look(), [first(22)], "a lane traded it after all");
}

#[test]
fn the_journals_may_be_read_in_any_order() {
    let mut turned_first = Store::new(1);
    turned_first.turn(22, 23);
    turned_first.sale(1, 22);
    let mut sold_first = Store::new(1);
    sold_first.sale(1, 22);
    sold_first.turn(22, 23);
    for store in [&mut turned_first, &mut sold_first] {
        store.marker(1, 22, 23);
        assert_eq!(store.look(), [first(22)]);
    }
}
