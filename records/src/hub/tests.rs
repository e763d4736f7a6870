//! Every record and decision comes back as it went.

use crate::{card_to_proto, request_from_frame};
use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    day::TurnedBy,
    desk::{
        ArchiveFact, DayFact, DeskFact, DeskRecord, ForwardFact, HubFact, LeaseFact, PaymentFact,
        TerminalFact,
    },
    forward::{DeadLetterReason, ForwardEnd, ForwardKind, Resolution},
    ids::{
        AuthCode, BatchNumber, ForwardId, LaneEpoch, LaneId, LeaseId, PaymentId, ReceiptNumber,
        Rrn, SaleNumber, Stan, Tid,
    },
    limits::PAYMENTS_ARCHIVED_AT_ONCE,
    money::{Currency, Money},
    payment::{
        Decision, HostFacts, PaymentKind, PaymentMethod, PaymentRequest, RefusalReason,
        UnknownReason,
    },
    response_code::ResponseCode,
    risk::{FloorLimits, LeaseEnd, OfflineLease, VelocityLimit},
    settlement::BatchTotals,
    terminal::UploadSent,
    time::{BusinessDate, WallMs},
    words::Reason,
};
use proto::store::v1 as wire;

use super::{decode, desk_record, encode, started};

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

pub(super) fn payment_records() -> Vec<DeskFact> {
    let payment_id = PaymentId(9);
    let lane = LaneId(3);
    let (stan, batch) = place();
    let mut all = vec![
        HubFact::LaneAttached {
            lane,
            epoch: LaneEpoch(2),
        }
        .into(),
        PaymentFact::Requested { request: asked() }.into(),
        PaymentFact::Sent {
            payment_id,
            tid: Tid::new("LANE0003").unwrap(),
            stan,
            batch,
        }
        .into(),
        PaymentFact::Completed {
            payment_id,
            receipt: ReceiptNumber::parse("3-2-000042").unwrap(),
        }
        .into(),
        PaymentFact::Abandoned { payment_id, lane }.into(),
    ];
    all.extend(decisions().into_iter().map(|decision| {
        PaymentFact::Decided {
            payment_id,
            decision,
        }
        .into()
    }));
    all
}

pub(super) fn forward_records() -> Vec<DeskFact> {
    let forward_id = ForwardId(11);
    let (stan, batch) = place();
    let mut all = vec![
        ForwardFact::Sent {
            forward_id,
            stan,
            batch,
            attempt: 2,
        }
        .into(),
    ];
    for kind in kinds() {
        all.push(
            ForwardFact::Queued {
                forward_id,
                payment_id: PaymentId(9),
                tid: Tid::new("LANE0003").unwrap(),
                kind,
                amount: cny(1250),
            }
            .into(),
        );
    }
    for end in ends() {
        all.push(ForwardFact::Ended { forward_id, end }.into());
    }
    let later = Some(ResponseCode::new("96").unwrap());
    for (code, sent_in_full) in [(None, true), (later, true), (None, false)] {
        all.push(
            ForwardFact::Deferred {
                forward_id,
                code,
                sent_in_full,
            }
            .into(),
        );
    }
    for how in [
        Resolution::Retry,
        Resolution::SettledByHand {
            reference: "letter 7".to_owned(),
        },
        Resolution::WrittenOff {
            reason: "small".to_owned(),
        },
    ] {
        all.push(ForwardFact::Resolved { forward_id, how }.into());
    }
    all
}

pub(super) fn terminal_records() -> Vec<DeskFact> {
    let tid = || Tid::new("LANE0003").unwrap();
    let date = BusinessDate::parse("2026-11-22").unwrap();
    let (stan, batch) = place();
    let totals = BatchTotals {
        debit: cny(1250),
        debit_count: 2,
        credit: cny(50),
        credit_count: 1,
    };
    vec![
        TerminalFact::SignedOn { tid: tid(), batch }.into(),
        TerminalFact::Stopped {
            tid: tid(),
            theirs: batch,
        }
        .into(),
        TerminalFact::UnmatchedAnswer {
            tid: tid(),
            stan,
            mti: 210,
            code: ResponseCode::APPROVED,
        }
        .into(),
        DayFact::Closing { date }.into(),
        TerminalFact::SettlementSent {
            tid: tid(),
            batch,
            stan,
            totals,
        }
        .into(),
        TerminalFact::BatchClosed {
            tid: tid(),
            batch,
            totals,
            balanced: true,
            date: None,
            upload_follows: false,
        }
        .into(),
        DayFact::Closed { date }.into(),
    ]
}

/// What dates and settlements have been since they are apart.
pub(super) fn day_records() -> Vec<DeskFact> {
    let tid = || Tid::new("LANE0003").unwrap();
    let date = BusinessDate::parse("2026-11-22").unwrap();
    let (stan, batch) = place();
    let totals = BatchTotals {
        debit: cny(1250),
        debit_count: 2,
        credit: cny(50),
        credit_count: 1,
    };
    vec![
        TerminalFact::BatchClosed {
            tid: tid(),
            batch,
            totals,
            balanced: false,
            date: Some(date),
            upload_follows: true,
        }
        .into(),
        TerminalFact::UploadSent {
            tid: tid(),
            batch,
            sent: UploadSent { stan, items: 8 },
        }
        .into(),
        TerminalFact::UploadAnswered {
            tid: tid(),
            batch,
            ended: true,
            code: Some(ResponseCode::APPROVED),
        }
        .into(),
        DayFact::Turned {
            ended: date,
            begins: date.next(),
            by: TurnedBy::Moved,
        }
        .into(),
        DayFact::SettlementOrdered.into(),
        HubFact::EpochEndStated {
            lane: LaneId(3),
            epoch: LaneEpoch(1),
            sequence: 77,
            by: "manager".to_owned(),
            reason: "its disk was read".to_owned(),
        }
        .into(),
    ]
}

pub(super) fn lease() -> OfflineLease {
    let mut floor_limits = FloorLimits::up_to(40_000);
    floor_limits.set(Some(Scheme::Visa), None, Some(Funding::Prepaid), 99_999_999);
    OfflineLease {
        id: LeaseId(4),
        lane: LaneId(3),
        lane_epoch: LaneEpoch(2),
        budget: cny(90_000),
        per_payment_cap: cny(40_000),
        per_card_cap: cny(50_000),
        count_max: 50,
        hot_list_version: 7_000_001,
        valid_for_ms: 60_000,
        floor_limits,
        velocity: Some(VelocityLimit {
            count_max: 3,
            window_ms: 600_000,
        }),
    }
}

pub(super) fn lease_records() -> Vec<DeskFact> {
    let (lane, lease_id) = (LaneId(3), LeaseId(4));
    let ends = [
        LeaseEnd::Returned,
        LeaseEnd::WrittenOff {
            by: "Li Na".to_owned(),
            reason: "gone".to_owned(),
        },
    ];
    let mut all = vec![
        LeaseFact::Granted { lease: lease() }.into(),
        HubFact::EpochTakenBack {
            lane,
            from: LaneEpoch(7),
            to: LaneEpoch(2),
            by: "store manager".to_owned(),
            reason: "a test machine".to_owned(),
        }
        .into(),
        HubFact::PreviousHub {
            lane,
            hub_epoch: 5,
            last_lease: lease_id,
            skipped: Some((Tid::new("LANE0003").unwrap(), Stan::new(10_001).unwrap())),
        }
        .into(),
        HubFact::PreviousHub {
            lane,
            hub_epoch: 5,
            last_lease: lease_id,
            skipped: None,
        }
        .into(),
        HubFact::AskedOfPreviousHub {
            payment_id: PaymentId(9),
            lane,
        }
        .into(),
        ForwardFact::CarriedOver {
            forward_id: ForwardId(11),
            payment_id: PaymentId(9),
        }
        .into(),
    ];
    all.extend(ends.map(|end| LeaseFact::Ended { lease_id, end }.into()));
    all
}

/// Even the fullest table fits into a record.
#[test]
fn a_lease_with_every_rule_fits_into_a_record() {
    let mut full = lease();
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
fn every_record_comes_back_as_it_was_written() {
    let all = [
        payment_records(),
        forward_records(),
        terminal_records(),
        day_records(),
        lease_records(),
        vec![
            ArchiveFact::Archived {
                payment_ids: (0..PAYMENTS_ARCHIVED_AT_ONCE)
                    .map(|number| PaymentId(u128::MAX - number as u128))
                    .collect(),
            }
            .into(),
        ],
    ]
    .concat();
    for fact in all {
        let record = record(fact);
        let bytes = encode(&record);
        assert!(bytes.len() < domain::limits::JOURNAL_RECORD_BYTES_MAX);
        let decoded = decode(&bytes).unwrap();
        assert_eq!(decoded.business_date, "2026-11-22");
        assert_eq!(decoded.wall_ms, NOW.0);
        assert_eq!(desk_record(&decoded).unwrap(), Some(record));
    }
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
