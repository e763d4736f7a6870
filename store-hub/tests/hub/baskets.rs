//! Baskets that wait on one lane and are taken up on another: two lanes at once, a hub that is
//! killed, one whose journal was lost, a machine that is gone.

use acquirer_host::MemoryLedger;
use proto::{
    journal::v1::{
        BasketHandedOver, LaneRecord, LineAdded, SaleOpened, SaleSuspended, SuspendedSale,
        lane_record::Body,
    },
    store::v1::{
        BasketAnswered, BasketAsked, BasketListAsked, HandOver, LaneHello, RecallRefusal,
        StateEpochEndRequest, hub_frame, lane_frame,
    },
};

use crate::{
    lane::{Lane, cny},
    store::{Host, Hub, Store, at_work},
};

const BASKET: SuspendedSale = SuspendedSale {
    lane: 1,
    epoch: 1,
    sale_number: 5,
};

fn hello(lane: u32) -> LaneHello {
    LaneHello {
        lane,
        epoch: 1,
        hands_over_baskets: true,
        ..LaneHello::default()
    }
}

async fn attach(hub: &Hub, lane: u32) -> Lane {
    Lane::attach_with(hub, hello(lane)).await.unwrap()
}

/// A basket of two lines waits on the lane, in its sale 5.
async fn waits(lane: &mut Lane) {
    let line = |line_number| LineAdded {
        sale_number: 5,
        line_number,
        barcode: "6900000000014".to_owned(),
        name: "milk".to_owned(),
        quantity: 1,
        unit_price: Some(cny(100)),
        total: Some(cny(100)),
        ..LineAdded::default()
    };
    let opened = SaleOpened {
        sale_number: 5,
        operator_id: 1,
        order_reference: "basket-5".to_owned(),
        price_file_version: "v1".to_owned(),
        ..SaleOpened::default()
    };
    let suspended = SaleSuspended {
        sale_number: 5,
        label: "blue coat".to_owned(),
    };
    let bodies = [
        Body::SaleOpened(opened),
        Body::LineAdded(line(1)),
        Body::LineAdded(line(2)),
        Body::SaleSuspended(suspended),
    ];
    writes(lane, bodies.to_vec()).await;
}

async fn writes(lane: &mut Lane, bodies: Vec<Body>) {
    let records: Vec<LaneRecord> = bodies.into_iter().map(|body| lane.dated(body)).collect();
    lane.replicate(records).await.unwrap();
}

async fn hands_over(lane: &mut Lane, to_lane: u32) {
    let moved = BasketHandedOver {
        sale_number: 5,
        to_lane,
        to_epoch: 1,
    };
    writes(lane, vec![Body::BasketHandedOver(moved)]).await;
}

async fn takes_up(lane: &mut Lane, sale_number: u32) {
    let opened = SaleOpened {
        sale_number,
        operator_id: 1,
        recalled: Some(BASKET),
        ..SaleOpened::default()
    };
    writes(lane, vec![Body::SaleOpened(opened)]).await;
}

async fn asks(lane: &Lane) {
    let basket = Some(BASKET);
    lane.send(lane_frame::Body::BasketAsked(BasketAsked { basket }))
        .await;
}

async fn answer(lane: &mut Lane) -> BasketAnswered {
    loop {
        if let Some(hub_frame::Body::BasketAnswered(answered)) = lane.frame().await.unwrap() {
            assert_eq!(answered.basket, Some(BASKET));
            return answered;
        }
    }
}

async fn asked_to_hand_over(lane: &mut Lane) -> HandOver {
    loop {
        if let Some(hub_frame::Body::HandOver(wanted)) = lane.frame().await.unwrap() {
            return wanted;
        }
    }
}

async fn refused(lane: &mut Lane) -> (RecallRefusal, u32) {
    asks(lane).await;
    let answered = answer(lane).await;
    (answered.refused(), answered.lane)
}

/// Label and lane of what waits.
async fn listed(lane: &mut Lane) -> Vec<(String, u32)> {
    let asked = lane_frame::Body::BasketListAsked(BasketListAsked {});
    lane.send(asked).await;
    loop {
        if let Some(hub_frame::Body::BasketList(list)) = lane.frame().await.unwrap() {
            let baskets = list.baskets.into_iter();
            return baskets.map(|one| (one.label, one.lane)).collect();
        }
    }
}

fn blue_coat(lane: u32) -> Vec<(String, u32)> {
    vec![("blue coat".to_owned(), lane)]
}

#[tokio::test]
async fn two_lanes_ask_at_once_and_one_gets_the_lines_as_they_were() {
    let (_bank, _store, hub) = at_work().await;
    let mut first = attach(&hub, 1).await;
    waits(&mut first).await;
    let (mut second, mut third) = (attach(&hub, 2).await, attach(&hub, 3).await);
    assert_eq!(listed(&mut third).await, blue_coat(1));
    asks(&second).await;
    let wanted = asked_to_hand_over(&mut first).await;
    assert_eq!((wanted.basket, wanted.to_lane), (Some(BASKET), 2));
    asks(&third).await;
    asked_to_hand_over(&mut first).await;
    hands_over(&mut first, 2).await;
    let given = answer(&mut second).await;
    assert_eq!(given.refused(), RecallRefusal::Unspecified);
    assert_eq!(given.order_reference, "basket-5");
    assert_eq!(given.price_file_version, "v1");
    let totals = given
        .lines
        .iter()
        .map(|line| line.total.clone().unwrap().minor);
    assert_eq!(totals.collect::<Vec<_>>(), [100, 100]);
    let told = answer(&mut third).await;
    assert_eq!((told.refused(), told.lane), (RecallRefusal::HandedOver, 2));
    assert_eq!(listed(&mut third).await, blue_coat(2));
    takes_up(&mut second, 9).await;
    assert_eq!(listed(&mut third).await, []);
    for lane in [&mut first, &mut second, &mut third] {
        assert_eq!(refused(lane).await, (RecallRefusal::TakenUp, 2));
    }
    hub.stop();
}

/// The answer is lost with the hub, and the lane that had the basket is away afterwards.
#[tokio::test]
async fn a_killed_hub_gives_it_again_to_the_lane_that_it_was_handed_to() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut first = attach(&hub, 1).await;
    waits(&mut first).await;
    let (second, third) = (attach(&hub, 2).await, attach(&hub, 3).await);
    asks(&second).await;
    asked_to_hand_over(&mut first).await;
    hands_over(&mut first, 2).await;
    drop(first);
    hub.crash();

    let hub = store.start();
    hub.signed_on().await;
    let mut third = third.again(&hub).await;
    assert_eq!(refused(&mut third).await, (RecallRefusal::HandedOver, 2));
    let mut second = second.again(&hub).await;
    asks(&second).await;
    let given = answer(&mut second).await;
    assert_eq!((given.refused, given.lines.len()), (0, 2));
    hub.stop();
}

/// A lane that is away, or of a release that hands nothing over, keeps what it has.
#[tokio::test]
async fn without_its_lane_a_basket_stays_where_it_is() {
    let (_bank, _store, hub) = at_work().await;
    let mut first = Lane::attach(&hub, 1).await;
    waits(&mut first).await;
    let mut second = attach(&hub, 2).await;
    assert_eq!(refused(&mut second).await, (RecallRefusal::LaneAway, 1));
    drop(first);
    assert_eq!(refused(&mut second).await, (RecallRefusal::LaneAway, 1));
    let mut third = attach(&hub, 3).await;
    asks(&third).await;
    assert_eq!(answer(&mut third).await.refused(), RecallRefusal::LaneAway);
    hub.stop();
}

/// A machine is gone, with a basket of its own: the hub gives it away once its journal is here as
/// far as somebody says that it went, and not before (task: the tail comes late).
#[tokio::test]
async fn what_a_machine_had_that_is_gone_is_given_away_once_its_tail_is_here() {
    let (_bank, _store, hub) = at_work().await;
    let mut first = attach(&hub, 1).await;
    waits(&mut first).await;
    let mut second = attach(&hub, 2).await;
    let next = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    assert_eq!(refused(&mut second).await, (RecallRefusal::LaneAway, 1));
    let sequence = first.head.sequence + 1;
    let mut operations = hub.operations().await;
    operations
        .state_epoch_end(StateEpochEndRequest {
            lane: 1,
            epoch: 1,
            sequence,
            by: "Li Na".to_owned(),
            reason: "its disk was read".to_owned(),
        })
        .await
        .unwrap();
    assert_eq!(refused(&mut second).await, (RecallRefusal::LaneAway, 1));
    writes(&mut first, vec![Body::LaneRested(Default::default())]).await;
    assert_eq!(listed(&mut second).await, blue_coat(0));
    asks(&second).await;
    assert_eq!(answer(&mut second).await.lines.len(), 2);
    let mut third = attach(&hub, 3).await;
    assert_eq!(refused(&mut third).await, (RecallRefusal::HandedOver, 2));
    drop(next);
    hub.stop();
}

/// A hub whose journal was lost hands nothing out before it has read all lanes' journals.
#[tokio::test]
async fn a_rebuilt_hub_learns_from_its_lanes_who_has_what() {
    let bank = Host::start("127.0.0.1:0", MemoryLedger::default());
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut first = attach(&hub, 1).await;
    waits(&mut first).await;
    let mut second = attach(&hub, 2).await;
    asks(&second).await;
    asked_to_hand_over(&mut first).await;
    hands_over(&mut first, 2).await;
    answer(&mut second).await;
    takes_up(&mut second, 9).await;
    hub.stop();
    let journal = store.folder.path().join("journal");
    std::fs::rename(&journal, store.folder.path().join("lost")).unwrap();

    let hub = store.start();
    hub.signed_on().await;
    let mut first = first.remembering(&hub, hello(1)).await;
    assert_eq!(refused(&mut first).await.0, RecallRefusal::HubRebuilt);
    let second = second.remembering(&hub, hello(2)).await;
    assert_eq!(refused(&mut first).await, (RecallRefusal::TakenUp, 2));
    drop(second);
    hub.stop();
}
