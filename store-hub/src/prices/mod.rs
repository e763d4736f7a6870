//! The prices of the store: files taken, versions kept, which one sells.
//!
//! A file is checked as a whole where it comes in, kept in one form under the name of its bytes,
//! and then journaled: what was taken is there after a kill at any moment, and what was not left
//! nothing that counts. Lanes hear of a version, fetch it from one shared copy, and confirm it.
//! Must never: take half a file, or let a version sell before the record that says so is durable.

mod checked;
mod entry;
mod folder;
mod importer;
mod inbox;
mod offer;
mod store;

pub use checked::PriceFileError;
pub(crate) use checked::check_configured;
pub(crate) use checked::{Checked, Encoding, check, hash_of};
pub(crate) use entry::{Rebuilt, Source};
pub(crate) use folder::PriceFolder;
pub(crate) use importer::{Importer, follow_inbox};
pub(crate) use inbox::{Inbox, Taken};
pub(crate) use offer::{OfferedPrices, PriceOffer};
pub(crate) use store::{About, Imported, NotTaken, PriceStore};
