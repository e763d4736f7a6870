//! A payment at the hub: asked for, decided, and what its lane says became of it.

mod completed;
mod deciding;
mod fact;
mod requested;

pub use fact::PaymentFact;
