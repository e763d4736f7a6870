//! A family of histograms that one label tells apart.

use std::time::Duration;

use crate::{
    exposition::{Exposition, Kind},
    histogram::Histogram,
};

/// Histograms of one family, one for each value of a label. The values are fixed, so that nothing
/// that comes in can make one more.
#[derive(Debug)]
pub struct Histograms {
    label: &'static str,
    each: Vec<(&'static str, Histogram)>,
}

impl Histograms {
    /// Of nothing yet.
    #[must_use]
    pub fn new(label: &'static str, values: &[&'static str], limits: &'static [Duration]) -> Self {
        let each = values.iter().map(|value| (*value, Histogram::new(limits)));
        Self {
            label,
            each: each.collect(),
        }
    }

    /// It took so long. A value that is none of the family's is not counted.
    pub fn record(&self, value: &str, took: Duration) {
        let mut each = self.each.iter();
        if let Some((_, histogram)) = each.find(|(of, _)| *of == value) {
            histogram.record(took);
        }
    }

    /// The family on a page.
    pub fn tell(&self, page: &mut Exposition, name: &str, help: &str) {
        page.family(name, Kind::Histogram, help);
        for (value, histogram) in &self.each {
            page.durations(&[(self.label, value)], histogram.durations());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::histogram::WAIT_LIMITS;

    #[test]
    fn a_value_that_is_not_of_the_family_makes_no_series() {
        let times = Histograms::new("decision", &["approved", "declined"], &WAIT_LIMITS);
        times.record("approved", Duration::from_millis(3));
        times.record("made-up", Duration::from_millis(3));
        let mut page = Exposition::default();
        times.tell(&mut page, "payment_seconds", "Payments.");
        let text = page.into_text();
        assert!(!text.contains("made-up"), "{text}");
        for line in [
            "payment_seconds_count{decision=\"approved\"} 1",
            "payment_seconds_bucket{decision=\"approved\",le=\"0.002\"} 0",
            "payment_seconds_bucket{decision=\"approved\",le=\"0.005\"} 1",
            "payment_seconds_count{decision=\"declined\"} 0",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
    }
}
