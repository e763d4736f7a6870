//! The hub in figures, for Prometheus: `GET /metrics` on the port of gRPC.
//!
//! Everything is read from what the actors hold anyway, a few times a second at the most. The desk
//! walks its queue entries for it, open ones and those at their end. Labels are lanes, terminals
//! and words of ours, all bounded. No card, no payment id, no amount of a single payment is among
//! them (I16).

mod books;
mod journal;

use proto::store::v1::{PaymentCounts, StatusResponse};

use domain::{
    day::LanePart,
    desk::Counts,
    limits::{LANE_STREAM_FRAMES_MAX, PAYMENTS_IN_FLIGHT_PER_LANE_MAX},
    time::BusinessDate,
};
pub(crate) use journal::JournalFigures;
use monitoring::{Exposition, Kind};

/// Lanes with figures of their own: a made-up lane number must not cost a label each.
const LANES_MAX: usize = 256;

/// One lane in figures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct LaneFigures {
    pub(crate) lane: u16,
    pub(crate) connected: bool,
    pub(crate) payments_in_flight: usize,
    pub(crate) frames_waiting: usize,
    /// Records durable at the lane, as it last said, and not yet here.
    pub(crate) replication_lag_records: u64,
    pub(crate) replicated_sequence: u64,
    /// Batches its journal has taken and not made durable, as it last said.
    pub(crate) journal_lag_batches: u64,
    /// Machines of this lane whose records are refused.
    pub(crate) troubles: usize,
    /// Its next sale is priced by what the store sells by.
    pub(crate) sells_by_current_prices: bool,
}

/// The desk in figures.
#[derive(Clone, Debug)]
pub(crate) struct DeskFigures {
    pub(crate) status: StatusResponse,
    /// Since the journal began: a counter never goes down at the end of a day.
    pub(crate) counts: Counts,
    /// Effects that wait for the disk.
    pub(crate) outbox_waiting: usize,
    /// Payments in the desk's memory: those of the running day, and older ones that are not over.
    pub(crate) payments_held: usize,
}

/// The books in figures.
#[derive(Clone, Debug, Default)]
pub(crate) struct BooksFigures {
    /// The date on the calendar of the store.
    pub(crate) today: Option<BusinessDate>,
    /// Each lane's part of the running date, as a close would find it now.
    pub(crate) parts: Vec<LanePart>,
    /// Lanes whose part of the day sealed last is held whole, of how many.
    pub(crate) sealed_complete: (usize, usize),
}

/// Everything that is told.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) desk: DeskFigures,
    pub(crate) lanes: Vec<LaneFigures>,
    pub(crate) journal: JournalFigures,
    pub(crate) books: BooksFigures,
    /// Since when the link to the bank is up or down; 0: it has not been tried yet.
    pub(crate) line_since_wall_ms: i64,
}

impl Figures {
    /// The text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut text = Exposition::default();
        self.lanes(&mut text);
        self.completeness(&mut text);
        self.business_date(&mut text);
        self.queue(&mut text);
        self.bank(&mut text);
        self.journal.tell(&mut text);
        text.gauge(
            "lanekeeper_hub_outbox_effects",
            "Messages and answers that wait until what they rest on is durable.",
            self.desk.outbox_waiting,
        );
        text.gauge(
            "lanekeeper_hub_payments_held",
            "Payments held in memory: of the running day, or not over yet.",
            self.desk.payments_held,
        );
        self.decisions(&mut text);
        text.into_text()
    }

    fn per_lane(
        &self,
        text: &mut Exposition,
        name: &str,
        help: &str,
        figure: impl Fn(&LaneFigures) -> u64,
    ) {
        text.family(name, Kind::Gauge, help);
        for lane in self.lanes.iter().take(LANES_MAX) {
            text.sample(&[("lane", &lane.lane.to_string())], figure(lane));
        }
    }

    fn lanes(&self, text: &mut Exposition) {
        self.per_lane(
            text,
            "lanekeeper_hub_lane_connected",
            "1 while the lane has a session.",
            |lane| u64::from(lane.connected),
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_payments_in_flight",
            "Payments of the lane that have no result yet.",
            |lane| number(lane.payments_in_flight),
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_payment_credits",
            "Payments the lane may still begin before its stream is closed.",
            |lane| number(PAYMENTS_IN_FLIGHT_PER_LANE_MAX.saturating_sub(lane.payments_in_flight)),
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_frames_waiting",
            "Frames for the lane that it has not taken yet; when they are the most there may be, \
             its stream is closed.",
            |lane| number(lane.frames_waiting),
        );
        text.gauge(
            "lanekeeper_hub_lane_frames_waiting_max",
            "The most frames that may wait for one lane.",
            LANE_STREAM_FRAMES_MAX,
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_prices_current",
            "1 while the lane's next sale is priced by the version the store sells by (HUB0031).",
            |lane| u64::from(lane.sells_by_current_prices),
        );
        self.replication(text);
    }

    fn replication(&self, text: &mut Exposition) {
        self.per_lane(
            text,
            "lanekeeper_hub_lane_replication_lag_records",
            "Records durable at the lane, as it last said, and not yet at the hub.",
            |lane| lane.replication_lag_records,
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_replicated_records",
            "Records of the lane's running epoch that are durable at the hub.",
            |lane| lane.replicated_sequence,
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_replication_troubles",
            "Machines of the lane whose records are refused (HUB0013, HUB0014).",
            |lane| number(lane.troubles),
        );
        self.per_lane(
            text,
            "lanekeeper_lane_journal_durable_lag_batches",
            "Batches the lane's journal has taken and not made durable, as it last said.",
            |lane| lane.journal_lag_batches,
        );
    }

    fn queue(&self, text: &mut Exposition) {
        let status = &self.desk.status;
        text.gauge(
            "lanekeeper_hub_payments_in_flight",
            "Payments that wait for a decision.",
            status.payments_in_flight,
        );
        text.gauge(
            "lanekeeper_hub_forward_queue_entries",
            "Reversals, advices and voids that are not at their end.",
            status.queue_depth,
        );
        let name = "lanekeeper_hub_forward_queue_amount_minor";
        text.family(
            name,
            Kind::Gauge,
            "What the entries in the queue are worth, in minor units of the currency.",
        );
        if let Some(amount) = &status.queue_amount {
            text.sample(&[("currency", &amount.currency)], amount.minor);
        }
        text.gauge(
            "lanekeeper_hub_dead_letters",
            "Dead letters that nobody has resolved.",
            status.dead_letters,
        );
    }

    fn bank(&self, text: &mut Exposition) {
        let status = &self.desk.status;
        text.gauge(
            "lanekeeper_hub_line_up",
            "1 while messages can be sent to the bank.",
            u8::from(status.link_up),
        );
        text.gauge(
            "lanekeeper_hub_line_since_seconds",
            "When the line to the bank last came or went, in seconds since 1970.",
            self.line_since_wall_ms.div_euclid(1_000),
        );
        let name = "lanekeeper_hub_terminal_up";
        text.family(name, Kind::Gauge, "1 while the terminal is signed on.");
        for terminal in &status.terminals {
            let up = terminal.signed_on && !terminal.stopped;
            text.sample(&[("tid", &terminal.tid)], u8::from(up));
        }
        let name = "lanekeeper_hub_terminal_stopped";
        text.family(
            name,
            Kind::Gauge,
            "1 while the terminal is stopped: somebody must look (HUB0002).",
        );
        for terminal in &status.terminals {
            let stopped = u8::from(terminal.stopped);
            text.sample(&[("tid", &terminal.tid)], stopped);
        }
    }

    fn decisions(&self, text: &mut Exposition) {
        let counts = records::hub::payments_to_proto(&self.desk.counts);
        text.counter(
            "lanekeeper_hub_payments_requested_total",
            "Payments asked for since the journal began.",
            counts.requested,
        );
        let name = "lanekeeper_hub_decisions_total";
        text.family(name, Kind::Counter, "Decisions since the journal began.");
        for (decision, count) in decisions(&counts) {
            text.sample(&[("decision", decision)], count);
        }
        let name = "lanekeeper_hub_forward_ended_total";
        text.family(
            name,
            Kind::Counter,
            "Queue entries that came to their end, by which of the three.",
        );
        for (end, count) in [
            ("delivered", counts.forward_delivered),
            ("withdrawn", counts.forward_withdrawn),
            ("dead_letter", counts.forward_dead_letters),
        ] {
            text.sample(&[("end", end)], count);
        }
        text.counter(
            "lanekeeper_hub_forward_queued_total",
            "Entries queued since the journal began.",
            counts.forward_queued,
        );
        text.counter(
            "lanekeeper_hub_late_answers_total",
            "Answers of the bank that fitted nothing outstanding (HUB0005).",
            counts.late_answers,
        );
    }
}

fn decisions(counts: &PaymentCounts) -> [(&'static str, u64); 9] {
    [
        ("approved", counts.approved),
        ("partially_approved", counts.partially_approved),
        ("declined", counts.declined),
        ("unknown", counts.unknown),
        ("refused", counts.refused),
        ("reversed", counts.reversed),
        ("stand_in", counts.stand_in),
        ("offline_approved", counts.offline_approved),
        ("declined_after_goods", counts.declined_after_goods),
    ]
}

fn number(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::store::v1::Money;

    fn figures(lanes: Vec<LaneFigures>) -> Figures {
        Figures {
            desk: DeskFigures {
                status: StatusResponse {
                    link_up: true,
                    business_date: "2026-11-22".to_owned(),
                    queue_depth: 3,
                    queue_amount: Some(Money {
                        minor: 1250,
                        currency: "CNY".to_owned(),
                    }),
                    ..Default::default()
                },
                counts: Counts {
                    requested: 7,
                    approved: 5,
                    ..Default::default()
                },
                outbox_waiting: 2,
                payments_held: 9,
            },
            lanes,
            journal: JournalFigures::default(),
            books: BooksFigures {
                today: BusinessDate::parse("2026-11-25").ok(),
                sealed_complete: (1, 3),
                ..Default::default()
            },
            line_since_wall_ms: 1_795_334_400_999,
        }
    }

    #[test]
    fn names_have_units_and_each_family_is_told_once() {
        let lane = LaneFigures {
            lane: 4,
            payments_in_flight: 1,
            ..Default::default()
        };
        let text = figures(vec![lane]).text();
        for line in [
            "lanekeeper_hub_lane_payments_in_flight{lane=\"4\"} 1",
            "lanekeeper_hub_lane_payment_credits{lane=\"4\"} 3",
            "lanekeeper_hub_forward_queue_entries 3",
            "lanekeeper_hub_forward_queue_amount_minor{currency=\"CNY\"} 1250",
            "lanekeeper_hub_line_up 1",
            "lanekeeper_hub_line_since_seconds 1795334400",
            "lanekeeper_hub_lanes_complete 0",
            "lanekeeper_hub_lanes_incomplete 1",
            "lanekeeper_hub_sealed_day_lanes_complete 1",
            "lanekeeper_hub_sealed_day_lanes_incomplete 2",
            "lanekeeper_hub_business_date_info{business_date=\"2026-11-22\"} 1",
            "lanekeeper_hub_business_date_age_days 3",
            "lanekeeper_hub_decisions_total{decision=\"approved\"} 5",
            "lanekeeper_hub_outbox_effects 2",
        ] {
            assert!(text.lines().any(|one| one == line), "{line} in\n{text}");
        }
        let mut families: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("# TYPE"))
            .collect();
        let told = families.len();
        families.sort_unstable();
        families.dedup();
        assert_eq!(families.len(), told);
        for family in families {
            let mut words = family.split(' ').skip(2);
            let (name, kind) = (words.next().unwrap(), words.next().unwrap());
            assert_eq!(kind == "counter", name.ends_with("_total"), "{family}");
        }
    }

    #[test]
    fn made_up_lanes_do_not_cost_a_label_each() {
        let lanes = (1..=2000).map(|lane| LaneFigures {
            lane,
            ..Default::default()
        });
        let text = figures(lanes.collect()).text();
        let of_one_name = text
            .lines()
            .filter(|line| line.starts_with("lanekeeper_hub_lane_connected{"));
        assert_eq!(of_one_name.count(), LANES_MAX);
    }
}
