//! When a lane's part of a date is complete, and when it is named instead.

use super::store::{Store, date, machine};
use crate::{
    day::{Fact, FrameFact, Machine, Missing, PartEnd, PartState},
    ids::LaneEpoch,
    words::Sentence,
};

fn missing(state: &PartState) -> Option<&Missing> {
    match state {
        PartState::Open(missing) => Some(missing),
        PartState::Complete(_) => None,
    }
}

#[test]
fn a_part_ends_at_the_first_marker_that_ends_its_date_and_nowhere_before() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    assert_eq!(missing(&store.part(1, 22).state), Some(&Missing::NotKnown));
    let sequence = store.marker(1, 22, 23);
    store.sale(1, 23);
    let part = store.part(1, 22);
    assert_eq!(
        part.state,
        PartState::Complete(PartEnd::Marker { sequence })
    );
    assert_eq!(
        part.through_sequence, sequence,
        "what follows is tomorrow's"
    );
    assert!(!store.part(1, 23).is_complete());
}

/// F2: the hub was away; what the lane last said is not what it has.
#[test]
fn a_lane_that_said_no_more_is_not_complete_for_that() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.lane(1).connected = false;
    let part = store.part(1, 22);
    assert_eq!(part.known_sequence, part.through_sequence);
    assert_eq!(missing(&part.state), Some(&Missing::NotKnown));
}

#[test]
fn a_marker_ends_the_dates_it_passes_over_too() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.marker(1, 22, 25);
    for day in 22..25 {
        assert!(store.part(1, day).is_complete(), "{day}");
    }
    assert!(!store.part(1, 25).is_complete());
}

#[test]
fn a_lane_that_rests_is_complete_until_something_follows() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    let sequence = store.record(machine(1), 22, FrameFact::Rested);
    let rested = PartState::Complete(PartEnd::Rested { sequence });
    assert_eq!(store.part(1, 22).state, rested);
    assert_eq!(
        store.part(1, 23).state,
        rested,
        "nor was it there the day after"
    );
    store.record(machine(1), 22, FrameFact::Started);
    assert!(!store.part(1, 22).is_complete());
    store.marker(1, 22, 23);
    assert!(store.part(1, 22).is_complete());
}

#[test]
fn a_rest_is_not_believed_when_the_lane_says_it_has_more() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    let rested = store.record(machine(1), 22, FrameFact::Rested);
    store.lane(1).said_sequence = rested + 1;
    let part = store.part(1, 22);
    assert_eq!(missing(&part.state), Some(&Missing::Behind));
    assert_eq!(part.known_sequence, rested + 1);
}

#[test]
fn a_sale_behind_its_marker_makes_the_part_incomplete_again() {
    let mut store = Store::new(1);
    store.marker(1, 22, 23);
    assert!(store.part(1, 22).is_complete());
    store.sale(1, 22);
    assert_eq!(missing(&store.part(1, 22).state), Some(&Missing::NotKnown));
}

#[test]
fn a_marker_that_leads_nowhere_ends_nothing() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.marker(1, 22, 22);
    store.marker(1, 22, 21);
    assert!(!store.part(1, 22).is_complete());
}

/// F3: a lane whose journal is in trouble is never complete.
#[test]
fn a_trouble_is_never_complete() {
    let mut store = Store::new(1);
    store.sale(1, 22);
    store.marker(1, 22, 23);
    let trouble = Sentence::new("HUB0014: another journal", "HUB0014：日志不同");
    store.lane(1).trouble = Some(trouble.clone());
    let state = store.part(1, 22).state;
    assert_eq!(missing(&state), Some(&Missing::Trouble(trouble)));
}

/// F8: a record that can't be understood costs its own lane what follows, and nobody else.
#[test]
fn an_unreadable_record_costs_its_lane_what_follows() {
    let mut store = Store::new(2);
    store.sale(1, 22);
    store.marker(1, 22, 23);
    let sequence = store.record(machine(1), 23, FrameFact::Unreadable);
    store.marker(1, 23, 24);
    store.marker(2, 22, 24);
    assert!(store.part(1, 22).is_complete(), "what lies before is known");
    let state = store.part(1, 23).state;
    assert_eq!(missing(&state), Some(&Missing::Unreadable { sequence }));
    assert!(store.part(2, 23).is_complete());
}

#[test]
fn a_configured_lane_that_never_came_is_named() {
    let store = Store::new(1);
    assert_eq!(missing(&store.part(1, 22).state), Some(&Missing::Unheard));
}

#[test]
fn a_fenced_machine_is_open_until_somebody_says_where_it_ended() {
    let mut store = Store::new(1);
    let sold = store.sale(1, 22);
    let newer = Machine {
        epoch: LaneEpoch(2),
        ..machine(1)
    };
    store.days.take(&Fact::Attached {
        machine: newer,
        date: date(22),
    });
    assert_eq!(missing(&store.part(1, 22).state), Some(&Missing::Fenced));
    let state = |sequence, store: &mut Store| {
        let machine = machine(1);
        store.days.take(&Fact::EndStated { machine, sequence });
        store.part(1, 22).state
    };
    let beyond = state(sold + 1, &mut store);
    assert_eq!(
        missing(&beyond),
        Some(&Missing::Fenced),
        "more than is held"
    );
    let end = PartEnd::Stated { sequence: sold };
    assert_eq!(state(sold, &mut store), PartState::Complete(end));
    let later = store.days.parts(date(23), &[]);
    assert_eq!(later, [], "on later dates the newer machine speaks");
    store.days.take(&Fact::TakenBack { machine: newer });
    let later = store.days.parts(date(23), &[]);
    assert_eq!(later.len(), 1, "it was none: this one speaks on");
}
