//! X and Z: the figures of an operator or a lane, and the paper they fill.

use super::{CashMove, Drawer, Takings, Tally, TillOf};
use crate::{
    ids::{LaneId, OperatorId},
    money::{Currency, Money},
    paper::{CashCount, Counted, ReportKind, TaxSum, TillReport},
    time::{LocalMs, WallMs},
    words::{Sentence, Worded},
};

/// An X or a Z, in figures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// Of a Z, from 1, one row for all of a till; `None`: an X.
    pub number: Option<u32>,
    /// Whose.
    pub of: TillOf,
    /// Who took it.
    pub by: OperatorId,
    /// When: its figures end there.
    pub until: WallMs,
    /// What they are in.
    pub currency: Currency,
    /// The figures.
    pub takings: Takings,
}

impl Report {
    /// The paper it fills. `local`: what the store's clocks show at a moment.
    #[must_use]
    pub fn on_paper(&self, lane: LaneId, local: impl Fn(WallMs) -> LocalMs) -> TillReport {
        let trade = &self.takings.trade;
        let since = self.takings.since.unwrap_or(self.until);
        let taxes = trade.taxes.iter().map(|((class, rate), tally)| {
            let (on, tax) = (self.money(tally.taxed), self.money(tally.tax));
            TaxSum::of(class, *rate, on, tax)
        });
        let tenders = trade.tenders.iter();
        let tenders = tenders.map(|(kind, tally)| self.line(kind.as_title(), *tally));
        let receipts = trade.receipts;
        TillReport {
            kind: match self.number {
                None => ReportKind::X,
                Some(number) => ReportKind::Z { number },
            },
            of: self.whose(lane),
            from: local(since),
            to: local(self.until),
            receipts: receipts.map(|(first, last)| (first.to_string(), last.to_string())),
            trade: self.trade(),
            net: self.money(trade.net()),
            tenders: tenders.collect(),
            taxes: taxes.collect(),
            cash: Some(self.cash(&self.takings.drawer)),
        }
    }

    fn whose(&self, lane: LaneId) -> Sentence {
        match self.of {
            TillOf::Lane => Sentence::new(format!("Lane {}", lane.0), format!("收银台 {}", lane.0)),
            TillOf::Operator(operator) => Sentence::new(
                format!("Operator {}, lane {}", operator.0, lane.0),
                format!("收银员 {}，收银台 {}", operator.0, lane.0),
            ),
        }
    }

    /// What is always told, then what there was.
    fn trade(&self) -> Vec<Counted> {
        let trade = &self.takings.trade;
        let always = [
            ("Sales", "销售", trade.sales),
            ("Returns", "退货", trade.returns),
            ("Voided sales", "取消交易", trade.voided_sales),
            ("Discounts", "折扣", trade.discounts),
        ];
        let else_only = [
            ("Rounding", "抹零", trade.rounding),
            ("Voided lines", "取消行", trade.voided_lines),
            ("Changed prices", "改价", trade.overrides),
            ("Change given", "找零", trade.change),
        ];
        let else_only = else_only
            .into_iter()
            .filter(|(_, _, tally)| tally.count > 0);
        let all = always.into_iter().chain(else_only);
        all.map(|(english, chinese, tally)| self.line(Sentence::new(english, chinese), tally))
            .collect()
    }

    fn cash(&self, drawer: &Drawer) -> CashCount {
        let passed = |minor: i64| Tally {
            count: u32::from(minor != 0),
            minor,
        };
        let taken_over = Sentence::new("Taken over", "接收现金");
        let handed_over = Sentence::new("Handed over", "移交现金");
        let moved = |is_float: bool| {
            let moved = drawer.moved.iter();
            let moved = moved.filter(move |(kind, _)| (**kind == CashMove::Float) == is_float);
            moved.map(|(kind, tally)| (kind.as_title(), *tally))
        };
        let sold = [
            (Sentence::new("Cash sales", "现金销售"), drawer.sales),
            (Sentence::new("Cash returns", "现金退款"), drawer.returns),
        ];
        let all = [(taken_over, passed(drawer.taken_over))]
            .into_iter()
            .chain(moved(true))
            .chain(sold)
            .chain(moved(false))
            .chain([(handed_over, passed(drawer.handed_over.saturating_neg()))]);
        let moves = all.filter(|(_, tally)| tally.count > 0);
        let counted = drawer.counted();
        CashCount {
            moves: moves.map(|(name, tally)| self.line(name, tally)).collect(),
            expected: self.money(drawer.expected()),
            counted: counted.map(|minor| self.money(minor)),
            variance: counted.map(|_| self.money(drawer.variance)),
            no_sales: drawer.no_sales,
        }
    }

    fn line(&self, name: Sentence, tally: Tally) -> Counted {
        Counted {
            name,
            count: tally.count,
            amount: self.money(tally.minor),
        }
    }

    const fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }
}
