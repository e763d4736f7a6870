//! The business clock of a configuration.

use std::sync::Arc;

use configuration::ClockConfig;
use ports::{BusinessClock, Clock, SystemClock};

/// The clock that a configuration names.
#[must_use]
pub fn clock(config: ClockConfig) -> Arc<dyn Clock> {
    match config {
        ClockConfig::System => Arc::new(SystemClock::new()),
        ClockConfig::Business {
            origin_real_ms,
            origin_business_ms,
            speed,
        } => Arc::new(BusinessClock::new(
            origin_real_ms,
            origin_business_ms,
            speed,
        )),
    }
}
