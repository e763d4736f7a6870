//! `[clock]`: which clock is the business clock; the same in every program of a store.

use crate::Section;

/// Fastest day: one in under a second.
const SPEED_MAX: u32 = 100_000;

/// Which clock is the business clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ClockConfig {
    /// The machine's.
    #[default]
    System,
    /// A day squeezed into a run; programs that get the same three numbers share it.
    Business {
        /// Real milliseconds since 1970 at the common origin.
        origin_real_ms: i64,
        /// Business milliseconds since 1970 at the common origin.
        origin_business_ms: i64,
        /// How many times faster business time passes.
        speed: u32,
    },
}

/// Reads `[clock]` of this section; without it the machine's clock is meant.
pub fn read_clock(parent: &mut Section<'_>) -> Option<ClockConfig> {
    let mut clock = parent.section_or_empty("clock");
    let kinds = [("system", false), ("business", true)];
    match clock.choice_or_first("kind", &kinds) {
        Some(true) => business(&mut clock),
        Some(false) => Some(ClockConfig::System),
        None => {
            clock.ignore_the_rest();
            None
        }
    }
}

fn business(clock: &mut Section<'_>) -> Option<ClockConfig> {
    let origin_real_ms = clock.number("origin_real_ms", 0..=i64::MAX);
    let origin_business_ms = clock.number("origin_business_ms", 0..=i64::MAX);
    let speed = clock.number("speed", 1..=SPEED_MAX);
    Some(ClockConfig::Business {
        origin_real_ms: origin_real_ms?,
        origin_business_ms: origin_business_ms?,
        speed: speed?,
    })
}
