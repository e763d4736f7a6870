//! The folder of a run: where everything lies, and what may be written there.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// Where captured messages stand in the folder.
pub const CAPTURE: &str = "host/line.jsonl";

/// Files and folders of one run, all under one root.
#[derive(Clone, Debug)]
pub struct RunFolder {
    root: PathBuf,
}

/// Why a folder can't hold a run.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It can't be made or written.
    #[error("the run's folder {folder} can't be written: {source}")]
    Unwritable {
        /// Which.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something is in it already.
    #[error("the run's folder {folder} is not empty")]
    NotEmpty {
        /// Which.
        folder: String,
    },
}

impl RunFolder {
    /// The folder of a run that is there already.
    #[must_use]
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    /// Makes the folder for a new run: the one asked for, which must not hold anything, or the
    /// first free `out/store-NNNN` under the current folder.
    ///
    /// # Errors
    /// A folder that can't be written or isn't empty.
    pub fn create(asked: Option<&Path>) -> Result<Self, FolderError> {
        let root = match asked {
            Some(path) => take(path)?,
            None => first_free(Path::new("out"))?,
        };
        // Children have the run's files given by absolute path.
        let root = root.canonicalize().map_err(unwritable(&root))?;
        Ok(Self { root })
    }

    /// Makes the folders that the programs expect, one set for each lane.
    ///
    /// # Errors
    /// A folder that can't be written.
    pub fn lay_out(&self, lanes: u16) -> Result<(), FolderError> {
        let shared = [self.hub(), self.host(), self.report(), self.logs()];
        let own = (1..=lanes).flat_map(|lane| [self.lane(lane), self.receipts(lane)]);
        for folder in shared.into_iter().chain(own) {
            fs::create_dir_all(&folder).map_err(unwritable(&folder))?;
        }
        Ok(())
    }

    /// Makes one folder of the run, and those above it.
    ///
    /// # Errors
    /// It can't be made.
    pub fn make(&self, path: &Path) -> Result<(), FolderError> {
        fs::create_dir_all(path).map_err(unwritable(path))
    }

    /// Takes away what a lane has written: its card was replaced by one on which nothing is but
    /// what it is set up with.
    ///
    /// # Errors
    /// It can't be taken away.
    pub fn replace_card(&self, lane: u16) -> Result<(), FolderError> {
        let folder = self.lane(lane);
        let set_up_with = ["lane.toml", "script.jsonl"];
        for entry in fs::read_dir(&folder).map_err(unwritable(&folder))? {
            let path = entry.map_err(unwritable(&folder))?.path();
            let stays = set_up_with.iter().any(|name| path.ends_with(name));
            let removed = match (stays, path.is_dir()) {
                (true, _) => Ok(()),
                (false, true) => fs::remove_dir_all(&path),
                (false, false) => fs::remove_file(&path),
            };
            removed.map_err(unwritable(&path))?;
        }
        Ok(())
    }

    /// The price file of a day, from the second on; that of the first is the hub's own.
    #[must_use]
    pub fn prices_of(&self, day: u16) -> PathBuf {
        self.root.join("prices").join(format!("day-{day}.csv"))
    }

    /// Writes one file of the run.
    ///
    /// # Errors
    /// A file that can't be written.
    pub fn write(&self, path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), FolderError> {
        fs::write(path, bytes).map_err(unwritable(path))
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Configuration, script and journal of a lane.
    #[must_use]
    pub fn lane(&self, lane: u16) -> PathBuf {
        self.root.join("lanes").join(lane.to_string())
    }

    /// The lanes that have a folder, by number.
    #[must_use]
    pub fn lanes(&self) -> BTreeSet<u16> {
        let folders = fs::read_dir(self.root.join("lanes"));
        let names = folders.into_iter().flatten().flatten();
        names
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }

    /// What the lane's printer printed.
    #[must_use]
    pub fn receipts(&self, lane: u16) -> PathBuf {
        self.root.join("receipts").join(format!("lane-{lane}"))
    }

    /// How many receipts the printers of these lanes have printed.
    #[must_use]
    pub fn receipts_printed(&self, lanes: &[u16]) -> usize {
        let files = lanes
            .iter()
            .filter_map(|lane| fs::read_dir(self.receipts(*lane)).ok());
        let names = files.flatten().flatten().map(|file| file.file_name());
        let names = names.filter_map(|name| name.into_string().ok());
        names
            .filter(|name| matches!(paper_in(name), Some(Paper::Receipt(_))))
            .count()
    }

    /// Configuration, keys, prices and journal of the hub.
    #[must_use]
    pub fn hub(&self) -> PathBuf {
        self.root.join("hub")
    }

    /// Accounts and ledger of the bank's side.
    #[must_use]
    pub fn host(&self) -> PathBuf {
        self.root.join("host")
    }

    /// The bank's ledger.
    #[must_use]
    pub fn ledger(&self) -> PathBuf {
        self.host().join("ledger.jsonl")
    }

    /// The messages between hub and bank, if the run was asked to write them down.
    #[must_use]
    pub fn capture(&self) -> PathBuf {
        self.root.join(CAPTURE)
    }

    /// Day reports.
    #[must_use]
    pub fn report(&self) -> PathBuf {
        self.root.join("report")
    }

    /// What head office pulled.
    #[must_use]
    pub fn head_office(&self) -> PathBuf {
        self.root.join("head-office")
    }

    /// What the programs wrote on stderr.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// What the customers wanted.
    #[must_use]
    pub fn workload(&self) -> PathBuf {
        self.root.join("workload.jsonl")
    }

    /// How the run was asked for, how it went, and the SHA-256 of what it wrote.
    #[must_use]
    pub fn run_json(&self) -> PathBuf {
        self.root.join("run.json")
    }
}

fn take(path: &Path) -> Result<PathBuf, FolderError> {
    fs::create_dir_all(path).map_err(unwritable(path))?;
    let mut entries = fs::read_dir(path).map_err(unwritable(path))?;
    if entries.next().is_some() {
        let folder = path.display().to_string();
        return Err(FolderError::NotEmpty { folder });
    }
    // A folder that exists may still be read-only.
    let probe = path.join(".probe");
    fs::write(&probe, b"").map_err(unwritable(path))?;
    fs::remove_file(&probe).map_err(unwritable(path))?;
    Ok(path.to_owned())
}

fn first_free(parent: &Path) -> Result<PathBuf, FolderError> {
    fs::create_dir_all(parent).map_err(unwritable(parent))?;
    let mut number = 1_u32;
    loop {
        let folder = parent.join(format!("store-{number:04}"));
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(unwritable(&folder)(error)),
        }
    }
}

fn unwritable(folder: &Path) -> impl FnOnce(io::Error) -> FolderError {
    let folder = folder.display().to_string();
    |source| FolderError::Unwritable { folder, source }
}

/// What a file of a printer's folder holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paper<'name> {
    /// A receipt's own paper, by its number.
    Receipt(&'name str),
    /// Printed once more, at whatever lane.
    Copy(&'name str),
}

/// The text of a receipt in this file of a printer's folder; `None`: it is an X or a Z, or no text.
pub(crate) fn paper_in(file_name: &str) -> Option<Paper<'_>> {
    let name = file_name.strip_suffix(".txt")?;
    if name == "report-x" || name.starts_with("report-z-") {
        return None;
    }
    Some(
        name.strip_prefix("copy-")
            .map_or(Paper::Receipt(name), Paper::Copy),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_a_till_is_no_receipt_and_a_copy_is_of_one() {
        let receipt = Some(Paper::Receipt("1-1-000001"));
        assert_eq!(paper_in("1-1-000001.txt"), receipt);
        let copy = Some(Paper::Copy("1-1-000001"));
        assert_eq!(paper_in("copy-1-1-000001.txt"), copy);
        let smuggled = Some(Paper::Receipt("smuggled"));
        assert_eq!(
            paper_in("smuggled.txt"),
            smuggled,
            "the oracle asks what it is"
        );
        for name in [
            "report-x.txt",
            "report-z-000001.txt",
            "1-1-000001.bin",
            "drawer.pulses",
        ] {
            assert_eq!(paper_in(name), None, "{name}");
        }
    }

    #[test]
    fn a_folder_with_something_in_it_is_not_taken() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("letter"), "dear").unwrap();
        let error = RunFolder::create(Some(home.path())).unwrap_err();
        assert!(matches!(error, FolderError::NotEmpty { .. }), "{error}");
    }

    #[test]
    fn a_new_card_holds_what_a_lane_is_set_up_with() {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::at(home.path());
        folder.lay_out(1).unwrap();
        let lane = folder.lane(1);
        for name in ["lane.toml", "script.jsonl", "seen"] {
            folder.write(&lane.join(name), name).unwrap();
        }
        folder.make(&lane.join("journal/log")).unwrap();
        folder.replace_card(1).unwrap();
        let left = fs::read_dir(&lane).unwrap();
        let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["lane.toml", "script.jsonl"]);
    }

    #[test]
    fn a_path_that_is_a_file_is_not_a_folder() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("letter");
        fs::write(&file, "dear").unwrap();
        let error = RunFolder::create(Some(&file)).unwrap_err();
        assert!(matches!(error, FolderError::Unwritable { .. }), "{error}");
    }

    #[test]
    fn a_new_run_gets_the_first_free_number() {
        let home = tempfile::tempdir().unwrap();
        let parent = home.path().join("out");
        assert!(first_free(&parent).unwrap().ends_with("store-0001"));
        assert!(first_free(&parent).unwrap().ends_with("store-0002"));
    }
}
