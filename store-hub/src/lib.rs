//! The store hub: the link to the bank, the queue, settlement, reports.
//!
//! Owns the money truth of a store. An actix shell around `domain::desk::Desk`: it takes messages,
//! steps the machine and runs its effects, each only when the records it rests on are durable.
//! Must never: decide about money, or let a PAN, track, PIN or key into a log, an error or the
//! journal (I16).
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod acquirer;
mod actors;
mod card_vault;
mod checkpoint;
mod clocks;
mod commands;
mod config;
mod connection;
mod damaged_copies;
mod day_view;
mod find_view;
mod first_lists;
mod grpc;
mod hot_list_file;
mod keyed_state;
mod keys;
mod lease_view;
mod metrics;
mod moment;
mod office;
mod operator_view;
mod operators;
mod payment_archive;
mod ports;
mod presentation;
mod prices;
mod projections;
mod recovered;
mod recovery;
mod replica;
mod replica_refused;
mod report;
mod return_view;
mod start;
mod store_calendar;

pub use crate::ports::Ports;
pub use commands::run;
pub use config::{
    AcquirerConfig, Config, ConnectionHabit, DayConfig, JournalConfig, OfflineConfig, StoreConfig,
    TerminalConfig,
};
pub use hot_list_file::HotListError;
pub use keys::{KeyFile, KeyStore, KeyStoreError, SoftwareKeys};
pub use office::OfficeError;
pub use operators::OperatorsError;
pub use prices::PriceFileError;
pub use projections::LedgerError;
pub use recovered::RecoveryError;
pub use report::SealError;
pub use start::{StartError, start};
