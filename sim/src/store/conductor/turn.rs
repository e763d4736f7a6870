//! The turn of the date, in the middle of the selling: half the lanes rest before it, a payment is
//! at the bank and its basket open, the day is closed, and in the morning everybody is there again.
//!
//! In the night the prices of the next day are told to the hub, and everybody sells by them from
//! its opening on.
//!
//! Three faults belong to it. A lane is cut off, sells alone, and is switched off over the close;
//! the hub is killed once the date has turned and the day is not closed yet; and a lane that rested
//! comes back on an empty card.

use std::collections::VecDeque;

use crate::{
    store::fault::Fault,
    workload::days::{date_of, opens_wall_ms},
};

use super::{Closing, FaultReport, Moment, Order, plan::Plan};

/// The lane to be cut off is so at this share of the day's baskets, in a hundred …
const CUT_OFF_PERCENT: u64 = 50;
/// … until it has sold so much alone …
const SOLD_ALONE: usize = 3;
/// … and so long at most.
const ALONE_MS_MAX: u64 = 15_000;
/// A card has to come so soon; if none does, the day is closed without.
const CARD_MS_MAX: u64 = 20_000;
/// A hub that doesn't turn while a payment is at the bank gets its answer.
const HELD_MS_MAX: u64 = 2_000;
/// How long the hub stays away in mid-close.
const HUB_AWAY_MS: u64 = 1_000;
/// Lanes come back before the opening.
const MORNING_BEFORE_MS: i64 = 30 * 60 * 1_000;
/// And are all connected within so long.
const CONNECTED_MS_MAX: u64 = 20_000;

/// One turn.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) day: u16,
    /// Lanes that rest, in the order in which they stop.
    resting: VecDeque<u16>,
    /// The lane that is cut off and switched off.
    away: Option<AwayLane>,
    /// The hub that is killed in mid-close.
    kill: Option<HubDeath>,
    /// The lane whose card is replaced.
    empty_card: Option<EmptyCard>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug)]
struct AwayLane {
    lane: u16,
    cut_ms: u64,
    sold_alone: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct HubDeath {
    /// When it was killed; `None`: not yet.
    at_ms: Option<u64>,
    back_ms: u64,
}

#[derive(Clone, Copy, Debug)]
struct EmptyCard {
    lane: u16,
    /// When it was replaced; 0: not yet.
    at_ms: u64,
    /// Records that were lost with the card.
    had: u64,
    /// Records that the lane has when it is back.
    has: u64,
}

#[derive(Debug)]
enum Stage {
    Daytime,
    /// The cut-off lane sells; so many receipts lay at its printer before.
    Alone {
        since_ms: u64,
        receipts: Option<usize>,
    },
    /// Lanes go to rest.
    Evening {
        rested: Vec<u16>,
    },
    /// The next approval is kept back.
    Holding {
        since_ms: u64,
        rested: Vec<u16>,
    },
    /// Nothing is kept back any more; the close is still to be asked for.
    Unheld {
        rested: Vec<u16>,
    },
    Closing {
        since_ms: u64,
        holds: bool,
        rested: Vec<u16>,
    },
    HubAway {
        since_ms: u64,
        rested: Vec<u16>,
    },
    /// Until the morning; then one after the other comes back.
    Night {
        to_wake: VecDeque<Order>,
    },
    Morning {
        since_ms: u64,
    },
    Over,
}

impl Turn {
    /// The end of `day`, without a fault.
    pub(super) fn new(day: u16, plan: &Plan) -> Self {
        let lanes = plan.calendar.lanes;
        let staying = lanes - plan.calendar.lanes_to_rest();
        Self {
            day,
            resting: (staying + 1..=lanes).collect(),
            away: None,
            kill: None,
            empty_card: None,
            stage: Stage::Daytime,
        }
    }

    /// The same with these faults: the last lane that stays is the one that is away, the last one
    /// that rests gets an empty card.
    pub(super) fn with_faults(mut self, away: bool, kill: bool, empty_card: bool) -> Self {
        let first_resting = self.resting.front().copied();
        self.away = first_resting.filter(|_| away).map(|resting| AwayLane {
            lane: resting - 1,
            cut_ms: 0,
            sold_alone: 0,
        });
        self.kill = kill.then(HubDeath::default);
        let last_resting = self.resting.back().copied();
        self.empty_card = last_resting.filter(|_| empty_card).map(|lane| EmptyCard {
            lane,
            at_ms: 0,
            had: 0,
            has: 0,
        });
        self
    }

    /// Whether it begins now, if no fault is going on.
    pub(super) fn is_due(&self, moment: &Moment<'_>, plan: &Plan) -> bool {
        let percent = match self.away {
            Some(_) => CUT_OFF_PERCENT,
            None => 100,
        };
        let mut resting = self.resting.iter();
        let in_evening = resting.all(|lane| plan.lane_is_in_evening(moment.sight, *lane, self.day));
        plan.has_sold(moment.sight, self.day, percent) || in_evening
    }

    /// Whether it has come to its end.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Over)
    }

    /// The lane whose receipts have to be counted.
    pub(super) const fn counts_receipts_of(&self) -> Option<u16> {
        match (&self.stage, self.away) {
            (Stage::Alone { .. }, Some(away)) => Some(away.lane),
            _ => None,
        }
    }

    /// Looks at the store and says what to do.
    pub(super) fn look(&mut self, moment: &Moment<'_>, plan: &Plan) -> Option<Order> {
        let stage = std::mem::replace(&mut self.stage, Stage::Over);
        let (stage, order) = self.go_on(stage, moment, plan);
        self.stage = stage;
        order
    }

    fn go_on(&mut self, stage: Stage, moment: &Moment<'_>, plan: &Plan) -> (Stage, Option<Order>) {
        match stage {
            Stage::Daytime => self.begin(moment),
            Stage::Alone { since_ms, receipts } => self.stay_alone(moment, since_ms, receipts),
            Stage::Evening { rested } => self.go_to_rest(moment, plan, rested),
            Stage::Holding { since_ms, rested } => self.hold(moment, plan, since_ms, rested),
            Stage::Unheld { rested } => self.close(moment, false, rested),
            Stage::Closing {
                since_ms,
                holds,
                rested,
            } => self.go_through(moment, since_ms, holds, rested),
            Stage::HubAway { since_ms, rested } => self.stay_dead(moment, since_ms, rested),
            Stage::Night { to_wake } => self.sleep(moment, to_wake),
            Stage::Morning { since_ms } => {
                let too_long = moment.at_ms.saturating_sub(since_ms) >= CONNECTED_MS_MAX;
                let all = moment.hub_answers && moment.sight.has_connected(plan.calendar.lanes);
                if let Some(card) = &mut self.empty_card {
                    card.has = moment.sight.lane_records(card.lane);
                }
                let is_whole = self.empty_card.is_none_or(|card| card.has > card.had);
                match (all && is_whole) || too_long {
                    true => (Stage::Over, None),
                    false => (Stage::Morning { since_ms }, None),
                }
            }
            Stage::Over => (Stage::Over, None),
        }
    }

    fn begin(&mut self, moment: &Moment<'_>) -> (Stage, Option<Order>) {
        let Some(away) = &mut self.away else {
            return (Stage::Evening { rested: Vec::new() }, None);
        };
        away.cut_ms = moment.at_ms;
        let alone = Stage::Alone {
            since_ms: moment.at_ms,
            receipts: None,
        };
        (alone, Some(Order::CutLaneOff(away.lane)))
    }

    fn stay_alone(
        &mut self,
        moment: &Moment<'_>,
        since_ms: u64,
        receipts: Option<usize>,
    ) -> (Stage, Option<Order>) {
        let before = receipts.unwrap_or(moment.receipts);
        let sold = moment.receipts.saturating_sub(before);
        let too_long = moment.at_ms.saturating_sub(since_ms) >= ALONE_MS_MAX;
        if sold < SOLD_ALONE && !too_long {
            let receipts = Some(before);
            return (Stage::Alone { since_ms, receipts }, None);
        }
        let order = self.away.as_mut().map(|away| {
            away.sold_alone = sold;
            Order::SwitchLaneOff(away.lane)
        });
        (Stage::Evening { rested: Vec::new() }, order)
    }

    /// A lane rests once it has served everybody and the hub has all of it.
    fn go_to_rest(
        &mut self,
        moment: &Moment<'_>,
        plan: &Plan,
        mut rested: Vec<u16>,
    ) -> (Stage, Option<Order>) {
        let Some(lane) = self.resting.front().copied() else {
            let since_ms = moment.at_ms;
            let holding = Stage::Holding { since_ms, rested };
            return (holding, Some(Order::HoldNextApproval));
        };
        let goes = moment.hub_answers && plan.lane_is_through(moment.sight, lane, self.day);
        if goes {
            self.resting.pop_front();
            rested.push(lane);
        }
        let order = goes.then_some(Order::RestLane(lane));
        (Stage::Evening { rested }, order)
    }

    fn hold(
        &self,
        moment: &Moment<'_>,
        plan: &Plan,
        since_ms: u64,
        rested: Vec<u16>,
    ) -> (Stage, Option<Order>) {
        if moment.held.is_some() {
            return self.close(moment, true, rested);
        }
        let too_long = moment.at_ms.saturating_sub(since_ms) >= CARD_MS_MAX;
        let off = self.away.map(|away| away.lane);
        let mut lanes = 1..=plan.calendar.lanes;
        let nobody_comes = lanes.all(|lane| {
            let is_open = !rested.contains(&lane) && off != Some(lane);
            !is_open || plan.lane_is_through(moment.sight, lane, self.day)
        });
        match too_long || nobody_comes {
            true => (Stage::Unheld { rested }, Some(Order::DropHeld)),
            false => (Stage::Holding { since_ms, rested }, None),
        }
    }

    fn close(&self, moment: &Moment<'_>, holds: bool, rested: Vec<u16>) -> (Stage, Option<Order>) {
        let closing = Stage::Closing {
            since_ms: moment.at_ms,
            holds,
            rested,
        };
        (closing, Some(Order::BeginClose(self.day)))
    }

    /// Until the day is closed; the hub dies on the way, or gets the answer that is kept back.
    fn go_through(
        &mut self,
        moment: &Moment<'_>,
        since_ms: u64,
        holds: bool,
        rested: Vec<u16>,
    ) -> (Stage, Option<Order>) {
        let has_turned = moment.hub_answers
            && moment.sight.status.business_date.as_str() > date_of(self.day).as_str();
        let closing = |holds, rested| Stage::Closing {
            since_ms,
            holds,
            rested,
        };
        if let Some(kill) = &mut self.kill
            && kill.at_ms.is_none()
            && has_turned
            && moment.closing != Closing::Done
        {
            kill.at_ms = Some(moment.at_ms);
            let since_ms = moment.at_ms;
            return (Stage::HubAway { since_ms, rested }, Some(Order::KillHub));
        }
        let waits_for_it = moment.at_ms.saturating_sub(since_ms) >= HELD_MS_MAX;
        if holds && (has_turned || waits_for_it) {
            return (closing(false, rested), Some(Order::Release));
        }
        match moment.closing {
            Closing::Done if !holds => {
                let to_wake = self.to_wake(&rested);
                (Stage::Night { to_wake }, None)
            }
            Closing::Failed if moment.hub_answers => {
                let again = Some(Order::BeginClose(self.day));
                (closing(holds, rested), again)
            }
            Closing::None | Closing::Runs | Closing::Done | Closing::Failed => {
                (closing(holds, rested), None)
            }
        }
    }

    fn stay_dead(
        &mut self,
        moment: &Moment<'_>,
        since_ms: u64,
        rested: Vec<u16>,
    ) -> (Stage, Option<Order>) {
        let away_ms = moment.at_ms.saturating_sub(since_ms);
        if away_ms < HUB_AWAY_MS {
            return (Stage::HubAway { since_ms, rested }, None);
        }
        if let Some(kill) = &mut self.kill {
            kill.back_ms = away_ms;
        }
        let closing = Stage::Closing {
            since_ms: moment.at_ms,
            holds: false,
            rested,
        };
        (closing, Some(Order::StartHub))
    }

    fn to_wake(&self, rested: &[u16]) -> VecDeque<Order> {
        let mut orders = VecDeque::from([Order::ImportPrices(self.day + 1)]);
        orders.extend(self.empty_card.map(|card| Order::ReplaceCard(card.lane)));
        orders.extend(rested.iter().copied().map(Order::WakeLane));
        if let Some(away) = self.away {
            orders.push_back(Order::ConnectLane(away.lane));
            orders.push_back(Order::WakeLane(away.lane));
        }
        orders
    }

    fn sleep(
        &mut self,
        moment: &Moment<'_>,
        mut to_wake: VecDeque<Order>,
    ) -> (Stage, Option<Order>) {
        // The store sleeps, the office doesn't: new prices are told in the night.
        if let Some(Order::ImportPrices(_)) = to_wake.front() {
            let order = to_wake.pop_front();
            return (Stage::Night { to_wake }, order);
        }
        if moment.wall_ms < opens_wall_ms(self.day + 1) - MORNING_BEFORE_MS {
            return (Stage::Night { to_wake }, None);
        }
        let since_ms = moment.at_ms;
        let order = to_wake.pop_front();
        if let (Some(Order::ReplaceCard(lane)), Some(card)) = (order, &mut self.empty_card) {
            card.at_ms = moment.at_ms;
            card.had = moment.sight.lane_records(lane);
        }
        match order {
            Some(order) => (Stage::Night { to_wake }, Some(order)),
            None => (Stage::Morning { since_ms }, None),
        }
    }

    /// How its faults went.
    pub(super) fn into_reports(self, at_ms: u64) -> Vec<FaultReport> {
        let date = date_of(self.day);
        let away = self.away.map(|away| FaultReport {
            fault: Fault::LaneAway,
            at_ms: away.cut_ms,
            for_ms: at_ms.saturating_sub(away.cut_ms),
            effect: format!(
                "lane {} was cut off, closed {} sales alone, was off when {date} ended and came \
                 back in the morning",
                away.lane, away.sold_alone
            ),
            lost: None,
            interrupted: None,
            new_version_of: Some(date.clone()),
            showed: away.sold_alone >= 1,
        });
        let kill = self.kill.map(|kill| FaultReport {
            fault: Fault::CloseKill,
            at_ms: kill.at_ms.unwrap_or(0),
            for_ms: kill.back_ms,
            effect: match kill.at_ms {
                Some(_) => format!(
                    "the hub was killed once the date had turned and before {date} was closed, \
                     and back after {} ms",
                    kill.back_ms
                ),
                None => format!("{date} was closed before the hub could be killed"),
            },
            lost: None,
            interrupted: None,
            new_version_of: None,
            showed: kill.at_ms.is_some(),
        });
        let empty_card = self.empty_card.map(|card| FaultReport {
            fault: Fault::EmptyCard,
            at_ms: card.at_ms,
            for_ms: at_ms.saturating_sub(card.at_ms),
            effect: format!(
                "lane {} came back on an empty card, {} of its {} records were there again before \
                 it sold",
                card.lane,
                card.has.min(card.had),
                card.had
            ),
            lost: None,
            interrupted: None,
            new_version_of: None,
            showed: card.had > 0 && card.has > card.had,
        });
        away.into_iter().chain(kill).chain(empty_card).collect()
    }
}
