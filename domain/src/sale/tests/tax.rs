//! Laws of the figures: of tax, of weights, of what was taken back, of rounded cash.

use proptest::prelude::*;

use super::*;
use crate::{
    limits,
    sale::{CashRounding, Line, Returned, RoundTo, TaxMode, WeighedBy, Weight},
};

fn modes() -> impl Strategy<Value = TaxMode> {
    prop_oneof![Just(TaxMode::Inclusive), Just(TaxMode::Exclusive)]
}

/// Lines of three classes, some weighed, some that come back, some taken back.
fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (
        0..2_000_i64,
        1..20_u32,
        prop::option::of(1..5_000_u32),
        0..4_usize,
        prop::bool::weighted(0.2),
        prop::bool::weighted(0.2),
    );
    prop::collection::vec(line, 1..40).prop_map(|lines| {
        let numbered = (1..).zip(lines);
        numbered
            .map(
                |(number, (minor, quantity, grams, class, returned, voided))| {
                    let mut item = item("x", quantity, minor);
                    let rates = [None, Some(0), Some(900), Some(1_300)];
                    item.tax_rate_basis_points = rates[class];
                    item.tax_class = ["", "Z", "B", "A"][class].to_owned();
                    item.weight = grams.map(|grams| Weight {
                        grams,
                        by: WeighedBy::Hand,
                    });
                    let mut line = item.into_line(number);
                    line.returned = returned.then_some(Returned::default());
                    line.voided = voided;
                    line
                },
            )
            .collect()
    })
}

fn figured(lines: Vec<Line>, mode: TaxMode) -> Vec<Line> {
    let lines = lines.into_iter();
    lines.map(|line| line.figured(mode).unwrap()).collect()
}

fn figures(lines: &[Line], mode: TaxMode) -> Figures {
    Figures::of(lines.iter(), Currency::CNY, mode).unwrap()
}

proptest! {
    #[test]
    fn the_tax_of_the_classes_is_the_tax_of_the_sale(lines in lines(), mode in modes()) {
        let lines = figured(lines, mode);
        let found = figures(&lines, mode);
        let tax: i64 = found.taxes.iter().map(|sum| sum.tax.minor()).sum();
        prop_assert_eq!(found.tax().unwrap().minor(), tax);
        let added = match mode {
            TaxMode::Inclusive => 0,
            TaxMode::Exclusive => tax,
        };
        prop_assert_eq!(found.total.minor(), found.goods.minor() + added);
        for sum in &found.taxes {
            // Within half a minor unit of the exact tax: twice the error is at most the divisor.
            let (base, rate) = (i128::from(sum.taxed.minor()), i128::from(sum.rate_basis_points));
            let divisor = match mode {
                TaxMode::Inclusive => 10_000 + rate,
                TaxMode::Exclusive => 10_000,
            };
            let error = i128::from(sum.tax.minor()) * divisor - base * rate;
            prop_assert!(2 * error.abs() <= divisor);
        }
    }

    /// What is taken back before it is paid is as if it had never been scanned.
    #[test]
    fn a_line_taken_back_leaves_no_trace_in_the_figures(lines in lines(), mode in modes()) {
        let lines = figured(lines, mode);
        let kept: Vec<Line> = lines.iter().filter(|line| !line.voided).cloned().collect();
        prop_assert_eq!(figures(&lines, mode), figures(&kept, mode));
    }

    /// What comes back gives back what it was sold with, to the minor unit.
    #[test]
    fn a_basket_that_comes_back_is_the_basket_with_its_sign_turned(
        lines in lines(),
        mode in modes(),
    ) {
        let sold = figures(&figured(lines.clone(), mode), mode);
        let turned = lines.into_iter().map(|line| Line {
            returned: match line.returned {
                None => Some(Returned::default()),
                Some(_) => None,
            },
            ..line
        });
        let back = figures(&figured(turned.collect(), mode), mode);
        prop_assert_eq!(back.total, sold.total.negate().unwrap());
        for (sold, back) in sold.taxes.iter().zip(&back.taxes) {
            prop_assert_eq!(sold.tax.minor(), -back.tax.minor());
        }
    }

    /// Half a minor unit more or less, whatever weight and price.
    #[test]
    fn weight_times_price_is_right_to_half_a_minor_unit(
        grams in 1..=limits::LINE_GRAMS_MAX,
        minor in 0..10_000_000_i64,
    ) {
        let mut line = item("x", 1, minor).into_line(1);
        line.weight = Some(Weight { grams, by: WeighedBy::Scale });
        let total = line.gross().unwrap().minor();
        let error = total * 1_000 - minor * i64::from(grams);
        prop_assert!((-499..=500).contains(&error), "{error}");
    }

    #[test]
    fn cash_is_rounded_by_less_than_a_coin(
        open in 0..1_000_000_i64,
        step_minor in 1..1_000_u32,
        nearest in any::<bool>(),
    ) {
        let to = if nearest { RoundTo::Nearest } else { RoundTo::Down };
        let due = CashRounding { step_minor, to }.due(cny(open)).unwrap().minor();
        prop_assert_eq!(due % i64::from(step_minor), 0);
        prop_assert!((due - open).abs() < i64::from(step_minor));
        prop_assert!(due >= 0 && (nearest || due <= open));
    }
}

#[test]
fn a_sale_has_no_more_classes_of_tax_than_its_record_holds() {
    let mut lane = Lane::new();
    lane.basket();
    let of_class = |number: usize| {
        let mut item = item("x", 1, 100);
        item.tax_class = format!("class {number}");
        item.tax_rate_basis_points = Some(100);
        Event::Scanned(item)
    };
    for number in 0..limits::SALE_TAX_CLASSES_MAX {
        lane.step(of_class(number));
    }
    let one_more = lane.try_step(of_class(99));
    assert_eq!(one_more, Err(Rejected::TooManyTaxClasses));
    lane.step(of_class(0));
    lane.step(Event::Total);
}

#[test]
fn tax_on_top_is_owed_and_stands_in_both_records() {
    let config = CheckoutConfig {
        tax: TaxMode::Exclusive,
        ..CONFIG
    };
    let mut lane = Lane::of(config);
    lane.step(Event::Open {
        operator: OperatorId(7),
        order_reference: String::new(),
        price_version: "v1".to_owned(),
    });
    let mut milk = item("milk", 2, 625);
    milk.tax_class = "A".to_owned();
    milk.tax_rate_basis_points = Some(1_300);
    lane.step(Event::Scanned(milk));
    lane.step(Event::Total);
    // The total of its own record, not that of another start: a mode changed in between.
    let mut again = lane.killed();
    again.step(Event::Recovered);
    let effects = again.step(Event::CashTendered { given: cny(1410) });
    let closed = facts(&effects)
        .into_iter()
        .find_map(|fact| match fact {
            CheckoutFact::Sale(SaleFact::SaleClosed {
                total,
                taxes,
                tax_mode,
                rounding,
                ..
            }) => Some((*total, taxes[0].tax, *tax_mode, *rounding)),
            _ => None,
        })
        .unwrap();
    assert_eq!(closed, (cny(1413), cny(163), TaxMode::Exclusive, cny(-3)));
}

/// Should the journal hold the cash and not the closing it led to, it is closed as it would have
/// been.
#[test]
fn cash_that_was_rounded_closes_its_sale_after_a_kill() {
    let mut lane = Lane::new();
    lane.basket();
    lane.step(Event::Scanned(item("clip", 1, 7)));
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1550) });
    let closed = lane.records.pop().unwrap().fact;
    let mut again = lane.killed();
    let effects = again.step(Event::Recovered);
    assert_eq!(facts(&effects), [&closed]);
    assert!(matches!(
        closed,
        CheckoutFact::Sale(SaleFact::SaleClosed { rounding, change, .. })
            if rounding == cny(-7) && change.is_zero()
    ));
}
