//! Every record and decision comes back as it went.

use std::collections::BTreeSet;

use crate::{
    card_to_proto,
    kinds::{kind, kinds_in},
    lease, request_from_frame,
};
use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    desk::{DeskFact, DeskRecord, LeaseFact, PaymentFact},
    forward::{DeadLetterReason, ForwardEnd, ForwardKind},
    ids::{AuthCode, BatchNumber, LaneEpoch, LaneId, LeaseId, PaymentId, Rrn, SaleNumber, Stan},
    money::{Currency, Money},
    payment::{
        Decision, HostFacts, PaymentKind, PaymentMethod, PaymentRequest, RefusalReason,
        UnknownReason,
    },
    response_code::ResponseCode,
    time::{BusinessDate, WallMs},
    words::Reason,
};
use proto::store::v1 as wire;

use super::{decode, desk_record, encode, record::samples, started};

pub(super) const NOW: WallMs = WallMs(1_795_334_400_000);

/// A fact as the desk writes it.
pub(super) fn record(fact: impl Into<DeskFact>) -> DeskRecord {
    DeskRecord {
        at: NOW,
        date: BusinessDate::parse("2026-11-22").unwrap(),
        fact: fact.into(),
    }
}

pub(super) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn card() -> CardRef {
    CardRef {
        masked: MaskedPan::new("621626*********0018").unwrap(),
        hash: Some(CardHash([7; 32])),
        scheme: Scheme::Visa,
        funding: Funding::Prepaid,
    }
}

fn host() -> HostFacts {
    HostFacts {
        rrn: Some(Rrn::new("101530000123").unwrap()),
        auth_code: Some(AuthCode::new("A1B2C3").unwrap()),
        stan: Some(Stan::new(123).unwrap()),
    }
}

pub(super) fn decisions() -> Vec<Decision> {
    let mut all = vec![
        Decision::Approved {
            amount: cny(1250),
            host: host(),
        },
        Decision::PartiallyApproved {
            amount: cny(700),
            host: HostFacts::default(),
        },
        Decision::Declined {
            code: ResponseCode::new("51").unwrap(),
            host: host(),
        },
        Decision::StandIn { amount: cny(1250) },
    ];
    for reason in [
        UnknownReason::NoAnswer,
        UnknownReason::LinkBroke,
        UnknownReason::BadMac,
        UnknownReason::Mismatch,
        UnknownReason::HubRestarted,
    ] {
        all.push(Decision::Unknown { reason });
    }
    for reason in RefusalReason::ALL.iter().copied() {
        all.push(Decision::Refused { reason });
    }
    all
}

pub(super) fn kinds() -> [ForwardKind; 3] {
    let (stan, batch) = place();
    [
        ForwardKind::Reversal {
            reason: ResponseCode::NO_ANSWER,
            original_stan: stan,
            original_batch: batch,
            auth_code: None,
        },
        ForwardKind::Advice,
        ForwardKind::Void {
            original_stan: stan,
            original_batch: batch,
            rrn: host().rrn,
            auth_code: host().auth_code,
        },
    ]
}

pub(super) fn ends() -> [ForwardEnd; 4] {
    [
        ForwardEnd::Delivered {
            code: ResponseCode::APPROVED,
            amount: cny(1250),
        },
        ForwardEnd::Withdrawn,
        ForwardEnd::DeadLetter {
            reason: Reason::InWords("refused".to_owned()),
            code: Some(ResponseCode::new("51").unwrap()),
            declined_after_goods: true,
        },
        ForwardEnd::DeadLetter {
            reason: Reason::Named(DeadLetterReason::TriesUsedUp),
            code: None,
            declined_after_goods: false,
        },
    ]
}

pub(super) fn place() -> (Stan, BatchNumber) {
    (Stan::new(123).unwrap(), BatchNumber::new(42).unwrap())
}

pub(super) fn asked() -> PaymentRequest {
    PaymentRequest {
        payment_id: PaymentId(9),
        lane: LaneId(3),
        epoch: LaneEpoch(2),
        sale: SaleNumber(5),
        amount: cny(1250),
        entry_mode: EntryMode::Contactless,
        pin_entered: true,
        card: card(),
        business_date: None,
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        original: None,
    }
}

#[test]
fn a_request_comes_back_with_its_date_kind_method_and_original() {
    let request = PaymentRequest {
        business_date: BusinessDate::parse("2026-11-22").ok(),
        kind: PaymentKind::Refund,
        method: PaymentMethod::Wallet,
        original: Some(PaymentId(8)),
        ..asked()
    };
    let lease = LeaseId(4);
    let facts = [
        PaymentFact::Requested {
            request: request.clone(),
        },
        PaymentFact::OfflineReported { request, lease },
    ];
    for fact in facts {
        let written = record(fact);
        let read = desk_record(&decode(&encode(&written)).unwrap());
        assert_eq!(read, Ok(Some(written)));
    }
}

/// Even the fullest table fits into a record.
#[test]
fn a_lease_with_every_rule_fits_into_a_record() {
    let mut full = lease::sample();
    full.floor_limits.set(None, None, None, 999_999_999_999);
    let record = record(LeaseFact::Granted { lease: full });
    let bytes = encode(&record);
    assert!(
        bytes.len() < domain::limits::JOURNAL_RECORD_BYTES_MAX,
        "{}",
        bytes.len()
    );
    assert_eq!(desk_record(&decode(&bytes).unwrap()), Ok(Some(record)));
}

#[test]
fn every_record_comes_back_as_it_was_written_and_none_is_without_a_sample() {
    // What the desk writes nothing of.
    let shells = [
        "Started",
        "PriceImported",
        "PriceActivated",
        "OperatorAdded",
        "OperatorChanged",
        "OperatorEnded",
        "OperatorPinSet",
        "OfficeSignedOn",
        "OfficePinRefused",
        "OfficeUnlocked",
    ];
    let mut seen: BTreeSet<String> = shells.map(str::to_owned).into();
    for fact in samples() {
        let record = record(fact);
        let bytes = encode(&record);
        assert!(bytes.len() < domain::limits::JOURNAL_RECORD_BYTES_MAX);
        let decoded = decode(&bytes).unwrap();
        seen.extend(decoded.body.as_ref().map(kind));
        assert_eq!(decoded.business_date, "2026-11-22");
        assert_eq!(decoded.wall_ms, NOW.0);
        assert_eq!(desk_record(&decoded).unwrap(), Some(record));
    }
    assert_eq!(seen, kinds_in("HubRecord"));
}

#[test]
fn a_start_is_the_shells_own_record() {
    let date = BusinessDate::parse("2026-11-22").unwrap();
    let decoded = decode(&started(7, 9, NOW, date)).unwrap();
    assert_eq!(desk_record(&decoded), Ok(None));
}

#[test]
fn a_record_that_says_nothing_is_refused() {
    let empty = decode(&[]).unwrap();
    assert_eq!(desk_record(&empty).unwrap_err().field, "body");
}

#[test]
fn a_request_is_refused_with_the_field_that_is_wrong() {
    let good = || wire::PaymentRequest {
        payment_id: format!("{:032x}", 9),
        sale_number: 1,
        amount: Some(wire::Money {
            minor: 1250,
            currency: "CNY".to_owned(),
        }),
        entry_mode: wire::EntryMode::Chip.into(),
        card: Some(card_to_proto(&card())),
        ..Default::default()
    };
    let read = |frame: &wire::PaymentRequest| request_from_frame(frame, LaneId(1), LaneEpoch(1));
    assert_eq!(read(&good()).unwrap().card, card());
    type Spoil = fn(&mut wire::PaymentRequest);
    let spoiled: [(&str, Spoil); 5] = [
        ("payment_id", |frame| frame.payment_id = "12".to_owned()),
        ("amount", |frame| frame.amount = None),
        ("entry_mode", |frame| frame.entry_mode = 0),
        ("card", |frame| frame.card = None),
        ("card.masked", |frame| {
            if let Some(card) = &mut frame.card {
                card.masked = "6216261000000000018".to_owned();
            }
        }),
    ];
    for (field, spoil) in spoiled {
        let mut frame = good();
        spoil(&mut frame);
        let error = read(&frame).unwrap_err();
        assert_eq!(error.field, field);
        assert!(!error.to_string().contains("6216261000000000018"));
    }
}
