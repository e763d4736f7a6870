//! From TOML to [`Config`].

use std::{
    fs,
    path::{Path, PathBuf},
};

use domain::{
    barcode::LabelLayout,
    ids::{LaneEpoch, LaneId},
    limits,
    money::Currency,
    sale::CheckoutConfig,
};
use journal::EngineKind;
use toml::Table;

use super::{
    ClockConfig, Config, ConfigError, DevicesConfig, JournalConfig, PinPadConfig, Timeouts,
    section::{Fault, Section},
};

/// Default of `timeouts.hub_grace`: a reconnect takes less, a hub that is down takes longer.
const HUB_GRACE_MS: u64 = 300;

impl Config {
    /// Reads the file.
    ///
    /// # Errors
    /// It can't be read, or has faults: all of them at once.
    pub fn open(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Self::parse(&text, folder)
    }

    /// Reads TOML; paths are relative to `folder`.
    ///
    /// # Errors
    /// All faults at once.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, ConfigError> {
        let table: Table = text
            .parse()
            .map_err(|error: toml::de::Error| ConfigError::NotToml(error.to_string()))?;
        let mut faults = Vec::new();
        let mut root = Section::root(table);
        let config = read(&mut root, folder, &mut faults);
        root.finish(&mut faults);
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(ConfigError::Faults(faults)),
        }
    }
}

/// Every section is read before the first missing value ends this, so that all faults are found.
fn read(root: &mut Section, folder: &Path, faults: &mut Vec<Fault>) -> Option<Config> {
    let (store_id, checkout) = lane(root, faults);
    let hub_address = hub(root, faults);
    let journal = journal(root, folder, faults);
    let clock = clock(root, faults);
    let timeouts = timeouts(root, faults);
    let label_layout = labels(root, faults);
    let devices = devices(root, folder, faults);
    let beside_journal = journal.folder.parent().unwrap_or(folder);
    let hub_facts_file = beside_journal.join("hub-facts.json");
    let prices_folder = beside_journal.join("kept-prices");
    Some(Config {
        store_id,
        checkout: checkout?,
        hub_address: hub_address?,
        hub_facts_file,
        prices_folder,
        journal,
        clock: clock?,
        timeouts,
        label_layout: label_layout?,
        devices,
    })
}

fn lane(root: &mut Section, faults: &mut Vec<Fault>) -> (String, Option<CheckoutConfig>) {
    let mut lane = root.section("lane", faults);
    let store_id = lane.text("store_id", faults);
    let number = lane.number("lane", 1..=i64::from(u16::MAX), faults);
    let epoch = lane.number("epoch", 1..=i64::from(u32::MAX), faults);
    let currency = lane.parsed("currency", faults, |letters| {
        Currency::by_letters(letters).ok_or_else(|| "must be CNY, EUR or JPY".to_owned())
    });
    lane.finish(faults);
    let checkout = || {
        Some(CheckoutConfig {
            lane: LaneId(u16::try_from(number?).ok()?),
            epoch: LaneEpoch(u32::try_from(epoch?).ok()?),
            currency: currency?,
        })
    };
    (store_id, checkout())
}

fn hub(root: &mut Section, faults: &mut Vec<Fault>) -> Option<String> {
    let mut hub = root.section("hub", faults);
    let address = hub.parsed("address", faults, |address| {
        let port = address
            .rsplit_once(':')
            .map(|(_, port)| port.parse::<u16>());
        match port {
            Some(Ok(1..)) => Ok(address.to_owned()),
            _ => Err("must be HOST:PORT".to_owned()),
        }
    });
    hub.finish(faults);
    address
}

fn journal(root: &mut Section, folder: &Path, faults: &mut Vec<Fault>) -> JournalConfig {
    let mut journal = root.section("journal", faults);
    let engines = EngineKind::ALL.map(|engine| (engine.name(), engine));
    let engine = journal.choice("engine", &engines, faults);
    let path = journal.text("folder", faults);
    journal.finish(faults);
    JournalConfig {
        // An unknown name is a fault by now, and nothing comes of this configuration.
        engine: engine.unwrap_or(EngineKind::Sled),
        folder: folder.join(path),
    }
}

fn clock(root: &mut Section, faults: &mut Vec<Fault>) -> Option<ClockConfig> {
    let mut clock = root.section("clock", faults);
    let business = clock.choice("kind", &[("system", false), ("business", true)], faults);
    let config = match business {
        Some(true) => business_clock(&mut clock, faults),
        Some(false) => Some(ClockConfig::System),
        None => None,
    };
    clock.finish(faults);
    config
}

fn business_clock(clock: &mut Section, faults: &mut Vec<Fault>) -> Option<ClockConfig> {
    let any_time = 0..=i64::MAX;
    let origin_real_ms = clock.number("origin_real_ms", any_time.clone(), faults);
    let origin_business_ms = clock.number("origin_business_ms", any_time, faults);
    let speed = clock.number("speed", 1..=100_000, faults);
    Some(ClockConfig::Business {
        origin_real_ms: origin_real_ms?,
        origin_business_ms: origin_business_ms?,
        speed: u32::try_from(speed?).ok()?,
    })
}

fn timeouts(root: &mut Section, faults: &mut Vec<Fault>) -> Timeouts {
    let mut timeouts = root.section("timeouts", faults);
    let read = Timeouts {
        result_ms: timeouts.duration_ms("result", limits::LANE_RESULT_TIMEOUT_MS, faults),
        hub_grace_ms: timeouts.duration_ms("hub_grace", HUB_GRACE_MS, faults),
    };
    timeouts.finish(faults);
    read
}

fn labels(root: &mut Section, faults: &mut Vec<Fault>) -> Option<LabelLayout> {
    let mut labels = root.section("labels", faults);
    let layouts = [
        ("item-of-five", LabelLayout::ItemOfFive),
        ("price-check-digit", LabelLayout::PriceCheckDigit),
    ];
    let layout = labels.choice("layout", &layouts, faults);
    labels.finish(faults);
    layout
}

fn devices(root: &mut Section, folder: &Path, faults: &mut Vec<Fault>) -> DevicesConfig {
    let mut devices = root.section("devices", faults);
    let cashier_script = cashier(&mut devices, folder, faults);
    let mut printer = devices.section("printer", faults);
    printer.choice("driver", &[("file", ())], faults);
    let printer_folder = folder.join(printer.text("folder", faults));
    printer.finish(faults);
    let mut reader = devices.section("reader", faults);
    reader.choice("driver", &[("scripted", ())], faults);
    reader.finish(faults);
    let pin_pad = pin_pad(&mut devices, faults);
    devices.finish(faults);
    DevicesConfig {
        cashier_script,
        printer_folder,
        pin_pad,
    }
}

fn cashier(devices: &mut Section, folder: &Path, faults: &mut Vec<Fault>) -> Option<PathBuf> {
    let mut cashier = devices.section("cashier", faults);
    if !cashier.is_present() {
        return None;
    }
    cashier.choice("driver", &[("scripted", ())], faults);
    let script = cashier.text("script", faults);
    cashier.finish(faults);
    Some(folder.join(script))
}

fn pin_pad(devices: &mut Section, faults: &mut Vec<Fault>) -> Option<PinPadConfig> {
    let mut pin_pad = devices.section("pin_pad", faults);
    if !pin_pad.is_present() {
        return None;
    }
    pin_pad.choice("driver", &[("scripted", ())], faults);
    let initial_key = pin_pad.parsed("initial_key", faults, |text| hex(text, 32));
    let key_serial_number = pin_pad.parsed("key_serial_number", faults, |text| hex(text, 20));
    pin_pad.finish(faults);
    Some(PinPadConfig {
        initial_key: initial_key?,
        key_serial_number: key_serial_number?,
    })
}

/// Says nothing of the text itself: it may be a key.
fn hex(text: &str, digits: usize) -> Result<String, String> {
    if text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_owned())
    } else {
        Err(format!("must be {digits} hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_a_configuration() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/lane.example.toml");
        let config = Config::open(&path).unwrap();
        assert_eq!(config.checkout.lane, LaneId(1));
        assert_eq!(config.timeouts.result_ms, 75_000);
        assert_eq!(config.journal.engine, EngineKind::Sled);
        assert!(config.devices.cashier_script.is_some());
        assert!(config.devices.pin_pad.is_some());
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
        let Err(ConfigError::Faults(faults)) = Config::parse(text, Path::new("/store")) else {
            panic!("it has faults");
        };
        let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "lane.store_id",
                "lane.lane",
                "lane.epoch",
                "lane.currency",
                "hub.address",
                "journal.engine",
                "journal.folder",
                "clock.origin_real_ms",
                "clock.origin_business_ms",
                "clock.speed",
                "timeouts.result",
                "devices.printer.folder",
                "devices.printer.paper",
                "devices.pin_pad.initial_key",
                "colour",
            ]
        );
        assert!(!format!("{faults:?}").contains("secret"));
        let engine = faults.iter().find(|fault| fault.key == "journal.engine");
        assert_eq!(engine.unwrap().what, "must be one of: sled, redb");
    }
}
