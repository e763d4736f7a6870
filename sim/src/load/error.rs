//! Why a load has no result.

use std::io;

use command_line::Exit;

use crate::store::{folder::FolderError, process::ProcessError};

/// Why there are no figures.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Options that don't go together.
    #[error("{0}")]
    Usage(String),
    /// A disk without syncs says nothing.
    #[error("{folder} is in memory ({kind}): a load needs a disk, name one with --out")]
    InMemory {
        /// Where the run would lie.
        folder: String,
        /// As the system calls it.
        kind: String,
    },
    /// The run's folder can't be made.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// A file of the run can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// A program didn't start, died, or didn't stop.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// What the system tells of a process is not there, or not as it should be.
    #[error("what the system tells of {called} can't be read: {why}")]
    NoFigures {
        /// Which process.
        called: String,
        /// What is missing.
        why: String,
    },
    /// A hub can't be reached.
    #[error("{who} can't be reached: {why}")]
    Unreachable {
        /// Which.
        who: &'static str,
        /// What the connection says.
        why: String,
    },
    /// It did not become ready.
    #[error("{what} within {seconds} s")]
    TooSlow {
        /// What did not happen.
        what: &'static str,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A payment was answered otherwise than a bank that approves everything lets it.
    #[error("lane {lane}: {what}")]
    Answer {
        /// Whose.
        lane: u16,
        /// What came in the place of an approval.
        what: String,
    },
    /// A stream ended, or refused something.
    #[error("lane {lane}: {status}")]
    Stream {
        /// Whose.
        lane: u16,
        /// What the hub says.
        status: Box<tonic::Status>,
    },
    /// A call of an operator was refused.
    #[error("the hub does not {what}: {status}")]
    Refused {
        /// What it was asked to do.
        what: &'static str,
        /// What it says.
        status: Box<tonic::Status>,
    },
    /// The bank does not answer a terminal as it should.
    #[error("the bank: {0}")]
    Bank(String),
    /// A part of the load ended by itself.
    #[error("a lane broke off: {0}")]
    BrokeOff(String),
    /// No runtime.
    #[error("no event loop can be had: {0}")]
    NoRuntime(#[source] io::Error),
}

impl LoadError {
    /// Usage for what the user can put right, unreachable for a program that isn't there, no for
    /// the rest.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) | Self::InMemory { .. } | Self::Folder(_) => Exit::Usage,
            Self::Process(ProcessError::NotStarted { .. } | ProcessError::NotListening { .. })
            | Self::Unreachable { .. }
            | Self::TooSlow { .. } => Exit::Unreachable,
            Self::Process(
                ProcessError::Ended { .. }
                | ProcessError::NotKilled { .. }
                | ProcessError::NotStopped { .. },
            )
            | Self::File { .. }
            | Self::NoFigures { .. }
            | Self::Answer { .. }
            | Self::Stream { .. }
            | Self::Refused { .. }
            | Self::Bank(_)
            | Self::BrokeOff(_)
            | Self::NoRuntime(_) => Exit::No,
        }
    }

    /// What a call of an operator met.
    pub(super) fn refused(what: &'static str) -> impl FnOnce(tonic::Status) -> Self {
        move |status| Self::Refused {
            what,
            status: Box::new(status),
        }
    }

    /// What a stream of a lane met.
    pub(super) fn stream(lane: u16) -> impl Fn(tonic::Status) -> Self {
        move |status| Self::Stream {
            lane,
            status: Box::new(status),
        }
    }
}
