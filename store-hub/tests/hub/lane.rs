//! A lane that is nothing but its gRPC streams and its journal.

use std::time::Duration;

use bytes::Bytes;
use card_seal::{CardData, Funding, ReaderSeal, card_hash, masked_pan};
use domain::ids::PaymentId;
use iso8583::{
    card::Pan,
    dukpt::{self, KeyUse, Ksn},
    keys::DesKey,
    pin_block::{self, Pin},
};
use journal::{Hash, Head};
use ports::{OsRandom, Random};
use prost::Message;
use proto::{
    journal::v1::{
        DayMarker, DayMarkerBy, LaneRecord, LaneRested, PaymentAbandoned, ReceiptPrinted,
        SaleClosed, Tender, lane_record,
    },
    store::v1::{
        self as wire, Abandon, CardRef, Decision, EntryMode, HubFrame, HubHello, JournalBatch,
        JournalEntry, LaneFrame, LaneHello, LaneStatus, PaymentRequest, ReplicateHello,
        ReplicateRequest, hub_frame, lane_frame, lane_service_client::LaneServiceClient,
        replicate_request,
    },
};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming, transport::Channel};

use crate::store::{FIRST_DAY, Hub};

const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn cny(minor: i64) -> wire::Money {
    wire::Money {
        minor,
        currency: "CNY".to_owned(),
    }
}

pub(crate) fn new_id() -> PaymentId {
    PaymentId(OsRandom.next_u128())
}

pub(crate) struct Lane {
    pub(crate) number: u32,
    pub(crate) hello: HubHello,
    client: LaneServiceClient<Channel>,
    frames: mpsc::Sender<LaneFrame>,
    answers: Streaming<HubFrame>,
    pub(crate) head: Head,
    /// The lane's whole journal.
    written: Vec<LaneRecord>,
    receipts: u32,
    /// The running date of its own frame.
    pub(crate) date: String,
}

impl Lane {
    pub(crate) async fn attach(hub: &Hub, number: u32) -> Self {
        Self::attach_as(hub, number, 1, &[]).await.unwrap()
    }

    pub(crate) async fn attach_as(
        hub: &Hub,
        number: u32,
        epoch: u32,
        abandoned: &[PaymentId],
    ) -> Result<Self, Status> {
        let hello = LaneHello {
            lane: number,
            epoch,
            software_version: "test".to_owned(),
            abandoned_payment_ids: abandoned.iter().map(ToString::to_string).collect(),
            ..Default::default()
        };
        Self::attach_with(hub, hello).await
    }

    pub(crate) async fn attach_with(hub: &Hub, hello: LaneHello) -> Result<Self, Status> {
        Self::attach_asking(hub, hello, None).await
    }

    /// Asks for a payment before the hub's hello is there.
    pub(crate) async fn attach_asking(
        hub: &Hub,
        hello: LaneHello,
        asked: Option<PaymentRequest>,
    ) -> Result<Self, Status> {
        let number = hello.lane;
        let mut client = LaneServiceClient::connect(format!("http://{}", hub.address))
            .await
            .unwrap();
        let (frames, outbound) = mpsc::channel(64);
        let hello = lane_frame::Body::Hello(hello);
        let asked = asked.map(lane_frame::Body::Payment);
        for body in [Some(hello), asked].into_iter().flatten() {
            frames.send(LaneFrame { body: Some(body) }).await.unwrap();
        }
        let session = client.session(ReceiverStream::new(outbound)).await?;
        let mut answers = session.into_inner();
        let hello = match next(&mut answers).await? {
            Some(hub_frame::Body::Hello(hello)) => hello,
            Some(other) => panic!("the first frame is the hello, not {other:?}"),
            None => return Err(Status::aborted("the session ended before its hello")),
        };
        Ok(Self {
            number,
            hello,
            client,
            frames,
            answers,
            head: Head::default(),
            written: Vec::new(),
            receipts: 0,
            date: FIRST_DAY.to_owned(),
        })
    }

    /// The same machine, after its hub was away.
    pub(crate) async fn again(&self, hub: &Hub) -> Self {
        let mut lane = Self::attach(hub, self.number).await;
        lane.head = self.head;
        lane.written.clone_from(&self.written);
        lane.receipts = self.receipts;
        lane.date.clone_from(&self.date);
        lane
    }

    /// The same machine on another connection: it says where its journal ends, and what it
    /// remembers of the hub.
    pub(crate) async fn back(&self, hub: &Hub) -> Result<Self, Status> {
        let hash = match self.head.sequence {
            0 => Vec::new(),
            _ => self.head.hash.0.to_vec(),
        };
        let hello = LaneHello {
            lane: self.number,
            epoch: 1,
            hub_history: self.hello.hub_history.clone(),
            hub_epoch: self.hello.hub_epoch,
            journal: Some(wire::JournalHead {
                sequence: self.head.sequence,
                hash: hash.into(),
            }),
            ..Default::default()
        };
        let mut lane = Self::attach_with(hub, hello).await?;
        lane.head = self.head;
        lane.written.clone_from(&self.written);
        lane.receipts = self.receipts;
        Ok(lane)
    }

    /// A fresh payment request, its card sealed to the hub.
    pub(crate) fn request(
        &self,
        id: PaymentId,
        pan: &str,
        minor: i64,
        pin: Option<&str>,
    ) -> PaymentRequest {
        let key: [u8; 32] = self.hello.card_sealing_key.as_ref().try_into().unwrap();
        let hash_key: [u8; 32] = self.hello.card_hash_key.as_ref().try_into().unwrap();
        let mut reader = ReaderSeal::new(&key, |bytes: &mut [u8]| OsRandom.fill(bytes)).unwrap();
        let card = CardData {
            pan: pan.to_owned(),
            expiry: "3012".to_owned(),
            card_sequence: Some("001".to_owned()),
            track2: Some(format!("{pan}D30122010000000000")),
            service_code: Some("201".to_owned()),
            emv: vec![0x95, 5, 0, 0x80, 4, 0x60, 0, 0x9F, 0x36, 2, 0, 0x17],
            funding: Funding::Credit,
        };
        let sealed_card = reader.seal(&id.0.to_be_bytes(), &card).unwrap();
        let (pin_block, pin_ksn) = pin.map_or_else(Default::default, |pin| block(pan, pin));
        PaymentRequest {
            payment_id: id.to_string(),
            sale_number: 1,
            amount: Some(cny(minor)),
            entry_mode: EntryMode::Chip.into(),
            pin_entered: pin.is_some(),
            card: Some(CardRef {
                masked: masked_pan(pan),
                hash: card_hash(&hash_key, pan).to_vec().into(),
                scheme: wire::Scheme::UnionPay.into(),
                funding: wire::Funding::Credit.into(),
            }),
            sealed_card: sealed_card.into(),
            pin_block,
            pin_ksn,
            hub_history: self.hello.hub_history.clone(),
            ..PaymentRequest::default()
        }
    }

    pub(crate) async fn send(&self, body: lane_frame::Body) {
        let _ = self.frames.send(LaneFrame { body: Some(body) }).await;
    }

    pub(crate) async fn frame(&mut self) -> Result<Option<hub_frame::Body>, Status> {
        next(&mut self.answers).await
    }

    pub(crate) async fn decision_of(&mut self, id: PaymentId) -> Decision {
        loop {
            if let Some(hub_frame::Body::Result(result)) = self.frame().await.unwrap()
                && result.payment_id == id.to_string()
            {
                return result.decision.unwrap();
            }
        }
    }

    pub(crate) async fn pay(&mut self, id: PaymentId, pan: &str, minor: i64) -> Decision {
        let request = self.request(id, pan, minor, None);
        self.send(lane_frame::Body::Payment(request)).await;
        self.decision_of(id).await
    }

    pub(crate) async fn abandon(&mut self, id: PaymentId) {
        let payment_id = id.to_string();
        self.send(lane_frame::Body::Abandon(Abandon { payment_id }))
            .await;
        loop {
            if let Some(hub_frame::Body::Abandoned(told)) = self.frame().await.unwrap()
                && told.payment_id == id.to_string()
            {
                return;
            }
        }
    }

    pub(crate) async fn status(&self, journal_sequence: u64) {
        let status = LaneStatus {
            state: "selling".to_owned(),
            journal_sequence,
            ..Default::default()
        };
        self.send(lane_frame::Body::Status(status)).await;
    }

    /// Records of a sale closed with these card tenders, the rest in cash.
    pub(crate) fn sale(&mut self, total: i64, cards: &[(PaymentId, i64)]) -> Vec<LaneRecord> {
        self.receipts += 1;
        let receipt_number = format!("{}-1-{:06}", self.number, self.receipts);
        let mut tenders: Vec<Tender> = cards
            .iter()
            .map(|(id, minor)| Tender {
                tender: wire::TenderKind::Card.into(),
                amount: Some(cny(*minor)),
                payment_id: id.to_string(),
                scheme: wire::Scheme::UnionPay.into(),
                ..Default::default()
            })
            .collect();
        let by_card: i64 = cards.iter().map(|(_, minor)| minor).sum();
        if by_card < total {
            tenders.push(Tender {
                tender: wire::TenderKind::Cash.into(),
                amount: Some(cny(total - by_card)),
                ..Default::default()
            });
        }
        let closed = SaleClosed {
            sale_number: self.receipts,
            receipt_number: receipt_number.clone(),
            total: Some(cny(total)),
            tenders,
            change: Some(cny(0)),
            items: 2,
            ..Default::default()
        };
        let printed = ReceiptPrinted {
            receipt_number,
            text: "DEMO STORE\nmilk 12.50\n".to_owned(),
            reprint: false,
        };
        vec![
            self.dated(lane_record::Body::SaleClosed(closed)),
            self.dated(lane_record::Body::ReceiptPrinted(printed)),
        ]
    }

    /// The marker that ends the lane's running date.
    pub(crate) fn marker(&mut self, begins: &str) -> LaneRecord {
        let marker = DayMarker {
            ended: self.date.clone(),
            begins: begins.to_owned(),
            by: DayMarkerBy::Hub.into(),
        };
        let marker = self.dated(lane_record::Body::DayMarker(marker));
        self.date = begins.to_owned();
        marker
    }

    /// An orderly shutdown in the evening.
    pub(crate) fn rested(&self) -> LaneRecord {
        self.dated(lane_record::Body::LaneRested(LaneRested {}))
    }

    /// A record of the lane's running date.
    pub(crate) fn dated(&self, body: lane_record::Body) -> LaneRecord {
        LaneRecord {
            business_date: self.date.clone(),
            ..record(body)
        }
    }

    /// Waits until the hub tells that the date was turned.
    pub(crate) async fn day_turned(&mut self) -> wire::DayTurned {
        loop {
            if let Some(hub_frame::Body::DayTurned(turned)) = self.frame().await.unwrap() {
                return turned;
            }
        }
    }

    pub(crate) fn abandoned(id: PaymentId) -> LaneRecord {
        record(lane_record::Body::PaymentAbandoned(PaymentAbandoned {
            sale_number: 1,
            payment_id: id.to_string(),
            because: wire::AbandonReason::LinkBroke.into(),
            ..Default::default()
        }))
    }

    /// Appends to the lane's journal and replicates it; returns what the hub acknowledged.
    pub(crate) async fn replicate(&mut self, records: Vec<LaneRecord>) -> Result<Head, Status> {
        let mut head = self.head;
        let entries: Vec<JournalEntry> = records
            .iter()
            .map(|record| {
                let bytes = record.encode_to_vec();
                head = head.extended_by(&bytes);
                JournalEntry {
                    sequence: head.sequence,
                    hash: head.hash.0.to_vec().into(),
                    record: bytes.into(),
                }
            })
            .collect();
        let acknowledged = self.replicate_entries(entries).await?;
        self.head = head;
        self.written.extend(records);
        Ok(acknowledged)
    }

    /// The same machine at a hub that lost its journal: what it remembers, and its whole journal.
    pub(crate) async fn remembering(&self, hub: &Hub, hello: LaneHello) -> Self {
        let before = &self.hello;
        let hello = LaneHello {
            lane: self.number,
            epoch: 1,
            hub_history: before.hub_history.clone(),
            hub_epoch: before.hub_epoch,
            ..hello
        };
        let mut lane = Self::attach_with(hub, hello).await.unwrap();
        lane.receipts = self.receipts;
        lane.replicate(self.written.clone()).await.unwrap();
        lane
    }

    pub(crate) async fn replicate_entries(
        &mut self,
        entries: Vec<JournalEntry>,
    ) -> Result<Head, Status> {
        let (batches, outbound) = mpsc::channel(4);
        let hello = replicate_hello(self.number, 1);
        let batch = replicate_request::Body::Batch(JournalBatch { entries });
        for body in [hello, batch] {
            let body = Some(body);
            batches.send(ReplicateRequest { body }).await.unwrap();
        }
        let mut acknowledged = self
            .client
            .replicate(ReceiverStream::new(outbound))
            .await?
            .into_inner();
        acknowledged
            .message()
            .await?
            .expect("the answer to the hello");
        let last = acknowledged.message().await?.expect("an acknowledgement");
        Ok(acknowledged_head(&last))
    }

    /// What the hub holds of a lane's log: its answer to a hello.
    pub(crate) async fn where_to_go_on(hub: &Hub, number: u32, epoch: u32) -> Head {
        let address = format!("http://{}", hub.address);
        let mut client = LaneServiceClient::connect(address).await.unwrap();
        let (requests, outbound) = mpsc::channel(1);
        let body = Some(replicate_hello(number, epoch));
        requests.send(ReplicateRequest { body }).await.unwrap();
        let answers = client.replicate(ReceiverStream::new(outbound)).await;
        let first = answers.unwrap().into_inner().message().await.unwrap();
        acknowledged_head(&first.expect("the answer to the hello"))
    }

    /// Sends on and on, as fast as the stream takes it, and leaves after so many acknowledgements:
    /// the sequence of the last one.
    pub(crate) async fn stream(&mut self, entries: &[JournalEntry], acknowledgements: u64) -> u64 {
        let (requests, outbound) = mpsc::channel(64);
        let body = Some(replicate_hello(self.number, 1));
        requests.send(ReplicateRequest { body }).await.unwrap();
        for some in entries.chunks(16).take(60) {
            let entries = some.to_vec();
            let body = Some(replicate_request::Body::Batch(JournalBatch { entries }));
            requests.send(ReplicateRequest { body }).await.unwrap();
        }
        let answers = self.client.replicate(ReceiverStream::new(outbound)).await;
        let mut answers = answers.unwrap().into_inner();
        let mut last = 0;
        for _ in 0..=acknowledgements {
            let answer = answers.message().await.unwrap();
            last = answer.expect("an acknowledgement").durable_sequence;
        }
        last
    }

    /// What the hub gives back of the journal of a lane's first machine.
    pub(crate) async fn copy(
        &mut self,
        lane: u32,
        from_sequence: u64,
        to_sequence: u64,
    ) -> Result<Vec<wire::JournalCopyResponse>, Status> {
        let request = wire::JournalCopyRequest {
            lane,
            epoch: 1,
            from_sequence,
            to_sequence,
        };
        let mut copy = self.client.journal_copy(request).await?.into_inner();
        let mut responses = Vec::new();
        while let Some(response) = copy.message().await? {
            responses.push(response);
        }
        Ok(responses)
    }

    pub(crate) async fn price_file(&mut self, have: &str) -> Vec<wire::PriceFileResponse> {
        let have_version = have.to_owned();
        let request = wire::PriceFileRequest {
            have_version,
            version: String::new(),
        };
        let (requests, outbound) = mpsc::channel(1);
        requests.send(request).await.unwrap();
        drop(requests);
        let stream = self.client.price_file(ReceiverStream::new(outbound)).await;
        let mut stream = stream.unwrap().into_inner();
        let mut chunks = Vec::new();
        while let Some(chunk) = stream.message().await.unwrap() {
            chunks.push(chunk);
        }
        chunks
    }
}

pub(crate) fn record(body: lane_record::Body) -> LaneRecord {
    LaneRecord {
        wall_ms: 1_795_334_400_000,
        business_date: FIRST_DAY.to_owned(),
        body: Some(body),
    }
}

/// The replication stream of a lane, beside its session.
pub(crate) struct Replica {
    number: u32,
    client: LaneServiceClient<Channel>,
}

impl Lane {
    pub(crate) fn replica(&self) -> Replica {
        Replica {
            number: self.number,
            client: self.client.clone(),
        }
    }
}

impl Replica {
    /// All batches, so many on the way at a time; until the last is acknowledged.
    pub(crate) async fn push(&mut self, batches: Vec<Vec<JournalEntry>>, window: usize) {
        let (requests, outbound) = mpsc::channel(window);
        let body = Some(replicate_hello(self.number, 1));
        requests.send(ReplicateRequest { body }).await.unwrap();
        let answers = self.client.replicate(ReceiverStream::new(outbound)).await;
        let mut answers = answers.unwrap().into_inner();
        answers.message().await.unwrap().expect("where to go on");
        let mut on_the_way = 0;
        for entries in batches {
            if on_the_way == window {
                answers
                    .message()
                    .await
                    .unwrap()
                    .expect("an acknowledgement");
                on_the_way -= 1;
            }
            let body = Some(replicate_request::Body::Batch(JournalBatch { entries }));
            requests.send(ReplicateRequest { body }).await.unwrap();
            on_the_way += 1;
        }
        for _ in 0..on_the_way {
            answers
                .message()
                .await
                .unwrap()
                .expect("an acknowledgement");
        }
    }
}

fn replicate_hello(lane: u32, epoch: u32) -> replicate_request::Body {
    replicate_request::Body::Hello(ReplicateHello {
        lane,
        epoch,
        ..Default::default()
    })
}

fn acknowledged_head(answer: &wire::ReplicateResponse) -> Head {
    Head {
        sequence: answer.durable_sequence,
        hash: Hash::from_slice(&answer.hash).unwrap_or_default(),
    }
}

async fn next(answers: &mut Streaming<HubFrame>) -> Result<Option<hub_frame::Body>, Status> {
    let frame = timeout(PATIENCE, answers.message()).await;
    let frame = frame.expect("the hub says nothing")?;
    Ok(frame.and_then(|frame| frame.body))
}

/// What a PIN pad makes of a PIN: ISO 0 under a DUKPT key of the published test base key.
pub(crate) fn block(pan: &str, pin: &str) -> (Bytes, Bytes) {
    let base = DesKey::from_hex("0123456789ABCDEFFEDCBA9876543210").unwrap();
    let ksn = Ksn::from_hex("FFFF9876543210E00001").unwrap();
    let key = dukpt::derive(&base, &ksn, KeyUse::Pin).unwrap();
    let block =
        pin_block::encipher(&Pin::new(pin).unwrap(), &Pan::new(pan).unwrap(), &key).unwrap();
    (block.to_vec().into(), ksn.bytes().to_vec().into())
}
