//! Chooses the moments of the faults by what is going on in the store, and sees whether each one
//! showed its effect. It looks and gives orders; it touches nothing itself.

use crate::{
    line::Approval,
    store::{fault::Fault, watch::Sight},
    workload::Visit,
};

/// What the run is to do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Cut the line to the bank.
    CutLine,
    /// Mend it.
    MendLine,
    /// Lose the next approval.
    SwallowNextApproval,
}

/// One moment as the conductor is told of it.
#[derive(Debug)]
pub struct Moment<'a> {
    /// Since the selling began.
    pub at_ms: u64,
    /// What the hub shows.
    pub sight: &'a Sight,
    /// Approvals that never arrived.
    pub swallowed: &'a [Approval],
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
    /// The approval that was lost, for the fault that loses one.
    pub lost: Option<Approval>,
    /// Whether it did what it is there for.
    pub showed: bool,
}

/// A cut lasts at least so long, even when stand-ins come at once.
const CUT_MS_MIN: u64 = 3_000;
/// And at most so long, even when none come.
const CUT_MS_MAX: u64 = 20_000;
/// Stand-ins to wait for beyond the first, where cards come fast.
const STAND_INS_WANTED: u64 = 5;
/// An approval is lost once this share of the baskets is sold, in a hundred.
const LOSE_ANSWER_AFTER: u64 = 15;
/// The line is cut once this share of the baskets is sold, in a hundred …
const CUT_AFTER: u64 = 40;
/// … or earlier, when only so many card sales that may be stood in for are left.
const CARD_SALES_LEFT: usize = 6;
/// How long a lost answer may take to be unknown and reversed.
const REVERSAL_MS_MAX: u64 = 30_000;

/// Plans faults one after the other: a fault that is over and healed lets the next begin.
#[derive(Debug)]
pub struct Conductor {
    /// Per lane, in its order: whether the hub may stand in for the basket's first card.
    stand_in_ahead: Vec<Vec<bool>>,
    baskets: u64,
    waiting: Vec<Fault>,
    running: Option<Running>,
    reports: Vec<FaultReport>,
}

#[derive(Debug)]
struct Running {
    fault: Fault,
    began_ms: u64,
    healed_ms: Option<u64>,
    before: Before,
}

/// Counts when the fault began, to tell its effect from what was there.
#[derive(Debug)]
struct Before {
    stand_in: u64,
    delivered: u64,
    unknown: u64,
    reversed: u64,
    swallowed: usize,
}

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
        let mut waiting = faults.to_vec();
        // Taken from the end.
        waiting.reverse();
        Self {
            stand_in_ahead,
            baskets: u64::try_from(visits.len()).unwrap_or(u64::MAX),
            waiting,
            running: None,
            reports: Vec::new(),
        }
    }

    /// Looks at the store and says what to do.
    pub fn look(&mut self, moment: &Moment<'_>) -> Option<Order> {
        match self.running.take() {
            Some(running) => self.go_on(running, moment),
            None => self.begin_next(moment),
        }
    }

    /// The fault that is going on, for the progress line.
    #[must_use]
    pub fn current(&self) -> Option<Fault> {
        self.running.as_ref().map(|running| running.fault)
    }

    /// Whether every fault is over.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.waiting.is_empty() && self.running.is_none()
    }

    /// How they went. A fault whose moment never came is reported, too.
    #[must_use]
    pub fn into_reports(mut self) -> Vec<FaultReport> {
        let never = self.waiting.iter().rev().map(|fault| FaultReport {
            fault: *fault,
            at_ms: 0,
            for_ms: 0,
            effect: "its moment never came: too few card sales".to_owned(),
            lost: None,
            showed: false,
        });
        self.reports.extend(never);
        self.reports
    }

    fn begin_next(&mut self, moment: &Moment<'_>) -> Option<Order> {
        let fault = *self.waiting.last()?;
        let order = match fault {
            Fault::LostAnswer if self.sold(moment, LOSE_ANSWER_AFTER) => Order::SwallowNextApproval,
            Fault::BankLine if self.sold(moment, CUT_AFTER) || self.few_are_left(moment) => {
                Order::CutLine
            }
            Fault::LostAnswer | Fault::BankLine => return None,
        };
        self.waiting.pop();
        self.running = Some(Running {
            fault,
            began_ms: moment.at_ms,
            healed_ms: None,
            before: Before::of(moment),
        });
        Some(order)
    }

    fn sold(&self, moment: &Moment<'_>, percent: u64) -> bool {
        moment.sight.sales_done().saturating_mul(100) >= self.baskets.saturating_mul(percent)
    }

    fn few_are_left(&self, moment: &Moment<'_>) -> bool {
        self.card_sales_left(moment.sight) <= CARD_SALES_LEFT
    }

    /// Card sales that lie ahead and that the hub may stand in for; the one being rung up may have
    /// asked already, so it doesn't count.
    fn card_sales_left(&self, sight: &Sight) -> usize {
        let left = sight.lanes.iter().map(|lane| {
            let done = usize::try_from(lane.sales_closed + lane.sales_voided).unwrap_or(0);
            let index = usize::try_from(lane.lane).unwrap_or(0).checked_sub(1);
            let ahead = index.and_then(|index| self.stand_in_ahead.get(index));
            ahead.map_or(0, |ahead| {
                ahead
                    .iter()
                    .skip(done + 1)
                    .filter(|may_be| **may_be)
                    .count()
            })
        });
        left.sum()
    }

    fn go_on(&mut self, running: Running, moment: &Moment<'_>) -> Option<Order> {
        match running.fault {
            Fault::LostAnswer => self.go_on_losing(running, moment),
            Fault::BankLine => self.go_on_cutting(running, moment),
        }
    }

    fn go_on_losing(&mut self, running: Running, moment: &Moment<'_>) -> Option<Order> {
        let counts = moment.sight.status.counts.unwrap_or_default();
        let lost = moment.swallowed.get(running.before.swallowed).cloned();
        let unknown = counts.unknown.saturating_sub(running.before.unknown);
        let reversed = counts.reversed.saturating_sub(running.before.reversed);
        let waited_ms = moment.at_ms.saturating_sub(running.began_ms);
        let showed = lost.is_some() && unknown >= 1 && reversed >= 1;
        if !showed && waited_ms < REVERSAL_MS_MAX {
            self.running = Some(running);
            return None;
        }
        let effect = match &lost {
            None => "no approval came that could have been lost".to_owned(),
            Some(lost) => format!(
                "the approval of {} STAN {:06} was lost: {unknown} unknown, {reversed} reversed",
                lost.tid, lost.stan
            ),
        };
        self.reports.push(FaultReport {
            fault: running.fault,
            at_ms: running.began_ms,
            for_ms: waited_ms,
            effect,
            lost,
            showed,
        });
        None
    }

    fn go_on_cutting(&mut self, mut running: Running, moment: &Moment<'_>) -> Option<Order> {
        let counts = moment.sight.status.counts.unwrap_or_default();
        let stand_ins = counts.stand_in.saturating_sub(running.before.stand_in);
        let lasted_ms = moment.at_ms.saturating_sub(running.began_ms);
        let Some(healed_ms) = running.healed_ms else {
            let enough = stand_ins >= STAND_INS_WANTED
                || (stand_ins >= 1 && self.card_sales_left(moment.sight) == 0);
            let over = (lasted_ms >= CUT_MS_MIN && enough) || lasted_ms >= CUT_MS_MAX;
            running.healed_ms = over.then_some(moment.at_ms);
            self.running = Some(running);
            return over.then_some(Order::MendLine);
        };
        if !moment.sight.status.line_up || moment.sight.status.queue_depth > 0 {
            // The watchdog sees to it that this doesn't last for ever.
            self.running = Some(running);
            return None;
        }
        let delivered = counts
            .forward_delivered
            .saturating_sub(running.before.delivered);
        let drained_ms = moment.at_ms.saturating_sub(healed_ms);
        self.reports.push(FaultReport {
            fault: running.fault,
            at_ms: running.began_ms,
            for_ms: healed_ms.saturating_sub(running.began_ms),
            effect: format!(
                "{stand_ins} stand-ins; {delivered} forwarded within {drained_ms} ms of its return"
            ),
            lost: None,
            showed: stand_ins >= 1 && delivered >= 1,
        });
        None
    }
}

impl Before {
    fn of(moment: &Moment<'_>) -> Self {
        let counts = moment.sight.status.counts.unwrap_or_default();
        Self {
            stand_in: counts.stand_in,
            delivered: counts.forward_delivered,
            unknown: counts.unknown,
            reversed: counts.reversed,
            swallowed: moment.swallowed.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proto::store::v1::{LaneView, PaymentCounts, StatusResponse};

    use super::*;

    fn visits(count: usize, may_be_stood_in: bool) -> Vec<Visit> {
        let visit = |index: usize| Visit {
            order: format!("basket-{index}"),
            lane: 1,
            arrive_wall_ms: 0,
            items: Vec::new(),
            total_minor: 100,
            tenders: Vec::new(),
            may_be_stood_in,
        };
        (0..count).map(visit).collect()
    }

    fn sight(sold: u32, counts: PaymentCounts, queue_depth: u32, line_up: bool) -> Sight {
        let lane = LaneView {
            lane: 1,
            sales_closed: sold,
            ..LaneView::default()
        };
        let status = StatusResponse {
            line_up,
            queue_depth,
            counts: Some(counts),
            ..StatusResponse::default()
        };
        Sight {
            status,
            lanes: vec![lane],
        }
    }

    fn told<'a>(at_ms: u64, sight: &'a Sight, swallowed: &'a [Approval]) -> Moment<'a> {
        Moment {
            at_ms,
            sight,
            swallowed,
        }
    }

    #[test]
    fn the_line_is_cut_in_the_middle_and_mended_after_stand_ins() {
        let mut conductor = Conductor::new(&[Fault::BankLine], 1, &visits(100, true));
        let mut counts = PaymentCounts::default();
        let early = sight(10, counts, 0, true);
        assert_eq!(conductor.look(&told(1_000, &early, &[])), None);
        let middle = sight(40, counts, 0, true);
        assert_eq!(
            conductor.look(&told(5_000, &middle, &[])),
            Some(Order::CutLine)
        );
        counts.stand_in = 6;
        let cut = sight(50, counts, 6, false);
        assert_eq!(conductor.look(&told(6_000, &cut, &[])), None);
        assert_eq!(
            conductor.look(&told(8_100, &cut, &[])),
            Some(Order::MendLine)
        );
        assert_eq!(conductor.look(&told(8_200, &cut, &[])), None);
        counts.forward_delivered = 6;
        let drained = sight(60, counts, 0, true);
        assert_eq!(conductor.look(&told(9_000, &drained, &[])), None);
        assert!(conductor.is_done());
        let report = conductor.into_reports().remove(0);
        assert!(report.showed);
        assert_eq!((report.at_ms, report.for_ms), (5_000, 3_100));
    }

    #[test]
    fn the_line_is_cut_early_when_few_card_sales_are_left() {
        let mut day = visits(100, false);
        for visit in &mut day[20..26] {
            visit.may_be_stood_in = true;
        }
        let mut conductor = Conductor::new(&[Fault::BankLine], 1, &day);
        let start = sight(0, PaymentCounts::default(), 0, true);
        assert_eq!(conductor.look(&told(10, &start, &[])), Some(Order::CutLine));
    }

    #[test]
    fn a_cut_without_a_stand_in_ends_and_did_not_show() {
        let mut conductor = Conductor::new(&[Fault::BankLine], 1, &visits(10, true));
        let middle = sight(5, PaymentCounts::default(), 0, true);
        conductor.look(&told(1_000, &middle, &[]));
        assert_eq!(conductor.look(&told(5_000, &middle, &[])), None);
        assert_eq!(
            conductor.look(&told(21_000, &middle, &[])),
            Some(Order::MendLine)
        );
        conductor.look(&told(21_100, &middle, &[]));
        assert!(!conductor.into_reports()[0].showed);
    }

    #[test]
    fn a_lost_answer_shows_once_it_is_unknown_and_reversed() {
        let mut conductor = Conductor::new(&[Fault::LostAnswer], 1, &visits(100, true));
        let mut counts = PaymentCounts::default();
        let now = sight(20, counts, 0, true);
        let order = conductor.look(&told(1_000, &now, &[]));
        assert_eq!(order, Some(Order::SwallowNextApproval));
        let lost = [Approval {
            tid: "LANE0001".into(),
            stan: 7,
        }];
        counts.unknown = 1;
        let unknown = sight(21, counts, 1, true);
        conductor.look(&told(4_000, &unknown, &lost));
        assert!(!conductor.is_done());
        counts.reversed = 1;
        let reversed = sight(21, counts, 0, true);
        conductor.look(&told(4_500, &reversed, &lost));
        let report = conductor.into_reports().remove(0);
        assert!(report.showed);
        assert_eq!(report.lost.unwrap().stan, 7);
    }

    #[test]
    fn a_fault_whose_moment_never_came_did_not_show() {
        let conductor = Conductor::new(&Fault::ALL, 1, &visits(10, true));
        let reports = conductor.into_reports();
        assert_eq!(reports.len(), 2);
        assert!(reports.iter().all(|report| !report.showed));
    }
}
