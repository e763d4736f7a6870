//! Reasons and other names that stood in words before they had numbers. What is written is the
//! number; what is read is either.

use domain::words::{Reason, Worded};

use crate::ConvertError;

/// The two fields of a record that give a reason: its number, or its words.
pub(crate) fn reason_to_proto<T: Worded>(reason: &Reason<T>) -> (i32, String) {
    match reason {
        Reason::Named(named) => (named.number(), String::new()),
        Reason::InWords(text) => (0, text.clone()),
    }
}

/// A reason by its number; without one by the words of a release before there were numbers.
///
/// # Errors
/// A number of a release behind this one.
pub(crate) fn reason_from_proto<T: Worded>(
    field: &'static str,
    number: i32,
    text: &str,
) -> Result<Reason<T>, ConvertError> {
    match number {
        0 => Ok(T::by_name(text).map_or_else(|| Reason::InWords(text.to_owned()), Reason::Named)),
        number => named(field, number).map(Reason::Named),
    }
}

/// What has to have a name: by its number, else by its name in words.
///
/// # Errors
/// Neither is known.
pub(crate) fn named_from_proto<T: Worded>(
    field: &'static str,
    number: i32,
    text: &str,
) -> Result<T, ConvertError> {
    match number {
        0 => T::by_name(text).ok_or_else(|| ConvertError::new(field, text)),
        number => named(field, number),
    }
}

fn named<T: Worded>(field: &'static str, number: i32) -> Result<T, ConvertError> {
    let none = || ConvertError::new(field, format!("{number} is not known to this release"));
    T::by_number(number).ok_or_else(none)
}

#[cfg(test)]
mod tests {
    use domain::{
        desk::{Owner, PaymentStatus},
        forward::DeadLetterReason,
        operators::{Action, Role, SignedOffBy},
        recall::RecallRefusal,
        returns::ReturnRefusal,
        sale::{AbandonReason, LeaseReturnReason, TenderKind},
        till::{CashMove, DrawerReason},
    };
    use proto::store::v1 as wire;

    use super::*;

    /// Each name stands twice, in the proto and in `domain`: under one number.
    fn is_the_same<T: Worded + std::fmt::Debug>(
        prefix: &str,
        on_the_wire: fn(i32) -> Option<&'static str>,
    ) {
        for number in 1..1000 {
            let told = on_the_wire(number).map(|name| name.replace(prefix, "").replace('_', ""));
            let named = T::by_number(number).map(|one| format!("{one:?}").to_uppercase());
            assert_eq!(told, named, "{prefix}{number}");
        }
    }

    #[test]
    fn the_wire_and_the_rules_number_alike() {
        is_the_same::<AbandonReason>("ABANDON_REASON_", |number| {
            Some(wire::AbandonReason::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<CashMove>("CASH_MOVE_", |number| {
            Some(wire::CashMove::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<DrawerReason>("DRAWER_REASON_", |number| {
            Some(wire::DrawerReason::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<DeadLetterReason>("DEAD_LETTER_REASON_", |number| {
            Some(wire::DeadLetterReason::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<LeaseReturnReason>("LEASE_RETURN_REASON_", |number| {
            Some(
                wire::LeaseReturnReason::try_from(number)
                    .ok()?
                    .as_str_name(),
            )
        });
        is_the_same::<Owner>("OWNER_", |number| {
            Some(wire::Owner::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<PaymentStatus>("PAYMENT_STATUS_", |number| {
            Some(wire::PaymentStatus::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<TenderKind>("TENDER_KIND_", |number| {
            Some(wire::TenderKind::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<ReturnRefusal>("RETURN_REFUSAL_", |number| {
            Some(wire::ReturnRefusal::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<RecallRefusal>("RECALL_REFUSAL_", |number| {
            Some(wire::RecallRefusal::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<Role>("OPERATOR_ROLE_", |number| {
            Some(wire::OperatorRole::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<Action>("OPERATOR_ACTION_", |number| {
            Some(wire::OperatorAction::try_from(number).ok()?.as_str_name())
        });
        is_the_same::<SignedOffBy>("SIGNED_OFF_BY_", |number| {
            Some(wire::SignedOffBy::try_from(number).ok()?.as_str_name())
        });
    }

    #[test]
    fn a_reason_is_read_by_its_number_and_an_old_one_by_its_words() {
        let expired = Reason::Named(LeaseReturnReason::Expired);
        let read =
            |number, text: &str| reason_from_proto::<LeaseReturnReason>("because", number, text);
        assert_eq!(reason_to_proto(&expired), (2, String::new()));
        assert_eq!(read(2, ""), Ok(expired.clone()));
        assert_eq!(read(0, "expired"), Ok(expired));
        let old = Reason::InWords("worn out".to_owned());
        assert_eq!(reason_to_proto(&old), (0, "worn out".to_owned()));
        assert_eq!(read(0, "worn out"), Ok(old));
        assert_eq!(read(99, "").unwrap_err().field, "because");
        let kind = |number, text: &str| named_from_proto::<TenderKind>("tender", number, text);
        assert_eq!(kind(0, "card"), Ok(TenderKind::Card));
        assert_eq!(kind(1, ""), Ok(TenderKind::Cash));
        assert!(kind(0, "shells").is_err() && kind(99, "").is_err());
    }
}
