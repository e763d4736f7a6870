//! Bytes to fields and back, for any dialect.
//!
//! Decoding borrows from the frame, validates every field and allocates nothing. Encoding writes
//! into the caller's buffer. No input panics; each error names field, byte and reason.

mod blocks;
mod careful;
mod characters;
mod cursor;
mod decode;
mod decoded;
mod encode;
mod error;
mod fast_path;
mod field;
mod packed;
mod span;

pub use decode::{decode, decode_tolerantly};
pub use decoded::{Decoded, MacFault};
pub use encode::encode;
pub use error::{DecodeError, EncodeError, FieldPath, Reason};
pub use field::{Field, Shown};
