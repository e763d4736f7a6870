//! A lane's configuration: one TOML file, read whole, all faults reported at once.
//!
//! Paths are relative to the file's folder. Units stand in the values (`"75s"`).

mod reading;
mod selling;

use std::{fmt, path::PathBuf};

use configuration::ClockConfig;
use domain::{
    barcode::LabelLayout, paper::PaperSetting, sale::CheckoutConfig, scan_codes::CodeTable,
};
use journal::EngineKind;

use crate::devices::DrawerSensor;

/// Everything a lane is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The store, as the hub names it.
    pub store_id: String,
    /// Lane, epoch, currency, tax, rounding of cash.
    pub checkout: CheckoutConfig,
    /// `host:port` of the hub.
    pub hub_address: String,
    /// The journal.
    pub journal: JournalConfig,
    /// Which clock is the business clock.
    pub clock: ClockConfig,
    /// Time-outs.
    pub timeouts: Timeouts,
    /// How the store's scales write their labels.
    pub label_layout: LabelLayout,
    /// What scanned codes mean.
    pub codes: CodeTable,
    /// Where store name and price versions are kept, so that the lane starts without the hub.
    pub hub_facts_file: PathBuf,
    /// Where the price files lie, one a version.
    pub prices_folder: PathBuf,
    /// How its papers are set.
    pub paper: PaperSetting,
    /// The devices.
    pub devices: DevicesConfig,
    /// `host:port` of metrics and health; without it there are none.
    pub metrics_listen: Option<String>,
    /// The screens in a browser; without them nobody sells by hand.
    pub screens: Option<ScreensConfig>,
    /// Cards for the simulated reader, for a person to hold to it; for tests only.
    pub test_panel: Option<TestPanelConfig>,
}

impl Config {
    /// Where it is kept what the hub says of the store's day: beside the other facts.
    #[must_use]
    pub fn store_day_file(&self) -> PathBuf {
        self.hub_facts_file.with_file_name("store-day.json")
    }

    /// Where the operators of the store are kept: beside the other facts, for its owner alone.
    #[must_use]
    pub fn operators_file(&self) -> PathBuf {
        self.hub_facts_file.with_file_name("operators.list")
    }
}

/// Where the journal lies.
#[derive(Clone, Debug)]
pub struct JournalConfig {
    /// The engine that keeps it.
    pub engine: EngineKind,
    /// Its folder.
    pub folder: PathBuf,
}

/// How long a lane waits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timeouts {
    /// For the result of a payment, from the moment it left.
    pub result_ms: u64,
    /// For a hub that is being reconnected, before a payment is refused at the lane.
    pub hub_grace_ms: u64,
}

/// The devices of a lane and their drivers.
#[derive(Clone, Debug)]
pub struct DevicesConfig {
    /// The script that plays cashier, scanner and customer; without one nobody sells here.
    pub cashier_script: Option<PathBuf>,
    /// A scanner on a serial port; without it the script and the screen scan.
    pub scanner: Option<ScannerConfig>,
    /// The receipt printer.
    pub printer: PrinterConfig,
    /// A drawer on the Pi's pins; without it the drawer hangs on the printer.
    pub gpio_drawer: Option<GpioDrawerConfig>,
    /// Keys of the scripted PIN pad; without them no PIN is entered.
    pub pin_pad: Option<PinPadConfig>,
}

/// A scanner that ends each code with CR or LF.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScannerConfig {
    /// The serial port's device file.
    pub path: PathBuf,
    /// Bits a second.
    pub baud: u32,
}

/// A relay that opens the drawer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GpioDrawerConfig {
    /// Of the coil, as Broadcom numbers them.
    pub pin: u8,
    /// How long the coil is on, `limits::DRAWER_PULSE_MS_MAX` at most.
    pub pulse_ms: u64,
    /// The level that switches the coil on.
    pub on_is_high: bool,
    /// What the sensor's level says.
    pub sensor: DrawerSensor,
    /// The sensor's pin, if there is one.
    pub sensor_pin: Option<u8>,
}

/// The receipt printer, with the drawer that hangs on it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrinterConfig {
    /// What it hangs on.
    pub driver: PrinterDriver,
    /// What its connector says of the drawer.
    pub drawer_sensor: DrawerSensor,
}

/// What a printer hangs on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PrinterDriver {
    /// Nothing: receipts are files.
    File {
        /// Where they lie.
        folder: PathBuf,
    },
    /// ESC/POS over TCP.
    Network {
        /// `host:port`, by convention port 9100.
        address: String,
    },
    /// ESC/POS over the kernel's USB printer driver.
    Usb {
        /// Its device file.
        path: PathBuf,
    },
    /// ESC/POS over a serial port.
    Serial {
        /// The port's device file.
        path: PathBuf,
        /// Bits a second.
        baud: u32,
        /// RTS and CTS.
        flow_control: bool,
    },
}

/// Where cashier and customer look.
#[derive(Clone, Debug)]
pub struct ScreensConfig {
    /// `host:port` they are served on.
    pub listen: String,
    /// The secret that opens them; drawn at the first start.
    pub token_file: PathBuf,
    /// An origin whose pages may show them inside of theirs.
    pub framed_by: Option<String>,
}

/// The panel beside a cashier that stands for customers and their cards.
#[derive(Clone, Debug)]
pub struct TestPanelConfig {
    /// Its cards, as JSON.
    pub cards: PathBuf,
}

/// A software PIN pad, for tests and simulation only.
#[derive(Clone)]
pub struct PinPadConfig {
    /// Initial DUKPT key of the pad, 32 hex digits.
    pub initial_key: String,
    /// Its key serial number with a counter of zero, 20 hex digits.
    pub key_serial_number: String,
}

impl fmt::Debug for PinPadConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PinPadConfig")
            .field("key_serial_number", &self.key_serial_number)
            .finish_non_exhaustive()
    }
}
