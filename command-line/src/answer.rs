//! What a command answers on standard output.

use std::{
    io::{self, Write},
    path::Path,
};

use clap::ValueEnum;
use configuration::Fault;
use serde_json::{Value, json};

use crate::{Exit, Failed, Outcome};

/// How an answer is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum Output {
    /// Lines for people.
    #[default]
    Text,
    /// One object.
    Json,
}

/// Writes data to standard output; a reader that has gone away is no fault.
///
/// # Errors
/// It can't be written.
pub fn print(text: &str) -> Outcome {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            let what = format!("the answer can't be written: {error}");
            Err(Failed::new(Exit::Unreachable, what))
        }
    }
}

/// Writes one object.
///
/// # Errors
/// It can't be written.
pub fn print_json(value: &Value) -> Outcome {
    print(&format!("{value:#}\n"))
}

/// Faults of a file as they stand in an answer.
#[must_use]
pub fn faults_as_json(file: &Path, faults: &[Fault]) -> Vec<Value> {
    let file = file.display().to_string();
    let row = |fault: &Fault| {
        json!({
            "file": file,
            "line": fault.line,
            "key": fault.key,
            "reason": fault.reason,
        })
    };
    faults.iter().map(row).collect()
}
