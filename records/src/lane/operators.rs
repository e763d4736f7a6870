//! Operators at a lane, both ways.

use domain::{
    ids::{OperatorId, SaleNumber},
    operators::{OperatorFact, OperatorsPart, SignedOn, WrongPins},
    words::Worded,
};
use proto::journal::v1::{self as wire, lane_record::Body};

use super::fields::{Result, money};
use crate::{ConvertError, money_to_proto};

pub(super) fn operator_to_proto(fact: &OperatorFact) -> Body {
    match *fact {
        OperatorFact::ListTaken { version, operators } => {
            Body::OperatorsTaken(wire::OperatorsTaken { version, operators })
        }
        OperatorFact::SignedOn { operator, role } => {
            Body::OperatorSignedOn(signed_on_to_proto(SignedOn { operator, role }))
        }
        OperatorFact::SignedOff {
            operator,
            by,
            supervisor,
        } => Body::OperatorSignedOff(wire::OperatorSignedOff {
            operator_id: operator.0,
            by: by.number(),
            supervisor_id: supervisor.map(|supervisor| supervisor.0),
        }),
        OperatorFact::PinRefused {
            operator,
            wrong,
            of_version,
        } => Body::PinRefused(wire::PinRefused {
            operator_id: operator.0,
            wrong,
            of_version,
        }),
        OperatorFact::LockedOut { operator } => Body::OperatorLockedOut(wire::OperatorLockedOut {
            operator_id: operator.0,
        }),
        OperatorFact::Unlocked { operator, by } => Body::OperatorUnlocked(wire::OperatorUnlocked {
            operator_id: operator.0,
            by_operator_id: by.0,
        }),
        OperatorFact::SupervisorAllowed {
            by,
            role,
            operator,
            action,
            amount,
            sale,
        } => Body::SupervisorAllowed(wire::SupervisorAllowed {
            by_operator_id: by.0,
            role: role.number(),
            operator_id: operator.map(|operator| operator.0),
            action: action.number(),
            amount: Some(money_to_proto(amount)),
            sale_number: sale.map(|sale| sale.0),
        }),
    }
}

pub(super) fn signed_off_from_proto(from: &wire::OperatorSignedOff) -> Result<OperatorFact> {
    Ok(OperatorFact::SignedOff {
        operator: OperatorId(from.operator_id),
        by: named("by", from.by)?,
        supervisor: from.supervisor_id.map(OperatorId),
    })
}

pub(super) fn allowed_from_proto(from: &wire::SupervisorAllowed) -> Result<OperatorFact> {
    Ok(OperatorFact::SupervisorAllowed {
        by: OperatorId(from.by_operator_id),
        role: named("role", from.role)?,
        operator: from.operator_id.map(OperatorId),
        action: named("action", from.action)?,
        amount: money("amount", from.amount.as_ref())?,
        sale: from.sale_number.map(SaleNumber),
    })
}

pub(super) fn signed_on_from_proto(from: &wire::OperatorSignedOn) -> Result<SignedOn> {
    Ok(SignedOn {
        operator: OperatorId(from.operator_id),
        role: named("role", from.role)?,
    })
}

fn signed_on_to_proto(on: SignedOn) -> wire::OperatorSignedOn {
    wire::OperatorSignedOn {
        operator_id: on.operator.0,
        role: on.role.number(),
    }
}

pub(super) fn operators_to_proto(part: &OperatorsPart) -> wire::CheckoutOperators {
    let wrong = part.wrong.iter().map(|(operator, wrong)| wire::WrongPins {
        operator_id: operator.0,
        count: wrong.count,
        of_version: wrong.of_version,
        locked: wrong.locked,
    });
    wire::CheckoutOperators {
        list_version: part.list.unwrap_or(0),
        signed_on: part.signed_on.map(signed_on_to_proto),
        wrong: wrong.collect(),
    }
}

pub(super) fn operators_from_proto(from: &wire::CheckoutOperators) -> Result<OperatorsPart> {
    let wrong = from.wrong.iter().map(|wrong| {
        let pins = WrongPins {
            count: wrong.count,
            of_version: wrong.of_version,
            locked: wrong.locked,
        };
        (OperatorId(wrong.operator_id), pins)
    });
    let signed_on = from.signed_on.as_ref().map(signed_on_from_proto);
    Ok(OperatorsPart {
        list: (from.list_version > 0).then_some(from.list_version),
        signed_on: signed_on.transpose()?,
        wrong: wrong.collect(),
    })
}

fn named<T: Worded>(field: &'static str, number: i32) -> Result<T> {
    let none = || ConvertError::new(field, format!("{number} is not known to this release"));
    T::by_number(number).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use domain::operators::Role;

    use super::*;

    #[test]
    fn what_operators_add_up_to_comes_back() {
        let locked = WrongPins {
            count: 5,
            of_version: 2,
            locked: true,
        };
        let part = OperatorsPart {
            list: Some(3),
            signed_on: Some(SignedOn {
                operator: OperatorId(7),
                role: Role::Supervisor,
            }),
            wrong: [(OperatorId(8), locked)].into(),
        };
        let kept = operators_to_proto(&part);
        assert_eq!(operators_from_proto(&kept), Ok(part));
        let none = OperatorsPart::default();
        assert_eq!(operators_from_proto(&operators_to_proto(&none)), Ok(none));
    }

    #[test]
    fn a_role_or_an_action_of_a_later_release_is_refused() {
        let on = wire::OperatorSignedOn {
            operator_id: 7,
            role: 99,
        };
        assert_eq!(signed_on_from_proto(&on).unwrap_err().field, "role");
        let off = wire::OperatorSignedOff::default();
        assert_eq!(signed_off_from_proto(&off).unwrap_err().field, "by");
        let allowed = wire::SupervisorAllowed {
            role: 2,
            ..wire::SupervisorAllowed::default()
        };
        assert_eq!(allowed_from_proto(&allowed).unwrap_err().field, "action");
    }
}
