//! What a load says in the end.

use serde::Serialize;

use super::{
    options::{GrowthForm, SpeedForm},
    proc_figures::{MAIN, Used},
    rig::Checked,
    speed::{Measured, number},
};

/// The result of a load, in either form.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Loaded {
    /// How much a hub carries.
    Speed(Speed),
    /// What it costs on a later day.
    Growth(Growth),
}

/// How much a hub carries. Times are in microseconds, of the processor or of the clock.
#[derive(Clone, Debug, Serialize)]
pub struct Speed {
    /// What kept the journal.
    pub engine: String,
    /// How many lanes paid.
    pub lanes: u16,
    /// How long, as asked for.
    pub seconds: u16,
    /// Whether each sale was closed, too.
    pub full_life: bool,
    /// Payments of the measured time.
    pub authorisations: u64,
    /// Of them a second.
    pub authorisations_per_s: f64,
    /// From request to result: the median.
    pub p50_us: u64,
    /// Ninety-nine in a hundred took no longer.
    pub p99_us: u64,
    /// Processor time of the hub.
    pub hub_cpu_us_per_authorisation: f64,
    /// Processor time of the bank.
    pub host_cpu_us_per_authorisation: f64,
    /// Commits of the hub's journal.
    pub commits_per_authorisation: f64,
    /// What the hub wrote to the disk.
    pub bytes_written_per_authorisation: f64,
    /// Payments a second at the hub that only echoes.
    pub echo_per_s: f64,
    /// Its processor time.
    pub echo_cpu_us_per_authorisation: f64,
    /// Records of 512 bytes that the disk takes durably, 64 waiters at a time.
    pub durable_records_per_s: f64,
    /// How long one of them takes alone: the median. A payment waits for two.
    pub sync_us: u64,
    /// Payments at the hub, for one at the echo.
    pub ratio_to_echo: f64,
    /// Two commits a payment, for one record that the disk takes.
    pub ratio_to_durable: f64,
    /// What the bank takes to answer a terminal that asks it directly: the median.
    pub acquirer_answer_us: u64,
    /// What the hub adds to that in the median.
    pub added_us: u64,
    /// Processor time of the hub, for one of the echo.
    pub hub_cpu_to_echo: f64,
    /// Processor time of the hub by what its threads are for, each authorisation.
    pub hub_threads_us: HubThreads,
    /// How often a thread of the hub waited, each authorisation.
    pub hub_waits_per_authorisation: f64,
    /// Payments that lanes were told of, also those that were not measured.
    pub answered: u64,
    /// Payments in the bank's ledger.
    pub in_ledger: u64,
    /// The journal stood its check.
    pub verified: bool,
}

/// Processor time by what a thread is for.
#[derive(Clone, Debug, Default, Serialize)]
pub struct HubThreads {
    /// The desk and all other actors, and the link to the bank.
    pub actors: f64,
    /// The streams of the lanes.
    pub grpc: f64,
    /// The committer of the journal.
    pub journal: f64,
    /// All others.
    pub others: f64,
}

/// What a hub costs on a later day.
#[derive(Clone, Debug, Serialize)]
pub struct Growth {
    /// What kept the journal.
    pub engine: String,
    /// How many lanes sold.
    pub lanes: u16,
    /// Payments of each day.
    pub payments_per_day: usize,
    /// Day by day.
    pub days: Vec<GrowthDay>,
    /// Payments beside summaries and the close, where that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beside: Option<BesideFigures>,
    /// Payments that lanes were told of.
    pub answered: u64,
    /// Payments in the bank's ledger.
    pub in_ledger: u64,
    /// The journal stood its check.
    pub verified: bool,
}

/// One of the days.
#[derive(Clone, Debug, Default, Serialize)]
pub struct GrowthDay {
    /// From 1.
    pub day: u16,
    /// Its close, until it was sealed and reported.
    pub close_ms: f64,
    /// Its summary, asked for once all was sold.
    pub summary_ms: f64,
    /// Memory of the hub after the close.
    pub rss_mib: f64,
    /// The journal's folder.
    pub journal_mib: f64,
    /// The hub's next start, until it listened.
    pub restart_ms: f64,
    /// The summary of this day, asked for right after that start.
    pub first_report_ms: f64,
}

/// Payments of all those days, from request to result.
#[derive(Clone, Debug, Serialize)]
pub struct BesideFigures {
    /// With nothing beside them.
    pub quiet: Spell,
    /// While ten summaries of the day a second were asked for.
    pub summary: Spell,
    /// While the day was closed.
    pub close: Spell,
    /// The 99th of a hundred beside a summary, for that without.
    pub summary_ratio_p99: f64,
    /// The same beside the close.
    pub close_ratio_p99: f64,
}

/// How long payments took.
#[derive(Clone, Debug, Serialize)]
pub struct Spell {
    /// How many there were.
    pub payments: u64,
    /// The median.
    pub p50_us: u64,
    /// Ninety-nine in a hundred took no longer.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
}

impl Spell {
    pub(super) fn of(latencies_us: &[u64]) -> Self {
        let sorted = sorted(latencies_us);
        Self {
            payments: number_of(&sorted),
            p50_us: at(&sorted, 50),
            p99_us: at(&sorted, 99),
            max_us: at(&sorted, 100),
        }
    }

    pub(super) fn ratio_p99(&self, quiet: &Self) -> f64 {
        rounded(number(self.p99_us) / number(quiet.p99_us), 100.0)
    }
}

impl BesideFigures {
    fn text(&self) -> String {
        let line = |what: &str, spell: &Spell, ratio: &str| {
            let Spell {
                payments,
                p50_us,
                p99_us,
                max_us,
            } = spell;
            format!(
                "{what:<12} {payments} payments, half within {p50_us} us, 99 of 100 within \
                 {p99_us} us, all within {max_us} us{ratio}\n"
            )
        };
        let times = |ratio: f64| format!(": {ratio} times quiet in the 99th");
        [
            line("quiet", &self.quiet, ""),
            line("summaries", &self.summary, &times(self.summary_ratio_p99)),
            line("close", &self.close, &times(self.close_ratio_p99)),
        ]
        .concat()
    }
}

/// What must agree in the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    pub(super) answered: u64,
    pub(super) checked: Checked,
}

impl Speed {
    pub(super) fn new(form: &SpeedForm, measured: &Measured, totals: Totals) -> Self {
        let Measured {
            hub, echo, floor, ..
        } = measured;
        let each = |figure: u64| rounded(number(figure) / number(hub.payments).max(1.0), 10.0);
        let per_second = number(hub.payments) / hub.took.as_secs_f64();
        let echo_per_s = number(echo.payments) / echo.took.as_secs_f64();
        let echo_cpu = number(echo.used.cpu_us) / number(echo.payments).max(1.0);
        let durable = number(floor.records) / floor.took.as_secs_f64();
        let latencies = sorted(&hub.latencies_us);
        let (p50_us, answer_us) = (
            at(&latencies, 50),
            at(&sorted(&measured.bank_answers_us), 50),
        );
        // The bank's own work for the terminal that asks it directly is not the hub's.
        let asked = hub.payments + number_of(&measured.bank_answers_us);
        let host_cpu = number(measured.bank.cpu_us) / number(asked).max(1.0);
        Self {
            engine: form.engine.to_string(),
            lanes: form.lanes,
            seconds: form.seconds,
            full_life: form.full_life,
            authorisations: hub.payments,
            authorisations_per_s: rounded(per_second, 10.0),
            p50_us,
            p99_us: at(&latencies, 99),
            hub_cpu_us_per_authorisation: each(hub.used.cpu_us),
            host_cpu_us_per_authorisation: rounded(host_cpu, 10.0),
            commits_per_authorisation: rounded(
                number(measured.commits) / number(hub.payments).max(1.0),
                1000.0,
            ),
            bytes_written_per_authorisation: each(hub.used.written_bytes),
            echo_per_s: rounded(echo_per_s, 10.0),
            echo_cpu_us_per_authorisation: rounded(echo_cpu, 10.0),
            durable_records_per_s: rounded(durable, 10.0),
            sync_us: at(&sorted(&floor.alone_us), 50),
            ratio_to_echo: rounded(per_second / echo_per_s, 1000.0),
            ratio_to_durable: rounded(2.0 * per_second / durable, 1000.0),
            acquirer_answer_us: answer_us,
            added_us: p50_us.saturating_sub(answer_us),
            hub_cpu_to_echo: rounded(
                number(hub.used.cpu_us) / number(hub.payments).max(1.0) / echo_cpu,
                100.0,
            ),
            hub_threads_us: HubThreads::of(&hub.used, each),
            hub_waits_per_authorisation: each(hub.used.waits),
            answered: totals.answered,
            in_ledger: totals.checked.in_ledger,
            verified: totals.checked.verified,
        }
    }
}

impl HubThreads {
    fn of(used: &Used, each: impl Fn(u64) -> f64) -> Self {
        let mut threads = Self::default();
        let mut sums = [0_u64; 4];
        for (name, cpu_us) in &used.by_thread {
            let place = match name.as_str() {
                "grpc" => 1,
                // The system keeps fifteen letters of a name.
                name if name.starts_with("journal-commit") => 2,
                MAIN => 0,
                _ => 3,
            };
            if let Some(sum) = sums.get_mut(place) {
                *sum += cpu_us;
            }
        }
        let [actors, grpc, journal, others] = sums.map(each);
        (threads.actors, threads.grpc) = (actors, grpc);
        (threads.journal, threads.others) = (journal, others);
        threads
    }
}

impl Growth {
    pub(super) fn new(
        form: &GrowthForm,
        days: Vec<GrowthDay>,
        beside: Option<BesideFigures>,
        totals: Totals,
    ) -> Self {
        Self {
            engine: form.engine.to_string(),
            lanes: form.lanes,
            payments_per_day: form.payments_per_day,
            days,
            beside,
            answered: totals.answered,
            in_ledger: totals.checked.in_ledger,
            verified: totals.checked.verified,
        }
    }
}

impl GrowthDay {
    pub(super) fn line(&self) -> String {
        let Self {
            day,
            close_ms,
            summary_ms,
            rss_mib,
            journal_mib,
            restart_ms,
            first_report_ms,
        } = self;
        format!(
            "day {day:>3}  close {close_ms:>8.1} ms  summary {summary_ms:>8.1} ms  memory \
             {rss_mib:>6.1} MiB  journal {journal_mib:>7.1} MiB  restart {restart_ms:>8.1} ms  \
             first report {first_report_ms:>8.1} ms"
        )
    }
}

impl Loaded {
    /// The bank counts what the lanes were told, and the journal stood its check.
    #[must_use]
    pub const fn is_right(&self) -> bool {
        let (answered, in_ledger, verified) = self.totals();
        verified && answered == in_ledger
    }

    const fn totals(&self) -> (u64, u64, bool) {
        match self {
            Self::Speed(speed) => (speed.answered, speed.in_ledger, speed.verified),
            Self::Growth(growth) => (growth.answered, growth.in_ledger, growth.verified),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let figures = match self {
            Self::Speed(speed) => speed.text(),
            Self::Growth(growth) => {
                let lines = growth.days.iter().map(|day| day.line() + "\n");
                let beside = growth.beside.as_ref().map(BesideFigures::text);
                lines.chain(beside).collect()
            }
        };
        let (answered, in_ledger, verified) = self.totals();
        let journal = if verified { "sound" } else { "NOT SOUND" };
        let same = if answered == in_ledger {
            ""
        } else {
            ", NOT THE SAME"
        };
        format!(
            "{figures}checked      {answered} payments answered, {in_ledger} in the bank's \
             ledger{same}; the journal is {journal}\n"
        )
    }
}

impl Speed {
    fn text(&self) -> String {
        let of = match self.full_life {
            true => "payments with their sales",
            false => "authorisations",
        };
        let HubThreads {
            actors,
            grpc,
            journal,
            others,
        } = &self.hub_threads_us;
        let lines = [
            format!(
                "load         {} lanes, {}, {} {of}",
                self.lanes, self.engine, self.authorisations
            ),
            format!(
                "hub          {:.0} a second, half within {} us, 99 of 100 within {} us",
                self.authorisations_per_s, self.p50_us, self.p99_us
            ),
            format!(
                "echo         {:.0} a second: the hub does {:.3} of that",
                self.echo_per_s, self.ratio_to_echo
            ),
            format!(
                "floor        {:.0} durable records a second: the hub does {:.3} of that",
                self.durable_records_per_s, self.ratio_to_durable
            ),
            format!(
                "processor    hub {:.1} us (actors {actors}, grpc {grpc}, journal {journal}, \
                 others {others}), bank {:.1} us, echo {:.1} us: {:.1} times the echo",
                self.hub_cpu_us_per_authorisation,
                self.host_cpu_us_per_authorisation,
                self.echo_cpu_us_per_authorisation,
                self.hub_cpu_to_echo
            ),
            format!(
                "disk         {:.3} commits and {:.0} bytes each",
                self.commits_per_authorisation, self.bytes_written_per_authorisation
            ),
            format!(
                "bank         answers within {} us, to which the hub adds {} us; \
                 one sync of the disk takes {} us",
                self.acquirer_answer_us, self.added_us, self.sync_us
            ),
        ];
        lines.join("\n") + "\n"
    }
}

fn sorted(figures: &[u64]) -> Vec<u64> {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    sorted
}

/// The figure that so many in a hundred don't exceed.
fn at(sorted: &[u64], share: usize) -> u64 {
    let place = (sorted.len() * share).div_ceil(100).saturating_sub(1);
    sorted.get(place).copied().unwrap_or_default()
}

fn number_of(figures: &[u64]) -> u64 {
    u64::try_from(figures.len()).unwrap_or(u64::MAX)
}

/// To so many parts of one; nothing where there was nothing to divide by.
fn rounded(figure: f64, parts: f64) -> f64 {
    match figure.is_finite() {
        true => (figure * parts).round() / parts,
        false => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use journal::EngineKind;

    use super::*;
    use crate::load::speed::Side;

    fn speed(answered: u64, in_ledger: u64, verified: bool) -> Loaded {
        let form = SpeedForm {
            lanes: 4,
            seconds: 1,
            engine: EngineKind::Redb,
            full_life: false,
            pace: None,
            without_leases: false,
        };
        let side = |payments: u64, cpu_us: u64| Side {
            payments,
            took: Duration::from_secs(2),
            latencies_us: (1..=payments).collect(),
            used: Used {
                cpu_us,
                ..Used::default()
            },
        };
        let measured = Measured {
            hub: side(100, 20_000),
            echo: side(400, 10_000),
            bank_answers_us: vec![10, 20, 30],
            commits: 50,
            ..Measured::default()
        };
        let checked = Checked {
            in_ledger,
            verified,
        };
        Loaded::Speed(Speed::new(&form, &measured, Totals { answered, checked }))
    }

    #[test]
    fn ratios_are_of_the_two_sides() {
        let Loaded::Speed(speed) = speed(100, 100, true) else {
            panic!("a speed")
        };
        assert_eq!((speed.p50_us, speed.p99_us), (50, 99));
        assert_eq!((speed.acquirer_answer_us, speed.added_us), (20, 30));
        let close = |figure: f64, right: f64| assert!((figure - right).abs() < 1e-9, "{figure}");
        close(speed.authorisations_per_s, 50.0);
        close(speed.ratio_to_echo, 0.25);
        close(speed.hub_cpu_us_per_authorisation, 200.0);
        close(speed.hub_cpu_to_echo, 8.0);
        close(speed.commits_per_authorisation, 0.5);
        // No floor was measured.
        close(speed.ratio_to_durable, 0.0);
    }

    #[test]
    fn a_ledger_that_counts_otherwise_or_a_journal_that_is_not_sound_is_a_no() {
        assert!(speed(100, 100, true).is_right());
        assert!(!speed(100, 99, true).is_right());
        assert!(!speed(100, 101, true).is_right());
        assert!(!speed(100, 100, false).is_right());
        assert!(speed(100, 99, true).text().contains("NOT THE SAME"));
    }

    #[test]
    fn the_names_of_the_interface_are_kept() {
        let told = serde_json::to_value(speed(1, 1, true)).unwrap();
        for name in [
            "engine",
            "lanes",
            "seconds",
            "full_life",
            "authorisations",
            "authorisations_per_s",
            "p50_us",
            "p99_us",
            "hub_cpu_us_per_authorisation",
            "host_cpu_us_per_authorisation",
            "commits_per_authorisation",
            "bytes_written_per_authorisation",
            "echo_per_s",
            "echo_cpu_us_per_authorisation",
            "durable_records_per_s",
            "ratio_to_echo",
            "ratio_to_durable",
            "acquirer_answer_us",
        ] {
            assert!(!told[name].is_null(), "{name}");
        }
        let day = serde_json::to_value(GrowthDay::default()).unwrap();
        for name in [
            "day",
            "close_ms",
            "summary_ms",
            "rss_mib",
            "journal_mib",
            "restart_ms",
            "first_report_ms",
        ] {
            assert!(!day[name].is_null(), "{name}");
        }
    }
}
