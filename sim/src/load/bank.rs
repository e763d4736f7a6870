//! A terminal that speaks to the bank directly: what an answer takes there, in the same seconds and
//! beside the same work as the hub's.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use iso8583::{
    codec::{self, Decoded},
    dialect::Dialect,
    frame::{FrameReader, FrameTimeouts, write_frame},
    keys::{DesKey, WorkingKeys},
    message::{Message, Mti},
};
use ports::{OsRandom, Random};
use tokio::{
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::{Instant, sleep, timeout},
};

use super::LoadError;
use crate::workload::keys::Terminal;

/// The dialect of hub and bank.
pub(super) const DIALECT: &str = "cup-pos";
const TIMEOUT: Duration = Duration::from_secs(60);
/// Between two of its sales: seldom enough to cost nothing.
const PAUSE: Duration = Duration::from_millis(50);

/// The terminal, signed on.
pub(super) struct BankTerminal {
    dialect: Arc<Dialect>,
    terminal: Terminal,
    pan: String,
    keys: Option<WorkingKeys>,
    batch: String,
    stan: u32,
    frames: FrameReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl BankTerminal {
    pub(super) async fn sign_on(
        bank: SocketAddr,
        terminal: Terminal,
        pan: String,
    ) -> Result<Self, LoadError> {
        let stream = TcpStream::connect(bank).await.map_err(bank_error)?;
        stream.set_nodelay(true).map_err(bank_error)?;
        let (reader, writer) = stream.into_split();
        let dialect = Dialect::named(DIALECT).map_err(bank_error)?;
        let timeouts = FrameTimeouts {
            idle: None,
            partial: TIMEOUT,
        };
        let mut made = Self {
            frames: FrameReader::new(reader, dialect.framing(), timeouts),
            dialect,
            terminal,
            pan,
            keys: None,
            batch: String::new(),
            stan: 0,
            writer,
        };
        let mut request = made.message("0800")?;
        request
            .set(60, "00000000003")
            .set(62, "SERIAL0001")
            .set(63, "001");
        let (keys, batch) = made.exchange(&request, signed_on).await?;
        let master = DesKey::from_bytes(&made.terminal.master_key).map_err(bank_error)?;
        made.keys = Some(WorkingKeys::unwrap(&master, &keys).map_err(bank_error)?);
        made.batch = batch;
        Ok(made)
    }

    /// Pays now and then until it is over; how long each answer took, in microseconds.
    pub(super) async fn pay_until(&mut self, over: &AtomicBool) -> Result<Vec<u64>, LoadError> {
        let mut took = Vec::new();
        loop {
            let sale = self.sale()?;
            let began = Instant::now();
            self.exchange(&sale, approved).await?;
            took.push(super::slice::micros(began.elapsed()));
            sleep(PAUSE).await;
            if over.load(Ordering::Relaxed) {
                return Ok(took);
            }
        }
    }

    fn sale(&mut self) -> Result<Message, LoadError> {
        let pan = self.pan.clone();
        let kind = format!("22{}000501", self.batch);
        let mut sale = self.message("0200")?;
        sale.set(2, pan)
            .set(3, "000000")
            .set_number(4, 1250, 12)
            .set(14, "3012")
            .set(22, "052")
            .set(25, "00")
            .set(49, "156")
            .set(59, format!("{:032x}", OsRandom.next_u128()))
            .set(60, kind);
        Ok(sale)
    }

    fn message(&mut self, mti: &str) -> Result<Message, LoadError> {
        // Six digits, and never zero.
        self.stan = self.stan % 999_999 + 1;
        let mut message = Message::new(Mti::new(mti).map_err(bank_error)?);
        message
            .set(11, format!("{:06}", self.stan))
            .set(41, &self.terminal.tid)
            .set(42, &self.terminal.mid);
        Ok(message)
    }

    async fn exchange<T>(
        &mut self,
        message: &Message,
        read: impl Fn(&Decoded<'_>) -> Option<T>,
    ) -> Result<T, LoadError> {
        let mut frame = Vec::new();
        let mac_key = self.keys.as_ref().map(|keys| &keys.mac);
        codec::encode(&self.dialect, message, mac_key, &mut frame).map_err(bank_error)?;
        write_frame(&mut self.writer, &frame, TIMEOUT)
            .await
            .map_err(bank_error)?;
        let answer = timeout(TIMEOUT, self.frames.next())
            .await
            .map_err(bank_error)?
            .map_err(bank_error)?
            .ok_or_else(|| bank_error("it closed the connection"))?;
        let decoded = codec::decode(&self.dialect, answer).map_err(bank_error)?;
        let code = decoded.string(39).unwrap_or_default();
        read(&decoded).ok_or_else(|| bank_error(format!("answer {code:?} to a terminal")))
    }
}

/// Working keys and the batch of a sign-on.
fn signed_on(answer: &Decoded<'_>) -> Option<(Vec<u8>, String)> {
    let keys = answer.bytes(62)?.to_vec();
    let batch = answer.string(60)?.get(2..8)?.to_owned();
    (answer.string(39)? == "00").then_some((keys, batch))
}

fn approved(answer: &Decoded<'_>) -> Option<()> {
    (answer.string(39)? == "00").then_some(())
}

fn bank_error(why: impl ToString) -> LoadError {
    LoadError::Bank(why.to_string())
}
