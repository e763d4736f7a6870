//! A printer that speaks ESC/POS over a line.
//!
//! Where the line goes both ways, a receipt begins only when the printer is ready, and is out only
//! when the printer says that all of it is on paper. Whatever goes wrong in between (no paper, an
//! open cover, no power, a broken line) ends the attempt: the rest is taken out of the printer's
//! buffer, and the caller prints the whole anew, marked. Where the line goes one way, what was sent
//! counts as printed.

use std::{cell::Cell, io, rc::Rc, sync::Arc, time::Duration};

use domain::limits;
use futures::future::LocalBoxFuture;
use ports::{Pauses, Random};
use tokio::{
    sync::{Mutex, MutexGuard, watch},
    time::{Instant, sleep, timeout},
};
use tracing::{info, warn};

pub use super::status::DrawerSensor;
use super::{
    commands::{self, encode},
    link::Link,
    status::done_with_paper,
};
use crate::devices::{
    Device, DeviceClass, DeviceError, DeviceState,
    line::Line,
    pos_printer::{
        PosPrinter, PowerState, PrintFault, PrintJob, PrinterStatus, PrinterTrouble, fault,
    },
};

/// `docs/errors/LANE0050.md`.
const CODE: &str = "LANE0050";
/// Bytes sent before another command may come between; never in the middle of a line.
const BYTES_AT_ONCE: usize = 256;
/// How often a printer that is well is asked how it is.
const LOOK_MS: u64 = 2_000;
/// How often one that needs a person is.
const LOOK_AGAIN_MS: u64 = 500;
/// Questions in a row without an answer: the line is dead.
const UNANSWERED_MAX: u32 = 3;
/// Between two tries to open the line.
const PAUSES: Pauses = Pauses {
    first: Duration::from_millis(limits::PRINTER_BACKOFF_MIN_MS),
    longest: Duration::from_millis(limits::PRINTER_BACKOFF_MAX_MS),
};

/// An ESC/POS printer.
pub struct EscPosPrinter {
    line: Box<dyn Line>,
    sensor: DrawerSensor,
    random: Arc<dyn Random>,
    link: Mutex<Option<Link>>,
    /// Lines opened so far.
    opened: Cell<u64>,
    /// Questions in a row that it did not answer.
    unanswered: Cell<u32>,
    /// A receipt broke off: what comes next has to be parted from it.
    torn: Cell<bool>,
    /// A receipt is on its way.
    printing: Rc<Cell<bool>>,
    status: watch::Sender<PrinterStatus>,
}

/// Says that a receipt is on its way, for as long as it is.
struct Printing(Rc<Cell<bool>>);

impl Drop for Printing {
    fn drop(&mut self) {
        self.0.set(false);
    }
}

impl EscPosPrinter {
    pub(in crate::devices) fn new(
        line: Box<dyn Line>,
        sensor: DrawerSensor,
        random: Arc<dyn Random>,
    ) -> Self {
        Self {
            line,
            sensor,
            random,
            link: Mutex::new(None),
            opened: Cell::new(0),
            unanswered: Cell::new(0),
            torn: Cell::new(false),
            printing: Rc::new(Cell::new(false)),
            status: watch::Sender::new(PrinterStatus::CLOSED),
        }
    }

    /// The open line; opened, if it is not.
    async fn linked(&self) -> Result<MutexGuard<'_, Option<Link>>, DeviceError> {
        let mut held = self.link.lock().await;
        if held.as_mut().is_some_and(Link::is_closed) {
            self.lost(&mut held, "it was closed");
        }
        if held.is_none() {
            let opened = self.open_line().await;
            let opened = opened.map_err(|error| {
                let what = format!("{}: {error}", self.line.name());
                self.lost(&mut held, &what);
                fault(what)
            })?;
            *held = Some(opened);
            self.look(&mut held).await?;
        }
        Ok(held)
    }

    async fn open_line(&self) -> io::Result<Link> {
        let time_limit = Duration::from_millis(limits::CONNECT_TIMEOUT_MS);
        let late = |_| io::Error::new(io::ErrorKind::TimedOut, "no answer");
        let io = timeout(time_limit, self.line.open())
            .await
            .map_err(late)??;
        self.opened.set(self.opened.get().saturating_add(1));
        Link::greet(io, self.opened.get()).await
    }

    /// The line that a receipt began on, and no later one: half of it on each would be none.
    async fn same_line(&self, number: u64) -> Result<MutexGuard<'_, Option<Link>>, DeviceError> {
        let held = self.link.lock().await;
        let is_same = held.as_ref().is_some_and(|link| link.number == number);
        if is_same {
            Ok(held)
        } else {
            Err(trouble(PrinterTrouble::NotThere))
        }
    }

    /// Asks the printer how it is and tells whoever watches.
    async fn look(&self, held: &mut Option<Link>) -> Result<(), DeviceError> {
        let Some(link) = held else {
            return Err(trouble(PrinterTrouble::NotThere));
        };
        if !link.two_way {
            self.tell(PrinterStatus {
                state: DeviceState::Idle,
                ..PrinterStatus::CLOSED
            });
            return Ok(());
        }
        match link.status().await {
            Ok(Some(answers)) => {
                self.unanswered.set(0);
                self.tell(answers.status(self.sensor));
            }
            Ok(None) => {
                self.unanswered.set(self.unanswered.get().saturating_add(1));
                if self.unanswered.get() >= UNANSWERED_MAX {
                    self.lost(held, "it does not answer");
                    return Err(trouble(PrinterTrouble::NotThere));
                }
            }
            Err(error) => {
                self.lost(held, &error.to_string());
                return Err(fault(error));
            }
        }
        Ok(())
    }

    fn tell(&self, mut now: PrinterStatus) {
        if self.printing.get() && now.trouble().is_none() {
            now.state = DeviceState::Busy;
        }
        let (was, is) = (self.status.borrow().trouble(), now.trouble());
        match is {
            Some(is) if was != Some(is) => {
                let what = is.words().english;
                warn!(event = "printer not ready", code = CODE, what);
            }
            None if was.is_some() => info!(event = "printer ready"),
            Some(_) | None => {}
        }
        self.status.send_if_modified(|told| {
            let changed = *told != now;
            *told = now;
            changed
        });
    }

    /// The line is gone; it is opened anew by whoever wants it next.
    fn lost(&self, held: &mut Option<Link>, why: &str) {
        *held = None;
        self.unanswered.set(0);
        if self.status.borrow().power != PowerState::OffOffline {
            let line = self.line.name();
            warn!(event = "printer lost", code = CODE, line, why);
        }
        self.tell(PrinterStatus {
            state: DeviceState::Error,
            power: PowerState::OffOffline,
            ..PrinterStatus::CLOSED
        });
    }

    fn ready(&self) -> Result<(), DeviceError> {
        self.status
            .borrow()
            .trouble()
            .map_or(Ok(()), |is| Err(trouble(is)))
    }

    /// Before a byte of the receipt: the printer is ready, and what broke off before is parted from
    /// it. Gives the number of the line.
    pub(super) async fn prepare(&self) -> Result<u64, DeviceError> {
        let mut held = self.linked().await?;
        self.look(&mut held).await?;
        self.ready()?;
        let Some(link) = held.as_mut() else {
            return Err(trouble(PrinterTrouble::NotThere));
        };
        let prepared = self.prepare_link(link).await;
        prepared.map_err(|error| {
            self.lost(&mut held, &error.to_string());
            fault(error)
        })
    }

    /// Finds out once whether it confirms, and parts the next paper from one that broke off.
    async fn prepare_link(&self, link: &mut Link) -> io::Result<u64> {
        if self.torn.get() {
            link.send(commands::clear()).await?;
            link.send(&commands::part_from_what_was()).await?;
            self.torn.set(false);
        }
        if link.two_way && link.confirms.is_none() {
            link.ask_whether_done().await?;
            link.confirms = Some(link.hear_whether_done().await?.is_some());
        }
        Ok(link.number)
    }

    async fn print_whole(&self, job: &PrintJob) -> Result<(), PrintFault> {
        let line = self.prepare().await.map_err(PrintFault::before)?;
        self.printing.set(true);
        let _printing = Printing(Rc::clone(&self.printing));
        let printed = self.print_on(line, job).await;
        printed.map_err(|why| {
            self.torn.set(true);
            PrintFault::within(why)
        })
    }

    pub(super) async fn print_on(&self, line: u64, job: &PrintJob) -> Result<(), DeviceError> {
        for paper in job.papers() {
            for bytes in in_pieces(encode(paper)) {
                let mut held = self.same_line(line).await?;
                self.send(&mut held, &bytes).await?;
            }
        }
        self.confirm(line).await
    }

    async fn send(&self, held: &mut Option<Link>, bytes: &[u8]) -> Result<(), DeviceError> {
        let Some(link) = held.as_mut() else {
            return Err(trouble(PrinterTrouble::NotThere));
        };
        let sent = link.send(bytes).await;
        sent.map_err(|error| {
            self.lost(held, &error.to_string());
            fault(error)
        })
    }

    /// Waits until all of it is on paper; what the line can't tell is believed.
    async fn confirm(&self, line: u64) -> Result<(), DeviceError> {
        let mut held = self.same_line(line).await?;
        match held.as_ref() {
            Some(link) if link.two_way => {}
            Some(_) | None => return Ok(()),
        }
        self.send(&mut held, commands::ask_whether_done()).await?;
        drop(held);
        let until = Instant::now() + Duration::from_millis(limits::PRINTED_WITHIN_MS);
        while Instant::now() < until {
            let mut held = self.same_line(line).await?;
            if self.is_done(&mut held).await? {
                return Ok(());
            }
            self.look(&mut held).await?;
            if let Err(why) = self.ready() {
                self.send(&mut held, commands::clear()).await?;
                return Err(why);
            }
        }
        let mut held = self.same_line(line).await?;
        self.send(&mut held, commands::clear()).await?;
        Err(fault("it does not say that the receipt is out"))
    }

    /// A printer that knows `GS r` has answered it; of another one it is enough that it is well.
    async fn is_done(&self, held: &mut Option<Link>) -> Result<bool, DeviceError> {
        let Some(link) = held.as_mut() else {
            return Err(trouble(PrinterTrouble::NotThere));
        };
        if link.confirms == Some(false) {
            self.look(held).await?;
            return Ok(self.ready().is_ok());
        }
        match link.hear_whether_done().await {
            Ok(done) => Ok(done.is_some_and(done_with_paper)),
            Err(error) => {
                self.lost(held, &error.to_string());
                Err(fault(error))
            }
        }
    }

    /// In its turn if nothing is before it, else at once.
    async fn pulse(&self) -> Result<(), DeviceError> {
        let in_turn = !self.printing.get() && self.ready().is_ok();
        let pulse = if in_turn {
            commands::drawer_pulse()
        } else {
            commands::drawer_pulse_at_once()
        };
        let mut held = self.linked().await?;
        self.send(&mut held, pulse).await?;
        self.look(&mut held).await
    }

    async fn watch_over(&self) {
        let mut tries: u32 = 0;
        loop {
            let looked = match self.linked().await {
                Ok(mut held) => self.look(&mut held).await,
                Err(why) => Err(why),
            };
            let pause = match looked {
                Ok(()) if self.ready().is_ok() => Duration::from_millis(LOOK_MS),
                Ok(()) => Duration::from_millis(LOOK_AGAIN_MS),
                Err(_) => PAUSES.after(tries.saturating_add(1), self.random.next_u64()),
            };
            tries = if looked.is_ok() {
                0
            } else {
                tries.saturating_add(1)
            };
            sleep(pause).await;
        }
    }
}

/// Lines together, as many as go out at once; none is cut.
fn in_pieces(lines: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    for line in lines {
        match pieces.last_mut() {
            Some(piece) if piece.len().saturating_add(line.len()) <= BYTES_AT_ONCE => {
                piece.extend_from_slice(&line);
            }
            Some(_) | None => pieces.push(line),
        }
    }
    pieces
}

fn trouble(is: PrinterTrouble) -> DeviceError {
    fault(is.words().english)
}

impl Device for EscPosPrinter {
    fn class(&self) -> DeviceClass {
        DeviceClass::PosPrinter
    }

    fn state(&self) -> DeviceState {
        self.status.borrow().state
    }

    /// The line is opened by whoever wants it first, and again after it was lost.
    fn open(&mut self) -> Result<(), DeviceError> {
        Ok(())
    }

    fn release(&mut self) {
        *self.link.get_mut() = None;
        self.status.send_replace(PrinterStatus::CLOSED);
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        self.ready()
    }
}

impl PosPrinter for EscPosPrinter {
    fn print<'a>(&'a self, job: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
        Box::pin(self.print_whole(job))
    }

    fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(self.pulse())
    }

    fn status(&self) -> watch::Receiver<PrinterStatus> {
        self.status.subscribe()
    }

    fn attend(&self) -> LocalBoxFuture<'_, ()> {
        Box::pin(self.watch_over())
    }

    fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async {
            let mut held = self.linked().await?;
            self.look(&mut held).await?;
            self.ready()
        })
    }
}
