//! The journal from outside: one suite for every engine, and what only one engine can show.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test stops at the first surprise, and its child processes talk on stdout"
)]

mod abort;
mod checkpoint;
mod conformance;
mod crash;
mod cut_files;
mod damage;
mod draw;
mod drivers;
mod figures;
mod flip;
mod kill;
mod looking;
mod migrate;
mod model;
mod no_room;
mod place;
mod put_back;
mod rebuild;
mod redb_files;
mod relocate;
mod repair;
mod segments;
mod sled_files;
mod survey;
