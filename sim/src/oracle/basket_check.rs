//! Baskets, figured another way than checkouts do: no division. A rounded amount is right when the
//! exact one lies between the two halves beside it.

use std::collections::BTreeMap;

use proto::journal::v1::SaleClosed;

use crate::oracle::{
    lane_book::{LaneBook, RungUp, Sale},
    values::{minor, tender_kind},
    verdict::Verdict,
};

/// What cash in a simulated store is rounded down to, in minor units.
const COIN_MINOR: i64 = 10;

/// Every line, every class of tax, every basket that waited.
pub(super) fn check(lane: u16, book: &LaneBook, verdict: &mut Verdict) {
    for (number, sale) in &book.sales {
        let called = format!("sale {number} of lane {lane}");
        for line in sale.lines.values() {
            verdict.check(comes_to(line), "I3", None, || {
                format!(
                    "{called}: a line of {} comes to {}",
                    line.barcode, line.total_minor
                )
            });
        }
        if let Some(closed) = &sale.closed {
            verdict.check(sale.unasked_age.is_none(), "age", None, || {
                let age = sale.unasked_age.unwrap_or_default();
                format!("{called}: sold from {age} years on, and nobody said that the customer is")
            });
            check_tax(&called, sale, closed, verdict);
            check_rounding(&called, closed, verdict);
        }
        check_suspended(&called, sale, book, verdict);
    }
}

/// Whether `rounded` is `numerator / denominator` to the nearest whole, half away from zero.
fn is_rounded(rounded: i64, numerator: i128, denominator: i128) -> bool {
    let (rounded, numerator) = match numerator < 0 {
        true => (-i128::from(rounded), -numerator),
        false => (i128::from(rounded), numerator),
    };
    let twice = 2 * numerator;
    (2 * rounded - 1) * denominator <= twice && twice < (2 * rounded + 1) * denominator
}

fn comes_to(line: &RungUp) -> bool {
    let sign = if line.returned { -1 } else { 1 };
    let gross = sign * line.total_minor + line.discount_minor;
    let unit = i128::from(line.unit_minor);
    match line.grams {
        0 => is_rounded(gross, unit * i128::from(line.quantity), 1),
        grams => is_rounded(gross, unit * i128::from(grams), 1_000),
    }
}

/// Each class once, taxed on the sum of its lines; the total is the lines, and the tax where it
/// comes on top.
fn check_tax(called: &str, sale: &Sale, closed: &SaleClosed, verdict: &mut Verdict) {
    let mut taxed: BTreeMap<(String, i64), i64> = BTreeMap::new();
    // What comes back with its receipt brings the tax that was taken.
    let mut told: BTreeMap<(String, i64), (i64, i64)> = BTreeMap::new();
    for line in sale.lines.values() {
        if let Some(class) = &line.taxed_as {
            *taxed.entry(class.clone()).or_default() += line.total_minor;
            if line.original.is_some() {
                let of = told.entry(class.clone()).or_default();
                *of = (of.0 + line.total_minor, of.1 + line.tax_minor);
            }
        }
    }
    let of_originals = told;
    let mut added = 0;
    for sum in &closed.taxes {
        let rate = i64::from(sum.rate_basis_points);
        let class = (sum.tax_class.clone(), rate);
        let base = taxed.remove(&class);
        let (told, tax) = (minor(sum.taxed.as_ref()), minor(sum.tax.as_ref()));
        let whole = if closed.tax_added {
            10_000
        } else {
            10_000 + rate
        };
        let (back, back_tax) = of_originals
            .get(&(sum.tax_class.clone(), rate))
            .copied()
            .unwrap_or_default();
        let exact = i128::from(told - back) * i128::from(rate);
        let is_right = base == Some(told) && is_rounded(tax - back_tax, exact, whole.into());
        verdict.check(is_right, "I3", None, || {
            format!(
                "{called}: {tax} of tax {} on {told}, its lines {base:?}",
                sum.tax_class
            )
        });
        added += if closed.tax_added { tax } else { 0 };
    }
    verdict.check(taxed.is_empty(), "I3", None, || {
        format!("{called}: no tax of {taxed:?}")
    });
    let lines: i64 = sale.lines.values().map(|line| line.total_minor).sum();
    let total = minor(closed.total.as_ref());
    verdict.check(lines + added == total, "I3", None, || {
        format!("{called}: its lines come to {lines}, tax on top {added}, its total is {total}")
    });
}

/// Cash that ends a sale pays what is open then, down to a coin; nothing else is rounded.
fn check_rounding(called: &str, closed: &SaleClosed, verdict: &mut Verdict) {
    let amounts = closed
        .tenders
        .iter()
        .map(|tender| minor(tender.amount.as_ref()));
    let ends_in_cash = closed
        .tenders
        .last()
        .is_some_and(|last| tender_kind(last) == "cash");
    let paid_before: i64 = amounts.take(closed.tenders.len().saturating_sub(1)).sum();
    let open = minor(closed.total.as_ref()) - paid_before;
    let rounding = minor(closed.rounding.as_ref());
    if minor(closed.total.as_ref()) < 0 {
        // What is paid back is judged with the sales that it had been paid for.
        return;
    }
    let expected = if ends_in_cash {
        -(open % COIN_MINOR)
    } else {
        0
    };
    verdict.check(rounding == expected, "I3", None, || {
        format!("{called}: rounded by {rounding}, {expected} was expected")
    });
}

/// What waited is taken up once at most, line by line as it was, and is nothing else beside.
fn check_suspended(called: &str, sale: &Sale, book: &LaneBook, verdict: &mut Verdict) {
    let ends = usize::from(sale.suspended.is_some())
        + usize::from(sale.voided)
        + usize::from(sale.closed.is_some());
    verdict.check(ends <= 1, "I3", None, || {
        format!("{called}: suspended, and closed or voided as well")
    });
    let most = u32::from(sale.suspended.is_some());
    verdict.check(sale.taken_up <= most, "I3", None, || {
        format!(
            "{called}: taken up {} times, waited {most} times",
            sale.taken_up
        )
    });
    if let Some((number, _)) = sale.recalled {
        let waited = book
            .sales
            .get(&number)
            .and_then(|sale| sale.suspended.as_ref());
        verdict.check(waited == Some(&sale.first_lines), "I3", None, || {
            format!("{called}: other lines than sale {number} waited with")
        });
    }
}

#[cfg(test)]
mod tests {
    use proto::{
        journal::v1::{TaxSum, Tender},
        store::v1::{Money, TenderKind},
    };

    use super::*;

    #[test]
    fn half_goes_away_from_zero() {
        for (rounded, numerator, denominator, is_right) in [
            (1019, 1990 * 512, 1_000, true),
            (1018, 1990 * 512, 1_000, false),
            (1, 1, 2, true),
            (0, 1, 2, false),
            (-1, -1, 2, true),
            (0, -1, 2, false),
            (0, 0, 7, true),
        ] {
            assert_eq!(
                is_rounded(rounded, numerator, denominator),
                is_right,
                "{numerator}"
            );
        }
    }

    fn money(minor: i64) -> Option<Money> {
        Some(Money {
            minor,
            currency: "CNY".to_owned(),
        })
    }

    /// A weighed line with its tax, paid in cash.
    fn sold() -> Sale {
        let line = RungUp {
            total_minor: 1_019,
            quantity: 1,
            grams: 512,
            unit_minor: 1_990,
            taxed_as: Some(("B".to_owned(), 900)),
            ..RungUp::default()
        };
        let cash = Tender {
            tender: TenderKind::Cash.into(),
            amount: money(1_010),
            ..Tender::default()
        };
        Sale {
            lines: BTreeMap::from([(1, line)]),
            closed: Some(SaleClosed {
                total: money(1_019),
                tenders: vec![cash],
                rounding: money(-9),
                taxes: vec![TaxSum {
                    tax_class: "B".to_owned(),
                    rate_basis_points: 900,
                    taxed: money(1_019),
                    tax: money(84),
                }],
                ..SaleClosed::default()
            }),
            ..Sale::default()
        }
    }

    fn faults(sale: Sale) -> usize {
        let book = LaneBook {
            sales: BTreeMap::from([(1, sale)]),
            ..LaneBook::default()
        };
        let mut verdict = Verdict::default();
        check(1, &book, &mut verdict);
        verdict.broken.len()
    }

    fn with(change: impl FnOnce(&mut Sale, &mut SaleClosed)) -> usize {
        let mut sale = sold();
        let mut closed = sale.closed.take().unwrap();
        change(&mut sale, &mut closed);
        sale.closed = Some(closed);
        faults(sale)
    }

    #[test]
    fn a_fen_too_many_anywhere_is_found() {
        assert_eq!(faults(sold()), 0);
        assert!(with(|sale, _| sale.lines.get_mut(&1).unwrap().grams = 511) > 0);
        assert!(with(|_, closed| closed.taxes[0].tax = money(85)) > 0);
        assert!(with(|_, closed| closed.taxes.clear()) > 0);
        assert!(with(|_, closed| closed.taxes.push(closed.taxes[0].clone())) > 0);
        assert!(with(|_, closed| closed.tax_added = true) > 0);
        assert!(with(|_, closed| closed.rounding = money(-8)) > 0);
        assert!(with(|_, closed| closed.rounding = None) > 0);
        assert!(with(|sale, _| sale.suspended = Some(Vec::new())) > 0);
        assert!(with(|sale, _| sale.taken_up = 1) > 0);
        assert!(with(|sale, _| sale.unasked_age = Some(18)) > 0);
        assert!(with(|sale, _| sale.recalled = Some((7, 0))) > 0);
    }
}
