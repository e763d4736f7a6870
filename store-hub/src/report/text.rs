//! The day report as plain text, 78 columns.

use std::fmt::Write;

use domain::money::{Currency, Money};

use super::{DayReport, DeadLetterLine};

/// The report for a printer or a terminal.
pub(crate) fn text(report: &DayReport) -> String {
    let mut page = Page {
        text: String::new(),
        currency: Currency::by_letters(&report.currency).unwrap_or(Currency::CNY),
    };
    let state = if report.closed { "closed" } else { "running" };
    page.line(&format!(
        "{} ({})   business day {}   {state}",
        report.store_name, report.store_id, report.business_date
    ));
    if let Some(correction) = &report.correction {
        page.line(&format!(
            "replaces version {}: {}",
            correction.replaces_version, correction.reason.english
        ));
    }
    page.sales(report);
    page.payments(report);
    page.settlement(report);
    page.tills(report);
    page.dead_letters("Dead letters", &report.dead_letters);
    page.dead_letters("Declined after goods", &report.declined_after_goods);
    page.differences(report);
    page.completeness(report);
    page.text
}

struct Page {
    text: String,
    currency: Currency,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
        self.line(&"-".repeat(heading.len()));
    }

    fn amount(&self, minor: i64) -> String {
        Money::new(minor, self.currency).to_string()
    }

    /// Name on the left, count and amount on the right.
    fn row(&mut self, name: &str, count: impl ToString, minor: i64) {
        let amount = self.amount(minor);
        let count = count.to_string();
        self.line(&format!("{name:<40}{count:>10}{amount:>26}"));
    }

    fn sales(&mut self, report: &DayReport) {
        self.heading("Sales");
        self.row("sales", report.sales.count, report.sales.total_minor);
        self.line(&format!("{:<40}{:>10}", "items", report.sales.items));
        self.line(&format!(
            "{:<40}{:>10}",
            "voided sales", report.sales.voided
        ));
        for tender in &report.by_tender {
            let name = format!("  {} {}", tender.tender, tender.scheme);
            self.row(&name, tender.count, tender.total_minor);
        }
        self.heading("By lane");
        for lane in &report.by_lane {
            let name = format!("lane {} (epoch {})", lane.lane, lane.epoch);
            self.row(&name, lane.sales, lane.total_minor);
        }
        self.heading("By hour");
        for hour in &report.by_hour {
            self.row(
                &format!("{:02}:00", hour.hour),
                hour.sales,
                hour.total_minor,
            );
        }
    }

    fn payments(&mut self, report: &DayReport) {
        self.heading("Card payments");
        let payments = report.payments;
        let forward = report.forward;
        for (name, count) in [
            ("requested", payments.requested),
            ("approved", payments.approved),
            ("approved for a part", payments.partially_approved),
            ("declined", payments.declined),
            ("not confirmed", payments.unknown),
            ("refused by the hub", payments.refused),
            ("stood in for the bank", payments.stand_in),
            ("approved by a lane alone", payments.offline_approved),
            ("reversed", payments.reversed),
            ("late answers", payments.late_answers),
            ("queue: queued", forward.queued),
            ("queue: delivered", forward.delivered),
            ("queue: withdrawn", forward.withdrawn),
            ("queue: dead letters", forward.dead_letters),
        ] {
            self.line(&format!("{name:<40}{count:>10}"));
        }
        self.row("queue: waiting", forward.waiting, forward.waiting_minor);
    }

    fn settlement(&mut self, report: &DayReport) {
        self.heading("Settlement");
        self.line(&format!(
            "{:<18}{:>19}{:>19}{:>19}",
            "batch", "lanes", "hub", "host"
        ));
        for batch in &report.settlement.batches {
            let host = batch.host_minor;
            let host = host.map_or_else(|| "not balanced".to_owned(), |minor| self.amount(minor));
            self.line(&format!(
                "{:<18}{:>19}{:>19}{:>19}",
                format!("{} {}", batch.tid, batch.batch),
                self.amount(batch.lane_minor),
                self.amount(batch.hub_minor),
                host
            ));
        }
        for batch in &report.settlement.batches {
            for (sum, whose) in [
                (batch.later_sales, "later"),
                (batch.earlier_sales, "earlier"),
            ] {
                if sum.count > 0 {
                    let name = format!("{} {}: of {whose} sales", batch.tid, batch.batch);
                    self.row(&name, sum.count, sum.minor);
                }
            }
        }
        let settlement = &report.settlement;
        for (sum, name) in [
            (settlement.settled_before, "in batches of earlier dates"),
            (settlement.not_settled, "in no closed batch yet"),
        ] {
            if sum.count > 0 {
                self.row(name, sum.count, sum.minor);
            }
        }
        let host = settlement.host_minor;
        let host = host.map_or_else(|| "not balanced".to_owned(), |minor| self.amount(minor));
        self.line(&format!(
            "{:<18}{:>19}{:>19}{:>19}",
            format!(
                "{} of {} balanced",
                settlement.balanced,
                settlement.batches.len()
            ),
            self.amount(settlement.lane_minor),
            self.amount(settlement.hub_minor),
            host
        ));
    }

    fn dead_letters(&mut self, heading: &str, letters: &[DeadLetterLine]) {
        if letters.is_empty() {
            return;
        }
        self.heading(heading);
        for letter in letters {
            let amount = self.amount(letter.amount_minor);
            self.line(&format!(
                "{} {} {amount}: {} (owner: {})",
                letter.payment_id, letter.kind, letter.reason, letter.owner
            ));
        }
    }

    /// Of lanes with floats only: without them a report is as it always was.
    fn tills(&mut self, report: &DayReport) {
        if report.tills.is_empty() {
            return;
        }
        self.heading("Cash drawers");
        for till in &report.tills {
            let told = |minor: Option<i64>, not: &str| {
                minor.map_or_else(|| not.to_owned(), |minor| self.amount(minor))
            };
            let line = format!(
                "lane {} (epoch {}): expected {}, counted {}, variance {}",
                till.lane,
                till.epoch,
                told(till.expected_minor, "not told"),
                told(till.counted_minor, "not counted"),
                self.amount(till.variance_minor)
            );
            self.line(&line);
            if let Some(operator) = till.open_shift_of {
                self.line(&format!("  SHIFT OPEN: operator {operator}"));
            }
            for movement in &till.moves {
                let name = format!("  {}", movement.kind);
                self.row(&name, movement.count, movement.total_minor);
            }
            if till.no_sales > 0 {
                self.line(&format!("{:<40}{:>10}", "  no sale", till.no_sales));
            }
            if !till.z_numbers.is_empty() {
                let numbers: Vec<String> = till.z_numbers.iter().map(ToString::to_string).collect();
                self.line(&format!("  Z {}", numbers.join(", ")));
            }
        }
        if let Some(cash) = report.cash_accounts {
            let (safe, deposit) = (
                self.amount(cash.safe_minor),
                self.amount(cash.deposit_minor),
            );
            self.line(&format!("{:<40}{safe:>36}", "safe, gained"));
            self.line(&format!(
                "{:<40}{deposit:>36}",
                "on its way to the bank, gained"
            ));
        }
    }

    fn differences(&mut self, report: &DayReport) {
        self.heading("Differences");
        if report.differences.is_empty() {
            self.line("none: lane journals and hub agree on every payment");
        }
        for difference in &report.differences {
            let (lane, hub) = (
                self.amount(difference.lane_minor),
                self.amount(difference.hub_minor),
            );
            let line = format!(
                "{} lane {lane}, hub {hub}: {}",
                difference.payment_id, difference.what
            );
            self.line(&line);
        }
    }

    fn completeness(&mut self, report: &DayReport) {
        self.heading("How far each lane is contained");
        for lane in &report.completeness {
            let mut line = String::new();
            // Writing to a String can't fail.
            let _ = write!(
                line,
                "lane {} (epoch {}): through record {}",
                lane.lane, lane.epoch, lane.through_sequence
            );
            if lane.complete {
                line.push_str(", complete");
            } else {
                let _ = write!(line, ", PARTIAL: {}", lane.missing.english);
                let connected = if lane.connected { "" } else { "not " };
                let heard = &lane.last_heard;
                let _ = write!(line, " ({connected}connected, last heard: {heard})");
            }
            self.line(&line);
        }
    }
}
