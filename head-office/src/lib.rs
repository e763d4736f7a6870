//! Pulls the days of all stores.
