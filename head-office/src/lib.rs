//! Pulls the days of all stores into one folder, and says which stores are missing.
//!
//! Head office pulls; a store never pushes. A file lands once, whole, checked against the store's
//! manifest, under `business_date=…/store=…/`. Must never: show a partial total as a whole one, or
//! let a slow store hold up the others.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod command;
mod lake;
mod progress;
mod pull;
mod store_client;
mod stores;

pub use command::run;
pub use stores::{StoreEntry, Stores};
