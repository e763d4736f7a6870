//! The printer, with the drawer that hangs on it.

use actix::{Actor, Context, Handler, Message};
use domain::{
    sale::{Heading, Receipt, ReceiptLine},
    time::LocalMs,
};
use tracing::error;

use crate::devices::{self, DeviceError};

/// Print a receipt; the answer is its text.
#[derive(Message)]
#[rtype(result = "Result<String, DeviceError>")]
pub(crate) struct PrintReceipt {
    pub(crate) receipt: Receipt,
    pub(crate) heading: Heading,
    /// When the sale was closed, in the store's own time.
    pub(crate) closed: LocalMs,
}

/// Open the drawer.
#[derive(Message)]
#[rtype(result = "Result<(), DeviceError>")]
pub(crate) struct OpenDrawer;

pub(crate) struct Printer {
    device: Box<dyn devices::PosPrinter>,
}

impl Printer {
    pub(crate) fn new(device: Box<dyn devices::PosPrinter>) -> Self {
        Self { device }
    }
}

impl Actor for Printer {
    type Context = Context<Self>;

    fn started(&mut self, _: &mut Self::Context) {
        if let Err(fault) = self.device.open() {
            error!(event = "device not opened", %fault);
        }
    }
}

impl Handler<PrintReceipt> for Printer {
    type Result = Result<String, DeviceError>;

    fn handle(&mut self, order: PrintReceipt, _: &mut Self::Context) -> Self::Result {
        let lines = order.receipt.lay_out(&order.heading, order.closed);
        self.device.print(order.receipt.number, &lines)?;
        Ok(lines.iter().map(ReceiptLine::plain_text).collect())
    }
}

impl Handler<OpenDrawer> for Printer {
    type Result = Result<(), DeviceError>;

    fn handle(&mut self, _: OpenDrawer, _: &mut Self::Context) -> Self::Result {
        self.device.open_drawer()
    }
}
