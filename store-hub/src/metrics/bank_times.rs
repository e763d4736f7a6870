//! How long the bank takes to answer, by what was asked of it.
//!
//! A message that is given up is counted apart: its time-out says nothing of how fast the bank is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{desk::Outgoing, payment::LiveMessage};
use monitoring::{Exposition, Histogram, Kind, WAIT_LIMITS};

/// What is asked of the bank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum BankMessage {
    Sale,
    Wallet,
    Query,
    Void,
    Reversal,
    Advice,
    Settlement,
    Upload,
    SignOn,
}

impl BankMessage {
    const ALL: [Self; 9] = [
        Self::Sale,
        Self::Wallet,
        Self::Query,
        Self::Void,
        Self::Reversal,
        Self::Advice,
        Self::Settlement,
        Self::Upload,
        Self::SignOn,
    ];

    pub(crate) const fn of(outgoing: &Outgoing) -> Self {
        match outgoing {
            Outgoing::Sale { financial, .. } => match financial.message {
                LiveMessage::CardSale => Self::Sale,
                LiveMessage::WalletPay => Self::Wallet,
            },
            Outgoing::Query { .. } => Self::Query,
            Outgoing::Void { .. } => Self::Void,
            Outgoing::Reversal { .. } => Self::Reversal,
            Outgoing::Advice { .. } => Self::Advice,
            Outgoing::Settlement { .. } => Self::Settlement,
            Outgoing::Upload { .. } => Self::Upload,
        }
    }

    /// Its labels.
    const fn labels(self) -> [(&'static str, &'static str); 2] {
        let (mti, message) = match self {
            Self::Sale => ("0200", "sale"),
            Self::Wallet => ("0200", "wallet"),
            Self::Query => ("0200", "query"),
            Self::Void => ("0200", "void"),
            Self::Reversal => ("0400", "reversal"),
            Self::Advice => ("0220", "advice"),
            Self::Settlement => ("0500", "settlement"),
            Self::Upload => ("0320", "upload"),
            Self::SignOn => ("0800", "sign_on"),
        };
        [("mti", mti), ("message", message)]
    }

    /// The message type of its answer.
    pub(crate) const fn answer_mti(self) -> u16 {
        match self {
            Self::Sale | Self::Wallet | Self::Query | Self::Void => 210,
            Self::Reversal => 410,
            Self::Advice => 230,
            Self::Settlement => 510,
            Self::Upload => 330,
            Self::SignOn => 810,
        }
    }
}

/// Shared by the link, which measures, and the page. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct BankTimes(Arc<[OfMessage; BankMessage::ALL.len()]>);

#[derive(Debug)]
struct OfMessage {
    answered: Histogram,
    timed_out: AtomicU64,
    broken: AtomicU64,
}

impl Default for BankTimes {
    fn default() -> Self {
        Self(Arc::new(BankMessage::ALL.map(|_| OfMessage {
            answered: Histogram::new(&WAIT_LIMITS),
            timed_out: AtomicU64::new(0),
            broken: AtomicU64::new(0),
        })))
    }
}

impl BankTimes {
    fn of(&self, message: BankMessage) -> Option<&OfMessage> {
        let place = BankMessage::ALL.iter().position(|one| *one == message);
        place.and_then(|place| self.0.get(place))
    }

    pub(crate) fn answered(&self, message: BankMessage, took: Duration) {
        if let Some(of) = self.of(message) {
            of.answered.record(took);
        }
    }

    pub(crate) fn timed_out(&self, message: BankMessage) {
        if let Some(of) = self.of(message) {
            of.timed_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn broke(&self, message: BankMessage) {
        if let Some(of) = self.of(message) {
            of.broken.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn tell(&self, text: &mut Exposition) {
        text.family(
            "lanekeeper_hub_bank_seconds",
            Kind::Histogram,
            "From a message to the bank until its answer, by what was asked.",
        );
        for (message, of) in BankMessage::ALL.iter().zip(self.0.iter()) {
            text.durations(&message.labels(), of.answered.durations());
        }
        self.count(
            text,
            "lanekeeper_hub_bank_timeouts_total",
            "Messages given up without an answer since the hub started; their time is in no \
             histogram.",
            |of| &of.timed_out,
        );
        self.count(
            text,
            "lanekeeper_hub_bank_broken_total",
            "Messages whose connection broke before their answer, since the hub started.",
            |of| &of.broken,
        );
    }

    fn count(
        &self,
        text: &mut Exposition,
        name: &str,
        help: &str,
        counter: impl Fn(&OfMessage) -> &AtomicU64,
    ) {
        text.family(name, Kind::Counter, help);
        for (message, of) in BankMessage::ALL.iter().zip(self.0.iter()) {
            text.sample(&message.labels(), counter(of).load(Ordering::Relaxed));
        }
    }
}
