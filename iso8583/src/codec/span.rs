//! Where a value lies in a frame.

use crate::message::ByPlace;

/// From its first byte. The frame is at most 65,535 bytes long.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Span {
    pub(super) start: u16,
    pub(super) units: u16,
}

impl Span {
    /// Of fields that aren't there.
    pub(super) const NOWHERES: ByPlace<Self> = [Self { start: 0, units: 0 }; 64];

    #[inline]
    pub(super) fn new(start: usize, units: u16) -> Self {
        let [low, high, ..] = start.to_le_bytes();
        Self {
            start: u16::from_le_bytes([low, high]),
            units,
        }
    }
}
