//! The books in figures: which day runs, how old it is, and whose part of it is held whole.

use domain::time::BusinessDate;
use monitoring::{Exposition, Kind};

use super::{Figures, LANES_MAX, LaneFigures};

impl Figures {
    /// What a close of the running date would say of each lane now, and what the day sealed last
    /// says (I18).
    pub(super) fn completeness(&self, text: &mut Exposition) {
        self.per_lane(
            text,
            "lanekeeper_hub_lane_complete",
            "1 while the lane's part of the running business date is held whole: the lane has \
             ended that date, or rests, and all its records up to there are here.",
            |lane| u64::from(self.is_complete(lane)),
        );
        let complete = self.lanes.iter().filter(|lane| self.is_complete(lane));
        let complete = complete.count();
        text.gauge(
            "lanekeeper_hub_lanes_complete",
            "Lanes whose part of the running business date is held whole.",
            complete,
        );
        text.gauge(
            "lanekeeper_hub_lanes_incomplete",
            "Lanes whose part of the running business date may be more than is held: lanes at \
             work, away, never heard of, or in trouble.",
            self.lanes.len().saturating_sub(complete),
        );
        let (complete, named) = self.books.sealed_complete;
        text.gauge(
            "lanekeeper_hub_sealed_day_lanes_complete",
            "Lanes whose part of the day sealed last is held whole, as its report says.",
            complete,
        );
        text.gauge(
            "lanekeeper_hub_sealed_day_lanes_incomplete",
            "Lanes whose part of the day sealed last is missing something, as its report says.",
            named.saturating_sub(complete),
        );
    }

    /// Whatever machines were this lane: each one's part.
    fn is_complete(&self, lane: &LaneFigures) -> bool {
        let parts = self.books.parts.iter();
        let mut parts = parts
            .filter(|part| part.machine.lane.0 == lane.lane)
            .peekable();
        parts.peek().is_some() && parts.all(|part| part.is_complete())
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
        text.gauge(
            "lanekeeper_hub_dates_unsealed",
            "Business dates that were ended and whose report is not sealed yet.",
            self.books.dates_unsealed,
        );
        text.gauge(
            "lanekeeper_hub_day_end_needs_person",
            "1 while the running date should have ended by itself and nobody confirms the hub's \
             clock: close it by hand.",
            u8::from(self.books.end_needs_person),
        );
        let running = BusinessDate::parse(running).ok();
        if let (Some(running), Some(today)) = (running, self.books.today) {
            text.gauge(
                "lanekeeper_hub_business_date_age_days",
                "Days by which the business date is behind the store's calendar; below 0: ahead \
                 of it.",
                today.days_since(running),
            );
        }
    }

    /// Over all dates, as far as the lanes' journals are here and read.
    pub(super) fn sales(&self, text: &mut Exposition) {
        let takings = &self.books.takings;
        let name = "lanekeeper_hub_sales_closed_total";
        let help = "Sales closed over all dates, as the journals of the lane's machines say.";
        text.family(name, Kind::Counter, help);
        for (lane, (closed, _)) in takings.sales.iter().take(LANES_MAX) {
            text.sample(&[("lane", &lane.0.to_string())], *closed);
        }
        let name = "lanekeeper_hub_sales_voided_total";
        let help = "Sales given up over all dates, as the journals of the lane's machines say.";
        text.family(name, Kind::Counter, help);
        for (lane, (_, voided)) in takings.sales.iter().take(LANES_MAX) {
            text.sample(&[("lane", &lane.0.to_string())], *voided);
        }
        text.family(
            "lanekeeper_hub_sales_minor_total",
            Kind::Counter,
            "What all lanes sold over all dates, by tender, in minor units of the currency; cash is what the \
             tills kept.",
        );
        for (tender, minor) in &takings.taken {
            let labels = [
                ("tender", tender.as_str()),
                ("currency", self.currency.letters()),
            ];
            text.sample(&labels, *minor);
        }
    }
}
