//! The head of a paper: whose it is.

use super::{language::Said, sheet::Sheet};

/// What a paper says of the merchant. What is empty is not printed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Heading {
    /// As the store calls itself.
    pub store_name: String,
    /// Name of the merchant, where it is another one: of the company, of the licence.
    pub merchant_name: String,
    /// Where the store is.
    pub address: String,
    /// The merchant's tax number.
    pub tax_number: String,
    /// Terminal of the lane.
    pub tid: String,
    /// Merchant at the acquirer.
    pub mid: String,
}

impl Heading {
    pub(super) fn set(&self, sheet: &mut Sheet) {
        sheet.title(&Said::plain(&self.store_name));
        if self.merchant_name != self.store_name {
            present(&self.merchant_name, sheet);
        }
        present(&self.address, sheet);
        if !self.tax_number.is_empty() {
            sheet.centred(&Said::new("Tax No.", "税号").with(&self.tax_number));
        }
        if !self.tid.is_empty() {
            let (tid, mid) = (format!("TID {}", self.tid), format!("MID {}", self.mid));
            if self.mid.is_empty() {
                sheet.centred(&Said::plain(tid));
            } else {
                sheet.centred_both(&tid, &mid);
            }
        }
        sheet.rule();
    }
}

fn present(text: &str, sheet: &mut Sheet) {
    if !text.is_empty() {
        sheet.centred(&Said::plain(text));
    }
}

/// Above all else: this may be the second of its kind.
pub(super) fn reprint(sheet: &mut Sheet) {
    sheet.title(&Said::new("*** REPRINT ***", "*** 重印 ***"));
}
