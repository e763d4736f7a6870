//! What stands on paper, and how it is set.
//!
//! Decides: the words on each kind of paper, in which language, how wide, where a line breaks.
//! Knows plain values only and works nothing out: an amount that is printed was decided elsewhere.
//! The same values give the same paper, to the byte, except that what may have been printed before
//! says so.

mod card;
mod copy;
mod day_report;
mod heading;
mod language;
mod owed;
mod receipt;
mod returned;
mod setting;
mod sheet;
mod till_report;
mod void;
mod width;

pub use card::{CardOutcome, CardSlip, MerchantCopyOf};
pub use copy::copy_of;
pub use day_report::{BatchLine, DayReport, LaneLine};
pub use heading::Heading;
pub use language::PaperLanguage;
pub use owed::OwedToCard;
pub use receipt::{Article, Measured, PaidBy, Reduction, SaleReceipt, TaxSum};
pub use returned::ReturnReceipt;
pub use setting::{MerchantCopy, PaperColumns, PaperSetting};
pub use sheet::{Paper, PaperLine, PaperStyle};
pub use till_report::{CashCount, Counted, ReportKind, TillReport};
pub use void::VoidSlip;
pub use width::{columns, columns_of};
