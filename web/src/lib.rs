//! What the web pages of lane and hub share: who may open them, in which language they are, the
//! frame around each, and the files that a browser loads.
//!
//! Must never: load anything from another machine, run a script that is not one of its files, or
//! take an order from a page that is not ours.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

mod access;
mod assets;
mod fields;
mod frame;
mod language;
mod serve;
mod token;

pub use access::{Access, cookie, guard};
pub use assets::assets;
pub use fields::Fields;
pub use frame::{LISTEN, LISTEN_WHILE_SEEN, Page};
pub use language::{language_choice, language_of, said};
pub use serve::serve;
pub use token::{Token, TokenError};
