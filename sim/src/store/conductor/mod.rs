//! Chooses the moments of the faults by what is going on in the store, and sees whether each one
//! showed its effect. It looks and gives orders; it touches nothing itself.

mod bank_line;
mod hub_kill;
mod lane_kill;
mod late_answer;
mod lost_answer;
#[cfg(test)]
mod tests;

use std::fmt;

use proto::store::v1::PaymentCounts;

use crate::{
    acquirer_link::Approval,
    oracle::OpenSale,
    store::{fault::Fault, watch::Sight},
    workload::Visit,
};

use bank_line::BankLine;
use hub_kill::HubKill;
use lane_kill::LaneKill;
use late_answer::LateAnswer;
use lost_answer::LostAnswer;

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
    /// Receipts that lie at the lanes' printers, while [`Conductor::counts_receipts`].
    pub receipts: usize,
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
    /// Whether it did what it is there for.
    pub showed: bool,
}

impl FaultReport {
    /// An order that was interrupted has to be among those that were gone on with and sold.
    pub fn confirm(&mut self, resumed: &[String]) {
        let Some(order) = &self.interrupted else {
            return;
        };
        match resumed.contains(order) {
            true => self.effect.push_str("; it was gone on with and sold"),
            false => {
                self.effect.push_str("; it was never gone on with");
                self.showed = false;
            }
        }
    }
}

/// One fault that is going on.
trait Misfortune: fmt::Debug {
    /// Looks at the store and says what to do, or that it is over.
    fn go_on(&mut self, moment: &Moment<'_>, day: &Day) -> Step;
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

/// What is planned for the day.
#[derive(Debug)]
struct Day {
    lanes: u16,
    baskets: u64,
    /// Per lane, in its order: whether the hub may stand in for the basket's first card.
    stand_in_ahead: Vec<Vec<bool>>,
}

/// Plans faults one after the other: a fault that is over and healed lets the next begin.
#[derive(Debug)]
pub struct Conductor {
    day: Day,
    waiting: Vec<Fault>,
    running: Option<Running>,
    reports: Vec<FaultReport>,
}

#[derive(Debug)]
struct Running {
    fault: Fault,
    began_ms: u64,
    misfortune: Box<dyn Misfortune>,
}

/// A fault begins once this share of the baskets is sold, in a hundred …
const fn due_percent(fault: Fault) -> u64 {
    match fault {
        Fault::LostAnswer => 5,
        Fault::LateAnswer => 12,
        Fault::LaneKill => 20,
        Fault::HubKill => 28,
        Fault::BankLine => 40,
    }
}

/// … and the line is cut earlier, when only so many card sales that may be stood in for are left.
const CARD_SALES_LEFT: usize = 6;

impl Conductor {
    /// Plans these faults for a day of these visits.
    #[must_use]
    pub fn new(faults: &[Fault], lanes: u16, visits: &[Visit]) -> Self {
        let stand_in_ahead = (1..=lanes)
            .map(|lane| {
                let own = visits.iter().filter(|visit| visit.lane == lane);
                own.map(|visit| visit.may_be_stood_in).collect()
            })
            .collect();
        Self {
            day: Day {
                lanes,
                baskets: u64::try_from(visits.len()).unwrap_or(u64::MAX),
                stand_in_ahead,
            },
            waiting: faults.to_vec(),
            running: None,
            reports: Vec::new(),
        }
    }

    /// Looks at the store and says what to do.
    pub fn look(&mut self, moment: &Moment<'_>) -> Option<Order> {
        let Some(mut running) = self.running.take() else {
            return self.begin_next(moment);
        };
        match running.misfortune.go_on(moment, &self.day) {
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
                    showed: ending.showed,
                });
                ending.order
            }
        }
    }

    /// The fault that is going on, for the progress line.
    #[must_use]
    pub fn current(&self) -> Option<Fault> {
        self.running.as_ref().map(|running| running.fault)
    }

    /// Whether it has to know how many receipts there are.
    #[must_use]
    pub fn counts_receipts(&self) -> bool {
        self.current() == Some(Fault::HubKill)
    }

    /// Whether every fault is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }

    /// How they went. A fault whose moment never came is reported, too.
    #[must_use]
    pub fn into_reports(mut self) -> Vec<FaultReport> {
        let never = self.waiting.iter().map(|fault| FaultReport {
            fault: *fault,
            at_ms: 0,
            for_ms: 0,
            effect: "its moment never came: too few card sales".to_owned(),
            lost: None,
            interrupted: None,
            showed: false,
        });
        self.reports.extend(never);
        self.reports
    }

    fn begin_next(&mut self, moment: &Moment<'_>) -> Option<Order> {
        if !moment.hub_answers {
            return None;
        }
        let place = self.next_place(moment)?;
        let fault = self.waiting.remove(place);
        let (misfortune, order): (Box<dyn Misfortune>, _) = match fault {
            Fault::LostAnswer => (
                Box::new(LostAnswer::begin(moment)),
                Order::SwallowNextApproval,
            ),
            Fault::LateAnswer => (Box::new(LateAnswer::begin(moment)), Order::HoldNextApproval),
            Fault::LaneKill => (Box::new(LaneKill::begin(moment)), Order::HoldNextApproval),
            Fault::HubKill => (Box::new(HubKill::begin(moment)), Order::HoldNextApproval),
            Fault::BankLine => (Box::new(BankLine::begin(moment)), Order::CutLine),
        };
        self.running = Some(Running {
            fault,
            began_ms: moment.at_ms,
            misfortune,
        });
        Some(order)
    }

    fn next_place(&self, moment: &Moment<'_>) -> Option<usize> {
        let mut waiting = self.waiting.iter();
        let cut = waiting.position(|fault| *fault == Fault::BankLine);
        if cut.is_some() && self.day.card_sales_left(moment.sight) <= CARD_SALES_LEFT {
            return cut;
        }
        let next = *self.waiting.first()?;
        let sold = moment.sight.sales_done().saturating_mul(100);
        (sold >= self.day.baskets.saturating_mul(due_percent(next))).then_some(0)
    }
}

impl Day {
    /// Card sales that lie ahead and that the hub may stand in for; the one being rung up may have
    /// asked already, so it doesn't count.
    fn card_sales_left(&self, sight: &Sight) -> usize {
        let lanes = (1_u32..).zip(&self.stand_in_ahead);
        let left = lanes.map(|(number, ahead)| {
            // A lane that the hub doesn't know yet has sold nothing.
            let known = sight.lanes.iter().find(|lane| lane.lane == number);
            let done = known.map_or(0, |lane| lane.sales_closed + lane.sales_voided);
            let not_begun = ahead.iter().skip(usize::try_from(done).unwrap_or(0) + 1);
            not_begun.filter(|may_be| **may_be).count()
        });
        left.sum()
    }
}
