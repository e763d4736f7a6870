//! `sim`: a store day with real processes, and its audit.

use std::process::ExitCode;

fn main() -> ExitCode {
    sim::run(std::env::args_os())
}
