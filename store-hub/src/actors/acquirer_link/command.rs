//! What the desk tells the acquirer link.

use domain::{
    desk::Outgoing,
    ids::{BatchNumber, Tid},
};

use crate::card_vault::CardForMessage;

/// One order. The desk never waits for the link.
#[derive(Debug)]
pub(crate) enum LinkCommand {
    /// Send this message; at most one a TID is outstanding.
    Send {
        outgoing: Outgoing,
        card: Box<CardForMessage>,
    },
    /// Sign this terminal on.
    SignOn {
        tid: Tid,
        batch: Option<BatchNumber>,
    },
}
