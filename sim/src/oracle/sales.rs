//! Sales: what the customer brought is what was rung up, paid and printed (I3, I12).

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use crate::{
    oracle::{
        basket_check,
        evidence::Evidence,
        lane_book::{AtClose, LaneBook, Sale},
        prices::{PriceFiles, Versions},
        values::{minor, parse_number, tender_kind},
        verdict::Verdict,
    },
    workload::Visit,
};
use proto::journal::v1::{SaleClosed, Tender};

/// Checks every sale of every lane against the workload.
pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut versions = Versions::default();
    for (lane, book) in &evidence.lanes {
        for orphan in &book.orphan_records {
            verdict.broke("I6", None, format!("lane {lane}: {orphan}"));
        }
        if !evidence.by_hand {
            let visits = evidence.visits.iter().filter(|visit| visit.lane == *lane);
            check_orders(visits, book, &evidence.prices, &mut versions, verdict);
        }
        for (number, sale) in &book.sales {
            let called = format!("sale {number} of lane {lane}");
            check_tenders(&called, sale, verdict);
        }
        basket_check::check(*lane, book, verdict);
        check_receipts(&evidence.folder.receipts(*lane), book, verdict);
    }
    if !evidence.prices.change() {
        return;
    }
    let visits = evidence.visits.iter();
    let visits: BTreeMap<&str, &Visit> = visits.map(|one| (one.order.as_str(), one)).collect();
    for book in evidence.lanes.values() {
        versions.check_lane(book, &visits, verdict);
    }
}

/// Each customer of the lane has exactly one closed sale, with the goods and the total of the
/// workload.
fn check_orders<'a>(
    visits: impl Iterator<Item = &'a Visit>,
    book: &'a LaneBook,
    prices: &PriceFiles,
    versions: &mut Versions<'a>,
    verdict: &mut Verdict,
) {
    let mut closed: BTreeMap<&str, Vec<&Sale>> = BTreeMap::new();
    for sale in book.sales.values().filter(|sale| sale.closed.is_some()) {
        closed.entry(&sale.order).or_default().push(sale);
    }
    for visit in visits {
        let order = &visit.order;
        let sales = closed.remove(order.as_str()).unwrap_or_default();
        verdict.check(sales.len() == 1, "workload", None, || {
            format!("{order} was sold {} times", sales.len())
        });
        if let Some(sale) = sales.first() {
            let days = check_goods(visit, sale, prices, verdict);
            versions.take(&days, order, verdict);
        }
    }
    for order in closed.keys() {
        verdict.broke(
            "workload",
            None,
            format!("'{order}' was sold, and nobody brought it"),
        );
    }
}

/// Gives the days by whose prices it may have been rung up, by version; none where no day fits.
fn check_goods<'a>(
    visit: &Visit,
    sale: &'a Sale,
    prices: &PriceFiles,
    verdict: &mut Verdict,
) -> BTreeMap<&'a str, BTreeSet<u16>> {
    let order = &visit.order;
    let mut days = prices.days_of(visit, sale);
    let brought = visit.items.iter().map(|item| item.barcode.as_str());
    let rung_up = sale.lines.values().map(|line| line.barcode.as_str());
    let same = brought.eq(rung_up) && days.values().all(|days| !days.is_empty());
    verdict.check(same, "workload", None, || {
        format!("{order}: other goods or prices were rung up than were brought")
    });
    let expected = prices.total_minor(visit, sale, &days);
    let closed = sale.closed.as_ref();
    let total = closed.map_or(0, |closed| minor(closed.total.as_ref()));
    verdict.check(total == expected, "workload", any_payment(sale), || {
        format!("{order}: {expected} was expected, the sale came to {total}")
    });
    let items = closed.map_or(0, |closed| usize::try_from(closed.items).unwrap_or(0));
    verdict.check(items == visit.items.len(), "workload", None, || {
        format!(
            "{order}: {} articles were brought, {items} sold",
            visit.items.len()
        )
    });
    days.retain(|_, days| !days.is_empty());
    days
}

/// A payment to name a sale by, for whoever looks into it.
fn any_payment(sale: &Sale) -> Option<&str> {
    sale.payments.keys().next().map(String::as_str)
}

/// I3: tenders less change are the total and what cash was rounded by, and each was journaled
/// before the sale was closed.
fn check_tenders(called: &str, sale: &Sale, verdict: &mut Verdict) {
    let (Some(closed), Some(at_close)) = (&sale.closed, &sale.at_close) else {
        return;
    };
    let total = minor(closed.total.as_ref());
    let change = minor(closed.change.as_ref());
    let tendered: i64 = closed
        .tenders
        .iter()
        .map(|tender| minor(tender.amount.as_ref()))
        .sum();
    let owed = total + minor(closed.rounding.as_ref());
    verdict.check(tendered - change == owed, "I3", any_payment(sale), || {
        format!("{called}: tenders {tendered} less change {change} are not the {owed} owed")
    });
    check_backing(called, closed, at_close, verdict);
    check_change(called, closed, verdict);
}

/// Nothing counts as a tender that doesn't stand in the journal before the sale's end, and nothing
/// that was paid is left out.
fn check_backing(called: &str, closed: &SaleClosed, at_close: &AtClose, verdict: &mut Verdict) {
    let cash: i64 = closed
        .tenders
        .iter()
        .filter(|tender| tender.payment_id.is_empty())
        .map(|tender| minor(tender.amount.as_ref()))
        .sum();
    verdict.check(cash == at_close.cash_minor, "I3", None, || {
        format!(
            "{called}: {cash} of cash on the receipt, {} journaled",
            at_close.cash_minor
        )
    });
    for (id, paid) in &at_close.paid_minor {
        let on_receipt: i64 = closed
            .tenders
            .iter()
            .filter(|tender| tender.payment_id == *id)
            .map(|tender| minor(tender.amount.as_ref()))
            .sum();
        verdict.check(on_receipt == *paid, "I3", Some(id), || {
            format!("{called}: {on_receipt} on the receipt, {paid} decided")
        });
    }
    let is_backed = |tender: &&Tender| {
        tender.payment_id.is_empty() || at_close.paid_minor.contains_key(&tender.payment_id)
    };
    for tender in closed.tenders.iter().filter(|tender| !is_backed(tender)) {
        let id = Some(tender.payment_id.as_str());
        verdict.broke(
            "I3",
            id,
            format!("{called}: a tender that was never asked for"),
        );
    }
}

/// Change comes out of cash only.
fn check_change(called: &str, closed: &SaleClosed, verdict: &mut Verdict) {
    let cash: i64 = closed
        .tenders
        .iter()
        .filter(|tender| tender_kind(tender) == "cash")
        .map(|tender| minor(tender.amount.as_ref()))
        .sum();
    let change = minor(closed.change.as_ref());
    verdict.check((0..=cash).contains(&change), "I3", None, || {
        format!("{called}: {change} of change out of {cash} of cash")
    });
}

/// I12: numbers without a gap per lane and epoch, each printed, with the text of the journal and
/// the right total on it.
fn check_receipts(folder: &Path, book: &LaneBook, verdict: &mut Verdict) {
    let mut next: BTreeMap<u32, u32> = BTreeMap::new();
    for number in &book.receipt_numbers {
        let in_order = parse_number(number).is_some_and(|(lane, epoch, sequence)| {
            let expected = next.entry(epoch).or_insert(1);
            let fits = lane == book.lane && sequence == *expected;
            *expected = sequence + 1;
            fits
        });
        verdict.check(in_order, "I12", None, || {
            format!(
                "receipt {number} of lane {} leaves a gap or comes twice",
                book.lane
            )
        });
    }
    for sale in book.sales.values() {
        if let Some(closed) = &sale.closed {
            check_receipt(folder, book, closed, any_payment(sale), verdict);
        }
    }
}

/// What stands in a journal where the middle of a long receipt was left out.
const LEFT_OUT: &str = "[lines left out: see the sale]\n";

/// The journal's text is the printed one, or its head and its end.
fn is_printed(journaled: &str, printed: &str) -> bool {
    let (journaled, printed) = (journaled.trim_end(), printed.trim_end());
    match journaled.split_once(LEFT_OUT) {
        None => journaled == printed,
        Some((head, end)) => {
            !head.is_empty()
                && !end.is_empty()
                && head.len() + end.len() < printed.len()
                && printed.starts_with(head)
                && printed.ends_with(end)
        }
    }
}

fn check_receipt(
    folder: &Path,
    book: &LaneBook,
    closed: &SaleClosed,
    payment: Option<&str>,
    verdict: &mut Verdict,
) {
    let number = &closed.receipt_number;
    let total = minor(closed.total.as_ref()) + minor(closed.rounding.as_ref());
    let journaled = book.receipts.get(number);
    verdict.check(journaled.is_some(), "I12", payment, || {
        format!("receipt {number} was never printed")
    });
    let file = fs::read_to_string(folder.join(format!("{number}.txt")));
    let Ok(printed) = file else {
        verdict.broke(
            "I12",
            payment,
            format!("receipt {number} has no readable file"),
        );
        return;
    };
    let shown = format!("{}.{:02}", total / 100, total % 100);
    let has_total = printed.split_whitespace().any(|word| word == shown);
    verdict.check(has_total, "I12", payment, || {
        format!("receipt {number} doesn't show its total {shown}")
    });
    let same = journaled.is_none_or(|text| is_printed(text, &printed));
    verdict.check(same, "I12", payment, || {
        format!("receipt {number} is not what the journal says was printed")
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_receipt_agrees_by_its_head_and_its_end() {
        let lines: Vec<String> = (0..200).map(|line| format!("milk {line}\n")).collect();
        let printed = lines.concat();
        assert!(is_printed(&printed, &printed));
        assert!(!is_printed(&lines[1..].concat(), &printed));
        let cut =
            |head: &[String], end: &[String]| [&head.concat(), LEFT_OUT, &end.concat()].concat();
        assert!(is_printed(&cut(&lines[..40], &lines[150..]), &printed));
        let other = ["bread\n".to_owned()];
        for journaled in [
            cut(&lines[..40], &[]),
            cut(&[], &lines[150..]),
            cut(&lines[1..40], &lines[150..]),
            cut(&lines[..40], &lines[150..199]),
            cut(&lines[..40], &other),
            // Nothing was left out.
            cut(&lines[..150], &lines[150..]),
        ] {
            assert!(!is_printed(&journaled, &printed), "{journaled}");
        }
    }
}
