//! A hub that answers as it is told and remembers what it heard.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use card_seal::HubOpen;
use futures::{StreamExt, stream::BoxStream};
use journal::{Hash, Head};
use proto::{
    journal::v1::lane_record::Body,
    store::v1::{
        self as wire,
        hub_frame::Body as Say,
        lane_service_server::{LaneService, LaneServiceServer},
    },
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Request, Response, Status, Streaming,
    transport::{Server, server::TcpIncoming},
};

use super::lane::bodies;

/// What the hub does with the next payment; the last one is repeated.
#[derive(Clone, Debug)]
pub enum Behaviour {
    Approve,
    Part(i64),
    Decline(&'static str),
    StandIn,
    /// Take it and say nothing.
    Silent,
    /// Take it and end the stream.
    Hang,
    /// Take it and answer what nobody understands.
    Nonsense,
}

/// What a hub says of the store's day in its hello.
#[derive(Clone, Debug)]
pub struct Day {
    pub date: &'static str,
    pub ends_wall_ms: i64,
    pub grace_ms: u64,
    pub time_zone: &'static str,
    pub wall_ms: i64,
    pub close_timeout_ms: u64,
}

impl Default for Day {
    fn default() -> Self {
        Self {
            date: "2026-11-22",
            ends_wall_ms: 0,
            grace_ms: 0,
            time_zone: "",
            wall_ms: 0,
            close_timeout_ms: 60_000,
        }
    }
}

#[derive(Default)]
pub struct HubLog {
    pub hellos: Vec<wire::LaneHello>,
    pub payments: Vec<wire::PaymentRequest>,
    pub abandoned: BTreeSet<String>,
    pub status: wire::LaneStatus,
    /// How often it was told.
    pub statuses: u32,
    pub records: Vec<wire::JournalEntry>,
    pub price_files: u32,
    /// What it said of price versions.
    pub prices_confirmed: Vec<wire::PriceConfirmed>,
    /// Cards of payments the lane approved alone, as often as it told of each.
    pub offline_cards: Vec<wire::OfflineCard>,
    /// Told after each hello, before the lease.
    pub hot_list: Option<wire::HotListPart>,
    /// Told after each hello.
    pub operators: Option<wire::OperatorList>,
    /// Lent after each hello.
    pub lease: Option<wire::OfflineLease>,
    /// What it says of this receipt; `None`: it takes no returns, and says so in its hello.
    pub original: Option<wire::OriginalTold>,
    /// What was asked to be reserved, as often as it was.
    pub returns_asked: Vec<wire::ReturnAsked>,
    /// The basket that it gives; `None`: it hands none out.
    pub basket: Option<wire::BasketAnswered>,
    /// It reserves, and its answers are lost on their way.
    pub answers_are_lost: bool,
    /// How long the hub takes to answer a hello.
    pub hello_after: Duration,
    /// What the next hellos say of the day.
    pub day: Day,
    /// Where each lane that said hello hears more.
    lanes: Vec<mpsc::WeakSender<Result<wire::HubFrame, Status>>>,
    behaviours: Vec<Behaviour>,
    acknowledges: bool,
    forked: bool,
}

impl HubLog {
    /// The script is over, and each sale that was closed has its receipt: a sale is over before its
    /// receipt is out.
    pub fn is_over(&self) -> bool {
        let (mut closed, mut printed) = (0, 0);
        for body in bodies(&self.records) {
            match body {
                Body::SaleClosed(_) => closed += 1,
                Body::ReceiptPrinted(_) => printed += 1,
                _ => {}
            }
        }
        self.status.script_finished && closed == printed
    }

    /// All that the lane has written.
    pub fn has_all(&self) -> bool {
        u64::try_from(self.records.len()).unwrap() >= self.status.journal_sequence
    }
}

#[derive(Clone)]
pub struct TestHub {
    pub heard: Arc<Mutex<HubLog>>,
    changes: Arc<watch::Sender<u64>>,
    pub opener: Arc<Mutex<HubOpen>>,
    prices: Arc<String>,
    price_version: Arc<String>,
}

type Out<T> = BoxStream<'static, Result<T, Status>>;

impl TestHub {
    pub fn new(prices: &str) -> Self {
        Self {
            heard: Arc::new(Mutex::new(HubLog {
                acknowledges: true,
                ..HubLog::default()
            })),
            changes: Arc::new(watch::Sender::new(0)),
            opener: Arc::new(Mutex::new(HubOpen::new(&[7; 32]).unwrap())),
            prices: Arc::new(prices.to_owned()),
            price_version: Arc::new(records::price_version(prices.as_bytes())),
        }
    }

    /// It knows who works in the store.
    pub fn with_operators(self, list: wire::OperatorList) -> Self {
        self.heard.lock().unwrap().operators = Some(list);
        self
    }

    /// It knows this sale, and reserves what is asked of it.
    pub fn with_original(self, told: wire::OriginalTold) -> Self {
        self.heard.lock().unwrap().original = Some(told);
        self
    }

    pub fn with_payments(self, behaviours: Vec<Behaviour>) -> Self {
        self.heard.lock().unwrap().behaviours = behaviours;
        self
    }

    /// Says that it holds records this lane never wrote.
    pub fn forked(self) -> Self {
        self.heard.lock().unwrap().forked = true;
        self
    }

    pub fn acknowledge(&self, acknowledges: bool) {
        self.heard.lock().unwrap().acknowledges = acknowledges;
    }

    /// Listens until the handle is aborted.
    pub async fn serve(&self) -> (SocketAddr, JoinHandle<()>) {
        self.serve_at("127.0.0.1:0").await
    }

    pub async fn serve_at(&self, address: &str) -> (SocketAddr, JoinHandle<()>) {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = LaneServiceServer::new(self.clone());
        let server = Server::builder()
            .add_service(service)
            .serve_with_incoming(TcpIncoming::from(listener));
        let task = tokio::spawn(async move { server.await.unwrap() });
        (address, task)
    }

    /// Waits until what was heard is so.
    pub async fn until(&self, so: impl Fn(&HubLog) -> bool) {
        let mut changes = self.changes.subscribe();
        let wait = async {
            while !so(&self.heard.lock().unwrap()) {
                changes.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(60), wait).await;
        if waited.is_err() {
            let heard = self.heard.lock().unwrap();
            panic!(
                "not heard in time: {:?}, {} payments, {} records, abandoned {:?}",
                heard.status,
                heard.payments.len(),
                heard.records.len(),
                heard.abandoned
            );
        }
    }

    /// The script is over, its receipts are out, and everything the lane has is here.
    pub async fn until_done(&self) {
        self.until(|heard| heard.is_over() && heard.has_all()).await;
    }

    /// The same, whether its receipts are out or owed.
    pub async fn until_sold(&self) {
        self.until(|heard| heard.status.script_finished && heard.has_all())
            .await;
    }

    /// Turns the store's date: told to each lane that is there, and in the hellos to come.
    pub fn turn(&self, ended: &'static str, begins: &'static str, cut_within_ms: u64) {
        let turned = wire::DayTurned {
            ended: ended.to_owned(),
            begins: begins.to_owned(),
            cut_within_ms,
            ends_wall_ms: 0,
        };
        self.hear(|heard| heard.day.date = begins);
        self.tell(wire::hub_frame::Body::DayTurned(turned));
    }

    /// Tells each lane that is there of operators, and in the hellos to come.
    pub fn tell_operators(&self, list: wire::OperatorList) {
        self.hear(|heard| heard.operators = Some(list.clone()));
        self.tell(wire::hub_frame::Body::Operators(list));
    }

    pub(super) fn tell(&self, body: wire::hub_frame::Body) {
        self.hear(|heard| {
            for lane in heard.lanes.iter().filter_map(mpsc::WeakSender::upgrade) {
                let body = Some(body.clone());
                // Those that are gone hear nothing.
                let _ = lane.try_send(Ok(wire::HubFrame { body }));
            }
        });
    }

    pub(super) fn hear<T>(&self, act: impl FnOnce(&mut HubLog) -> T) -> T {
        let heard = act(&mut self.heard.lock().unwrap());
        self.changes.send_modify(|count| *count += 1);
        heard
    }

    fn hello(&self) -> wire::HubHello {
        let day = self.heard.lock().unwrap().day.clone();
        let takes_returns = self.heard.lock().unwrap().original.is_some();
        wire::HubHello {
            hands_out_baskets: self.gives_baskets(),
            takes_returns,
            hub_epoch: 1,
            store_id: "0001".to_owned(),
            business_date: day.date.to_owned(),
            day_ends_wall_ms: day.ends_wall_ms,
            day_grace_ms: day.grace_ms,
            time_zone: day.time_zone.to_owned(),
            wall_ms: day.wall_ms,
            close_timeout_ms: day.close_timeout_ms,
            currency: "CNY".to_owned(),
            card_sealing_key: self.opener.lock().unwrap().public_key().to_vec().into(),
            card_hash_key: vec![9; 32].into(),
            price_file_version: self.price_version.to_string(),
            tid: "LANE0001".to_owned(),
            mid: "898310054110001".to_owned(),
            merchant_name: "Lanekeeper test store".to_owned(),
            company_name: "Lanekeeper Test Co., Ltd.".to_owned(),
            store_address: "100 Century Avenue".to_owned(),
            tax_number: "91310000MA1FL00000".to_owned(),
            ..wire::HubHello::default()
        }
    }

    fn tell_original(&self, asked: &wire::OriginalAsked) -> Option<Say> {
        let known = self.heard.lock().unwrap().original.clone()?;
        let is_known = known.receipt_number == asked.receipt_number;
        Some(Say::OriginalTold(if is_known {
            known
        } else {
            wire::OriginalTold {
                receipt_number: asked.receipt_number.clone(),
                refused: wire::ReturnRefusal::UnknownReceipt.into(),
                ..wire::OriginalTold::default()
            }
        }))
    }

    /// All of it goes back to what paid for it.
    fn reserve(&self, asked: wire::ReturnAsked) -> Option<Say> {
        let (paid, is_lost) = self.hear(|heard| {
            heard.returns_asked.push(asked.clone());
            let original = heard.original.as_ref()?;
            Some((original.paid[0].clone(), heard.answers_are_lost))
        })?;
        let mut taking = asked.wanted.unwrap();
        let lines = taking.of.iter().flat_map(|of| &of.lines);
        let whole = paid.value.unwrap().minor;
        taking.plan.push(proto::journal::v1::Payback {
            receipt_number: taking.of[0].receipt_number.clone(),
            payment_id: paid.payment_id,
            scheme: paid.scheme,
            masked: paid.masked,
            value_minor: lines.map(|line| line.total_minor).sum(),
            before_minor: 0,
            whole_minor: whole,
            paid_minor: whole,
        });
        let answered = wire::ReturnAnswered {
            sale_number: asked.sale_number,
            revision: asked.revision,
            refused: 0,
            taking: Some(taking),
        };
        (!is_lost).then_some(Say::ReturnAnswered(answered))
    }

    fn decide(&self, payment: wire::PaymentRequest) -> Reaction {
        let asked = payment.amount.clone().unwrap();
        let behaviour = self.hear(|heard| {
            heard.payments.push(payment);
            match heard.behaviours.len() {
                0 => Behaviour::Approve,
                1 => heard.behaviours[0].clone(),
                _ => heard.behaviours.remove(0),
            }
        });
        let mut decision = wire::Decision {
            rrn: "000000000042".to_owned(),
            auth_code: "123456".to_owned(),
            ..wire::Decision::default()
        };
        match behaviour {
            Behaviour::Approve => {
                decision.set_kind(wire::DecisionKind::Approved);
                decision.approved = Some(asked);
            }
            Behaviour::Part(minor) => {
                decision.set_kind(wire::DecisionKind::PartiallyApproved);
                decision.approved = Some(wire::Money { minor, ..asked });
            }
            Behaviour::Decline(code) => {
                decision.set_kind(wire::DecisionKind::Declined);
                decision.response_code = code.to_owned();
            }
            Behaviour::StandIn => {
                decision.set_kind(wire::DecisionKind::StandIn);
                decision.approved = Some(asked);
            }
            Behaviour::Nonsense => decision.set_kind(wire::DecisionKind::Approved),
            Behaviour::Silent => return Reaction::Nothing,
            Behaviour::Hang => return Reaction::Hang,
        }
        Reaction::Answer(decision)
    }
}

enum Reaction {
    Answer(wire::Decision),
    Nothing,
    Hang,
}

#[tonic::async_trait]
impl LaneService for TestHub {
    type SessionStream = Out<wire::HubFrame>;
    type ReplicateStream = Out<wire::ReplicateResponse>;
    type PriceFileStream = Out<wire::PriceFileResponse>;
    type JournalCopyStream = Out<wire::JournalCopyResponse>;

    async fn session(
        &self,
        request: Request<Streaming<wire::LaneFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        use wire::lane_frame::Body as Hear;
        let mut frames = request.into_inner();
        let (say, said) = mpsc::channel(64);
        let hub = self.clone();
        tokio::spawn(async move {
            while let Some(Ok(frame)) = frames.next().await {
                let mut replies = Vec::new();
                match frame.body.unwrap() {
                    Hear::Hello(hello) => {
                        let wait = hub.heard.lock().unwrap().hello_after;
                        tokio::time::sleep(wait).await;
                        replies.push(Say::Hello(hub.hello()));
                        let list = hub.heard.lock().unwrap().hot_list.clone();
                        replies.extend(list.map(Say::HotList));
                        let operators = hub.heard.lock().unwrap().operators.clone();
                        replies.extend(operators.map(Say::Operators));
                        let lease = hub.heard.lock().unwrap().lease.clone();
                        replies.extend(lease.map(Say::LeaseGrant));
                        for payment_id in hello.abandoned_payment_ids.clone() {
                            replies.extend(hub.abandon(payment_id));
                        }
                        hub.hear(|heard| {
                            heard.hellos.push(hello);
                            heard.lanes.push(say.downgrade());
                        });
                    }
                    Hear::Payment(payment) => {
                        let payment_id = payment.payment_id.clone();
                        match hub.decide(payment) {
                            Reaction::Answer(decision) => {
                                replies.push(Say::Result(wire::PaymentResult {
                                    payment_id,
                                    decision: Some(decision),
                                }));
                            }
                            Reaction::Nothing => {}
                            Reaction::Hang => return,
                        }
                    }
                    Hear::Abandon(abandon) => replies.extend(hub.abandon(abandon.payment_id)),
                    Hear::OfflineCard(card) => replies.extend(hub.hold(card)),
                    Hear::OriginalAsked(asked) => replies.extend(hub.tell_original(&asked)),
                    Hear::ReturnAsked(asked) => replies.extend(hub.reserve(asked)),
                    Hear::BasketAsked(_) => replies.extend(hub.give()),
                    Hear::BasketListAsked(_) => replies.push(hub.list_baskets()),
                    Hear::PriceConfirmed(said) => {
                        hub.hear(|heard| heard.prices_confirmed.push(said));
                    }
                    Hear::Status(status) => hub.hear(|heard| {
                        heard.status = status;
                        heard.statuses += 1;
                    }),
                }
                for body in replies {
                    let frame = wire::HubFrame { body: Some(body) };
                    if say.send(Ok(frame)).await.is_err() {
                        return;
                    }
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(said).boxed()))
    }

    async fn replicate(
        &self,
        request: Request<Streaming<wire::ReplicateRequest>>,
    ) -> Result<Response<Self::ReplicateStream>, Status> {
        use wire::replicate_request::Body as Hear;
        let hub = self.clone();
        let answers = request.into_inner().map(move |request| {
            match request?.body.unwrap() {
                Hear::Hello(_) => {}
                Hear::Batch(batch) => hub.hear(|heard| {
                    for entry in batch.entries {
                        let expected = u64::try_from(heard.records.len()).unwrap() + 1;
                        assert_eq!(entry.sequence, expected, "in order, none twice");
                        let head = head(&heard.records).extended_by(&entry.record);
                        assert_eq!(head.hash.0.to_vec(), entry.hash.to_vec(), "chained");
                        heard.records.push(entry);
                    }
                }),
            }
            let heard = hub.heard.lock().unwrap();
            if heard.forked {
                return Ok(wire::ReplicateResponse {
                    durable_sequence: 1,
                    hash: vec![1; 32].into(),
                });
            }
            let head = head(&heard.records);
            Ok(wire::ReplicateResponse {
                durable_sequence: head.sequence,
                hash: if head.sequence == 0 {
                    Vec::new().into()
                } else {
                    head.hash.0.to_vec().into()
                },
            })
        });
        Ok(Response::new(answers.boxed()))
    }

    async fn journal_copy(
        &self,
        request: Request<wire::JournalCopyRequest>,
    ) -> Result<Response<Self::JournalCopyStream>, Status> {
        let wanted = request.into_inner();
        let held = self.heard.lock().unwrap().records.clone();
        let durable_sequence = held.len() as u64;
        let wanted = wanted.from_sequence.max(1)..=wanted.to_sequence;
        let entries: Vec<_> = held
            .into_iter()
            .filter(|entry| wanted.contains(&entry.sequence))
            .collect();
        let answers = [Vec::new(), entries].map(|entries| {
            Ok(wire::JournalCopyResponse {
                durable_sequence,
                entries,
                ..Default::default()
            })
        });
        Ok(Response::new(futures::stream::iter(answers).boxed()))
    }

    async fn price_file(
        &self,
        _: Request<Streaming<wire::PriceFileRequest>>,
    ) -> Result<Response<Self::PriceFileStream>, Status> {
        self.hear(|heard| heard.price_files += 1);
        let bytes = self.prices.as_bytes();
        let (first, second) = bytes.split_at(bytes.len() / 2);
        let chunk = |bytes: &[u8], last| {
            Ok(wire::PriceFileResponse {
                version: self.price_version.to_string(),
                chunk: bytes.to_vec().into(),
                last,
            })
        };
        let chunks = [chunk(first, false), chunk(second, true)];
        Ok(Response::new(futures::stream::iter(chunks).boxed()))
    }
}

impl TestHub {
    /// Keeps an offline card; says so only if it acknowledges at all.
    fn hold(&self, card: wire::OfflineCard) -> Option<wire::hub_frame::Body> {
        let payment_id = card.payment_id.clone();
        self.hear(|heard| {
            heard.offline_cards.push(card);
            let held = wire::OfflineCardHeld { payment_id };
            heard
                .acknowledges
                .then_some(wire::hub_frame::Body::OfflineCardHeld(held))
        })
    }

    fn abandon(&self, payment_id: String) -> Option<wire::hub_frame::Body> {
        self.hear(|heard| {
            heard.abandoned.insert(payment_id.clone());
            heard
                .acknowledges
                .then_some(wire::hub_frame::Body::Abandoned(wire::Abandoned {
                    payment_id,
                }))
        })
    }
}

fn head(records: &[wire::JournalEntry]) -> Head {
    records.last().map_or(
        Head {
            sequence: 0,
            hash: Hash::ZERO,
        },
        |entry| Head {
            sequence: entry.sequence,
            hash: Hash::from_slice(&entry.hash).unwrap(),
        },
    )
}

/// A hub in a process of its own, as far as a test can have one: all of it goes at once.
pub struct HubLife {
    runtime: tokio::runtime::Runtime,
    pub address: SocketAddr,
}

impl HubLife {
    pub async fn begin(hub: &TestHub, address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let (hub, at) = (hub.clone(), address.to_owned());
        let serving = runtime.spawn(async move { hub.serve_at(&at).await.0 });
        let address = serving.await.unwrap();
        Self { runtime, address }
    }

    pub fn end(self) {
        self.runtime.shutdown_background();
    }
}
