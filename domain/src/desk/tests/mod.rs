//! The desk from outside: events in, effects out. `World` checks after every step what must always
//! hold: `Persist` first, a replay equal to the live desk, the invariants.

mod abandoned;
mod forward;
mod host;
mod life;
mod payments;
mod restart;
mod settlement;
mod world;
