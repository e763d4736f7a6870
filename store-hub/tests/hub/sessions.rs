//! Streams: fencing, credits, replication, prices, reflection.

use acquirer_host::MemoryLedger;
use proto::store::v1::{JournalCopyResponse, LanesRequest, hub_frame, lane_frame};
use tonic::Code;

use crate::{
    lane::{Lane, new_id},
    store::{APPROVED_PAN, Host, SILENT_PAN, Store},
};

fn store() -> (Host, Store) {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    (bank, store)
}

#[tokio::test]
async fn a_lane_is_given_back_what_is_held_of_its_journal() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    for _ in 0..40 {
        let sale = lane.sale(500, &[]);
        lane.replicate(sale).await.unwrap();
    }
    let held = |responses: &[JournalCopyResponse]| -> Vec<u64> {
        let entries = responses.iter().flat_map(|response| &response.entries);
        entries.map(|entry| entry.sequence).collect()
    };
    let whole = lane.copy(1, 1, 80).await.unwrap();
    assert!(whole[0].entries.is_empty() && whole[0].durable_sequence == 80);
    assert_eq!(held(&whole), (1..=80).collect::<Vec<_>>());
    assert!(whole.len() > 2, "in parts");
    let last = whole.last().unwrap().entries.last().unwrap();
    assert_eq!(last.hash, lane.head.hash.0.to_vec());
    assert_eq!(held(&lane.copy(1, 79, 500).await.unwrap()), [79, 80]);
    let how_far = lane.copy(1, 0, 0).await.unwrap();
    assert_eq!((how_far.len(), how_far[0].durable_sequence), (1, 80));
    // A lane that nobody knows has nothing here; the hub's own log is no lane's.
    assert_eq!(lane.copy(7, 1, 9).await.unwrap()[0].durable_sequence, 0);
    for (number, from, to) in [(0, 1, 9), (70_000, 1, 9), (1, 9, 1), (1, 1, u64::MAX)] {
        let refused = lane.copy(number, from, to).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    drop(lane);
    hub.stop();
}

#[tokio::test]
async fn an_older_machine_of_a_lane_is_fenced() {
    let (_bank, store) = store();
    let hub = store.start();
    let _new = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    let Err(refused) = Lane::attach_as(&hub, 1, 1, &[]).await else {
        panic!("the older machine was taken");
    };
    assert_eq!(refused.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn what_was_abandoned_while_away_is_obeyed_in_the_hello() {
    let (bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let id = new_id();
    let mut lane = Lane::attach_as(&hub, 1, 1, &[id]).await.unwrap();
    let mut first = lane.frame().await.unwrap();
    while let Some(hub_frame::Body::PriceNotice(_)) = first {
        first = lane.frame().await.unwrap();
    }
    let Some(hub_frame::Body::Abandoned(told)) = first else {
        panic!("the abandon is told first: {first:?}");
    };
    assert_eq!(told.payment_id, id.to_string());
    lane.pay(id, APPROVED_PAN, 1250).await;
    assert!(bank.lines(id).is_empty());
}

#[tokio::test]
async fn a_lane_without_credit_loses_its_stream_and_nobody_else_does() {
    let (_bank, store) = store();
    let hub = store.start();
    hub.signed_on().await;
    let mut greedy = Lane::attach(&hub, 1).await;
    let mut other = Lane::attach(&hub, 2).await;
    for _ in 0..6 {
        let request = greedy.request(new_id(), SILENT_PAN, 100, None);
        greedy.send(lane_frame::Body::Payment(request)).await;
    }
    let ended = loop {
        match greedy.frame().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a reason"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::ResourceExhausted);
    let id = new_id();
    assert_eq!(
        other
            .pay(id, APPROVED_PAN, 100)
            .await
            .approved
            .unwrap()
            .minor,
        100
    );
}

#[tokio::test]
async fn a_lane_journal_is_kept_as_it_is_and_a_fork_is_told() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let sale = lane.sale(1250, &[]);
    let head = lane.replicate(sale.clone()).await.unwrap();
    assert_eq!(head, lane.head);

    let gap = lane.head.extended_by(b"x");
    let entry = |sequence, hash: [u8; 32], record: &'static [u8]| proto::store::v1::JournalEntry {
        sequence,
        hash: hash.to_vec().into(),
        record: record.into(),
    };
    let skipped = vec![entry(gap.sequence + 1, gap.hash.0, b"x")];
    let refused = lane.replicate_entries(skipped).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    lane.status(5).await;
    let mut shown = false;
    for _ in 0..500 {
        let mut operations = hub.operations().await;
        let lanes = operations
            .lanes(LanesRequest {})
            .await
            .unwrap()
            .into_inner();
        let view = &lanes.lanes[0];
        assert_eq!(view.replicated_sequence, 2);
        if view.journal_sequence == 5 {
            assert!(view.connected);
            shown = true;
            break;
        }
    }
    assert!(shown, "the lane's own sequence is not shown");
    let wrong_hash = vec![entry(gap.sequence, [7; 32], b"x")];
    let refused = lane.replicate_entries(wrong_hash).await.unwrap_err();
    assert_eq!(refused.code(), Code::DataLoss);
    let forked = vec![entry(1, [7; 32], b"x")];
    let refused = lane.replicate_entries(forked).await.unwrap_err();
    assert_eq!(refused.code(), Code::DataLoss);
}

#[tokio::test]
async fn the_price_file_comes_whole_or_not_at_all() {
    let (_bank, store) = store();
    let hub = store.start();
    let mut lane = Lane::attach(&hub, 1).await;
    let chunks = lane.price_file("").await;
    let bytes: Vec<u8> = chunks
        .iter()
        .flat_map(|chunk| chunk.chunk.to_vec())
        .collect();
    assert!(bytes.starts_with(b"barcode,name"));
    assert!(chunks.last().unwrap().last);
    let version = chunks[0].version.clone();
    assert_eq!(version, lane.hello.price_file_version);
    let none = lane.price_file(&version).await;
    assert_eq!(none.len(), 1);
    assert!(none[0].chunk.is_empty() && none[0].last);
}
