//! The desk from outside: events in, effects out. `World` checks after every step what must always
//! hold: `Persist` first, a replay equal to the live desk, the invariants.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "an overflow of a test's own sums is to stop the test"
)]

mod abandoned;
mod archive;
mod baskets;
mod check;
mod checkpoint;
mod forward;
mod host;
mod hot_cards;
mod life;
mod line;
mod offline;
mod payments;
mod rejected;
mod restart;
mod returns;
mod settlement;
mod store;
mod transitions;
mod upload;
mod world;

use crate::payment::Decision;

/// What the hub says to a card of this amount while its line to the bank is down.
pub(crate) fn decided_without_a_bank(minor: i64) -> Decision {
    let mut world = world::World::new();
    world.ask(1, 1, minor);
    world.replies().remove(0)
}
