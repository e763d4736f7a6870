//! Real actors in a fake world, and a store day with real processes.
