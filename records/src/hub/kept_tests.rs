//! What the desk keeps comes back as it was kept: after each of a long row of records, with every
//! kind of decision, entry, end, lease and terminal among them.

use domain::{
    card_ref::CardHash,
    desk::{
        ArchiveFact, Desk, DeskCheckpoint, DeskConfig, DeskFact, DeskPart, ForwardFact, LeaseFact,
        PaymentFact, Timing,
    },
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::{ForwardId, LaneId, LeaseId, PaymentId, ReceiptNumber, Tid},
    limits::{FILE_ENTRIES_MAX, FILE_TEXT_BYTES_MAX, JOURNAL_RECORD_BYTES_MAX},
    money::Currency,
    payment::PaymentRequest,
    risk::StandInPolicy,
    time::{BusinessDate, WallMs},
    words::Reason,
};
use prost::Message;
use proto::journal::v1 as journal;

use super::{
    checkpoint_from_proto, checkpoint_to_proto, day, encode, file_from_proto, file_to_proto, lease,
    machine, terminal,
    tests::{asked, cny, decisions, ends, kinds, place, record},
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
        marker_when_balanced: false,
        wallets: None,
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
fn payments() -> Vec<DeskFact> {
    let (stan, batch) = place();
    let mut all = Vec::new();
    for (number, decision) in (100_u128..).zip(decisions()) {
        let payment_id = PaymentId(number);
        all.push(
            PaymentFact::Requested {
                request: asked_as(number),
            }
            .into(),
        );
        if number % 3 > 0 {
            all.push(
                PaymentFact::Sent {
                    payment_id,
                    tid: tid(),
                    stan,
                    batch,
                }
                .into(),
            );
        }
        all.push(
            PaymentFact::Decided {
                payment_id,
                decision,
            }
            .into(),
        );
        if number % 2 == 0 {
            let receipt = ReceiptNumber::parse("3-2-000042").unwrap();
            all.push(
                PaymentFact::Completed {
                    payment_id,
                    receipt,
                }
                .into(),
            );
        }
    }
    all
}

/// Every kind of entry with every end, resolved in every way.
fn entries() -> Vec<DeskFact> {
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
            all.push(
                ForwardFact::Queued {
                    forward_id,
                    payment_id: PaymentId(100 + u128::from(number % 4)),
                    tid: tid(),
                    kind: kind.clone(),
                    amount: cny(1250),
                }
                .into(),
            );
            all.push(
                ForwardFact::Sent {
                    forward_id,
                    stan,
                    batch,
                    attempt: 3,
                }
                .into(),
            );
            let code = domain::response_code::ResponseCode::new("96").ok();
            all.push(
                ForwardFact::Deferred {
                    forward_id,
                    code,
                    sent_in_full: code.is_some(),
                }
                .into(),
            );
            let is_dead = matches!(end, ForwardEnd::DeadLetter { .. });
            all.push(ForwardFact::Ended { forward_id, end }.into());
            let how = ways[usize::try_from(number % 3).unwrap()].clone();
            if is_dead {
                all.push(ForwardFact::Resolved { forward_id, how }.into());
            }
        }
    }
    all
}

pub(super) fn offline() -> Vec<DeskFact> {
    let mut all = vec![
        LeaseFact::Granted {
            lease: crate::lease::sample(),
        }
        .into(),
    ];
    for number in [500, 501] {
        all.push(
            PaymentFact::OfflineReported {
                request: asked_as(number),
                lease: LeaseId(4),
            }
            .into(),
        );
    }
    for number in [500, 900] {
        all.push(
            PaymentFact::OfflineCardHeld {
                payment_id: PaymentId(number),
            }
            .into(),
        );
    }
    all.push(
        PaymentFact::Abandoned {
            payment_id: PaymentId(800),
            lane: LaneId(3),
        }
        .into(),
    );
    all
}

fn through_bytes(kept: &DeskCheckpoint) -> DeskCheckpoint {
    let bytes = checkpoint_to_proto(kept, journal::HubStarted::default()).encode_to_vec();
    let read = journal::HubCheckpoint::decode(bytes.as_slice()).unwrap();
    let kept = checkpoint_from_proto(&read, 7).unwrap();
    assert_eq!(kept.first_unseen(), 8);
    kept.checkpoint
}

#[test]
fn a_checkpoint_comes_back_as_it_was_kept_after_every_record() {
    let archived = ArchiveFact::Archived {
        payment_ids: vec![PaymentId(102), PaymentId(103)],
    }
    .into();
    let all = [
        lease::samples(),
        machine::samples(),
        offline(),
        payments(),
        entries(),
        terminal::samples(),
        day::samples(),
        vec![archived],
        payments(),
    ]
    .concat();
    let mut desk = desk();
    for (later, fact) in (0..).zip(all) {
        let mut record = record(fact);
        record.at = WallMs(record.at.0 + later);
        desk.replay(&record);
        let kept = desk.checkpoint();
        assert_eq!(through_bytes(&kept), kept, "after {record:?}");
        let again = Desk::from_checkpoint(desk.config().clone(), kept.clone());
        assert_eq!(again.checkpoint(), kept, "after {record:?}");
    }
}

fn kept() -> (Desk, journal::HubCheckpoint) {
    let mut desk = desk();
    for fact in [machine::samples(), day::samples(), payments()].concat() {
        desk.replay(&record(fact));
    }
    let kept = checkpoint_to_proto(&desk.checkpoint(), journal::HubStarted::default());
    (desk, kept)
}

#[test]
fn a_desk_of_another_form_is_not_read_and_what_stands_beside_it_is_rebuilt_by_itself() {
    let (_, bytes) = kept();
    for spoiled in DeskPart::ALL {
        let mut bytes = bytes.clone();
        let part = bytes
            .parts
            .iter_mut()
            .find(|part| part.name == spoiled.name());
        part.unwrap().form += 1;
        let read = checkpoint_from_proto(&bytes, 7);
        if spoiled == DeskPart::Desk {
            assert_eq!(read.unwrap_err().field, "form");
            continue;
        }
        let read = read.unwrap();
        assert_eq!((read.told(spoiled), read.first_unseen()), (0, 1));
        assert_eq!(read.told(DeskPart::Desk), 7);
    }
}

#[test]
fn one_from_before_there_were_parts_is_read_whole() {
    let (desk, bytes) = kept();
    let part = |name: DeskPart| {
        let mut parts = bytes.parts.iter();
        let part = parts.find(|part| part.name == name.name());
        part.unwrap().state.clone()
    };
    let desk_part = journal::HubDesk::decode(part(DeskPart::Desk)).unwrap();
    let machines = journal::HubMachines::decode(part(DeskPart::Machines)).unwrap();
    let days = journal::HubDays::decode(part(DeskPart::Days)).unwrap();
    let before = journal::HubCheckpoint {
        form: 3,
        payments: desk_part.payments,
        cards_ahead: desk_part.cards_ahead,
        abandoned_early: desk_part.abandoned_early,
        lane_epochs: machines.lane_epochs,
        terminals: desk_part.terminals,
        last_forward_id: desk_part.last_forward_id,
        queue_depth_max: desk_part.queue_depth_max,
        exposure_minor: desk_part.exposure_minor,
        exposure_of_cards: desk_part.exposure_of_cards,
        open_leases: desk_part.open_leases,
        ended_leases: desk_part.ended_leases,
        last_lease_id: desk_part.last_lease_id,
        hot_cards: desk_part.hot_cards,
        carried_forward_ids: desk_part.carried_forward_ids,
        previous_hub_epoch: machines.previous_hub_epoch,
        previous_last_lease_id: machines.previous_last_lease_id,
        asked_before: machines.asked_before,
        closing: days.closing,
        closed: days.closed,
        running: days.running,
        balances: desk_part.balances,
        balances_archived: desk_part.balances_archived,
        counts: desk_part.counts,
        counts_before_today: desk_part.counts_before_today,
        counts_of_days: desk_part.counts_of_days,
        orphan_records: desk_part.orphan_records,
        ..journal::HubCheckpoint::default()
    };
    let read = checkpoint_from_proto(&before, 7).unwrap();
    let kept = desk.checkpoint();
    assert_eq!(read.checkpoint.desk, kept.desk);
    // A part that has got another form since is rebuilt.
    let (machines, days) = (read.checkpoint.machines, read.checkpoint.days);
    assert!(machines.is_none_or(|machines| Some(machines) == kept.machines));
    assert!(days.is_none_or(|days| Some(days) == kept.days));
}

/// The fullest file is one record when it is restored.
#[test]
fn a_file_comes_back_and_the_fullest_fits_into_a_record() {
    let mut desk = desk();
    for fact in [payments(), entries()].concat() {
        desk.replay(&record(fact));
    }
    for (id, _) in (100..).zip(decisions()) {
        let file = desk.file(PaymentId(id)).unwrap();
        assert_eq!(file_from_proto(&file_to_proto(&file)).unwrap(), file);
    }
    let mut full = desk.file(PaymentId(101)).unwrap();
    let is_void = |entry: &&Forward| matches!(entry.kind, ForwardKind::Void { .. });
    let mut entry = desk.forwards().find(is_void).unwrap().clone();
    entry.end = Some(ForwardEnd::DeadLetter {
        reason: Reason::InWords("x".repeat(FILE_TEXT_BYTES_MAX / FILE_ENTRIES_MAX)),
        code: entry.last_code,
        declined_after_goods: true,
    });
    full.forwards = vec![entry; FILE_ENTRIES_MAX];
    let file = Box::new(full);
    let bytes = encode(&record(ArchiveFact::Restored { file })).len();
    assert!(bytes < JOURNAL_RECORD_BYTES_MAX, "{bytes}");
}
