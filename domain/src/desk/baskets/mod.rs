//! Baskets that wait for their customers, over all lanes: which machine has each, as the journals
//! tell it, and who is given one.
//!
//! Decides: who may take a basket up that waits on another lane. Never: gives one away itself while
//! the machine that has it may still take it up. That machine writes first that it hands the basket
//! over, and its journal is the answer.

mod fact;
mod handing_out;
mod part;

pub use fact::SuspendedFact;
pub use handing_out::{BasketAsk, BasketAt};
pub use part::{BasketsPart, Holder, TakenUp, WaitingBasket};
