//! The lane's status, told when it changes and every few seconds.

use std::time::Duration;

use actix::{AsyncContext, Context};
use journal::LogId;
use proto::store::v1::{self as wire, lane_frame::Body};

use super::HubLink;
use crate::devices::{DeviceClass, PrinterStatus};

/// How often is looked whether something changed.
const LOOK_MS: u64 = 100;
/// Looks after which the status is told though nothing changed.
const LOOKS_BETWEEN_REPEATS: u32 = 30;

/// What the hub was told last.
#[derive(Default)]
pub(super) struct LastStatus {
    status: Option<wire::LaneStatus>,
    looks: u32,
}

impl LastStatus {
    /// Another stream: the hub knows nothing.
    pub(super) fn forget(&mut self) {
        self.status = None;
    }
}

impl HubLink {
    pub(super) fn report_status(&self, ctx: &mut Context<Self>) {
        ctx.run_interval(Duration::from_millis(LOOK_MS), |link, ctx| {
            if !link.greeted {
                return;
            }
            let mut status = link.lane_status();
            link.status.looks = link.status.looks.saturating_add(1);
            let same = link.status.status.as_ref() == Some(&status);
            if same && link.status.looks < LOOKS_BETWEEN_REPEATS {
                return;
            }
            link.status.looks = 0;
            let told = status.clone();
            // Changes all the time, and is no change.
            status.wall_ms = link.parts.clock.wall_ms();
            if link.put(Body::Status(status), ctx) {
                link.status.status = Some(told);
            }
        });
    }

    /// `script_finished` is read before the journal: what the script has seen is then durable.
    fn lane_status(&self) -> wire::LaneStatus {
        let script_finished = *self.parts.script_finished.borrow();
        let progress = *self.parts.progress.borrow();
        let facts = self.parts.facts.borrow();
        let price_version = facts.as_ref().map(|facts| facts.price_version.clone());
        wire::LaneStatus {
            state: progress.word().to_owned(),
            journal_sequence: self.parts.journal.durable_head(LogId::OWN).sequence,
            sales_closed: progress.sales_closed,
            sales_voided: progress.sales_voided,
            devices: vec![printer(&self.parts.printer.borrow())],
            script_finished,
            journal_durable_lag_batches: self.parts.journal.figures().batches_not_durable,
            price_file_version: price_version.unwrap_or_default(),
            business_date: records::date_to_proto(progress.running_date),
            prints_copies: true,
            shift_of: progress.shift.map(|shift| shift.operator.0),
            shift_since_wall_ms: progress.shift.map_or(0, |shift| shift.since.0),
            ..wire::LaneStatus::default()
        }
    }
}

fn printer(status: &PrinterStatus) -> wire::DeviceStatus {
    wire::DeviceStatus {
        device_class: DeviceClass::PosPrinter.name().to_owned(),
        state: status.state.name().to_owned(),
        detail: status.detail(),
    }
}
