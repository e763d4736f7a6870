//! The program `head-office`.

use std::process::ExitCode;

fn main() -> ExitCode {
    head_office::run(std::env::args_os())
}
