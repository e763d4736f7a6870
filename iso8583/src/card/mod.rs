//! Cards: number, scheme, tracks, service code, card verification value.

mod cvv;
mod pan;
mod scheme;
mod swipe;
mod track;

pub use cvv::{CvvError, cvv};
pub(crate) use pan::masked;
pub use pan::{Pan, PanError, luhn_ok};
pub use scheme::Scheme;
pub use swipe::Swipe;
pub use track::{ServiceCode, Track, Track1, Track2, Track3, TrackError};
