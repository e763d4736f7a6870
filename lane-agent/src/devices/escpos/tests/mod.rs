//! The driver against a printer that runs out of paper, is opened, unplugged and switched off at
//! the worst moments.

mod fake;
mod lines;

use std::{rc::Rc, sync::Arc, time::Duration};

use domain::paper::{Paper, PaperLine, PaperStyle};
use ports::OsRandom;
use tokio::{task::LocalSet, time::timeout};

use super::{DrawerSensor, EscPosPrinter};
use crate::devices::{DeviceState, PosPrinter, PrintJob, PrinterTrouble};
use fake::{Answers, FakeLine, FakePrinter};

/// Longer than a receipt of these tests, more than once one command's worth.
const LINES: usize = 60;

fn job() -> PrintJob {
    let lines = (0..LINES).map(|number| PaperLine {
        style: PaperStyle::Plain,
        text: format!("鲜牛奶 whole milk {number:02}             12.50"),
    });
    PrintJob {
        name: "1-1-000001".to_owned(),
        paper: Paper {
            columns: 42,
            lines: lines.collect(),
        },
        copies: Vec::new(),
    }
}

fn driver(printer: &Rc<FakePrinter>) -> EscPosPrinter {
    let line = Box::new(FakeLine(Rc::clone(printer)));
    EscPosPrinter::new(line, DrawerSensor::HighIsOpen, Arc::new(OsRandom))
}

/// Runs a test where tasks can be spawned; none of them may hang.
async fn here(test: impl Future<Output = ()>) {
    let ended = timeout(Duration::from_secs(60), LocalSet::new().run_until(test)).await;
    ended.expect("the driver hangs");
}

async fn until(so: impl Fn() -> bool) {
    while !so() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_receipt_comes_out_whole() {
    here(async {
        for answers in [Answers::Nothing, Answers::Status, Answers::StatusAndDone] {
            let printer = FakePrinter::new(answers);
            let driver = driver(&printer);
            driver.print(&job()).await.unwrap();
            until(|| printer.papers().len() == 1).await;
            until(|| printer.papers()[0] == job().paper.plain_text()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn without_paper_nothing_is_begun_and_with_paper_it_comes_out_as_it_is() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        printer.paper.set(0);
        let driver = driver(&printer);
        let fault = driver.print(&job()).await.unwrap_err();
        assert!(!fault.begun, "{fault}");
        let status = driver.status().borrow().clone();
        assert_eq!(status.trouble(), Some(PrinterTrouble::PaperOut));
        assert_eq!(status.state, DeviceState::Error);
        printer.change(|printer| printer.paper.set(1_000));
        driver.print(&job()).await.unwrap();
        assert_eq!(printer.papers(), [job().paper.plain_text()]);
    })
    .await;
}

/// The torn piece is parted from the whole that follows, and the rest of it never comes out.
#[tokio::test]
async fn paper_that_ends_within_a_receipt_ends_in_a_whole_one() {
    here(async {
        for (answers, left) in [
            (Answers::StatusAndDone, 1),
            (Answers::StatusAndDone, LINES - 1),
            (Answers::Status, 20),
        ] {
            let printer = FakePrinter::new(answers);
            printer.paper.set(left);
            let driver = driver(&printer);
            let fault = driver.print(&job()).await.unwrap_err();
            assert!(fault.begun, "{left} lines: {fault}");
            // What is left of it is forgotten long before a person has a new roll in.
            until(|| printer.is_idle()).await;
            printer.change(|printer| printer.paper.set(1_000));
            driver.print(&job()).await.unwrap();
            until(|| printer.papers().len() >= 2).await;
            let papers = printer.papers();
            let [torn, whole] = papers.as_slice() else {
                panic!("{papers:?}");
            };
            assert_eq!(torn.lines().count(), left);
            until(|| printer.papers()[1] == job().paper.plain_text()).await;
            assert_eq!(*whole, job().paper.plain_text());
        }
    })
    .await;
}

/// Power fails at a hundred places within a receipt: each time a part may be on paper, and the next
/// attempt, on a line that is opened anew, gives a whole one.
#[tokio::test]
async fn power_that_fails_within_a_receipt_ends_in_a_whole_one() {
    here(async {
        let bytes: usize = super::encode(&job().paper).concat().len();
        for place in (1..100).map(|part| part * bytes / 100) {
            let printer = FakePrinter::new(Answers::StatusAndDone);
            let driver = driver(&printer);
            // The line is open and its answers are known.
            driver.print(&job()).await.unwrap();
            printer.power_fails_after.set(Some(12 + place));
            let fault = driver.print(&job()).await.unwrap_err();
            assert!(fault.begun, "{place}: {fault}");
            let off = driver.print(&job()).await.unwrap_err();
            assert!(!off.begun, "it is off: {off}");
            let trouble = driver.status().borrow().trouble();
            assert_eq!(trouble, Some(PrinterTrouble::NotThere));
            printer.change(|printer| printer.power.set(true));
            driver.print(&job()).await.unwrap();
            let whole = |paper: &&String| **paper == job().paper.plain_text();
            assert_eq!(printer.papers().iter().filter(whole).count(), 2, "{place}");
            assert_eq!(printer.papers().last(), Some(&job().paper.plain_text()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_drawer_waits_for_no_receipt() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let driver = Rc::new(driver(&printer));
        driver.open_drawer().await.unwrap();
        until(|| printer.pulses.borrow().as_slice() == [false]).await;
        printer.drawer_high.set(true);
        driver.examine().await.unwrap();
        assert_eq!(driver.status().borrow().drawer_open, Some(true));
        // A receipt waits for a cover to be closed.
        printer.cover_open.set(true);
        let fault = driver.print(&job()).await.unwrap_err();
        assert!(!fault.begun);
        driver.open_drawer().await.unwrap();
        assert_eq!(printer.pulses.borrow().as_slice(), [false, true], "at once");
        assert!(printer.papers().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_printer_that_was_unplugged_is_found_again_by_itself() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let driver = Rc::new(driver(&printer));
        let mut status = driver.status();
        let attended = Rc::clone(&driver);
        let attending = tokio::task::spawn_local(async move { attended.attend().await });
        let ready = |status: &crate::devices::PrinterStatus| {
            status.state == DeviceState::Idle && status.trouble().is_none()
        };
        status.wait_for(ready).await.unwrap();
        printer.change(|printer| printer.power.set(false));
        let gone = status.wait_for(|status| status.trouble().is_some()).await;
        assert_eq!(gone.unwrap().trouble(), Some(PrinterTrouble::NotThere));
        printer.change(|printer| printer.power.set(true));
        status.wait_for(ready).await.unwrap();
        driver.print(&job()).await.unwrap();
        attending.abort();
    })
    .await;
}

/// The line is lost and opened anew by whoever looks after it, between two pieces of a receipt.
#[tokio::test]
async fn a_receipt_never_goes_on_over_another_line() {
    here(async {
        let printer = FakePrinter::new(Answers::StatusAndDone);
        let driver = driver(&printer);
        let line = driver.prepare().await.unwrap();
        printer.change(|printer| printer.power.set(false));
        tokio::time::sleep(Duration::from_millis(20)).await;
        printer.change(|printer| printer.power.set(true));
        driver.examine().await.unwrap();
        assert!(driver.print_on(line, &job()).await.is_err());
        assert!(printer.papers().is_empty());
    })
    .await;
}
