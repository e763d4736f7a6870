//! A program from its arguments to its exit code.

use std::{
    ffi::OsString,
    io::{self, Write},
    panic,
    process::{self, ExitCode},
};

use clap::{CommandFactory, Parser};
use clap_complete::Shell;

use crate::{Exit, Failed, LogOptions, Outcome, print};

/// The options of a command line, or the code to end with: help and version go to standard output
/// with 0, faults to standard error with 2.
///
/// # Errors
/// Nothing is left to do but to end with that code.
pub fn parsed<T: Parser>(args: impl IntoIterator<Item = OsString>) -> Result<T, ExitCode> {
    T::try_parse_from(args).map_err(|error| {
        // Nobody to tell when even this fails.
        let _unprinted = error.print();
        match error.use_stderr() {
            true => Exit::Usage.into(),
            false => Exit::Done.into(),
        }
    })
}

/// Starts the log, runs the command, tells its failure, and gives the code to end with.
pub fn ended<T: Into<Exit>>(
    program: &str,
    log: &LogOptions,
    command: impl FnOnce() -> Result<T, Failed>,
) -> ExitCode {
    match log.start().and_then(|()| command()) {
        Ok(exit) => exit.into().into(),
        Err(failed) => {
            log.tell(program, &failed);
            failed.exit.into()
        }
    }
}

/// The completions of a program for a shell, on standard output.
///
/// # Errors
/// They can't be written.
pub fn completions<T: CommandFactory>(program: &str, shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut T::command(), program, &mut script);
    print(&String::from_utf8_lossy(&script))
}

/// A line for people on standard error.
pub fn say(line: &str) {
    // Nobody to tell when standard error is closed.
    let _unprinted = writeln!(io::stderr(), "{line}");
}

/// A panic ends the process: half a program would go on from a state that nobody knows. The service
/// manager starts it again, and a start replays.
pub fn abort_on_panic(program: &'static str) {
    panic::set_hook(Box::new(move |panic| {
        tracing::error!(event = "panic", %panic);
        say(&format!("{program}: {panic}"));
        process::abort();
    }));
}
