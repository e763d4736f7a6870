//! Lanes as the machine of the days has to know them: connected or not, what they say they have,
//! and whether anything stands against their journals.

use actix::{Handler, Message};
use domain::{
    day::{LaneSeen, Machine},
    ids::{LaneEpoch, LaneId},
    time::WallMs,
    words::Sentence,
};
use proto::store::v1::{LaneView, TroubleKind};

use super::{
    lane_session::SessionGauges,
    lanes::{Lane, Lanes},
};
use crate::{metrics::LaneFigures, presentation};

/// All lanes that are configured, connected, or have a journal here.
#[derive(Message)]
#[rtype(result = "Vec<LaneSeen>")]
pub(crate) struct SeeLanes;

impl Handler<SeeLanes> for Lanes {
    type Result = Vec<LaneSeen>;

    fn handle(&mut self, _: SeeLanes, _: &mut Self::Context) -> Self::Result {
        self.views().iter().flat_map(seen).collect()
    }
}

/// All lanes in figures, for metrics.
#[derive(Message)]
#[rtype(result = "Vec<LaneFigures>")]
pub(crate) struct LanesInFigures;

impl Handler<LanesInFigures> for Lanes {
    type Result = Vec<LaneFigures>;

    fn handle(&mut self, _: LanesInFigures, _: &mut Self::Context) -> Self::Result {
        let lanes = self.lanes.iter();
        lanes
            .map(|(lane, known)| self.figures(*lane, known))
            .collect()
    }
}

impl Lanes {
    /// All lanes, as an operator sees them.
    pub(super) fn views(&self) -> Vec<LaneView> {
        let lanes = self.lanes.iter();
        lanes.map(|(lane, known)| self.view(*lane, known)).collect()
    }

    fn figures(&self, lane: LaneId, known: &Lane) -> LaneFigures {
        let view = self.view(lane, known);
        let gauges = known.session.as_ref().and(known.gauges.as_ref());
        let (payments_in_flight, frames_waiting) =
            gauges.map_or((0, 0), SessionGauges::payments_and_frames);
        let lag = view
            .journal_sequence
            .saturating_sub(view.replicated_sequence);
        LaneFigures {
            lane: lane.0,
            connected: view.connected,
            payments_in_flight,
            frames_waiting,
            replication_lag_records: lag,
            replicated_sequence: view.replicated_sequence,
            journal_lag_batches: view.journal_durable_lag_batches,
            troubles: view.troubles.len(),
            damaged: view
                .troubles
                .iter()
                .filter(|trouble| trouble.kind() == TroubleKind::CopyDamaged)
                .count(),
            sells_by_current_prices: self.offers.prices.borrow().sells(&view.price_file_version),
        }
    }
}

/// The machine that speaks for a lane, and its others that something stands against.
fn seen(view: &LaneView) -> Vec<LaneSeen> {
    let trouble = |epoch: u32| {
        let mut troubles = view.troubles.iter();
        let trouble = troubles.find(|trouble| trouble.blocks && trouble.epoch == epoch);
        trouble.map(|trouble| {
            let code = presentation::trouble_code(trouble.kind);
            let words = presentation::trouble(trouble);
            Sentence::new(
                format!("{code}: {}", words.english),
                format!("{code}：{}", words.chinese),
            )
        })
    };
    let lane = LaneId(u16::try_from(view.lane).unwrap_or(u16::MAX));
    let machine = |epoch: u32| Machine {
        lane,
        epoch: LaneEpoch(epoch),
    };
    let speaks = LaneSeen {
        machine: machine(view.epoch),
        connected: view.connected,
        last_heard: (view.last_heard_wall_ms != 0).then_some(WallMs(view.last_heard_wall_ms)),
        said_sequence: view.journal_sequence,
        trouble: trouble(view.epoch),
    };
    let others = view.troubles.iter().map(|trouble| trouble.epoch);
    let others: std::collections::BTreeSet<u32> =
        others.filter(|epoch| *epoch != view.epoch).collect();
    let others = others.into_iter().map(|epoch| LaneSeen {
        machine: machine(epoch),
        connected: false,
        last_heard: None,
        said_sequence: 0,
        trouble: trouble(epoch),
    });
    std::iter::once(speaks).chain(others).collect()
}
