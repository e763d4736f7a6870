//! Store and forward: what must reach the bank whatever happens, and the only three ways out.

mod entry;

pub use entry::{Forward, ForwardEnd, ForwardKind, Resolution};
