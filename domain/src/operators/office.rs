//! Who may sign on at the hub's own pages: the lockout is that of a lane.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    list::{Operator, PinVerifier},
    part::WrongPins,
    roster::Roster,
    wait_after_wrong_pins_ms,
};
use crate::{
    ids::OperatorId,
    limits,
    time::{BusinessDate, MonoMs},
};

/// Why nobody is signed on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotSignedOn {
    /// Which of the two is not told: a stranger would learn the numbers.
    #[error("number or PIN is wrong")]
    Wrong,
    /// After a wrong PIN, or while another one is being checked.
    #[error("wait a moment, then try again")]
    Wait,
    /// Too many wrong PINs: a supervisor helps, or a new PIN.
    #[error("too many wrong PINs: a supervisor can unlock you")]
    Locked,
    /// Not on this date.
    #[error("not active on this date")]
    NotActive,
}

/// What was typed, by how the check ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PinOutcome {
    /// It was right.
    Right,
    /// It was wrong, for the n-th time since the last right one.
    Refused(WrongPins),
}

/// Wrong PINs at the hub.
#[derive(Clone, Debug, Default)]
pub struct OfficePins {
    wrong: BTreeMap<OperatorId, WrongPins>,
    /// Nothing is looked at before; a restart begins anew.
    not_before: BTreeMap<OperatorId, MonoMs>,
    /// One at a time, so that a hundred at once are not a hundred tries.
    checking: BTreeSet<OperatorId>,
}

impl OfficePins {
    /// What a record says of somebody; `None`: no wrong PINs count any more.
    pub fn apply(&mut self, operator: OperatorId, wrong: Option<WrongPins>) {
        match wrong {
            Some(wrong) => self.wrong.insert(operator, wrong),
            None => self.wrong.remove(&operator),
        };
    }

    /// Wrong PINs that count for this person as they are now.
    #[must_use]
    pub fn of(&self, operator: &Operator) -> Option<WrongPins> {
        let wrong = self.wrong.get(&operator.number).copied();
        wrong.filter(|wrong| wrong.of_version >= operator.version)
    }

    /// Somebody has typed a PIN: what it is to be checked against.
    ///
    /// # Errors
    /// It is not looked at.
    pub fn begin<'a>(
        &mut self,
        roster: &'a Roster,
        number: OperatorId,
        on: BusinessDate,
        now: MonoMs,
    ) -> Result<&'a PinVerifier, NotSignedOn> {
        let operator = roster.get(number).ok_or(NotSignedOn::Wrong)?;
        if self.of(operator).is_some_and(|wrong| wrong.locked) {
            return Err(NotSignedOn::Locked);
        }
        let too_early = self.not_before.get(&number).is_some_and(|at| now < *at);
        if too_early || !self.checking.insert(number) {
            return Err(NotSignedOn::Wait);
        }
        if !operator.is_active(Some(on)) {
            self.checking.remove(&number);
            return Err(NotSignedOn::NotActive);
        }
        Ok(&operator.pin)
    }

    /// The check has ended: what has to be recorded. It counts for the person as they were when it
    /// began.
    pub fn end(&mut self, operator: &Operator, is_right: bool, now: MonoMs) -> PinOutcome {
        self.checking.remove(&operator.number);
        if is_right {
            self.not_before.remove(&operator.number);
            return PinOutcome::Right;
        }
        let before = self.of(operator).map_or(0, |wrong| wrong.count);
        let count = before.saturating_add(1);
        let wait = wait_after_wrong_pins_ms(count);
        self.not_before.insert(operator.number, now.after(wait));
        PinOutcome::Refused(WrongPins {
            count,
            of_version: operator.version,
            locked: count >= limits::PIN_TRIES_MAX,
        })
    }
}
