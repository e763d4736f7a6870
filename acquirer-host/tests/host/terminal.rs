//! What the tests talk with: a host on a free port of its own, and a terminal.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use acquirer_host::{
    Accounts, Config, LedgerLine, LedgerStore, MemoryLedger, Personality, Ports, StartError,
    TEST_MASTER_KEY, TerminalKeys, start,
};
use iso8583::{
    card::Pan,
    codec,
    dialect::Dialect,
    frame::{FrameReader, FrameTimeouts, write_frame},
    keys::{DesKey, WorkingKeys},
    message::{Message, Mti},
    pin_block::{self, Pin},
};
use ports::{Random, SystemClock, TcpNetwork};
use tokio::{
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::oneshot,
    task::JoinHandle,
    time::timeout,
};

pub(crate) const MID: &str = "898310054110001";
/// Rich, approves.
pub(crate) const RICH: &str = "6216261000000000018";
/// Has 100.00 and a PIN, 1234.
pub(crate) const POOR: &str = "6216261000000000026";
/// Has 30.00 and pays in part.
pub(crate) const PARTIAL: &str = "6216261000000000034";
pub(crate) const LOST: &str = "6216261000000000042";
pub(crate) const SLOW: &str = "6216261000000000059";
pub(crate) const SILENT: &str = "6216261000000000067";
pub(crate) const UNLISTED: &str = "6216261000000000075";

const ACCOUNTS: &str = r#"
account = [
  { name = "rich", pan = "6216261000000000018", behaviour = "approve" },
  { name = "poor", pan = "6216261000000000026", behaviour = "approve", balance_minor = 10000,
    pin = "1234" },
  { name = "partial", pan = "6216261000000000034", balance_minor = 3000, behaviour = "partial" },
  { name = "lost", pan = "6216261000000000042", behaviour = "decline:41" },
  { name = "slow", pan = "6216261000000000059", behaviour = "slow:400",
    expiry = "3012" },
  { name = "silent", pan = "6216261000000000067", behaviour = "silent" },
]
wallet = [
  { name = "pays", codes = "13000001", behaviour = "pays" },
  { name = "confirms", codes = "13000002", behaviour = "confirms:300" },
  { name = "never", codes = "13000003", behaviour = "never-confirms" },
  { name = "twice", codes = "28000004", behaviour = "twice" },
  { name = "lost wallet", codes = "13000005", behaviour = "lost" },
  { name = "poor wallet", codes = "13000006", behaviour = "pays", balance_minor = 5000 },
  { name = "unseen", codes = "62000007", behaviour = "unseen" },
]
"#;

/// Longer than any answer takes, so that a missing one fails the test instead of hanging it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn dialect() -> Arc<Dialect> {
    Dialect::named("cup-pos").unwrap()
}

/// Numbers, not secrets: each fill differs from the last, and each run is the same.
#[derive(Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            let next = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::Relaxed);
            *byte = (next >> 56).to_le_bytes()[0];
        }
    }
}

/// A running host.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    pub(crate) ledger: MemoryLedger,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), StartError>>,
}

pub(crate) fn config(personality: &str) -> Config {
    Config {
        listen: "127.0.0.1:0".to_owned(),
        dialect: dialect(),
        personality: Personality::parse(personality).unwrap(),
        accounts: Accounts::parse(ACCOUNTS).unwrap(),
        terminal_keys: TerminalKeys::test().unwrap(),
    }
}

pub(crate) fn ports(ledger: impl LedgerStore + 'static) -> Ports {
    Ports {
        network: Arc::new(TcpNetwork),
        clock: Arc::new(SystemClock::new()),
        random: Arc::new(Counting::default()),
        ledger: Box::new(ledger),
    }
}

impl Host {
    pub(crate) async fn start() -> Self {
        Self::start_on(MemoryLedger::default(), config("")).await
    }

    pub(crate) async fn with_personality(personality: &str) -> Self {
        Self::start_on(MemoryLedger::default(), config(personality)).await
    }

    pub(crate) async fn start_on(ledger: MemoryLedger, config: Config) -> Self {
        let (announce, announced) = oneshot::channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let ports = ports(ledger.clone());
        let ended = tokio::spawn(start(
            config,
            ports,
            |address| announce.send(address).unwrap(),
            async {
                let _stopped_or_dropped = stopped.await;
            },
        ));
        Self {
            address: announced.await.unwrap(),
            ledger,
            stop,
            ended,
        }
    }

    /// Ends it and starts another on the same ledger.
    pub(crate) async fn restart(self) -> Self {
        let ledger = self.ledger.clone();
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
        Self::start_on(ledger, config("")).await
    }

    pub(crate) fn lines(&self) -> Vec<LedgerLine> {
        let bytes = self.ledger.bytes();
        let text = std::str::from_utf8(&bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// A terminal that has signed on.
    pub(crate) async fn terminal(&self, tid: &str) -> Terminal {
        let mut terminal = Terminal::connect(self.address, tid).await;
        terminal.sign_on().await;
        terminal
    }
}

/// An answer, its fields as text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) mti: String,
    pub(crate) fields: BTreeMap<u8, String>,
    /// Whether the MAC was good, where there was a key to check it with.
    pub(crate) mac_is_good: bool,
    pub(crate) keys: Option<Vec<u8>>,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.get(39)
    }

    pub(crate) fn get(&self, field: u8) -> &str {
        self.fields.get(&field).map_or("", String::as_str)
    }
}

/// A terminal, with its own idea of batch, STAN and keys.
pub(crate) struct Terminal {
    pub(crate) dialect: Arc<Dialect>,
    pub(crate) tid: String,
    pub(crate) batch: String,
    pub(crate) stan: u32,
    pub(crate) keys: Option<WorkingKeys>,
    frames: FrameReader<OwnedReadHalf>,
    pub(crate) writer: OwnedWriteHalf,
}

impl Terminal {
    pub(crate) async fn connect(address: SocketAddr, tid: &str) -> Self {
        let (reader, writer) = TcpStream::connect(address).await.unwrap().into_split();
        let dialect = dialect();
        let timeouts = FrameTimeouts {
            idle: None,
            partial: PATIENCE,
        };
        Self {
            frames: FrameReader::new(reader, dialect.framing(), timeouts),
            dialect,
            tid: tid.to_owned(),
            batch: "000001".to_owned(),
            stan: 0,
            keys: None,
            writer,
        }
    }

    /// The host has closed the connection.
    pub(crate) async fn is_closed(&mut self) {
        let next = timeout(PATIENCE, self.frames.next()).await.unwrap();
        assert!(matches!(next, Ok(None)), "the host says more");
    }

    /// Another connection of the same terminal: keys and batch stay.
    pub(crate) async fn connect_again(&mut self, host: &Host) {
        let fresh = Self::connect(host.address, &self.tid).await;
        self.frames = fresh.frames;
        self.writer = fresh.writer;
    }

    pub(crate) async fn sign_on(&mut self) -> Answer {
        let mut request = self.message("0800");
        request
            .set(60, "00000000003")
            .set(62, "SERIAL0001")
            .set(63, "001");
        let answer = self.exchange(&request).await;
        assert_eq!((answer.mti.as_str(), answer.code()), ("0810", "00"));
        let master_key = DesKey::from_hex(TEST_MASTER_KEY).unwrap();
        let keys = answer.keys.as_deref().unwrap();
        assert_eq!(keys.len(), 40);
        self.keys = Some(WorkingKeys::unwrap(&master_key, keys).unwrap());
        self.batch = answer.get(60)[2..8].to_owned();
        answer
    }

    /// A message with terminal, merchant and the next STAN.
    pub(crate) fn message(&mut self, mti: &str) -> Message {
        self.stan += 1;
        let mut message = Message::new(Mti::new(mti).unwrap());
        message
            .set(11, format!("{:06}", self.stan))
            .set(41, &self.tid)
            .set(42, MID);
        message
    }

    fn financial(&mut self, mti: &str, f3: &str, kind: &str, pan: &str, amount: u64) -> Message {
        let payment = format!("{:032x}", u64::from(self.stan) + 0xA000);
        let batch = self.batch.clone();
        let mut message = self.message(mti);
        message
            .set(2, pan)
            .set(3, f3)
            .set_number(4, amount, 12)
            .set(14, "3012")
            .set(22, "052")
            .set(25, "00")
            .set(49, "156")
            .set(59, payment)
            .set(60, format!("{kind}{batch}000501"));
        message
    }

    pub(crate) fn sale(&mut self, pan: &str, amount: u64) -> Message {
        self.financial("0200", "000000", "22", pan, amount)
    }

    /// A sale with a PIN, under the terminal's PIN key.
    pub(crate) fn sale_with_pin(&mut self, pan: &str, amount: u64, pin: &str) -> Message {
        let mut sale = self.sale(pan, amount);
        let key = &self.keys.as_ref().unwrap().pin;
        let block =
            pin_block::encipher(&Pin::new(pin).unwrap(), &Pan::new(pan).unwrap(), key).unwrap();
        sale.set(22, "051")
            .set(26, "06")
            .set(52, block)
            .set(53, "2600000000000000");
        sale
    }

    fn of_wallet(&mut self, f3: &str, kind: &str, amount: u64) -> Message {
        let mut message = self.financial("0200", f3, kind, "", amount);
        message.remove(2).remove(14);
        message.set(22, "032");
        message
    }

    pub(crate) fn wallet(&mut self, code: &str, amount: u64) -> Message {
        let mut message = self.of_wallet("660000", "60", amount);
        message.set(62, code);
        message
    }

    pub(crate) fn wallet_query(&mut self, pay: &Message) -> Message {
        let amount = text(pay, 4).parse().unwrap();
        let mut message = self.of_wallet("670000", "61", amount);
        message.set(61, format!("{}{}", self.batch, text(pay, 11)));
        message
    }

    pub(crate) fn upload(&mut self, pan: &str, amount: u64) -> Message {
        self.financial("0220", "000000", "30", pan, amount)
    }

    pub(crate) fn balance(&mut self, pan: &str) -> Message {
        let mut message = self.financial("0200", "310000", "01", pan, 0);
        message.remove(4);
        message
    }

    pub(crate) fn void(&mut self, sale: &Message, amount: u64) -> Message {
        let mut message = self.financial("0200", "200000", "23", pan_of(sale), amount);
        self.refer(&mut message, sale);
        message
    }

    pub(crate) fn refund(&mut self, sale: &Message, amount: u64) -> Message {
        let mut message = self.financial("0220", "200000", "25", pan_of(sale), amount);
        self.refer(&mut message, sale);
        message
    }

    fn refer(&self, message: &mut Message, sale: &Message) {
        let original = format!("{}{}1122", self.batch, text(sale, 11));
        message.set(61, original).set(59, text(sale, 59));
    }

    pub(crate) fn totals(&mut self, debit: (u64, u64), credit: (u64, u64)) -> Message {
        let batch = self.batch.clone();
        let mut message = self.message("0500");
        let domestic = format!(
            "{:012}{:03}{:012}{:03}0",
            debit.0, debit.1, credit.0, credit.1
        );
        message
            .set(48, format!("{domestic}{}", "0".repeat(31)))
            .set(49, "156")
            .set(60, format!("00{batch}201"))
            .set(63, "001");
        message
    }

    pub(crate) fn batch_items(&mut self, items: &[(&str, u64)]) -> Message {
        let batch = self.batch.clone();
        let mut message = self.message("0320");
        let text: String = items
            .iter()
            .map(|(stan, amount)| format!("00{stan}{:0>20}{amount:012}", RICH))
            .collect();
        message
            .set(48, format!("{:02}{text}", items.len()))
            .set(60, format!("00{batch}201"));
        message
    }

    pub(crate) fn batch_end(&mut self, count: u64) -> Message {
        let batch = self.batch.clone();
        let mut message = self.message("0320");
        message
            .set(48, format!("{count:04}"))
            .set(60, format!("00{batch}202"));
        message
    }

    pub(crate) fn encode(&self, message: &Message) -> Vec<u8> {
        let mut frame = Vec::new();
        let mac_key = self.keys.as_ref().map(|keys| &keys.mac);
        codec::encode(&self.dialect, message, mac_key, &mut frame).unwrap();
        frame
    }

    pub(crate) async fn send(&mut self, message: &Message) {
        let frame = self.encode(message);
        write_frame(&mut self.writer, &frame, PATIENCE)
            .await
            .unwrap();
    }

    pub(crate) async fn receive(&mut self) -> Answer {
        let frame = timeout(PATIENCE, self.frames.next())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        let decoded = codec::decode(&self.dialect, frame).unwrap();
        let mac_key = self.keys.as_ref().map(|keys| &keys.mac);
        Answer {
            mti: decoded.mti().as_str().to_owned(),
            fields: (1..=64)
                .filter_map(|field| Some((field, shown(&decoded, field)?)))
                .collect(),
            mac_is_good: mac_key.is_some_and(|key| decoded.verify_mac(key).is_ok()),
            keys: decoded.bytes(62).map(<[u8]>::to_vec),
        }
    }

    /// Whether the host closed the connection with nothing more said.
    pub(crate) async fn closed_without_an_answer(&mut self) -> bool {
        matches!(
            timeout(PATIENCE, self.frames.next()).await.unwrap(),
            Ok(None) | Err(_)
        )
    }

    pub(crate) async fn exchange(&mut self, message: &Message) -> Answer {
        self.send(message).await;
        self.receive().await
    }

    /// The code of the answer.
    pub(crate) async fn code(&mut self, message: &Message) -> String {
        self.exchange(message).await.code().to_owned()
    }
}

/// A field as text, or its bytes as hex digits.
fn shown(decoded: &codec::Decoded<'_>, field: u8) -> Option<String> {
    decoded
        .string(field)
        .or_else(|| decoded.bytes(field).map(iso8583::hex::encode))
}

pub(crate) fn reversal(of: &Message) -> Message {
    let mut message = Message::new(Mti::new("0400").unwrap());
    for field in [2, 3, 4, 11, 14, 22, 25, 41, 42, 49, 59, 60, 61] {
        if of.has(field) {
            message.set(field, of.get(field).unwrap());
        }
    }
    message.set(39, "98");
    message
}

pub(crate) fn text(message: &Message, field: u8) -> &str {
    std::str::from_utf8(message.get(field).unwrap()).unwrap()
}

pub(crate) fn pan_of(message: &Message) -> &str {
    text(message, 2)
}
