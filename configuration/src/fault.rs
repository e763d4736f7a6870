//! What is wrong with a file.

use std::{
    cell::RefCell,
    fmt, io,
    path::{Path, PathBuf},
};

/// One thing that is wrong, with its line and its key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Line of the file, from 1. Where a key is missing: the line its section begins on.
    pub line: usize,
    /// Where, as in `acquirer.answer_timeout` or `terminal[2].lane`; empty: the file as a whole.
    pub key: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "line {}: {}", self.line, self.reason),
            key => write!(f, "line {}: {key}: {}", self.line, self.reason),
        }
    }
}

/// Collects the faults of a whole file.
#[derive(Default, Debug)]
pub(crate) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    pub(crate) fn add(&self, line: usize, key: String, reason: String) {
        self.0.borrow_mut().push(Fault { line, key, reason });
    }

    /// In the order of the file.
    pub(crate) fn into_sorted(self) -> Vec<Fault> {
        let mut faults = self.0.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults
    }
}

/// Why a file can't be used. The text of several faults has one a line.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("can't read {}: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// All that is wrong with it.
    #[error("{}", listed(path, faults))]
    Faults {
        /// Which.
        path: PathBuf,
        /// At least one.
        faults: Vec<Fault>,
    },
}

impl FileError {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. } | Self::Faults { path, .. } => path,
        }
    }

    /// As faults, for a program that answers with a list: a file that can't be read is one.
    #[must_use]
    pub fn into_faults(self) -> Vec<Fault> {
        match self {
            Self::Faults { faults, .. } => faults,
            Self::Unreadable { .. } => vec![Fault {
                line: 1,
                key: String::new(),
                reason: self.to_string(),
            }],
        }
    }
}

fn listed(path: &Path, faults: &[Fault]) -> String {
    let lines: Vec<String> = faults
        .iter()
        .map(|fault| format!("{}, {fault}", path.display()))
        .collect();
    lines.join("\n")
}
