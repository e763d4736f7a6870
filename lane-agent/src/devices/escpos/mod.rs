//! ESC/POS: what a receipt is in bytes, and a printer that takes them over a line.

mod commands;
mod driver;
mod link;
mod status;
#[cfg(test)]
mod tests;

pub(super) use commands::{drawer_pulse, encode};
pub use driver::{DrawerSensor, EscPosPrinter};
