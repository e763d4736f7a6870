//! What a lane that was killed was in the middle of, by its journal.

use crate::{
    oracle::{
        journals::{Logs, Owner},
        lane_book::LaneBook,
        verdict::Verdict,
    },
    store::folder::RunFolder,
};

/// A sale that was neither closed nor voided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSale {
    /// The customer it is for.
    pub order: String,
    /// Lines rung up.
    pub lines: usize,
    /// Whether a payment was asked for and not decided.
    pub payment_in_flight: bool,
}

/// The sale that stands open in the journal of a lane that is not running; none, too, when the
/// journal can't be read, which the audit of the run finds.
#[must_use]
pub fn open_sale(folder: &RunFolder, lane: u16) -> Option<OpenSale> {
    // What is wrong with the journal now is wrong with it at the end of the run.
    let mut verdict = Verdict::default();
    let logs = Logs::read(folder, Owner::Lane(lane), &mut verdict);
    let book = LaneBook::tell(lane, &logs.lane_records(lane, &mut verdict));
    let mut open = book.sales.values().filter(|sale| sale.is_open());
    open.next_back().map(|sale| OpenSale {
        order: sale.order.clone(),
        lines: sale.lines.len(),
        payment_in_flight: sale.waits_for_decision(),
    })
}
