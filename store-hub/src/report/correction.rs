//! Why there is a new version of a day: which lanes were late, and which counts and amounts differ
//! from the version before.

use domain::{
    day::Lateness,
    money::{Currency, Money},
    words::Sentence,
};
use serde::Serialize;

use super::DayReport;
use crate::presentation::joined;

/// What a version changes of the one before it.
#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct Correction {
    /// The version it replaces; that one stays where it is.
    pub(crate) replaces_version: u32,
    /// In one sentence.
    #[serde(serialize_with = "super::in_english")]
    pub(crate) reason: Sentence,
    pub(crate) late_lanes: Vec<LateLaneLine>,
    /// Batches that fell due with this date and were closed since.
    pub(crate) late_batches: u32,
    /// New less old.
    pub(crate) sales: i64,
    pub(crate) voided: i64,
    pub(crate) items: i64,
    pub(crate) total_minor: i64,
}

#[derive(Serialize, Clone, PartialEq, Eq, Debug)]
pub(crate) struct LateLaneLine {
    pub(crate) lane: u16,
    pub(crate) epoch: u32,
    /// Behind this record of its journal.
    pub(crate) after_sequence: u64,
    pub(crate) through_sequence: u64,
    pub(crate) complete: bool,
    pub(crate) sales: i64,
    pub(crate) total_minor: i64,
}

/// Compares a report with the `day.json` of the version before it. What that one does not say
/// counts as nothing.
pub(super) fn correction(
    report: &DayReport,
    late: &Lateness,
    replaced: (u32, &serde_json::Value),
) -> Correction {
    let (replaces_version, before) = replaced;
    let lanes = late.lanes.iter().map(|lane| {
        let machine = (lane.machine.lane.0, lane.machine.epoch.0);
        let now = report
            .by_lane
            .iter()
            .find(|line| (line.lane, line.epoch) == machine);
        let old = lane_before(before, machine);
        let number = |key| old.and_then(|line| line[key].as_i64()).unwrap_or(0);
        LateLaneLine {
            lane: machine.0,
            epoch: machine.1,
            after_sequence: lane.after_sequence,
            through_sequence: lane.through_sequence,
            complete: lane.complete,
            sales: now
                .map_or(0, |line| i64::from(line.sales))
                .saturating_sub(number("sales")),
            total_minor: now
                .map_or(0, |line| line.total_minor)
                .saturating_sub(number("total_minor")),
        }
    });
    let late_lanes: Vec<LateLaneLine> = lanes.collect();
    let sales = &before["sales"];
    let less = |now: i64, key: &str| now.saturating_sub(sales[key].as_i64().unwrap_or(0));
    Correction {
        replaces_version,
        reason: reason(&late_lanes, late.batches, &report.currency),
        late_lanes,
        late_batches: late.batches,
        sales: less(report.sales.count.into(), "count"),
        voided: less(report.sales.voided.into(), "voided"),
        items: less(
            i64::try_from(report.sales.items).unwrap_or(i64::MAX),
            "items",
        ),
        total_minor: less(report.sales.total_minor, "total_minor"),
    }
}

fn lane_before(before: &serde_json::Value, machine: (u16, u32)) -> Option<&serde_json::Value> {
    let lanes = before["by_lane"].as_array()?;
    let (lane, epoch) = machine;
    lanes
        .iter()
        .find(|line| line["lane"] == lane && line["epoch"] == epoch)
}

fn reason(lanes: &[LateLaneLine], batches: u32, currency: &str) -> Sentence {
    let currency = Currency::by_letters(currency).unwrap_or(Currency::CNY);
    let mut parts: Vec<Sentence> = lanes.iter().map(|lane| of_lane(lane, currency)).collect();
    if batches > 0 {
        parts.push(Sentence::new(
            format!("{batches} batches closed later"),
            format!("{batches} 个批次后来结清"),
        ));
    }
    let parts = joined(&parts, ("; ", "；"));
    Sentence::new(
        format!("late records: {}", parts.english),
        format!("迟到记录：{}", parts.chinese),
    )
}

fn of_lane(lane: &LateLaneLine, currency: Currency) -> Sentence {
    let (number, epoch, sales) = (lane.lane, lane.epoch, lane.sales);
    if sales == 0 && lane.total_minor == 0 {
        return Sentence::new(
            format!("lane {number} (epoch {epoch}) has ended the day"),
            format!("{number} 号收银台（第 {epoch} 台设备）已结束当日"),
        );
    }
    let amount = Money::new(lane.total_minor, currency);
    let (first, last) = (lane.after_sequence.saturating_add(1), lane.through_sequence);
    Sentence::new(
        format!(
            "lane {number} (epoch {epoch}): {sales:+} sales, {amount}, records {first} to {last}"
        ),
        format!(
            "{number} 号收银台（第 {epoch} 台设备）：{sales:+} 笔销售，{amount}，记录 {first} 至 {last}"
        ),
    )
}
