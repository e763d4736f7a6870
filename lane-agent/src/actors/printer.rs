//! The printer, with the drawer that hangs on it.
//!
//! Receipts wait in a queue of their own and come out one after the other; a printer that is slow,
//! without paper or away holds up nobody else. A receipt that broke off is printed anew, as a
//! whole, and says that it is a reprint. The drawer waits for no receipt.

use std::{rc::Rc, sync::Arc, time::Duration};

use actix::{Actor, AsyncContext, Context, Handler, Message, ResponseFuture, WrapFuture};
use domain::{
    limits,
    paper::{Heading, PaperSetting, TillReport, copy_of},
    sale::{Receipt, ReceiptForm},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tracing::{error, warn};

use crate::devices::{DeviceError, PosPrinter, PrintFault, PrintJob};

/// `docs/errors/LANE0050.md`.
const NOT_READY: &str = "LANE0050";
/// `docs/errors/LANE0051.md`.
const BROKE_OFF: &str = "LANE0051";

/// Print a receipt; the answer comes when it is on paper. `None`: it was not taken, the queue is
/// full.
#[derive(Message)]
#[rtype(result = "Option<Printed>")]
pub(crate) struct PrintReceipt {
    pub(crate) receipt: Arc<Receipt>,
    pub(crate) form: ReceiptForm,
}

/// Print an X or a Z; the answer comes when it is on paper. `None`: it was not taken, the queue is
/// full.
#[derive(Message)]
#[rtype(result = "Option<Printed>")]
pub(crate) struct PrintReport {
    pub(crate) name: String,
    pub(crate) report: TillReport,
    pub(crate) heading: Heading,
    pub(crate) setting: PaperSetting,
    /// It may have been printed before, and says so.
    pub(crate) again: bool,
}

/// Print a receipt once more, from its words; the answer comes when it is on paper. `None`: it was
/// not taken, the queue is full.
#[derive(Message)]
#[rtype(result = "Option<Printed>")]
pub(crate) struct PrintCopy {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) setting: PaperSetting,
}

/// What came out for the customer.
pub(crate) struct Printed {
    pub(crate) text: String,
    /// It may have been printed before, and says so.
    pub(crate) reprint: bool,
}

/// Open the drawer.
#[derive(Message)]
#[rtype(result = "Result<(), DeviceError>")]
pub(crate) struct OpenDrawer;

/// What is to come out.
enum Order {
    Receipt(PrintReceipt),
    Report(Box<PrintReport>),
    /// It says so of itself, each time.
    Copy(PrintCopy, bool),
}

impl Order {
    fn job(&self) -> PrintJob {
        match self {
            Self::Receipt(PrintReceipt { receipt, form }) => PrintJob {
                name: receipt.number.to_string(),
                paper: receipt.customer_copy(form),
                copies: receipt.merchant_copies(form),
            },
            Self::Report(order) => PrintJob {
                name: order.name.clone(),
                paper: order
                    .report
                    .lay_out(&order.heading, order.setting, order.again),
                copies: Vec::new(),
            },
            Self::Copy(order, _) => PrintJob {
                name: order.name.clone(),
                paper: copy_of(&order.text, order.setting),
                copies: Vec::new(),
            },
        }
    }

    /// It may have been printed before, and says so.
    const fn again(&mut self) -> &mut bool {
        match self {
            Self::Receipt(order) => &mut order.form.again,
            Self::Report(order) => &mut order.again,
            Self::Copy(_, again) => again,
        }
    }
}

/// One paper in the queue.
struct Waiting {
    order: Order,
    answer: oneshot::Sender<Printed>,
}

pub(crate) struct Printer {
    device: Rc<dyn PosPrinter>,
    queue: mpsc::Sender<Waiting>,
    /// Until the actor has started.
    waiting: Option<mpsc::Receiver<Waiting>>,
}

impl Printer {
    pub(crate) fn new(mut device: Box<dyn PosPrinter>) -> Self {
        if let Err(fault) = device.open() {
            error!(event = "device not opened", code = NOT_READY, %fault);
        }
        let (queue, waiting) = mpsc::channel(limits::PRINT_JOBS_WAITING_MAX);
        Self {
            device: Rc::from(device),
            queue,
            waiting: Some(waiting),
        }
    }
}

impl Actor for Printer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let Some(waiting) = self.waiting.take() else {
            return;
        };
        let device = Rc::clone(&self.device);
        ctx.spawn(print_all(device, waiting).into_actor(self));
        let device = Rc::clone(&self.device);
        ctx.spawn(async move { device.attend().await }.into_actor(self));
    }
}

impl Printer {
    fn take(&self, order: Order) -> ResponseFuture<Option<Printed>> {
        let (answer, answered) = oneshot::channel();
        let taken = self.queue.try_send(Waiting { order, answer });
        Box::pin(async move {
            taken.ok()?;
            answered.await.ok()
        })
    }
}

impl Handler<PrintReceipt> for Printer {
    type Result = ResponseFuture<Option<Printed>>;

    fn handle(&mut self, order: PrintReceipt, _: &mut Self::Context) -> Self::Result {
        self.take(Order::Receipt(order))
    }
}

impl Handler<PrintReport> for Printer {
    type Result = ResponseFuture<Option<Printed>>;

    fn handle(&mut self, order: PrintReport, _: &mut Self::Context) -> Self::Result {
        self.take(Order::Report(Box::new(order)))
    }
}

impl Handler<PrintCopy> for Printer {
    type Result = ResponseFuture<Option<Printed>>;

    fn handle(&mut self, order: PrintCopy, _: &mut Self::Context) -> Self::Result {
        self.take(Order::Copy(order, true))
    }
}

impl Handler<OpenDrawer> for Printer {
    type Result = ResponseFuture<Result<(), DeviceError>>;

    fn handle(&mut self, _: OpenDrawer, _: &mut Self::Context) -> Self::Result {
        let device = Rc::clone(&self.device);
        Box::pin(async move { device.open_drawer().await })
    }
}

async fn print_all(device: Rc<dyn PosPrinter>, mut waiting: mpsc::Receiver<Waiting>) {
    while let Some(Waiting { order, answer }) = waiting.recv().await {
        let printed = until_printed(device.as_ref(), order).await;
        // Nobody waits only when the lane stops; the receipt is owed then.
        let _ = answer.send(printed);
    }
}

/// Tries until it is out. What has begun may be on paper: from then on it is a reprint.
async fn until_printed(device: &dyn PosPrinter, mut order: Order) -> Printed {
    let mut told = None;
    loop {
        let job = order.job();
        match device.print(&job).await {
            Ok(()) => {
                return Printed {
                    text: job.paper.plain_text(),
                    reprint: *order.again(),
                };
            }
            Err(fault) => {
                tell(&job.name, &fault, &mut told);
                *order.again() |= fault.begun;
                until_ready(device).await;
            }
        }
    }
}

/// Once for each fault, however often it is met.
fn tell(receipt: &str, fault: &PrintFault, told: &mut Option<PrintFault>) {
    if told.as_ref() == Some(fault) {
        return;
    }
    let code = if fault.begun { BROKE_OFF } else { NOT_READY };
    warn!(event = "receipt not printed", code, receipt, begun = fault.begun, %fault);
    *told = Some(fault.clone());
}

/// Until the printer says that it is ready; at the longest for a moment.
async fn until_ready(device: &dyn PosPrinter) {
    let mut status = device.status();
    let again = Duration::from_millis(limits::PRINT_AGAIN_MS);
    if status.borrow().trouble().is_none() {
        tokio::time::sleep(again).await;
        return;
    }
    let ready = status.wait_for(|status| status.trouble().is_none());
    // Late or gone: it is tried again all the same.
    let _ = timeout(again, ready).await;
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use domain::{
        ids::{LaneEpoch, LaneId, ReceiptNumber, SaleNumber},
        money::{Currency, Money},
        paper::{Heading, PaperSetting},
        time::{LocalMs, WallMs},
    };
    use futures::future::{LocalBoxFuture, pending, ready};
    use tokio::sync::watch;

    use super::*;
    use crate::devices::{Device, DeviceClass, DeviceState, PrinterStatus};

    /// Fails as it is told, then prints.
    struct Failing {
        /// Each fault: whether it came within a receipt.
        faults: RefCell<Vec<bool>>,
        tried: Cell<u32>,
        status: watch::Sender<PrinterStatus>,
    }

    impl Failing {
        fn new(faults: &[bool]) -> Self {
            Self {
                faults: RefCell::new(faults.to_vec()),
                tried: Cell::new(0),
                status: watch::Sender::new(PrinterStatus::CLOSED),
            }
        }
    }

    impl Device for Failing {
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

    impl PosPrinter for Failing {
        fn print<'a>(&'a self, _: &'a PrintJob) -> LocalBoxFuture<'a, Result<(), PrintFault>> {
            self.tried.set(self.tried.get() + 1);
            let fault = self.faults.borrow_mut().pop();
            let why = DeviceError::new(DeviceClass::PosPrinter, "no paper");
            let printed = fault.map_or(Ok(()), |begun| Err(PrintFault { why, begun }));
            Box::pin(ready(printed))
        }

        fn open_drawer(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
            Box::pin(ready(Ok(())))
        }

        fn status(&self) -> watch::Receiver<PrinterStatus> {
            self.status.subscribe()
        }

        fn attend(&self) -> LocalBoxFuture<'_, ()> {
            Box::pin(pending())
        }

        fn examine(&self) -> LocalBoxFuture<'_, Result<(), DeviceError>> {
            Box::pin(ready(Ok(())))
        }
    }

    fn order(again: bool) -> PrintReceipt {
        let zero = Money::zero(Currency::CNY);
        let receipt = Receipt {
            number: ReceiptNumber {
                lane: LaneId(1),
                epoch: LaneEpoch(1),
                sequence: 1,
            },
            lane: LaneId(1),
            sale: SaleNumber(1),
            at: WallMs(0),
            lines: Vec::new(),
            total: zero,
            rounding: zero,
            taxes: Vec::new(),
            tenders: Vec::new(),
            card_tenders: Vec::new(),
            failed_cards: Vec::new(),
            change: zero,
            items: 0,
            owed_back: Vec::new(),
        };
        PrintReceipt {
            receipt: Arc::new(receipt),
            form: ReceiptForm {
                heading: Heading::default(),
                setting: PaperSetting::default(),
                closed: LocalMs(0),
                again,
            },
        }
    }

    /// I12: what may be on paper in part comes out as a whole and says that it is a reprint; what
    /// was never begun comes out as it is.
    #[tokio::test]
    async fn only_a_receipt_that_was_begun_is_marked() {
        for (faults, again, marked) in [
            (vec![], false, false),
            (vec![false], false, false),
            (vec![true], false, true),
            (vec![false, true], false, true),
            (vec![], true, true),
        ] {
            let device = Failing::new(&faults);
            let printed = until_printed(&device, Order::Receipt(order(again))).await;
            assert_eq!(printed.reprint, marked, "{faults:?} {again}");
            assert_eq!(printed.text.contains("REPRINT"), marked, "{}", printed.text);
            assert_eq!(device.tried.get() as usize, faults.len() + 1);
        }
    }
}
