//! The `acquirer-host` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    acquirer_host::run(std::env::args_os())
}
