//! A lane's drawer, told again from its journal: what was counted, reported and said at the turn of
//! a date is what the records before it come to.

use std::collections::BTreeMap;

use proto::{
    journal::v1::{
        CashCounted, CashMoved, SaleClosed, TillDrawer, TillReport, TillTrade, lane_record::Body,
    },
    store::v1::{CashMove, DrawerReason},
};

use crate::oracle::{
    values::{minor, tender_kind},
    verdict::Verdict,
};

/// All a lane's journal tells of its drawer, in minor units.
#[derive(Clone, Debug, Default)]
pub(super) struct TillBook {
    in_drawer: i64,
    /// What lay there when the lane's last Z was taken.
    at_last_z: i64,
    last_z: u32,
    of_lane: Takings,
    of_operators: BTreeMap<u32, Takings>,
    /// Who rings up the sale that is open, by its number.
    open: BTreeMap<u32, u32>,
    /// Its lines, by number: whether they come back.
    lines: BTreeMap<u32, bool>,
    /// How many statements were held against the records.
    checked: u64,
    faults: Vec<String>,
}

/// Since a Z.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Takings {
    /// Sales with goods that were sold.
    sales: u32,
    /// Sales with goods that came back.
    returns: u32,
    voided: u32,
    paid_minor: i64,
    cash_minor: i64,
    no_sales: u32,
}

impl TillBook {
    /// Tells what this lane said of its drawer and is not so.
    pub(super) fn check(&self, lane: u16, verdict: &mut Verdict) {
        verdict.checked += self.checked;
        for fault in &self.faults {
            verdict.broke("till", None, format!("lane {lane}: {fault}"));
        }
    }

    /// Takes the next record of the lane.
    pub(super) fn take(&mut self, body: &Body) {
        match body {
            Body::SaleOpened(opened) => {
                self.open.insert(opened.sale_number, opened.operator_id);
                self.lines.clear();
            }
            Body::LineAdded(line) => {
                self.lines.insert(line.line_number, line.returned.is_some());
            }
            Body::LineVoided(line) => {
                self.lines.remove(&line.line_number);
            }
            Body::SaleClosed(closed) => self.close(closed),
            Body::SaleVoided(voided) => {
                self.each(voided.sale_number, |takings| takings.voided += 1);
            }
            Body::CashMoved(moved) => self.in_drawer += into_drawer(moved),
            Body::DrawerOpened(opened) if opened.why() == DrawerReason::NoSale => {
                self.of_lane.no_sales += 1;
            }
            Body::CashCounted(counted) => self.count(counted),
            Body::TillDateEnded(ended) => {
                let (told, known) = (minor(ended.expected.as_ref()), self.in_drawer);
                self.holds(told == known, || {
                    format!("{told} was expected at the turn of a date, it is {known}")
                });
            }
            Body::ZTaken(taken) => {
                let report = taken.report.clone().unwrap_or_default();
                self.report(&report);
            }
            _ => {}
        }
    }

    fn close(&mut self, closed: &SaleClosed) {
        let change = minor(closed.change.as_ref());
        let paid = closed.tenders.iter().map(|one| minor(one.amount.as_ref()));
        let paid_minor = paid.sum::<i64>() - change;
        let cash = closed
            .tenders
            .iter()
            .filter(|one| tender_kind(one) == "cash");
        let cash_minor = cash.map(|one| minor(one.amount.as_ref())).sum::<i64>() - change;
        self.in_drawer += cash_minor;
        let came_back = self.lines.values().any(|returned| *returned);
        let sold = !came_back || self.lines.values().any(|returned| !returned);
        self.each(closed.sale_number, |takings| {
            takings.sales += u32::from(sold);
            takings.returns += u32::from(came_back);
            takings.paid_minor += paid_minor;
            takings.cash_minor += cash_minor;
        });
    }

    /// The lane, and who rings up this sale.
    fn each(&mut self, sale: u32, change: impl Fn(&mut Takings)) {
        change(&mut self.of_lane);
        if let Some(operator) = self.open.remove(&sale) {
            change(self.of_operators.entry(operator).or_default());
        }
    }

    fn count(&mut self, counted: &CashCounted) {
        let (told, known) = (minor(counted.expected.as_ref()), self.in_drawer);
        self.holds(told == known, || {
            format!("{told} was expected when the drawer was counted, it is {known}")
        });
        let pieces = counted.pieces.iter();
        let worth: i64 = pieces
            .map(|one| i64::from(one.minor) * i64::from(one.pieces))
            .sum();
        let found = minor(counted.counted.as_ref());
        self.holds(found == worth, || {
            format!("{found} was counted, and the pieces are worth {worth}")
        });
        self.in_drawer = found;
    }

    fn report(&mut self, report: &TillReport) {
        let next = self.last_z + 1;
        self.holds(report.number == next, || {
            format!("Z {} stands where Z {next} belongs", report.number)
        });
        self.last_z = report.number;
        let told = report.takings.clone().unwrap_or_default();
        let trade = told.trade.unwrap_or_default();
        let known = match report.operator_id {
            Some(operator) => self.of_operators.remove(&operator).unwrap_or_default(),
            None => {
                let drawer = told.drawer.unwrap_or_default();
                self.lane_drawer(report.number, &drawer);
                std::mem::take(&mut self.of_lane)
            }
        };
        let said = in_trade(&trade);
        let same = said
            == (Takings {
                no_sales: 0,
                ..known.clone()
            });
        self.holds(same, || {
            format!(
                "Z {} says {said:?}, the records come to {known:?}",
                report.number
            )
        });
    }

    fn lane_drawer(&mut self, number: u32, drawer: &TillDrawer) {
        let begun = self.at_last_z;
        self.holds(drawer.taken_over_minor == begun, || {
            format!(
                "Z {number} begins with {}, the last left {begun}",
                drawer.taken_over_minor
            )
        });
        let moved = drawer.moved.iter().filter_map(|one| one.tally.as_ref());
        let sums = [drawer.sales.as_ref(), drawer.returns.as_ref()];
        let came: i64 = moved
            .chain(sums.into_iter().flatten())
            .map(|tally| tally.minor)
            .sum();
        let left = drawer.taken_over_minor - drawer.handed_over_minor + came;
        let (holds, known) = (left + drawer.variance_minor, self.in_drawer);
        self.holds(holds == known, || {
            format!("by Z {number} the drawer holds {holds}, by the records {known}")
        });
        let (told, known) = (drawer.no_sales, self.of_lane.no_sales);
        self.holds(told == known, || {
            format!("Z {number} tells {told} openings without a sale, the records {known}")
        });
        self.at_last_z = self.in_drawer;
    }

    fn holds(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.checked += 1;
        if !holds {
            self.faults.push(what());
        }
    }
}

/// What a report says was sold and came back.
fn in_trade(trade: &TillTrade) -> Takings {
    let tenders = trade.tenders.iter();
    let of = |one: &proto::journal::v1::TillTender| one.tally.as_ref().map_or(0, |all| all.minor);
    let count = |one: Option<&proto::journal::v1::TillTally>| one.map_or(0, |all| all.count);
    let cash = tenders
        .clone()
        .filter(|one| one.tender() == proto::store::v1::TenderKind::Cash);
    Takings {
        sales: count(trade.sales.as_ref()),
        returns: count(trade.returns.as_ref()),
        voided: count(trade.voided_sales.as_ref()),
        paid_minor: tenders.map(of).sum(),
        cash_minor: cash.map(of).sum(),
        no_sales: 0,
    }
}

/// What a movement of cash does to the drawer.
fn into_drawer(moved: &CashMoved) -> i64 {
    let amount = minor(moved.amount.as_ref());
    match moved.kind() {
        CashMove::Float => amount,
        CashMove::Pickup | CashMove::Drop => -amount,
        CashMove::Collection | CashMove::Unspecified => 0,
    }
}
