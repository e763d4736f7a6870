//! The hub in figures, for Prometheus: `GET /metrics` on the port of gRPC.
//!
//! Everything is read from what the actors hold anyway, a few times a second at the most. The desk
//! walks its queue entries for it, open ones and those at their end. Labels are lanes, terminals
//! and words of ours, all bounded. No card, no payment id, no amount of a single payment is among
//! them (I16).

mod bank_times;
mod books;
mod journal;
mod payment_times;

use proto::store::v1::{PaymentCounts, StatusResponse};

use domain::{
    day::LanePart,
    desk::Counts,
    limits::{LANE_STREAM_FRAMES_MAX, PAYMENTS_IN_FLIGHT_PER_LANE_MAX},
    money::Currency,
    time::{BusinessDate, WallMs},
};
use monitoring::{Exposition, Kind, Program};

pub(crate) use bank_times::{BankMessage, BankTimes};
pub(crate) use journal::JournalFigures;
pub(crate) use payment_times::PaymentTimes;

use crate::projections::Takings;

/// What is measured while it happens, by those it happens to. Clones are the same.
#[derive(Clone, Default, Debug)]
pub(crate) struct Meters {
    pub(crate) payments: PaymentTimes,
    pub(crate) bank: BankTimes,
}

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
    /// Copies of its journal that have damaged records.
    pub(crate) damaged: usize,
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
    /// When the entry that waits longest in the queue came into it.
    pub(crate) queued_first: Option<WallMs>,
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
    /// Dates that were turned and are not sealed.
    pub(crate) dates_unsealed: usize,
    /// The running date should have ended by itself, and nobody confirms the clock.
    pub(crate) end_needs_person: bool,
    pub(crate) takings: Takings,
}

/// Everything that is told.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) program: Program,
    pub(crate) now_wall_ms: i64,
    /// Of all amounts.
    pub(crate) currency: Currency,
    pub(crate) desk: DeskFigures,
    pub(crate) lanes: Vec<LaneFigures>,
    pub(crate) journal: JournalFigures,
    pub(crate) books: BooksFigures,
    /// Since when the link to the bank is up or down; 0: it has not been tried yet.
    pub(crate) line_since_wall_ms: i64,
    /// Clocks that differ from the hub's: whose, and by how much they are ahead.
    pub(crate) wrong_clocks: Vec<(String, i64)>,
    pub(crate) meters: Meters,
}

impl Figures {
    /// The text format of Prometheus, version 0.0.4.
    pub(crate) fn text(&self) -> String {
        let mut text = Exposition::default();
        self.program.tell(&mut text);
        self.lanes(&mut text);
        self.completeness(&mut text);
        self.business_date(&mut text);
        self.sales(&mut text);
        self.clocks(&mut text);
        self.queue(&mut text);
        self.bank(&mut text);
        self.meters.bank.tell(&mut text);
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
        self.meters.payments.tell(&mut text);
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
            "Machines of the lane whose records are refused or damaged (HUB0013, HUB0014, HUB0043).",
            |lane| number(lane.troubles),
        );
        self.per_lane(
            text,
            "lanekeeper_hub_lane_copies_damaged",
            "Copies of the lane's journals that have damaged records (HUB0043).",
            |lane| number(lane.damaged),
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
        let oldest = self.desk.queued_first;
        let oldest = oldest.map_or(0, |queued| self.now_wall_ms.saturating_sub(queued.0));
        text.gauge(
            "lanekeeper_hub_forward_queue_oldest_age_seconds",
            "For how long the entry that waits longest has been in the queue, by the hub's clock; \
             0: there is none.",
            oldest.max(0).div_euclid(1_000),
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

    fn clocks(&self, text: &mut Exposition) {
        text.gauge(
            "lanekeeper_hub_clocks_wrong",
            "Clocks of bank and lanes that differ from the hub's by too much (HUB0024).",
            self.wrong_clocks.len(),
        );
        let name = "lanekeeper_hub_clock_ahead_seconds";
        let help = "By how much a clock that differs is ahead of the hub's.";
        text.family(name, Kind::Gauge, help);
        for (whose, ahead_ms) in self.wrong_clocks.iter().take(LANES_MAX) {
            text.sample(&[("whose", whose)], ahead_ms.div_euclid(1_000));
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
    use std::time::Duration;

    use domain::ids::LaneId;
    use proto::store::v1::{Decision, DecisionKind, Money};

    use super::*;

    fn figures(lanes: Vec<LaneFigures>) -> Figures {
        Figures {
            program: Program {
                name: "store-hub",
                version: "0.1.0",
                started_wall_ms: 1_795_330_000_999,
            },
            now_wall_ms: 1_795_334_460_000,
            currency: Currency::CNY,
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
                queued_first: Some(WallMs(1_795_334_369_999)),
            },
            lanes,
            journal: JournalFigures::default(),
            books: BooksFigures {
                today: BusinessDate::parse("2026-11-25").ok(),
                sealed_complete: (1, 3),
                dates_unsealed: 2,
                takings: Takings {
                    cash: Default::default(),
                    sales: [(LaneId(4), (11, 1))].into(),
                    taken: [("card".to_owned(), 1250), ("cash".to_owned(), -3)].into(),
                },
                ..Default::default()
            },
            line_since_wall_ms: 1_795_334_400_999,
            wrong_clocks: vec![("lane 4".to_owned(), -90_000)],
            meters: Meters::default(),
        }
    }

    #[test]
    fn names_have_units_and_each_family_is_told_once() {
        let lane = LaneFigures {
            lane: 4,
            payments_in_flight: 1,
            ..Default::default()
        };
        let figures = figures(vec![lane]);
        let approved = Decision {
            kind: DecisionKind::Approved.into(),
            ..Default::default()
        };
        let meters = &figures.meters;
        meters
            .payments
            .told(Some(&approved), Duration::from_millis(40));
        let message = BankMessage::Reversal;
        meters.bank.answered(message, Duration::from_millis(30));
        meters.bank.timed_out(message);
        let text = figures.text();
        for line in [
            "process_start_time_seconds 1795330000",
            "lanekeeper_hub_forward_queue_oldest_age_seconds 90",
            "lanekeeper_hub_dates_unsealed 2",
            "lanekeeper_hub_day_end_needs_person 0",
            "lanekeeper_hub_sales_closed_total{lane=\"4\"} 11",
            "lanekeeper_hub_sales_voided_total{lane=\"4\"} 1",
            "lanekeeper_hub_sales_minor_total{tender=\"card\",currency=\"CNY\"} 1250",
            "lanekeeper_hub_sales_minor_total{tender=\"cash\",currency=\"CNY\"} 0",
            "lanekeeper_hub_clocks_wrong 1",
            "lanekeeper_hub_clock_ahead_seconds{whose=\"lane 4\"} -90",
            "lanekeeper_hub_payment_seconds_bucket{decision=\"approved\",le=\"0.025\"} 0",
            "lanekeeper_hub_payment_seconds_bucket{decision=\"approved\",le=\"0.05\"} 1",
            "lanekeeper_hub_payment_seconds_count{decision=\"declined\"} 0",
            "lanekeeper_hub_bank_seconds_count{mti=\"0400\",message=\"reversal\"} 1",
            "lanekeeper_hub_bank_timeouts_total{mti=\"0400\",message=\"reversal\"} 1",
            "lanekeeper_hub_bank_timeouts_total{mti=\"0200\",message=\"sale\"} 0",
            "lanekeeper_hub_journal_commit_seconds_count 0",
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
            let has_unit = kind != "histogram" || name.ends_with("_seconds");
            assert!(has_unit, "{family}");
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
