//! Who speaks for a lane, and what is known of a hub whose journal was lost.

mod previous_hub;

pub use previous_hub::{LaneMemory, PreviousHub};
