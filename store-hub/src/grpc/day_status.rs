//! What a status says of the business day: whether it is the calendar's, when it ends, which clocks
//! differ.

use proto::store::v1::StatusResponse;
use tonic::Status;

use super::{Services, report_service::report_status, stopping};
use crate::{actors::reports::ViewDays, clocks::clock_to_proto};

impl Services {
    /// Fills in what neither the desk nor its journal knows.
    pub(super) async fn tell_days(&self, status: &mut StatusResponse) -> Result<(), Status> {
        let days = self.reports.send(ViewDays).await.map_err(stopping)?;
        let days = days.map_err(report_status)?;
        let now_ms = self.clock.wall_ms();
        let today = self.calendar.date_at(now_ms).map(|date| date.to_string());
        status.calendar_date = today
            .filter(|today| *today != status.business_date)
            .unwrap_or_default();
        let running = domain::time::BusinessDate::parse(&status.business_date).ok();
        let ends = running.and_then(|date| self.calendar.ends(date));
        status.day_ends_wall_ms = ends.map_or(0, |ends| ends.0);
        status.end_needs_person = days.end_needs_person;
        status.dates_closing = days.closing;
        let (complete, named) = days.lanes_complete;
        status.lanes_complete = u32::try_from(complete).unwrap_or(u32::MAX);
        status.lanes_named = u32::try_from(named).unwrap_or(u32::MAX);
        let wrong = self.clocks.wrong().into_iter();
        status.wrong_clocks = wrong
            .map(|wrong| clock_to_proto(wrong.witness, wrong.ahead_ms))
            .collect();
        Ok(())
    }
}
