//! `sim load`: how much a real hub carries, beside a ceiling and a floor that are measured in the
//! same run, on the same disk and the same cores.
//!
//! The ceiling is a hub that only echoes (`echo`): the same streams, the same requests, a decision
//! at once. The floor is a file that is only appended to (`floor`). Bank, hub and echo are
//! processes of their own, so the system counts the processor time of each. Ratios are what counts:
//! other work on the machine slows down both sides of one.
//!
//! A figure is believed only if the bank's ledger counts what the lanes were told, and the hub's
//! journal stands its own check afterwards.

mod bank;
mod beside;
mod configuration;
mod disk;
mod echo;
mod error;
mod floor;
mod growth;
mod journal_entries;
mod lane;
mod ledger;
mod options;
mod proc_figures;
mod rig;
mod slice;
mod speed;
mod summary;

pub use echo::{EchoOptions, run_echo};
pub use error::LoadError;
pub use options::LoadOptions;
pub use summary::{Growth, GrowthDay, HubThreads, Loaded, Speed};

use std::io;

use disk::LoadFolder;
use options::Form;

/// Measures what was asked for. What the programs of the run say goes to files of its folder.
///
/// # Errors
/// The disk can't be measured on, a program isn't there, or the load did not come to its end.
pub fn run(options: &LoadOptions) -> Result<Loaded, LoadError> {
    let form = options.form()?;
    let folder = LoadFolder::make(options.out.as_deref())?;
    // Lanes and floor have the cores that the hub leaves them.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(LoadError::NoRuntime)?;
    let loaded = runtime.block_on(async {
        match form {
            Form::Speed(speed) => speed::measure(&folder, &speed).await.map(Loaded::Speed),
            Form::Growth(growth) => growth::measure(&folder, &growth).await.map(Loaded::Growth),
        }
    });
    runtime.shutdown_background();
    loaded
}

/// A file of the run that can't be read or written.
fn file_error(path: &std::path::Path) -> impl FnOnce(io::Error) -> LoadError {
    let path = path.display().to_string();
    |source| LoadError::File { path, source }
}
