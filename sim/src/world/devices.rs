//! A lane's devices behind its gate. The first card chosen begins the payment's life.

use std::{future, sync::Arc};

use futures::future::LocalBoxFuture;
use lane_agent::devices::{
    CardReader, Device, DeviceClass, DeviceError, DeviceSource, DeviceState, Devices, Key,
    PosKeyboard, PosPrinter, PrintFault, PrintJob, PrinterStatus, ReadOrder, Scanner, SealedRead,
    Stroke,
};
use ports::Clock;
use tokio::sync::watch;

use super::gate::{Gate, Pass};

/// The configured devices, each behind the gate. People and devices go by `people`: a customer
/// doesn't come an hour early because the clock of a till has jumped.
pub(super) fn gated(configured: DeviceSource, gate: Gate, people: Arc<dyn Clock>) -> DeviceSource {
    Box::new(move |mut wiring| {
        wiring.clock = people;
        let devices = configured(wiring)?;
        let behind = |gate: &Gate| gate.clone();
        Ok(Devices {
            keyboard: Box::new(Gated {
                inner: devices.keyboard,
                gate: behind(&gate),
            }),
            scanner: Box::new(Gated {
                inner: devices.scanner,
                gate: behind(&gate),
            }),
            reader: Box::new(Gated {
                inner: devices.reader,
                gate: behind(&gate),
            }),
            printer: Box::new(Gated {
                inner: devices.printer,
                gate,
            }),
            people: devices.people,
            held_card: devices.held_card,
        })
    })
}

struct Gated<D: ?Sized> {
    inner: Box<D>,
    gate: Gate,
}

impl<D: ?Sized> Gated<D> {
    /// Something came from outside; a host that has stopped never hears of it.
    async fn heard(&self, what: &str) {
        match self.gate.call(what) {
            Pass::Returns => {}
            Pass::IsLast | Pass::Never => future::pending().await,
        }
    }
}

impl<D: Device + ?Sized> Device for Gated<D> {
    fn class(&self) -> DeviceClass {
        self.inner.class()
    }

    fn state(&self) -> DeviceState {
        self.inner.state()
    }

    fn open(&mut self) -> Result<(), DeviceError> {
        self.inner.open()
    }

    fn release(&mut self) {
        self.inner.release();
    }

    fn check_health(&self) -> Result<(), DeviceError> {
        self.inner.check_health()
    }
}

impl PosKeyboard for Gated<dyn PosKeyboard> {
    fn next_stroke(&mut self) -> LocalBoxFuture<'_, Option<Stroke>> {
        Box::pin(async move {
            let stroke = self.inner.next_stroke().await;
            self.heard("key").await;
            if let Some(Stroke::Key(Key::Card)) = stroke {
                self.gate.life().begin();
            }
            stroke
        })
    }
}

impl Scanner for Gated<dyn Scanner> {
    fn next_scan(&mut self) -> LocalBoxFuture<'_, Option<String>> {
        Box::pin(async move {
            let scanned = self.inner.next_scan().await;
            self.heard("scan").await;
            scanned
        })
    }
}

impl CardReader for Gated<dyn CardReader> {
    fn read(&mut self, order: ReadOrder) -> LocalBoxFuture<'_, Result<SealedRead, DeviceError>> {
        Box::pin(async move {
            self.heard("arm the reader").await;
            let read = self.inner.read(order).await;
            self.heard("card read").await;
            read
        })
    }
}

impl PosPrinter for Gated<dyn PosPrinter> {
    fn print<'a>(&'a self, job: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
        Box::pin(async move {
            match self.gate.call("print") {
                Pass::Returns => self.inner.print(job).await,
                // Nobody hears the answer: the host is dead.
                Pass::IsLast => {
                    drop(self.inner.print(job).await);
                    future::pending().await
                }
                Pass::Never => future::pending().await,
            }
        })
    }

    fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        Box::pin(async move {
            match self.gate.call("drawer") {
                Pass::Returns => self.inner.open_drawer().await,
                Pass::IsLast => {
                    drop(self.inner.open_drawer().await);
                    future::pending().await
                }
                Pass::Never => future::pending().await,
            }
        })
    }

    fn status(&self) -> watch::Receiver<PrinterStatus> {
        self.inner.status()
    }

    fn attend(&self) -> LocalBoxFuture<'_, ()> {
        self.inner.attend()
    }

    fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
        self.inner.examine()
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use domain::paper::Paper;
    use futures::FutureExt as _;

    use super::*;
    use crate::world::gate::{Life, Side, Stop};

    /// Counts receipts and drawer pulses.
    struct Counting(Rc<Cell<(u32, u32)>>);

    impl Device for Counting {
        fn class(&self) -> DeviceClass {
            DeviceClass::PosPrinter
        }

        fn state(&self) -> DeviceState {
            DeviceState::Idle
        }

        fn open(&mut self) -> Result<(), DeviceError> {
            Ok(())
        }

        fn release(&mut self) {}

        fn check_health(&self) -> Result<(), DeviceError> {
            Ok(())
        }
    }

    impl PosPrinter for Counting {
        fn print<'a>(&'a self, _: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
            let (receipts, pulses) = self.0.get();
            self.0.set((receipts + 1, pulses));
            Box::pin(future::ready(Ok(())))
        }

        fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
            let (receipts, pulses) = self.0.get();
            self.0.set((receipts, pulses + 1));
            Box::pin(future::ready(Ok(())))
        }

        fn status(&self) -> watch::Receiver<PrinterStatus> {
            watch::Sender::new(PrinterStatus::CLOSED).subscribe()
        }

        fn attend(&self) -> LocalBoxFuture<'_, ()> {
            Box::pin(future::pending())
        }

        fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
            Box::pin(future::ready(Ok(())))
        }
    }

    #[test]
    fn a_lane_that_has_stopped_prints_nothing_and_opens_no_drawer() {
        let job = PrintJob {
            name: "1-1-000001".to_owned(),
            paper: Paper {
                columns: 42,
                lines: Vec::new(),
            },
            copies: Vec::new(),
        };
        for (side, expected) in [(Side::Before, (0, 0)), (Side::After, (1, 0))] {
            let gate = Gate::new("lane-1", Life::default());
            gate.life().begin();
            gate.arm(Stop { call: 1, side });
            let done = Rc::new(Cell::new((0, 0)));
            let inner: Box<dyn PosPrinter> = Box::new(Counting(Rc::clone(&done)));
            let printer = Gated { inner, gate };
            assert!(
                printer.print(&job).now_or_never().is_none(),
                "never heard of"
            );
            assert!(printer.open_drawer().now_or_never().is_none());
            assert_eq!(done.get(), expected);
        }
    }
}
