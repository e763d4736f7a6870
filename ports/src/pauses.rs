//! Pauses between tries to reach somebody: doubling, half of each by chance, so that those who lost
//! the same peer don't come back all at once.

use std::time::Duration;

/// From the first pause to the longest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pauses {
    /// After the first try.
    pub first: Duration,
    /// At most.
    pub longest: Duration,
}

impl Pauses {
    /// The pause after so many tries: half to all of what is due; none before the first.
    #[must_use]
    pub fn after(&self, tries: u32, random: u64) -> Duration {
        let Some(doublings) = tries.checked_sub(1) else {
            return Duration::ZERO;
        };
        let factor = 2_u32.saturating_pow(doublings.min(16));
        let full = self.first.saturating_mul(factor).min(self.longest);
        let half_ms = u64::try_from(full.as_millis() / 2).unwrap_or(u64::MAX);
        let by_chance = random % half_ms.saturating_add(1);
        Duration::from_millis(half_ms.saturating_add(by_chance).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_half_of_each_is_chance() {
        let pauses = Pauses {
            first: Duration::from_millis(100),
            longest: Duration::from_millis(3_000),
        };
        assert_eq!(pauses.after(0, 7), Duration::ZERO);
        for (tries, half) in [(1, 50), (2, 100), (5, 800), (6, 1_500), (u32::MAX, 1_500)] {
            assert_eq!(pauses.after(tries, 0).as_millis(), half, "{tries}");
            assert_eq!(
                pauses.after(tries, half as u64).as_millis(),
                2 * half,
                "{tries}"
            );
        }
    }
}
