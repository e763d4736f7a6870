//! The price file: what each article is called and costs, read in one place for hub, lane, check
//! and simulation.
//!
//! A file is taken whole or not at all. What is wrong with it is told all at once, each fault with
//! its line and column (days.md 9): a hub that took half a file, or read another encoding as if it
//! were its own, would sell nothing or at wrong prices, and nobody would know.
//!
//! ```text
//! barcode,name,price_minor,currency,kind[,category][,tax_class][,unit][,age][,expiry_days]
//! ```
//!
//! | column | holds |
//! |---|---|
//! | `barcode` | `piece`: a GTIN; `price-embedded`: first 6 or 7 digits of a label |
//! | `name` | as on receipts |
//! | `price_minor` | whole fen or cents; 0: free; labelled goods carry their own |
//! | `currency` | the store's |
//! | `kind` | `piece` or `price-embedded` |
//! | `category`, `tax_class`, `unit` | words, kept |
//! | `age` | the customer's least age in years, kept |
//! | `expiry_days` | days before its date from which the article is refused, kept |

mod book;
mod column;
mod fault;
mod reading;
mod schedule;
#[cfg(test)]
mod tests;
mod writing;

pub use book::{Article, ArticleKey, ArticleKind, NotSold, PriceBook};
pub use column::Column;
pub use fault::{FaultKind, PriceFault, PriceFaults};
pub use reading::{PriceFile, read};
pub use schedule::{PriceSchedule, PriceVersion};
