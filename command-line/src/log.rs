//! The log on standard error.
//!
//! What an operator has to act on is `warn` or `error`, and shown without being asked for.

use std::{env, io};

use clap::{Args, ValueEnum};
use tracing_subscriber::{
    Layer,
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::{Exit, Failed, Outcome, say};

/// What is logged when neither the option nor `RUST_LOG` says otherwise.
fn default_filter() -> Targets {
    Targets::new().with_default(LevelFilter::WARN)
}

/// The form of a line of the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One object a line, its fields beside time and level.
    Json,
}

impl LogFormat {
    /// As the option has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
        }
    }
}

/// What is logged, and how; the same options in every program.
#[derive(Args, Clone, Debug, Default)]
pub struct LogOptions {
    /// What to log on stderr: error, warn, info, debug, trace, or a filter; without it RUST_LOG,
    /// else warn
    #[arg(long, global = true, value_name = "LEVEL")]
    log: Option<String>,
    /// How a line of the log is written
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value = "text"
    )]
    log_format: LogFormat,
}

impl LogOptions {
    /// How a line is written: a program that starts others passes it on.
    #[must_use]
    pub const fn format(&self) -> LogFormat {
        self.log_format
    }

    /// Starts the log of this process.
    ///
    /// # Errors
    /// `--log` is no filter.
    pub fn start(&self) -> Outcome {
        let filter = match &self.log {
            Some(filter) => filter
                .parse()
                .map_err(|error| Failed::new(Exit::Usage, format!("--log {filter}: {error}")))?,
            None => env::var("RUST_LOG")
                .ok()
                .and_then(|filter| filter.parse().ok())
                .unwrap_or_else(default_filter),
        };
        let lines = fmt::layer().with_writer(io::stderr).with_ansi(false);
        let lines = match self.log_format {
            LogFormat::Text => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let log = tracing_subscriber::registry().with(filter).with(lines);
        let started = log.try_init();
        if started.is_err() {
            // A second program in the same process, as in a test, keeps the first one's log.
            tracing::debug!(event = "log is there already");
        }
        Ok(())
    }

    /// The last line of a command that failed. In a log of objects it is one, too.
    pub(crate) fn tell(&self, program: &str, failed: &Failed) {
        let is_logged = tracing::enabled!(tracing::Level::ERROR);
        match self.log_format {
            LogFormat::Json if is_logged => {
                tracing::error!(
                    event = "failed",
                    exit = failed.exit.code(),
                    what = failed.what
                );
            }
            LogFormat::Json | LogFormat::Text => say(&format!("{program}: {}", failed.what)),
        }
    }
}
