//! Wall clocks that jump there and back all day long, each host's at moments of its own: across
//! payments, leases, pauses and the close of the day.

use std::time::Duration;

use turmoil::Sim;

use super::{Host, WorldOptions, hosts::Store, trace};
use crate::workload::dice::Dice;

/// Between two jumps of one clock, in milliseconds: mostly shorter than a payment takes.
const PAUSE_MIN_MS: u64 = 3;
const SHORT_SPREAD_MS: u64 = 60;
const LONG_SPREAD_MS: u64 = 1_500;
const LONG_PER_MILLE: u64 = 150;

/// Clocks that jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockJumps {
    /// There by so much, in milliseconds, and back again.
    pub by_ms: i64,
}

/// Lets them jump.
pub(super) struct Driver {
    by_ms: i64,
    clocks: Vec<JumpingClock>,
}

struct JumpingClock {
    host: Host,
    dice: Dice,
    next_at: Duration,
    is_off: bool,
}

impl Driver {
    /// Draws from streams of its own, so that nothing else of the seed is moved by it.
    pub(super) fn new(jumps: ClockJumps, options: WorldOptions, store: &Store) -> Self {
        let clock = |host: Host| JumpingClock {
            host,
            dice: Dice::new(options.seed, &format!("clock of {host}")),
            next_at: Duration::ZERO,
            is_off: false,
        };
        Self {
            by_ms: jumps.by_ms,
            clocks: store.machines().map(|(host, _)| clock(host)).collect(),
        }
    }

    /// Told after every step of the world.
    pub(super) fn jump(&mut self, world: &Sim<'_>, store: &Store) {
        let now = world.elapsed();
        for clock in self.clocks.iter_mut().filter(|clock| clock.next_at <= now) {
            let by_ms = match clock.is_off {
                true => self.by_ms.saturating_neg(),
                false => self.by_ms,
            };
            clock.is_off = !clock.is_off;
            let spread_ms = match clock.dice.chance(LONG_PER_MILLE) {
                true => LONG_SPREAD_MS,
                false => SHORT_SPREAD_MS,
            };
            let pause_ms = PAUSE_MIN_MS + clock.dice.below(spread_ms);
            clock.next_at = now + Duration::from_millis(pause_ms);
            if let Some(machine) = store.machine(clock.host) {
                trace::at(now, &format!("clock of {} jumps {by_ms} ms", clock.host));
                machine.skew.jump_ms(by_ms);
            }
        }
    }
}
