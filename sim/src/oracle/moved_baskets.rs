//! Baskets that wait on one lane and are taken up on another: handed over once, taken up once, line
//! by line as they were.

use std::collections::BTreeMap;

use crate::oracle::{lane_book::LaneBook, verdict::Verdict};

/// What every journal of the store says of baskets that moved.
pub(super) fn check(lanes: &BTreeMap<u16, LaneBook>, verdict: &mut Verdict) {
    let mut taken_up: BTreeMap<(u16, u32), u32> = BTreeMap::new();
    for (lane, book) in lanes {
        for (number, sale) in &book.sales {
            let called = format!("sale {number} of lane {lane}");
            let moved = sale.handed_over.is_some();
            verdict.check(!moved || sale.taken_up == 0, "I3", None, || {
                format!("{called}: handed over, and taken up on its own lane")
            });
            verdict.check(!moved || sale.suspended.is_some(), "I3", None, || {
                format!("{called}: handed over, and never waited")
            });
            if let Some(of) = sale.recalled_elsewhere {
                *taken_up.entry(of).or_default() += 1;
                let waited = lanes.get(&of.0).and_then(|book| book.sales.get(&of.1));
                let handed_to = waited.and_then(|waited| waited.handed_over);
                verdict.check(handed_to == Some(*lane), "I3", None, || {
                    format!("{called}: took up {of:?}, which was handed to {handed_to:?}")
                });
                let lines = waited.and_then(|waited| waited.suspended.as_deref());
                let lines = lines.unwrap_or_default();
                let same = sale.first_lines.get(..lines.len()) == Some(lines);
                verdict.check(same && !lines.is_empty(), "I3", None, || {
                    format!("{called}: other lines than {of:?} waited with")
                });
            }
        }
    }
    for (of, times) in taken_up {
        verdict.check(times == 1, "I3", None, || {
            format!(
                "sale {} of lane {} was taken up on other lanes {times} times",
                of.1, of.0
            )
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::lane_book::{RungUp, Sale};

    /// Sale 1 of lane 1 waited and was handed to lane 2, which took it up in its sale 7.
    fn store() -> BTreeMap<u16, LaneBook> {
        let line = RungUp {
            barcode: "6900000000014".to_owned(),
            total_minor: 350,
            ..RungUp::default()
        };
        let waited = Sale {
            suspended: Some(vec![line.clone()]),
            handed_over: Some(2),
            ..Sale::default()
        };
        let taken = Sale {
            recalled_elsewhere: Some((1, 1)),
            first_lines: vec![line.clone(), line],
            ..Sale::default()
        };
        let book = |lane, number, sale| LaneBook {
            lane,
            sales: BTreeMap::from([(number, sale)]),
            ..LaneBook::default()
        };
        BTreeMap::from([(1, book(1, 1, waited)), (2, book(2, 7, taken))])
    }

    fn faults(change: impl FnOnce(&mut Sale, &mut Sale)) -> usize {
        let mut lanes = store();
        let mut sale = |lane: u16, number: u32| {
            let book = lanes.get_mut(&lane).unwrap();
            std::mem::take(book.sales.get_mut(&number).unwrap())
        };
        let (mut waited, mut taken) = (sale(1, 1), sale(2, 7));
        change(&mut waited, &mut taken);
        lanes.get_mut(&1).unwrap().sales.insert(1, waited);
        lanes.get_mut(&2).unwrap().sales.insert(7, taken);
        let mut verdict = Verdict::default();
        check(&lanes, &mut verdict);
        verdict.broken.len()
    }

    #[test]
    fn a_basket_that_moved_is_sold_once_and_as_it_was() {
        assert_eq!(faults(|_, _| {}), 0);
        assert!(faults(|waited, _| waited.handed_over = None) > 0);
        assert!(faults(|waited, _| waited.handed_over = Some(3)) > 0);
        assert!(faults(|waited, _| waited.taken_up = 1) > 0);
        assert!(faults(|waited, _| waited.suspended = None) > 0);
        assert!(faults(|_, taken| taken.first_lines[0].total_minor = 349) > 0);
        assert!(faults(|_, taken| taken.first_lines.clear()) > 0);
        let mut lanes = store();
        let again = lanes[&2].clone();
        lanes.insert(3, again);
        let mut verdict = Verdict::default();
        check(&lanes, &mut verdict);
        assert!(!verdict.broken.is_empty());
    }
}
