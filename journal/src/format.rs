//! The format of a journal: the one entry that every journal holds from its first moment.

use crate::engine::Write;
use crate::{Engine, OpenError, key, stored};

/// The value under the format's key: format 1.
const FORMAT: &[u8] = b"lanekeeper journal 1";

/// What a new journal holds from its first moment: an engine's file appears with it, or not at
/// all. So one without it was cut or lost something, and is never new.
pub(crate) fn entry() -> Write {
    let key = key::format();
    let value = stored::encode_keyed(&key, FORMAT);
    Write {
        key,
        value: Some(value),
    }
}

/// Refuses what is no journal of this format.
pub(crate) fn check(engine: &dyn Engine) -> Result<(), OpenError> {
    let key = key::format();
    let known = match engine.get(&key)? {
        Some(stored) => stored::decode_keyed(&key, &stored) == Ok(FORMAT),
        // Its end is lost up to the first record, or a migration was cut short. As a new journal
        // it would give out the first numbers again.
        None => engine.begins_empty() && engine.scan(&[], None, 1)?.is_empty(),
    };
    known.then_some(()).ok_or(OpenError::NotAJournal)
}
