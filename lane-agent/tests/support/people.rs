//! Who works in the store of these tests.

use domain::{
    ids::OperatorId,
    operators::{Operator, OperatorList, Role},
};
use operator_pin::{Cost, Pin, badge_hash, verifier_of};
use proto::store::v1 as wire;
use records::operators_to_proto;

pub const CASHIER: (&str, &str) = ("101", "258014");
pub const SUPERVISOR: (&str, &str) = ("201", "369025");
pub const MANAGER: (&str, &str) = ("301", "471036");
pub const OTHER: (&str, &str) = ("102", "914720");
pub const BADGE_KEY: [u8; 32] = [5; 32];
pub const SUPERVISORS_BADGE: &str = "B0020100";

fn operator((number, pin): (&str, &str), name: &str, role: Role) -> Operator {
    let number = number.parse().unwrap();
    let pin = Pin::new(pin).unwrap();
    Operator {
        number: OperatorId(number),
        name: name.to_owned(),
        role,
        pin: verifier_of(
            &pin,
            &[u8::try_from(number % 256).unwrap(); 16],
            Cost::Least,
        )
        .unwrap(),
        badge: match role {
            Role::Supervisor => badge_hash(&BADGE_KEY, SUPERVISORS_BADGE),
            Role::Cashier | Role::Manager | Role::Technician => None,
        },
        active_from: None,
        active_until: None,
        version: 1,
    }
}

/// Two cashiers, a supervisor, a manager.
pub fn operators(version: u64) -> wire::OperatorList {
    let all = vec![
        operator(CASHIER, "Li Na", Role::Cashier),
        operator(OTHER, "Zhao Lei", Role::Cashier),
        operator(SUPERVISOR, "Wang Fang", Role::Supervisor),
        operator(MANAGER, "Chen Jing", Role::Manager),
    ];
    operators_to_proto(&OperatorList::new(version, all).unwrap(), &BADGE_KEY)
}
