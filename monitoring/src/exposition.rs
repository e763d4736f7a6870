//! Figures as Prometheus reads them: families in the order they were told.
//!
//! The figures are read from what actors hold, at each scrape: nothing is counted a second time in
//! a registry of its own.

use std::fmt;

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, NoLabelSet, prometheus_text},
    metrics::MetricType,
    registry::Registry,
};

use crate::histogram::Durations;

/// The encoder adds it to the name of a counter by itself.
const COUNTER_SUFFIX: &str = "_total";

/// What a number means over time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It goes up and down.
    Gauge,
    /// It goes up only; its name ends in `_total`.
    Counter,
    /// How long things took, in buckets; its name ends in `_seconds`.
    Histogram,
}

/// A page in the making.
#[derive(Default, Debug)]
pub struct Exposition(Vec<Family>);

#[derive(Debug)]
struct Family {
    name: String,
    kind: Kind,
    help: String,
    samples: Vec<Sample>,
}

#[derive(Debug)]
struct Sample {
    labels: Vec<(String, String)>,
    value: Value,
}

#[derive(Debug)]
enum Value {
    Number(i64),
    Durations(Durations),
}

impl Exposition {
    /// Begins a family: the samples that follow are its.
    pub fn family(&mut self, name: &str, kind: Kind, help: &str) {
        self.0.push(Family {
            name: name.to_owned(),
            kind,
            help: help.to_owned(),
            samples: Vec::new(),
        });
    }

    /// A sample of the family that was begun last. Labels must be few: each costs whoever watches.
    pub fn sample(&mut self, labels: &[(&str, &str)], value: impl TryInto<i64>) {
        let value = value.try_into().unwrap_or(i64::MAX);
        self.push(labels, Value::Number(value));
    }

    /// As [`Self::sample`], of a family of histograms.
    pub fn durations(&mut self, labels: &[(&str, &str)], durations: Durations) {
        self.push(labels, Value::Durations(durations));
    }

    fn push(&mut self, labels: &[(&str, &str)], value: Value) {
        let labels = labels
            .iter()
            .map(|(label, of)| ((*label).to_owned(), (*of).to_owned()));
        let labels = labels.collect();
        if let Some(family) = self.0.last_mut() {
            family.samples.push(Sample { labels, value });
        }
    }

    /// A family of one sample.
    pub fn gauge(&mut self, name: &str, help: &str, value: impl TryInto<i64>) {
        self.family(name, Kind::Gauge, help);
        self.sample(&[], value);
    }

    /// A family of one sample.
    pub fn counter(&mut self, name: &str, help: &str, value: impl TryInto<i64>) {
        self.family(name, Kind::Counter, help);
        self.sample(&[], value);
    }

    /// The text format of Prometheus, version 0.0.4.
    #[must_use]
    pub fn into_text(self) -> String {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(self));
        let mut text = String::new();
        // Writing to a String can't fail.
        let _ = prometheus_text::encode(&mut text, &registry);
        text
    }
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for family in &self.0 {
            family.encode(&mut encoder)?;
        }
        Ok(())
    }
}

impl Family {
    fn encode(&self, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
        let (name, kind) = match self.kind {
            Kind::Gauge => (self.name.as_str(), MetricType::Gauge),
            Kind::Histogram => (self.name.as_str(), MetricType::Histogram),
            Kind::Counter => {
                let name = self.name.strip_suffix(COUNTER_SUFFIX);
                (name.unwrap_or(&self.name), MetricType::Counter)
            }
        };
        let mut family = encoder.encode_descriptor(name, &self.help, None, kind)?;
        for sample in &self.samples {
            let mut labelled = family.encode_family(&sample.labels)?;
            match (&sample.value, self.kind) {
                (Value::Durations(told), _) => labelled.encode_histogram::<NoLabelSet>(
                    told.sum_seconds,
                    told.count,
                    &told.buckets,
                    None,
                )?,
                (Value::Number(number), Kind::Counter) => {
                    let count = u64::try_from(*number).unwrap_or(0);
                    labelled.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
                }
                (Value::Number(number), Kind::Gauge | Kind::Histogram) => {
                    labelled.encode_gauge(number)?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn families_keep_their_names_and_their_order() {
        let mut page = Exposition::default();
        page.gauge("queue_entries", "Entries in the queue.", 3_u32);
        page.family("decisions_total", Kind::Counter, "Decisions.");
        page.sample(&[("decision", "approved")], 5_u64);
        page.sample(&[("decision", "declined")], 0_u64);
        page.gauge("amount_minor", "Worth.", -7_i64);
        let expected = "# HELP queue_entries Entries in the queue.\n\
                        # TYPE queue_entries gauge\n\
                        queue_entries 3\n\
                        # HELP decisions_total Decisions.\n\
                        # TYPE decisions_total counter\n\
                        decisions_total{decision=\"approved\"} 5\n\
                        decisions_total{decision=\"declined\"} 0\n\
                        # HELP amount_minor Worth.\n\
                        # TYPE amount_minor gauge\n\
                        amount_minor -7\n";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn a_histogram_counts_upwards_in_seconds() {
        let limits = [Duration::from_micros(2_500), Duration::from_secs(1)];
        let mut page = Exposition::default();
        page.family("payment_seconds", Kind::Histogram, "Payments.");
        let took = Durations::new(&limits, &[2, 1, 1], Duration::from_millis(3_250));
        page.durations(&[("decision", "approved")], took);
        let expected = "# HELP payment_seconds Payments.\n\
                        # TYPE payment_seconds histogram\n\
                        payment_seconds_bucket{decision=\"approved\",le=\"0.0025\"} 2\n\
                        payment_seconds_bucket{decision=\"approved\",le=\"1\"} 3\n\
                        payment_seconds_bucket{decision=\"approved\",le=\"+Inf\"} 4\n\
                        payment_seconds_sum{decision=\"approved\"} 3.25\n\
                        payment_seconds_count{decision=\"approved\"} 4\n";
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn a_label_can_not_break_out_of_its_quotes() {
        let mut page = Exposition::default();
        page.family("name", Kind::Gauge, "Help.");
        page.sample(&[("a", "x\"} 1\n"), ("b", "y\\")], 2);
        let text = page.into_text();
        let sample = text.lines().last().unwrap();
        assert_eq!(sample, "name{a=\"x\\\"} 1\\n\",b=\"y\\\\\"} 2");
    }
}
