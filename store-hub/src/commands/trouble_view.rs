//! Machines that are a lane or say so and whose journal is not taken, as an operator reads of them:
//! each by its address, beside the one at work.

use std::fmt::Write as _;

use ports::StoreZone;
use proto::store::v1::{LaneView, ReplicaTrouble};
use serde_json::{Value, json};

use super::view::clock;

/// One line a machine, and one for the machine at work; nothing for a lane without troubles.
pub(super) fn lines(lane: &LaneView, zone: &StoreZone) -> String {
    // Writing to a String can't fail.
    let mut text = String::new();
    for trouble in &lane.troubles {
        if trouble.address.is_empty() {
            let since = clock(trouble.since_wall_ms, zone);
            let _ = writeln!(
                text,
                "      {}: epoch {}: {}; since {since}",
                trouble.code, trouble.epoch, trouble.what
            );
            continue;
        }
        let _ = writeln!(
            text,
            "      {}: the machine at {}, epoch {}: {}; refused {} times since {}",
            trouble.code,
            trouble.address,
            trouble.epoch,
            trouble.what,
            trouble.refusals,
            clock(trouble.since_wall_ms, zone)
        );
    }
    if !lane.troubles.is_empty() && !lane.address.is_empty() {
        let since = clock(lane.attached_wall_ms, zone);
        let _ = writeln!(
            text,
            "      at work: the machine at {}, epoch {}, since {since}",
            lane.address, lane.epoch
        );
    }
    text
}

/// As `lines`, each lane by its number.
pub(super) fn of_lanes(lanes: &[LaneView], zone: &StoreZone) -> String {
    let each = lanes.iter();
    each.map(|lane| format!("lane {}\n{}", lane.lane, lines(lane, zone)))
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
            "code": trouble.code,
            "epoch": trouble.epoch,
            "sequence": trouble.sequence,
            "what": trouble.what,
            "refusals": trouble.refusals,
            "since_wall_ms": trouble.since_wall_ms,
            "address": trouble.address,
            "blocks": trouble.blocks,
        })
    })
    .collect()
}
