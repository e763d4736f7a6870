//! Hosts that have stopped at a call: crashed after the tick, started again some time later.

use std::time::Duration;

use turmoil::Sim;

use super::{Host, faults, hosts::Store, trace};
use crate::workload::dice::Dice;

/// How long a host stays away, in milliseconds.
const AWAY_MIN_MS: u64 = 100;
const AWAY_SPREAD_MS: u64 = 1_400;

/// Crashes and restarts.
pub(super) struct Stopping {
    dice: Dice,
    away: Vec<(Duration, Host)>,
    crashes: u32,
}

impl Stopping {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed, "stopping"),
            away: Vec::new(),
            crashes: 0,
        }
    }

    pub(super) fn crashes(&self) -> u32 {
        self.crashes
    }

    /// Crashes what has stopped in the tick that is over, and starts what was away long enough.
    pub(super) fn mind(&mut self, world: &mut Sim<'_>, store: &Store) {
        let now = world.elapsed();
        for (host, machine) in store.machines() {
            let is_away = self.away.iter().any(|(_, away)| *away == host);
            if machine.gate.is_dead() && !is_away {
                trace::at(now, &format!("crash {host}"));
                faults::crash(world, store, host, self.dice.next_u64());
                let away_ms = AWAY_MIN_MS + self.dice.below(AWAY_SPREAD_MS);
                self.away.push((now + Duration::from_millis(away_ms), host));
                self.crashes += 1;
            }
        }
        self.away.retain(|(until, host)| {
            let stays = *until > now;
            if !stays && let Some(machine) = store.machine(*host) {
                trace::at(now, &format!("start {host}"));
                machine.gate.revive();
                world.bounce(host.to_string());
            }
            stays
        });
    }
}
