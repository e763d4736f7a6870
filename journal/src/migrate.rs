//! Moving a journal from one engine to another: every log, the keyed state, the side table.
//!
//! The format's key is written last. A migration that was cut short leaves something that does not
//! open as a journal, never one that opens with a part of its records.

use crate::engine::{Pair, SCAN_PAIRS, Write};
use crate::{Engine, EngineError, Hash, OpenError, VerifyError, VerifyReport};
use crate::{archived, key, verify_engine};

/// Why a journal was not moved. The one that was to be moved is as it was.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// What is to be moved can't be trusted: repair it first.
    #[error("the journal to move cannot be trusted")]
    Source(#[source] VerifyError),
    /// There is no journal to move.
    #[error("there is nothing to move")]
    Nothing,
    /// The target holds something already.
    #[error("the target is not empty")]
    NotEmpty,
    /// The journal has sealed segments, and the target's engine has no place for them.
    #[error("the target keeps no sealed segments")]
    NoArchive,
    /// What arrived can't be trusted.
    #[error("what arrived cannot be trusted")]
    Target(#[source] VerifyError),
    /// What arrived is sound in itself and is not what left.
    #[error("what arrived is not what left: {left} became {arrived}")]
    Different {
        /// Hash over all keys and values of the source.
        left: Hash,
        /// The same of the target.
        arrived: Hash,
    },
    /// An engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// What a migration moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MigrateReport {
    /// What verification says of the target, and said of the source.
    pub verified: VerifyReport,
    /// BLAKE3 over all keys and values, equal on both sides.
    pub content: Hash,
    /// Keys moved.
    pub keys: u64,
}

/// Moves a journal that nobody runs into an empty engine: verifies it, copies it, makes it durable,
/// verifies the copy, and compares both. The source stays as it is.
///
/// # Errors
/// See [`MigrateError`]. After an error the target holds nothing that opens as a journal, unless
/// the error says that it was compared and found different: remove its folder.
pub fn migrate(from: &dyn Engine, to: &dyn Engine) -> Result<MigrateReport, MigrateError> {
    if !is_empty(to)? {
        return Err(MigrateError::NotEmpty);
    }
    let verified = verify_engine(from).map_err(MigrateError::Source)?;
    let format = key::format();
    let Some(format_value) = from.get(&format)? else {
        return Err(MigrateError::Nothing);
    };
    // A new engine is made with it. From now on the target opens as no journal.
    to.write(&[Write {
        key: format.clone(),
        value: None,
    }])?;
    to.sync()?;
    copy_segments(from, to)?;
    let mut left = Content::new();
    each_step(from, &mut |pairs| {
        left.add(&pairs);
        let moved = pairs.into_iter().filter(|(key, _)| *key != format);
        to.write(&moved.map(write).collect::<Vec<_>>())?;
        to.sync()
    })?;
    if let Some(witness) = from.witness()? {
        to.set_witness(&witness)?;
    }
    to.write(&[write((format, format_value))])?;
    to.sync()?;
    let arrived = verify_engine(to).map_err(MigrateError::Target)?;
    let content = compare(to, &left)?;
    match arrived == verified {
        true => Ok(MigrateReport {
            verified,
            content,
            keys: left.keys,
        }),
        false => Err(MigrateError::Target(OpenError::NotAJournal.into())),
    }
}

fn is_empty(engine: &dyn Engine) -> Result<bool, EngineError> {
    let no_segments = match engine.archive() {
        Some(archive) => archive.names()?.is_empty(),
        None => true,
    };
    let pairs = engine.scan(&[], None, 2)?;
    let holds_nothing = pairs.iter().all(|(key, _)| *key == key::format());
    Ok(no_segments && holds_nothing && engine.witness()?.is_none())
}

/// Segments move as they are. Verifying the target holds each against its checksum and the chain.
fn copy_segments(from: &dyn Engine, to: &dyn Engine) -> Result<(), MigrateError> {
    let Some(source) = from.archive() else {
        return Ok(());
    };
    for log in archived::logs(from)? {
        let entries = archived::entries(from, log);
        for entry in entries.map_err(|error| MigrateError::Source(error.into()))? {
            let target = to.archive().ok_or(MigrateError::NoArchive)?;
            target.copy_from(source, entry.name)?;
        }
    }
    Ok(())
}

fn write((key, value): Pair) -> Write {
    Write {
        key,
        value: Some(value),
    }
}

/// Both sides hold the same keys with the same values.
fn compare(to: &dyn Engine, left: &Content) -> Result<Hash, MigrateError> {
    let mut arrived = Content::new();
    each_step(to, &mut |pairs| {
        arrived.add(&pairs);
        Ok(())
    })?;
    let (left, arrived) = (left.hash(), arrived.hash());
    match left == arrived {
        true => Ok(arrived),
        false => Err(MigrateError::Different { left, arrived }),
    }
}

fn each_step(
    engine: &dyn Engine,
    take: &mut dyn FnMut(Vec<Pair>) -> Result<(), EngineError>,
) -> Result<(), EngineError> {
    let mut from = Vec::new();
    loop {
        let pairs = engine.scan(&from, None, SCAN_PAIRS)?;
        let Some((last, _)) = pairs.last() else {
            return Ok(());
        };
        from.clone_from(last);
        from.push(0);
        take(pairs)?;
    }
}

/// A hash over keys and values, each with its length before it.
struct Content {
    hasher: blake3::Hasher,
    keys: u64,
}

impl Content {
    fn new() -> Content {
        Content {
            hasher: blake3::Hasher::new(),
            keys: 0,
        }
    }

    fn add(&mut self, pairs: &[Pair]) {
        for (key, value) in pairs {
            self.keys = self.keys.saturating_add(1);
            for bytes in [key, value] {
                let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                self.hasher.update(&length.to_be_bytes()).update(bytes);
            }
        }
    }

    fn hash(&self) -> Hash {
        Hash(self.hasher.finalize().into())
    }
}
