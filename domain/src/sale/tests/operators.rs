//! Who is at the lane, and what they may do.

use std::sync::Arc;

use super::*;
use crate::{
    limits,
    operators::{
        AttemptId, BadgeHash, Operator, OperatorFact, OperatorList, PinVerifier, Role, SignedOffBy,
        Who,
    },
    sale::{CheckoutPart, OperatorView},
    time::BusinessDate,
};

pub(super) const CASHIER: OperatorId = OperatorId(7);
pub(super) const OTHER: OperatorId = OperatorId(8);
pub(super) const SUPERVISOR: OperatorId = OperatorId(2);
pub(super) const MANAGER: OperatorId = OperatorId(3);
const BADGE: BadgeHash = BadgeHash([9; 32]);

fn person(number: OperatorId, role: Role, version: u64) -> Operator {
    Operator {
        number,
        name: format!("{role:?}"),
        role,
        pin: PinVerifier::new(&format!("$argon2id$v=19$p{}", number.0)).unwrap(),
        badge: (number == SUPERVISOR).then_some(BADGE),
        active_from: None,
        active_until: None,
        version,
    }
}

fn people() -> Vec<Operator> {
    vec![
        person(CASHIER, Role::Cashier, 1),
        person(OTHER, Role::Cashier, 1),
        person(SUPERVISOR, Role::Supervisor, 1),
        person(MANAGER, Role::Manager, 1),
        person(OperatorId(4), Role::Technician, 1),
    ]
}

pub(super) fn told(version: u64, people: Vec<Operator>) -> Event {
    Event::OperatorsTold(Arc::new(OperatorList::new(version, people).unwrap()))
}

pub(super) fn first_list() -> Event {
    told(1, people())
}

impl Lane {
    /// A lane with operators, and nobody signed on.
    pub(super) fn with_operators() -> Self {
        let mut lane = Self::new();
        lane.step(first_list());
        lane
    }

    /// The same, the cashier signed on.
    pub(super) fn with_cashier() -> Self {
        let mut lane = Self::with_operators();
        lane.types(CASHIER, true);
        lane
    }

    /// Number and PIN for signing on, to the outcome.
    pub(super) fn types(&mut self, number: OperatorId, right: bool) -> Vec<Effect> {
        let attempt = self.asks(number);
        self.step(Event::PinChecked {
            attempt,
            matches: right,
        })
    }

    fn asks(&mut self, number: OperatorId) -> AttemptId {
        let attempt = AttemptId(self.records.len() as u64 * 1_000 + self.mono_ms);
        self.step(Event::SignOn {
            attempt,
            who: Who::Number(number),
        });
        attempt
    }

    /// A supervisor's PIN, which is right, for what was refused.
    pub(super) fn allowed(&mut self, by: OperatorId, event: Event) -> Vec<Effect> {
        let attempt = AttemptId(99);
        self.step(Event::AllowAsked {
            attempt,
            who: Who::Number(by),
            event: Box::new(event),
        });
        self.step(right(attempt))
    }

    pub(super) fn refuses(&mut self, event: Event) -> Rejected {
        let before = self.checkout.clone();
        let why = self.try_step(event).unwrap_err();
        assert!(self.checkout == before, "a refusal changes nothing");
        why
    }

    pub(super) fn is_locked(&self) -> bool {
        self.checkout.operator().is_none()
    }

    /// A kill and a new start, the list at hand.
    fn restarted(&self) -> Self {
        let mut lane = self.killed();
        assert!(lane.checkout.durable_equals(&self.checkout));
        lane.step(first_list());
        lane.step(Event::Recovered);
        lane
    }
}

pub(super) fn right(attempt: AttemptId) -> Event {
    Event::PinChecked {
        attempt,
        matches: true,
    }
}

pub(super) fn said(effects: &[Effect]) -> Option<Rejected> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Show(screen) => screen.refused,
        _ => None,
    })
}

pub(super) fn of_operators(effects: &[Effect]) -> Vec<OperatorFact> {
    let of_operators = facts(effects).into_iter().filter_map(|fact| match fact {
        CheckoutFact::Operator(fact) => Some(*fact),
        _ => None,
    });
    of_operators.collect()
}

pub(super) fn void_line() -> Event {
    Event::LineVoided { line_number: 1 }
}

pub(super) fn discount(minor: i64) -> Event {
    Event::Discounted {
        line_number: None,
        amount: cny(minor),
        reason: "torn".to_owned(),
        right: Right::Missing,
    }
}

pub(super) fn override_price(minor: i64) -> Event {
    Event::PriceOverridden {
        line_number: Some(1),
        price: cny(minor),
        reason: "shelf label".to_owned(),
        right: Right::Missing,
    }
}

#[test]
fn a_lane_without_operators_sells_as_operator_1_and_rights_come_with_the_events() {
    let mut lane = Lane::new();
    assert_eq!(lane.checkout.operator(), Some(OperatorId(1)));
    lane.basket();
    assert_eq!(lane.refuses(discount(100)), Rejected::NotAllowed);
    lane.step(void_line());
    for event in [Event::SignOff, Event::Unlock { operator: CASHIER }] {
        lane.try_step(event).unwrap_err();
    }
    let asked = Event::SignOn {
        attempt: AttemptId(1),
        who: Who::Number(CASHIER),
    };
    assert_eq!(lane.refuses(asked), Rejected::OperatorsNotAtHand);
}

#[test]
fn once_told_of_operators_nobody_sells_unsigned_not_even_after_a_restart_without_the_list() {
    let mut lane = Lane::with_operators();
    let open = || Event::Open {
        operator: OperatorId(1),
        order_reference: String::new(),
        price_version: String::new(),
    };
    assert_eq!(lane.refuses(open()), Rejected::NotSignedOn);
    let mut again = lane.killed();
    again.step(Event::Recovered);
    assert_eq!(again.refuses(open()), Rejected::NotSignedOn);
    let asked = Event::SignOn {
        attempt: AttemptId(1),
        who: Who::Number(CASHIER),
    };
    assert_eq!(again.refuses(asked), Rejected::OperatorsNotAtHand);
    // A list that was replaced does not bring back who has gone.
    lane.step(told(3, people()));
    assert_eq!(lane.refuses(told(2, people())), Rejected::OlderOperators);
}

#[test]
fn number_and_pin_sign_on_and_the_sale_is_theirs_whatever_the_event_says() {
    let mut lane = Lane::with_operators();
    let attempt = AttemptId(5);
    let effects = lane.step(Event::SignOn {
        attempt,
        who: Who::Number(CASHIER),
    });
    let verifier = PinVerifier::new("$argon2id$v=19$p7").unwrap();
    assert_eq!(effects, [Effect::CheckPin { attempt, verifier }]);
    assert!(lane.is_locked());
    let effects = lane.step(right(attempt));
    let on = OperatorFact::SignedOn {
        operator: CASHIER,
        role: Role::Cashier,
    };
    assert_eq!(of_operators(&effects), [on]);
    lane.step(Event::Open {
        operator: MANAGER,
        order_reference: String::new(),
        price_version: String::new(),
    });
    assert_eq!(lane.checkout.sale().unwrap().operator, CASHIER);
    let (asked, who) = (AttemptId(6), Who::Number(OTHER));
    let other = Event::SignOn {
        attempt: asked,
        who,
    };
    assert_eq!(lane.refuses(other), Rejected::SignedOnAlready(CASHIER));
}

#[test]
fn a_badge_stands_for_the_number_and_not_for_the_pin() {
    let mut lane = Lane::with_operators();
    let sign_on = |badge| Event::SignOn {
        attempt: AttemptId(5),
        who: Who::Badge(badge),
    };
    assert_eq!(
        lane.refuses(sign_on(BadgeHash([1; 32]))),
        Rejected::WrongPin
    );
    lane.step(sign_on(BADGE));
    assert!(lane.is_locked());
    lane.step(right(AttemptId(5)));
    assert_eq!(lane.checkout.operator(), Some(SUPERVISOR));
}

#[test]
fn the_outcome_of_another_pin_signs_nobody_on() {
    let mut lane = Lane::with_operators();
    assert_eq!(lane.refuses(right(AttemptId(1))), Rejected::NoSuchAttempt);
    let attempt = lane.asks(CASHIER);
    let other = AttemptId(attempt.0 + 1);
    assert_eq!(lane.refuses(right(other)), Rejected::NoSuchAttempt);
    let second = Event::SignOn {
        attempt: other,
        who: Who::Number(MANAGER),
    };
    assert_eq!(lane.refuses(second.clone()), Rejected::PinBeingChecked);
    // Its check is lost, and another one may begin; then its outcome comes after all.
    lane.mono_ms += limits::PIN_CHECK_TIMEOUT_MS;
    lane.step(second);
    assert_eq!(lane.refuses(right(attempt)), Rejected::NoSuchAttempt);
    lane.step(right(other));
    assert_eq!(lane.checkout.operator(), Some(MANAGER));
    // Once is once.
    assert_eq!(lane.refuses(right(other)), Rejected::NoSuchAttempt);
}

#[test]
fn a_pin_that_was_changed_while_it_was_checked_is_typed_again() {
    let mut lane = Lane::with_operators();
    let attempt = lane.asks(CASHIER);
    let mut changed = people();
    changed[0].version = 2;
    lane.step(told(2, changed));
    let effects = lane.step(right(attempt));
    assert_eq!(said(&effects), Some(Rejected::NoSuchAttempt));
    assert!(lane.is_locked());
}

#[test]
fn wrong_pins_make_somebody_wait_longer_and_longer_and_then_lock_them_out() {
    let mut lane = Lane::with_operators();
    for wrong in 1..limits::PIN_TRIES_MAX {
        let effects = lane.types(CASHIER, false);
        assert_eq!(said(&effects), Some(Rejected::WrongPin));
        let again = Event::SignOn {
            attempt: AttemptId(1),
            who: Who::Number(CASHIER),
        };
        let seconds = 1 << (wrong - 1);
        let wait = Rejected::WaitAfterWrongPin { seconds };
        assert_eq!(lane.refuses(again), wait);
        lane.mono_ms += seconds * 1_000;
    }
    // A restart takes no wrong PIN back, and lets nobody try sooner.
    let mut lane = lane.restarted();
    let again = || Event::SignOn {
        attempt: AttemptId(1),
        who: Who::Number(CASHIER),
    };
    let wait = Rejected::WaitAfterWrongPin { seconds: 8 };
    assert_eq!(lane.refuses(again()), wait);
    lane.mono_ms += 8_000;
    let effects = lane.types(CASHIER, false);
    assert_eq!(said(&effects), Some(Rejected::LockedOut(CASHIER)));
    let locked = OperatorFact::LockedOut { operator: CASHIER };
    assert_eq!(of_operators(&effects).last(), Some(&locked));
    lane.mono_ms += 24 * 60 * 60 * 1_000;
    let mut lane = lane.restarted();
    lane.mono_ms += 24 * 60 * 60 * 1_000;
    assert_eq!(lane.refuses(again()), Rejected::LockedOut(CASHIER));
    // Others may go on.
    lane.types(OTHER, true);
}

#[test]
fn a_right_pin_forgets_the_wrong_ones() {
    let mut lane = Lane::with_operators();
    for _ in 0..3 {
        for _ in 1..limits::PIN_TRIES_MAX {
            lane.types(CASHIER, false);
            lane.mono_ms += limits::PIN_WAIT_MAX_MS;
        }
        lane.types(CASHIER, true);
        lane.step(Event::SignOff);
    }
}

pub(super) fn locked_out() -> Lane {
    let mut lane = Lane::with_operators();
    for _ in 0..limits::PIN_TRIES_MAX {
        lane.types(CASHIER, false);
        lane.mono_ms += limits::PIN_WAIT_MAX_MS;
    }
    lane
}

#[test]
fn a_new_pin_from_the_hub_lets_somebody_try_again() {
    let mut lane = locked_out();
    lane.step(told(2, people()));
    let again = Event::SignOn {
        attempt: AttemptId(1),
        who: Who::Number(CASHIER),
    };
    assert_eq!(lane.refuses(again), Rejected::LockedOut(CASHIER));
    let mut changed = people();
    changed[0].version = 2;
    lane.step(told(3, changed));
    lane.types(CASHIER, true);
}

#[test]
fn who_touches_nothing_is_signed_off_and_the_basket_waits_for_them() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.mono_ms += limits::OPERATOR_IDLE_MS - 1;
    lane.step(Event::HubReached);
    assert!(!lane.is_locked());
    lane.step(Event::Scanned(item("bread", 1, 300)));
    lane.mono_ms += limits::OPERATOR_IDLE_MS - 1;
    lane.step(Event::HubReached);
    assert!(!lane.is_locked());
    lane.mono_ms += 1;
    // A key that comes now is nobody's, whether the clock was looked at before or not.
    assert_eq!(lane.refuses(Event::Total), Rejected::NotSignedOn);
    let effects = lane.step(Event::HubReached);
    let off = OperatorFact::SignedOff {
        operator: CASHIER,
        by: SignedOffBy::Idle,
        supervisor: None,
    };
    assert_eq!(of_operators(&effects), [off]);
    let basket_of = Some(CASHIER);
    let locked = OperatorView::SignedOff { basket_of };
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Show(screen) if screen.operator == locked && screen.basket.is_some()
    )));
    let effects = lane.types(OTHER, true);
    assert_eq!(said(&effects), Some(Rejected::OthersBasket(CASHIER)));
    lane.types(CASHIER, true);
    assert_eq!(lane.checkout.sale().unwrap().lines.len(), 3);
    lane.step(Event::Total);
}

#[test]
fn a_supervisor_takes_a_basket_over_and_signs_another_off() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    assert_eq!(lane.refuses(Event::SignOffAnother), Rejected::NotAllowed);
    let effects = lane.allowed(SUPERVISOR, Event::SignOffAnother);
    let off = OperatorFact::SignedOff {
        operator: CASHIER,
        by: SignedOffBy::Supervisor,
        supervisor: Some(SUPERVISOR),
    };
    assert_eq!(of_operators(&effects).last(), Some(&off));
    lane.types(SUPERVISOR, true);
    lane.step(Event::Total);
}

#[test]
fn nobody_is_signed_off_while_a_card_is_at_the_reader_or_at_the_bank() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    lane.step(Event::Total);
    let payment_id = PaymentId(1);
    lane.step(Event::CardChosen { payment_id });
    assert_eq!(lane.refuses(Event::SignOff), Rejected::PaymentUnderWay);
    lane.mono_ms += limits::OPERATOR_IDLE_MS;
    lane.step(Event::HubReached);
    assert!(!lane.is_locked());
    lane.step(card_read(1));
    assert_eq!(lane.refuses(Event::SignOff), Rejected::PaymentUnderWay);
    let decision = approved(1_550);
    lane.step(Event::Decided {
        payment_id,
        decision,
    });
    lane.step(Event::HubReached);
    assert!(lane.is_locked());
}

#[test]
fn a_restart_and_a_rest_sign_off_and_what_was_begun_goes_on_by_itself() {
    let mut lane = Lane::with_cashier();
    lane.basket();
    let mut lane = lane.restarted();
    assert!(lane.is_locked());
    assert_eq!(lane.refuses(Event::Total), Rejected::NotSignedOn);
    lane.types(CASHIER, true);
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1_550) });
    lane.printed();
    let effects = lane.step(Event::Rest);
    assert!(matches!(
        facts(&effects)[..],
        [
            CheckoutFact::Operator(OperatorFact::SignedOff {
                by: SignedOffBy::LaneStopped,
                ..
            }),
            CheckoutFact::Date(DateFact::Rested)
        ]
    ));
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn who_no_longer_works_here_is_signed_off_and_another_role_counts_at_once() {
    let date = |day| BusinessDate::parse(&format!("2026-11-{day}")).unwrap();
    let mut lane = Lane::with_cashier();
    let named = |day| Event::DayNamed {
        date: date(day),
        cut_within_ms: 0,
    };
    lane.step(named(22));
    let mut changed = people();
    changed[0].role = Role::Manager;
    changed[0].active_until = Some(date(22));
    lane.step(told(2, changed));
    lane.basket();
    lane.step(discount(250));
    lane.step(override_price(0));
    lane.step(Event::Suspend {
        label: String::new(),
    });
    lane.step(named(23));
    let effects = lane.step(Event::HubReached);
    assert!(matches!(
        of_operators(&effects)[..],
        [OperatorFact::SignedOff {
            by: SignedOffBy::NotActive,
            ..
        }]
    ));
    let again = Event::SignOn {
        attempt: AttemptId(1),
        who: Who::Number(CASHIER),
    };
    assert_eq!(lane.refuses(again), Rejected::OperatorNotActive(CASHIER));
}

#[test]
fn a_technician_looks_after_the_machine_and_sells_nothing() {
    let mut lane = Lane::with_operators();
    lane.types(OperatorId(4), true);
    let open = Event::Open {
        operator: OperatorId(4),
        order_reference: String::new(),
        price_version: String::new(),
    };
    assert_eq!(lane.refuses(open), Rejected::NotAllowed);
    lane.step(Event::SignOff);
}

#[test]
fn operators_are_kept_in_a_part_of_the_checkpoint() {
    let mut lane = Lane::with_operators();
    lane.types(OTHER, false);
    lane.types(CASHIER, true);
    let kept = lane.checkout.checkpoint().unwrap();
    assert!(kept.has(CheckoutPart::Operators));
    let again = Checkout::from_checkpoint(CONFIG, kept).unwrap();
    assert!(again.durable_equals(&lane.checkout));
    assert_eq!(again.operator(), Some(CASHIER));
}
