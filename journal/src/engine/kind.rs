//! The engines on real disks, by the names that configuration files use and by their files.

use std::path::Path;
use std::{fmt, str};

/// An engine that keeps a journal in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EngineKind {
    /// sled 0.34.7.
    Sled,
    /// redb 4.
    Redb,
}

/// No engine has this name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no engine; known: sled, redb")]
pub struct UnknownEngine(String);

impl EngineKind {
    /// All of them.
    pub const ALL: [EngineKind; 2] = [EngineKind::Sled, EngineKind::Redb];

    /// The name in configuration files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            EngineKind::Sled => "sled",
            EngineKind::Redb => "redb",
        }
    }

    /// The engine whose files lie in a folder, if there are any.
    pub fn of_folder(folder: &Path) -> Option<EngineKind> {
        EngineKind::ALL.into_iter().find(|kind| kind.is_in(folder))
    }

    /// The file that holds what it stores.
    pub(super) const fn data_file(self) -> &'static str {
        match self {
            // Sled's log: the one file whose sync makes a commit durable.
            EngineKind::Sled => "db",
            EngineKind::Redb => "journal.redb",
        }
    }

    pub(super) fn is_in(self, folder: &Path) -> bool {
        folder.join(self.data_file()).is_file()
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl str::FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<EngineKind, UnknownEngine> {
        let named = |kind: &EngineKind| kind.name() == name;
        EngineKind::ALL
            .into_iter()
            .find(named)
            .ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_is_found_by_its_name() {
        for kind in EngineKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        let unknown = "tape".parse::<EngineKind>().unwrap_err();
        assert_eq!(
            unknown.to_string(),
            "\"tape\" is no engine; known: sled, redb"
        );
    }
}
