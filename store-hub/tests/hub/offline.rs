//! Leases, and what lanes approved under them while the hub was away.

use std::sync::Arc;

use acquirer_host::MemoryLedger;
use card_seal::{CardData, Funding, ReaderSeal, card_hash, masked_pan, upload_aad};
use domain::{ids::PaymentId, risk::HotList};
use ports::{OsRandom, Random};
use proto::{
    journal::v1::{
        ForwardEndKind, LaneRecord, LeaseAccepted, LeaseReturned, PaymentDecided, lane_record::Body,
    },
    store::v1::{
        self as wire, CardRef, Decision, DecisionKind, EntryMode, OfflineCard, OfflineLease,
        OfflinePayment, UnresolvedRequest, hub_frame, lane_frame,
    },
};

use records::HotListReader;

use crate::{
    lane::{Lane, cny, new_id, record},
    store::{APPROVED_PAN, DECLINED_PAN, Host, Hub, Store},
};

fn bank() -> Host {
    Host::start("127.0.0.1:0", MemoryLedger::default())
}

impl Lane {
    pub(crate) async fn granted(&mut self) -> OfflineLease {
        loop {
            if let Some(hub_frame::Body::LeaseGrant(lease)) = self.frame().await.unwrap() {
                return lease;
            }
        }
    }

    pub(crate) async fn accept(&mut self, lease: &OfflineLease) {
        let lease = Some(lease.clone());
        let accepted = record(Body::LeaseAccepted(LeaseAccepted { lease }));
        self.replicate(vec![accepted]).await.unwrap();
    }

    pub(crate) fn approved(&self, id: PaymentId, minor: i64, lease_id: u64) -> LaneRecord {
        let hash_key: [u8; 32] = self.hello.card_hash_key.as_ref().try_into().unwrap();
        let mut decision = Decision {
            approved: Some(cny(minor)),
            lease_id,
            ..Default::default()
        };
        decision.set_kind(DecisionKind::OfflineApproved);
        record(Body::PaymentDecided(PaymentDecided {
            sale_number: 1,
            payment_id: id.to_string(),
            decision: Some(decision),
            offline: Some(OfflinePayment {
                payment_id: id.to_string(),
                sale_number: 1,
                amount: Some(cny(minor)),
                entry_mode: EntryMode::Chip.into(),
                pin_entered: false,
                card: Some(CardRef {
                    masked: masked_pan(APPROVED_PAN),
                    hash: card_hash(&hash_key, APPROVED_PAN).to_vec().into(),
                    scheme: wire::Scheme::UnionPay.into(),
                    funding: wire::Funding::Credit.into(),
                }),
                lease_id,
                ..OfflinePayment::default()
            }),
        }))
    }

    /// The sealed card for the upload, with or without what must not be in it.
    pub(crate) async fn tell_card(&self, id: PaymentId, track2: Option<String>) {
        let key: [u8; 32] = self.hello.card_sealing_key.as_ref().try_into().unwrap();
        let mut reader = ReaderSeal::new(&key, |bytes: &mut [u8]| OsRandom.fill(bytes)).unwrap();
        let card = CardData {
            pan: APPROVED_PAN.to_owned(),
            expiry: "3012".to_owned(),
            card_sequence: Some("001".to_owned()),
            track2,
            service_code: None,
            emv: vec![0x95, 5, 0, 0x80, 4, 0x60, 0, 0x9F, 0x36, 2, 0, 0x17],
            funding: Funding::Credit,
        };
        let bound_to = upload_aad(&id.0.to_be_bytes());
        let sealed_card = reader.seal(&bound_to, &card).unwrap().into();
        let payment_id = id.to_string();
        let card = OfflineCard {
            payment_id,
            sealed_card,
        };
        self.send(lane_frame::Body::OfflineCard(card)).await;
    }

    pub(crate) async fn held(&mut self, id: PaymentId) {
        loop {
            if let Some(hub_frame::Body::OfflineCardHeld(held)) = self.frame().await.unwrap()
                && held.payment_id == id.to_string()
            {
                return;
            }
        }
    }
}

pub(crate) async fn payment_status(
    hub: &Hub,
    id: PaymentId,
) -> Option<(wire::PaymentStatus, wire::Owner)> {
    let listed = hub
        .operations()
        .await
        .unresolved(UnresolvedRequest {})
        .await;
    let listed = listed.unwrap().into_inner().payments.into_iter();
    let mut own = listed.filter(|one| one.payment_id == id.to_string());
    own.next().map(|one| (one.payment_status(), one.owned_by()))
}

#[tokio::test]
async fn what_a_lane_approved_alone_is_told_to_the_bank_once_its_card_is_here() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let lease = lane.granted().await;
    assert_eq!((lease.lane, lease.lane_epoch), (1, 1));
    lane.accept(&lease).await;

    let id = new_id();
    let approved = lane.approved(id, 1250, lease.lease_id);
    let mut records = vec![approved];
    records.extend(lane.sale(1250, &[(id, 1250)]));
    lane.replicate(records).await.unwrap();
    let status = hub.status().await;
    let counts = status.counts.unwrap();
    assert_eq!(
        (
            counts.requested,
            counts.offline_approved,
            status.queue_depth
        ),
        (1, 1, 1)
    );
    let (status, owner) = payment_status(&hub, id).await.unwrap();
    assert_eq!(status, wire::PaymentStatus::AwaitingCard);
    assert_eq!(owner, wire::Owner::Lane);

    // The hub dies before the card has come, and once more when it has it: told twice.
    hub.crash();
    let hub = store.start();
    let mut lane = lane.again(&hub).await;
    let same = lane.granted().await;
    assert_eq!(same, lease, "it knows what it has lent");
    lane.tell_card(id, Some(format!("{APPROVED_PAN}D30122010000000000")))
        .await;
    lane.tell_card(id, None).await;
    lane.held(id).await;
    hub.status_until("the queue is drained", |status| status.queue_depth == 0)
        .await;
    lane.tell_card(id, None).await;
    lane.held(id).await;
    let lines = bank.lines(id);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["mti"], "0220");
    let history = hub.history(id).await.unwrap();
    let state = history.state.unwrap();
    assert_eq!(state.decision(), DecisionKind::OfflineApproved);
    assert_eq!(state.sale(), wire::SaleOutcome::Captured);
    let ends: Vec<_> = state.forwards.iter().map(|entry| entry.end()).collect();
    assert_eq!(ends, [ForwardEndKind::Delivered]);
    let mut told = history.hub.iter();
    assert!(
        told.any(|line| line.step() == wire::HistoryStep::OfflineReported && line.lease_id == 1)
    );
}

#[tokio::test]
async fn a_returned_lease_is_followed_by_another_and_one_that_is_not_counts_on() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let first = lane.granted().await;
    lane.accept(&first).await;
    let returned = |lease_id| {
        record(Body::LeaseReturned(LeaseReturned {
            lease_id,
            spent: Some(cny(0)),
            ..Default::default()
        }))
    };
    lane.replicate(vec![returned(first.lease_id)])
        .await
        .unwrap();
    let second = lane.granted().await;
    assert_eq!(second.lease_id, first.lease_id + 1);
    assert_eq!(second.budget, first.budget);

    // The next machine of this lane gets one beside it: the old one is not back.
    let mut swapped = Lane::attach_as(&hub, 1, 2, &[]).await.unwrap();
    let third = swapped.granted().await;
    assert_eq!((third.lease_id, third.lane_epoch), (second.lease_id + 1, 2));
}

impl Lane {
    /// The hub's hot list, put together from its parts.
    async fn hot_list(&mut self, reader: &mut HotListReader) -> Arc<HotList> {
        loop {
            if let Some(hub_frame::Body::HotList(part)) = self.frame().await.unwrap()
                && let Some(list) = reader.take(&part).unwrap()
            {
                return list;
            }
        }
    }
}

fn refusal(decision: &Decision) -> (DecisionKind, wire::RefusalReason) {
    (decision.kind(), decision.refusal_reason())
}

#[tokio::test]
async fn a_hot_card_is_refused_while_standing_in_and_lanes_hold_the_list_a_lease_names() {
    let bank = bank();
    let store = Store::new(bank.address);
    // The key of the store's key file.
    let key = [0x22; 32];
    let hash = card_hash(&key, APPROVED_PAN);
    let hex = base16ct::lower::encode_string(&hash);
    // Many others: the list comes in forty parts, and no part is lost.
    let others: String = (1..39_000)
        .map(|number| format!("card,{number:064x}\n"))
        .collect();
    let list = format!("version,2\ncard,{hex}\nrange,400000,499999\n{others}");
    std::fs::write(store.folder.path().join("hot.csv"), list).unwrap();
    let config = std::fs::read_to_string(store.config()).unwrap();
    let config = config.replace(
        "lease_share_percent = 50",
        "lease_share_percent = 50\nhot_list_file = \"hot.csv\"",
    );
    std::fs::write(store.config(), config).unwrap();

    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let mut reader = HotListReader::default();
    let list = lane.hot_list(&mut reader).await;
    let asked =
        records::card_from_proto(lane.request(new_id(), APPROVED_PAN, 1, None).card.as_ref());
    assert!(list.names(&asked.unwrap()));
    let lease = lane.granted().await;
    assert_eq!(
        lease.hot_list_version,
        list.version(),
        "the list came before the lease"
    );
    assert_eq!(list.version(), 2_000_000);

    let (address, ledger) = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    let decision = lane.pay(new_id(), APPROVED_PAN, 100).await;
    let hot = (DecisionKind::Refused, wire::RefusalReason::HotCard);
    assert_eq!(refusal(&decision), hot);

    // The bank refuses a card after its goods are gone: hot at once, and every lane hears of it.
    let id = new_id();
    let decision = lane.pay(id, DECLINED_PAN, 700).await;
    assert_eq!(decision.kind(), DecisionKind::StandIn);
    let sale = lane.sale(700, &[(id, 700)]);
    lane.replicate(sale).await.unwrap();
    let _bank = Host::start(&address.to_string(), ledger);
    let list = lane.hot_list(&mut reader).await;
    assert_eq!((list.version(), list.cards().len()), (2_000_001, 39_001));
}

#[tokio::test]
async fn the_same_card_is_stood_in_for_three_times_and_refused_the_fourth() {
    let bank = bank();
    let store = Store::new(bank.address);
    let hub = store.start();
    hub.signed_on().await;
    let mut lane = Lane::attach(&hub, 1).await;
    let _bank = bank.stop();
    hub.status_until("the line is down", |status| !status.link_up)
        .await;
    for _ in 0..3 {
        let decision = lane.pay(new_id(), APPROVED_PAN, 100).await;
        assert_eq!(decision.kind(), DecisionKind::StandIn);
    }
    let decision = lane.pay(new_id(), APPROVED_PAN, 100).await;
    let often = (DecisionKind::Refused, wire::RefusalReason::TooOften);
    assert_eq!(refusal(&decision), often);
}
