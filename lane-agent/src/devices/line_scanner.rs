//! A scanner on a line: each code ends with CR, LF or both. Two codes in one burst are two scans;
//! unplugged and put back it goes on.

use std::{collections::VecDeque, io, sync::Arc, time::Duration};

use domain::limits;
use futures::future::LocalBoxFuture;
use ports::{Io, Pauses, Random};
use tokio::{
    io::AsyncReadExt as _,
    time::{sleep, timeout},
};
use tracing::{info, warn};

use super::{Device, DeviceClass, DeviceError, DeviceState, Scanner, line::Line};

/// Bytes read at once.
const READ_BYTES: usize = 256;

const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(limits::SCANNER_BACKOFF_MIN_MS),
    longest: Duration::from_millis(limits::SCANNER_BACKOFF_MAX_MS),
};

/// A scanner that sends what it reads.
pub(super) struct LineScanner {
    line: Box<dyn Line>,
    random: Arc<dyn Random>,
    open: Option<Io>,
    codes: Codes,
    state: DeviceState,
    /// Tries in a row to open the line.
    tries: u32,
}

impl LineScanner {
    pub(super) fn new(line: Box<dyn Line>, random: Arc<dyn Random>) -> Self {
        Self {
            line,
            random,
            open: None,
            codes: Codes::default(),
            state: DeviceState::Closed,
            tries: 0,
        }
    }

    async fn next(&mut self) -> String {
        loop {
            if let Some(code) = self.codes.complete.pop_front() {
                return code;
            }
            if let Err(fault) = self.read().await {
                self.lost(&fault).await;
            }
        }
    }

    /// Takes in what has come; waits for it.
    async fn read(&mut self) -> io::Result<()> {
        if self.open.is_none() {
            let time_limit = Duration::from_millis(limits::SCANNER_OPEN_MS);
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it does not open");
            let opened = timeout(time_limit, self.line.open())
                .await
                .map_err(late)??;
            self.open = Some(opened);
            if self.tries > 0 {
                info!(
                    event = "device is back",
                    class = self.class().name(),
                    line = self.line.name()
                );
            }
            (self.state, self.tries) = (DeviceState::Idle, 0);
        }
        let closed = || io::Error::new(io::ErrorKind::UnexpectedEof, "it was closed");
        let mut bytes = [0; READ_BYTES];
        // The line stays ours though nobody waits for it any more.
        let io = self.open.as_mut().ok_or_else(closed)?;
        let count = io.read(&mut bytes).await?;
        if count == 0 {
            return Err(closed());
        }
        for byte in bytes.iter().take(count) {
            self.codes.take(*byte);
        }
        Ok(())
    }

    /// Half a code of a line that broke is no code.
    async fn lost(&mut self, fault: &io::Error) {
        self.open = None;
        self.codes.begun.clear();
        self.state = DeviceState::Error;
        self.tries = self.tries.saturating_add(1);
        if self.tries == 1 {
            warn!(
                event = "device lost",
                code = "LANE0053",
                class = self.class().name(),
                line = self.line.name(),
                %fault
            );
        }
        sleep(PAUSES.after(self.tries, self.random.next_u64())).await;
    }
}

/// What was read, cut into codes.
#[derive(Debug, Default)]
struct Codes {
    begun: Vec<u8>,
    /// The code that has begun is longer than any: its rest is left out.
    too_long: bool,
    complete: VecDeque<String>,
}

impl Codes {
    fn take(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => self.end(),
            _ if self.begun.len() < limits::SCANNED_CODE_BYTES_MAX => self.begun.push(byte),
            _ => self.too_long = true,
        }
    }

    fn end(&mut self) {
        let bytes = std::mem::take(&mut self.begun);
        if std::mem::take(&mut self.too_long) {
            // What it says is not told: a payment code may be in it.
            return warn!(event = "scan not understood", why = "longer than any code");
        }
        if bytes.is_empty() {
            return;
        }
        match String::from_utf8(bytes) {
            Ok(code) => self.complete.push_back(code),
            Err(_) => warn!(event = "scan not understood", why = "not UTF-8"),
        }
    }
}

impl Device for LineScanner {
    fn class(&self) -> DeviceClass {
        DeviceClass::Scanner
    }

    fn state(&self) -> DeviceState {
        self.state
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        self.state = DeviceState::Idle;
        Ok(())
    }

    fn release(&mut self) {
        self.open = None;
        self.state = DeviceState::Closed;
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        match self.state {
            DeviceState::Error => Err(DeviceError::new(
                DeviceClass::Scanner,
                format!("{} does not open", self.line.name()),
            )),
            DeviceState::Closed | DeviceState::Idle | DeviceState::Busy => Ok(()),
        }
    }
}

impl Scanner for LineScanner {
    fn next_scan(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(async { Some(self.next().await) })
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use futures::future::ready;
    use ports::OsRandom;
    use tokio::io::AsyncWriteExt as _;

    use super::*;

    /// Gives the ends it has, one each time it is opened.
    struct Plugged(Rc<RefCell<VecDeque<Io>>>);

    impl Line for Plugged {
        fn open(&self) -> LocalBoxFuture<'static, io::Result<Io>> {
            let io = self.0.borrow_mut().pop_front();
            Box::pin(ready(io.ok_or_else(|| io::Error::other("unplugged"))))
        }

        fn name(&self) -> String {
            "port".to_owned()
        }
    }

    fn scanner() -> (LineScanner, Rc<RefCell<VecDeque<Io>>>) {
        let ends = Rc::new(RefCell::new(VecDeque::new()));
        let line = Box::new(Plugged(Rc::clone(&ends)));
        (LineScanner::new(line, Arc::new(OsRandom)), ends)
    }

    fn plug(ends: &RefCell<VecDeque<Io>>) -> tokio::io::DuplexStream {
        let (near, far) = tokio::io::duplex(4096);
        ends.borrow_mut().push_back(Io::new(near));
        far
    }

    #[tokio::test]
    async fn a_burst_of_two_codes_is_two_scans() {
        let (mut scanner, ends) = scanner();
        let mut far = plug(&ends);
        far.write_all(b"6900000000014\r\n2100001001103\r")
            .await
            .unwrap();
        assert_eq!(scanner.next().await, "6900000000014");
        assert_eq!(scanner.next().await, "2100001001103");
        far.write_all(b"69000").await.unwrap();
        let early = timeout(Duration::from_millis(20), scanner.next()).await;
        assert!(early.is_err(), "half a code is no scan");
        far.write_all(b"00000021\n").await.unwrap();
        assert_eq!(scanner.next().await, "6900000000021");
    }

    #[tokio::test]
    async fn unplugged_it_comes_back_without_half_a_code() {
        let (mut scanner, ends) = scanner();
        let mut far = plug(&ends);
        far.write_all(b"6900000").await.unwrap();
        drop(far);
        let gone = timeout(Duration::from_millis(50), scanner.next()).await;
        assert!(gone.is_err());
        assert_eq!(scanner.state(), DeviceState::Error);
        assert!(
            scanner
                .check_health()
                .unwrap_err()
                .to_string()
                .contains("port")
        );
        let mut far = plug(&ends);
        far.write_all(b"000014\r").await.unwrap();
        assert_eq!(scanner.next().await, "000014");
        assert_eq!(scanner.state(), DeviceState::Idle);
        assert!(scanner.check_health().is_ok());
    }

    #[tokio::test]
    async fn garbage_is_no_scan_and_takes_no_memory() {
        let (mut scanner, ends) = scanner();
        let mut far = plug(&ends);
        let noise = vec![b'7'; 3 * limits::SCANNED_CODE_BYTES_MAX];
        for garbage in [noise.as_slice(), b"\r\xff\xfe\r\n\r\n\r6900000000014\r"] {
            far.write_all(garbage).await.unwrap();
        }
        assert_eq!(scanner.next().await, "6900000000014");
        assert!(scanner.codes.begun.capacity() <= 2 * limits::SCANNED_CODE_BYTES_MAX);
    }
}
