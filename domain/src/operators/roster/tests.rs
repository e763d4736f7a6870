use super::*;
use crate::operators::{NotSignedOn, OfficePins, PinOutcome};
use crate::time::MonoMs;

fn date(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

fn pin(hash: &str) -> PinVerifier {
    PinVerifier::new(&format!("$argon2id$v=19$m=8,t=1,p=1$c2FsdA${hash}")).unwrap()
}

fn new(number: u32, role: Role) -> NewOperator {
    NewOperator {
        number: (number > 0).then_some(OperatorId(number)),
        name: format!("Li {number}"),
        role,
        pin: pin("aGFzaA"),
        badge: None,
        active_from: None,
        active_until: None,
    }
}

const ON: &str = "2026-11-30";

fn decide(
    roster: &Roster,
    order: OperatorOrder,
) -> Result<Vec<(OperatorStep, Operator)>, RosterFault> {
    roster.decide(vec![order], WallMs(1_000), date(ON))
}

fn roster() -> Roster {
    let mut roster = Roster::default();
    let orders = [(301, Role::Manager), (101, Role::Cashier)];
    let orders = orders.map(|(number, role)| OperatorOrder::Add(new(number, role)));
    for (_, operator) in roster
        .decide(orders.to_vec(), WallMs(500), date(ON))
        .unwrap()
    {
        roster.apply(operator);
    }
    roster
}

#[test]
fn the_first_list_of_a_store_has_a_manager_and_a_version_of_its_time() {
    let empty = Roster::default();
    let alone = decide(&empty, OperatorOrder::Add(new(7, Role::Cashier)));
    assert_eq!(alone, Err(RosterFault::NoManager(date(ON))));
    assert!(empty.is_empty() && empty.version() == 0 && empty.list(|_| true).is_none());
    let roster = roster();
    assert_eq!(roster.version(), 500);
    let list = roster.list(|_| true).unwrap();
    assert_eq!((list.version(), list.operators().len()), (500, 2));
    assert_eq!(
        roster.list(|number| number.0 != 301),
        None,
        "nobody manages"
    );
}

#[test]
fn versions_rise_though_the_clock_was_set_back() {
    let roster = roster();
    let order = OperatorOrder::SetPin(OperatorId(101), pin("b3RoZXI"));
    let done = roster.decide(vec![order], WallMs(3), date(ON)).unwrap();
    assert_eq!(done[0].0, OperatorStep::PinSet);
    assert_eq!(done[0].1.version, 501);
}

#[test]
fn a_number_is_never_given_to_another() {
    let mut roster = roster();
    let again = OperatorOrder::Add(new(101, Role::Cashier));
    assert_eq!(
        decide(&roster, again.clone()),
        Err(RosterFault::Taken(OperatorId(101)))
    );
    let ended = decide(&roster, OperatorOrder::End(OperatorId(101), None)).unwrap();
    assert_eq!(ended[0].1.active_until, Some(date("2026-11-29")));
    roster.apply(ended[0].1.clone());
    assert_eq!(
        decide(&roster, again),
        Err(RosterFault::Taken(OperatorId(101)))
    );
    let next = decide(&roster, OperatorOrder::Add(new(0, Role::Cashier))).unwrap();
    assert_eq!(next[0].1.number, OperatorId(302));
    let zero = NewOperator {
        number: Some(OperatorId(0)),
        ..new(0, Role::Cashier)
    };
    assert_eq!(
        decide(&roster, OperatorOrder::Add(zero)),
        Err(RosterFault::NoNumber)
    );
}

#[test]
fn a_store_is_never_left_without_a_manager_who_works() {
    let roster = roster();
    let only = OperatorId(301);
    let orders = [
        OperatorOrder::End(only, None),
        OperatorOrder::Change(
            only,
            OperatorChange {
                role: Some(Role::Supervisor),
                ..OperatorChange::default()
            },
        ),
        OperatorOrder::Change(
            only,
            OperatorChange {
                active_from: Some(Some(date("2026-12-01"))),
                ..OperatorChange::default()
            },
        ),
    ];
    for order in orders {
        let refused = decide(&roster, order.clone());
        assert_eq!(refused, Err(RosterFault::NoManager(date(ON))), "{order:?}");
    }
    // With another one in the same order, and on a date that is still to come, they may go.
    let both = vec![
        OperatorOrder::Add(new(302, Role::Manager)),
        OperatorOrder::End(only, None),
    ];
    assert!(roster.decide(both, WallMs(9), date(ON)).is_ok());
    assert!(decide(&roster, OperatorOrder::End(only, Some(date(ON)))).is_ok());
}

#[test]
fn what_changes_nothing_leaves_no_trace_and_faults_have_names() {
    let roster = roster();
    let order = |change| OperatorOrder::Change(OperatorId(101), change);
    let same = OperatorChange {
        name: Some("Li 101".to_owned()),
        ..OperatorChange::default()
    };
    assert_eq!(decide(&roster, order(same)), Ok(vec![]));
    for name in ["", " Li", "Li\u{7}", &"x".repeat(65)] {
        let renamed = OperatorChange {
            name: Some(name.to_owned()),
            ..OperatorChange::default()
        };
        assert_eq!(
            decide(&roster, order(renamed)),
            Err(RosterFault::InvalidName)
        );
    }
    let dates = OperatorChange {
        active_from: Some(Some(date("2026-12-02"))),
        active_until: Some(Some(date("2026-12-01"))),
        ..OperatorChange::default()
    };
    assert_eq!(
        decide(&roster, order(dates)),
        Err(RosterFault::EndsBeforeBegin)
    );
    let nobody = OperatorOrder::SetPin(OperatorId(9), pin("aGFzaA"));
    assert_eq!(
        decide(&roster, nobody),
        Err(RosterFault::Unknown(OperatorId(9)))
    );
}

#[test]
fn two_have_never_one_badge() {
    let mut roster = roster();
    let badge = |number| {
        let change = OperatorChange {
            badge: Some(Some(BadgeHash([7; 32]))),
            ..OperatorChange::default()
        };
        OperatorOrder::Change(OperatorId(number), change)
    };
    let given = decide(&roster, badge(101)).unwrap();
    roster.apply(given[0].1.clone());
    assert_eq!(
        decide(&roster, badge(301)),
        Err(RosterFault::BadgeTaken(OperatorId(101)))
    );
}

#[test]
fn wrong_pins_at_the_hub_lock_as_at_a_lane() {
    let roster = roster();
    let (manager, on) = (OperatorId(301), date(ON));
    let operator = roster.get(manager).unwrap().clone();
    let mut pins = OfficePins::default();
    let mut now = MonoMs(0);
    for tried in 1..=limits::PIN_TRIES_MAX {
        pins.begin(&roster, manager, on, now).unwrap();
        let at_once = pins.begin(&roster, manager, on, now);
        assert_eq!(at_once, Err(NotSignedOn::Wait), "one check at a time");
        let PinOutcome::Refused(wrong) = pins.end(&operator, false, now) else {
            panic!("a wrong PIN was right");
        };
        assert_eq!(wrong.count, tried);
        assert_eq!(wrong.locked, tried == limits::PIN_TRIES_MAX);
        pins.apply(manager, Some(wrong));
        let early = pins.begin(&roster, manager, on, now);
        let expected = if wrong.locked {
            NotSignedOn::Locked
        } else {
            NotSignedOn::Wait
        };
        assert_eq!(early, Err(expected));
        now = now.after(limits::PIN_WAIT_MAX_MS);
    }
    // A new PIN lets them try again at once, and so does somebody with the right.
    let now = MonoMs(0);
    let mut renewed = roster.clone();
    renewed.apply(Operator {
        version: operator.version + 1,
        ..operator
    });
    assert!(pins.clone().begin(&renewed, manager, on, now).is_ok());
    pins.apply(manager, None);
    assert!(pins.begin(&roster, manager, on, now).is_ok());
}

#[test]
fn who_is_unknown_or_has_gone_does_not_sign_on_at_the_hub() {
    let mut roster = roster();
    let mut pins = OfficePins::default();
    let begin = |pins: &mut OfficePins, roster: &Roster, number| {
        let begun = pins.begin(roster, OperatorId(number), date(ON), MonoMs(0));
        begun.err()
    };
    assert_eq!(begin(&mut pins, &roster, 9), Some(NotSignedOn::Wrong));
    let ended = decide(&roster, OperatorOrder::End(OperatorId(101), None)).unwrap();
    roster.apply(ended[0].1.clone());
    assert_eq!(begin(&mut pins, &roster, 101), Some(NotSignedOn::NotActive));
    assert_eq!(begin(&mut pins, &roster, 101), Some(NotSignedOn::NotActive));
    assert_eq!(begin(&mut pins, &roster, 301), None);
}
