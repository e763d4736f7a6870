//! What the desk is told once, when it is made.

use std::sync::Arc;

use crate::{
    limits,
    money::Currency,
    payment::LiveMessage,
    response_code::ResponseCode,
    risk::{HotList, StandInPolicy},
    time::BusinessDate,
};

/// Time-outs and pauses of the desk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timing {
    /// How long a 0200 may stay unanswered before it is Unknown and reversed.
    pub answer_timeout_ms: u64,
    /// How long a reversal, advice, void, sign-on or settlement may stay unanswered.
    pub forward_answer_timeout_ms: u64,
    /// The first pause before a repeat; it doubles with each try.
    pub backoff_min_ms: u64,
    /// The longest pause before a repeat.
    pub backoff_max_ms: u64,
    /// Tries of a reversal before it is a dead letter and frees its TID (rule 7).
    pub reversal_tries_max: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            answer_timeout_ms: limits::ANSWER_TIMEOUT_MS,
            forward_answer_timeout_ms: limits::FORWARD_ANSWER_TIMEOUT_MS,
            backoff_min_ms: limits::FORWARD_BACKOFF_MIN_MS,
            backoff_max_ms: limits::FORWARD_BACKOFF_MAX_MS,
            reversal_tries_max: limits::REVERSAL_TRIES_MAX,
        }
    }
}

/// How payments of wallets are told to the acquirer, and how long they are asked for (A).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WalletRules {
    /// Field 3 of a payment and of its reversal.
    pub pay_code: u32,
    /// Field 3 of a query.
    pub query_code: u32,
    /// Field 39 while the customer has not confirmed.
    pub in_progress: ResponseCode,
    /// From paying to the first query, and between two.
    pub ask_every_ms: u64,
    /// From paying until nothing more is asked.
    pub give_up_after_ms: u64,
    /// From paying until the provider takes a reversal.
    pub reverse_after_ms: u64,
    /// How long the provider takes one.
    pub reverse_within_ms: u64,
}

impl WalletRules {
    /// With the usual times.
    #[must_use]
    pub const fn new(pay_code: u32, query_code: u32, in_progress: ResponseCode) -> Self {
        Self {
            pay_code,
            query_code,
            in_progress,
            ask_every_ms: limits::WALLET_ASK_EVERY_MS,
            give_up_after_ms: limits::WALLET_GIVE_UP_AFTER_MS,
            reverse_after_ms: limits::WALLET_REVERSE_AFTER_MS,
            reverse_within_ms: limits::WALLET_REVERSE_WITHIN_MS,
        }
    }
}

/// How this store's desk decides.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeskConfig {
    /// The business day before any record of another: the first of the store.
    pub first_day: BusinessDate,
    /// The only currency it takes.
    pub currency: Currency,
    /// What may be approved while the bank can't be reached.
    pub policy: StandInPolicy,
    /// Cards the hub never stands in for, from its file.
    pub hot_list: Arc<HotList>,
    /// Time-outs and pauses.
    pub timing: Timing,
    /// Whether the acquirer wants an end marker after a batch that balanced (A).
    pub marker_when_balanced: bool,
    /// Payments of wallets; `None`: the acquirer's dialect has none.
    pub wallets: Option<WalletRules>,
}

impl DeskConfig {
    /// Field 3 of a live message.
    #[must_use]
    pub const fn processing_code(&self, message: LiveMessage) -> u32 {
        match message {
            LiveMessage::CardSale => 0,
            LiveMessage::WalletPay => match self.wallets {
                Some(rules) => rules.pay_code,
                None => 0,
            },
        }
    }
}
