//! What a lane sells: one basket after the other, and the tenders that pay for it.
//!
//! Decides: what a basket costs, which tender takes what, when a sale is closed, which number its
//! receipt gets, which date it belongs to, what both screens say. Never: reads a card, asks the
//! hub, prints or waits; and never counts a payment as paid that the hub has not approved. Keeps
//! I3, I6, I12, I19 and I20.
//!
//! ```text
//! Open ─► Scanning ─► Total ─► Tendering ◄────────────────┐ declined, unknown, abandoned,
//!                                │    │                    │ refused, partial: next tender
//!                                │    └─ card: Arm ─► Intended ─► Decided
//!                                └─ cash ──────► Closed ─► Printed ─► next sale
//! ```
//!
//! Start-up is replay: [`Checkout::replay`] every record, then [`Event::Recovered`]. A basket goes
//! on, a payment without a decision is given up, a receipt that may not have been printed is
//! printed.

mod checkpoint;
mod closing;
mod day_ends;
mod day_heard;
mod effect;
mod event;
mod frame;
mod lease;
mod machine;
mod payment;
mod prompt;
mod reasons;
mod receipt;
mod record;
mod scanning;
mod state;
mod tendering;
#[cfg(test)]
mod tests;
mod wall_time;

pub use checkpoint::CheckoutCheckpoint;
pub use day_ends::DayEnds;
pub use effect::Effect;
pub use event::{Event, PricedItem, Rejected};
pub use machine::{Checkout, CheckoutConfig};
pub use prompt::{BasketView, LineView, Prompt, Screen};
pub use reasons::{AbandonReason, LeaseReturnReason, TenderKind};
pub use receipt::{Heading, Receipt, ReceiptLine, ReceiptStyle};
pub use record::{MarkedBy, SaleFact, SaleRecord};
pub use state::{CardTender, Closing, FailedCard, Line, PendingPayment, Sale, Tender};
pub use wall_time::{civil_date, date_and_time, midnight};
