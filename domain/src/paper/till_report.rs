//! X and Z: what a till, a lane or a store has sold since its last Z, and what cash it should hold.
//! An X may be taken at any time; a Z ends what it reports.

use super::{
    heading::{Heading, reprint},
    language::Said,
    receipt::{TaxSum, taxes},
    setting::PaperSetting,
    sheet::{Paper, Sheet},
};
use crate::{money::Money, time::LocalMs, wall_time::date_and_time, words::Sentence};

/// Which report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportKind {
    /// In between.
    X,
    /// At the end, numbered without a gap.
    Z {
        /// From 1, per till.
        number: u32,
    },
}

/// How often, and how much in all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counted {
    /// What.
    pub name: Sentence,
    /// How often.
    pub count: u32,
    /// How much.
    pub amount: Money,
}

/// Cash, from the float to what was counted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CashCount {
    /// What it began with, what came and went: negative where it went.
    pub moves: Vec<Counted>,
    /// What should be there.
    pub expected: Money,
    /// What was counted; `None`: not counted yet, and then nothing is printed of what is expected,
    /// so that a count stays blind.
    pub counted: Option<Money>,
    /// Counted less expected.
    pub variance: Option<Money>,
    /// How often the drawer was opened without a sale.
    pub no_sales: u32,
}

/// An X or a Z.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TillReport {
    /// Which.
    pub kind: ReportKind,
    /// Whose: an operator, a lane, the store.
    pub of: Sentence,
    /// Since when, in the store's own time.
    pub from: LocalMs,
    /// Until when.
    pub to: LocalMs,
    /// First and last receipt; `None`: there was none.
    pub receipts: Option<(String, String)>,
    /// Sales, returns, voids, discounts, in this order.
    pub trade: Vec<Counted>,
    /// Sales less returns.
    pub net: Money,
    /// By tender.
    pub tenders: Vec<Counted>,
    /// By rate.
    pub taxes: Vec<TaxSum>,
    /// The drawer; `None`: no drawer belongs to it.
    pub cash: Option<CashCount>,
}

impl TillReport {
    /// The paper. `again`: it may have been printed before, and says so.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting, again: bool) -> Paper {
        let mut sheet = Sheet::new(setting);
        if again {
            reprint(&mut sheet);
        }
        heading.set(&mut sheet);
        sheet.title(&match self.kind {
            ReportKind::X => Said::new("X REPORT", "X 报表"),
            ReportKind::Z { number } => Said::new("Z REPORT", "Z 报表").with(number.to_string()),
        });
        sheet.centred(&Said::from(&self.of));
        sheet.plain(&Said::new("From", "自").with(date_and_time(self.from)));
        sheet.plain(&Said::new("To", "至").with(date_and_time(self.to)));
        if let Some((first, last)) = &self.receipts {
            let range = format!("{first} - {last}");
            sheet.plain(&Said::new("Receipts", "小票").with(range));
        }
        sheet.rule();
        for counted in &self.trade {
            counted.set(&mut sheet);
        }
        let net = Said::new("NET", "净额").with(self.net.currency().letters());
        sheet.total(&net, self.net);
        taxes(&self.taxes, &mut sheet);
        sheet.rule();
        for tender in &self.tenders {
            tender.set(&mut sheet);
        }
        sheet.rule();
        if let Some(cash) = &self.cash {
            cash.set(&mut sheet);
            sheet.rule();
        }
        sheet.finish()
    }
}

impl Counted {
    pub(super) fn set(&self, sheet: &mut Sheet) {
        let name = Said::from(&self.name).with(format!("({})", self.count));
        sheet.amount(&name, self.amount);
    }
}

impl CashCount {
    fn set(&self, sheet: &mut Sheet) {
        for one in &self.moves {
            one.set(sheet);
        }
        let no_sales = Said::new("Drawer opened without sale", "无交易开钱箱");
        sheet.plain(&no_sales.with(format!("({})", self.no_sales)));
        let Some(counted) = self.counted else {
            sheet.plain(&Said::new("Not counted yet", "尚未清点"));
            return;
        };
        sheet.amount(&Said::new("Expected", "应有现金"), self.expected);
        sheet.total(&Said::new("Counted", "实点现金"), counted);
        if let Some(variance) = self.variance {
            sheet.total(&Said::new("Variance", "长短款"), variance);
        }
    }
}
