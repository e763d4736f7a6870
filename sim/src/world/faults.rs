//! What goes wrong in a world, and when: out of the seed, from outside the hosts.

use turmoil::Sim;

use super::{WorldOptions, hosts::Store, millis, trace};
use crate::workload::dice::Dice;

/// Faults begin once the store is selling, and end early enough for it to come to rest.
const FIRST_AT_MS: u64 = 8_000;
const LAST_AT_MS: u64 = 48_000;
const PAUSE_MIN_MS: u64 = 3_000;
const PAUSE_SPREAD_MS: u64 = 5_000;
const HEALED_AFTER_MIN_MS: u64 = 500;
const HEALED_AFTER_SPREAD_MS: u64 = 5_000;

#[derive(Clone, Debug)]
enum Fault {
    /// The line to the bank drops everything.
    BankLine,
    /// The line to the bank holds everything back, then delivers it: late answers.
    BankHeld,
    /// A lane can't reach the hub.
    LaneCut(String),
    /// The hub loses its power.
    HubCrash,
    /// A lane loses its power.
    LaneCrash(String),
}

/// The faults of one world.
pub(super) struct Faults {
    dice: Dice,
    lanes: u16,
    next_at_ms: u64,
    open: Vec<(u64, Fault)>,
    crashes: u32,
}

impl Faults {
    /// Draws from a stream of its own, so that what the hosts draw does not move the faults.
    pub(super) fn plan(options: WorldOptions) -> Self {
        Self {
            dice: Dice::new(options.seed, "faults"),
            lanes: options.lanes,
            next_at_ms: FIRST_AT_MS,
            open: Vec::new(),
            crashes: 0,
        }
    }

    /// How often a host was crashed.
    pub(super) fn crashes(&self) -> u32 {
        self.crashes
    }

    /// Heals what is due, then breaks what is due. Told after every step of the world.
    pub(super) fn inject(&mut self, world: &mut Sim<'_>, store: &Store) {
        let now_ms = millis(world.elapsed());
        let (due, open) = self
            .open
            .drain(..)
            .partition(|(heal_at_ms, _)| *heal_at_ms <= now_ms);
        self.open = open;
        for (_, fault) in due {
            heal(world, &fault);
        }
        if now_ms < self.next_at_ms || now_ms > LAST_AT_MS {
            return;
        }
        self.next_at_ms = now_ms + PAUSE_MIN_MS + self.dice.below(PAUSE_SPREAD_MS);
        let healed_at_ms = now_ms + HEALED_AFTER_MIN_MS + self.dice.below(HEALED_AFTER_SPREAD_MS);
        let fault = self.draw();
        if self.open.iter().any(|(_, other)| other.touches(&fault)) {
            return;
        }
        self.strike(world, store, &fault);
        self.open.push((healed_at_ms, fault));
    }

    fn draw(&mut self) -> Fault {
        let lane = 1 + self.dice.below(u64::from(self.lanes.max(1)));
        let lane = format!("lane-{lane}");
        match self.dice.below(5) {
            0 => Fault::BankLine,
            1 => Fault::BankHeld,
            2 => Fault::LaneCut(lane),
            3 => Fault::HubCrash,
            _ => Fault::LaneCrash(lane),
        }
    }

    fn strike(&mut self, world: &mut Sim<'_>, store: &Store, fault: &Fault) {
        trace::at(world.elapsed(), &format!("fault {fault:?}"));
        match fault {
            Fault::BankLine => world.partition("hub", "bank"),
            Fault::BankHeld => world.hold("hub", "bank"),
            Fault::LaneCut(lane) => world.partition(lane.as_str(), "hub"),
            Fault::HubCrash => self.crash(world, store, "hub"),
            Fault::LaneCrash(lane) => self.crash(world, store, lane),
        }
    }

    /// Power is gone: the host stops where it is, and its disk keeps what was synced.
    fn crash(&mut self, world: &mut Sim<'_>, store: &Store, host: &str) {
        world.crash(host);
        store.power_cut(host, self.dice.next_u64());
        self.crashes += 1;
    }
}

impl Fault {
    /// Whether both act on the same link or host: one at a time.
    fn touches(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::LaneCut(one) | Self::LaneCrash(one),
                Self::LaneCut(two) | Self::LaneCrash(two),
            ) => one == two,
            (Self::LaneCut(_) | Self::LaneCrash(_), _)
            | (_, Self::LaneCut(_) | Self::LaneCrash(_)) => {
                matches!(self, Self::HubCrash) || matches!(other, Self::HubCrash)
            }
            (
                Self::BankLine | Self::BankHeld | Self::HubCrash,
                Self::BankLine | Self::BankHeld | Self::HubCrash,
            ) => true,
        }
    }
}

fn heal(world: &mut Sim<'_>, fault: &Fault) {
    trace::at(world.elapsed(), &format!("healed {fault:?}"));
    match fault {
        Fault::BankLine => world.repair("hub", "bank"),
        Fault::BankHeld => world.release("hub", "bank"),
        Fault::LaneCut(lane) => world.repair(lane.as_str(), "hub"),
        Fault::HubCrash => world.bounce("hub"),
        Fault::LaneCrash(lane) => world.bounce(lane.as_str()),
    }
}

/// Checked here because a world whose faults outlive its day would never come to rest.
const _: () = assert!(LAST_AT_MS + HEALED_AFTER_MIN_MS + HEALED_AFTER_SPREAD_MS < super::DAY_MS);
