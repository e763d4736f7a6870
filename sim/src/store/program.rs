//! Which file the store's programs are started from: the one that runs.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
};

use tokio::process::Command;

/// On Linux the running program itself, even when its file has been replaced by a newer build in
/// the middle of a run: all programs of a run are of one build.
const RUNNING: &str = "/proc/self/exe";

/// A command that starts the store's program of this name.
///
/// # Errors
/// The system doesn't tell which program runs.
pub(super) fn command(name: impl AsRef<OsStr>) -> io::Result<Command> {
    let known_as = std::env::current_exe()?;
    let running = Path::new(RUNNING);
    let file = match running.exists() {
        true => running.to_owned(),
        false => PathBuf::from(&known_as),
    };
    let mut command = Command::new(file);
    command.arg0(known_as).arg(name);
    Ok(command)
}
