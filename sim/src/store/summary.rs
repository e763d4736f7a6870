//! What a run tells at its end, as one JSON object and as a table for people.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::{
    oracle::{
        Broken, DayFigures, Examples, Figures, Findings, Forward, Payments, Settlement, Tenders,
        TerminalDay,
    },
    store::conductor::FaultReport,
    workload::price_list::CURRENCY,
};

/// The result of a run; `sim store --output json` prints it. Amounts are minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// How many lanes sold.
    pub lanes: u16,
    /// Sales that were closed.
    pub baskets: u64,
    /// Articles in them.
    pub items: usize,
    /// ISO 4217 letters of every amount.
    pub currency: String,
    /// Sum of the sales: tenders less change.
    pub sales_minor: i64,
    /// By kind.
    pub tenders: Tenders,
    /// Sales in which goods came back.
    #[serde(default)]
    pub returns: u64,
    /// Sales of baskets that were scanned on another lane.
    #[serde(default)]
    pub moved: u64,
    /// Cash given back.
    pub change_minor: i64,
    /// What cash was rounded by: so much more than the totals of the receipts was paid, less if
    /// negative.
    #[serde(default)]
    pub rounding_minor: i64,
    /// Decisions, counted.
    pub payments: Payments,
    /// The queue to the bank.
    pub forward: Forward,
    /// What lane, hub and bank count.
    pub settlement: Settlement,
    /// The same for each terminal.
    pub terminals: Vec<TerminalDay>,
    /// What the oracle checked and found.
    pub invariants: Invariants,
    /// Each fault and what it did.
    pub faults: Vec<FaultEntry>,
    /// Sales in the middle of which a lane was started again, and which it closed.
    #[serde(default)]
    pub resumed: usize,
    /// Each business day, oldest first; the sums above are of all of them.
    #[serde(default)]
    pub days: Vec<DayFigures>,
    /// Payments worth following.
    pub examples: Examples,
    /// Categories that had no price in any file.
    pub priced_by_rule: Vec<String>,
    /// How long the run took.
    pub wall_ms: u64,
    /// The run's folder.
    pub out: String,
}

/// What the oracle checked and found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invariants {
    /// Single checks that were made.
    pub checked: u64,
    /// Those that failed.
    pub broken: Vec<Broken>,
}

/// One fault and what it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultEntry {
    /// Its name on the command line.
    pub kind: String,
    /// When it began, after the selling began.
    pub at_ms: u64,
    /// How long until it was healed.
    pub for_ms: u64,
    /// What it did, in words.
    pub effect: String,
    /// Whether that is what it is there for.
    pub showed: bool,
}

/// What the run itself knows of itself.
#[derive(Clone, Debug)]
pub struct RunFacts {
    /// How many lanes sold.
    pub lanes: u16,
    /// Articles in all baskets.
    pub items: usize,
    /// Each fault.
    pub faults: Vec<FaultReport>,
    /// Categories that had no price in any file.
    pub priced_by_rule: Vec<String>,
    /// How long it took.
    pub wall_ms: u64,
    /// The run's folder.
    pub out: String,
}

impl Summary {
    /// Puts together what the run knows and what the oracle found.
    #[must_use]
    pub fn new(facts: RunFacts, findings: Findings) -> Self {
        let Findings {
            verdict, figures, ..
        } = findings;
        let Figures {
            sales,
            sales_minor,
            rounding_minor,
            tenders,
            returns,
            moved,
            change_minor,
            payments,
            forward,
            settlement,
            terminals,
            examples,
            resumed,
            days,
        } = figures;
        Self {
            lanes: facts.lanes,
            baskets: sales,
            items: facts.items,
            currency: CURRENCY.to_owned(),
            sales_minor,
            tenders,
            returns,
            moved,
            change_minor,
            rounding_minor,
            payments,
            forward,
            settlement,
            terminals,
            invariants: Invariants {
                checked: verdict.checked,
                broken: verdict.broken,
            },
            faults: facts.faults.into_iter().map(FaultEntry::from).collect(),
            resumed: resumed.len(),
            days,
            examples,
            priced_by_rule: facts.priced_by_rule,
            wall_ms: facts.wall_ms,
            out: facts.out,
        }
    }

    /// Whether the day balanced, nothing broke, and every fault showed its effect.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let Settlement {
            lane_minor,
            hub_minor,
            host_minor,
            ..
        } = self.settlement;
        self.invariants.broken.is_empty()
            && lane_minor == hub_minor
            && hub_minor == host_minor
            && self.faults.iter().all(|fault| fault.showed)
    }

    /// The payment whose history tells most.
    #[must_use]
    pub fn payment_to_follow(&self) -> Option<&str> {
        let Examples {
            reversed,
            stood_in,
            declined,
            approved,
        } = &self.examples;
        let in_order = [reversed, stood_in, declined, approved];
        in_order.into_iter().find_map(|example| example.as_deref())
    }

    /// The table for people. It ends without the line to follow a payment.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        self.write_sales(&mut text);
        self.write_payments(&mut text);
        self.write_faults(&mut text);
        self.write_settlement(&mut text);
        self.write_days(&mut text);
        self.write_invariants(&mut text);
        self.write_examples(&mut text);
        text
    }

    fn write_sales(&self, text: &mut String) {
        let Tenders {
            cash_minor,
            card_minor,
            owed_minor,
        } = self.tenders;
        let _ = writeln!(
            text,
            "sales        {} baskets, {} items on {} lanes: {} {}",
            self.baskets,
            self.items,
            self.lanes,
            amount(self.sales_minor),
            self.currency
        );
        let _ = writeln!(
            text,
            "tenders      cash {}, card {}, change {}",
            amount(cash_minor),
            amount(card_minor),
            amount(self.change_minor)
        );
        if self.returns > 0 {
            let _ = writeln!(
                text,
                "returns      {}, {} owed to cards",
                self.returns,
                amount(-owed_minor)
            );
        }
        if self.moved > 0 {
            let _ = writeln!(
                text,
                "moved        {} baskets scanned on one lane and paid on another",
                self.moved
            );
        }
        if !self.priced_by_rule.is_empty() {
            let _ = writeln!(
                text,
                "priced       by rule: {}",
                self.priced_by_rule.join(", ")
            );
        }
    }

    fn write_payments(&self, text: &mut String) {
        let one = &self.payments;
        let _ = writeln!(
            text,
            "payments     {} requested: {} approved, {} in part, {} declined, {} unknown, \
             {} stand-in, {} offline, {} refused",
            one.requested,
            one.approved,
            one.partially_approved,
            one.declined,
            one.unknown,
            one.stand_in,
            one.offline_approved,
            one.refused
        );
        let _ = writeln!(
            text,
            "             {} reversed, {} declined after the goods were gone",
            one.reversed, one.declined_after_goods
        );
        let queue = &self.forward;
        let _ = writeln!(
            text,
            "queue        {} entries: {} delivered, {} withdrawn, {} dead letters, {} at once",
            queue.queued, queue.delivered, queue.withdrawn, queue.dead_letters, queue.depth_max
        );
    }

    fn write_faults(&self, text: &mut String) {
        if self.faults.is_empty() {
            let _ = writeln!(text, "faults       none");
        }
        for fault in &self.faults {
            let verdict = if fault.showed { "" } else { "NO EFFECT: " };
            let _ = writeln!(
                text,
                "fault        {} at {}, {} long: {verdict}{}",
                fault.kind,
                seconds(fault.at_ms),
                seconds(fault.for_ms),
                fault.effect
            );
        }
    }

    fn write_settlement(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "settlement   {:<10}{:>14}{:>14}{:>14}",
            "", "lane", "hub", "bank"
        );
        for day in &self.terminals {
            let same = day.lane_minor == day.hub_minor && day.hub_minor == day.host_minor;
            let sign = if same { "=" } else { "DIFFERS" };
            let _ = writeln!(
                text,
                "             {:<10}{:>14}{:>14}{:>14}  {sign}",
                day.tid,
                amount(day.lane_minor),
                amount(day.hub_minor),
                amount(day.host_minor)
            );
        }
        let all = &self.settlement;
        let _ = writeln!(
            text,
            "             {:<10}{:>14}{:>14}{:>14}  {} of {} batches balanced",
            "all",
            amount(all.lane_minor),
            amount(all.hub_minor),
            amount(all.host_minor),
            all.balanced,
            all.batches
        );
        if all.lost_minor != 0 {
            let _ = writeln!(
                text,
                "             {} of card sales refused by the bank afterwards are dead letters",
                amount(all.lost_minor)
            );
        }
        if all.not_taken_back_minor != 0 {
            let _ = writeln!(
                text,
                "             {} that the bank did not take back are dead letters",
                amount(all.not_taken_back_minor)
            );
        }
    }

    /// A line a day, where there is more than one.
    fn write_days(&self, text: &mut String) {
        if self.days.len() < 2 {
            return;
        }
        for day in &self.days {
            let late = match day.lanes_late {
                0 => String::new(),
                late => format!(", {late} late"),
            };
            let turn = match day.at_bank_at_turn {
                0 => String::new(),
                at_bank => format!("; turned with {at_bank} payments at the bank"),
            };
            let _ = writeln!(
                text,
                "day          {} version {}: {:>5} sales {:>14}, {} lanes complete{late}{turn}",
                day.date,
                day.version,
                day.sales,
                amount(day.sales_minor),
                day.lanes_complete
            );
        }
    }

    fn write_invariants(&self, text: &mut String) {
        let Invariants { checked, broken } = &self.invariants;
        let _ = writeln!(
            text,
            "invariants   {checked} checks, {} broken",
            broken.len()
        );
        for one in broken {
            let _ = writeln!(text, "  {}", broken_line(one));
        }
        let _ = writeln!(
            text,
            "took         {}, everything is in {}",
            seconds(self.wall_ms),
            self.out
        );
    }

    fn write_examples(&self, text: &mut String) {
        let Examples {
            reversed,
            stood_in,
            declined,
            approved,
        } = &self.examples;
        let examples = [
            ("reversed", reversed),
            ("stood in", stood_in),
            ("declined", declined),
            ("approved", approved),
        ];
        for (kind, example) in examples {
            if let Some(id) = example {
                let _ = writeln!(text, "{kind:<12} payment {id}");
            }
        }
    }
}

/// One broken check as a line.
#[must_use]
pub fn broken_line(one: &Broken) -> String {
    let payment = one
        .payment_id
        .as_ref()
        .map(|id| format!(" payment {id}"))
        .unwrap_or_default();
    format!("{}{payment}: {}", one.id, one.detail)
}

impl From<FaultReport> for FaultEntry {
    fn from(report: FaultReport) -> Self {
        Self {
            kind: report.fault.name().to_owned(),
            at_ms: report.at_ms,
            for_ms: report.for_ms,
            effect: report.effect,
            showed: report.showed,
        }
    }
}

/// Minor units with two decimals and groups of three.
fn amount(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, cents) = (minor.unsigned_abs() / 100, minor.unsigned_abs() % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}.{cents:02}")
}

fn seconds(duration_ms: u64) -> String {
    format!("{}.{} s", duration_ms / 1_000, duration_ms % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_grouped() {
        assert_eq!(amount(0), "0.00");
        assert_eq!(amount(99_905), "999.05");
        assert_eq!(amount(123_456_789), "1,234,567.89");
        assert_eq!(amount(-100_000), "-1,000.00");
    }

    #[test]
    fn a_line_about_a_payment_names_it() {
        let broken = Broken {
            id: "I2".into(),
            payment_id: Some("ab".into()),
            detail: "the bank has 1".into(),
        };
        assert_eq!(broken_line(&broken), "I2 payment ab: the bank has 1");
    }
}
