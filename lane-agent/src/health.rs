//! How a running lane is, as its health page says and `lane-agent status --address` reads.

use domain::{ids::LaneId, sale::CheckoutConfig};
use journal::{Journal, LogId};
use serde::{Deserialize, Serialize};

use crate::{actors::Progress, store_day::StoreDay};

/// One lane. What an older one does not say is as if nothing were known of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct LaneHealth {
    /// 0: it is no lane that says this.
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    pub(crate) running: bool,
    /// starting, open, selling, no-room
    pub(crate) state: String,
    pub(crate) can_sell: bool,
    pub(crate) hub_up: bool,
    pub(crate) software_version: String,
    pub(crate) journal_sequence: u64,
    pub(crate) journal_durable_lag_batches: u64,
    pub(crate) sales_closed: u32,
    pub(crate) sales_voided: u32,
    /// Of its own frame; none before its first contact with a hub.
    pub(crate) business_date: Option<String>,
    pub(crate) time_zone: String,
    pub(crate) clock_ahead_ms: Option<i64>,
    /// Why it begins no new sale, if its disk is why.
    pub(crate) no_room: Option<String>,
}

impl LaneHealth {
    pub(crate) fn of(
        checkout: CheckoutConfig,
        progress: Progress,
        hub_up: bool,
        journal: &Journal,
        day: &StoreDay,
    ) -> Self {
        let figures = journal.figures();
        Self {
            lane: checkout.lane.0,
            epoch: checkout.epoch.0,
            running: true,
            state: progress.word().to_owned(),
            can_sell: progress.open && !progress.no_room,
            hub_up,
            software_version: env!("CARGO_PKG_VERSION").to_owned(),
            journal_sequence: journal.durable_head(LogId::OWN).sequence,
            journal_durable_lag_batches: figures.batches_not_durable,
            sales_closed: progress.sales_closed,
            sales_voided: progress.sales_voided,
            business_date: progress.running_date.map(|date| date.to_string()),
            time_zone: day.zone_name().to_owned(),
            clock_ahead_ms: day.told.clock_ahead_ms,
            no_room: journal.refuses_new_work().map(|why| why.to_string()),
        }
    }

    /// In a few lines.
    pub(crate) fn text(&self) -> String {
        let dated = self.business_date.as_deref();
        let dated = dated.unwrap_or("none before the first contact");
        let hub = if self.hub_up { "there" } else { "AWAY" };
        let disk = self.no_room.as_ref().map_or_else(String::new, |why| {
            format!("\nno new sale is begun: {why} (LANE0009)")
        });
        let clock = self.clock_ahead_ms.map_or_else(String::new, |ahead_ms| {
            let seconds = ahead_ms.div_euclid(1_000);
            format!("\nthe clock is {seconds:+} s off the hub's (LANE0020)")
        });
        format!(
            "{} epoch {}: {}, software {}\nhub {hub}\nrecords {}, {} batches not durable yet; \
             sales closed {}, voided {}\nbusiness date {dated}, time zone {}{disk}{clock}",
            LaneId(self.lane),
            self.epoch,
            self.state,
            self.software_version,
            self.journal_sequence,
            self.journal_durable_lag_batches,
            self.sales_closed,
            self.sales_voided,
            self.time_zone,
        )
    }
}
