//! The report of a business day, as the office prints it on a lane's paper: never a silent partial
//! total, every lane is named with whether all of it is in.

use super::{
    heading::Heading,
    language::Said,
    receipt::{TaxSum, taxes},
    setting::PaperSetting,
    sheet::{INDENT, Paper, Sheet},
    till_report::Counted,
};
use crate::{money::Money, time::BusinessDate, words::Sentence};

/// One lane of the day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneLine {
    /// From 1.
    pub lane: u16,
    /// Sales closed.
    pub sales: u32,
    /// What they came to.
    pub amount: Money,
    /// Why it is not complete; `None`: it is.
    pub missing: Option<Sentence>,
}

/// One batch of the day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BatchLine {
    /// The terminal.
    pub tid: String,
    /// Its number.
    pub batch: String,
    /// What was settled.
    pub amount: Money,
    /// Whether the bank counted the same.
    pub balanced: bool,
}

/// A day, version by version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DayReport {
    /// Which day.
    pub date: BusinessDate,
    /// From 1: what comes late makes the next one.
    pub version: u32,
    /// Every one that sold, whole or not.
    pub lanes: Vec<LaneLine>,
    /// All of them together.
    pub total: Money,
    /// By tender.
    pub tenders: Vec<Counted>,
    /// By rate.
    pub taxes: Vec<TaxSum>,
    /// What was settled with the bank.
    pub batches: Vec<BatchLine>,
    /// What does not agree, in words.
    pub differences: Vec<Sentence>,
}

impl DayReport {
    /// The paper.
    #[must_use]
    pub fn lay_out(&self, heading: &Heading, setting: PaperSetting) -> Paper {
        let mut sheet = Sheet::new(setting);
        heading.set(&mut sheet);
        sheet.title(&Said::new("DAY REPORT", "日结报表").with(self.date.to_string()));
        sheet.centred(&Said::new("version", "版本").with(self.version.to_string()));
        sheet.rule();
        for lane in &self.lanes {
            lane.set(&mut sheet);
        }
        let total = Said::new("TOTAL", "合计").with(self.total.currency().letters());
        sheet.total(&total, self.total);
        taxes(&self.taxes, &mut sheet);
        sheet.rule();
        for tender in &self.tenders {
            tender.set(&mut sheet);
        }
        sheet.rule();
        for batch in &self.batches {
            batch.set(&mut sheet);
        }
        self.set_differences(&mut sheet);
        sheet.rule();
        sheet.finish()
    }

    fn set_differences(&self, sheet: &mut Sheet) {
        if self.differences.is_empty() {
            sheet.plain(&Said::new("Differences: none", "差异：无"));
            return;
        }
        sheet.bold(&Said::new("DIFFERENCES", "差异"));
        for difference in &self.differences {
            sheet.bold(&Said::from(difference));
        }
    }
}

impl LaneLine {
    fn set(&self, sheet: &mut Sheet) {
        let lane = format!("{} ({})", self.lane, self.sales);
        sheet.amount(&Said::new("Lane", "收银台").with(lane), self.amount);
        if let Some(missing) = &self.missing {
            sheet.bold(&Said::new("NOT COMPLETE:", "不完整：").behind(INDENT));
            sheet.bold(&Said::from(missing).behind(INDENT));
        }
    }
}

impl BatchLine {
    fn set(&self, sheet: &mut Sheet) {
        let batch = format!("{} {}", self.tid, self.batch);
        sheet.amount(&Said::new("Batch", "批次").with(batch), self.amount);
        if !self.balanced {
            sheet.bold(&Said::new("NOT BALANCED", "未对平").behind(INDENT));
        }
    }
}
