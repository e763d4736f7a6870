//! The hub's own list of operators: who may be added, changed or ended, and what lanes are told.

use std::collections::BTreeMap;

use super::{
    list::{BadgeHash, Operator, OperatorList, PinVerifier},
    rights::Role,
};
use crate::{
    ids::OperatorId,
    limits,
    time::{BusinessDate, WallMs},
};

/// Somebody who begins to work in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewOperator {
    /// `None`: the next one that nobody had.
    pub number: Option<OperatorId>,
    /// As colleagues call them.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Checks their PIN.
    pub pin: PinVerifier,
    /// Of their badge.
    pub badge: Option<BadgeHash>,
    /// The first business date.
    pub active_from: Option<BusinessDate>,
    /// The last one.
    pub active_until: Option<BusinessDate>,
}

/// What becomes different of somebody; `None`: that stays.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OperatorChange {
    /// Another name.
    pub name: Option<String>,
    /// Another role.
    pub role: Option<Role>,
    /// Another badge, or none.
    pub badge: Option<Option<BadgeHash>>,
    /// Another first date, or none.
    pub active_from: Option<Option<BusinessDate>>,
    /// Another last date, or none.
    pub active_until: Option<Option<BusinessDate>>,
}

/// What a manager wants of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OperatorOrder {
    /// Somebody new.
    Add(NewOperator),
    /// Somebody is not as before.
    Change(OperatorId, OperatorChange),
    /// Somebody works no more after a date; `None`: they have gone already.
    End(OperatorId, Option<BusinessDate>),
    /// A new PIN.
    SetPin(OperatorId, PinVerifier),
}

/// What was done to somebody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OperatorStep {
    /// They are new.
    Added,
    /// They are not as before.
    Changed,
    /// They work no more after a date.
    Ended,
    /// They have a new PIN.
    PinSet,
}

/// Why an order is not carried out. Nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RosterFault {
    /// Nobody has this number.
    #[error("no operator {}", .0.0)]
    Unknown(OperatorId),
    /// Somebody has or had this number.
    #[error("number {} is somebody's already; a number is never given to another", .0.0)]
    Taken(OperatorId),
    /// Numbers count from 1.
    #[error("operators' numbers begin with 1")]
    NoNumber,
    /// `limits::OPERATORS_MAX`.
    #[error("a store has at most {} operators", limits::OPERATORS_MAX)]
    TooMany,
    /// Empty, too long, or with characters that no paper shows.
    #[error(
        "a name has 1 to {} bytes and no control characters",
        limits::OPERATOR_NAME_BYTES_MAX
    )]
    InvalidName,
    /// The badge is another's.
    #[error("this badge is that of operator {}", .0.0)]
    BadgeTaken(OperatorId),
    /// Their last date would lie before their first one.
    #[error("the last date lies before the first one")]
    EndsBeforeBegin,
    /// Nobody could add, unlock or close.
    #[error("no manager would be left who works on {0}")]
    NoManager(BusinessDate),
}

/// Everybody who works or worked in the store.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Roster {
    operators: BTreeMap<OperatorId, Operator>,
}

impl Roster {
    /// Somebody as they are from here on: what a record says.
    pub fn apply(&mut self, operator: Operator) {
        self.operators.insert(operator.number, operator);
    }

    /// The one of this number.
    #[must_use]
    pub fn get(&self, number: OperatorId) -> Option<&Operator> {
        self.operators.get(&number)
    }

    /// All of them, by number.
    pub fn operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.values()
    }

    /// The store never had an operator: whoever opens its pages may do everything.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.operators.is_empty()
    }

    /// Of the newest change; 0: there was none.
    #[must_use]
    pub fn version(&self) -> u64 {
        let versions = self.operators.values().map(|operator| operator.version);
        versions.max().unwrap_or(0)
    }

    /// What lanes are told, without those of whom `can_sign_on` says no. `None`: there is no list
    /// that a lane could be run by.
    #[must_use]
    pub fn list(&self, can_sign_on: impl Fn(OperatorId) -> bool) -> Option<OperatorList> {
        let all = self.operators.values();
        let told = all.filter(|operator| can_sign_on(operator.number)).cloned();
        OperatorList::new(self.version(), told.collect()).ok()
    }

    /// What all of these orders together make of whom, in their order; nothing is changed yet. An
    /// order that changes nothing leaves no trace.
    ///
    /// The version is the hub's time, so that a store which lost its list, and made another one,
    /// has a newer one than its lanes remember.
    ///
    /// # Errors
    /// The first order that can't be carried out, or nobody would be left to manage the store.
    pub fn decide(
        &self,
        orders: Vec<OperatorOrder>,
        at: WallMs,
        on: BusinessDate,
    ) -> Result<Vec<(OperatorStep, Operator)>, RosterFault> {
        let clock = u64::try_from(at.0).unwrap_or(0);
        let version = self.version().saturating_add(1).max(clock);
        let mut next = self.clone();
        let mut done = Vec::new();
        for order in orders {
            let (step, operator) = next.carried_out(order, on)?;
            if next.get(operator.number) == Some(&operator) {
                continue;
            }
            let operator = Operator {
                version,
                ..operator
            };
            next.apply(operator.clone());
            done.push((step, operator));
        }
        let manages = |one: &Operator| one.role == Role::Manager && one.is_active(Some(on));
        if !done.is_empty() && !next.operators().any(manages) {
            return Err(RosterFault::NoManager(on));
        }
        Ok(done)
    }

    fn carried_out(
        &self,
        order: OperatorOrder,
        on: BusinessDate,
    ) -> Result<(OperatorStep, Operator), RosterFault> {
        match order {
            OperatorOrder::Add(new) => Ok((OperatorStep::Added, self.added(new)?)),
            OperatorOrder::Change(number, change) => {
                Ok((OperatorStep::Changed, self.changed(number, change)?))
            }
            OperatorOrder::End(number, last) => {
                let operator = Operator {
                    active_until: Some(last.unwrap_or_else(|| on.previous())),
                    ..self.known(number)?.clone()
                };
                Ok((OperatorStep::Ended, operator))
            }
            OperatorOrder::SetPin(number, pin) => {
                let operator = self.known(number)?.clone();
                Ok((OperatorStep::PinSet, Operator { pin, ..operator }))
            }
        }
    }

    fn known(&self, number: OperatorId) -> Result<&Operator, RosterFault> {
        self.get(number).ok_or(RosterFault::Unknown(number))
    }

    fn added(&self, new: NewOperator) -> Result<Operator, RosterFault> {
        if self.operators.len() >= limits::OPERATORS_MAX {
            return Err(RosterFault::TooMany);
        }
        let last = self.operators.keys().next_back();
        let next = || OperatorId(last.map_or(1, |last| last.0.saturating_add(1)));
        let number = new.number.unwrap_or_else(next);
        if number.0 == 0 {
            return Err(RosterFault::NoNumber);
        }
        if self.operators.contains_key(&number) {
            return Err(RosterFault::Taken(number));
        }
        self.checked(Operator {
            number,
            name: new.name,
            role: new.role,
            pin: new.pin,
            badge: new.badge,
            active_from: new.active_from,
            active_until: new.active_until,
            version: 0,
        })
    }

    fn changed(&self, number: OperatorId, change: OperatorChange) -> Result<Operator, RosterFault> {
        let before = self.known(number)?.clone();
        self.checked(Operator {
            name: change.name.unwrap_or(before.name),
            role: change.role.unwrap_or(before.role),
            badge: change.badge.unwrap_or(before.badge),
            active_from: change.active_from.unwrap_or(before.active_from),
            active_until: change.active_until.unwrap_or(before.active_until),
            ..before
        })
    }

    fn checked(&self, operator: Operator) -> Result<Operator, RosterFault> {
        let length = operator.name.len();
        let is_name = length > 0
            && length <= limits::OPERATOR_NAME_BYTES_MAX
            && !operator.name.chars().any(char::is_control)
            && operator.name.trim() == operator.name;
        if !is_name {
            return Err(RosterFault::InvalidName);
        }
        if let (Some(from), Some(until)) = (operator.active_from, operator.active_until)
            && until < from
        {
            return Err(RosterFault::EndsBeforeBegin);
        }
        let mut others = self.operators().filter(|one| one.number != operator.number);
        match others.find(|one| one.badge.is_some() && one.badge == operator.badge) {
            Some(other) => Err(RosterFault::BadgeTaken(other.number)),
            None => Ok(operator),
        }
    }
}

#[cfg(test)]
mod tests;
