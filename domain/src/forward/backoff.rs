//! The pause before a repeat: it doubles with each try, up to a longest one, and is jittered so
//! that the terminals of a store don't come back all at once.

/// Milliseconds to wait after try number `tries` (from 1): between half and all of the doubled
/// pause, by `random`.
#[must_use]
pub fn backoff_ms(tries: u32, min_ms: u64, max_ms: u64, random: u64) -> u64 {
    let doublings = tries.saturating_sub(1).min(32);
    let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
    let pause_ms = min_ms.saturating_mul(factor).min(max_ms).max(1);
    let half_ms = pause_ms.div_ceil(2);
    let spread_ms = pause_ms.saturating_sub(half_ms).saturating_add(1);
    half_ms.saturating_add(random.checked_rem(spread_ms).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::backoff_ms;

    #[test]
    fn it_doubles_up_to_the_longest_pause_and_stays_in_its_band() {
        for (tries, whole) in [(0, 1_000), (1, 1_000), (2, 2_000), (4, 8_000), (7, 60_000)] {
            for random in [0, 1, 499, u64::MAX] {
                let pause = backoff_ms(tries, 1_000, 60_000, random);
                assert!(
                    (whole / 2..=whole).contains(&pause),
                    "{tries} {random} {pause}"
                );
            }
        }
        assert_eq!(backoff_ms(u32::MAX, 1_000, 60_000, 0), 30_000);
        assert_ne!(
            backoff_ms(3, 1_000, 60_000, 7),
            backoff_ms(3, 1_000, 60_000, 8)
        );
    }
}
