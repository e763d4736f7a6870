//! The actors of a lane, and who asks whom.
//!
//! ```text
//!  Keyboard ──┐                          ┌──► CardReader
//!  Scanner ───┼──► TransactionFlow ──────┼──► Printer
//!  screens ───┘      (the checkout)      └──► HubLink ──► Session, Replicate, PriceFile
//! ```
//!
//! Arrows are questions whose answer is awaited outside the handler; there is no circle. What flows
//! the other way is the latest value of something, or leases and acknowledgements that the hub
//! tells again, and never waits: screens (to the scripted people), the hub's keys (to the reader),
//! prices, operators and the store's day (to the flow), how far the lane is (to the link). Only the
//! flow holds money; it is the only one that steps the checkout and writes the journal.

mod backoff;
mod card_reader;
mod flow;
mod hub_link;
mod identify;
mod input;
mod offline_cards;
mod printer;

use domain::{
    ids::{LeaseId, Stan},
    sale::Checkout,
    till::Shift,
    time::BusinessDate,
};

pub(crate) use backoff::Backoff;
pub(crate) use card_reader::CardReader;
pub(crate) use flow::{Fatal, FlowParts, Rest, TransactionFlow};
pub(crate) use hub_link::{FromHub, HubClient, HubLink, LinkParts, hub_client};
pub(crate) use identify::{Asking, Identify, Purpose, ToAllow, Withdraw};
pub(crate) use input::{Keyboard, Press, Scanned, Scanner};
pub(crate) use printer::Printer;

/// How far the lane is: what its status says of sales.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Progress {
    /// Prices are at hand.
    pub(crate) open: bool,
    /// A sale is running.
    pub(crate) selling: bool,
    /// The disk has no room: no new sale is begun.
    pub(crate) no_room: bool,
    /// Since the epoch began.
    pub(crate) sales_closed: u32,
    /// Since the epoch began.
    pub(crate) sales_voided: u32,
    /// Receipts that wait for the printer.
    pub(crate) receipts_owed: usize,
    /// What a hub that lost its journal has to skip.
    pub(crate) last_stan: Option<Stan>,
    pub(crate) last_lease: Option<LeaseId>,
    /// The date of the lane's own frame.
    pub(crate) running_date: Option<BusinessDate>,
    /// Who answers for the drawer, and since when.
    pub(crate) shift: Option<Shift>,
}

impl Progress {
    pub(crate) fn of(checkout: &Checkout, open: bool, no_room: bool) -> Self {
        Self {
            open,
            no_room,
            selling: checkout.sale().is_some(),
            sales_closed: checkout.sales_closed(),
            sales_voided: checkout.sales_voided(),
            receipts_owed: checkout.receipts_owed().len(),
            last_stan: checkout.last_stan(),
            last_lease: checkout.last_lease(),
            running_date: checkout.running_date(),
            shift: checkout.till().shift,
        }
    }

    /// The word for it in a status.
    pub(crate) const fn word(self) -> &'static str {
        match (self.no_room, self.open, self.selling) {
            (true, _, _) => "no-room",
            (false, false, _) => "starting",
            (false, true, false) => "open",
            (false, true, true) => "selling",
        }
    }
}
