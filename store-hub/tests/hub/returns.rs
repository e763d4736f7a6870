//! Goods come back: two lanes at once, a hub that is killed, a hub whose journal was lost.

use acquirer_host::MemoryLedger;
use domain::ids::PaymentId;
use proto::{
    journal::v1::{
        LaneRecord, LineAdded, OwedToCard, PaidBack, PaymentIntended, ReturnReserved, ReturnTaking,
        Returned, SaleClosed, SaleOpened, SaleVoided, TakenLine, TakenOfReceipt, Tender,
        lane_record::Body,
    },
    store::v1::{
        self as wire, LaneHello, OriginalAsked, OriginalTold, OwedRequest, ReleaseReturnRequest,
        ReturnAnswered, ReturnAsked, ReturnRefusal, ReturnsRequest, StateEpochEndRequest,
        hub_frame, lane_frame,
    },
};

use crate::{
    lane::{Lane, cny, new_id},
    store::{APPROVED_PAN, Host, Hub, Store, at_work},
};

/// Three of milk for 3.00, in the lane's journal and at the hub: its receipt.
async fn sells(lane: &mut Lane, cards: &[(PaymentId, i64)]) -> String {
    let closing = lane.sale(300, cards);
    let Some(Body::SaleClosed(closed)) = &closing[0].body else {
        panic!("{closing:?}");
    };
    let sale_number = closed.sale_number;
    let receipt = closed.receipt_number.clone();
    let line = LineAdded {
        sale_number,
        line_number: 1,
        barcode: "6900000000014".to_owned(),
        name: "milk".to_owned(),
        quantity: 3,
        unit_price: Some(cny(100)),
        total: Some(cny(300)),
        ..LineAdded::default()
    };
    let opened = SaleOpened {
        sale_number,
        operator_id: 1,
        ..SaleOpened::default()
    };
    let mut bodies = vec![Body::SaleOpened(opened), Body::LineAdded(line)];
    for (id, minor) in cards {
        bodies.push(Body::PaymentIntended(PaymentIntended {
            sale_number,
            payment_id: id.to_string(),
            amount: Some(cny(*minor)),
            entry_mode: wire::EntryMode::Chip.into(),
            card: Some(wire::CardRef {
                masked: "621626*********0018".to_owned(),
                scheme: wire::Scheme::UnionPay.into(),
                ..wire::CardRef::default()
            }),
            ..PaymentIntended::default()
        }));
        bodies.push(Body::PaymentDecided(proto::journal::v1::PaymentDecided {
            sale_number,
            payment_id: id.to_string(),
            decision: Some(wire::Decision {
                kind: wire::DecisionKind::Approved.into(),
                approved: Some(cny(*minor)),
                ..wire::Decision::default()
            }),
            offline: None,
        }));
    }
    let mut records: Vec<LaneRecord> = bodies.into_iter().map(|body| lane.dated(body)).collect();
    records.extend(closing);
    lane.replicate(records).await.unwrap();
    receipt
}

fn pieces(receipt: &str, count: u32) -> ReturnTaking {
    ReturnTaking {
        currency: "CNY".to_owned(),
        of: vec![TakenOfReceipt {
            receipt_number: receipt.to_owned(),
            sold_on: String::new(),
            lines: vec![TakenLine {
                line_number: 1,
                pieces: count,
                total_minor: 100 * i64::from(count),
                tax_minor: 0,
            }],
        }],
        plan: Vec::new(),
    }
}

async fn left(lane: &mut Lane, receipt: &str) -> OriginalTold {
    let receipt_number = receipt.to_owned();
    lane.send(lane_frame::Body::OriginalAsked(OriginalAsked {
        receipt_number,
    }))
    .await;
    loop {
        if let Some(hub_frame::Body::OriginalTold(told)) = lane.frame().await.unwrap() {
            return told;
        }
    }
}

async fn asks(lane: &Lane, sale_number: u32, wanted: ReturnTaking) {
    lane.send(lane_frame::Body::ReturnAsked(ReturnAsked {
        sale_number,
        revision: 1,
        wanted: Some(wanted),
    }))
    .await;
}

async fn answer(lane: &mut Lane) -> ReturnAnswered {
    loop {
        if let Some(hub_frame::Body::ReturnAnswered(answered)) = lane.frame().await.unwrap() {
            return answered;
        }
    }
}

async fn reserves(lane: &mut Lane, sale: u32, receipt: &str, count: u32) -> ReturnAnswered {
    asks(lane, sale, pieces(receipt, count)).await;
    answer(lane).await
}

/// The lane closes the return, paid back so.
async fn closes(lane: &mut Lane, sale_number: u32, answered: &ReturnAnswered, count: u32) {
    let taking = answered.taking.clone().unwrap();
    let minor = 100 * i64::from(count);
    let of = &taking.of[0];
    let line = LineAdded {
        sale_number,
        line_number: 1,
        barcode: "6900000000014".to_owned(),
        name: "milk".to_owned(),
        quantity: count,
        unit_price: Some(cny(100)),
        total: Some(cny(-minor)),
        returned: Some(Returned {
            receipt_number: of.receipt_number.clone(),
            line_number: 1,
            ..Returned::default()
        }),
        ..LineAdded::default()
    };
    let card = taking.plan[0].clone();
    let owed = OwedToCard {
        payment_id: card.payment_id.clone(),
        scheme: card.scheme,
        masked: card.masked,
        amount: Some(cny(minor)),
    };
    let by_card = !card.payment_id.is_empty();
    let kind = match by_card {
        true => wire::TenderKind::Owed,
        false => wire::TenderKind::Cash,
    };
    let closed = SaleClosed {
        sale_number,
        receipt_number: format!("{}-1-{sale_number:06}", lane.number),
        total: Some(cny(-minor)),
        tenders: vec![Tender {
            tender: kind.into(),
            amount: Some(cny(-minor)),
            owed_by: i32::from(by_card) * 2,
            ..Tender::default()
        }],
        change: Some(cny(0)),
        return_revision: Some(1),
        ..SaleClosed::default()
    };
    let bodies = [
        Body::SaleOpened(SaleOpened {
            sale_number,
            operator_id: 1,
            ..SaleOpened::default()
        }),
        Body::LineAdded(line),
        Body::ReturnReserved(ReturnReserved {
            sale_number,
            revision: 1,
            taking: Some(taking),
        }),
        Body::PaidBack(PaidBack {
            sale_number,
            cash: Some(cny(if by_card { 0 } else { minor })),
            owed: by_card.then_some(owed).into_iter().collect(),
        }),
        Body::SaleClosed(closed),
    ];
    let records = bodies.map(|body| lane.dated(body)).to_vec();
    lane.replicate(records).await.unwrap();
}

async fn voids(lane: &mut Lane, sale_number: u32) {
    let voided = Body::SaleVoided(SaleVoided {
        sale_number,
        reason: "keeps it".to_owned(),
    });
    let records = vec![lane.dated(voided)];
    lane.replicate(records).await.unwrap();
}

async fn open(hub: &Hub) -> Vec<String> {
    let mut operations = hub.operations().await;
    let returns = operations.returns(ReturnsRequest {}).await;
    let open = returns.unwrap().into_inner().open;
    open.into_iter().map(|one| one.return_id).collect()
}

#[tokio::test]
async fn i13_two_lanes_return_one_line_at_once() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let receipt = sells(&mut lane, &[]).await;
    let mut other = Lane::attach(&hub, 2).await;
    let told = left(&mut other, &receipt).await;
    assert_eq!((told.lines.len(), told.lines[0].back), (1, 0));
    assert_eq!(told.paid[0].left, Some(cny(300)));
    // Both want two of the three.
    asks(&lane, 2, pieces(&receipt, 2)).await;
    asks(&other, 7, pieces(&receipt, 2)).await;
    let answers = [answer(&mut lane).await, answer(&mut other).await];
    let refused: Vec<ReturnRefusal> = answers.iter().map(ReturnAnswered::refused).collect();
    assert!(refused.contains(&ReturnRefusal::Unspecified), "{refused:?}");
    assert!(
        refused.contains(&ReturnRefusal::ReservedElsewhere),
        "{refused:?}"
    );
    // Whoever has it gives up, and the other one gets it.
    let first_has_it = refused[0] == ReturnRefusal::Unspecified;
    let (loser, sale) = match first_has_it {
        true => {
            voids(&mut lane, 2).await;
            (&mut other, 7)
        }
        false => {
            voids(&mut other, 7).await;
            (&mut lane, 2)
        }
    };
    let now = reserves(loser, sale, &receipt, 2).await;
    assert_eq!(now.refused(), ReturnRefusal::Unspecified);
    closes(loser, sale, &now, 2).await;
    assert_eq!(open(&hub).await, [""; 0]);
    let told = left(loser, &receipt).await;
    assert_eq!(
        (told.lines[0].back, &told.paid[0].left),
        (2, &Some(cny(100)))
    );
    let too_much = reserves(loser, sale + 1, &receipt, 2).await;
    assert_eq!(too_much.refused(), ReturnRefusal::NothingLeft);
    hub.stop();
}

#[tokio::test]
async fn an_unknown_receipt_is_said_to_be_one() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    assert!(lane.hello.takes_returns);
    let told = left(&mut lane, "3-1-000077").await;
    assert_eq!(told.refused(), ReturnRefusal::UnknownReceipt);
    let answered = reserves(&mut lane, 1, "3-1-000077", 1).await;
    assert_eq!(answered.refused(), ReturnRefusal::UnknownReceipt);
    hub.stop();
}

/// The hub is killed between the reservation and its answer: asked again, the same is reserved,
/// once.
#[tokio::test]
async fn i13_a_hub_killed_between_reserve_and_answer_reserves_once() {
    let (_bank, store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let receipt = sells(&mut lane, &[]).await;
    let mut other = Lane::attach(&hub, 2).await;
    let first = reserves(&mut other, 7, &receipt, 2).await;
    // Nobody hears the answer to this one.
    asks(&other, 7, pieces(&receipt, 2)).await;
    hub.crash();

    let hub = store.start();
    hub.signed_on().await;
    let mut other = other.again(&hub).await;
    assert_eq!(open(&hub).await, ["2-1-7"]);
    let again = reserves(&mut other, 7, &receipt, 2).await;
    assert_eq!(again.taking, first.taking);
    let mut lane = lane.again(&hub).await;
    let refused = reserves(&mut lane, 2, &receipt, 2).await;
    assert_eq!(refused.refused(), ReturnRefusal::ReservedElsewhere);
    closes(&mut other, 7, &again, 2).await;
    assert_eq!(open(&hub).await, [""; 0]);
    hub.stop();
}

/// A hub whose journal was lost takes no return before it has read all lanes' journals.
#[tokio::test]
async fn i13_a_rebuilt_hub_learns_from_its_lanes_what_came_back() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let receipt = sells(&mut lane, &[]).await;
    let mut other = Lane::attach(&hub, 2).await;
    let answered = reserves(&mut other, 7, &receipt, 3).await;
    closes(&mut other, 7, &answered, 3).await;
    hub.stop();
    let journal = store.folder.path().join("journal");
    std::fs::rename(&journal, store.folder.path().join("lost")).unwrap();

    let hub = store.start();
    hub.signed_on().await;
    let mut lane = lane.remembering(&hub, LaneHello::default()).await;
    // What lane 2 took back is not known yet.
    let told = left(&mut lane, &receipt).await;
    assert_eq!(told.refused(), ReturnRefusal::HubRebuilt);
    let other = other.remembering(&hub, LaneHello::default()).await;
    let told = left(&mut lane, &receipt).await;
    assert_eq!(told.refused(), ReturnRefusal::Unspecified);
    assert_eq!(told.lines[0].back, 3);
    let refused = reserves(&mut lane, 2, &receipt, 1).await;
    assert_eq!(refused.refused(), ReturnRefusal::NothingLeft);
    drop(other);
    hub.stop();
}

#[tokio::test]
async fn what_is_owed_to_cards_is_listed_and_what_stays_reserved_is_given_back_by_hand() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let id = new_id();
    lane.pay(id, APPROVED_PAN, 300).await;
    let receipt = sells(&mut lane, &[(id, 300)]).await;
    let mut other = Lane::attach(&hub, 2).await;
    let answered = reserves(&mut other, 7, &receipt, 1).await;
    closes(&mut other, 7, &answered, 1).await;
    let mut operations = hub.operations().await;
    let owed = operations.owed(OwedRequest {}).await.unwrap().into_inner();
    assert_eq!(owed.total, Some(cny(100)));
    assert_eq!(owed.owed[0].payment_id, id.to_string());
    assert_eq!(owed.owed[0].masked, "621626*********0018");
    // A lane reserves and is never heard again.
    reserves(&mut other, 8, &receipt, 1).await;
    drop(other);
    assert_eq!(open(&hub).await, ["2-1-8"]);
    let release = |return_id: &str, reason: &str| ReleaseReturnRequest {
        return_id: return_id.to_owned(),
        reason: reason.to_owned(),
        by: "Li Na".to_owned(),
    };
    let refused = operations.release_return(release("2-1-9", "gone")).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::FailedPrecondition);
    operations
        .release_return(release("2-1-8", "the goods are on the shelf"))
        .await
        .unwrap();
    assert_eq!(open(&hub).await, [""; 0]);
    hub.stop();
}

/// Where the journal of a machine ended, and all of it is here, what it reserved is given back.
#[tokio::test]
async fn an_epoch_that_ended_gives_back_what_it_did_not_close() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let receipt = sells(&mut lane, &[]).await;
    let mut other = Lane::attach(&hub, 2).await;
    voids(&mut other, 6).await;
    reserves(&mut other, 7, &receipt, 1).await;
    let sequence = other.head.sequence;
    let next = Lane::attach_as(&hub, 2, 2, &[]).await.unwrap();
    assert_eq!(open(&hub).await, ["2-1-7"], "it may have closed it");
    let mut operations = hub.operations().await;
    let end = |sequence| StateEpochEndRequest {
        lane: 2,
        epoch: 1,
        sequence,
        by: "Li Na".to_owned(),
        reason: "its disk was read".to_owned(),
    };
    operations.state_epoch_end(end(sequence + 5)).await.unwrap();
    assert_eq!(open(&hub).await, ["2-1-7"], "not all of it is here");
    operations.state_epoch_end(end(sequence)).await.unwrap();
    assert_eq!(open(&hub).await, [""; 0]);
    drop(next);
    hub.stop();
}

/// An operator said where a machine's journal had ended, and its tail comes later: from then on
/// the hub settles by itself what the machine had reserved.
#[tokio::test]
async fn a_tail_that_comes_late_gives_back_what_was_reserved() {
    let (_bank, _store, hub) = at_work().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let receipt = sells(&mut lane, &[]).await;
    let mut other = Lane::attach(&hub, 2).await;
    voids(&mut other, 6).await;
    reserves(&mut other, 7, &receipt, 1).await;
    let next = Lane::attach_as(&hub, 2, 2, &[]).await.unwrap();
    let mut operations = hub.operations().await;
    let end = StateEpochEndRequest {
        lane: 2,
        epoch: 1,
        sequence: other.head.sequence + 2,
        by: "Li Na".to_owned(),
        reason: "its disk was read".to_owned(),
    };
    operations.state_epoch_end(end).await.unwrap();
    voids(&mut other, 8).await;
    let held = open(&hub).await;
    assert_eq!(held, ["2-1-7"], "the last of its records is not here");
    let rested = other.rested();
    other.replicate(vec![rested]).await.unwrap();
    assert_eq!(open(&hub).await, [""; 0]);
    drop(next);
    hub.stop();
}
