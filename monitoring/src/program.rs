//! What every page begins with: which program this is, and since when it runs.

use std::env::consts::ARCH;

use crate::exposition::{Exposition, Kind};

/// A program that is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Program {
    /// As it is called on a command line.
    pub name: &'static str,
    /// Of its package.
    pub version: &'static str,
    /// When it began, by its own clock.
    pub started_wall_ms: i64,
}

impl Program {
    /// Its families on a page.
    pub fn tell(&self, page: &mut Exposition) {
        page.family(
            "lanekeeper_build_info",
            Kind::Gauge,
            "Which program this is, and how it was built, as labels.",
        );
        let build = match cfg!(debug_assertions) {
            true => "debug",
            false => "release",
        };
        let labels = [
            ("program", self.name),
            ("version", self.version),
            ("architecture", ARCH),
            ("build", build),
        ];
        page.sample(&labels, 1);
        // Every program that Prometheus reads calls it so: no prefix of ours.
        page.gauge(
            "process_start_time_seconds",
            "When the program started, in seconds since 1970.",
            self.started_wall_ms.div_euclid(1_000),
        );
    }
}
