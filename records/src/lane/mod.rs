//! The lane's own records as `journal.v1`.

mod record;
#[cfg(test)]
mod release_2026_11;

pub use record::{decode, encode, sale_record, started};
