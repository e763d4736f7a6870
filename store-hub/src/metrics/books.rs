//! The books in figures: which day runs, how old it is, and whose journals are whole.

use domain::{
    sale::civil_date,
    time::{BusinessDate, LocalMs},
};
use monitoring::{Exposition, Kind};

use super::Figures;

impl Figures {
    pub(super) fn completeness(&self, text: &mut Exposition) {
        self.per_lane(
            text,
            "lanekeeper_hub_lane_complete",
            "1 while all that the lane is known to have written is here.",
            |lane| u64::from(lane.complete),
        );
        let complete = self.lanes.iter().filter(|lane| lane.complete).count();
        text.gauge(
            "lanekeeper_hub_lanes_complete",
            "Lanes whose journals are here as far as they are known.",
            complete,
        );
        text.gauge(
            "lanekeeper_hub_lanes_incomplete",
            "Lanes never heard of, with records still to come, or with records that are refused.",
            self.lanes.len().saturating_sub(complete),
        );
    }

    pub(super) fn business_date(&self, text: &mut Exposition) {
        let running = &self.desk.status.business_date;
        let name = "lanekeeper_hub_business_date_info";
        text.family(
            name,
            Kind::Gauge,
            "The business date that runs, as a label.",
        );
        text.sample(&[("business_date", running)], 1);
        // The calendar as UTC has it.
        let today = civil_date(LocalMs(self.wall_ms));
        let running = BusinessDate::parse(running).ok();
        if let (Some(running), Some(today)) = (running, today) {
            text.gauge(
                "lanekeeper_hub_business_date_age_days",
                "Days by which the business date is behind the calendar; below 0: ahead of it.",
                today.days_since(running),
            );
        }
    }
}
