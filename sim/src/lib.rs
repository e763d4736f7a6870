//! Real actors in a fake world, and a store day with real processes.
//!
//! - [`workload`]: what customers buy and how they pay, out of a seed.
//! - [`acquirer_link`]: the acquirer link, which can be cut, can lose an answer and can keep one
//!   back.
//! - [`store`]: `sim store`, a day with real processes.
//! - [`by_hand`]: the same programs with people in the place of the script.
//! - [`load`]: `sim load`, how much a real hub carries, and what it costs on a later day.
//! - [`oracle`]: whether the money of a run is right.
//! - [`audit`]: the same again, over a finished run's folder.
//! - [`world`]: the same programs on virtual time; `sim twice` runs a seed of it twice.
//! - [`sweep`]: a host stopped at every port call of a payment's life, in worlds of that kind.
//!
//! Architecture invariant: the oracle calls none of the money code it judges.

pub mod acquirer_link;
pub mod audit;
pub mod by_hand;
mod cli;
pub mod load;
pub mod oracle;
pub mod store;
pub mod sweep;
mod twice;
pub mod workload;
pub mod world;

use std::{
    ffi::{OsStr, OsString},
    path::Path,
    process::ExitCode,
};

/// Runs `sim`, or the store's program that is named: by the first argument, or by the name this
/// program is called by. So one build is a whole store.
///
/// Exit codes: 0 done and true, 1 done and the answer is no, 2 usage or configuration, 3 a program
/// could not be reached.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut arguments: Vec<OsString> = args.into_iter().collect();
    let called_as = arguments.first().and_then(|name| program_of(name));
    let named = arguments.get(1).and_then(|name| program_of(name));
    // By its own name as the first argument it is reached under any name.
    if arguments.get(1).is_some_and(|name| name == "sim") {
        arguments.remove(1);
    }
    match (called_as, named) {
        (Some(program), _) => program(arguments),
        (None, Some(program)) => {
            arguments.remove(0);
            program(arguments)
        }
        (None, None) => cli::run(arguments),
    }
}

type Program = fn(Vec<OsString>) -> ExitCode;

fn program_of(name: &OsStr) -> Option<Program> {
    match Path::new(name).file_name()?.to_str()? {
        "acquirer-host" => Some(acquirer_host::run),
        "store-hub" => Some(store_hub::run),
        "lane-agent" => Some(lane_agent::run),
        "head-office" => Some(head_office::run),
        _ => None,
    }
}
