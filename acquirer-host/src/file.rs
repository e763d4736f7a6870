//! Reading the TOML files of a host. An error names file and line and never shows the line, since
//! accounts and keys files hold what must not reach a log.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// Why a file of the host can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("can't read {path}: {reason}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// What is wrong, and where.
    #[error("{path}{}: {fault}", line_suffix(.line))]
    Faulty {
        /// Which.
        path: PathBuf,
        /// Line, from 1, if known.
        line: Option<usize>,
        /// What is wrong; never the content.
        fault: String,
    },
}

fn line_suffix(line: &Option<usize>) -> String {
    line.map(|line| format!(", line {line}"))
        .unwrap_or_default()
}

pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    fs::read_to_string(path).map_err(|reason| FileError::Unreadable {
        path: path.to_owned(),
        reason,
    })
}

/// Parses TOML into `T`; `path` is for the error only.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, FileError> {
    toml::from_str(text).map_err(|error| FileError::Faulty {
        path: path.to_owned(),
        line: error.span().map(|span| line_of(text, span.start)),
        fault: harmless(error.message()),
    })
}

pub(crate) fn faulty(path: &Path, fault: String) -> FileError {
    FileError::Faulty {
        path: path.to_owned(),
        line: None,
        fault,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or_default();
    before
        .iter()
        .filter(|byte| **byte == b'\n')
        .count()
        .saturating_add(1)
}

/// Parser messages that quote a value are replaced: the value may be a card number or a key.
fn harmless(message: &str) -> String {
    let quotes_no_value = [
        "unknown field",
        "missing field",
        "duplicate key",
        "behaviour is",
        "a time of day is",
    ];
    if quotes_no_value
        .iter()
        .any(|start| message.starts_with(start))
    {
        message.to_owned()
    } else {
        "not what may stand here".to_owned()
    }
}
