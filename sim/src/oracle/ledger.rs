//! The bank's ledger as it stands in its file, read by the oracle's own eyes.

use std::{collections::BTreeMap, fs, path::Path};

use serde::Deserialize;

use crate::oracle::verdict::Verdict;

/// One line of the ledger; the host may write more than is looked at here.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct LedgerLine {
    /// Field 41.
    pub tid: String,
    /// Field 60.2, six digits.
    pub batch: String,
    /// Field 11, six digits.
    pub stan: String,
    /// Of the request, four digits.
    pub mti: String,
    /// Field 3, six digits.
    pub f3: String,
    /// Booked, taken back, or asked for and declined.
    pub amount_minor: i64,
    /// Field 39 of the answer.
    pub f39: String,
    /// approved, declined, reversed, …
    pub state: String,
    /// The payment.
    pub payment_ref: Option<String>,
}

impl LedgerLine {
    /// A sale, live or uploaded, that was booked.
    #[must_use]
    pub(super) fn is_charge(&self) -> bool {
        self.state == "approved" && is_sale(&self.f3)
    }

    /// A message that has a STAN of its own.
    #[must_use]
    pub(super) fn is_original(&self) -> bool {
        matches!(self.mti.as_str(), "0200" | "0220")
    }

    /// What the line moves from the customer to the store; negative: back.
    #[must_use]
    pub(super) fn moved_minor(&self) -> i64 {
        match (self.state.as_str(), self.f3.as_str()) {
            ("approved", f3) if is_sale(f3) => self.amount_minor,
            ("reversed", f3) if is_sale(f3) => -self.amount_minor,
            ("reversed", "200000") => self.amount_minor,
            ("approved", "200000") => -self.amount_minor,
            _ => 0,
        }
    }

    /// The live message of a payment, by card or by wallet. One that waits for its customer is
    /// told by what it came to.
    #[must_use]
    pub(super) fn is_live(&self) -> bool {
        self.mti == "0200" && is_sale(&self.f3) && self.state != "waiting"
    }

    /// Terminal, batch and STAN: names one message and its reversal.
    #[must_use]
    pub(super) fn place(&self) -> (String, u32, u32) {
        let number = |text: &str| text.parse().unwrap_or(u32::MAX);
        (self.tid.clone(), number(&self.batch), number(&self.stan))
    }
}

/// A sale by card, or the code of a wallet.
fn is_sale(f3: &str) -> bool {
    matches!(f3, "000000" | "660000")
}

/// The whole ledger.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// In the order written.
    pub lines: Vec<LedgerLine>,
}

impl Ledger {
    /// Reads the file; lines that are none are broken evidence.
    #[must_use]
    pub(super) fn read(path: &Path, verdict: &mut Verdict) -> Self {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                verdict.broke("readable", None, format!("the host's ledger: {error}"));
                return Self::default();
            }
        };
        let mut lines = Vec::new();
        for (index, text) in text.lines().enumerate() {
            match serde_json::from_str(text) {
                Ok(line) => lines.push(line),
                Err(error) => {
                    let place = index + 1;
                    verdict.broke("readable", None, format!("ledger line {place}: {error}"));
                }
            }
        }
        Self { lines }
    }

    /// The lines of each payment, in order.
    #[must_use]
    pub(super) fn by_payment(&self) -> BTreeMap<&str, Vec<&LedgerLine>> {
        let mut by_payment: BTreeMap<&str, Vec<&LedgerLine>> = BTreeMap::new();
        for line in &self.lines {
            if let Some(id) = &line.payment_ref {
                by_payment.entry(id).or_default().push(line);
            }
        }
        by_payment
    }
}
