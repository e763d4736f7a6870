//! Payments, cards, decisions.

use bytes::Bytes;
use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    ids::{AuthCode, LaneEpoch, LaneId, LeaseId, PaymentId, Rrn, SaleNumber, Stan},
    money::{Currency, Money},
    payment::{Decision, HostFacts, PaymentRequest, RefusalReason, UnknownReason},
    response_code::ResponseCode,
};
use proto::store::v1 as wire;

use crate::{
    ConvertError,
    absent::{optional, text},
    kind::{
        date_from_proto, date_to_proto, method_from_proto, method_to_proto, original_from_proto,
        original_to_proto, payment_kind_from_proto, payment_kind_to_proto,
    },
};

type Result<T> = std::result::Result<T, ConvertError>;

/// An amount.
#[must_use]
pub fn money_to_proto(money: Money) -> wire::Money {
    wire::Money {
        minor: money.minor(),
        currency: money.currency().letters().to_owned(),
    }
}

/// An amount; `field` is named in the error.
///
/// # Errors
/// None is there, or its currency is unknown.
pub fn money_from_proto(field: &'static str, money: Option<&wire::Money>) -> Result<Money> {
    let money = money.ok_or_else(|| ConvertError::missing(field))?;
    let currency = Currency::by_letters(&money.currency)
        .ok_or_else(|| ConvertError::new(field, "unknown currency"))?;
    Ok(Money::new(money.minor, currency))
}

/// A payment as a lane's session asks for it. Sealed card and PIN block are the caller's.
#[must_use]
pub fn request_to_frame(request: &PaymentRequest) -> wire::PaymentRequest {
    wire::PaymentRequest {
        payment_id: request.payment_id.to_string(),
        sale_number: request.sale.0,
        amount: Some(money_to_proto(request.amount)),
        entry_mode: entry_mode_to_proto(request.entry_mode).into(),
        pin_entered: request.pin_entered,
        card: Some(card_to_proto(&request.card)),
        business_date: date_to_proto(request.business_date),
        kind: payment_kind_to_proto(request.kind).into(),
        method: method_to_proto(request.method).into(),
        original_payment_id: original_to_proto(request.original),
        ..wire::PaymentRequest::default()
    }
}

/// The same, as the hub hears it from this machine of this lane.
///
/// # Errors
/// The field that is missing or can't be.
pub fn request_from_frame(
    frame: &wire::PaymentRequest,
    lane: LaneId,
    epoch: LaneEpoch,
) -> Result<PaymentRequest> {
    Ok(PaymentRequest {
        payment_id: payment_id(&frame.payment_id)?,
        lane,
        epoch,
        sale: SaleNumber(frame.sale_number),
        amount: money_from_proto("amount", frame.amount.as_ref())?,
        entry_mode: entry_mode_from_proto(frame.entry_mode())?,
        pin_entered: frame.pin_entered,
        card: card_from_proto(frame.card.as_ref())?,
        business_date: date_from_proto("business_date", &frame.business_date)?,
        kind: payment_kind_from_proto(frame.kind)?,
        method: method_from_proto(frame.method)?,
        original: original_from_proto(&frame.original_payment_id)?,
    })
}

/// A payment id: 32 hex digits.
///
/// # Errors
/// Anything else.
pub fn payment_id(text: &str) -> Result<PaymentId> {
    PaymentId::parse(text).map_err(|error| ConvertError::new("payment_id", error))
}

/// How the card was read.
///
/// # Errors
/// It is not said.
pub fn entry_mode_from_proto(mode: wire::EntryMode) -> Result<EntryMode> {
    match mode {
        wire::EntryMode::Keyed => Ok(EntryMode::Keyed),
        wire::EntryMode::Stripe => Ok(EntryMode::Stripe),
        wire::EntryMode::Chip => Ok(EntryMode::Chip),
        wire::EntryMode::Contactless => Ok(EntryMode::Contactless),
        wire::EntryMode::Code => Ok(EntryMode::Code),
        wire::EntryMode::Unspecified => Err(ConvertError::missing("entry_mode")),
    }
}

/// How the card was read.
#[must_use]
pub const fn entry_mode_to_proto(mode: EntryMode) -> wire::EntryMode {
    match mode {
        EntryMode::Keyed => wire::EntryMode::Keyed,
        EntryMode::Stripe => wire::EntryMode::Stripe,
        EntryMode::Chip => wire::EntryMode::Chip,
        EntryMode::Contactless => wire::EntryMode::Contactless,
        EntryMode::Code => wire::EntryMode::Code,
    }
}

/// The card network; what nobody knows is `Other`.
#[must_use]
pub const fn scheme_from_proto(scheme: wire::Scheme) -> Scheme {
    match scheme {
        wire::Scheme::UnionPay => Scheme::UnionPay,
        wire::Scheme::Visa => Scheme::Visa,
        wire::Scheme::Mastercard => Scheme::Mastercard,
        wire::Scheme::Amex => Scheme::Amex,
        wire::Scheme::Jcb => Scheme::Jcb,
        wire::Scheme::WeChatPay => Scheme::WeChatPay,
        wire::Scheme::Alipay => Scheme::Alipay,
        wire::Scheme::UnionPayCode => Scheme::UnionPayCode,
        wire::Scheme::Other | wire::Scheme::Unspecified => Scheme::Other,
    }
}

/// The card network.
#[must_use]
pub const fn scheme_to_proto(scheme: Scheme) -> wire::Scheme {
    match scheme {
        Scheme::UnionPay => wire::Scheme::UnionPay,
        Scheme::Visa => wire::Scheme::Visa,
        Scheme::Mastercard => wire::Scheme::Mastercard,
        Scheme::Amex => wire::Scheme::Amex,
        Scheme::Jcb => wire::Scheme::Jcb,
        Scheme::WeChatPay => wire::Scheme::WeChatPay,
        Scheme::Alipay => wire::Scheme::Alipay,
        Scheme::UnionPayCode => wire::Scheme::UnionPayCode,
        Scheme::Other => wire::Scheme::Other,
    }
}

/// Whose money a card spends; what is not said is `Unknown`.
#[must_use]
pub(crate) const fn funding_from_proto(funding: wire::Funding) -> Funding {
    match funding {
        wire::Funding::Debit => Funding::Debit,
        wire::Funding::Credit => Funding::Credit,
        wire::Funding::Prepaid => Funding::Prepaid,
        wire::Funding::Unknown | wire::Funding::Unspecified => Funding::Unknown,
    }
}

/// Whose money a card spends.
#[must_use]
pub(crate) const fn funding_to_proto(funding: Funding) -> wire::Funding {
    match funding {
        Funding::Debit => wire::Funding::Debit,
        Funding::Credit => wire::Funding::Credit,
        Funding::Prepaid => wire::Funding::Prepaid,
        Funding::Unknown => wire::Funding::Unknown,
    }
}

/// A card without its number.
///
/// # Errors
/// The field that is missing or can't be; a clear number is refused.
pub fn card_from_proto(card: Option<&wire::CardRef>) -> Result<CardRef> {
    let card = card.ok_or_else(|| ConvertError::missing("card"))?;
    let hash = match card.hash.as_ref() {
        [] => None,
        bytes => {
            let bytes: [u8; 32] = bytes
                .try_into()
                .map_err(|_| ConvertError::new("card.hash", "must be 32 bytes or empty"))?;
            Some(CardHash(bytes))
        }
    };
    Ok(CardRef {
        masked: MaskedPan::new(&card.masked)
            .map_err(|error| ConvertError::new("card.masked", error))?,
        hash,
        scheme: scheme_from_proto(card.scheme()),
        funding: funding_from_proto(card.funding()),
    })
}

/// A card without its number.
#[must_use]
pub fn card_to_proto(card: &CardRef) -> wire::CardRef {
    wire::CardRef {
        masked: card.masked.as_str().to_owned(),
        hash: card
            .hash
            .map_or_else(Bytes::new, |hash| Bytes::copy_from_slice(&hash.0)),
        scheme: scheme_to_proto(card.scheme).into(),
        funding: funding_to_proto(card.funding).into(),
    }
}

/// The outcome, as lanes and journals read it.
#[must_use]
pub fn decision_to_proto(decision: &Decision) -> wire::Decision {
    let mut to = wire::Decision::default();
    match decision {
        Decision::Approved { amount, host } => {
            to.set_kind(wire::DecisionKind::Approved);
            to.approved = Some(money_to_proto(*amount));
            to.response_code = ResponseCode::APPROVED.to_string();
            set_host(&mut to, host);
        }
        Decision::PartiallyApproved { amount, host } => {
            to.set_kind(wire::DecisionKind::PartiallyApproved);
            to.approved = Some(money_to_proto(*amount));
            to.response_code = ResponseCode::PARTIAL.to_string();
            set_host(&mut to, host);
        }
        Decision::Declined { code, host } => {
            to.set_kind(wire::DecisionKind::Declined);
            to.response_code = code.to_string();
            set_host(&mut to, host);
        }
        Decision::Unknown { reason } => {
            to.set_kind(wire::DecisionKind::Unknown);
            to.set_unknown_reason(unknown_to_proto(*reason));
        }
        Decision::Refused { reason } => {
            to.set_kind(wire::DecisionKind::Refused);
            to.refusal_reason = reason.number();
        }
        Decision::StandIn { amount } => {
            to.set_kind(wire::DecisionKind::StandIn);
            to.approved = Some(money_to_proto(*amount));
        }
        Decision::OfflineApproved { amount, lease } => {
            to.set_kind(wire::DecisionKind::OfflineApproved);
            to.approved = Some(money_to_proto(*amount));
            to.lease_id = lease.0;
        }
    }
    to
}

/// The word for an outcome where machines read it: in JSON, on a metrics page.
#[must_use]
pub const fn decision_word(kind: wire::DecisionKind) -> &'static str {
    match kind {
        wire::DecisionKind::Approved => "approved",
        wire::DecisionKind::PartiallyApproved => "partially_approved",
        wire::DecisionKind::Declined => "declined",
        wire::DecisionKind::Unknown => "unknown",
        wire::DecisionKind::Refused => "refused",
        wire::DecisionKind::StandIn => "stand_in",
        wire::DecisionKind::OfflineApproved => "offline_approved",
        wire::DecisionKind::Unspecified => "unspecified",
    }
}

fn set_host(to: &mut wire::Decision, host: &HostFacts) {
    to.rrn = text(host.rrn.as_ref().map(Rrn::as_str));
    to.auth_code = text(host.auth_code.as_ref().map(AuthCode::as_str));
    to.stan = host.stan.map_or(0, Stan::number);
}

/// The outcome, as it was told or journaled.
///
/// # Errors
/// The field that is missing or can't be.
pub fn decision_from_proto(decision: Option<&wire::Decision>) -> Result<Decision> {
    let from = decision.ok_or_else(|| ConvertError::missing("decision"))?;
    let amount = || money_from_proto("decision.approved", from.approved.as_ref());
    match from.kind() {
        wire::DecisionKind::Approved => Ok(Decision::Approved {
            amount: amount()?,
            host: host_from_proto(from)?,
        }),
        wire::DecisionKind::PartiallyApproved => Ok(Decision::PartiallyApproved {
            amount: amount()?,
            host: host_from_proto(from)?,
        }),
        wire::DecisionKind::Declined => Ok(Decision::Declined {
            code: code("decision.response_code", &from.response_code)?,
            host: host_from_proto(from)?,
        }),
        wire::DecisionKind::Unknown => Ok(Decision::Unknown {
            reason: unknown_from_proto(from.unknown_reason())?,
        }),
        wire::DecisionKind::Refused => Ok(Decision::Refused {
            reason: RefusalReason::by_number(from.refusal_reason)
                .ok_or_else(|| ConvertError::missing("decision.refusal_reason"))?,
        }),
        wire::DecisionKind::StandIn => Ok(Decision::StandIn { amount: amount()? }),
        wire::DecisionKind::OfflineApproved if from.lease_id == 0 => Err(ConvertError::new(
            "decision.kind",
            "an offline approval without a lease",
        )),
        wire::DecisionKind::OfflineApproved => Ok(Decision::OfflineApproved {
            amount: amount()?,
            lease: LeaseId(from.lease_id),
        }),
        wire::DecisionKind::Unspecified => Err(ConvertError::missing("decision.kind")),
    }
}

fn host_from_proto(from: &wire::Decision) -> Result<HostFacts> {
    Ok(HostFacts {
        rrn: rrn(&from.rrn)?,
        auth_code: auth_code(&from.auth_code)?,
        stan: stan(from.stan)?,
    })
}

/// Field 11; 0 is none.
///
/// # Errors
/// More than six digits.
pub fn stan(number: u32) -> Result<Option<Stan>> {
    match number {
        0 => Ok(None),
        number => Stan::new(number)
            .map(Some)
            .map_err(|error| ConvertError::new("stan", error)),
    }
}

/// Field 37, if there is one.
///
/// # Errors
/// Not twelve characters.
pub fn rrn(text: &str) -> Result<Option<Rrn>> {
    optional(text, |text| {
        Rrn::new(text).map_err(|error| ConvertError::new("rrn", error))
    })
}

/// Field 38, if there is one.
///
/// # Errors
/// Not six characters.
pub fn auth_code(text: &str) -> Result<Option<AuthCode>> {
    optional(text, |text| {
        AuthCode::new(text).map_err(|error| ConvertError::new("auth_code", error))
    })
}

/// Field 39; `field` is named in the error.
///
/// # Errors
/// Not two characters.
pub fn code(field: &'static str, text: &str) -> Result<ResponseCode> {
    ResponseCode::new(text).map_err(|error| ConvertError::new(field, error))
}

const fn unknown_to_proto(reason: UnknownReason) -> wire::UnknownReason {
    match reason {
        UnknownReason::NoAnswer => wire::UnknownReason::NoAnswer,
        UnknownReason::LinkBroke => wire::UnknownReason::LinkBroke,
        UnknownReason::BadMac => wire::UnknownReason::BadMac,
        UnknownReason::Mismatch => wire::UnknownReason::Mismatch,
        UnknownReason::HubRestarted => wire::UnknownReason::HubRestarted,
    }
}

fn unknown_from_proto(reason: wire::UnknownReason) -> Result<UnknownReason> {
    match reason {
        wire::UnknownReason::NoAnswer => Ok(UnknownReason::NoAnswer),
        wire::UnknownReason::LinkBroke => Ok(UnknownReason::LinkBroke),
        wire::UnknownReason::BadMac => Ok(UnknownReason::BadMac),
        wire::UnknownReason::Mismatch => Ok(UnknownReason::Mismatch),
        wire::UnknownReason::HubRestarted => Ok(UnknownReason::HubRestarted),
        wire::UnknownReason::Unspecified => Err(ConvertError::missing("decision.unknown_reason")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each reason stands twice, in `common.proto` and in `domain`: under one number and one name.
    #[test]
    fn the_wire_and_the_rules_name_the_same_reasons_to_refuse() {
        for number in 1..1000 {
            let on_the_wire = wire::RefusalReason::try_from(number).ok();
            let in_the_rules = RefusalReason::ALL.iter().find(|one| one.number() == number);
            let name = |reason: wire::RefusalReason| {
                let name = reason.as_str_name().replace("REFUSAL_REASON_", "");
                name.replace('_', "").to_lowercase()
            };
            let named = in_the_rules.map(|reason| format!("{reason:?}").to_lowercase());
            assert_eq!(on_the_wire.map(name), named, "{number}");
        }
    }

    #[test]
    fn a_refusal_of_a_newer_hub_is_kept_as_it_was_told() {
        let told = wire::Decision {
            kind: wire::DecisionKind::Refused.into(),
            refusal_reason: 77,
            ..wire::Decision::default()
        };
        let read = decision_from_proto(Some(&told)).unwrap();
        assert_eq!(decision_to_proto(&read), told);
    }
}
