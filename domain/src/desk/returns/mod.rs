//! Goods that come back: the hub takes what is left of a line and of its payment in one commit,
//! across lanes and days, before the return may be closed (I13).

mod fact;
mod part;
mod reserving;

pub use fact::{Released, ReturnFact};
pub use part::{OwedToCard, Reservation, ReturnsPart, TakenOf};
pub use reserving::{ReturnAsk, ReturnClosed};
