//! Sees that a run gets on.

/// A run in which nothing moves for so long has failed.
pub const PATIENCE_MS: u64 = 30_000;

/// Remembers what moved last, and when.
#[derive(Debug, Default)]
pub struct Watchdog {
    mark: Vec<u64>,
    moved_ms: u64,
}

impl Watchdog {
    /// Whether the store has stood still for too long. `mark` changes whenever something moves.
    pub fn stands_still(&mut self, at_ms: u64, mark: Vec<u64>) -> bool {
        if mark != self.mark {
            self.mark = mark;
            self.moved_ms = at_ms;
        }
        at_ms.saturating_sub(self.moved_ms) >= PATIENCE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_store_that_does_not_move_stands_still() {
        let mut watchdog = Watchdog::default();
        assert!(!watchdog.stands_still(0, vec![1]));
        assert!(!watchdog.stands_still(29_000, vec![2]));
        assert!(!watchdog.stands_still(58_999, vec![2]));
        assert!(watchdog.stands_still(59_000, vec![2]));
    }
}
