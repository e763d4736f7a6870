//! The operators of a store, as its hub holds them and tells its lanes.

use std::{collections::BTreeSet, fmt};

use super::rights::Role;
use crate::{ids::OperatorId, limits, time::BusinessDate};

/// What a PIN is checked against: an argon2id hash in PHC form, which nothing here reads.
#[derive(Clone, PartialEq, Eq)]
pub struct PinVerifier(String);

impl PinVerifier {
    /// `None`: not argon2id in PHC form, or longer than `limits::PIN_VERIFIER_BYTES_MAX`.
    #[must_use]
    pub fn new(phc: &str) -> Option<Self> {
        let is_phc = phc.starts_with("$argon2id$")
            && phc.len() <= limits::PIN_VERIFIER_BYTES_MAX
            && phc.bytes().all(|byte| byte.is_ascii_graphic());
        is_phc.then(|| Self(phc.to_owned()))
    }

    /// The PHC string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PinVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PinVerifier(…)")
    }
}

/// Keyed hash of what stands on a badge: useless without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadgeHash(pub [u8; 32]);

impl fmt::Debug for BadgeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third, ..] = self.0;
        write!(f, "{first:02x}{second:02x}{third:02x}…")
    }
}

/// One person who works in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operator {
    /// From 1; never given to another person.
    pub number: OperatorId,
    /// As colleagues call them.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Checks the PIN.
    pub pin: PinVerifier,
    /// Stands for the number.
    pub badge: Option<BadgeHash>,
    /// The first business date; `None`: since ever.
    pub active_from: Option<BusinessDate>,
    /// The last one; `None`: no end is known.
    pub active_until: Option<BusinessDate>,
    /// Goes up with each change of this person, a new PIN among them: wrong PINs of an older
    /// version no longer count.
    pub version: u64,
}

impl Operator {
    /// Whether they work on this date. Where no date is known, only who has no bounds does.
    #[must_use]
    pub fn is_active(&self, on: Option<BusinessDate>) -> bool {
        let begun = self
            .active_from
            .is_none_or(|from| on.is_some_and(|on| from <= on));
        let not_over = self
            .active_until
            .is_none_or(|until| on.is_some_and(|on| on <= until));
        begun && not_over
    }
}

/// Why a list of operators can't be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ListFault {
    /// Versions count from 1.
    #[error("the list has no version")]
    NoVersion,
    /// `limits::OPERATORS_MAX` reached.
    #[error("too many operators")]
    TooMany,
    /// Nobody could unlock, price or close: an empty list is one of these.
    #[error("there is no manager")]
    NoManager,
    /// Numbers count from 1.
    #[error("an operator has no number")]
    NoNumber,
    /// Two with one number.
    #[error("operator {} is there twice", .0.0)]
    NumberTwice(OperatorId),
    /// Two with one badge.
    #[error("the badge of operator {} is another's too", .0.0)]
    BadgeTwice(OperatorId),
    /// No name, or longer than `limits::OPERATOR_NAME_BYTES_MAX`.
    #[error("operator {} has no valid name", .0.0)]
    InvalidName(OperatorId),
}

/// All operators of a store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OperatorList {
    version: u64,
    /// By number.
    operators: Vec<Operator>,
}

impl OperatorList {
    /// A list that a lane can be run by.
    ///
    /// # Errors
    /// The first fault found.
    pub fn new(version: u64, mut operators: Vec<Operator>) -> Result<Self, ListFault> {
        if version == 0 {
            return Err(ListFault::NoVersion);
        }
        if operators.len() > limits::OPERATORS_MAX {
            return Err(ListFault::TooMany);
        }
        operators.sort_by_key(|operator| operator.number);
        let (mut numbers, mut badges) = (BTreeSet::new(), BTreeSet::new());
        for operator in &operators {
            let number = operator.number;
            let name = operator.name.len();
            if number.0 == 0 {
                return Err(ListFault::NoNumber);
            }
            if !numbers.insert(number) {
                return Err(ListFault::NumberTwice(number));
            }
            if operator.badge.is_some_and(|badge| !badges.insert(badge)) {
                return Err(ListFault::BadgeTwice(number));
            }
            if name == 0 || name > limits::OPERATOR_NAME_BYTES_MAX {
                return Err(ListFault::InvalidName(number));
            }
        }
        let mut all = operators.iter();
        if !all.any(|operator| operator.role == Role::Manager) {
            return Err(ListFault::NoManager);
        }
        Ok(Self { version, operators })
    }

    /// Goes up with each change of anybody.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// All of them, by number.
    #[must_use]
    pub fn operators(&self) -> &[Operator] {
        &self.operators
    }

    /// The one of this number.
    #[must_use]
    pub fn by_number(&self, number: OperatorId) -> Option<&Operator> {
        let mut all = self.operators.iter();
        all.find(|operator| operator.number == number)
    }

    /// The one of this badge.
    #[must_use]
    pub fn by_badge(&self, badge: BadgeHash) -> Option<&Operator> {
        let mut all = self.operators.iter();
        all.find(|operator| operator.badge == Some(badge))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operator(number: u32, role: Role) -> Operator {
        Operator {
            number: OperatorId(number),
            name: format!("Li {number}"),
            role,
            pin: PinVerifier::new("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA").unwrap(),
            badge: None,
            active_from: None,
            active_until: None,
            version: 1,
        }
    }

    #[test]
    fn a_list_that_nobody_could_be_helped_by_is_refused() {
        let (cashier, manager) = (operator(7, Role::Cashier), operator(1, Role::Manager));
        let new = OperatorList::new;
        assert_eq!(new(1, vec![]), Err(ListFault::NoManager));
        assert_eq!(new(1, vec![cashier.clone()]), Err(ListFault::NoManager));
        assert_eq!(new(0, vec![manager.clone()]), Err(ListFault::NoVersion));
        let twice = vec![manager.clone(), operator(1, Role::Cashier)];
        assert_eq!(new(1, twice), Err(ListFault::NumberTwice(OperatorId(1))));
        assert_eq!(
            new(1, vec![operator(0, Role::Manager)]),
            Err(ListFault::NoNumber)
        );
        let nameless = Operator {
            name: String::new(),
            ..manager.clone()
        };
        assert_eq!(
            new(1, vec![nameless]),
            Err(ListFault::InvalidName(OperatorId(1)))
        );
        let badge = Some(BadgeHash([7; 32]));
        let shared = vec![
            Operator {
                badge,
                ..manager.clone()
            },
            Operator {
                badge,
                ..cashier.clone()
            },
        ];
        assert_eq!(new(1, shared), Err(ListFault::BadgeTwice(OperatorId(7))));
        let list = new(1, vec![cashier, manager]).unwrap();
        assert_eq!(list.by_number(OperatorId(7)).unwrap().name, "Li 7");
        assert_eq!(list.by_badge(BadgeHash([7; 32])), None);
    }

    #[test]
    fn somebody_works_from_their_first_date_to_their_last() {
        let date = |text: &str| BusinessDate::parse(text).ok();
        let hired = Operator {
            active_from: date("2026-11-02"),
            active_until: date("2026-11-30"),
            ..operator(7, Role::Cashier)
        };
        let on = |text: &str| hired.is_active(date(text));
        assert!(on("2026-11-02") && on("2026-11-30"));
        assert!(!on("2026-11-01") && !on("2026-12-01"));
        assert!(!hired.is_active(None), "no date, no right that has dates");
        assert!(operator(7, Role::Cashier).is_active(None));
    }

    #[test]
    fn what_checks_a_pin_is_never_shown() {
        let verifier = operator(7, Role::Cashier).pin;
        assert_eq!(format!("{verifier:?}"), "PinVerifier(…)");
        assert_eq!(PinVerifier::new("1234"), None);
        assert_eq!(PinVerifier::new("$argon2i$v=19$x"), None);
        assert_eq!(PinVerifier::new("$argon2id$ x"), None);
        let long = format!("$argon2id${}", "x".repeat(limits::PIN_VERIFIER_BYTES_MAX));
        assert_eq!(PinVerifier::new(&long), None);
    }
}
