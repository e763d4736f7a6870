//! What the command lines of all programs have in common: the log, answers as text or JSON, exit
//! codes, the end at a signal, and asking a hub over the network.
//!
//! Data goes to standard output, and nothing else does; everything for people goes to standard
//! error. A command that fails prints one sentence and exits with one of the codes of [`Exit`].
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod answer;
mod clock;
pub mod example;
mod exit;
mod log;
mod peer;
mod program;
mod secret;
mod stop;

pub use answer::{Output, faults_as_json, print, print_json};
pub use clock::clock;
pub use exit::{Exit, Failed, Outcome, with_sources};
pub use log::{LogFormat, LogOptions};
pub use peer::{Peer, answered};
pub use program::{abort_on_panic, completions, ended, parsed, say};
pub use secret::{ask_secret, asks_a_person};
pub use stop::{StopSignals, asked_to_stop};
