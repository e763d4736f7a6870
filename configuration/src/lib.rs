//! Reads a TOML file of a program: every fault of the file at once, each with its line and its key.
//!
//! A program says what it expects of each [`Section`], key by key; what nobody asked for is a
//! fault, named with the nearest key that is known there. A value that may be a key or a card
//! number is read with [`Section::hidden`] and never shown.
//!
//! Must never: stop at the first fault, show the text of a file in an error, or know what any
//! program's keys mean.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        reason = "a test may stop at the first surprise"
    )
)]

mod clock;
mod fault;
mod file;
mod section;
mod syntax;
mod value;

pub use clock::{ClockConfig, read_clock};
pub use fault::{Fault, FileError};
pub use file::{parse, read_file};
pub use section::Section;
pub use value::{is_host_and_port, read_duration};
