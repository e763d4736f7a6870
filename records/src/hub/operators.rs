//! Operators in the hub's journal, both ways. What checks a PIN is in no record.

use domain::{
    ids::OperatorId,
    operators::{BadgeHash, Operator, OperatorStep, PinVerifier, Role, WrongPins},
    words::Worded,
};
use proto::journal::v1::{self as journal, hub_record::Body};

use crate::{ConvertError, date_from_proto, date_to_proto};

/// What a record says of somebody; `pin_hash` is the SHA-256 of what checks their PIN, and `by` who
/// did it, 0 where nobody was signed on.
pub fn operator_entry(operator: &Operator, pin_hash: [u8; 32], by: u32) -> journal::OperatorEntry {
    let badge = operator.badge.map(|badge| badge.0.to_vec());
    journal::OperatorEntry {
        number: operator.number.0,
        name: operator.name.clone(),
        role: operator.role.number(),
        pin_verifier_sha256: pin_hash.to_vec().into(),
        badge_hash: badge.unwrap_or_default().into(),
        active_from: date_to_proto(operator.active_from),
        active_until: date_to_proto(operator.active_until),
        version: operator.version,
        by_operator_id: by,
    }
}

/// Somebody as a record says, with what checks their PIN.
///
/// # Errors
/// A record that says what no record can say.
pub fn operator_of_entry(
    entry: &journal::OperatorEntry,
    pin: PinVerifier,
) -> Result<Operator, ConvertError> {
    let unknown = || ConvertError::new("role", format!("{} is not known here", entry.role));
    let badge = match entry.badge_hash.as_ref() {
        [] => None,
        hash => Some(BadgeHash(hash.try_into().map_err(|_| {
            ConvertError::new("badge_hash", "is not of 32 bytes")
        })?)),
    };
    Ok(Operator {
        number: OperatorId(entry.number),
        name: entry.name.clone(),
        role: Role::by_number(entry.role).ok_or_else(unknown)?,
        pin,
        badge,
        active_from: date_from_proto("active_from", &entry.active_from)?,
        active_until: date_from_proto("active_until", &entry.active_until)?,
        version: entry.version,
    })
}

/// The record of what was done to somebody.
pub fn operator_body(step: OperatorStep, entry: journal::OperatorEntry) -> Body {
    match step {
        OperatorStep::Added => Body::OperatorAdded(entry),
        OperatorStep::Changed => Body::OperatorChanged(entry),
        OperatorStep::Ended => Body::OperatorEnded(entry),
        OperatorStep::PinSet => Body::OperatorPinSet(entry),
    }
}

/// Somebody's wrong PINs at the hub.
pub fn wrong_pins_to_proto(operator: OperatorId, wrong: WrongPins) -> journal::OfficePinRefused {
    journal::OfficePinRefused {
        operator_id: operator.0,
        wrong: wrong.count,
        of_version: wrong.of_version,
        locked: wrong.locked,
    }
}

/// The same, back.
pub fn wrong_pins_from_proto(from: &journal::OfficePinRefused) -> (OperatorId, WrongPins) {
    let wrong = WrongPins {
        count: from.wrong,
        of_version: from.of_version,
        locked: from.locked,
    };
    (OperatorId(from.operator_id), wrong)
}

#[cfg(test)]
mod tests {
    use domain::time::BusinessDate;

    use super::*;

    #[test]
    fn somebody_comes_back_and_the_record_never_holds_what_checks_a_pin() {
        let pin = PinVerifier::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").unwrap();
        let operator = Operator {
            number: OperatorId(7),
            name: "Li Wei".to_owned(),
            role: Role::Supervisor,
            pin: pin.clone(),
            badge: Some(BadgeHash([7; 32])),
            active_from: BusinessDate::parse("2026-11-01").ok(),
            active_until: None,
            version: 9,
        };
        let entry = operator_entry(&operator, [5; 32], 1);
        assert!(!format!("{entry:?}").contains("aGFzaA"));
        assert_eq!(operator_of_entry(&entry, pin.clone()), Ok(operator));
        let spoiled = journal::OperatorEntry {
            role: 99,
            ..entry.clone()
        };
        let fault = operator_of_entry(&spoiled, pin.clone()).unwrap_err();
        assert_eq!(fault.field, "role");
        let spoiled = journal::OperatorEntry {
            badge_hash: vec![1].into(),
            ..entry
        };
        let fault = operator_of_entry(&spoiled, pin).unwrap_err();
        assert_eq!(fault.field, "badge_hash");
    }

    #[test]
    fn wrong_pins_come_back() {
        let wrong = WrongPins {
            count: 5,
            of_version: 9,
            locked: true,
        };
        let told = wrong_pins_to_proto(OperatorId(7), wrong);
        assert_eq!(wrong_pins_from_proto(&told), (OperatorId(7), wrong));
    }
}
