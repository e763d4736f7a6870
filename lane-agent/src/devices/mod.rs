//! The devices of a lane: a trait per class, with the names and the life cycle of UnifiedPOS.
//!
//! A driver owns one device and never decides about money. Which driver serves a device is
//! configuration. Card data is in clear only inside a reader's driver, which seals it at once.

mod escpos;
mod file_printer;
mod gpio_drawer;
mod line;
mod line_scanner;
mod pos_printer;
pub mod scripted;

use std::{fmt, sync::Arc};

use bytes::Bytes;
use domain::{
    card_ref::{CardRef, EntryMode},
    ids::{OperatorId, PaymentId},
    money::Money,
    sale::Screen,
    time::LocalMs,
};
use futures::future::LocalBoxFuture;
use ports::{Clock, Network, Random};
use tokio::sync::watch;
use zeroize::Zeroizing;

pub use domain::sale::Key;
pub use escpos::{DrawerSensor, EscPosPrinter};
pub use file_printer::FilePrinter;
pub use operator_pin::Pin;
pub use pos_printer::{
    PaperRoll, PosPrinter, PowerState, PrintFault, PrintJob, PrinterHand, PrinterStatus,
    PrinterTrouble,
};

use crate::config::{DevicesConfig, PrinterConfig, PrinterDriver, ScannerConfig};
use gpio_drawer::WithGpioDrawer;
use line::{Line, NetworkLine, SerialLine, UsbLine};
use line_scanner::LineScanner;

/// UnifiedPOS device classes a lane has.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum DeviceClass {
    /// Receipt printer.
    PosPrinter,
    /// Cash drawer.
    CashDrawer,
    /// Barcode scanner.
    Scanner,
    /// The cashier's keys.
    PosKeyboard,
    /// Reader of chips and contactless cards, with a stripe head.
    SmartCardRw,
    /// PIN pad.
    PinPad,
}

impl DeviceClass {
    /// The name of the class in UnifiedPOS.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PosPrinter => "PosPrinter",
            Self::CashDrawer => "CashDrawer",
            Self::Scanner => "Scanner",
            Self::PosKeyboard => "POSKeyboard",
            Self::SmartCardRw => "SmartCardRW",
            Self::PinPad => "PINPad",
        }
    }
}

/// UnifiedPOS states of a device.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DeviceState {
    /// Not opened, or released.
    Closed,
    /// Opened, claimed and enabled; nothing to do.
    Idle,
    /// At work.
    Busy,
    /// Needs a person.
    Error,
}

impl DeviceState {
    /// As in UnifiedPOS, lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Idle => "idle",
            Self::Busy => "busy",
            Self::Error => "error",
        }
    }
}

/// What is wrong with a device, with the class it is of.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {what}", class.name())]
pub struct DeviceError {
    /// Which class.
    pub class: DeviceClass,
    /// What a person can do something about.
    pub what: String,
}

impl DeviceError {
    pub(crate) fn new(class: DeviceClass, what: impl ToString) -> Self {
        Self {
            class,
            what: what.to_string(),
        }
    }
}

/// What every device can do.
pub trait Device {
    /// Its class.
    fn class(&self) -> DeviceClass;
    /// Its state.
    fn state(&self) -> DeviceState;
    /// Opens, claims and enables it.
    ///
    /// # Errors
    /// It is not there, or somebody else has it.
    fn open(&mut self) -> Result<(), DeviceError>;
    /// Disables, releases and closes it.
    fn release(&mut self);
    /// `CheckHealth(Internal)`: whether it could do its work now.
    ///
    /// # Errors
    /// What is in the way.
    fn check_health(&self) -> Result<(), DeviceError>;
}

/// Reads barcodes.
pub trait Scanner: Device {
    /// The next code as read; `None`: the device is gone.
    fn next_scan(&mut self) -> LocalBoxFuture<'_, Option<String>>;
}

/// What comes from the cashier's keys.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Stroke {
    /// A key.
    Key(Key),
    /// Number and PIN of somebody who begins to work.
    SignOn(Identity),
    /// Number and PIN of somebody who allows what was refused.
    Allow(Identity),
}

/// Who somebody says they are. The PIN is wiped from memory when it is dropped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The operator's number.
    pub operator: OperatorId,
    /// As typed.
    pub pin: Pin,
}

/// The cashier's keys.
pub trait PosKeyboard: Device {
    /// What was pressed next; `None`: the device is gone.
    fn next_stroke(&mut self) -> LocalBoxFuture<'_, Option<Stroke>>;
}

/// What card data is sealed to, and hashed with. Held in memory only; `Debug` shows no key.
#[derive(Clone)]
pub struct HubKeys {
    /// Grows with each hello of the hub: a new one begins a new sealing.
    pub session: u64,
    /// The hub's X25519 public key.
    pub sealing_key: [u8; 32],
    /// Key of the card hash, if the hub gave one.
    pub card_hash_key: Option<Zeroizing<[u8; 32]>>,
}

impl fmt::Debug for HubKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubKeys")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// What a reader is armed with.
#[derive(Clone, Debug)]
pub struct ReadOrder {
    /// What the card data is sealed for.
    pub payment_id: PaymentId,
    /// What the customer is to pay.
    pub amount: Money,
    /// Whom to seal to.
    pub keys: HubKeys,
}

/// A card as it leaves its reader: sealed, with what rules and receipts may know of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRead {
    /// The card.
    pub card: CardRef,
    /// How it was read.
    pub entry_mode: EntryMode,
    /// PAN, expiry, track and chip data, sealed to the hub (`card-seal`).
    pub sealed_card: Bytes,
    /// PAN, expiry and chip data without track data, sealed to the hub: kept for the upload if the
    /// lane approves alone. Empty where the reader can't make it: never offline then.
    pub sealed_for_upload: Bytes,
    /// PIN block and key serial number, if a PIN was entered.
    pub pin: Option<EncryptedPin>,
}

impl fmt::Debug for SealedRead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedRead")
            .field("card", &self.card)
            .field("entry_mode", &self.entry_mode)
            .field("pin", &self.pin.is_some())
            .finish_non_exhaustive()
    }
}

/// A PIN as it leaves a PIN pad: ISO 9564 format 0 under DUKPT.
#[derive(Clone, PartialEq, Eq)]
pub struct EncryptedPin {
    /// The block, 8 bytes.
    pub block: [u8; 8],
    /// Key serial number, 10 bytes.
    pub key_serial_number: [u8; 10],
}

impl fmt::Debug for EncryptedPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptedPin")
    }
}

/// Reads cards.
pub trait CardReader: Device {
    /// Waits for a card and reads it.
    fn read(&mut self, order: ReadOrder) -> LocalBoxFuture<'_, Result<SealedRead, DeviceError>>;
}

/// What drivers may know of the lane they serve.
pub struct Wiring {
    /// Business time and time-outs.
    pub clock: Arc<dyn Clock>,
    /// What a clock on the store's wall shows: the date that a reader signs.
    pub wall: Arc<dyn Fn() -> LocalMs + Send + Sync>,
    /// For cryptograms, unpredictable numbers and sealing.
    pub random: Arc<dyn Random>,
    /// For devices that hang on it.
    pub network: Arc<dyn Network>,
    /// Both screens; `None` until the lane is open.
    pub screens: watch::Receiver<Option<Screen>>,
    /// Order reference of the last sale closed or voided before this start; empty if none.
    pub last_order_reference: String,
    /// PINs entered before this start.
    pub pin_entries: u32,
    /// Told when a scripted cashier has nothing left to do.
    pub script_finished: watch::Sender<bool>,
}

impl fmt::Debug for Wiring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wiring")
            .field("last_order_reference", &self.last_order_reference)
            .finish_non_exhaustive()
    }
}

/// All devices of a lane.
pub struct Devices {
    /// The cashier's keys.
    pub keyboard: Box<dyn PosKeyboard>,
    /// The scanner.
    pub scanner: Box<dyn Scanner>,
    /// The card reader, with its PIN pad.
    pub reader: Box<dyn CardReader>,
    /// The printer, with its drawer.
    pub printer: Box<dyn PosPrinter>,
    /// What plays the people, if anything does; runs beside the lane.
    pub people: Option<LocalBoxFuture<'static, ()>>,
    /// The card that is held to a simulated reader, for whoever plays the customer.
    pub held_card: Option<watch::Sender<Option<scripted::CardOnScript>>>,
}

impl fmt::Debug for Devices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Devices")
    }
}

/// Makes the devices once the lane's journal has been read.
pub type DeviceSource = Box<dyn FnOnce(Wiring) -> Result<Devices, DeviceError>>;

/// The devices of a configuration.
#[must_use]
pub fn configured(config: &DevicesConfig) -> DeviceSource {
    let config = config.clone();
    Box::new(move |wiring| {
        let (network, random) = (Arc::clone(&wiring.network), Arc::clone(&wiring.random));
        let printer = printer(&config.printer, network, Arc::clone(&random));
        let printer = match &config.gpio_drawer {
            Some(drawer) => Box::new(WithGpioDrawer::on_a_pi(printer, drawer)),
            None => printer,
        };
        let orders = match &config.cashier_script {
            Some(path) => scripted::read_script(path)
                .map_err(|error| DeviceError::new(DeviceClass::PosKeyboard, error))?,
            None => Vec::new(),
        };
        let mut devices = scripted::devices(orders, config.pin_pad.as_ref(), printer, wiring)?;
        if let Some(scanner) = &config.scanner {
            devices.scanner = Box::new(LineScanner::new(serial(scanner), random));
        }
        Ok(devices)
    })
}

fn serial(scanner: &ScannerConfig) -> Box<dyn Line> {
    Box::new(SerialLine {
        path: scanner.path.clone(),
        baud: scanner.baud,
        flow_control: false,
    })
}

/// The printer of a configuration.
pub(crate) fn printer(
    config: &PrinterConfig,
    network: Arc<dyn Network>,
    random: Arc<dyn Random>,
) -> Box<dyn PosPrinter> {
    let line: Box<dyn Line> = match &config.driver {
        PrinterDriver::File { folder } => return Box::new(FilePrinter::new(folder.clone())),
        PrinterDriver::Network { address } => Box::new(NetworkLine {
            network,
            address: address.clone(),
        }),
        PrinterDriver::Usb { path } => Box::new(UsbLine { path: path.clone() }),
        PrinterDriver::Serial {
            path,
            baud,
            flow_control,
        } => Box::new(SerialLine {
            path: path.clone(),
            baud: *baud,
            flow_control: *flow_control,
        }),
    };
    Box::new(EscPosPrinter::new(line, config.drawer_sensor, random))
}
