//! Who works in the store: kept by the hub, told to its lanes.
//!
//! A change is one commit: its record, the keyed state of whom it is about, and what checks their
//! PIN, which lies in the journal's side table, where another one takes its place. Lanes hear of a
//! list once it is durable. Must never: let what checks a PIN into a record, a log, an error or an
//! answer to anybody but a lane.

mod entry;
mod file;
mod first;
mod store;

pub(crate) use entry::Rebuilt;
pub(crate) use file::{FirstPin, OperatorRow, read_rows};
pub(crate) use first::{read_first, take_first};
pub use store::OperatorsError;
pub(crate) use store::{Asked, HubOrder, OperatorStore, Ordered};
