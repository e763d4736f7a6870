//! What lanes, hub and head office say to each other: generated code, and what hides its secrets.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::too_many_lines,
    clippy::allow_attributes_without_reason,
    reason = "generated code; the .proto files carry the documentation"
)]

mod hidden;

/// `store.v1`: lane sessions, reports, operations.
pub mod store {
    /// Version 1. Field numbers are never reused; a breaking change is a new package.
    pub mod v1 {
        tonic::include_proto!("store.v1");
    }
}

/// `journal.v1`: what lanes and hub write into their journals.
pub mod journal {
    /// Version 1. A record once written is read for ever: fields are only added.
    pub mod v1 {
        tonic::include_proto!("journal.v1");
    }
}

/// Descriptors of all packages, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
