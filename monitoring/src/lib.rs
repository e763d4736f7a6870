//! The pages of hub and lane for machines that watch them: `/metrics`, `/health`, and a plain
//! answer to every other question over HTTP.
//!
//! Must never: let a page say what only a caller of gRPC may know, or let many who scrape cost more
//! than one.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod connection;
mod date;
mod exposition;
mod histogram;
mod histograms;
mod pages;
mod program;

pub use connection::{Accepted, RemoteAddress};
pub use date::dated_by;
pub use exposition::{Exposition, Kind};
pub use histogram::{Durations, Histogram, WAIT_LIMITS};
pub use histograms::Histograms;
pub use pages::{METRICS, beside_grpc, metrics_page};
pub use program::Program;
