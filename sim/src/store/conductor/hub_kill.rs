//! The hub is killed while a payment is at the bank: the lanes go on selling, and once the hub is
//! back the payment it knew nothing more of is unknown and taken back.

use super::{Ending, Misfortune, Moment, Order, Plan, Step};

/// It stays away so long at least …
const AWAY_MS_MIN: u64 = 3_000;
/// … and until so many sales were closed: cards inside a lease are among them then …
const SALES_MIN: usize = 20;
/// … and so long at most, when too little is sold meanwhile.
const AWAY_MS_MAX: u64 = 12_000;
/// From the order until all is healed.
const HEALED_MS_MAX: u64 = 60_000;

#[derive(Debug)]
pub(super) struct HubKill {
    began_ms: u64,
    unknown: u64,
    reversed: u64,
    offline_approved: u64,
    phase: Phase,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Until a payment is at the bank.
    Waiting,
    /// Down, since when and with how many receipts printed before.
    Away { since_ms: u64, receipts: usize },
    /// Started again after so long, with so many sales closed meanwhile.
    Back { away_ms: u64, sales: usize },
}

/// What came of it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    away_ms: u64,
    sales: usize,
    unknown: u64,
    reversed: u64,
    offline_approved: u64,
}

impl Seen {
    /// What the fault is there to show: lanes sold and approved cards inside their leases, and the
    /// payment that was at the bank is taken back.
    const fn is_enough(&self) -> bool {
        let went_on = self.sales >= 1 && self.offline_approved >= 1;
        went_on && self.unknown >= 1 && self.reversed >= 1
    }

    fn told(&self) -> String {
        let Self {
            away_ms,
            sales,
            unknown,
            reversed,
            offline_approved,
        } = self;
        format!(
            "away for {away_ms} ms with a payment at the bank: {sales} sales closed meanwhile, \
             {offline_approved} approved offline; {unknown} unknown, {reversed} reversed"
        )
    }
}

impl HubKill {
    pub(super) fn begin(moment: &Moment<'_>) -> Self {
        let counts = moment.counts();
        Self {
            began_ms: moment.at_ms,
            unknown: counts.unknown,
            reversed: counts.reversed,
            offline_approved: counts.offline_approved,
            phase: Phase::Waiting,
        }
    }

    fn strike(&mut self, moment: &Moment<'_>) -> Step {
        if moment.held.is_some() {
            self.phase = Phase::Away {
                since_ms: moment.at_ms,
                receipts: moment.receipts,
            };
            return Step::GoesOn(Some(Order::KillHub));
        }
        match moment.at_ms.saturating_sub(self.began_ms) < HEALED_MS_MAX {
            true => Step::GoesOn(None),
            false => Step::IsOver(Ending {
                order: Some(Order::DropHeld),
                ..Ending::now(moment, false, "no payment was seen at the bank".to_owned())
            }),
        }
    }

    fn stay_away(&mut self, moment: &Moment<'_>, since_ms: u64, receipts: usize) -> Option<Order> {
        let away_ms = moment.at_ms.saturating_sub(since_ms);
        let sales = moment.receipts.saturating_sub(receipts);
        let is_over = away_ms >= AWAY_MS_MAX || (away_ms >= AWAY_MS_MIN && sales >= SALES_MIN);
        is_over.then(|| {
            self.phase = Phase::Back { away_ms, sales };
            Order::StartHub
        })
    }

    fn heal(&self, moment: &Moment<'_>, plan: &Plan, away_ms: u64, sales: usize) -> Step {
        let counts = moment.counts();
        let seen = Seen {
            away_ms,
            sales,
            unknown: counts.unknown.saturating_sub(self.unknown),
            reversed: counts.reversed.saturating_sub(self.reversed),
            offline_approved: counts
                .offline_approved
                .saturating_sub(self.offline_approved),
        };
        let too_long = moment.at_ms.saturating_sub(self.began_ms) >= HEALED_MS_MAX;
        match (is_whole(moment, plan) && seen.is_enough()) || too_long {
            true => Step::IsOver(Ending::now(moment, seen.is_enough(), seen.told())),
            false => Step::GoesOn(None),
        }
    }
}

impl Misfortune for HubKill {
    fn go_on(&mut self, moment: &Moment<'_>, plan: &Plan) -> Step {
        match self.phase {
            Phase::Waiting => self.strike(moment),
            Phase::Away { since_ms, receipts } => {
                Step::GoesOn(self.stay_away(moment, since_ms, receipts))
            }
            Phase::Back { away_ms, sales } => self.heal(moment, plan, away_ms, sales),
        }
    }
}

/// The hub answers, all lanes are back, the line is up, and nothing is owed to the bank.
fn is_whole(moment: &Moment<'_>, plan: &Plan) -> bool {
    let connected = moment.sight.lanes.iter().filter(|lane| lane.connected);
    moment.hub_answers
        && connected.count() == usize::from(plan.calendar.lanes)
        && moment.sight.status.link_up
        && moment.sight.status.queue_depth == 0
}
