//! The store's calendar: local dates and the instants at which they end, from the time zone and the
//! time at which a day ends. The rules about them are `domain::day`'s.

use domain::{
    sale::civil_date,
    time::{BusinessDate, LocalMs, WallMs},
};
use ports::{StoreZone, TimeOfDay};

/// Where and when the days of a store end.
#[derive(Clone, Debug)]
pub(crate) struct StoreCalendar {
    pub(crate) zone: StoreZone,
    pub(crate) ends_at: Option<TimeOfDay>,
}

impl StoreCalendar {
    /// The date on the store's wall.
    pub(crate) fn date_at(&self, now_ms: i64) -> Option<BusinessDate> {
        civil_date(LocalMs(self.zone.local_ms(now_ms)))
    }

    /// The instant at which a date ends by itself; `None`: by hand only.
    pub(crate) fn ends(&self, date: BusinessDate) -> Option<WallMs> {
        let ends_at = self.ends_at?;
        self.zone.instant_ms(date.parts(), ends_at).map(WallMs)
    }

    /// The first date whose end lies ahead: its calendar day is over at midnight where days are
    /// ended by hand only. Outside the calendar it is `otherwise`.
    pub(crate) fn first_ahead(&self, now_ms: i64, otherwise: BusinessDate) -> BusinessDate {
        let Some(today) = self.date_at(now_ms) else {
            return otherwise;
        };
        match self.ends(today) {
            Some(ends) if ends.0 <= now_ms => today.next(),
            Some(_) | None => today,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> BusinessDate {
        BusinessDate::parse(text).unwrap()
    }

    #[test]
    fn a_date_lies_ahead_until_its_end_on_the_wall() {
        let mut calendar = StoreCalendar {
            zone: StoreZone::named("Asia/Shanghai").unwrap(),
            ends_at: TimeOfDay::parse("23:30"),
        };
        let (today, tomorrow) = (date("2026-11-22"), date("2026-11-23"));
        let ends = calendar.ends(today).unwrap().0;
        for (now_ms, ahead) in [
            (ends - 1, today),
            (ends, tomorrow),
            (ends + 1_800_000, tomorrow),
        ] {
            assert_eq!(calendar.first_ahead(now_ms, today), ahead);
        }
        calendar.ends_at = None;
        assert_eq!(calendar.ends(today), None);
        assert_eq!(
            calendar.first_ahead(ends, tomorrow),
            today,
            "until midnight"
        );
        assert_eq!(calendar.first_ahead(ends + 1_800_000, today), tomorrow);
    }
}
