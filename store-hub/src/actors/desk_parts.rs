//! What a payment desk is made of, and whom it tells.

use std::sync::Arc;

use domain::{
    desk::DeskConfig,
    ids::{LaneId, Mid, Tid},
    paper::Heading,
    time::{BusinessDate, MonoMs},
};
use journal::Journal;
use ports::{Clock, Random};
use tokio::sync::{mpsc, watch};

use super::acquirer_link::command::LinkCommand;
use crate::{
    config::DayConfig, damaged_copies::DamagedCopies, keys::KeyStore, prices::PriceOffer,
    store_calendar::StoreCalendar,
};

/// What a desk is made of.
pub(crate) struct DeskParts {
    pub(crate) desk: DeskConfig,
    pub(crate) store_id: String,
    /// What lanes print of the merchant, but for their terminal.
    pub(crate) heading: Heading,
    pub(crate) terminals: Vec<(Tid, Mid, LaneId)>,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<dyn Random>,
    pub(crate) keys: Arc<dyn KeyStore>,
    pub(crate) dates: ToldDates,
    pub(crate) damaged: DamagedCopies,
    pub(crate) prices: watch::Receiver<PriceOffer>,
    pub(crate) outlets: Outlets,
}

/// Whom the desk tells. It never waits for any of them.
pub(crate) struct Outlets {
    pub(crate) link: mpsc::Sender<LinkCommand>,
    pub(crate) wake: watch::Sender<Option<MonoMs>>,
    pub(crate) changed: watch::Sender<u64>,
    pub(crate) fatal: mpsc::Sender<String>,
}

/// What the desk has to know to tell lanes of the date.
#[derive(Clone, Debug)]
pub(crate) struct ToldDates {
    pub(crate) calendar: StoreCalendar,
    pub(crate) day: DayConfig,
}

impl ToldDates {
    pub(super) fn ends_ms(&self, date: BusinessDate) -> i64 {
        self.calendar.ends(date).map_or(0, |ends| ends.0)
    }

    pub(super) fn close_timeout_ms(&self) -> u64 {
        milliseconds(self.day.close_timeout)
    }

    pub(super) fn grace_ms(&self) -> u64 {
        milliseconds(self.day.grace)
    }
}

fn milliseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
