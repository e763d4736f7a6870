//! A program of the store that is started, does one thing, and ends: what a person would type.

use std::{ffi::OsStr, process::Stdio, time::Duration};

use tokio::time::timeout;

use crate::store::program;

const TIMEOUT: Duration = Duration::from_secs(60);

/// Why a program didn't do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum ErrandError {
    /// It can't be started.
    #[error("{program} can't be started: {source}")]
    NotStarted {
        /// Which, with its command.
        program: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// It said no.
    #[error("{program} failed ({status}): {said}")]
    Failed {
        /// Which, with its command.
        program: String,
        /// Its exit status.
        status: String,
        /// What it wrote on stderr.
        said: String,
    },
    /// It takes too long.
    #[error("{program} took longer than {seconds} s")]
    TooLong {
        /// Which, with its command.
        program: String,
        /// How long it was waited for.
        seconds: u64,
    },
}

/// Starts a program with its command and further arguments, and waits until it has ended well.
///
/// # Errors
/// It can't be started, fails, or takes too long.
pub(super) async fn send(
    program: &str,
    command: &[&str],
    arguments: &[&OsStr],
) -> Result<(), ErrandError> {
    send_within(TIMEOUT, program, command, arguments).await
}

/// As [`send`], with a time of the caller's.
///
/// # Errors
/// As [`send`].
pub(crate) async fn send_within(
    limit: Duration,
    program: &str,
    command: &[&str],
    arguments: &[&OsStr],
) -> Result<(), ErrandError> {
    let called = || format!("{program} {}", command.join(" "));
    let not_started = |source| ErrandError::NotStarted {
        program: called(),
        source,
    };
    let output = program::command(program)
        .map_err(not_started)?
        .args(command)
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(limit, output)
        .await
        .map_err(|_| ErrandError::TooLong {
            program: called(),
            seconds: limit.as_secs(),
        })?
        .map_err(not_started)?;
    match output.status.success() {
        true => Ok(()),
        false => Err(ErrandError::Failed {
            program: called(),
            status: output.status.to_string(),
            said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        }),
    }
}
