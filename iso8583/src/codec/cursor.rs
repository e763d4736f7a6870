//! Where the decoder stands in a frame, and what it passes over.

use super::error::{DecodeError, FieldPath, Reason};
use crate::hex;
use crate::message::FieldSet;

/// Where the decoder stands.
pub(super) struct Cursor<'a> {
    pub(super) frame: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn left(&self) -> usize {
        self.frame.len().saturating_sub(self.at)
    }

    pub(super) fn take(&mut self, count: usize, field: FieldPath) -> Result<&'a [u8], DecodeError> {
        let taken = self
            .at
            .checked_add(count)
            .and_then(|end| self.frame.get(self.at..end));
        let Some(bytes) = taken else {
            let reason = Reason::Truncated {
                needed: count,
                left: self.left(),
            };
            return Err(DecodeError {
                field,
                offset: self.at,
                reason,
            });
        };
        self.at += count;
        Ok(bytes)
    }
}

/// Which fields have to fit their format, and which of the others did not.
pub(super) struct Tolerance {
    pub(super) strict: FieldSet,
    pub(super) odd: FieldSet,
}

impl Tolerance {
    /// Whether what is wrong with the contents of this field is passed over.
    pub(super) fn takes(tolerance: &mut Option<&mut Self>, field: u8) -> bool {
        match tolerance {
            Some(tolerance) if !tolerance.strict.has(field) => {
                tolerance.odd = tolerance.odd.with(field);
                true
            }
            Some(_) | None => false,
        }
    }
}

/// Lower case is refused: it would not be the same bytes when written again.
pub(super) fn upper_hex(character: u8) -> Option<u8> {
    if character.is_ascii_lowercase() {
        None
    } else {
        hex::value(character)
    }
}
