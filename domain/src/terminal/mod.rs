//! A terminal id (TID) as the acquirer knows it: its STANs, its batch, and the one message it may
//! have outstanding.
//!
//! `Terminal` is what the journal says; `Station` is what is only true while the hub runs. Keeps
//! I7.

mod batch;
mod item;
mod station;
mod stations;
mod upload;

pub use batch::{Settling, Terminal};
pub use item::{BatchItem, UploadItem};
pub(crate) use station::{Asking, Outstanding, Station, Waiting, What};
pub(crate) use stations::Stations;
pub use upload::{BatchUpload, UploadSent};
