//! Checks from outside. What they share: where the workspace is, how to start a program, and what a
//! test does with one that runs.

pub mod running;

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The root of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map_or_else(PathBuf::new, Path::to_path_buf)
}

/// A command for one of the workspace's programs, through the multi-call program `under_test`
/// (`env!("CARGO_BIN_EXE_lanekeeper-under-test")` in a test), since cargo builds no other
/// package's programs for a test.
#[must_use]
pub fn program(under_test: &str, name: &str) -> Command {
    let mut command = Command::new(under_test);
    command.arg(name);
    command
}
