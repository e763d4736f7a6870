//! What every page has at hand: the lane's own words, the flow that takes orders, the token.

use std::sync::Arc;

use actix::Addr;
use axum::{extract::State, http::HeaderMap};
use domain::{
    sale::{CheckoutConfig, Screen},
    words::Language,
};
use tokio::sync::watch;
use web::{Token, language_of};

pub(super) use web::said;

use super::{orders::Orders, test_panel::TestPanel};
use crate::{
    actors::{Asking, Progress, TransactionFlow},
    devices::PrinterStatus,
    hub_facts::HubFacts,
};

/// What the pages show, and whom they ask.
#[derive(Clone)]
pub(crate) struct Lane {
    pub(crate) checkout: CheckoutConfig,
    pub(crate) screens: watch::Receiver<Option<Screen>>,
    pub(crate) progress: watch::Receiver<Progress>,
    pub(crate) hub_up: watch::Receiver<bool>,
    pub(crate) facts: watch::Receiver<Option<Arc<HubFacts>>>,
    pub(crate) asking: watch::Receiver<Asking>,
    pub(crate) printer: watch::Receiver<PrinterStatus>,
    pub(crate) flow: Addr<TransactionFlow>,
    pub(crate) panel: Option<Arc<TestPanel>>,
}

/// What every page has at hand.
pub(super) struct Pages {
    pub(super) lane: Lane,
    pub(super) token: Token,
    pub(super) orders: Orders,
    /// Which run of the agent this is: an order that another run may have taken is not taken again.
    pub(super) run: String,
    /// What the customer reads.
    pub(super) customer_language: watch::Sender<Language>,
}

pub(super) type Here = State<Arc<Pages>>;

/// The store's name, once the hub has told it.
pub(super) fn store_name(lane: &Lane) -> String {
    let facts = lane.facts.borrow();
    facts
        .as_ref()
        .map_or_else(String::new, |facts| facts.learnt.store_name.clone())
}

/// What a page is asked with.
pub(super) fn asked(headers: &HeaderMap) -> Language {
    language_of(headers)
}
