//! What goes wrong in a world, and when: out of the seed, from outside the hosts.

use turmoil::Sim;

use super::{Host, WorldOptions, hosts::Store, millis, trace};
use crate::workload::dice::Dice;

/// Faults begin once the store is selling, and end early enough for it to come to rest.
const FIRST_AT_MS: u64 = 8_000;
const LAST_AT_MS: u64 = 48_000;
const PAUSE_MIN_MS: u64 = 3_000;
const PAUSE_SPREAD_MS: u64 = 5_000;
const HEALED_AFTER_MIN_MS: u64 = 500;
const HEALED_AFTER_SPREAD_MS: u64 = 5_000;
/// How far a clock jumps, either way.
const JUMP_MS: i64 = 3_600_000;

#[derive(Clone, Debug)]
enum Fault {
    /// The acquirer link drops everything.
    BankLine,
    /// The acquirer link holds everything back, then delivers it: late answers.
    BankHeld,
    /// A lane can't reach the hub.
    LaneCut(u16),
    /// A host loses its power.
    Crash(Host),
    /// The wall clock of a host jumps, and later jumps back.
    ClockJump(Host, i64),
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
            heal(world, store, &fault);
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
        let lane = u16::try_from(lane).unwrap_or(1);
        match self.dice.below(7) {
            0 => Fault::BankLine,
            1 => Fault::BankHeld,
            2 => Fault::LaneCut(lane),
            3 => Fault::Crash(Host::Hub),
            4 => Fault::Crash(Host::Lane(lane)),
            5 => Fault::ClockJump(Host::Hub, self.draw_jump_ms()),
            _ => Fault::ClockJump(Host::Lane(lane), self.draw_jump_ms()),
        }
    }

    fn draw_jump_ms(&mut self) -> i64 {
        match self.dice.chance(500) {
            true => JUMP_MS,
            false => -JUMP_MS,
        }
    }

    fn strike(&mut self, world: &mut Sim<'_>, store: &Store, fault: &Fault) {
        trace::at(world.elapsed(), &format!("fault {fault:?}"));
        match fault {
            Fault::BankLine => world.partition("hub", "bank"),
            Fault::BankHeld => world.hold("hub", "bank"),
            Fault::LaneCut(lane) => world.partition(Host::Lane(*lane).to_string(), "hub"),
            Fault::Crash(host) => {
                crash(world, store, *host, self.dice.next_u64());
                self.crashes += 1;
            }
            Fault::ClockJump(host, by_ms) => jump(store, *host, *by_ms),
        }
    }
}

/// Power is gone: the host stops where it is, and its disk keeps what was synced.
pub(super) fn crash(world: &mut Sim<'_>, store: &Store, host: Host, seed: u64) {
    world.crash(host.to_string());
    store.power_cut(host, seed);
}

fn jump(store: &Store, host: Host, by_ms: i64) {
    if let Some(machine) = store.machine(host) {
        machine.skew.jump_ms(by_ms);
    }
}

impl Fault {
    /// Whether both act on the same link or host: one at a time. A clock may always jump.
    fn touches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::ClockJump(..), _) | (_, Self::ClockJump(..)) => false,
            (
                Self::LaneCut(one) | Self::Crash(Host::Lane(one)),
                Self::LaneCut(two) | Self::Crash(Host::Lane(two)),
            ) => one == two,
            (Self::LaneCut(_) | Self::Crash(Host::Lane(_)), _)
            | (_, Self::LaneCut(_) | Self::Crash(Host::Lane(_))) => {
                let is_hub = |fault: &Self| matches!(fault, Self::Crash(Host::Hub));
                is_hub(self) || is_hub(other)
            }
            (
                Self::BankLine | Self::BankHeld | Self::Crash(Host::Hub),
                Self::BankLine | Self::BankHeld | Self::Crash(Host::Hub),
            ) => true,
        }
    }
}

fn heal(world: &mut Sim<'_>, store: &Store, fault: &Fault) {
    trace::at(world.elapsed(), &format!("healed {fault:?}"));
    match fault {
        Fault::BankLine => world.repair("hub", "bank"),
        Fault::BankHeld => world.release("hub", "bank"),
        Fault::LaneCut(lane) => world.repair(Host::Lane(*lane).to_string(), "hub"),
        Fault::Crash(host) => world.bounce(host.to_string()),
        Fault::ClockJump(host, by_ms) => jump(store, *host, by_ms.saturating_neg()),
    }
}

/// Checked here because a world whose faults outlive its day would never come to rest.
const _: () = assert!(LAST_AT_MS + HEALED_AFTER_MIN_MS + HEALED_AFTER_SPREAD_MS < super::DAY_MS);
