//! The `file` printer: a receipt becomes `NUMBER.bin` (ESC/POS) and `NUMBER.txt`, each written
//! beside and then renamed, so that a file is there whole or not at all. What the merchant keeps
//! lies in the folder `merchant` beside them. A hand may take its paper out in the middle of a
//! receipt, or pull its plug: what was on paper then is `NUMBER.torn`.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use domain::{paper::Paper, words::Language};
use futures::future::{LocalBoxFuture, ready};
use ports::files::replace;
use tokio::sync::watch;

use super::{
    Device, DeviceClass, DeviceError, DeviceState, escpos,
    pos_printer::{
        PosPrinter, PrintFault, PrintJob, PrinterHand, PrinterStatus, PrinterTrouble, fault,
    },
};

/// Where the pulses that opened the drawer are kept.
const DRAWER_FILE: &str = "drawer.pulses";
/// What the merchant keeps.
const MERCHANT_FOLDER: &str = "merchant";

/// A printer that prints into a folder.
#[derive(Debug)]
pub struct FilePrinter {
    folder: PathBuf,
    status: watch::Sender<PrinterStatus>,
    hand: PrinterHand,
}

impl FilePrinter {
    /// A printer that will print into `folder`.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            status: watch::Sender::new(PrinterStatus::CLOSED),
            hand: watch::Sender::new(None),
        }
    }

    /// What a hand did to it, with what of the job is on paper.
    fn is_in_order(&self, job: &PrintJob) -> Result<(), PrintFault> {
        let Some(trouble) = *self.hand.borrow() else {
            return Ok(());
        };
        let why = fault(trouble.words().read_in(Language::English));
        if trouble != PrinterTrouble::PaperOut {
            return Err(PrintFault::before(why));
        }
        // The roll ends in the middle of the receipt.
        let lines = job.paper.lines.len().div_ceil(2);
        let torn = Paper {
            lines: job.paper.lines.iter().take(lines).cloned().collect(),
            ..job.paper
        };
        let path = self.folder.join(format!("{}.torn", job.name));
        // It is what a person would see on the roll; nothing counts on it.
        let _ = replace(&path, torn.plain_text().as_bytes());
        Err(PrintFault::within(why))
    }

    fn settle<T>(&self, outcome: Result<T, DeviceError>) -> Result<T, DeviceError> {
        let is_fault = outcome.is_err();
        self.status.send_modify(|status| {
            status.out_of_order = is_fault;
            status.state = if is_fault {
                DeviceState::Error
            } else {
                DeviceState::Idle
            };
        });
        outcome
    }

    /// The customer's paper last: it is there when all is.
    fn write(&self, job: &PrintJob) -> Result<(), DeviceError> {
        let merchant = self.folder.join(MERCHANT_FOLDER);
        for (copy, number) in job.copies.iter().zip(1..) {
            fs::create_dir_all(&merchant).map_err(fault)?;
            write_paper(&merchant, &format!("{}-{number}", job.name), copy)?;
        }
        write_paper(&self.folder, &job.name, &job.paper)
    }

    fn pulse(&self) -> Result<(), DeviceError> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join(DRAWER_FILE))
            .and_then(|mut file| file.write_all(escpos::drawer_pulse()))
            .map_err(fault)
    }
}

fn write_paper(folder: &Path, name: &str, paper: &Paper) -> Result<(), DeviceError> {
    let path = |ending: &str| folder.join(format!("{name}.{ending}"));
    replace(&path("bin"), &escpos::encode(paper).concat()).map_err(fault)?;
    replace(&path("txt"), paper.plain_text().as_bytes()).map_err(fault)
}

impl Device for FilePrinter {
    fn class(&self) -> DeviceClass {
        DeviceClass::PosPrinter
    }

    fn state(&self) -> DeviceState {
        self.status.borrow().state
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        let made = fs::create_dir_all(&self.folder).map_err(fault);
        self.settle(made)
    }

    fn release(&mut self) {
        self.status.send_replace(PrinterStatus::CLOSED);
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        let probe = self.folder.join(".self-test");
        fs::create_dir_all(&self.folder)
            .and_then(|()| fs::write(&probe, b"self-test"))
            .and_then(|()| fs::remove_file(&probe))
            .map_err(|error| {
                let folder = self.folder.display();
                fault(format!("{folder} can't be written: {error}"))
            })
    }
}

impl PosPrinter for FilePrinter {
    /// Begun: one of two files may be there.
    fn print<'a>(&'a self, job: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
        if let Err(fault) = self.is_in_order(job) {
            return Box::pin(ready(Err(fault)));
        }
        let written = self.settle(self.write(job));
        Box::pin(ready(written.map_err(PrintFault::within)))
    }

    fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        if *self.hand.borrow() == Some(PrinterTrouble::NotThere) {
            let words = PrinterTrouble::NotThere.words();
            return Box::pin(ready(Err(fault(words.read_in(Language::English)))));
        }
        Box::pin(ready(self.settle(self.pulse())))
    }

    fn status(&self) -> watch::Receiver<PrinterStatus> {
        self.status.subscribe()
    }

    /// A folder doesn't change by itself; the hand changes it.
    fn attend(&self) -> LocalBoxFuture<'_, ()> {
        let mut hand = self.hand.subscribe();
        Box::pin(async move {
            while hand.changed().await.is_ok() {
                let trouble = *hand.borrow_and_update();
                self.status.send_replace(PrinterStatus::with(trouble));
            }
        })
    }

    fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        let trouble = *self.hand.borrow();
        Box::pin(ready(match trouble {
            Some(trouble) => Err(fault(trouble.words().read_in(Language::English))),
            None => self.check_health(),
        }))
    }

    fn hand(&self) -> Option<PrinterHand> {
        Some(self.hand.clone())
    }
}

#[cfg(test)]
mod tests {
    use domain::paper::{PaperLine, PaperStyle};
    use futures::FutureExt as _;

    use super::*;
    use crate::devices::PaperRoll;

    fn paper(text: &str) -> Paper {
        Paper {
            columns: 42,
            lines: vec![PaperLine {
                style: PaperStyle::Plain,
                text: text.to_owned(),
            }],
        }
    }

    fn print(printer: &FilePrinter, job: &PrintJob) -> Result<(), PrintFault> {
        printer.print(job).now_or_never().unwrap()
    }

    #[test]
    fn a_receipt_is_two_files_that_come_out_the_same_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut printer = FilePrinter::new(folder.path().join("receipts/lane-1"));
        printer.open().unwrap();
        let job = PrintJob {
            name: "1-1-000007".to_owned(),
            paper: paper("bread 1.00"),
            copies: Vec::new(),
        };
        print(&printer, &job).unwrap();
        let files = |ending: &str| {
            let name = format!("receipts/lane-1/1-1-000007.{ending}");
            fs::read(folder.path().join(name)).unwrap()
        };
        let (bin, txt) = (files("bin"), files("txt"));
        assert_eq!(txt, b"bread 1.00\n");
        assert!(bin.starts_with(b"\x1b@"));
        print(&printer, &job).unwrap();
        assert_eq!((bin, txt), (files("bin"), files("txt")));
        let lies_there = |name: &str| fs::read_dir(folder.path().join(name)).unwrap().count();
        assert_eq!(lies_there("receipts/lane-1"), 2);
        let job = PrintJob {
            copies: vec![paper("MERCHANT COPY"), paper("MERCHANT COPY")],
            ..job
        };
        print(&printer, &job).unwrap();
        assert_eq!(lies_there("receipts/lane-1/merchant"), 4);
        assert_eq!(files("txt"), b"bread 1.00\n");
    }

    #[tokio::test]
    async fn paper_that_ends_in_a_receipt_leaves_half_of_it_and_then_all_of_it_comes() {
        let folder = tempfile::tempdir().unwrap();
        let mut printer = FilePrinter::new(folder.path().to_owned());
        printer.open().unwrap();
        let (hand, mut status) = (printer.hand().unwrap(), printer.status());
        let job = PrintJob {
            name: "1-1-000008".to_owned(),
            paper: Paper {
                lines: [paper("bread 1.00"), paper("milk 2.00")]
                    .map(|one| one.lines[0].clone())
                    .into(),
                ..paper("")
            },
            copies: Vec::new(),
        };
        let told = async {
            hand.send_replace(Some(PrinterTrouble::PaperOut));
            let empty = status.wait_for(|status| status.roll == PaperRoll::Empty);
            assert_eq!(
                empty.await.unwrap().trouble(),
                Some(PrinterTrouble::PaperOut)
            );
            let fault = printer.print(&job).await.unwrap_err();
            assert!(
                fault.begun && fault.to_string().contains("put a roll in"),
                "{fault}"
            );
            let there = |ending: &str| folder.path().join(format!("1-1-000008.{ending}"));
            assert_eq!(fs::read_to_string(there("torn")).unwrap(), "bread 1.00\n");
            assert!(!there("txt").exists());
            hand.send_replace(Some(PrinterTrouble::NotThere));
            assert!(!printer.print(&job).await.unwrap_err().begun);
            assert!(printer.open_drawer().await.is_err() && printer.examine().await.is_err());
            hand.send_replace(None);
            let ready = status.wait_for(|status| status.trouble().is_none());
            assert_eq!(ready.await.unwrap().state, DeviceState::Idle);
            printer.print(&job).await.unwrap();
            assert_eq!(
                fs::read_to_string(there("txt")).unwrap(),
                "bread 1.00\nmilk 2.00\n"
            );
        };
        tokio::select! {
            () = told => {}
            () = printer.attend() => panic!("the hand is gone"),
        }
    }

    #[test]
    fn a_folder_that_can_not_be_written_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("taken");
        fs::write(&file, b"").unwrap();
        let mut printer = FilePrinter::new(file);
        assert!(printer.open().is_err());
        assert_eq!(printer.state(), DeviceState::Error);
        assert!(printer.status().borrow().trouble().is_some());
        assert!(printer.check_health().is_err());
        assert!(printer.examine().now_or_never().unwrap().is_err());
    }
}
