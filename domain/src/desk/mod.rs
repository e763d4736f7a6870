//! The payment desk of a store: all payments, all terminals, the store-and-forward queue, as one
//! machine, because one commit must cover what happens to all three.
//!
//! Decides: what is sent to the bank and when, what a lane is told, what goes into the queue.
//! Never: sends, writes or waits. Keeps I4–I10, I13, I19.

mod effect;
mod event;
mod record;

pub use effect::{Alarm, Effect, Financial, Outgoing};
pub use event::Event;
pub use record::DeskRecord;
