//! Who may sign on at the hub's own pages: the lockout is that of a lane.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    list::{Operator, PinVerifier},
    part::WrongPins,
    rights::Role,
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
    /// Nothing is looked at before, of this version of them; a restart begins anew.
    not_before: BTreeMap<OperatorId, (u64, MonoMs)>,
    /// One at a time, so that a hundred at once are not a hundred tries.
    checking: BTreeSet<OperatorId>,
}

impl OfficePins {
    /// What a record says of somebody; `None`: no wrong PINs count any more.
    pub fn apply(&mut self, operator: OperatorId, wrong: Option<WrongPins>) {
        match wrong {
            Some(wrong) => self.wrong.insert(operator, wrong),
            None => {
                self.not_before.remove(&operator);
                self.wrong.remove(&operator)
            }
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
        let pause = self.not_before.get(&number);
        let too_early = pause.is_some_and(|(of, at)| *of == operator.version && now < *at);
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
            return PinOutcome::Right;
        }
        let before = self.of(operator).map_or(0, |wrong| wrong.count);
        let count = before.saturating_add(1);
        let wait = wait_after_wrong_pins_ms(count);
        let until = (operator.version, now.after(wait));
        self.not_before.insert(operator.number, until);
        PinOutcome::Refused(WrongPins {
            count,
            of_version: operator.version,
            locked: count >= limits::PIN_TRIES_MAX,
        })
    }
}

/// What is done at the hub's pages, as far as rights tell it apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OfficeRight {
    /// See lanes, bank line and queue.
    SeeStore,
    /// Look for receipts and payments.
    SeeSales,
    /// Have a receipt printed once more.
    Reprint,
    /// See what a day holds, and past ones.
    SeeDay,
    /// End the business date, for all lanes.
    CloseDay,
    /// See what waits for somebody.
    SeeWork,
    /// Read, print and take away reports.
    SeeReports,
    /// See who works here, and let somebody try again who is locked out.
    UnlockOperator,
    /// Add, change and end operators, and give PINs.
    ManageOperators,
}

impl OfficeRight {
    /// Every one of them.
    pub const ALL: [Self; 9] = [
        Self::SeeStore,
        Self::SeeSales,
        Self::Reprint,
        Self::SeeDay,
        Self::CloseDay,
        Self::SeeWork,
        Self::SeeReports,
        Self::UnlockOperator,
        Self::ManageOperators,
    ];
}

/// THE table of the hub's pages.
#[must_use]
pub const fn may_in_office(role: Role, right: OfficeRight) -> bool {
    // Cashier, supervisor, manager, technician.
    let row = match right {
        OfficeRight::SeeStore => [true, true, true, true],
        OfficeRight::SeeSales | OfficeRight::SeeDay | OfficeRight::Reprint => {
            [false, true, true, false]
        }
        OfficeRight::SeeWork => [false, true, true, true],
        OfficeRight::SeeReports | OfficeRight::UnlockOperator => [false, true, true, false],
        OfficeRight::CloseDay | OfficeRight::ManageOperators => [false, false, true, false],
    };
    let [cashier, supervisor, manager, technician] = row;
    match role {
        Role::Cashier => cashier,
        Role::Supervisor => supervisor,
        Role::Manager => manager,
        Role::Technician => technician,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_closed_and_a_list_is_changed_by_a_manager_alone() {
        for right in [OfficeRight::CloseDay, OfficeRight::ManageOperators] {
            let may = [
                Role::Cashier,
                Role::Supervisor,
                Role::Manager,
                Role::Technician,
            ]
            .map(|role| may_in_office(role, right));
            assert_eq!(may, [false, false, true, false], "{right:?}");
        }
    }

    #[test]
    fn a_cashier_sees_the_store_and_no_sale_of_others_and_who_stands_higher_may_no_less() {
        for right in OfficeRight::ALL {
            let may = [Role::Cashier, Role::Supervisor, Role::Manager]
                .map(|role| may_in_office(role, right));
            assert!(may.is_sorted(), "{right:?}");
            assert_eq!(may[0], right == OfficeRight::SeeStore, "{right:?}");
        }
        assert!(!may_in_office(Role::Technician, OfficeRight::SeeSales));
        assert!(may_in_office(Role::Technician, OfficeRight::SeeWork));
    }
}
