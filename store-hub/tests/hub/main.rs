//! A whole hub in this process, over real sockets: a lane that is a bare gRPC client on one side,
//! the simulated acquirer on the other.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at the first surprise"
)]

mod archive;
mod asking;
mod bank_link;
mod baskets;
mod commands;
mod damaged_copy;
mod day;
mod days;
mod find;
mod lane;
mod machines;
mod metrics;
mod money;
mod no_room;
mod office;
mod offline;
mod operator;
mod operators;
mod prices;
mod real_lane;
mod rebuilt;
mod replication;
mod restart;
mod returns;
mod secrets;
mod sessions;
mod stopped_journal;
mod store;
mod tills;
