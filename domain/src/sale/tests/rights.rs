//! Anything in any order, at a lane with operators: nothing is done without its right.

use proptest::prelude::*;

use super::{
    any_order::events,
    operators::{CASHIER, MANAGER, OTHER, SUPERVISOR, first_list},
    *,
};
use crate::{
    limits,
    operators::{Action, Answer, AttemptId, OperatorFact, Role, Who, may},
    sale::{Line, PriceSource},
    till::{CashMove, DrawerReason, TillEvent},
};

/// What the world does.
#[derive(Clone, Debug)]
enum Happens {
    Event(Event),
    TimePasses(u64),
    Kill,
}

fn who() -> impl Strategy<Value = Who> {
    prop::sample::select(vec![CASHIER, OTHER, SUPERVISOR, MANAGER, OperatorId(4)])
        .prop_map(Who::Number)
}

fn attempt() -> impl Strategy<Value = AttemptId> {
    (0..3_u64).prop_map(AttemptId)
}

fn allow_asked() -> impl Strategy<Value = Event> {
    let event = prop_oneof![3 => events(), 1 => at_the_drawer()];
    (attempt(), who(), event).prop_map(|(attempt, who, event)| Event::AllowAsked {
        attempt,
        who,
        event: Box::new(event),
    })
}

fn of_operators() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (attempt(), who()).prop_map(|(attempt, who)| Event::SignOn { attempt, who }),
        6 => allow_asked(),
        10 => (attempt(), prop::bool::weighted(0.8))
            .prop_map(|(attempt, matches)| Event::PinChecked { attempt, matches }),
        1 => Just(Event::SignOff),
        1 => Just(Event::SignOffAnother),
        1 => Just(Event::Unlock { operator: CASHIER }),
        1 => Just(first_list()),
        3 => at_the_drawer(),
        3 => (4_000..20_000_i64).prop_map(|minor| Event::Scanned(item("wine", 1, minor))),
    ]
}

/// At the drawer, by an event that claims a manager's right.
fn at_the_drawer() -> impl Strategy<Value = Event> {
    let (operator, right) = (MANAGER, Right::HeldBy(MANAGER));
    let (amount, note) = (cny(20_000), String::new());
    let reason = "change".to_owned();
    prop::sample::select(vec![
        TillEvent::ShiftBegun { operator },
        TillEvent::ShiftEnded {
            by: operator,
            right,
        },
        TillEvent::Float {
            operator,
            amount,
            right,
        },
        TillEvent::Drop {
            operator,
            amount,
            note,
            right,
        },
        TillEvent::NoSale {
            operator,
            reason,
            right,
        },
        TillEvent::CountBegun { operator, right },
    ])
    .prop_map(Event::Till)
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let one = prop_oneof![
        20 => events()
            .prop_filter("a lane at rest does nothing", |event| *event != Event::Rest)
            .prop_map(Happens::Event),
        24 => of_operators().prop_map(Happens::Event),
        2 => (0..limits::OPERATOR_IDLE_MS).prop_map(Happens::TimePasses),
        1 => Just(Happens::Kill),
    ];
    prop::collection::vec(one, 1..120)
}

fn role(operator: OperatorId) -> Role {
    match operator {
        CASHIER | OTHER => Role::Cashier,
        SUPERVISOR => Role::Supervisor,
        MANAGER => Role::Manager,
        _ => Role::Technician,
    }
}

/// What a fact does, figured from the basket before it and not by the machine.
fn done(before: &Checkout, fact: &CheckoutFact) -> Option<(Action, Money)> {
    let line = |number: u32| {
        before
            .sale()?
            .lines
            .iter()
            .find(|line| line.number == number)
    };
    match fact {
        CheckoutFact::Basket(BasketFact::LineVoided { line_number, .. }) => {
            Some((Action::VoidLine, line(*line_number)?.total))
        }
        CheckoutFact::Basket(BasketFact::LineChanged { line: now, .. }) => {
            changed(line(now.number)?, now)
        }
        CheckoutFact::Basket(BasketFact::LineAdded { line, .. }) => match line.price_source {
            PriceSource::Typed { shelf: None, .. } => Some((Action::TypedAmount, line.total)),
            _ => Some((Action::Sell, cny(0))),
        },
        CheckoutFact::Sale(SaleFact::SaleVoided { .. }) => {
            let sold = before.sale()?.sold_lines();
            let total = sold.map(|line| line.total.minor()).sum();
            Some((Action::VoidSale, cny(total)))
        }
        CheckoutFact::Sale(SaleFact::SaleOpened { .. } | SaleFact::SaleSuspended { .. })
        | CheckoutFact::Basket(BasketFact::SaleTotalled { .. })
        | CheckoutFact::Till(TillFact::CashTendered { .. } | TillFact::ShiftBegun { .. }) => {
            Some((Action::Sell, cny(0)))
        }
        CheckoutFact::Till(fact) => at_the_till(fact),
        CheckoutFact::Operator(OperatorFact::Unlocked { .. }) => {
            Some((Action::UnlockOperator, cny(0)))
        }
        _ => None,
    }
}

fn at_the_till(fact: &TillFact) -> Option<(Action, Money)> {
    match fact {
        TillFact::ShiftEnded { operator, by, .. } if operator != by => {
            Some((Action::TakeOver, cny(0)))
        }
        TillFact::CashMoved(moved) => {
            let action = match moved.kind {
                CashMove::Float => Action::Float,
                CashMove::Pickup => Action::Pickup,
                CashMove::Drop => Action::Drop,
                CashMove::Collection => Action::Collect,
            };
            Some((action, moved.amount))
        }
        TillFact::Counted(_) => Some((Action::Count, cny(0))),
        TillFact::ZTaken(_) => Some((Action::Z, cny(0))),
        TillFact::DrawerOpened { why, .. } => Some(match why {
            DrawerReason::NoSale => (Action::NoSale, cny(0)),
            DrawerReason::Count => (Action::Count, cny(0)),
        }),
        _ => None,
    }
}

fn changed(before: &Line, now: &Line) -> Option<(Action, Money)> {
    let gross = |line: &Line, price: Money| {
        Line {
            unit_price: price,
            ..line.clone()
        }
        .gross()
    };
    if now.quantity < before.quantity {
        let fewer = i64::from(before.quantity - now.quantity);
        return Some((Action::VoidLine, cny(before.unit_price.minor() * fewer)));
    }
    if now.discount != before.discount {
        let amount = now
            .discount
            .as_ref()
            .map_or(cny(0), |discount| discount.amount);
        return Some((Action::Discount, amount));
    }
    let shelf = now.price_source.shelf()?;
    let less = gross(now, shelf).ok()?.minor() - gross(now, now.unit_price).ok()?.minor();
    (less != 0).then_some((Action::PriceOverride, cny(less)))
}

/// Who is signed on and how often each PIN was wrong, told by the records alone.
#[derive(Default)]
struct Model {
    on: Option<OperatorId>,
    wrong: std::collections::BTreeMap<OperatorId, u32>,
}

impl Model {
    fn take(&mut self, fact: &OperatorFact) {
        match *fact {
            OperatorFact::SignedOn { operator, .. } => {
                assert!(self.on.is_none());
                self.on = Some(operator);
                self.wrong.remove(&operator);
            }
            OperatorFact::SignedOff { operator, .. } => {
                assert_eq!(self.on.take(), Some(operator));
            }
            OperatorFact::PinRefused {
                operator, wrong, ..
            } => {
                let known = self.wrong.entry(operator).or_default();
                *known += 1;
                assert_eq!(*known, wrong);
                assert!(
                    wrong <= limits::PIN_TRIES_MAX,
                    "locked out: nothing is looked at"
                );
            }
            OperatorFact::LockedOut { operator } => {
                assert_eq!(self.wrong.get(&operator), Some(&limits::PIN_TRIES_MAX));
            }
            OperatorFact::Unlocked { operator, .. } => {
                self.wrong.remove(&operator);
            }
            OperatorFact::SupervisorAllowed { by, .. } => {
                self.wrong.remove(&by);
            }
            OperatorFact::ListTaken { .. } => {}
        }
    }

    /// Each fact of one step by somebody who may: a supervisor's yes counts for one thing done.
    fn check(&mut self, before: &Checkout, facts: &[&CheckoutFact]) {
        let mut yes = None;
        for fact in facts {
            if let CheckoutFact::Operator(fact) = fact {
                self.take(fact);
                if let OperatorFact::SupervisorAllowed {
                    by,
                    action,
                    amount,
                    operator,
                    ..
                } = *fact
                {
                    assert_eq!(operator, self.on);
                    assert!(yes.replace((by, action, amount)).is_none(), "one a step");
                }
            }
            let Some((action, amount)) = done(before, fact) else {
                continue;
            };
            let by = match yes {
                Some((by, allowed, of)) if allowed == action => {
                    assert_eq!(of.minor().abs(), amount.minor().abs(), "{facts:?}");
                    yes = None;
                    by
                }
                Some(_) | None => self.on.expect("somebody is signed on"),
            };
            let answer = may(role(by), action, amount);
            assert_eq!(
                answer,
                Answer::Allowed,
                "{action:?} {amount} by {by:?}: {facts:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn nothing_is_done_without_its_right_in_any_order(all in happenings()) {
        let mut lane = Lane::new();
        lane.step(first_list());
        let mut model = Model::default();
        let mut right_pins = 0;
        let mut allowed = 0;
        for happens in all {
            let event = match happens {
                Happens::Event(event) => event,
                Happens::TimePasses(ms) => {
                    lane.mono_ms += ms;
                    continue;
                }
                Happens::Kill => {
                    lane = lane.killed();
                    prop_assert!(facts(&lane.step(first_list())).is_empty());
                    Event::Recovered
                }
            };
            let before = lane.checkout.clone();
            let is_right_pin = matches!(event, Event::PinChecked { matches: true, .. });
            match lane.try_step(event) {
                Ok(effects) => {
                    let facts = facts(&effects);
                    model.check(&before, &facts);
                    right_pins += usize::from(is_right_pin);
                    allowed += facts.iter().filter(|fact| matches!(
                        fact,
                        CheckoutFact::Operator(OperatorFact::SupervisorAllowed { .. })
                    )).count();
                }
                Err(_) => prop_assert!(lane.checkout == before),
            }
            prop_assert!(allowed <= right_pins, "a yes is used once");
            let killed = lane.killed();
            prop_assert!(killed.checkout.durable_equals(&lane.checkout));
            prop_assert_eq!(killed.checkout.operator(), model.on);
        }
    }
}
