//! What the host has done, one line a message, durable before the answer leaves. The books are made
//! from these lines and from nothing else, so that a restarted host knows what the first one knew.
//! A line never holds a card number: a card is its masked number and the name of its account.

mod committer;
mod store;

use serde::{Deserialize, Serialize};

use crate::code::Code;

pub(crate) use committer::{Committer, Durable, Pending};
pub use store::{FileLedger, LedgerStore, MemoryLedger};

/// What a message came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// A sale, void, refund or balance inquiry that was done.
    Approved,
    /// A wallet's payment whose owner has not confirmed.
    Waiting,
    /// One that was not, or a reversal that was refused.
    Declined,
    /// A reversal that took its original back.
    Reversed,
    /// A reversal of something never seen or never booked: answered 00.
    NothingToReverse,
    /// A settlement whose totals agreed.
    Settled,
    /// A settlement whose totals didn't.
    Unbalanced,
    /// A batch upload message.
    Uploaded,
}

/// One line of the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LedgerLine {
    /// Terminal, field 41.
    pub tid: String,
    /// Merchant, field 42.
    pub mid: String,
    /// Batch, six digits, field 60.
    pub batch: String,
    /// Trace number, six digits, field 11. A reversal has that of its original.
    pub stan: String,
    /// Message type of the request, four digits.
    pub mti: String,
    /// Processing code, six digits, field 3; empty where the message has none.
    pub f3: String,
    /// What was booked, or taken back, or asked for and declined; minor units.
    pub amount_minor: u64,
    /// Answer code, field 39.
    pub f39: Code,
    /// The host's reference, twelve digits, field 37. Unique.
    pub rrn: String,
    /// What it came to.
    pub state: State,
    /// The terminal's own reference of the payment, if it sent one (32 hex digits).
    pub payment_ref: Option<String>,
    /// ISO 4217 letters.
    pub currency: String,
    /// What was asked for; minor units. Differs from `amount_minor` for a partial approval.
    pub requested_minor: u64,
    /// Masked card number.
    pub card: Option<String>,
    /// Name of the account, for a card of the accounts file.
    pub account: Option<String>,
    /// Authorisation code, field 38.
    pub authorisation: Option<String>,
    /// The message a void or refund refers to, field 61.
    pub original: Option<Original>,
    /// Totals of a settlement as the host counts them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<Totals>,
    /// Items of a batch upload.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<Item>,
    /// Of a wallet: the code is its masked number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_wallet: bool,
    /// When the owner of a wallet will confirm, by the host's clock; `None`: never, or long ago.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirm_at_ms: Option<i64>,
    /// The host's clock, in milliseconds since 1970.
    pub at_ms: i64,
}

/// The message a void or refund refers to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Original {
    /// Six digits.
    pub batch: String,
    /// Six digits.
    pub stan: String,
}

/// Totals of a batch. Debits are sales, credits are voids and refunds; what was reversed is in
/// neither.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Totals {
    /// Sum of sales, minor units.
    pub debit_minor: u64,
    /// Number of sales.
    pub debit_count: u64,
    /// Sum of voids and refunds, minor units.
    pub credit_minor: u64,
    /// Number of voids and refunds.
    pub credit_count: u64,
}

/// One transaction of a batch upload.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Item {
    /// Six digits.
    pub stan: String,
    /// Minor units.
    pub amount_minor: u64,
}

/// Processing code of a sale.
pub(crate) const SALE: &str = "000000";
/// Processing code of a void (0200) or refund (0220).
pub(crate) const BACK: &str = "200000";

/// Which side of the totals a line stands on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Side {
    Debit,
    Credit,
}

impl LedgerLine {
    /// Of a sale or of its reversal; of what gives money back, or of its reversal.
    pub(crate) fn side(&self) -> Option<Side> {
        match self.f3.as_str() {
            _ if self.is_wallet => Some(Side::Debit),
            SALE => Some(Side::Debit),
            BACK => Some(Side::Credit),
            _ => None,
        }
    }

    /// What the line takes from the card holder's account; negative: gives.
    pub(crate) fn taken_minor(&self) -> i64 {
        let amount = i64::try_from(self.amount_minor).unwrap_or(i64::MAX);
        let sign = match (self.state, self.side()) {
            (State::Approved, Some(Side::Debit)) | (State::Reversed, Some(Side::Credit)) => 1,
            (State::Approved, Some(Side::Credit)) | (State::Reversed, Some(Side::Debit)) => -1,
            (
                State::Approved
                | State::Waiting
                | State::Reversed
                | State::Declined
                | State::NothingToReverse
                | State::Settled
                | State::Unbalanced
                | State::Uploaded,
                _,
            ) => 0,
        };
        amount.saturating_mul(sign)
    }
}

/// Why a ledger can't be read back.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// A whole line is no ledger line: somebody else has written here.
    #[error("ledger line {line} is malformed")]
    Malformed {
        /// From 1.
        line: usize,
    },
    /// Reading, cutting or writing failed.
    #[error("ledger can't be read or written: {0}")]
    Io(std::io::Error),
}

/// A ledger as read back.
pub(crate) struct ReadBack {
    pub(crate) lines: Vec<LedgerLine>,
    /// Bytes of whole lines; what comes after was torn and is to be cut.
    pub(crate) whole_bytes: usize,
    pub(crate) torn_bytes: usize,
}

/// Reads lines back. A last line without its end was never answered and is left out.
pub(crate) fn read_back(bytes: &[u8]) -> Result<ReadBack, LedgerError> {
    let whole_bytes = bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last.saturating_add(1));
    let whole = bytes.get(..whole_bytes).unwrap_or_default();
    let lines = whole
        .split_inclusive(|byte| *byte == b'\n')
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|_| LedgerError::Malformed {
                line: index.saturating_add(1),
            })
        })
        .collect::<Result<_, _>>()?;
    Ok(ReadBack {
        lines,
        whole_bytes,
        torn_bytes: bytes.len().saturating_sub(whole_bytes),
    })
}
