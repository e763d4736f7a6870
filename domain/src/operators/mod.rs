//! Who works in a store, and what each may do.
//!
//! Decides: which role may do what up to which amount ([`may`], one table), whether a list of
//! operators can be taken, who is signed on at a lane and whose PIN was wrong how often
//! ([`OperatorsPart`]), what a manager may make of the store's own list ([`Roster`]). Never: sees
//! a PIN, works out a verifier, or asks the time. Rights are checked where something is decided,
//! never when records are read again.

mod list;
mod office;
mod part;
mod rights;
mod roster;

pub use list::{BadgeHash, ListFault, Operator, OperatorList, PinVerifier};
pub use office::{NotSignedOn, OfficePins, OfficeRight, PinOutcome, may_in_office};
pub use part::{OperatorFact, OperatorsPart, SignedOffBy, SignedOn, WrongPins};
pub use rights::{Action, Answer, Role, may};
pub use roster::{NewOperator, OperatorChange, OperatorOrder, OperatorStep, Roster, RosterFault};

use crate::{ids::OperatorId, limits};

/// Who sells at a lane that was never told of any operator.
pub const ONLY_OPERATOR: OperatorId = OperatorId(1);

/// One PIN that was typed, from typing to its outcome. Freshly minted, never used before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AttemptId(pub u64);

/// How somebody says who they are, before the PIN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Who {
    /// Typed at the number pad.
    Number(OperatorId),
    /// Scanned.
    Badge(BadgeHash),
}

/// How long no further PIN of somebody is looked at who has typed so many wrong ones.
#[must_use]
pub fn wait_after_wrong_pins_ms(wrong: u32) -> u64 {
    let Some(doublings) = wrong.checked_sub(1) else {
        return 0;
    };
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    limits::PIN_WAIT_MIN_MS
        .saturating_mul(factor)
        .min(limits::PIN_WAIT_MAX_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_grows_with_each_wrong_pin() {
        let waits = [0, 1, 2, 3, 4].map(wait_after_wrong_pins_ms);
        assert_eq!(waits, [0, 1_000, 2_000, 4_000, 8_000]);
        assert_eq!(wait_after_wrong_pins_ms(200), limits::PIN_WAIT_MAX_MS);
    }
}
