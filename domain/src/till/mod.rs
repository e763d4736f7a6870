//! The cash drawer of a lane as an account: what should be in it, who answers for it, what was
//! counted, and the reports of that.
//!
//! Decides: what cash is expected, what a count differs by, what an X or a Z says. Never: opens a
//! drawer, prints, knows a basket. All figures follow from records: cash of sales counts with the
//! record that ends the sale, so that it belongs to one date (I20).
//!
//! What cash was rounded by is in what was given less the change: added again it would count twice.

mod account;
mod count;
mod denomination;
mod drawer;
mod event;
mod fact;
mod key;
mod movement;
mod notice;
mod report;
mod takings;
mod trade;

pub use account::{Shift, TillPart};
pub use count::{CashCounted, Pieces};
pub use denomination::{Denomination, Form, denominations, likely_given};
pub use drawer::Drawer;
pub use event::TillEvent;
pub use fact::TillFact;
pub use key::TillKey;
pub use movement::{CashAccount, CashMove, Collector, DrawerReason, Movement};
pub use notice::TillNotice;
pub use report::Report;
pub use takings::{Takings, TillOf};
pub use trade::{Tally, TaxTally, Trade};
