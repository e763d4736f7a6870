//! The desk tool.
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the desk tool.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let _ = args;
    ExitCode::SUCCESS
}
