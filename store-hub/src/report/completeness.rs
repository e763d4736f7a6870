//! How far each lane's part of a date is contained (I18), and in words what is missing.

use domain::{
    day::{Days, LanePart, LaneSeen},
    sale::date_and_time,
    time::{BusinessDate, LocalMs, WallMs},
};
use ports::StoreZone;

use super::LaneCompleteness;

/// Each lane's part of a date, by lane and epoch.
pub(super) fn completeness(
    days: &Days,
    date: BusinessDate,
    lanes: &[LaneSeen],
    zone: &StoreZone,
) -> Vec<LaneCompleteness> {
    let parts = days.parts(date, lanes);
    parts.iter().map(|part| line(part, zone)).collect()
}

fn line(part: &LanePart, zone: &StoreZone) -> LaneCompleteness {
    let local = |at: WallMs| date_and_time(LocalMs(zone.local_ms(at.0)));
    let not_heard = || "not since the hub's start".to_owned();
    LaneCompleteness {
        lane: part.machine.lane.0,
        epoch: part.machine.epoch.0,
        through_sequence: part.through_sequence,
        through_wall_ms: part.through_at.0,
        known_sequence: part.known_sequence,
        complete: part.is_complete(),
        connected: part.connected,
        last_heard: part.last_heard.map_or_else(not_heard, local),
        last_heard_wall_ms: part.last_heard.map(|at| at.0),
        missing: part.missing().unwrap_or_default(),
    }
}
