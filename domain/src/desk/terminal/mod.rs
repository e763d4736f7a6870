//! Terminals: the link to the acquirer, sign-on, what is sent next, and what comes back.

mod acquirer_link;
mod answered;
mod sending;
mod unanswered;
