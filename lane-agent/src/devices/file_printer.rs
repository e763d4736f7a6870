//! The `file` printer: a receipt becomes `NUMBER.bin` (ESC/POS) and `NUMBER.txt`, each written
//! beside and then renamed, so that a file is there whole or not at all, and the same when printed
//! again.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::PathBuf,
};

use domain::{ids::ReceiptNumber, sale::ReceiptLine};
use ports::files::replace;

use super::{Device, DeviceClass, DeviceError, DeviceState, PosPrinter, escpos_receipt};

/// Where the pulses that opened the drawer are kept.
const DRAWER_FILE: &str = "drawer.pulses";

/// A printer that prints into a folder.
#[derive(Debug)]
pub struct FilePrinter {
    folder: PathBuf,
    state: DeviceState,
}

impl FilePrinter {
    /// A printer that will print into `folder`.
    #[must_use]
    pub const fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            state: DeviceState::Closed,
        }
    }

    fn fault(what: impl ToString) -> DeviceError {
        DeviceError::new(DeviceClass::PosPrinter, what)
    }

    fn settle<T>(&mut self, outcome: Result<T, DeviceError>) -> Result<T, DeviceError> {
        self.state = if outcome.is_ok() {
            DeviceState::Idle
        } else {
            DeviceState::Error
        };
        outcome
    }

    fn write(&self, number: ReceiptNumber, lines: &[ReceiptLine]) -> Result<(), DeviceError> {
        let bytes = escpos_receipt::encode(lines).map_err(Self::fault)?;
        let text: String = lines.iter().map(ReceiptLine::plain_text).collect();
        let path = |ending: &str| self.folder.join(format!("{number}.{ending}"));
        replace(&path("bin"), &bytes).map_err(Self::fault)?;
        replace(&path("txt"), text.as_bytes()).map_err(Self::fault)
    }

    fn pulse(&self) -> Result<(), DeviceError> {
        let pulse = escpos_receipt::drawer_pulse().map_err(Self::fault)?;
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join(DRAWER_FILE))
            .and_then(|mut file| file.write_all(&pulse))
            .map_err(Self::fault)
    }
}

impl Device for FilePrinter {
    fn class(&self) -> DeviceClass {
        DeviceClass::PosPrinter
    }

    fn state(&self) -> DeviceState {
        self.state
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        let made = fs::create_dir_all(&self.folder).map_err(Self::fault);
        self.settle(made)
    }

    fn release(&mut self) {
        self.state = DeviceState::Closed;
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        let probe = self.folder.join(".self-test");
        fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&probe, b"self-test"))
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|error| {
                let folder = self.folder.display();
                Self::fault(format!("{folder} can't be written: {error}"))
            })
    }
}

impl PosPrinter for FilePrinter {
    fn print(&mut self, number: ReceiptNumber, lines: &[ReceiptLine]) -> Result<(), DeviceError> {
        let written = self.write(number, lines);
        self.settle(written)
    }

    fn open_drawer(&mut self) -> Result<(), DeviceError> {
        let pulsed = self.pulse();
        self.settle(pulsed)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{LaneEpoch, LaneId},
        sale::ReceiptStyle,
    };

    use super::*;

    #[test]
    fn a_receipt_is_two_files_that_come_out_the_same_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut printer = FilePrinter::new(folder.path().join("receipts/lane-1"));
        printer.open().unwrap();
        let number = ReceiptNumber {
            lane: LaneId(1),
            epoch: LaneEpoch(1),
            sequence: 7,
        };
        let lines = [ReceiptLine {
            style: ReceiptStyle::Plain,
            text: "bread 1.00".to_owned(),
        }];
        printer.print(number, &lines).unwrap();
        let files = |ending: &str| {
            let name = format!("receipts/lane-1/1-1-000007.{ending}");
            fs::read(folder.path().join(name)).unwrap()
        };
        let (bin, txt) = (files("bin"), files("txt"));
        assert_eq!(txt, b"bread 1.00\n");
        assert!(bin.starts_with(b"\x1b@"));
        printer.print(number, &lines).unwrap();
        assert_eq!((bin, txt), (files("bin"), files("txt")));
        assert_eq!(
            fs::read_dir(folder.path().join("receipts/lane-1"))
                .unwrap()
                .count(),
            2
        );
    }

    #[test]
    fn a_folder_that_can_not_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        fs::write(&file, b"").unwrap();
        let mut printer = FilePrinter::new(file);
        assert!(printer.open().is_err());
        assert_eq!(printer.state(), DeviceState::Error);
        assert!(printer.check_health().is_err());
    }
}
