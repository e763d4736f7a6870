//! The operators of a store, as a hub tells its lanes and a lane keeps them.

use domain::{
    ids::OperatorId,
    operators::{BadgeHash, Operator, OperatorList, PinVerifier, Role},
    words::Worded,
};
use proto::store::v1 as wire;

use crate::{ConvertError, date_from_proto, date_to_proto};

/// The list of a message. What keys its badges stays beside it.
///
/// # Errors
/// Somebody in it can't be read, or the whole is no list that a lane can be run by.
pub fn operators_from_proto(from: &wire::OperatorList) -> Result<OperatorList, ConvertError> {
    let operators = from.operators.iter().map(operator_from_proto);
    let operators = operators.collect::<Result<Vec<_>, _>>()?;
    OperatorList::new(from.version, operators)
        .map_err(|fault| ConvertError::new("operators", fault))
}

/// The same as a message; `badge_hash_key` is empty where the store has no badges.
#[must_use]
pub fn operators_to_proto(list: &OperatorList, badge_hash_key: &[u8]) -> wire::OperatorList {
    wire::OperatorList {
        version: list.version(),
        operators: list.operators().iter().map(operator_to_proto).collect(),
        badge_hash_key: badge_hash_key.to_vec().into(),
    }
}

fn operator_from_proto(from: &wire::Operator) -> Result<Operator, ConvertError> {
    let unknown = || ConvertError::new("operators.role", format!("no role {}", from.role));
    let pin = PinVerifier::new(&from.pin_verifier);
    let badge = match from.badge_hash.as_ref() {
        [] => None,
        hash => Some(BadgeHash(hash.try_into().map_err(|_| {
            ConvertError::new("operators.badge_hash", "is not of 32 bytes")
        })?)),
    };
    Ok(Operator {
        number: OperatorId(from.number),
        name: from.name.clone(),
        role: Role::by_number(from.role).ok_or_else(unknown)?,
        // Never the text: whoever has it can try all PINs.
        pin: pin.ok_or_else(|| ConvertError::new("operators.pin_verifier", "is none"))?,
        badge,
        active_from: date_from_proto("operators.active_from", &from.active_from)?,
        active_until: date_from_proto("operators.active_until", &from.active_until)?,
        version: from.version,
    })
}

fn operator_to_proto(operator: &Operator) -> wire::Operator {
    wire::Operator {
        number: operator.number.0,
        name: operator.name.clone(),
        role: operator.role.number(),
        pin_verifier: operator.pin.as_str().to_owned(),
        badge_hash: operator
            .badge
            .map_or_else(Vec::new, |badge| badge.0.to_vec())
            .into(),
        active_from: date_to_proto(operator.active_from),
        active_until: date_to_proto(operator.active_until),
        version: operator.version,
    }
}

#[cfg(test)]
mod tests {
    use domain::time::BusinessDate;

    use super::*;

    fn told() -> wire::OperatorList {
        let operator = |number: u32, role: Role| Operator {
            number: OperatorId(number),
            name: format!("Li {number}"),
            role,
            pin: PinVerifier::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA").unwrap(),
            badge: Some(BadgeHash([u8::try_from(number).unwrap(); 32])),
            active_from: BusinessDate::parse("2026-11-01").ok(),
            active_until: None,
            version: 3,
        };
        let all = vec![operator(7, Role::Cashier), operator(1, Role::Manager)];
        let list = OperatorList::new(9, all).unwrap();
        let told = operators_to_proto(&list, &[5; 32]);
        assert_eq!(operators_from_proto(&told).unwrap(), list);
        told
    }

    #[test]
    fn a_list_is_the_same_on_both_sides_and_one_that_is_none_names_its_field() {
        let told = told();
        assert_eq!(told.badge_hash_key.len(), 32);
        let spoil = |spoil: &dyn Fn(&mut wire::Operator)| {
            let mut spoiled = told.clone();
            spoil(&mut spoiled.operators[0]);
            operators_from_proto(&spoiled).unwrap_err().field
        };
        assert_eq!(spoil(&|one| one.role = 99), "operators.role");
        assert_eq!(
            spoil(&|one| one.pin_verifier.clear()),
            "operators.pin_verifier"
        );
        assert_eq!(
            spoil(&|one| one.badge_hash = vec![1].into()),
            "operators.badge_hash"
        );
        assert_eq!(
            spoil(&|one| one.active_from = "soon".to_owned()),
            "operators.active_from"
        );
        assert_eq!(spoil(&|one| one.number = 7), "operators");
    }

    #[test]
    fn a_fault_never_shows_a_verifier() {
        let mut told = told();
        told.operators[0].pin_verifier = "$argon2i$secret".to_owned();
        let fault = operators_from_proto(&told).unwrap_err();
        assert!(!fault.to_string().contains("secret"), "{fault}");
    }
}
