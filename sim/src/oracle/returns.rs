//! Goods that come back, added up from the lanes' journals: never more of a line, nor of what had
//! paid for it, than was bought (I13); and what the hub's journal says of them.

use std::collections::BTreeMap;

use proto::journal::v1::SaleClosed;

use crate::oracle::{
    evidence::Evidence,
    lane_book::{RungUp, Sale},
    values::{minor, parse_number, tender_kind},
    verdict::Verdict,
};

/// The smallest coin of a simulated store.
const COIN_MINOR: i64 = 10;

/// One line of a sale: its receipt and its number.
type OfLine = (String, u32);

/// What came back of one line.
#[derive(Clone, Copy, Debug, Default)]
struct Back {
    pieces: i64,
    total_minor: i64,
    tax_minor: i64,
}

/// What came back of all sales, and what was paid back for it.
#[derive(Default)]
struct Ledger<'a> {
    sold: BTreeMap<OfLine, &'a RungUp>,
    /// Paid by each payment, and in cash on each receipt.
    paid: BTreeMap<String, i64>,
    cash: BTreeMap<String, i64>,
    back: BTreeMap<OfLine, Back>,
    /// Owed to each payment, or paid in cash for it.
    to_payment: BTreeMap<String, i64>,
    /// Cash that went back for one receipt, by returns of that receipt alone.
    cash_back: BTreeMap<String, i64>,
}

/// Checks all returns of all lanes.
pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut ledger = Ledger::default();
    let sales = || {
        let lanes = evidence.lanes.iter();
        lanes.flat_map(|(lane, book)| book.sales.iter().map(move |one| (*lane, one)))
    };
    for (_, (_, sale)) in sales() {
        if let Some(closed) = &sale.closed {
            ledger.sold(sale, closed);
        }
    }
    for (lane, (number, sale)) in sales() {
        if let Some(closed) = sale.closed.as_ref().filter(|_| sale.takes_back()) {
            let called = format!("return {number} of lane {lane}");
            ledger.came_back(&called, sale, closed, verdict);
            check_hub(&called, evidence, (lane, *number), closed, verdict);
        }
    }
    ledger.check(verdict);
    for fault in &evidence.hub.returns.faults {
        verdict.broke("I13", None, fault.clone());
    }
    check_open(evidence, verdict);
}

/// A return with a receipt was reserved before it was closed, and the hub knows that it was.
fn check_hub(
    called: &str,
    evidence: &Evidence,
    (lane, number): (u16, u32),
    closed: &SaleClosed,
    verdict: &mut Verdict,
) {
    let Some(revision) = closed.return_revision else {
        return;
    };
    let epoch = parse_number(&closed.receipt_number).map_or(0, |(_, epoch, _)| epoch);
    let known = evidence
        .hub
        .returns
        .closed
        .get(&(lane.into(), epoch, number));
    let expected = (closed.receipt_number.clone(), revision);
    verdict.check(known == Some(&expected), "I13", None, || {
        format!("{called}: closed as {expected:?}, the hub knows {known:?}")
    });
}

/// Nothing stays reserved for a sale that has ended.
fn check_open(evidence: &Evidence, verdict: &mut Verdict) {
    for id in evidence.hub.returns.open.keys() {
        let lane = u16::try_from(id.0).unwrap_or(0);
        let book = evidence.lanes.get(&lane);
        let sale = book.and_then(|book| book.sales.get(&id.2));
        let is_open = sale.is_some_and(Sale::is_open);
        verdict.check(is_open, "I13", None, || {
            format!("return {id:?} is reserved, and its sale has ended")
        });
    }
}

impl<'a> Ledger<'a> {
    fn sold(&mut self, sale: &'a Sale, closed: &SaleClosed) {
        let receipt = &closed.receipt_number;
        let lines = sale.lines.iter().filter(|(_, line)| !line.returned);
        for (number, line) in lines {
            self.sold.insert((receipt.clone(), *number), line);
        }
        for tender in &closed.tenders {
            let amount = minor(tender.amount.as_ref());
            if tender_kind(tender) == "cash" {
                *self.cash.entry(receipt.clone()).or_default() += amount;
            } else if !tender.payment_id.is_empty() {
                *self.paid.entry(tender.payment_id.clone()).or_default() += amount;
            }
        }
        let change = minor(closed.change.as_ref());
        *self.cash.entry(receipt.clone()).or_default() -= change;
    }

    fn came_back(&mut self, called: &str, sale: &Sale, closed: &SaleClosed, verdict: &mut Verdict) {
        let mut receipts: Vec<&str> = Vec::new();
        for line in sale.lines.values().filter(|line| line.returned) {
            let Some(original) = &line.original else {
                continue;
            };
            receipts.push(&original.0);
            let same = self.sold.get(original);
            let same = same.is_some_and(|sold| sold.barcode == line.barcode);
            verdict.check(same, "I13", None, || {
                format!("{called}: {} was not bought as {original:?}", line.barcode)
            });
            let back = self.back.entry(original.clone()).or_default();
            back.pieces += line.quantity;
            back.total_minor -= line.total_minor;
            back.tax_minor -= line.tax_minor;
        }
        receipts.dedup();
        let coins = COIN_MINOR * i64::try_from(receipts.len().max(1)).unwrap_or(1);
        self.paid_back(called, sale, closed, coins, verdict);
        for (payment, amount) in sale.owed.iter().chain(&sale.cash_for_card) {
            *self.to_payment.entry(payment.clone()).or_default() += amount;
        }
        let all_back = sale.lines.values().all(|line| line.original.is_some());
        if let [receipt] = receipts[..]
            && all_back
            && sale.cash_for_card.is_empty()
        {
            *self.cash_back.entry(receipt.to_owned()).or_default() += sale.paid_back_minor;
        }
    }

    /// What goes out is what the goods come to, but for coins that there are not.
    fn paid_back(
        &self,
        called: &str,
        sale: &Sale,
        closed: &SaleClosed,
        coins: i64,
        verdict: &mut Verdict,
    ) {
        let total = minor(closed.total.as_ref());
        let owed: i64 = sale.owed.values().sum();
        let out = sale.paid_back_minor + owed;
        if total >= 0 {
            verdict.check(out == 0, "I3", None, || {
                format!("{called}: costs {total}, and {out} was paid back")
            });
            return;
        }
        let off = -total - out;
        verdict.check(off.abs() < coins, "I3", None, || {
            format!("{called}: {out} was paid back of {}", -total)
        });
        let rounding = minor(closed.rounding.as_ref());
        verdict.check(rounding == off, "I3", None, || {
            format!("{called}: rounded by {rounding}, {off} was expected")
        });
    }

    /// I13, when all is added up.
    fn check(&self, verdict: &mut Verdict) {
        for (of, back) in &self.back {
            let Some(sold) = self.sold.get(of) else {
                continue;
            };
            // A line's share of its class may be a fen more than its own tax looked at alone.
            let within = back.pieces <= sold.quantity
                && back.total_minor <= sold.total_minor
                && back.tax_minor <= sold.tax_minor + 1;
            let whole = back.pieces < sold.quantity || back.total_minor == sold.total_minor;
            verdict.check(within && whole, "I13", None, || {
                format!(
                    "of {of:?} {} for {} were bought, {} for {} came back",
                    sold.quantity, sold.total_minor, back.pieces, back.total_minor
                )
            });
        }
        for (payment, back) in &self.to_payment {
            let paid = self.paid.get(payment).copied().unwrap_or(0);
            verdict.check(*back <= paid, "I13", Some(payment), || {
                format!("{paid} was paid, {back} goes back")
            });
        }
        for (receipt, back) in &self.cash_back {
            let paid = self.cash.get(receipt).copied().unwrap_or(0);
            verdict.check(*back <= paid, "I13", None, || {
                format!("{paid} of cash was paid on {receipt}, {back} went back")
            });
        }
    }
}
