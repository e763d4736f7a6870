//! Who speaks for a lane, and what is known of a hub whose journal was lost.

mod attached;
mod fact;
mod previous_hub;

pub use fact::{HubFact, MachinesPart};
pub use previous_hub::{LaneMemory, PreviousHub};
