//! The journal of a hub that does not run, for the commands of an operator.

use domain::desk::Desk;
use journal::{Journal, LogId, NoRoom, OpenError};

use super::{Exit, Failed, NO, UNREACHABLE};
use crate::{
    config::Config,
    projections::{Books, KeptDates},
    recovery::{self, Replay, ReplayFrom},
    start::{day_config, desk_config, terminals},
};

const READ_RECORDS_MAX: usize = 4096;

/// A journal opened to be read: whoever asks changes no byte of it.
pub(super) struct Stopped {
    pub(super) journal: Journal,
}

/// The desk as its journal tells it.
pub(super) struct StoppedDesk {
    pub(super) desk: Desk,
    pub(super) hub_epoch: u64,
    pub(super) journal_sequence: u64,
    pub(super) no_room: Option<NoRoom>,
}

impl Stopped {
    /// Opens the journal's folder. It must be there: reading creates nothing.
    pub(super) fn open(config: &Config) -> Result<Self, Failed> {
        let folder = &config.journal.folder;
        if !folder.is_dir() {
            let what = format!(
                "no hub answers, and there is no journal at {}",
                folder.display()
            );
            return Err(Failed::new(UNREACHABLE, what));
        }
        let engine = config.journal.engine.open_to_read(folder);
        let journal = engine.and_then(Journal::open_to_read).map_err(|error| {
            let what = format!("journal {}: {error}", folder.display());
            Failed::new(open_code(&error), what)
        })?;
        Ok(Self { journal })
    }

    /// Replays the hub's own log.
    pub(super) fn desk(&self, config: &Config, from: ReplayFrom) -> Result<StoppedDesk, Failed> {
        let recovered = recovery::replay(&Replay {
            journal: &self.journal,
            desk: desk_config(config),
            terminals: &terminals(config),
            from,
        })
        .map_err(|error| Failed::new(NO, error))?;
        Ok(StoppedDesk {
            desk: recovered.desk,
            hub_epoch: recovered.hub_epochs,
            journal_sequence: self.journal.durable_head(LogId::OWN).sequence,
            no_room: self.journal.refuses_new_work(),
        })
    }

    /// All projections.
    pub(super) fn books(&self, config: &Config) -> Result<Books, Failed> {
        let mut books = Books::new(
            config.store.currency,
            config.store.time_zone.clone(),
            day_config(config),
            KeptDates::at(config.projections_folder.clone()),
        );
        books.restore(&self.journal);
        loop {
            let read = books.catch_up(&self.journal, READ_RECORDS_MAX);
            if read.map_err(|error| Failed::new(NO, error))? {
                return Ok(books);
            }
        }
    }
}

/// The exit code of a journal that can't be opened; the same for a lane's.
pub(super) const fn open_code(error: &OpenError) -> Exit {
    match error {
        OpenError::InUse { .. } | OpenError::NoJournal { .. } | OpenError::OtherEngine { .. } => {
            Exit::Usage
        }
        OpenError::Blobs { .. }
        | OpenError::Emptied { .. }
        | OpenError::FilesLost { .. }
        | OpenError::NotAJournal
        | OpenError::Witness(_)
        | OpenError::Damaged(_) => Exit::No,
        OpenError::Engine(_) => Exit::Unreachable,
    }
}
