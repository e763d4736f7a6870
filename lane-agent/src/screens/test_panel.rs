//! The cards of a test panel, and the hands that hold one to the simulated reader and take paper
//! out of the simulated printer. The cards are made up; no real reader is armed by them.

use std::{fs, io, path::Path};

use serde::Deserialize;
use tokio::sync::watch;
use zeroize::Zeroizing;

use crate::devices::{PrinterHand, scripted::CardOnScript};

/// Cards in the drawer, and the hand that holds one to the reader.
pub(crate) struct TestPanel {
    pub(super) cards: Vec<TestCard>,
    pub(super) held: watch::Sender<Option<CardOnScript>>,
    /// `None`: the printer is a real one.
    pub(super) printer: Option<PrinterHand>,
}

/// One card of the drawer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TestCard {
    /// What it does, in English.
    pub(super) english: String,
    /// The same in Chinese.
    pub(super) chinese: String,
    pub(super) card: CardOnScript,
}

/// Why there is no panel.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    /// The file of its cards.
    #[error("test_panel.cards: {0}")]
    File(#[from] io::Error),
    /// What stands in it.
    #[error("test_panel.cards: not a list of cards (line {line}, column {column})")]
    Cards {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
}

impl TestPanel {
    pub(crate) fn read(
        path: &Path,
        held: watch::Sender<Option<CardOnScript>>,
        printer: Option<PrinterHand>,
    ) -> Result<Self, PanelError> {
        let text = Zeroizing::new(fs::read_to_string(path)?);
        let cards = serde_json::from_str(&text).map_err(|fault| PanelError::Cards {
            line: fault.line(),
            column: fault.column(),
        })?;
        Ok(Self {
            cards,
            held,
            printer,
        })
    }
}
