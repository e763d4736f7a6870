//! A lane that is nothing but its streams: it pays, and it replicates what became of it.
//!
//! It does no more than it must: what it costs is taken from the hub, on the same cores. So a card
//! is sealed as a reader does it, with one key agreement a connection.

use std::{net::SocketAddr, time::Duration};

use card_seal::{CardData, Funding, ReaderSeal, card_hash, masked_pan};
use journal::{Hash, Head};
use ports::{OsRandom, Random};
use proto::store::v1::{
    CardRef, DayTurned, EntryMode, HubFrame, HubHello, JournalBatch, JournalEntry, LaneFrame,
    LaneHello, PaymentRequest, PaymentResult, ReplicateHello, ReplicateRequest, ReplicateResponse,
    Scheme, hub_frame, lane_frame, lane_service_client::LaneServiceClient, replicate_request,
};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout},
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

use super::{
    LoadError,
    journal_entries::{EPOCH, LaneJournal, Paid, StoreClock, money},
};

/// Longer than anything takes that comes at all.
const TIMEOUT: Duration = Duration::from_secs(60);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Frames and batches that may wait for the connection.
const WAITING_MAX: usize = 8;
/// Every payment is of 12.50.
const PAYMENT_MINOR: i64 = 1250;

/// A card as a lane knows it, and its number.
#[derive(Clone)]
pub(super) struct LoadCard {
    pan: String,
    masked: String,
}

impl LoadCard {
    pub(super) fn new(pan: &str) -> Self {
        Self {
            pan: pan.to_owned(),
            masked: masked_pan(pan),
        }
    }
}

/// One lane with a session.
pub(super) struct Lane {
    pub(super) journal: LaneJournal,
    hello: HubHello,
    clock: StoreClock,
    cards: Vec<LoadCard>,
    paid: usize,
    seal: ReaderSeal,
    client: LaneServiceClient<Channel>,
    frames: mpsc::Sender<LaneFrame>,
    answers: Streaming<HubFrame>,
    turned: Option<DayTurned>,
    replica: Option<Replica>,
}

/// Which hub a lane was attached to last.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownHub {
    history: Vec<u8>,
    epoch: u64,
}

/// The stream of a lane's journal.
struct Replica {
    requests: mpsc::Sender<ReplicateRequest>,
    acknowledged: Streaming<ReplicateResponse>,
}

impl Lane {
    /// Connects, says hello and hears the hub's.
    pub(super) async fn attach(
        hub: SocketAddr,
        journal: LaneJournal,
        known: &KnownHub,
        cards: Vec<LoadCard>,
        clock: StoreClock,
    ) -> Result<Self, LoadError> {
        let lane = journal.lane;
        let mut client = LaneServiceClient::new(connect(hub).await?);
        let (frames, outbound) = mpsc::channel(WAITING_MAX);
        let hello = LaneHello {
            lane: u32::from(lane),
            epoch: EPOCH,
            software_version: "load".to_owned(),
            hub_history: known.history.clone().into(),
            hub_epoch: known.epoch,
            journal: Some(journal.end()),
            ..Default::default()
        };
        // The channel is empty: it has room.
        let _ = frames.try_send(frame(lane_frame::Body::Hello(hello)));
        let session = client.session(ReceiverStream::new(outbound)).await;
        let mut answers = session.map_err(LoadError::stream(lane))?.into_inner();
        let first = next(lane, &mut answers).await?;
        let Some(hub_frame::Body::Hello(hello)) = first.body else {
            return Err(strange(lane, "the first frame is no hello"));
        };
        let key: [u8; 32] = hello
            .card_sealing_key
            .as_ref()
            .try_into()
            .unwrap_or_default();
        let seal = ReaderSeal::new(&key, |bytes: &mut [u8]| OsRandom.fill(bytes));
        Ok(Self {
            seal: seal.map_err(|error| strange(lane, &error.to_string()))?,
            paid: usize::from(lane),
            journal,
            hello,
            clock,
            cards,
            client,
            frames,
            answers,
            turned: None,
            replica: None,
        })
    }

    /// What the lane remembers of this hub.
    pub(super) fn known_hub(&self) -> KnownHub {
        KnownHub {
            history: self.hello.hub_history.to_vec(),
            epoch: self.hello.hub_epoch,
        }
    }

    /// One payment, from the request to its result; how long that took.
    pub(super) async fn pay(&mut self) -> Result<(Paid, Duration), LoadError> {
        let payment_id = format!("{:032x}", OsRandom.next_u128());
        let request = self.request(&payment_id)?;
        let began = Instant::now();
        self.send(lane_frame::Body::Payment(request)).await?;
        let result = self.result(&payment_id).await?;
        let took = began.elapsed();
        let decision = result.decision.unwrap_or_default();
        match decision.approved {
            Some(approved) if approved.minor == PAYMENT_MINOR => {
                let minor = approved.minor;
                Ok((Paid { payment_id, minor }, took))
            }
            Some(_) | None => Err(strange(self.lane(), &format!("not approved: {decision:?}"))),
        }
    }

    fn request(&mut self, payment_id: &str) -> Result<PaymentRequest, LoadError> {
        let lane = self.lane();
        let bad = |what: &str| strange(lane, what);
        self.paid += 1;
        let places = self.cards.len().max(1);
        let card = self.cards.get(self.paid % places);
        let card = card.ok_or_else(|| bad("it has no card"))?;
        let id = u128::from_str_radix(payment_id, 16).unwrap_or_default();
        let data = CardData {
            pan: card.pan.clone(),
            expiry: "3012".to_owned(),
            card_sequence: Some("001".to_owned()),
            track2: Some(format!("{}D30122010000000000", card.pan)),
            service_code: Some("201".to_owned()),
            emv: CHIP_DATA.to_vec(),
            funding: Funding::Credit,
        };
        let sealed = self.seal.seal(&id.to_be_bytes(), &data);
        let sealed = sealed.map_err(|error| bad(&error.to_string()))?;
        let hash_key: [u8; 32] = self
            .hello
            .card_hash_key
            .as_ref()
            .try_into()
            .unwrap_or_default();
        Ok(PaymentRequest {
            payment_id: payment_id.to_owned(),
            sale_number: 1,
            amount: money(PAYMENT_MINOR),
            entry_mode: EntryMode::Chip.into(),
            card: Some(CardRef {
                masked: card.masked.clone(),
                hash: card_hash(&hash_key, &card.pan).to_vec().into(),
                scheme: Scheme::UnionPay.into(),
                funding: proto::store::v1::Funding::Credit.into(),
            }),
            sealed_card: sealed.into(),
            hub_history: self.hello.hub_history.clone(),
            business_date: self.journal.date.clone(),
            ..Default::default()
        })
    }

    /// Replicates the closed sales of these payments; back when the hub holds them durably.
    pub(super) async fn close_sales(&mut self, paid: &[Paid]) -> Result<(), LoadError> {
        let mut entries = Vec::with_capacity(paid.len() * 2);
        for one in paid {
            entries.extend(self.journal.sale(one, self.clock.wall_ms()));
        }
        self.replicate(entries).await
    }

    /// Waits until the hub has turned the date, and turns its own behind a marker.
    pub(super) async fn turn_date(&mut self) -> Result<(), LoadError> {
        while self.turned.is_none() {
            self.frame().await?;
        }
        let begins = self.turned.take().unwrap_or_default().begins;
        let marker = self.journal.marker(begins, self.clock.wall_ms());
        self.replicate(vec![marker]).await
    }

    /// Turns its own date if the hub has turned the store's, as far as it has heard.
    pub(super) async fn turn_if_told(&mut self) -> Result<bool, LoadError> {
        match self.turned {
            Some(_) => self.turn_date().await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn replicate(&mut self, entries: Vec<JournalEntry>) -> Result<(), LoadError> {
        let lane = self.lane();
        let end = self.journal.head;
        let mut replica = match self.replica.take() {
            Some(replica) => replica,
            None => self.open_replica().await?,
        };
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let batch: Vec<JournalEntry> = entries.by_ref().take(BATCH_RECORDS).collect();
            let last = batch.last().map_or(0, |entry| entry.sequence);
            let body = replicate_request::Body::Batch(JournalBatch { entries: batch });
            replica.send(lane, body).await?;
            let held = replica.acknowledged(lane).await?;
            if held.sequence != last || (last == end.sequence && held.hash != end.hash) {
                return Err(strange(lane, "the hub acknowledges another journal"));
            }
        }
        self.replica = Some(replica);
        Ok(())
    }

    async fn open_replica(&mut self) -> Result<Replica, LoadError> {
        let lane = self.lane();
        let (requests, outbound) = mpsc::channel(WAITING_MAX);
        let hello = ReplicateHello {
            lane: u32::from(lane),
            epoch: EPOCH,
            ..Default::default()
        };
        let body = Some(replicate_request::Body::Hello(hello));
        // The channel is empty: it has room.
        let _ = requests.try_send(ReplicateRequest { body });
        let opened = self.client.replicate(ReceiverStream::new(outbound)).await;
        let mut replica = Replica {
            requests,
            acknowledged: opened.map_err(LoadError::stream(lane))?.into_inner(),
        };
        replica.acknowledged(lane).await?;
        Ok(replica)
    }

    async fn result(&mut self, payment_id: &str) -> Result<PaymentResult, LoadError> {
        loop {
            if let Some(hub_frame::Body::Result(result)) = self.frame().await?
                && result.payment_id == payment_id
            {
                return Ok(result);
            }
        }
    }

    /// The next frame; that the date was turned is kept for later.
    async fn frame(&mut self) -> Result<Option<hub_frame::Body>, LoadError> {
        let frame = next(self.journal.lane, &mut self.answers).await?;
        if let Some(hub_frame::Body::DayTurned(turned)) = &frame.body {
            self.turned = Some(turned.clone());
        }
        Ok(frame.body)
    }

    async fn send(&self, body: lane_frame::Body) -> Result<(), LoadError> {
        let sent = self.frames.send(frame(body)).await;
        sent.map_err(|_| strange(self.lane(), "the session is over"))
    }

    const fn lane(&self) -> u16 {
        self.journal.lane
    }
}

/// Records of one batch, as a lane that catches up sends them.
const BATCH_RECORDS: usize = domain::limits::REPLICATION_RECORDS_PER_BATCH_MAX;
/// Of a chip: result of the terminal's checks, and its counter.
const CHIP_DATA: [u8; 12] = [0x95, 5, 0, 0x80, 4, 0x60, 0, 0x9F, 0x36, 2, 0, 0x17];

impl Replica {
    async fn send(&self, lane: u16, body: replicate_request::Body) -> Result<(), LoadError> {
        let request = ReplicateRequest { body: Some(body) };
        let sent = self.requests.send(request).await;
        sent.map_err(|_| strange(lane, "the stream of its journal is over"))
    }

    async fn acknowledged(&mut self, lane: u16) -> Result<Head, LoadError> {
        let response = next(lane, &mut self.acknowledged).await?;
        Ok(Head {
            sequence: response.durable_sequence,
            hash: Hash::from_slice(&response.hash).unwrap_or_default(),
        })
    }
}

fn frame(body: lane_frame::Body) -> LaneFrame {
    LaneFrame { body: Some(body) }
}

async fn connect(hub: SocketAddr) -> Result<Channel, LoadError> {
    let unreachable = |error: tonic::transport::Error| LoadError::Unreachable {
        who: "the hub",
        why: error.to_string(),
    };
    let endpoint = Endpoint::from_shared(format!("http://{hub}")).map_err(unreachable)?;
    let endpoint = endpoint.connect_timeout(CONNECT_TIMEOUT).tcp_nodelay(true);
    endpoint.connect().await.map_err(unreachable)
}

async fn next<T>(lane: u16, stream: &mut Streaming<T>) -> Result<T, LoadError> {
    match timeout(TIMEOUT, stream.message()).await {
        Ok(Ok(Some(message))) => Ok(message),
        Ok(Ok(None)) => Err(strange(lane, "its stream ended")),
        Ok(Err(status)) => Err(LoadError::stream(lane)(status)),
        Err(_) => Err(strange(lane, "the hub says nothing")),
    }
}

fn strange(lane: u16, what: &str) -> LoadError {
    LoadError::Answer {
        lane,
        what: what.to_owned(),
    }
}
