//! The agent on a checkout lane.
