//! What a lane's records say of its drawer: a part of its checkpoint.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    CashAccount, CashCounted, CashMove, Drawer, DrawerReason, Movement, Report, Takings, TillOf,
    Trade,
};
use crate::{ids::OperatorId, limits, time::WallMs};

/// Somebody answers for the drawer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shift {
    /// Who.
    pub operator: OperatorId,
    /// Since when.
    pub since: WallMs,
}

/// Part of the checkpoint: the drawer. Sums in minor units of the lane's currency.
///
/// What is in the drawer is what the drawer of the lane, and that of the date, should hold with
/// what counts differed by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TillPart {
    /// What lies in the drawer, by the records and the last count.
    pub in_drawer: i64,
    /// Whether a float was ever put in: without one nothing is said of the drawer at the turn of a
    /// date.
    pub is_opened: bool,
    /// Who answers for it; `None`: nobody, and then each sale's own operator.
    pub shift: Option<Shift>,
    /// Number of the last Z; 0: there was none.
    pub last_z: u32,
    /// The last Z, should its paper be lost.
    pub last_report: Option<Arc<Report>>,
    /// Of the lane since its last Z.
    pub lane: Takings,
    /// Of each operator since the own last Z: `limits::TILL_OPERATORS_MAX` of them. What others
    /// sell is in the lane's figures alone.
    pub operators: BTreeMap<OperatorId, Takings>,
    /// Since the date began.
    pub of_date: Drawer,
}

impl TillPart {
    /// What somebody did since the last Z; `None`: nothing that is known.
    #[must_use]
    pub fn takings(&self, of: TillOf) -> Option<&Takings> {
        match of {
            TillOf::Lane => Some(&self.lane),
            TillOf::Operator(operator) => self.operators.get(&operator),
        }
    }

    /// Whether there is room for the figures of this operator.
    #[must_use]
    pub fn knows(&self, operator: OperatorId) -> bool {
        self.operators.contains_key(&operator) || self.operators.len() < limits::TILL_OPERATORS_MAX
    }

    /// Whether the drawer was counted and nothing moved since: by who answers for it.
    #[must_use]
    pub fn is_counted(&self) -> bool {
        self.lane.drawer.is_counted
    }

    /// A sale ended, paid or given up.
    pub(crate) fn sold(&mut self, operator: OperatorId, trade: &Trade, at: WallMs) {
        self.lane(at).trade.add(trade);
        if let Some(own) = self.own(operator, at) {
            own.trade.add(trade);
        }
        if let Some(cash) = trade.cash() {
            self.in_drawer = self.in_drawer.saturating_add(cash);
            self.each_drawer(operator, at, |drawer| drawer.sold_for(cash));
        }
    }

    pub(crate) fn moved(&mut self, movement: &Movement, at: WallMs) {
        let (kind, minor) = (movement.kind, movement.amount.minor());
        let change = kind.changes(CashAccount::Till, minor).unwrap_or(0);
        self.is_opened |= kind == CashMove::Float;
        self.in_drawer = self.in_drawer.saturating_add(change);
        self.each_drawer(movement.operator, at, |drawer| drawer.take(kind, minor));
    }

    pub(crate) fn drawer_opened(&mut self, operator: OperatorId, why: DrawerReason, at: WallMs) {
        match why {
            DrawerReason::NoSale => self.each_drawer(operator, at, |drawer| {
                drawer.no_sales = drawer.no_sales.saturating_add(1);
            }),
            DrawerReason::Count => {}
        }
    }

    pub(crate) fn counted(&mut self, count: &CashCounted, at: WallMs) {
        let counted = count.counted.minor();
        let variance = counted.saturating_sub(self.in_drawer);
        self.in_drawer = counted;
        self.each_drawer(count.operator, at, |drawer| drawer.count(variance));
    }

    pub(crate) fn shift_begun(&mut self, operator: OperatorId, at: WallMs) {
        let in_drawer = self.in_drawer;
        if let Some(own) = self.own(operator, at) {
            own.drawer.begin_shift(in_drawer);
        }
        self.shift = Some(Shift {
            operator,
            since: at,
        });
    }

    pub(crate) const fn shift_ended(&mut self) {
        self.shift = None;
    }

    /// What it reports begins anew: with what lies in the drawer, for who answers for it.
    pub(crate) fn z_taken(&mut self, report: &Arc<Report>) {
        let (at, in_drawer) = (report.until, self.in_drawer);
        match report.of {
            TillOf::Lane => self.lane = Takings::beginning(at, in_drawer),
            TillOf::Operator(operator) => {
                self.operators.remove(&operator);
                if self.shift.is_some_and(|shift| shift.operator == operator) {
                    let own = Takings::beginning(at, in_drawer);
                    self.operators.insert(operator, own);
                }
            }
        }
        self.last_z = report.number.unwrap_or(self.last_z);
        self.last_report = Some(Arc::clone(report));
    }

    pub(crate) fn date_begun(&mut self) {
        self.of_date = Drawer::beginning_with(self.in_drawer);
    }

    fn lane(&mut self, at: WallMs) -> &mut Takings {
        self.lane.since.get_or_insert(at);
        &mut self.lane
    }

    fn own(&mut self, operator: OperatorId, at: WallMs) -> Option<&mut Takings> {
        if !self.knows(operator) {
            return None;
        }
        let new = || Takings::beginning(at, 0);
        Some(self.operators.entry(operator).or_insert_with(new))
    }

    /// The drawer of the lane, of the date, and of who answers for it now.
    fn each_drawer(&mut self, operator: OperatorId, at: WallMs, change: impl Fn(&mut Drawer)) {
        change(&mut self.lane(at).drawer);
        change(&mut self.of_date);
        let answers = self.shift.map_or(operator, |shift| shift.operator);
        if let Some(own) = self.own(answers, at) {
            change(&mut own.drawer);
        }
    }
}
