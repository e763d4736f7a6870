//! The turn of the date in a world of two days: a payment is kept at the bank, the manager is told
//! to close the day, and business time hardly passes until the close has ended.

use std::{cell::Cell, rc::Rc, time::Duration};

use turmoil::Sim;

use super::{WorldOptions, hosts::Store, trace};
use crate::workload::days::{FIRST_DAY, evening_wall_ms, opens_wall_ms};

/// From the card to the bank.
const AT_THE_BANK: Duration = Duration::from_millis(60);
/// A hub that doesn't turn while a payment is at the bank gets its answer after this, well before
/// it gives the payment up.
const HELD_MAX: Duration = Duration::from_millis(1_500);
/// An evening without a card ends so long before the next opening, and the day with it.
const NO_CARD_BEFORE_MS: i64 = 8 * 3_600_000;

/// What manager and driver tell each other. Clones are the same bell.
#[derive(Clone, Debug, Default)]
pub(super) struct Bell(Rc<Cell<Rung>>);

#[derive(Clone, Copy, Debug, Default)]
struct Rung {
    closes: bool,
    has_turned: bool,
    is_closed: bool,
}

impl Bell {
    /// The manager is to close the day.
    fn ring(&self) {
        self.0.set(Rung {
            closes: true,
            ..self.0.get()
        });
    }

    /// Whether it is.
    pub(super) fn has_rung(&self) -> bool {
        self.0.get().closes
    }

    /// The hub shows another date.
    pub(super) fn turned(&self) {
        self.0.set(Rung {
            has_turned: true,
            ..self.0.get()
        });
    }

    /// The hub says that the day is closed.
    pub(super) fn closed(&self) {
        self.0.set(Rung {
            has_turned: true,
            is_closed: true,
            ..self.0.get()
        });
    }
}

/// Brings it about.
pub(super) struct Driver {
    day_ms: u64,
    bell: Bell,
    stage: Stage,
}

#[derive(Clone, Copy)]
enum Stage {
    Daytime,
    Evening,
    AtTheBank { until: Duration },
    Closing { until: Duration },
    Answered,
    Over,
}

impl Driver {
    pub(super) fn new(options: WorldOptions, bell: Bell) -> Self {
        Self {
            day_ms: options.day_ms,
            bell,
            stage: Stage::Daytime,
        }
    }

    /// Told after every step of the world.
    pub(super) fn steer(&mut self, world: &mut Sim<'_>, store: &Store) {
        let now = world.elapsed();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let wall_ms = store.time_lapse().wall_ms(now_ms);
        let rung = self.bell.0.get();
        match self.stage {
            Stage::Daytime if wall_ms >= evening_wall_ms(FIRST_DAY) => {
                store.life().come();
                self.stage = Stage::Evening;
            }
            Stage::Evening if store.life().has_begun() => {
                trace::at(now, "the date will turn");
                world.hold("hub", "bank");
                store.time_lapse().hold(now_ms);
                let until = now + AT_THE_BANK;
                self.stage = Stage::AtTheBank { until };
            }
            Stage::Evening if wall_ms >= opens_wall_ms(FIRST_DAY + 1) - NO_CARD_BEFORE_MS => {
                store.time_lapse().hold(now_ms);
                self.stage = Stage::AtTheBank { until: now };
            }
            Stage::AtTheBank { until } if until <= now => {
                self.bell.ring();
                let until = now + HELD_MAX;
                self.stage = Stage::Closing { until };
            }
            Stage::Closing { until } if rung.has_turned || until <= now => {
                trace::at(now, "the bank's answer is let go");
                world.release("hub", "bank");
                self.stage = Stage::Answered;
            }
            Stage::Answered if rung.is_closed => {
                trace::at(now, "the day is closed");
                store.time_lapse().resume(now_ms, self.day_ms);
                self.stage = Stage::Over;
            }
            Stage::Daytime
            | Stage::Evening
            | Stage::AtTheBank { .. }
            | Stage::Closing { .. }
            | Stage::Answered
            | Stage::Over => {}
        }
    }
}
