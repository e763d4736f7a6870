//! What the desk keeps comes back as it was kept: after each of a long row of records, with every
//! kind of decision, entry, end, lease and terminal among them.

use domain::{
    card_ref::CardHash,
    desk::{Desk, DeskCheckpoint, DeskConfig, DeskRecord, PaymentFile, Timing},
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{ForwardId, LaneId, LeaseId, PaymentId, ReceiptNumber, Tid},
    limits::{FILE_ENTRIES_MAX, FILE_TEXT_BYTES_MAX, JOURNAL_RECORD_BYTES_MAX},
    money::Currency,
    payment::PaymentRequest,
    risk::StandInPolicy,
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1 as journal;

use super::{
    checkpoint_from_proto, checkpoint_to_proto, encode, file_from_proto, file_to_proto,
    tests::{
        NOW, asked, cny, decisions, ends, kinds, lease, lease_records, place, terminal_records,
    },
};

fn desk() -> Desk {
    Desk::new(DeskConfig {
        first_day: BusinessDate::parse("2026-11-22").unwrap(),
        currency: Currency::CNY,
        policy: StandInPolicy::new(cny(100_000), cny(60_000), cny(50_000)),
        hot_list: std::sync::Arc::default(),
        timing: Timing {
            answer_timeout_ms: 60_000,
            forward_answer_timeout_ms: 30_000,
            backoff_min_ms: 1_000,
            backoff_max_ms: 8_000,
            reversal_tries_max: 3,
        },
    })
}

fn tid() -> Tid {
    Tid::new("LANE0003").unwrap()
}

fn asked_as(number: u128) -> PaymentRequest {
    let mut request = asked();
    request.payment_id = PaymentId(number);
    request.card.hash = Some(CardHash([u8::try_from(number % 200).unwrap(); 32]));
    request
}

/// One payment for each decision, each third without its terminal, each second with its sale's end.
fn payments() -> Vec<DeskRecord> {
    let (stan, batch) = place();
    let mut all = Vec::new();
    for (number, decision) in (100_u128..).zip(decisions()) {
        let payment_id = PaymentId(number);
        all.push(DeskRecord::Requested {
            request: asked_as(number),
            at: WallMs(NOW.0 + i64::try_from(number).unwrap()),
        });
        if number % 3 > 0 {
            all.push(DeskRecord::Sent {
                payment_id,
                tid: tid(),
                stan,
                batch,
            });
        }
        all.push(DeskRecord::Decided {
            payment_id,
            decision,
            at: NOW,
        });
        if number % 2 == 0 {
            let receipt = ReceiptNumber::parse("3-2-000042").unwrap();
            all.push(DeskRecord::Completed {
                payment_id,
                receipt,
            });
        }
    }
    all
}

/// Every kind of entry with every end, resolved in every way.
fn entries() -> Vec<DeskRecord> {
    let (stan, batch) = place();
    let ways = [
        Resolution::Retry,
        Resolution::SettledByHand {
            reference: "letter 7".to_owned(),
        },
        Resolution::WrittenOff {
            reason: "small".to_owned(),
        },
    ];
    let mut all = Vec::new();
    let mut number = 0;
    for kind in kinds() {
        for end in ends() {
            number += 1;
            let forward_id = ForwardId(number);
            all.push(DeskRecord::ForwardQueued {
                forward_id,
                payment_id: PaymentId(100 + u128::from(number % 4)),
                tid: tid(),
                kind: kind.clone(),
                amount: cny(1250),
                at: NOW,
            });
            all.push(DeskRecord::ForwardSent {
                forward_id,
                stan,
                batch,
                attempt: 3,
                at: WallMs(NOW.0 + 5),
            });
            let code = domain::response_code::ResponseCode::new("96").ok();
            all.push(DeskRecord::ForwardDeferred { forward_id, code });
            let at = NOW;
            let is_dead = matches!(end, ForwardEnd::DeadLetter { .. });
            all.push(DeskRecord::ForwardEnded {
                forward_id,
                end,
                at,
            });
            let how = ways[usize::try_from(number % 3).unwrap()].clone();
            if is_dead {
                all.push(DeskRecord::DeadLetterResolved { forward_id, how });
            }
        }
    }
    all
}

fn offline() -> Vec<DeskRecord> {
    let mut all = vec![DeskRecord::LeaseGranted {
        lease: lease(),
        at: NOW,
    }];
    for number in [500, 501] {
        all.push(DeskRecord::OfflineReported {
            request: asked_as(number),
            lease: LeaseId(4),
            at: NOW,
        });
    }
    for number in [500, 900] {
        all.push(DeskRecord::OfflineCardHeld {
            payment_id: PaymentId(number),
        });
    }
    all.push(DeskRecord::Abandoned {
        payment_id: PaymentId(800),
        lane: LaneId(3),
    });
    all
}

/// A payment that was archived.
pub(crate) fn a_file() -> PaymentFile {
    let mut desk = desk();
    for record in payments() {
        desk.replay(&record);
    }
    desk.file(PaymentId(100)).unwrap()
}

fn through_bytes(kept: &DeskCheckpoint) -> DeskCheckpoint {
    let bytes = checkpoint_to_proto(kept, journal::HubStarted::default()).encode_to_vec();
    let read = journal::HubCheckpoint::decode(bytes.as_slice()).unwrap();
    checkpoint_from_proto(&read).unwrap()
}

#[test]
fn a_checkpoint_comes_back_as_it_was_kept_after_every_record() {
    let archived = DeskRecord::Archived {
        payment_ids: vec![PaymentId(102), PaymentId(103)],
    };
    let all = [
        lease_records(),
        offline(),
        payments(),
        entries(),
        terminal_records(),
        vec![archived],
        payments(),
    ]
    .concat();
    let mut desk = desk();
    for record in all {
        desk.replay(&record);
        let kept = desk.checkpoint();
        assert_eq!(through_bytes(&kept), kept, "after {record:?}");
        let again = Desk::from_checkpoint(desk.config().clone(), kept.clone());
        assert_eq!(again.checkpoint(), kept, "after {record:?}");
    }
}

#[test]
fn another_versions_checkpoint_is_not_read() {
    let kept = desk().checkpoint();
    let mut bytes = checkpoint_to_proto(&kept, journal::HubStarted::default());
    bytes.form += 1;
    assert_eq!(checkpoint_from_proto(&bytes).unwrap_err().field, "form");
}

/// The fullest file is one record when it is restored.
#[test]
fn a_file_comes_back_and_the_fullest_fits_into_a_record() {
    let mut desk = desk();
    for record in [payments(), entries()].concat() {
        desk.replay(&record);
    }
    for (id, _) in (100..).zip(decisions()) {
        let file = desk.file(PaymentId(id)).unwrap();
        assert_eq!(file_from_proto(&file_to_proto(&file)).unwrap(), file);
    }
    let mut full = desk.file(PaymentId(101)).unwrap();
    let is_void = |entry: &&Forward| matches!(entry.kind, ForwardKind::Void { .. });
    let mut entry = desk.forwards().find(is_void).unwrap().clone();
    entry.end = Some(ForwardEnd::DeadLetter {
        reason: "x".repeat(FILE_TEXT_BYTES_MAX / FILE_ENTRIES_MAX),
        code: entry.last_code,
        declined_after_goods: true,
    });
    full.forwards = vec![entry; FILE_ENTRIES_MAX];
    let record = DeskRecord::Restored {
        file: Box::new(full),
    };
    let date = BusinessDate::parse("2026-11-22").unwrap();
    let bytes = encode(&record, NOW, date).len();
    assert!(bytes < JOURNAL_RECORD_BYTES_MAX, "{bytes}");
}
