//! The actors of a lane, and who asks whom.
//!
//! ```text
//!  Keyboard ──┐                          ┌──► CardReader
//!             ├──► TransactionFlow ──────┼──► Printer
//!  Scanner ───┘      (the checkout)      └──► HubLink ──► Session, Replicate, PriceFile
//! ```
//!
//! Arrows are questions whose answer is awaited outside the handler; there is no circle. What flows
//! the other way is the latest value of something, or leases and acknowledgements that the hub
//! tells again, and never waits: screens (to the scripted
//! people), the hub's keys (to the reader), prices (to the flow), how far the lane is (to the
//! link). Only the flow holds money; it is the only one that steps the checkout and writes
//! the journal.

mod backoff;
mod card_reader;
mod flow;
mod hub_link;
mod input;
mod offline_cards;
mod printer;

use domain::{
    ids::{LeaseId, Stan},
    sale::Checkout,
};

pub(crate) use card_reader::CardReader;
pub(crate) use flow::{Fatal, FlowParts, TransactionFlow};
pub(crate) use hub_link::{FromHub, HubLink, LinkParts};
pub(crate) use input::{Keyboard, Scanner};
pub(crate) use printer::Printer;

/// How far the lane is: what its status says of sales.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    /// Prices are at hand.
    pub(crate) open: bool,
    /// A sale is running.
    pub(crate) selling: bool,
    /// Since the epoch began.
    pub(crate) sales_closed: u32,
    /// Since the epoch began.
    pub(crate) sales_voided: u32,
    /// What a hub that lost its journal has to skip.
    pub(crate) last_stan: Option<Stan>,
    pub(crate) last_lease: Option<LeaseId>,
}

impl Progress {
    pub(crate) const fn of(checkout: &Checkout, open: bool) -> Self {
        Self {
            open,
            selling: checkout.sale().is_some(),
            sales_closed: checkout.sales_closed(),
            sales_voided: checkout.sales_voided(),
            last_stan: checkout.last_stan(),
            last_lease: checkout.last_lease(),
        }
    }

    /// The word for it in a status.
    pub(crate) const fn word(self) -> &'static str {
        match (self.open, self.selling) {
            (false, _) => "starting",
            (true, false) => "open",
            (true, true) => "selling",
        }
    }
}
