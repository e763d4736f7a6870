//! What the checkout wants done, in order. Everything but `Persist` waits until the records before
//! it are durable.

use std::sync::Arc;

use crate::{
    ids::{PaymentId, ReceiptNumber, SaleNumber, SuspendedId},
    money::Money,
    operators::{AttemptId, PinVerifier},
    payment::PaymentRequest,
    sale::{CheckoutRecord, Receipt, Screen, SuspendedView, ToReserve},
    till::Report,
};

/// One thing to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Write this record. All of one step are one commit.
    Persist(CheckoutRecord),
    /// Let the reader take a card for this payment.
    ArmReader {
        /// What the card data is sealed for.
        payment_id: PaymentId,
        /// What the customer is to pay.
        amount: Money,
    },
    /// No card is wanted any more.
    DisarmReader,
    /// Ask the hub. The intent is durable by then (I6).
    SendPayment(PaymentRequest),
    /// Tell the hub, before all else, that this payment is given up (payments.md, rule 2).
    Abandon(PaymentId),
    /// Approved by the lane alone: the hub gets the sealed card as soon as it is there.
    ReportOffline(PaymentId),
    /// Ask the hub what is left of the sale with this receipt:
    /// [`crate::sale::Event::OriginalTold`] says it.
    AskOriginal(ReceiptNumber),
    /// Ask the hub to reserve what comes back: [`crate::sale::Event::ReservationTold`] says
    /// whether.
    Reserve(Box<ToReserve>),
    /// Ask the hub for a basket that waits elsewhere: [`crate::sale::Event::BasketTold`] says
    /// whether it is given.
    AskBasket(SuspendedId),
    /// Ask the hub what waits in the store: [`crate::sale::Event::BasketsTold`] says it.
    AskBaskets,
    /// Other baskets wait than the screens say.
    ShowWaiting(Vec<SuspendedView>),
    /// Open the cash drawer.
    OpenDrawer,
    /// Print the receipt. The next one follows when this one is out.
    Print {
        /// What stands on it.
        receipt: Arc<Receipt>,
        /// True when it may have been printed before.
        reprint: bool,
    },
    /// Compare the PIN that was typed for this attempt, beside: [`crate::sale::Event::PinChecked`]
    /// says the outcome.
    CheckPin {
        /// Comes back with the outcome.
        attempt: AttemptId,
        /// What the PIN is checked against.
        verifier: PinVerifier,
    },
    /// Print an X or a Z.
    PrintReport {
        /// Its figures.
        report: Arc<Report>,
        /// True when it may have been printed before.
        reprint: bool,
    },
    /// Print a receipt once more, marked as that.
    PrintCopy {
        /// Which.
        receipt: ReceiptNumber,
        /// As it was printed.
        text: String,
    },
    /// Both screens.
    Show(Screen),
    /// The sale has ended: closed, its receipt printed or not, or voided.
    Finished(SaleNumber),
}
