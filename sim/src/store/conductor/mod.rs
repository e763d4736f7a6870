//! Chooses the moments of the faults by what is going on in the store, and sees whether each one
//! showed its effect. It looks and gives orders; it touches nothing itself.

mod bank_line;
mod hub_kill;
mod lane_kill;
mod late_answer;
mod lost_answer;
mod plan;
#[cfg(test)]
mod tests;
mod turn;

use std::{collections::VecDeque, fmt};

use proto::store::v1::PaymentCounts;

use crate::{
    acquirer_link::Approval,
    oracle::{Figures, OpenSale},
    store::{fault::Fault, watch::Sight},
    workload::{
        Visit,
        days::{Calendar, FIRST_DAY},
    },
};

use bank_line::BankLine;
use hub_kill::HubKill;
use lane_kill::LaneKill;
use late_answer::LateAnswer;
use lost_answer::LostAnswer;
use plan::{Plan, Planned};
use turn::Turn;

/// What the run is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Cut the acquirer link.
    CutLine,
    /// Mend it.
    MendLine,
    /// Lose the next approval.
    SwallowNextApproval,
    /// Keep the next approval back.
    HoldNextApproval,
    /// Bring the hub what was kept back.
    Release,
    /// Lose what was kept back, and keep nothing back any more.
    DropHeld,
    /// Kill this lane, let the hub have what was kept back, and start the lane again.
    KillLane(u16),
    /// Kill the hub, and what was kept back with its connection.
    KillHub,
    /// Start the hub again.
    StartHub,
    /// Cut this lane off from the hub.
    CutLaneOff(u16),
    /// Let it reach the hub again.
    ConnectLane(u16),
    /// Switch it off, without a warning; it stays off.
    SwitchLaneOff(u16),
    /// Stop this lane in order, as in the evening; it stays off.
    RestLane(u16),
    /// Start a lane that is off.
    WakeLane(u16),
    /// Take away all that a lane that is off has written: its card was replaced.
    ReplaceCard(u16),
    /// Give the hub the prices of this day, to sell by from before its opening on.
    ImportPrices(u16),
    /// Ask the hub to close this day, and go on selling meanwhile.
    BeginClose(u16),
}

/// How the close of a day that goes on beside the selling is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Closing {
    /// None was asked for.
    #[default]
    None,
    /// It goes on.
    Runs,
    /// The day is closed.
    Done,
    /// It was broken off: the hub has died, or refuses.
    Failed,
}

/// One moment as the conductor is told of it.
#[derive(Debug)]
pub struct Moment<'a> {
    /// Since the selling began.
    pub at_ms: u64,
    /// What the hub shows, or showed last.
    pub sight: &'a Sight,
    /// Whether `sight` is of now: the hub is there.
    pub hub_answers: bool,
    /// Approvals that never arrived.
    pub swallowed: &'a [Approval],
    /// The approval that is kept back.
    pub held: Option<&'a Approval>,
    /// Receipts that lie at the printers that [`Conductor::counts_receipts`] names.
    pub receipts: usize,
    /// By the business clock.
    pub wall_ms: i64,
    /// The close that was asked for last.
    pub closing: Closing,
    /// The lane that was killed last.
    pub killed: Option<&'a Killed>,
}

impl Moment<'_> {
    fn counts(&self) -> PaymentCounts {
        self.sight.status.counts.unwrap_or_default()
    }
}

/// A lane that was killed and started again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Killed {
    /// Which.
    pub lane: u16,
    /// How long it was away.
    pub away_ms: u64,
    /// What it was in the middle of, by its journal.
    pub open_sale: Option<OpenSale>,
}

/// How one fault went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultReport {
    /// Which.
    pub fault: Fault,
    /// When it began, since the selling began.
    pub at_ms: u64,
    /// How long it lasted until it was healed.
    pub for_ms: u64,
    /// What it did, in words.
    pub effect: String,
    /// The approval that came to nothing, for the faults that make one.
    pub lost: Option<Approval>,
    /// The order that was interrupted, for the fault that interrupts one.
    pub interrupted: Option<String>,
    /// The date of which a new version has to be sealed, for the fault that makes one.
    pub new_version_of: Option<String>,
    /// Whether it did what it is there for.
    pub showed: bool,
}

impl FaultReport {
    /// An order that was interrupted has to be among those that were gone on with and sold; a day
    /// of which something came late has to be sealed anew.
    pub fn confirm(&mut self, figures: &Figures) {
        if let Some(order) = &self.interrupted {
            match figures.resumed.contains(order) {
                true => self.effect.push_str("; it was gone on with and sold"),
                false => {
                    self.effect.push_str("; it was never gone on with");
                    self.showed = false;
                }
            }
        }
        if let Some(date) = &self.new_version_of {
            let day = figures.days.iter().find(|day| day.date == *date);
            let version = day.map_or(0, |day| day.version);
            self.effect += &format!("; {date} is sealed in version {version}");
            self.showed &= version >= 2;
        }
    }
}

/// One fault that is going on.
trait Misfortune: fmt::Debug {
    /// Looks at the store and says what to do, or that it is over.
    fn go_on(&mut self, moment: &Moment<'_>, plan: &Plan) -> Step;
}

/// How a fault goes on.
#[derive(Debug)]
enum Step {
    GoesOn(Option<Order>),
    IsOver(Ending),
}

/// How a fault ended.
#[derive(Debug)]
struct Ending {
    effect: String,
    showed: bool,
    healed_ms: u64,
    lost: Option<Approval>,
    interrupted: Option<String>,
    /// What is left to do.
    order: Option<Order>,
}

impl Ending {
    fn now(moment: &Moment<'_>, showed: bool, effect: String) -> Self {
        Self {
            effect,
            showed,
            healed_ms: moment.at_ms,
            lost: None,
            interrupted: None,
            order: None,
        }
    }
}

/// Plans faults one after the other: a fault that is over and healed lets the next begin.
#[derive(Debug)]
pub struct Conductor {
    plan: Plan,
    waiting: Vec<Planned>,
    running: Option<Running>,
    /// The turns that lie ahead; the last day ends at rest and has none.
    turns: VecDeque<Turn>,
    turning: Option<Turn>,
    reports: Vec<FaultReport>,
}

#[derive(Debug)]
struct Running {
    fault: Fault,
    began_ms: u64,
    misfortune: Box<dyn Misfortune>,
}

/// The line is cut earlier when only so many card sales that may be stood in for are left.
const CARD_SALES_LEFT: usize = 6;

impl Conductor {
    /// Plans these faults for a run of these visits.
    #[must_use]
    pub fn new(faults: &[Fault], calendar: Calendar, visits: &[Visit]) -> Self {
        let plan = Plan::new(calendar, visits);
        let has = |fault| faults.contains(&fault);
        let turns = FIRST_DAY..calendar.days;
        // Where there are two turns, each has its own misfortune.
        let killed_on = turns.clone().nth(1).unwrap_or(FIRST_DAY);
        let turns = turns.map(|day| {
            let away = has(Fault::LaneAway) && day == FIRST_DAY;
            let kill = has(Fault::CloseKill) && day == killed_on;
            // Where there are more, the last is left to it.
            let empty_card = has(Fault::EmptyCard) && day + 1 == calendar.days;
            Turn::new(day, &plan).with_faults(away, kill, empty_card)
        });
        Self {
            waiting: plan.place(faults),
            turns: turns.collect(),
            plan,
            running: None,
            turning: None,
            reports: Vec::new(),
        }
    }

    /// A run that was interrupted goes on with this day: what lies before it is over.
    pub fn go_on_with(&mut self, day: u16) {
        self.turns.retain(|turn| turn.day >= day);
    }

    /// Looks at the store and says what to do.
    pub fn look(&mut self, moment: &Moment<'_>) -> Option<Order> {
        if let Some(turn) = self.turning.take() {
            return self.turn(turn, moment);
        }
        let Some(mut running) = self.running.take() else {
            return self.begin_next(moment);
        };
        match running.misfortune.go_on(moment, &self.plan) {
            Step::GoesOn(order) => {
                self.running = Some(running);
                order
            }
            Step::IsOver(ending) => {
                self.reports.push(FaultReport {
                    fault: running.fault,
                    at_ms: running.began_ms,
                    for_ms: ending.healed_ms.saturating_sub(running.began_ms),
                    effect: ending.effect,
                    lost: ending.lost,
                    interrupted: ending.interrupted,
                    new_version_of: None,
                    showed: ending.showed,
                });
                ending.order
            }
        }
    }

    fn turn(&mut self, mut turn: Turn, moment: &Moment<'_>) -> Option<Order> {
        let order = turn.look(moment, &self.plan);
        match turn.is_over() {
            true => self.reports.extend(turn.into_reports(moment.at_ms)),
            false => self.turning = Some(turn),
        }
        order
    }

    /// The fault that is going on, for the progress line.
    #[must_use]
    pub fn current(&self) -> Option<Fault> {
        self.running.as_ref().map(|running| running.fault)
    }

    /// The lanes whose receipts it has to know the number of.
    #[must_use]
    pub fn counts_receipts(&self) -> Vec<u16> {
        let of_turn = self.turning.as_ref().and_then(Turn::counts_receipts_of);
        match (self.current(), of_turn) {
            (Some(Fault::HubKill), _) => (1..=self.plan.calendar.lanes).collect(),
            (_, lane) => lane.into_iter().collect(),
        }
    }

    /// Whether every fault and every turn of the date is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let no_fault = self.waiting.is_empty() && self.running.is_none();
        no_fault && self.turns.is_empty() && self.turning.is_none()
    }

    /// How they went. A fault whose moment never came is reported, too.
    #[must_use]
    pub fn into_reports(mut self) -> Vec<FaultReport> {
        let never = self.waiting.iter().map(|planned| FaultReport {
            fault: planned.fault,
            at_ms: 0,
            for_ms: 0,
            effect: "its moment never came: too few card sales".to_owned(),
            lost: None,
            interrupted: None,
            new_version_of: None,
            showed: false,
        });
        self.reports.extend(never);
        self.reports
    }

    fn begin_next(&mut self, moment: &Moment<'_>) -> Option<Order> {
        if !moment.hub_answers {
            return None;
        }
        if let Some(turn) = self.next_turn(moment) {
            return self.turn(turn, moment);
        }
        let place = self.next_place(moment)?;
        let fault = self.waiting.remove(place).fault;
        let (misfortune, order): (Box<dyn Misfortune>, _) = match fault {
            Fault::LostAnswer => (
                Box::new(LostAnswer::begin(moment)),
                Order::SwallowNextApproval,
            ),
            Fault::LateAnswer => (Box::new(LateAnswer::begin(moment)), Order::HoldNextApproval),
            Fault::LaneKill => (Box::new(LaneKill::begin(moment)), Order::HoldNextApproval),
            Fault::HubKill => (Box::new(HubKill::begin(moment)), Order::HoldNextApproval),
            Fault::BankLine => (Box::new(BankLine::begin(moment)), Order::CutLine),
            // They come with their turn.
            Fault::LaneAway | Fault::CloseKill | Fault::EmptyCard => return None,
        };
        self.running = Some(Running {
            fault,
            began_ms: moment.at_ms,
            misfortune,
        });
        Some(order)
    }

    /// The turn that is due, once the faults of its day are over.
    fn next_turn(&mut self, moment: &Moment<'_>) -> Option<Turn> {
        let day = self.turns.front()?.day;
        let faults_are_over = self.waiting.iter().all(|planned| planned.day > day);
        let due = |turn: &mut Turn| faults_are_over && turn.is_due(moment, &self.plan);
        self.turns.pop_front_if(due)
    }

    fn next_place(&self, moment: &Moment<'_>) -> Option<usize> {
        let mut waiting = self.waiting.iter();
        let cut = waiting.position(|planned| planned.fault == Fault::BankLine);
        if cut.is_some() && self.plan.card_sales_left(moment.sight) <= CARD_SALES_LEFT {
            return cut;
        }
        self.waiting.first()?.is_due(moment.sight).then_some(0)
    }
}
