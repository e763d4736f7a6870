//! What a person can make go wrong from the start page, and put right again.

use serde::Deserialize;
use tokio::sync::oneshot;

use crate::store::{
    fleet::{Fleet, Part},
    progress::note,
};

/// Orders that wait for the one before them.
pub(super) const ORDERS_WAITING_MAX: usize = 8;

/// One switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Switch {
    /// The line between hub and bank.
    BankLine,
    /// The hub.
    Hub,
    /// The cable between a lane and the hub.
    Cable(u16),
    /// A lane, killed; it comes back by itself.
    KillLane(u16),
    /// The bank's next approval gets lost on the line.
    LoseAnswer,
}

/// What is off now.
#[derive(Clone, Debug, Default)]
pub(super) struct Off {
    pub(super) bank_line: bool,
    pub(super) hub: bool,
    pub(super) cables: Vec<u16>,
}

/// An order, and who waits for it.
pub(super) struct Asked {
    pub(super) switch: Switch,
    pub(super) on: bool,
    pub(super) done: oneshot::Sender<Result<(), String>>,
}

/// Does it.
pub(super) async fn carry_out(asked: Asked, fleet: &mut Fleet) {
    let Asked { switch, on, done } = asked;
    let outcome = turn(switch, on, fleet).await;
    // Whoever asked may have gone.
    let _ = done.send(outcome);
}

async fn turn(switch: Switch, on: bool, fleet: &mut Fleet) -> Result<(), String> {
    let said = |error: crate::store::fleet::FleetError| error.to_string();
    match (switch, on) {
        (Switch::BankLine, true) => fleet.acquirer_link.mend(),
        (Switch::BankLine, false) => fleet.acquirer_link.cut(),
        (Switch::Hub, true) => fleet.start_again_if_away(Part::Hub).await.map_err(said)?,
        (Switch::Hub, false) => fleet.kill(Part::Hub).await.map_err(said)?,
        (Switch::Cable(lane), true) => fleet.connect_lane(lane),
        (Switch::Cable(lane), false) => fleet.cut_lane_off(lane),
        (Switch::KillLane(lane), _) => {
            let part = Part::Lane(lane);
            fleet.kill(part).await.map_err(said)?;
            fleet.start_again(part).await.map_err(said)?;
        }
        (Switch::LoseAnswer, _) => fleet.acquirer_link.swallow_next_approval(),
    }
    Ok(())
}

/// Puts everything right, as before the end of a day.
pub(super) async fn all_on(fleet: &mut Fleet) {
    fleet.acquirer_link.mend();
    let lanes: Vec<u16> = fleet.screens.keys().copied().collect();
    for lane in lanes {
        fleet.connect_lane(lane);
    }
    if let Err(error) = fleet.start_again_if_away(Part::Hub).await {
        note(&format!("the hub does not start: {error}"));
    }
}
