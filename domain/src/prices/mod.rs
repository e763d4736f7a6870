//! The price file: what each article is called and costs, read in one place for hub, lane, check
//! and simulation.
//!
//! A file is taken whole or not at all. What is wrong with it is told all at once, each fault with
//! its line and column (days.md 9): a hub that took half a file, or read another encoding as if it
//! were its own, would sell nothing or at wrong prices, and nobody would know.
//!
//! ```text
//! barcode,name,price_minor,currency,kind[,category][,tax_class][,unit][,age][,expiry_days][,plu]
//! [,tax_rate_basis_points][,recalled]
//! ```
//!
//! | column | holds |
//! |---|---|
//! | `barcode` | `piece`: a GTIN; `price-embedded`: 6 or 7 digits of a label; `weighed`: either |
//! | `name` | as on receipts |
//! | `price_minor` | whole fen or cents, of a piece or a kilogram; 0: free; labels may say it |
//! | `currency` | the store's |
//! | `kind` | `piece`, `weighed` (at the checkout, or by its label) or `price-embedded` |
//! | `category`, `tax_class`, `unit` | words; of one class all lines have one rate |
//! | `age` | the customer's least age in years |
//! | `expiry_days` | days before its date from which the article is refused, kept |
//! | `plu` | a short code for the keys, up to 6 digits |
//! | `tax_rate_basis_points` | what its tax class takes: 1300 is 13 % |
//! | `recalled` | `yes`: it may not be sold any more |

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
