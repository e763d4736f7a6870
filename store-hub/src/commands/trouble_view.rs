//! Machines that are a lane or say so and whose journal is not taken, as an operator reads of them:
//! each by its address, beside the one at work.

use std::fmt::Write as _;

use domain::words::Language;
use proto::store::v1::{LaneView, ReplicaTrouble};
use serde_json::{Value, json};

use super::view::Reader;
use crate::presentation;

/// One line a machine, and one for the machine at work; nothing for a lane without troubles.
pub(super) fn lines(lane: &LaneView, reader: &Reader) -> String {
    // Writing to a String can't fail.
    let mut text = String::new();
    let mut add = |line: String| {
        let _ = writeln!(text, "      {line}");
    };
    for trouble in &lane.troubles {
        let what = presentation::trouble(trouble);
        let (code, what) = (presentation::trouble_code(trouble.kind), reader.read(&what));
        let (epoch, since) = (trouble.epoch, reader.clock(trouble.since_wall_ms));
        let (address, times) = (&trouble.address, trouble.refusals);
        add(match (reader.language, address.is_empty()) {
            (Language::English, true) => format!("{code}: epoch {epoch}: {what}; since {since}"),
            (Language::Chinese, true) => format!("{code}：纪元 {epoch}：{what}；自 {since}"),
            (Language::English, false) => format!(
                "{code}: the machine at {address}, epoch {epoch}: {what}; refused {times} times \
                 since {since}"
            ),
            (Language::Chinese, false) => format!(
                "{code}：{address} 的机器，纪元 {epoch}：{what}；自 {since} 起被拒 {times} 次"
            ),
        });
    }
    if !lane.troubles.is_empty() && !lane.address.is_empty() {
        let since = reader.clock(lane.attached_wall_ms);
        let (address, epoch) = (&lane.address, lane.epoch);
        add(match reader.language {
            Language::English => {
                format!("at work: the machine at {address}, epoch {epoch}, since {since}")
            }
            Language::Chinese => format!("工作中：{address} 的机器，纪元 {epoch}，自 {since}"),
        });
    }
    text
}

/// As `lines`, each lane by its number.
pub(super) fn of_lanes(lanes: &[LaneView], reader: &Reader) -> String {
    let heading = reader.words("lane", "收银台");
    let each = lanes.iter();
    each.map(|lane| format!("{heading} {}\n{}", lane.lane, lines(lane, reader)))
        .collect()
}

pub(super) fn of_lanes_json(lanes: &[LaneView]) -> Vec<Value> {
    let each = lanes.iter();
    each.map(|lane| {
        json!({
            "lane": lane.lane,
            "epoch": lane.epoch,
            "address": lane.address,
            "attached_wall_ms": lane.attached_wall_ms,
            "troubles": troubles_json(&lane.troubles),
        })
    })
    .collect()
}

pub(super) fn troubles_json(troubles: &[ReplicaTrouble]) -> Vec<Value> {
    let each = troubles.iter();
    each.map(|trouble| {
        json!({
            "code": presentation::trouble_code(trouble.kind),
            "epoch": trouble.epoch,
            "sequence": trouble.sequence,
            "what": presentation::trouble(trouble).english,
            "refusals": trouble.refusals,
            "since_wall_ms": trouble.since_wall_ms,
            "address": trouble.address,
            "blocks": trouble.blocks,
        })
    })
    .collect()
}
