//! PosPrinter: the port of every printer, and what a printer says of itself.

use std::fmt;

use domain::{
    paper::Paper,
    words::{Language, Sentence},
};
use futures::future::LocalBoxFuture;
use tokio::sync::watch;

use super::{Device, DeviceClass, DeviceError, DeviceState};

/// What is to come out, as a whole.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrintJob {
    /// What it is called: the number of a receipt.
    pub name: String,
    /// The customer's paper, or the only one.
    pub paper: Paper,
    /// Papers that the merchant keeps; each is cut by itself.
    pub copies: Vec<Paper>,
}

impl PrintJob {
    /// All papers, in the order in which they come out.
    pub fn papers(&self) -> impl Iterator<Item = &Paper> {
        std::iter::once(&self.paper).chain(&self.copies)
    }
}

/// It did not come out as a whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{why}")]
pub struct PrintFault {
    /// Why.
    pub why: DeviceError,
    /// A part of it may be on paper: printed anew, it is a reprint.
    pub begun: bool,
}

/// Prints. All of it may be asked at once: a drawer opens while a receipt waits for paper.
pub trait PosPrinter: Device {
    /// Prints a job as a whole, within a bounded time. `Ok`: it is on paper, as far as this printer
    /// can tell.
    fn print<'a>(&'a self, job: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>>;

    /// Opens the cash drawer that hangs on it, within a bounded time.
    fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>>;

    /// How it is, now and whenever that changes.
    fn status(&self) -> watch::Receiver<PrinterStatus>;

    /// Keeps the line to it open and its status true, for as long as it is polled.
    fn attend(&self) -> LocalBoxFuture<'_, ()>;

    /// `CheckHealth(External)`: whether it could print now, asked of the printer itself.
    fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>>;

    /// The hand at a simulated printer; `None`: it is a real one.
    fn hand(&self) -> Option<PrinterHand> {
        None
    }
}

/// What a person does to a simulated printer: takes the paper out, pulls the plug; `None`: puts it
/// back.
pub type PrinterHand = watch::Sender<Option<PrinterTrouble>>;

/// How a printer is, by the properties of UnifiedPOS.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrinterStatus {
    /// `State`.
    pub state: DeviceState,
    /// `PowerState`.
    pub power: PowerState,
    /// `RecNearEnd` and `RecEmpty`.
    pub roll: PaperRoll,
    /// `CoverOpen`.
    pub cover_open: bool,
    /// The cutter is stuck, or the printer has another error that a person has to clear.
    pub out_of_order: bool,
    /// `DrawerOpened`; `None`: no sensor.
    pub drawer_open: Option<bool>,
}

/// `PowerState` of UnifiedPOS.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PowerState {
    /// The line goes one way: nobody knows.
    Unknown,
    /// It answers and is ready.
    Online,
    /// It is not there: off, unplugged, or the line to it is broken.
    OffOffline,
    /// It answers and is not ready.
    Offline,
}

/// The paper.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PaperRoll {
    /// Nobody knows.
    Unknown,
    /// Enough.
    Present,
    /// Soon at its end.
    NearEnd,
    /// None.
    Empty,
}

/// What a person has to do something about before it prints again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PrinterTrouble {
    /// It is not there.
    NotThere,
    /// No paper.
    PaperOut,
    /// The cover is open.
    CoverOpen,
    /// Cutter or mechanics.
    OutOfOrder,
    /// It says it is off-line, and not why.
    Offline,
}

impl PrinterTrouble {
    /// What is wrong and what to do.
    #[must_use]
    pub fn words(self) -> Sentence {
        let (english, chinese) = match self {
            Self::NotThere => (
                "printer not there: switch it on, check its cable",
                "打印机未连接：请打开电源并检查线缆",
            ),
            Self::PaperOut => (
                "printer without paper: put a roll in",
                "打印机缺纸：请装纸卷",
            ),
            Self::CoverOpen => ("printer cover open: close it", "打印机盖已打开：请关闭"),
            Self::OutOfOrder => (
                "printer out of order: switch it off and on, look at its cutter",
                "打印机故障：请关闭后重新打开，并检查切纸刀",
            ),
            Self::Offline => (
                "printer off-line: press its feed key",
                "打印机脱机：请按走纸键",
            ),
        };
        Sentence::new(english, chinese)
    }
}

impl PrinterStatus {
    /// Before anybody has looked.
    pub const CLOSED: Self = Self {
        state: DeviceState::Closed,
        power: PowerState::Unknown,
        roll: PaperRoll::Unknown,
        cover_open: false,
        out_of_order: false,
        drawer_open: None,
    };

    /// With something in the way, or with nothing.
    #[must_use]
    pub(super) const fn with(trouble: Option<PrinterTrouble>) -> Self {
        let ready = Self {
            state: DeviceState::Idle,
            ..Self::CLOSED
        };
        let Some(trouble) = trouble else {
            return ready;
        };
        let status = Self {
            state: DeviceState::Error,
            ..ready
        };
        match trouble {
            PrinterTrouble::NotThere => Self {
                power: PowerState::OffOffline,
                ..status
            },
            PrinterTrouble::PaperOut => Self {
                roll: PaperRoll::Empty,
                ..status
            },
            PrinterTrouble::CoverOpen => Self {
                cover_open: true,
                ..status
            },
            PrinterTrouble::OutOfOrder => Self {
                out_of_order: true,
                ..status
            },
            PrinterTrouble::Offline => Self {
                power: PowerState::Offline,
                ..status
            },
        }
    }

    /// The first thing that is in the way; `None`: it prints.
    #[must_use]
    pub const fn trouble(&self) -> Option<PrinterTrouble> {
        match (self.power, self.roll) {
            (PowerState::OffOffline, _) => Some(PrinterTrouble::NotThere),
            _ if self.cover_open => Some(PrinterTrouble::CoverOpen),
            (_, PaperRoll::Empty) => Some(PrinterTrouble::PaperOut),
            _ if self.out_of_order => Some(PrinterTrouble::OutOfOrder),
            (PowerState::Offline, _) => Some(PrinterTrouble::Offline),
            (PowerState::Unknown | PowerState::Online, _) => None,
        }
    }

    /// What a status line says beside the state; empty when there is nothing to say.
    #[must_use]
    pub fn detail(&self) -> String {
        let trouble = self.trouble().map(PrinterTrouble::words);
        let near_end = (self.roll == PaperRoll::NearEnd)
            .then(|| Sentence::new("paper near its end", "纸卷将尽"));
        let drawer =
            (self.drawer_open == Some(true)).then(|| Sentence::new("drawer open", "钱箱已打开"));
        let said: Vec<String> = [trouble, near_end, drawer]
            .into_iter()
            .flatten()
            .map(|words| words.read_in(Language::English).to_owned())
            .collect();
        said.join("; ")
    }
}

impl PrintFault {
    /// Nothing of it is on paper.
    pub(super) fn before(why: DeviceError) -> Self {
        Self { why, begun: false }
    }

    /// A part of it may be.
    pub(super) fn within(why: DeviceError) -> Self {
        Self { why, begun: true }
    }
}

/// A fault of a printer, in words.
pub(super) fn fault(what: impl fmt::Display) -> DeviceError {
    DeviceError::new(DeviceClass::PosPrinter, what)
}
