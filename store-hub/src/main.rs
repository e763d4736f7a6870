//! The program `store-hub`.

use std::process::ExitCode;

fn main() -> ExitCode {
    store_hub::run(std::env::args_os())
}
