//! Who is at the lane, and what they may do: signing on and off, wrong PINs, and a supervisor who
//! allows one action on the spot.
//!
//! A lane that was never told of operators sells as operator 1, and rights come with the events; a
//! lane that was told once never goes back to that, list at hand or not. Then each thing that a
//! person does is checked against the table before it is decided, and what is replayed is not
//! checked again.
//!
//! A PIN is compared outside: [`Effect::CheckPin`] goes out, [`Event::PinChecked`] comes back under
//! the same attempt. A supervisor's PIN is typed for one event, and that event is decided in the
//! very step that hears that the PIN was right: there is no permission that could be kept, or used
//! for something else.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    ids::{OperatorId, SaleNumber},
    limits,
    money::Money,
    operators::{
        Action, Answer, AttemptId, ONLY_OPERATOR, Operator, OperatorFact, OperatorList, Role,
        SignedOffBy, SignedOn, Who, may, wait_after_wrong_pins_ms,
    },
    sale::{Checkout, Effect, Event, OperatorView, Prompt, Rejected, Right, Step, asked::Asked},
    time::MonoMs,
};

/// What no record tells of operators: a kill takes it away.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct AtTheLane {
    list: Option<Arc<OperatorList>>,
    /// The PIN that is being checked.
    attempt: Option<Attempt>,
    /// Until when no PIN of theirs is looked at.
    waits: BTreeMap<OperatorId, MonoMs>,
    /// When the one who is signed on last did something; `None`: not since the lane was started.
    active_at: Option<MonoMs>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
struct Attempt {
    id: AttemptId,
    operator: OperatorId,
    /// [`Operator::version`] whose verifier is used.
    of_version: u64,
    begun: MonoMs,
    purpose: Purpose,
}

/// What a PIN is typed for.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Purpose {
    SignOn,
    Allow(Box<ToAllow>),
}

/// One event as a supervisor saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct ToAllow {
    event: Event,
    asked: Asked,
    sale: Option<SaleNumber>,
    signed_on: Option<SignedOn>,
}

impl Checkout {
    /// Who sells: the one who is signed on; operator 1 where no operators were ever told of.
    #[must_use]
    pub const fn operator(&self) -> Option<OperatorId> {
        let operators = &self.durable.operators;
        match (operators.list, operators.signed_on) {
            (None, _) => Some(ONLY_OPERATOR),
            (Some(_), Some(on)) => Some(on.operator),
            (Some(_), None) => None,
        }
    }

    /// Version of the list that the lane is run by; `None`: it was never told of operators.
    #[must_use]
    pub const fn operators_version(&self) -> Option<u64> {
        self.durable.operators.list
    }
}

impl Step {
    const fn has_operators(&self) -> bool {
        self.durable.operators.list.is_some()
    }

    /// Before anything else is decided: does somebody have the right to it?
    pub(super) fn check_right(&mut self, event: &Event) -> Result<(), Rejected> {
        self.allowed_by = None;
        if !self.has_operators() || event.action().is_none() {
            return Ok(());
        }
        let on = self.durable.operators.signed_on;
        let on = on.ok_or(Rejected::NotSignedOn)?;
        if let Some(asked) = self.asked(event)? {
            self.is_allowed(self.role_of(on), asked)?;
        }
        self.allowed_by = Some(on.operator);
        self.volatile.operators.active_at = Some(self.now.mono);
        Ok(())
    }

    #[allow(
        clippy::unused_self,
        reason = "a store's own table of amounts would be found here"
    )]
    fn is_allowed(&self, role: Role, (action, amount): Asked) -> Result<(), Rejected> {
        match may(role, action, amount) {
            Answer::Allowed => Ok(()),
            Answer::NeedsSupervisor => Err(Rejected::NotAllowed),
            Answer::NeedsManager => Err(Rejected::NeedsManager),
            Answer::NobodyMay => Err(Rejected::NobodyMay),
        }
    }

    /// Who holds the right to what is being decided. `told`: as the event says; it counts only
    /// where there are no operators.
    pub(super) fn holder(&self, told: Right) -> Result<OperatorId, Rejected> {
        let holder = if self.has_operators() {
            self.allowed_by
        } else {
            told.holder()
        };
        holder.ok_or(Rejected::NotAllowed)
    }

    /// Who sells. `told`: as the event says; it counts only where there are no operators.
    pub(super) fn seller(&self, told: OperatorId) -> Result<OperatorId, Rejected> {
        if !self.has_operators() {
            return Ok(told);
        }
        let on = self.durable.operators.signed_on;
        Ok(on.ok_or(Rejected::NotSignedOn)?.operator)
    }

    /// The hub's list, or the one it told before, kept on the lane's disk.
    pub(super) fn operators_told(&mut self, list: Arc<OperatorList>) -> Result<(), Rejected> {
        let known = self.durable.operators.list;
        if known.is_some_and(|known| list.version() < known) {
            return Err(Rejected::OlderOperators);
        }
        if known != Some(list.version()) {
            self.record(OperatorFact::ListTaken {
                version: list.version(),
                operators: u32::try_from(list.operators().len()).unwrap_or(u32::MAX),
            });
        }
        self.volatile.operators.list = Some(list);
        if known.is_none() {
            self.show(self.standing_prompt());
        }
        Ok(())
    }

    pub(super) fn sign_on(&mut self, attempt: AttemptId, who: Who) -> Result<(), Rejected> {
        if let Some(on) = self.durable.operators.signed_on {
            return Err(Rejected::SignedOnAlready(on.operator));
        }
        self.begin_attempt(attempt, who, Purpose::SignOn)
    }

    /// A supervisor types a PIN for what was refused.
    pub(super) fn ask_to_allow(
        &mut self,
        attempt: AttemptId,
        who: Who,
        event: Event,
    ) -> Result<(), Rejected> {
        let sale = self.durable.sale.as_ref();
        let last = sale.and_then(|sale| sale.sold_lines().last());
        let event = event.about_line(last.map(|line| line.number));
        let asked = self.asked(&event)?;
        let asked = asked.filter(|(action, _)| *action != Action::Sell);
        let asked = asked.ok_or(Rejected::NothingToAllow)?;
        let signed_on = self.durable.operators.signed_on;
        // Whoever is locked out is not signed on.
        if signed_on.is_none() && asked.0 != Action::UnlockOperator {
            return Err(Rejected::NotSignedOn);
        }
        let to_allow = ToAllow {
            event,
            asked,
            sale: self.durable.sale.as_ref().map(|sale| sale.number),
            signed_on,
        };
        self.begin_attempt(attempt, who, Purpose::Allow(Box::new(to_allow)))
    }

    /// One PIN at a time is checked, and none of somebody who is locked out or has to wait.
    fn begin_attempt(&mut self, id: AttemptId, who: Who, purpose: Purpose) -> Result<(), Rejected> {
        let list = self.volatile.operators.list.clone();
        let list = list.ok_or(Rejected::OperatorsNotAtHand)?;
        let operator = match who {
            Who::Number(number) => list.by_number(number),
            Who::Badge(badge) => list.by_badge(badge),
        };
        let operator = operator.ok_or(Rejected::WrongPin)?;
        self.may_try(operator)?;
        let heard = &mut self.volatile.operators;
        let now = self.now.mono;
        let is_young = |attempt: &Attempt| now < attempt.begun.after(limits::PIN_CHECK_TIMEOUT_MS);
        if heard.attempt.as_ref().is_some_and(is_young) {
            return Err(Rejected::PinBeingChecked);
        }
        heard.attempt = Some(Attempt {
            id,
            operator: operator.number,
            of_version: operator.version,
            begun: now,
            purpose,
        });
        self.then(Effect::CheckPin {
            attempt: id,
            verifier: operator.pin.clone(),
        });
        Ok(())
    }

    fn may_try(&self, operator: &Operator) -> Result<(), Rejected> {
        if !operator.is_active(self.running_date()) {
            return Err(Rejected::OperatorNotActive(operator.number));
        }
        let wrong = self.durable.operators.wrong_of(operator);
        if wrong.is_some_and(|wrong| wrong.locked) {
            return Err(Rejected::LockedOut(operator.number));
        }
        let until = self.volatile.operators.waits.get(&operator.number);
        match until.filter(|until| wrong.is_some() && self.now.mono < **until) {
            Some(until) => Err(Rejected::WaitAfterWrongPin {
                seconds: until.since_ms(self.now.mono).div_ceil(1_000),
            }),
            None => Ok(()),
        }
    }

    /// The PIN was compared. The outcome of another attempt than the one under way is no outcome.
    pub(super) fn pin_checked(&mut self, id: AttemptId, matches: bool) -> Result<(), Rejected> {
        let attempt = self.volatile.operators.attempt.take();
        let attempt = attempt.filter(|attempt| attempt.id == id);
        let attempt = attempt.ok_or(Rejected::NoSuchAttempt)?;
        let list = self.volatile.operators.list.clone();
        let operator = list
            .as_ref()
            .and_then(|list| list.by_number(attempt.operator));
        // Changed in the meantime: the verifier that was used may be an old one.
        let same = operator.filter(|operator| operator.version == attempt.of_version);
        let Some(operator) = same else {
            return self.refuse(Rejected::NoSuchAttempt);
        };
        if let Err(why) = self.may_try(operator) {
            return self.refuse(why);
        }
        if !matches {
            return self.wrong_pin(operator);
        }
        self.volatile.operators.waits.remove(&operator.number);
        match attempt.purpose {
            Purpose::SignOn => self.signed_on(operator),
            Purpose::Allow(to_allow) => self.allow(operator, *to_allow),
        }
    }

    fn wrong_pin(&mut self, operator: &Operator) -> Result<(), Rejected> {
        let number = operator.number;
        let before = self.durable.operators.wrong_of(operator);
        let wrong = before.map_or(0, |before| before.count).saturating_add(1);
        self.record(OperatorFact::PinRefused {
            operator: number,
            wrong,
            of_version: operator.version,
        });
        let until = self.now.mono.after(wait_after_wrong_pins_ms(wrong));
        self.volatile.operators.waits.insert(number, until);
        if wrong < limits::PIN_TRIES_MAX {
            return self.refuse(Rejected::WrongPin);
        }
        self.record(OperatorFact::LockedOut { operator: number });
        self.refuse(Rejected::LockedOut(number))
    }

    /// A basket that waits is its operator's, or somebody's who may take it over.
    fn signed_on(&mut self, operator: &Operator) -> Result<(), Rejected> {
        if let Some(on) = self.durable.operators.signed_on {
            return self.refuse(Rejected::SignedOnAlready(on.operator));
        }
        let nothing = Money::zero(self.config.currency);
        let sale = self.durable.sale.as_ref();
        if let Some(of) = sale.map(|sale| sale.operator)
            && of != operator.number
            && self
                .is_allowed(operator.role, (Action::TakeOver, nothing))
                .is_err()
        {
            return self.refuse(Rejected::OthersBasket(of));
        }
        self.record(OperatorFact::SignedOn {
            operator: operator.number,
            role: operator.role,
        });
        self.volatile.operators.active_at = Some(self.now.mono);
        self.show(self.standing_prompt());
        Ok(())
    }

    /// Decides the one event that the supervisor's PIN was typed for, if all is as the supervisor
    /// saw it. What is refused then leaves nothing but the sentence why.
    fn allow(&mut self, supervisor: &Operator, to_allow: ToAllow) -> Result<(), Rejected> {
        let before = (self.durable.clone(), self.volatile.clone());
        let written = (self.records.len(), self.after.len());
        let outcome = self.decide_allowed(supervisor, to_allow);
        self.allowed_by = None;
        match outcome {
            Ok(()) => Ok(()),
            Err(why) => {
                (self.durable, self.volatile) = before;
                self.records.truncate(written.0);
                self.after.truncate(written.1);
                self.refuse(why)
            }
        }
    }

    fn decide_allowed(&mut self, by: &Operator, to_allow: ToAllow) -> Result<(), Rejected> {
        let sale = self.durable.sale.as_ref().map(|sale| sale.number);
        let on = self.durable.operators.signed_on;
        let asked = self.asked(&to_allow.event)?;
        let is_same =
            (asked, sale, on) == (Some(to_allow.asked), to_allow.sale, to_allow.signed_on);
        if !is_same {
            return Err(Rejected::NotAsAsked);
        }
        self.is_allowed(by.role, to_allow.asked)?;
        let (action, amount) = to_allow.asked;
        self.record(OperatorFact::SupervisorAllowed {
            by: by.number,
            role: by.role,
            operator: on.map(|on| on.operator),
            action,
            amount,
            sale,
        });
        self.allowed_by = Some(by.number);
        self.volatile.operators.active_at = Some(self.now.mono);
        self.follow(to_allow.event)
    }

    /// They go, or lock the lane: the basket stays. A card that is at the reader ends first.
    pub(super) fn sign_off_themselves(&mut self) -> Result<(), Rejected> {
        self.someone_may_go()?;
        self.sign_off(SignedOffBy::Themselves, None);
        self.show(self.standing_prompt());
        Ok(())
    }

    pub(super) fn sign_off_another(&mut self) -> Result<(), Rejected> {
        self.someone_may_go()?;
        self.sign_off(SignedOffBy::Supervisor, self.allowed_by);
        self.show(self.standing_prompt());
        Ok(())
    }

    pub(super) fn unlock(&mut self, operator: OperatorId) -> Result<(), Rejected> {
        let by = self.allowed_by.ok_or(Rejected::NotAllowed)?;
        let wrong = self.durable.operators.wrong.get(&operator);
        if !wrong.is_some_and(|wrong| wrong.locked) {
            return Err(Rejected::NotLockedOut(operator));
        }
        self.record(OperatorFact::Unlocked { operator, by });
        self.volatile.operators.waits.remove(&operator);
        self.show(self.standing_prompt());
        Ok(())
    }

    /// Whoever touched nothing for a while is signed off, and whoever no longer works here. Before
    /// each event, so that nothing is decided for somebody who has gone; never while a card is at
    /// the reader or at the bank.
    pub(super) fn sign_off_when_due(&mut self) {
        let Some(on) = self.durable.operators.signed_on else {
            return;
        };
        if self.payment_under_way() {
            return;
        }
        let active_at = self.volatile.operators.active_at;
        let idle_at = active_at.map(|at| at.after(limits::OPERATOR_IDLE_MS));
        let by = if !self.works_here(on) {
            SignedOffBy::NotActive
        } else if idle_at.is_some_and(|at| self.now.mono >= at) {
            SignedOffBy::Idle
        } else {
            return;
        };
        self.sign_off(by, None);
        self.show(self.standing_prompt());
    }

    /// Nobody knows who stands at a lane that was off. Waits begin anew: how long it was off is not
    /// known either.
    pub(super) fn recover_operators(&mut self) {
        self.sign_off(SignedOffBy::LaneRestarted, None);
        let now = self.now.mono;
        let wrong = self.durable.operators.wrong.iter();
        let waits = wrong.map(|(operator, wrong)| {
            let until = now.after(wait_after_wrong_pins_ms(wrong.count));
            (*operator, until)
        });
        self.volatile.operators.waits = waits.collect();
    }

    /// Writes it, if anybody is signed on.
    pub(super) fn sign_off(&mut self, by: SignedOffBy, supervisor: Option<OperatorId>) {
        if let Some(on) = self.durable.operators.signed_on {
            self.record(OperatorFact::SignedOff {
                operator: on.operator,
                by,
                supervisor,
            });
        }
    }

    fn someone_may_go(&self) -> Result<(), Rejected> {
        if self.durable.operators.signed_on.is_none() {
            return Err(Rejected::NotSignedOn);
        }
        if self.payment_under_way() {
            return Err(Rejected::PaymentUnderWay);
        }
        Ok(())
    }

    fn payment_under_way(&self) -> bool {
        let sale = self.durable.sale.as_ref();
        self.volatile.armed.is_some() || sale.is_some_and(|sale| sale.pending.is_some())
    }

    /// By the list; while it is not at hand, as when they signed on.
    fn role_of(&self, on: SignedOn) -> Role {
        let known = self.known(on.operator);
        known.map_or(on.role, |operator| operator.role)
    }

    fn works_here(&self, on: SignedOn) -> bool {
        let date = self.running_date();
        let is_known = self.volatile.operators.list.is_some();
        let known = self.known(on.operator);
        !is_known || known.is_some_and(|operator| operator.is_active(date))
    }

    fn known(&self, operator: OperatorId) -> Option<&Operator> {
        self.volatile.operators.list.as_ref()?.by_number(operator)
    }

    /// The screens as they stand, and why what was asked came to nothing.
    fn refuse(&mut self, why: Rejected) -> Result<(), Rejected> {
        let mut screen = self.screen(self.standing_prompt());
        screen.refused = Some(why);
        self.then(Effect::Show(screen));
        Ok(())
    }

    /// What the screens say of a sale as it stands, whatever they said last.
    fn standing_prompt(&self) -> Prompt {
        let Some(sale) = &self.durable.sale else {
            return self.prompt_between_sales();
        };
        let open = self.open_amount();
        let amount = open.unwrap_or(Money::zero(self.config.currency));
        if let Some(pending) = &sale.pending {
            let amount = pending.amount;
            Prompt::ContactingBank { amount }
        } else if self.volatile.armed.is_some() {
            Prompt::PresentCard { amount }
        } else if let Some(item) = &self.volatile.to_weigh {
            let name = item.name.clone();
            Prompt::Weigh { name }
        } else if let Some(prompt) = self.age_prompt() {
            prompt
        } else if sale.total.is_some_and(Money::is_negative) {
            self.pay_back_prompt().unwrap_or(Prompt::ChooseTender)
        } else if sale.total.is_some() {
            Prompt::ChooseTender
        } else {
            Prompt::Scan
        }
    }

    fn prompt_between_sales(&self) -> Prompt {
        let shown = self.volatile.closed_last;
        let mut owed = self.durable.receipts_owed.iter();
        let closed = owed.find(|owed| Some(owed.number) == shown);
        closed.map_or(Prompt::Ready, |owed| Prompt::Printing {
            change: owed.change,
        })
    }

    pub(super) fn operator_view(&self) -> OperatorView {
        if !self.has_operators() {
            return OperatorView::NotConfigured;
        }
        match self.durable.operators.signed_on {
            None => OperatorView::SignedOff {
                basket_of: self.durable.sale.as_ref().map(|sale| sale.operator),
            },
            Some(on) => OperatorView::SignedOn {
                operator: on.operator,
                name: self
                    .known(on.operator)
                    .map_or_else(String::new, |known| known.name.clone()),
                role: self.role_of(on),
            },
        }
    }
}
