//! Who works at the lane: the hub's list becomes an event of the checkout, a number or badge with a
//! PIN becomes an attempt, and what was refused for want of a right waits for somebody who has it.
//!
//! A PIN is in memory from here to its comparison, and in no event, record or log. What waits is
//! gone with the next thing that anybody does: a supervisor allows what stands on the screen.

use actix::{ActorFutureExt, AsyncContext, Context, Handler, Message, StreamHandler, WrapFuture};
use domain::{
    ids::OperatorId,
    money::Money,
    operators::{
        Action, Answer, AttemptId, BadgeHash, ONLY_OPERATOR, OperatorFact, PinVerifier, Role,
        SignedOffBy, Who, may,
    },
    sale::{CheckoutFact, Effect, Event, Rejected},
    scan_codes::CodeMeaning,
};
use operator_pin::Pin;
use tokio_stream::{StreamExt, wrappers::WatchStream};
use tracing::{debug, error, info, warn};

use super::TransactionFlow;
use crate::known_operators::KnownOperators;

/// `docs/errors/LANE0071.md`.
pub(crate) const LIST_REFUSED: &str = "LANE0071";

/// Somebody typed a PIN.
#[derive(Message)]
#[rtype(result = "Result<(), Rejected>")]
pub(crate) struct Identify {
    pub(crate) purpose: Purpose,
    /// `None`: by the badge that was scanned.
    pub(crate) number: Option<OperatorId>,
    /// `None`: what was typed can be nobody's.
    pub(crate) pin: Option<Pin>,
}

/// What a PIN is typed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Purpose {
    /// To work here.
    SignOn,
    /// To allow what was refused to somebody else.
    Allow,
}

/// Nobody is to allow it: the sale goes on without.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Withdraw;

/// What the screens ask of whoever types a PIN.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Asking {
    /// What was refused.
    pub(crate) to_allow: Option<ToAllow>,
    /// A badge was scanned: no number needs to be typed.
    pub(crate) has_badge: bool,
}

/// What was refused for want of a right.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ToAllow {
    pub(crate) action: Action,
    /// Zero of what has none.
    pub(crate) amount: Money,
    /// No supervisor's right reaches so far.
    pub(crate) by_manager: bool,
}

/// What is known of people at the keys, beside what the checkout knows.
#[derive(Default)]
pub(super) struct AtTheKeys {
    /// Goes to its comparison with the effect of its attempt.
    typed: Option<(AttemptId, Pin)>,
    /// Refused for want of a right.
    refused: Option<Event>,
    badge: Option<BadgeHash>,
}

/// The hub told of operators, now or in an earlier run.
pub(super) struct OperatorsTold(KnownOperators);

impl TransactionFlow {
    /// What an earlier run kept is told before the checkout takes anything up.
    pub(super) fn follow_operators(&mut self, ctx: &mut Context<Self>) {
        let kept = self.parts.operators.borrow().clone();
        if let Some(kept) = kept {
            self.take_list(kept, ctx);
        }
        let told = WatchStream::from_changes(self.parts.operators.clone());
        ctx.add_stream(told.filter_map(|known| known.map(OperatorsTold)));
    }

    fn take_list(&mut self, known: KnownOperators, ctx: &mut Context<Self>) {
        let version = known.list.version();
        match self.decide(Event::OperatorsTold(known.list), ctx) {
            Ok(()) => info!(event = "operators known", version),
            Err(why) => error!(event = "operators not taken", code = LIST_REFUSED, version, %why),
        }
    }

    /// Who is at the keys. Where nobody is, the checkout refuses what needs somebody.
    pub(super) fn operator(&self) -> OperatorId {
        self.parts.checkout.operator().unwrap_or(ONLY_OPERATOR)
    }

    fn identify(&mut self, typed: Identify, ctx: &mut Context<Self>) -> Result<(), Rejected> {
        if !self.open {
            return Err(Rejected::NotOpen);
        }
        let pin = typed.pin.ok_or(Rejected::WrongPin)?;
        let attempt = AttemptId(self.parts.random.next_u64());
        let who = match typed.number {
            Some(number) => Who::Number(number),
            None => Who::Badge(self.at_the_keys.badge.ok_or(Rejected::WrongPin)?),
        };
        let event = match typed.purpose {
            Purpose::SignOn => Event::SignOn { attempt, who },
            Purpose::Allow => {
                let refused = self.at_the_keys.refused.clone();
                Event::AllowAsked {
                    attempt,
                    who,
                    event: Box::new(refused.ok_or(Rejected::NothingToAllow)?),
                }
            }
        };
        let before = self.at_the_keys.typed.replace((attempt, pin));
        let outcome = self.decide(event, ctx);
        if outcome.is_err() {
            // One that waits for its effect goes on.
            self.at_the_keys.typed = before;
        }
        outcome
    }

    pub(super) fn check_pin(
        &mut self,
        attempt: AttemptId,
        verifier: PinVerifier,
        ctx: &mut Context<Self>,
    ) {
        let typed = self.at_the_keys.typed.take_if(|(of, _)| *of == attempt);
        let Some((_, pin)) = typed else {
            // Can't be: an attempt is begun with its PIN.
            return warn!(event = "pin missing");
        };
        let checked = self.parts.pins.check(pin, verifier).into_actor(self);
        ctx.spawn(checked.map(move |matches, flow, ctx| {
            if let Some(matches) = matches {
                flow.pin_checked(attempt, matches, ctx);
            }
        }));
    }

    fn pin_checked(&mut self, attempt: AttemptId, matches: bool, ctx: &mut Context<Self>) {
        let outcome = self.step(Event::PinChecked { attempt, matches });
        match outcome {
            Ok(effects) => {
                let is_shown = effects
                    .iter()
                    .any(|effect| matches!(effect, Effect::Show(_)));
                if is_over(&effects) {
                    self.forget_refused();
                }
                self.follow(effects, ctx);
                if !is_shown {
                    self.say_nothing();
                }
            }
            Err(why) => debug!(event = "pin outcome not wanted", %why),
        }
    }

    /// What a person did was refused for want of a right: it waits for somebody who has it. Anything
    /// else that is done ends the wait.
    pub(super) fn remember_refused(&mut self, event: Event, outcome: Result<(), Rejected>) {
        let may_be_allowed = match outcome {
            Ok(()) => false,
            Err(why) => {
                // Whoever is locked out is not signed on.
                let unlocks = matches!(event, Event::Unlock { .. });
                why.lacks_right() || (unlocks && why == Rejected::NotSignedOn)
            }
        };
        let has_operators = self.parts.checkout.operators_version().is_some();
        self.at_the_keys.refused = Some(event).filter(|_| may_be_allowed && has_operators);
        self.at_the_keys.badge = None;
        self.tell_asking();
    }

    fn forget_refused(&mut self) {
        self.at_the_keys.refused = None;
        self.at_the_keys.badge = None;
        self.tell_asking();
    }

    /// A badge says who somebody is, where that is asked. False: nobody asks.
    pub(super) fn takes_badge(&mut self, event: &Event, on_badge: &str) -> bool {
        let is_badge = matches!(event, Event::OtherCode(CodeMeaning::Badge));
        let is_asked =
            self.at_the_keys.refused.is_some() || self.parts.checkout.operator().is_none();
        if !is_badge || !is_asked {
            return false;
        }
        let known = self.parts.operators.borrow().clone();
        self.at_the_keys.badge = known.and_then(|known| known.badge(on_badge));
        self.tell_asking();
        true
    }

    fn tell_asking(&self) {
        let now = self.now();
        let refused = self.at_the_keys.refused.as_ref();
        let asked = refused.and_then(|event| self.parts.checkout.asked(now, event));
        let asking = Asking {
            to_allow: asked.map(|(action, amount)| ToAllow {
                action,
                amount,
                by_manager: may(Role::Supervisor, action, amount) == Answer::NeedsManager,
            }),
            has_badge: self.at_the_keys.badge.is_some(),
        };
        self.parts.asking.send_if_modified(|told| {
            let changed = *told != asking;
            *told = asking;
            changed
        });
    }

    /// After each event: whoever signs on or goes leaves nothing to be allowed.
    pub(super) fn follow_operator(&mut self, effects: &[Effect]) {
        let turns = facts(effects).any(|fact| match fact {
            OperatorFact::SignedOn { .. } | OperatorFact::SignedOff { .. } => true,
            OperatorFact::ListTaken { .. }
            | OperatorFact::PinRefused { .. }
            | OperatorFact::LockedOut { .. }
            | OperatorFact::Unlocked { .. }
            | OperatorFact::SupervisorAllowed { .. } => false,
        });
        if turns {
            self.forget_refused();
        }
    }
}

/// What is to be told of a record that was written.
pub(super) fn tell(fact: &CheckoutFact) {
    let CheckoutFact::Operator(fact) = fact else {
        return;
    };
    match fact {
        OperatorFact::ListTaken { version, operators } => {
            info!(event = "operators taken", version, operators);
        }
        OperatorFact::SignedOn { operator, role } => {
            info!(event = "operator signed on", operator = operator.0, ?role);
        }
        OperatorFact::SignedOff { operator, by, .. } => match by {
            SignedOffBy::Themselves
            | SignedOffBy::Idle
            | SignedOffBy::Supervisor
            | SignedOffBy::LaneRestarted
            | SignedOffBy::LaneStopped => {
                info!(event = "operator signed off", operator = operator.0, ?by);
            }
            SignedOffBy::NotActive => {
                warn!(event = "operator signed off", operator = operator.0, ?by);
            }
        },
        OperatorFact::PinRefused {
            operator, wrong, ..
        } => {
            info!(event = "pin refused", operator = operator.0, wrong);
        }
        OperatorFact::LockedOut { operator } => {
            warn!(event = "operator locked out", operator = operator.0);
        }
        OperatorFact::Unlocked { operator, by } => {
            info!(
                event = "operator unlocked",
                operator = operator.0,
                by = by.0
            );
        }
        OperatorFact::SupervisorAllowed { by, action, .. } => {
            info!(event = "supervisor allowed", by = by.0, ?action);
        }
    }
}

fn facts(effects: &[Effect]) -> impl Iterator<Item = &OperatorFact> {
    effects.iter().filter_map(|effect| {
        let Effect::Persist(record) = effect else {
            return None;
        };
        let CheckoutFact::Operator(fact) = &record.fact else {
            return None;
        };
        Some(fact)
    })
}

/// Whether nobody needs to be asked any more: it was allowed, or it can't be done at all. A wrong
/// PIN, and somebody who has no right to it either, leave the question.
fn is_over(effects: &[Effect]) -> bool {
    let is_allowed = |fact: &OperatorFact| matches!(fact, OperatorFact::SupervisorAllowed { .. });
    let stays = |effect: &Effect| {
        let Effect::Show(screen) = effect else {
            return false;
        };
        let refused = screen.refused;
        refused.is_some_and(|why| why.lacks_right() || why.is_about_pin())
    };
    facts(effects).any(is_allowed) || !effects.iter().any(stays)
}

impl StreamHandler<OperatorsTold> for TransactionFlow {
    fn handle(&mut self, OperatorsTold(known): OperatorsTold, ctx: &mut Self::Context) {
        self.take_list(known, ctx);
    }

    // The link is gone only with the lane.
    fn finished(&mut self, _: &mut Self::Context) {}
}

impl Handler<Identify> for TransactionFlow {
    type Result = Result<(), Rejected>;

    fn handle(&mut self, typed: Identify, ctx: &mut Self::Context) -> Self::Result {
        let outcome = self.identify(typed, ctx);
        self.say_why(outcome)
    }
}

impl Handler<Withdraw> for TransactionFlow {
    type Result = ();

    fn handle(&mut self, _: Withdraw, _: &mut Self::Context) {
        self.forget_refused();
        self.say_nothing();
    }
}
