//! The store-and-forward queue: what must reach the host whatever happens.

mod carry_over;
mod dead_letter;
mod fact;
mod forwarding;

pub use carry_over::Silent;
pub use fact::ForwardFact;
pub(crate) use forwarding::Sent;
