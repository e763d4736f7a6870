//! From TOML to [`Config`].

use std::{
    ops::RangeInclusive,
    path::{Path, PathBuf},
    time::Duration,
};

use configuration::{Fault, FileError, Section, read_clock};
use domain::{
    barcode::LabelLayout,
    ids::{LaneEpoch, LaneId},
    limits,
    money::Currency,
    paper::{MerchantCopy, PaperColumns, PaperLanguage, PaperSetting},
    sale::CheckoutConfig,
};
use journal::EngineKind;

use super::{
    Config, DevicesConfig, GpioDrawerConfig, JournalConfig, PinPadConfig, PrinterConfig,
    PrinterDriver, ScannerConfig, ScreensConfig, TestPanelConfig, Timeouts, selling,
};
use crate::devices::DrawerSensor;

/// Default of `timeouts.hub_grace`: a reconnect takes less, a hub that is down takes longer.
const HUB_GRACE_MS: u64 = 300;
/// On the connector of a Pi, as Broadcom numbers them.
const GPIO_PINS: RangeInclusive<u8> = 2..=27;
/// How long the coil of a drawer is on.
const DRAWER_PULSE_MS: u64 = 150;
/// Default of a serial scanner.
const SCANNER_BAUD: u32 = 9_600;
/// Default of a serial printer.
const BAUD: u32 = 38_400;

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// An unreadable file, or all faults it has.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        configuration::read_file(path, read)
    }

    /// Reads and checks the text of a configuration file that lies in `folder`.
    ///
    /// # Errors
    /// All faults it has.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Fault>> {
        configuration::parse(text, |root| read(root, folder))
    }
}

/// Every section is read before the first missing value ends this, so that all faults are found.
fn read(root: &mut Section<'_>, folder: &Path) -> Option<Config> {
    let mut lane = root.section("lane");
    let store_id = lane.text("store_id");
    let checkout = checkout(&mut lane);
    let hub_address = root.section("hub").peer_address("address");
    let journal = journal(&mut root.section("journal"), folder);
    let clock = read_clock(root);
    let timeouts = timeouts(&mut root.section_or_empty("timeouts"));
    let label_layout = labels(&mut root.section_or_empty("labels"));
    let tax = selling::tax(&mut root.section_or_empty("tax"));
    let currency = checkout.map(|checkout| checkout.currency);
    let mut cash = root.section_or_empty("cash");
    let pickup_above = selling::pickup_above(&mut cash, currency);
    let cash = selling::cash(&mut cash, currency);
    let codes = selling::codes(root, label_layout);
    let paper = paper(&mut root.section_or_empty("paper"));
    let devices = devices(&mut root.section("devices"), folder);
    let metrics_listen = match root.optional_section("metrics") {
        Some(mut section) => section.listen_address("listen").map(Some),
        None => Some(None),
    };
    let screens = match root.optional_section("screens") {
        Some(mut section) => screens(&mut section, folder).map(Some),
        None => Some(None),
    };
    let test_panel = match root.optional_section("test_panel") {
        Some(mut section) => section.text("cards").map(|cards| {
            let cards = folder.join(cards);
            Some(TestPanelConfig { cards })
        }),
        None => Some(None),
    };
    let journal = journal?;
    let beside_journal = journal.folder.parent().unwrap_or(folder);
    let hub_facts_file = beside_journal.join("hub-facts.json");
    let prices_folder = beside_journal.join("kept-prices");
    Some(Config {
        store_id: store_id?,
        checkout: CheckoutConfig {
            tax: tax?,
            cash_rounding: cash?,
            pickup_above,
            ..checkout?
        },
        hub_address: hub_address?,
        hub_facts_file,
        prices_folder,
        journal,
        clock: clock?,
        timeouts,
        label_layout: label_layout?,
        codes: codes?,
        paper: paper?,
        devices: devices?,
        metrics_listen: metrics_listen?,
        screens: screens?,
        test_panel: test_panel?,
    })
}

fn screens(screens: &mut Section<'_>, folder: &Path) -> Option<ScreensConfig> {
    let listen = screens.listen_address("listen");
    let token_file = screens.text("token_file");
    let framed_by = screens.optional_text("framed_by");
    Some(ScreensConfig {
        listen: listen?,
        token_file: folder.join(token_file?),
        framed_by,
    })
}

fn checkout(lane: &mut Section<'_>) -> Option<CheckoutConfig> {
    let number = lane.number("lane", 1..=u16::MAX);
    let epoch = lane.number("epoch", 1..=u32::MAX);
    let currency = lane.parsed("currency", "a known currency: CNY, EUR or JPY", |text| {
        Currency::by_letters(text)
    });
    Some(CheckoutConfig::new(
        LaneId(number?),
        LaneEpoch(epoch?),
        currency?,
    ))
}

fn journal(journal: &mut Section<'_>, folder: &Path) -> Option<JournalConfig> {
    let engines = EngineKind::ALL.map(|engine| (engine.name(), engine));
    let engine = journal.choice_or_first("engine", &engines);
    let path = journal.text("folder");
    Some(JournalConfig {
        engine: engine?,
        folder: folder.join(path?),
    })
}

fn timeouts(timeouts: &mut Section<'_>) -> Timeouts {
    let mut duration_ms = |name, otherwise_ms| {
        let duration = timeouts.duration_or(name, Duration::from_millis(otherwise_ms));
        u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
    };
    Timeouts {
        result_ms: duration_ms("result", limits::LANE_RESULT_TIMEOUT_MS),
        hub_grace_ms: duration_ms("hub_grace", HUB_GRACE_MS),
    }
}

fn labels(labels: &mut Section<'_>) -> Option<LabelLayout> {
    let layouts = [
        ("item-of-five", LabelLayout::ItemOfFive),
        ("price-check-digit", LabelLayout::PriceCheckDigit),
    ];
    labels.choice_or_first("layout", &layouts)
}

fn devices(devices: &mut Section<'_>, folder: &Path) -> Option<DevicesConfig> {
    let cashier_script = match devices.optional_section("cashier") {
        Some(mut section) => cashier(&mut section, folder).map(Some),
        None => Some(None),
    };
    let scanner = match devices.optional_section("scanner") {
        Some(mut section) => scanner(&mut section, folder),
        None => Some(None),
    };
    let printer = printer(&mut devices.section("printer"), folder);
    let gpio_drawer = match devices.optional_section("drawer") {
        Some(mut section) => drawer(&mut section),
        None => Some(None),
    };
    let mut reader = devices.section_or_empty("reader");
    let reader = reader.choice_or_first("driver", &[("scripted", ())]);
    let pin_pad = match devices.optional_section("pin_pad") {
        Some(mut section) => pin_pad(&mut section).map(Some),
        None => Some(None),
    };
    let () = reader?;
    Some(DevicesConfig {
        cashier_script: cashier_script?,
        scanner: scanner?,
        printer: printer?,
        gpio_drawer: gpio_drawer?,
        pin_pad: pin_pad?,
    })
}

fn paper(paper: &mut Section<'_>) -> Option<PaperSetting> {
    let otherwise = PaperSetting::default();
    let columns = paper.number_or("columns", PaperColumns::RANGE, PaperColumns::WIDE_NUMBER);
    let language = paper.choice_or_first("language", &PaperLanguage::ALL);
    let merchant_copy = paper.choice_or_first("merchant_copy", &MerchantCopy::ALL);
    Some(PaperSetting {
        columns: PaperColumns::new(columns).unwrap_or(otherwise.columns),
        language: language?,
        merchant_copy: merchant_copy?,
    })
}

/// The names of the printers' drivers.
#[derive(Clone, Copy)]
enum PrinterKind {
    File,
    Network,
    Usb,
    Serial,
}

fn printer(printer: &mut Section<'_>, folder: &Path) -> Option<PrinterConfig> {
    let kinds = [
        ("file", PrinterKind::File),
        ("network", PrinterKind::Network),
        ("usb", PrinterKind::Usb),
        ("serial", PrinterKind::Serial),
    ];
    let kind = printer.choice_or_first("driver", &kinds);
    let driver = match kind {
        Some(PrinterKind::File) => printer.text("folder").map(|path| PrinterDriver::File {
            folder: folder.join(path),
        }),
        Some(PrinterKind::Network) => {
            let address = printer.peer_address("address");
            address.map(|address| PrinterDriver::Network { address })
        }
        Some(PrinterKind::Usb) => printer.text("path").map(|path| PrinterDriver::Usb {
            path: folder.join(path),
        }),
        Some(PrinterKind::Serial) => serial(printer, folder),
        None => {
            printer.ignore_the_rest();
            None
        }
    };
    let drawer_sensor = match kind {
        Some(PrinterKind::Network | PrinterKind::Usb | PrinterKind::Serial) => {
            printer.choice_or_first("drawer_sensor", &DrawerSensor::ALL)
        }
        Some(PrinterKind::File) | None => Some(DrawerSensor::None),
    };
    Some(PrinterConfig {
        driver: driver?,
        drawer_sensor: drawer_sensor?,
    })
}

fn serial(printer: &mut Section<'_>, folder: &Path) -> Option<PrinterDriver> {
    let path = printer.text("path");
    let baud = printer.number_or("baud", 1_200..=230_400, BAUD);
    let flow_control = printer.flag_or("flow_control", true);
    Some(PrinterDriver::Serial {
        path: folder.join(path?),
        baud,
        flow_control,
    })
}

/// `Some(None)`: the script and the screen scan.
fn scanner(scanner: &mut Section<'_>, folder: &Path) -> Option<Option<ScannerConfig>> {
    if !scanner.choice_or_first("driver", &[("scripted", false), ("serial", true)])? {
        return Some(None);
    }
    let path = scanner.text("path");
    let baud = scanner.number_or("baud", 1_200..=230_400, SCANNER_BAUD);
    Some(Some(ScannerConfig {
        path: folder.join(path?),
        baud,
    }))
}

/// `Some(None)`: it hangs on the printer.
fn drawer(drawer: &mut Section<'_>) -> Option<Option<GpioDrawerConfig>> {
    if !drawer.choice_or_first("driver", &[("printer", false), ("gpio", true)])? {
        return Some(None);
    }
    let pin = drawer.number("pin", GPIO_PINS);
    let longest = limits::DRAWER_PULSE_MS_MAX;
    let pulse = drawer.duration_or("pulse", Duration::from_millis(DRAWER_PULSE_MS));
    let pulse_ms = u64::try_from(pulse.as_millis()).unwrap_or(u64::MAX);
    if !(1..=longest).contains(&pulse_ms) {
        drawer.fault("pulse", format!("must be 1ms to {longest}ms: a coil burns"));
    }
    let on_is_high = drawer.choice_or_first("active", &[("high", true), ("low", false)]);
    let sensor = drawer.choice_or_first("drawer_sensor", &DrawerSensor::ALL);
    let sensor_pin = drawer.optional_number("sensor_pin", GPIO_PINS);
    if sensor.is_some_and(|sensor| sensor != DrawerSensor::None) && sensor_pin.is_none() {
        drawer.missing("sensor_pin");
    }
    if pin.is_some() && pin == sensor_pin {
        drawer.fault("sensor_pin", "is the pin of the coil");
    }
    Some(Some(GpioDrawerConfig {
        pin: pin?,
        pulse_ms,
        on_is_high: on_is_high?,
        sensor: sensor?,
        sensor_pin,
    }))
}

fn cashier(cashier: &mut Section<'_>, folder: &Path) -> Option<PathBuf> {
    let driver = cashier.choice_or_first("driver", &[("scripted", ())]);
    let script = cashier.text("script");
    let () = driver?;
    Some(folder.join(script?))
}

fn pin_pad(pin_pad: &mut Section<'_>) -> Option<PinPadConfig> {
    let driver = pin_pad.choice_or_first("driver", &[("scripted", ())]);
    let initial_key = pin_pad.hidden("initial_key", "32 hex digits", |text| hex(text, 32));
    let serial = "20 hex digits";
    let key_serial_number = pin_pad.hidden("key_serial_number", serial, |text| hex(text, 20));
    let () = driver?;
    Some(PinPadConfig {
        initial_key: initial_key?,
        key_serial_number: key_serial_number?,
    })
}

fn hex(text: &str, digits: usize) -> Option<String> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/lane.example.toml");
        let config = Config::load(&path).unwrap();
        assert_eq!(config.checkout.lane, LaneId(1));
        assert_eq!(config.timeouts.result_ms, 75_000);
        assert_eq!(config.journal.engine, EngineKind::Sled);
        assert!(config.devices.cashier_script.is_some());
        assert!(config.devices.pin_pad.is_some());
        assert_eq!(config.metrics_listen.as_deref(), Some("127.0.0.1:7011"));
    }

    /// What is wrong with the example and these tables, or its devices.
    fn with_devices(tables: &str) -> Result<DevicesConfig, String> {
        let example = include_str!("../../../config/lane.example.toml");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lane.toml");
        std::fs::write(&path, format!("{example}\n{tables}")).unwrap();
        let config = Config::load(&path).map_err(|error| error.to_string())?;
        Ok(config.devices)
    }

    #[test]
    fn a_scanner_has_a_port_and_a_drawer_may_hang_on_pins() {
        let plain = with_devices("").unwrap();
        assert!(plain.scanner.is_none() && plain.gpio_drawer.is_none());
        let same =
            "[devices.scanner]\ndriver = \"scripted\"\n[devices.drawer]\ndriver = \"printer\"";
        assert!(with_devices(same).unwrap().gpio_drawer.is_none());
        let devices = with_devices(
            "[devices.scanner]\ndriver = \"serial\"\npath = \"/dev/ttyACM0\"\n\
             [devices.drawer]\ndriver = \"gpio\"\npin = 17\nactive = \"low\"\n\
             drawer_sensor = \"low-is-open\"\nsensor_pin = 27",
        );
        let devices = devices.unwrap();
        let scanner = devices.scanner.unwrap();
        assert_eq!(
            (scanner.path.to_str(), scanner.baud),
            (Some("/dev/ttyACM0"), 9_600)
        );
        let drawer = devices.gpio_drawer.unwrap();
        assert_eq!(
            (drawer.pin, drawer.sensor_pin, drawer.pulse_ms),
            (17, Some(27), 150)
        );
        assert!(!drawer.on_is_high);
    }

    #[test]
    fn a_coil_that_would_burn_and_one_pin_for_two_things_are_refused() {
        for (tables, what) in [
            ("pin = 17\npulse = \"2s\"", "must be 1ms to 500ms"),
            ("pin = 17\nsensor_pin = 17", "is the pin of the coil"),
            ("pin = 17\ndrawer_sensor = \"low-is-open\"", "sensor_pin"),
            ("pin = 40", "pin"),
        ] {
            let tables = format!("[devices.drawer]\ndriver = \"gpio\"\n{tables}");
            let fault = with_devices(&tables).unwrap_err();
            assert!(
                fault.contains("devices.drawer") && fault.contains(what),
                "{fault}"
            );
        }
    }

    #[test]
    fn all_faults_are_told_at_once_each_with_its_key() {
        let text = r#"
            colour = "green"
            [lane]
            store_id = 1
            lane = 70000
            currency = "XXX"
            [hub]
            address = "127.0.0.1"
            [journal]
            engine = "tape"
            [timeouts]
            result = "75"
            [clock]
            kind = "business"
            speed = 0
            [devices.printer]
            driver = "file"
            paper = "80mm"
            [devices.pin_pad]
            initial_key = "secret"
            key_serial_number = "FFFF9876543210E00000"
        "#;
        let faults = Config::parse(text, Path::new("/store")).unwrap_err();
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "colour",
                "lane.epoch",
                "lane.store_id",
                "lane.lane",
                "lane.currency",
                "hub.address",
                "journal.folder",
                "journal.engine",
                "timeouts.result",
                "clock.origin_real_ms",
                "clock.origin_business_ms",
                "clock.speed",
                "devices.printer.folder",
                "devices.printer.paper",
                "devices.pin_pad.initial_key",
            ]
        );
        assert!(!format!("{faults:?}").contains("secret"));
        let engine = faults.iter().find(|fault| fault.key == "journal.engine");
        let said = "\"tape\" is unknown; must be one of: sled, redb";
        assert_eq!(engine.unwrap().reason, said);
        let speed = faults.iter().find(|fault| fault.key == "clock.speed");
        assert_eq!(speed.unwrap().line, 15);
    }
}
