//! Machines that are a lane, or say so, and a hub that is older than its lanes: the scenarios
//! `clone_locks_out`, `empty_card_same_epoch`, `old_hub_restored` and `one_bad_record`, and how far
//! a hello may raise an epoch.

use std::{collections::BTreeSet, fs, path::Path};

use acquirer_host::MemoryLedger;
use journal::{Hash, Head};
use prost::Message;
use proto::{
    journal::v1::{LaneRecord, lane_record::Body},
    store::v1::{
        DecisionKind, JournalBatch, JournalEntry, JournalHead, LaneHello, LaneView, LanesRequest,
        ReplicaTrouble, ReplicateHello, ReplicateRequest, ReplicateResponse, SummaryRequest,
        TakeBackEpochRequest, TroubleKind, lane_service_client::LaneServiceClient,
        replicate_request, report_service_client::ReportServiceClient,
    },
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, Streaming};

use crate::{
    lane::{Lane, new_id, record},
    real_lane::{Machine, Wire},
    stopped_journal::{refused, store_hub},
    store::{APPROVED_PAN, Host, Hub, Store},
};

fn store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    (bank, store)
}

fn told(head: Head) -> JournalHead {
    let hash = match head.sequence {
        0 => Vec::new(),
        _ => head.hash.0.to_vec(),
    };
    JournalHead {
        sequence: head.sequence,
        hash: hash.into(),
    }
}

/// A hello of lane 1, epoch 1, whose journal ends here.
fn hello(head: Head) -> LaneHello {
    LaneHello {
        lane: 1,
        epoch: 1,
        software_version: "test".to_owned(),
        journal: Some(told(head)),
        ..Default::default()
    }
}

fn other_journal(sequence: u64) -> Head {
    Head {
        sequence,
        hash: Hash([9; 32]),
    }
}

async fn lane_one(hub: &Hub) -> LaneView {
    let lanes = hub.operations().await.lanes(LanesRequest {}).await.unwrap();
    let mut lanes = lanes.into_inner().lanes.into_iter();
    lanes.find(|lane| lane.lane == 1).unwrap()
}

async fn lane_until(hub: &Hub, what: &str, wanted: impl Fn(&LaneView) -> bool) -> LaneView {
    for _ in 0..2000 {
        let lane = lane_one(hub).await;
        if wanted(&lane) {
            return lane;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never: {what}; {:#?}", lane_one(hub).await);
}

/// Another machine's replication stream: what the hub says to its hello and its records.
async fn replicates(
    hub: &Hub,
    journal: Option<Head>,
    epoch: u32,
    entries: Vec<JournalEntry>,
) -> Result<(), Status> {
    let address = format!("http://{}", hub.address);
    let mut client = LaneServiceClient::connect(address).await.unwrap();
    let (requests, outbound) = mpsc::channel(4);
    let hello = replicate_request::Body::Hello(ReplicateHello {
        lane: 1,
        epoch,
        journal: journal.map(told),
        ..Default::default()
    });
    let batch = replicate_request::Body::Batch(JournalBatch { entries });
    for body in [hello, batch] {
        let body = Some(body);
        requests.send(ReplicateRequest { body }).await.unwrap();
    }
    let answers = client.replicate(ReceiverStream::new(outbound)).await?;
    let mut answers: Streaming<ReplicateResponse> = answers.into_inner();
    for _ in 0..2 {
        answers.message().await?;
    }
    Ok(())
}

fn entry(before: Head, bytes: Vec<u8>) -> JournalEntry {
    let head = before.extended_by(&bytes);
    JournalEntry {
        sequence: head.sequence,
        hash: head.hash.0.to_vec().into(),
        record: bytes.into(),
    }
}

/// F10: a second machine says that it is lane 1, and the honest one goes on, by card too.
#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one case in its order")]
async fn clone_locks_out() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let mut honest = Lane::attach_with(&hub, hello(Head::default()))
        .await
        .unwrap();
    let sale = honest.sale(300, &[]);
    honest.replicate(sale).await.unwrap();
    let mut honest = honest.back(&hub).await.unwrap();
    let at_work = lane_one(&hub).await;
    assert!(
        at_work.connected && !at_work.address.is_empty(),
        "{at_work:?}"
    );

    // On an empty journal, on one with its start in it, on an older one, on another one that is as
    // long, without a word, and on one that is longer: none of them is let in while it is at work.
    let older = Head {
        sequence: 1,
        hash: Hash::ZERO.next(1, b"an old image"),
    };
    for claimed in [Head::default(), other_journal(1), older, other_journal(2)] {
        let Err(refused) = Lane::attach_with(&hub, hello(claimed)).await else {
            panic!("a machine with another journal was taken: {claimed:?}");
        };
        assert_eq!(refused.code(), Code::FailedPrecondition, "{refused}");
        assert!(refused.message().starts_with("HUB0014"), "{refused}");
    }
    for claimed in [None, Some(other_journal(50))] {
        let hello = LaneHello {
            journal: claimed.map(told),
            ..hello(Head::default())
        };
        assert!(Lane::attach_with(&hub, hello).await.is_err(), "{claimed:?}");
    }
    let start = record(Body::Started(proto::journal::v1::LaneStarted {
        lane: 1,
        epoch: 1,
        software_version: "clone".to_owned(),
    }));
    let forged = entry(Head::default(), start.encode_to_vec());
    for claimed in [None, Some(Head::default()), Some(other_journal(9))] {
        let refused = replicates(&hub, claimed, 1, vec![forged.clone()]).await;
        assert_eq!(refused.unwrap_err().code(), Code::DataLoss, "{claimed:?}");
    }

    // The honest one has kept its session, pays by card, and its records are taken.
    let id = new_id();
    assert!(honest.pay(id, APPROVED_PAN, 1250).await.approved.is_some());
    let sale = honest.sale(1250, &[(id, 1250)]);
    honest.replicate(sale).await.unwrap();
    // Both are named, each by its address and since when.
    let named = lane_one(&hub).await;
    assert_eq!(named.address, at_work.address);
    assert_eq!(named.attached_wall_ms, at_work.attached_wall_ms);
    assert!(!named.troubles.is_empty());
    for trouble in &named.troubles {
        assert!(is_of_hub0014(trouble), "{trouble:?}");
        assert!(trouble.address.starts_with("127.0.0.1:"), "{trouble:?}");
        assert_ne!(trouble.address, named.address);
        assert!(trouble.since_wall_ms > 0);
    }
    let status = hub.status().await;
    assert_eq!(status.lanes_in_trouble.len(), 1);
    assert_eq!(status.lanes_in_trouble[0].address, named.address);

    // It comes on another connection, without a restart of the hub, and is let in at once.
    let mut honest = honest.back(&hub).await.unwrap();
    let id = new_id();
    assert!(honest.pay(id, APPROVED_PAN, 700).await.approved.is_some());
}

/// F10: a machine on an empty journal is not given that of a lane that is at work: with it, it
/// would be that lane, and the honest one the stranger.
#[tokio::test]
async fn f10_the_journal_of_a_lane_at_work_is_not_given_to_another_machine() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let mut honest = Lane::attach(&hub, 1).await;
    let sale = honest.sale(300, &[]);
    honest.replicate(sale).await.unwrap();
    assert_eq!(honest.copy(1, 1, 2).await.unwrap().len(), 2, "its own");
    let mut other = Lane::attach(&hub, 2).await;
    for (from, to) in [(0, 0), (1, 2)] {
        let refused = other.copy(1, from, to).await.unwrap_err();
        assert_eq!(
            refused.code(),
            Code::Unavailable,
            "it asks again: {refused}"
        );
        assert!(refused.message().starts_with("HUB0014"), "{refused}");
    }
    let named = lane_one(&hub).await;
    assert_eq!(named.troubles.len(), 1, "{named:?}");
    let trouble = &named.troubles[0];
    assert_eq!((trouble.kind(), trouble.refusals), (TroubleKind::AtWork, 2));
    assert_eq!(trouble.at_work, named.address);
    assert_ne!(trouble.address, named.address);
    assert!(!trouble.blocks, "it has sold nothing: {trouble:?}");

    drop(honest);
    lane_until(&hub, "lane 1 has left", |lane| !lane.connected).await;
    let given = other.copy(1, 1, 2).await.unwrap();
    assert_eq!(given[0].durable_sequence, 2, "its card was replaced");
}

/// F10: what is held here says nothing against an older image of a machine that has more than is
/// held. The machine itself does, while it is at work.
#[tokio::test]
async fn clone_locks_out_not_even_with_all_that_is_held() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let mut honest = Lane::attach(&hub, 1).await;
    let sale = honest.sale(300, &[]);
    honest.replicate(sale).await.unwrap();
    let held = honest.head;
    drop(honest);
    lane_until(&hub, "it is gone", |lane| !lane.connected).await;
    let more = held.extended_by(b"sold while its hub was away");
    let mut honest = Lane::attach_with(&hub, hello(more)).await.unwrap();
    let Err(refused) = Lane::attach_with(&hub, hello(held)).await else {
        panic!("an older image was taken");
    };
    assert!(refused.message().starts_with("HUB0014"), "{refused}");
    let id = new_id();
    assert!(honest.pay(id, APPROVED_PAN, 700).await.approved.is_some());
}

/// F10, with the real lane beside it: the second machine is the program itself, on a journal of its
/// own, and then leaves.
#[tokio::test]
async fn clone_locks_out_a_real_lane() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let real = Machine::new(1);
    let seen = async {
        lane_until(&hub, "lane 1 is at work", |lane| {
            lane.connected && lane.replicated_sequence >= 2
        })
        .await;
        let Err(refused) = Lane::attach_with(&hub, hello(other_journal(1))).await else {
            panic!("a clone was taken");
        };
        assert!(refused.message().starts_with("HUB0014"), "{refused}");
        let lane = lane_one(&hub).await;
        assert!(lane.connected, "it has lost its session: {lane:?}");
        lane
    };
    real.live(hub.address, Wire::default(), seen).await;
    // The clone is still remembered; the real one is started again and is at work again.
    let again = lane_until(&hub, "at work again", |lane| {
        lane.connected && lane.replicated_sequence >= 3
    });
    real.live(hub.address, Wire::default(), again).await;
}

/// F3: a lane on an empty card takes its journal back before it does anything else, and goes on
/// from there: no number comes twice.
#[tokio::test]
async fn empty_card_same_epoch() {
    let (_bank, store) = store();
    let hub = store.start();
    let lived = Machine::new(1);
    let receipts: Vec<LaneRecord> = (1..=150)
        .map(|number| {
            record(Body::ReceiptPrinted(proto::journal::v1::ReceiptPrinted {
                receipt_number: format!("1-1-{number:06}"),
                ..Default::default()
            }))
        })
        .collect();
    lived.has_written(&receipts);
    // Its own start and its lease.
    let complete = lane_until(&hub, "the copy is complete", |lane| {
        lane.replicated_sequence == 152
    });
    lived.live(hub.address, Wire::default(), complete).await;
    for card in ["empty", "an old image"] {
        let replaced = Machine::new(1);
        if card != "empty" {
            replaced.has_written(&receipts[..70]);
        }
        let held = lane_one(&hub).await.replicated_sequence;
        let goes_on = lane_until(&hub, "it goes on", |lane| {
            lane.connected && lane.replicated_sequence >= held + 2
        });
        let seen = replaced.live(hub.address, Wire::default(), goes_on).await;
        assert!(seen.troubles.is_empty(), "{card}: {:?}", seen.troubles);
        let records = replaced.records();
        assert!(records.len() as u64 >= held + 2, "{card}");
        assert_eq!(records[..150], lived.records()[..150], "{card}");
        let starts = records.iter().filter(|record| {
            let record = LaneRecord::decode(record.bytes.as_slice()).unwrap();
            matches!(record.body, Some(Body::Started(_)))
        });
        assert!(starts.count() >= 2, "{card}: its own start is behind them");
    }
}

/// Copies a folder and what is in it.
fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// F12: a snapshot of the hub is put back. Its lanes remember more of the same journal: a rebuilt
/// hub, and no STAN is used twice.
#[tokio::test]
#[allow(clippy::too_many_lines, reason = "one case in its order")]
async fn old_hub_restored() {
    let (bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        let id = new_id();
        lane.pay(id, APPROVED_PAN, 900).await;
        let sale = lane.sale(900, &[(id, 900)]);
        lane.replicate(sale).await.unwrap();
        ids.push(id);
    }
    hub.stop();
    let journal = store.folder.path().join("journal");
    let snapshot = store.folder.path().join("snapshot");
    copy_folder(&journal, &snapshot);

    let hub = store.start();
    hub.signed_on().await;
    let mut lane = lane.again(&hub).await;
    let mut other = Lane::attach(&hub, 2).await;
    let mut last = 0;
    for _ in 0..9 {
        let id = new_id();
        last = lane.pay(id, APPROVED_PAN, 900).await.stan;
        let sale = lane.sale(900, &[(id, 900)]);
        lane.replicate(sale).await.unwrap();
        ids.push(id);
    }
    let of_other = new_id();
    other.pay(of_other, APPROVED_PAN, 500).await;
    ids.push(of_other);
    let known = lane.hello.clone();
    hub.stop();
    fs::remove_dir_all(&journal).unwrap();
    copy_folder(&snapshot, &journal);

    let hub = store.start();
    hub.signed_on().await;
    // Lane 2 has heard no STAN: it can't tell, and is there before lane 1 tells.
    let mut silent = Lane::attach_with(
        &hub,
        LaneHello {
            lane: 2,
            epoch: 1,
            hub_history: known.hub_history.clone(),
            hub_epoch: known.hub_epoch,
            ..Default::default()
        },
    )
    .await
    .unwrap();
    assert_eq!(
        silent.hello.hub_history, known.hub_history,
        "nobody has told yet"
    );
    let hello = LaneHello {
        last_stan: last,
        ..Default::default()
    };
    let mut lane = lane.remembering(&hub, hello).await;
    assert_ne!(lane.hello.hub_history, known.hub_history, "another journal");
    assert!(lane.hello.hub_epoch > known.hub_epoch, "a later epoch");
    // Whoever was attached says hello again.
    while silent.frame().await.is_ok_and(|frame| frame.is_some()) {}
    let mut other = other.back(&hub).await.unwrap();
    for (lane, pays) in [(&mut lane, 10), (&mut other, 2)] {
        for _ in 0..pays {
            let id = new_id();
            let decision = lane.pay(id, APPROVED_PAN, 900).await;
            assert_eq!(decision.kind(), DecisionKind::Approved, "{decision:?}");
            ids.push(id);
        }
    }
    let mut stans = BTreeSet::new();
    for id in ids {
        for line in bank.lines(id) {
            let key = (line["tid"].to_string(), line["stan"].to_string());
            assert!(stans.insert(key.clone()), "{key:?} was used twice");
        }
    }
    assert_eq!(stans.len(), 24);
}

/// F12 with nothing but cash: a hub that holds less than it has acknowledged is an older copy, too.
#[tokio::test]
async fn old_hub_restored_is_seen_by_what_it_has_acknowledged() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(900, &[]);
    lane.replicate(sale).await.unwrap();
    let known = lane.hello.clone();
    let remembers = |acknowledged: u64| LaneHello {
        hub_history: known.hub_history.clone(),
        hub_epoch: known.hub_epoch,
        acknowledged: Some(told(other_journal(acknowledged))),
        ..hello(Head::default())
    };
    // What is held is no more than was acknowledged: the same journal.
    let same = LaneHello {
        journal: None,
        ..remembers(2)
    };
    let lane = Lane::attach_with(&hub, same).await.unwrap();
    assert_eq!(lane.hello.hub_history, known.hub_history);
    let more = LaneHello {
        journal: None,
        ..remembers(3)
    };
    let lane = Lane::attach_with(&hub, more).await.unwrap();
    assert_ne!(lane.hello.hub_history, known.hub_history);
}

/// F11, until epochs come from enrolment: a hello raises an epoch by one at most, and an operator
/// can take it back.
#[tokio::test]
async fn f11_an_epoch_goes_up_by_one_and_can_be_taken_back() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    drop(Lane::attach(&hub, 1).await);
    for epoch in [u32::MAX, 3] {
        let Err(refused) = Lane::attach_as(&hub, 1, epoch, &[]).await else {
            panic!("epoch {epoch} was taken");
        };
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.message().starts_with("HUB0041"), "{refused}");
        let forged = vec![entry(Head::default(), b"x".to_vec())];
        let refused = replicates(&hub, None, epoch, forged).await.unwrap_err();
        assert!(refused.message().starts_with("HUB0041"), "{refused}");
    }
    let mut wrong = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    assert!(
        Lane::attach_as(&hub, 1, 1, &[]).await.is_err(),
        "it is fenced"
    );
    let mut operations = hub.operations().await;
    let order = |to: u32, reason: &str| TakeBackEpochRequest {
        lane: 1,
        to,
        reason: reason.to_owned(),
        by: "store manager".to_owned(),
    };
    for blank in ["", " "] {
        let refused = operations.take_back_epoch(order(1, blank)).await;
        let code = refused.unwrap_err().code();
        assert_eq!(code, Code::InvalidArgument, "a reason is required");
    }
    let refused = operations
        .take_back_epoch(order(2, "no"))
        .await
        .unwrap_err();
    assert_eq!(
        refused.code(),
        Code::FailedPrecondition,
        "there is none above"
    );
    operations
        .take_back_epoch(order(1, "a test machine"))
        .await
        .unwrap();
    while wrong.frame().await.is_ok_and(|frame| frame.is_some()) {}
    let mut honest = Lane::attach(&hub, 1).await;
    let id = new_id();
    assert!(honest.pay(id, APPROVED_PAN, 700).await.approved.is_some());
    drop(honest);
    hub.stop();
    // It is journaled: the next start knows.
    let hub = store.start();
    assert!(Lane::attach_as(&hub, 1, 3, &[]).await.is_err());
    Lane::attach_as(&hub, 1, 1, &[]).await.unwrap();
}

async fn complete(hub: &Hub) -> Vec<(u32, u64, bool)> {
    let address = format!("http://{}", hub.address);
    let mut reports = ReportServiceClient::connect(address).await.unwrap();
    let day = reports.summary(SummaryRequest::default()).await.unwrap();
    let lanes = day.into_inner().watermarks.into_iter();
    lanes
        .map(|lane| {
            let complete = lane.through_sequence >= lane.known_sequence;
            (lane.lane, lane.through_sequence, complete)
        })
        .collect()
}

/// F8: a record of lane 2 that this hub can't understand costs the completeness of lane 2 from
/// there, by name, and nobody else anything.
#[tokio::test]
async fn one_bad_record() {
    // What no version has ever written, a record of a kind this hub does not know, and a sale of
    // more than there is.
    let unknown_kind = vec![0xfa, 0x7f, 0x02, 0x08, 0x01];
    let absurd = record(Body::SaleClosed(proto::journal::v1::SaleClosed {
        total: Some(crate::lane::cny(i64::MAX)),
        ..Default::default()
    }));
    for bad in [vec![0xff; 9], unknown_kind, absurd.encode_to_vec()] {
        let (_bank, store) = store();
        let hub = store.start();
        hub.signed_on().await;
        let mut one = Lane::attach(&hub, 1).await;
        let mut two = Lane::attach(&hub, 2).await;
        let sale = one.sale(300, &[]);
        one.replicate(sale).await.unwrap();
        let sale = two.sale(500, &[]);
        two.replicate(sale).await.unwrap();
        let next = entry(two.head, bad);
        two.replicate_entries(vec![next.clone()]).await.unwrap();
        two.head = Head {
            sequence: next.sequence,
            hash: Hash::from_slice(&next.hash).unwrap(),
        };
        let sale = two.sale(700, &[]);
        two.replicate(sale).await.unwrap();
        let expected = [(1, 2, true), (2, 2, false)];
        assert_eq!(complete(&hub).await, expected);
        let id = new_id();
        one.pay(id, APPROVED_PAN, 1250).await;
        let sale = one.sale(1250, &[(id, 1250)]);
        one.replicate(sale).await.unwrap();
        assert!(hub.history(id).await.is_some());
        lane_until(&hub, "lanes are told", |lane| lane.replicated_sequence == 4).await;
        assert!(hub.close_day().await.unwrap().last().unwrap().done);
        hub.stop();
        let verified = store_hub(&store, &["verify"]);
        refused(
            &verified,
            1,
            &["HUB0042", "lane-2 epoch 1, record 3", "incomplete"],
        );
        // The same after a restart.
        let hub = store.start();
        assert_eq!(complete(&hub).await, [(1, 4, true), (2, 2, false)]);
    }
}

/// Another journal than the copy, or a machine beside the one at work.
fn is_of_hub0014(trouble: &ReplicaTrouble) -> bool {
    let kinds = [TroubleKind::Fork, TroubleKind::Behind, TroubleKind::AtWork];
    kinds.contains(&trouble.kind())
}
