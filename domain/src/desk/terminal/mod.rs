//! Terminals: the link to the acquirer, sign-on, what is sent next, and what comes back.

mod acquirer_link;
mod answered;
mod asking;
mod fact;
mod sending;
mod unanswered;

pub use fact::TerminalFact;
