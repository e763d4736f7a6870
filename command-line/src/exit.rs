//! How a command ended.

use std::{error::Error, fmt::Display, process::ExitCode};

/// The exit codes of all programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    /// Done, and true.
    Done,
    /// Done, and the answer is no: a check failed, an invariant broke, nothing was found.
    No,
    /// Usage or configuration: called with other words or another file it would work.
    Usage,
    /// A peer or a device could not be reached.
    Unreachable,
    /// Refused by a rule or a right.
    Refused,
}

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::Refused => 4,
        }
    }
}

impl From<()> for Exit {
    fn from((): ()) -> Self {
        Self::Done
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A command that did not succeed: the sentence for standard error, and the exit code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failed {
    /// How the process ends.
    pub exit: Exit,
    /// What a person reads; never a card, a PIN or a key.
    pub what: String,
}

impl Failed {
    /// With this code and this sentence.
    pub fn new(exit: Exit, what: impl Display) -> Self {
        Self {
            exit,
            what: what.to_string(),
        }
    }
}

/// What a command comes to.
pub type Outcome = Result<(), Failed>;

/// An error with all that led to it.
#[must_use]
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
