//! Shares, what is left, and where the money goes back to.

#![allow(clippy::arithmetic_side_effects, reason = "a test may overflow loudly")]

use proptest::prelude::*;

use super::*;
use crate::{
    card_ref::{MaskedPan, Scheme},
    ids::{LaneEpoch, LaneId, PaymentId, ReceiptNumber},
    money::{Currency, Money},
    sale::{Line, PriceSource, TaxMode},
    time::{BusinessDate, WallMs},
};

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn receipt(sequence: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(1),
        epoch: LaneEpoch(1),
        sequence,
    }
}

fn sold(number: u32, quantity: u32, total: i64, tax: i64) -> SoldLine {
    let line = Line {
        number,
        barcode: "6900000000014".to_owned(),
        name: "milk".to_owned(),
        quantity,
        weight: None,
        unit: String::new(),
        unit_price: cny(total),
        price_source: PriceSource::File,
        discount: None,
        total: cny(total),
        tax_class: String::new(),
        tax: None,
        category: String::new(),
        price_version: String::new(),
        batch: String::new(),
        expiry: None,
        least_age: None,
        returned: None,
        voided: false,
    };
    let tax = cny(tax);
    SoldLine { line, tax }
}

fn cash(value: i64, paid: i64) -> PaidPart {
    PaidPart {
        source: Source::Cash,
        card: None,
        value: cny(value),
        paid: cny(paid),
    }
}

fn card(id: u128, minor: i64) -> PaidPart {
    PaidPart {
        source: Source::Payment(PaymentId(id)),
        card: Some(CardPaid {
            scheme: Scheme::UnionPay,
            masked: MaskedPan::new("621626*********0018").unwrap(),
        }),
        value: cny(minor),
        paid: cny(minor),
    }
}

fn original(lines: Vec<SoldLine>, paid: Vec<PaidPart>) -> Original {
    Original {
        receipt: receipt(1),
        sold_on: BusinessDate::parse("2026-11-22").unwrap(),
        at: WallMs(1),
        tax_mode: TaxMode::Inclusive,
        lines,
        paid,
    }
}

/// What a lane asks for, as it figures it from what it was told.
fn wanted(of: &Original, taken: &Taken, pieces: &[(u32, u32)]) -> OfReceipt {
    let left = of.left(taken).unwrap();
    let lines = pieces.iter().map(|(line_number, pieces)| {
        let mut lines = left.lines.iter();
        let line = lines.find(|line| line.line.number == *line_number).unwrap();
        let (total, tax) = line.share(0, *pieces).unwrap();
        TakenLine {
            line_number: *line_number,
            pieces: *pieces,
            total,
            tax,
        }
    });
    OfReceipt {
        receipt: of.receipt,
        sold_on: None,
        lines: lines.collect(),
    }
}

fn take(taken: &mut Taken, taking: &Taking) {
    for line in taking.of.iter().flat_map(|of| &of.lines) {
        *taken.lines.entry(line.line_number).or_default() += line.pieces;
    }
    for payback in &taking.plan {
        *taken.paid.entry(payback.source).or_default() += payback.value.minor();
    }
}

fn planned(of: &Original, taken: &Taken, want: OfReceipt) -> Result<Taking, ReturnRefusal> {
    plan(&[(of.clone(), taken.clone())], &[want])
}

#[test]
fn three_for_ten_come_back_one_by_one_to_the_fen_and_the_last_has_the_rest() {
    let of = original(vec![sold(1, 3, 1000, 115)], vec![cash(1000, 1000)]);
    let mut taken = Taken::default();
    let mut came = Vec::new();
    for _ in 0..3 {
        let want = wanted(&of, &taken, &[(1, 1)]);
        came.push((want.lines[0].total.minor(), want.lines[0].tax.minor()));
        let taking = planned(&of, &taken, want).unwrap();
        take(&mut taken, &taking);
    }
    assert_eq!(came, [(333, 38), (333, 38), (334, 39)]);
    let want = wanted(&of, &Taken::default(), &[(1, 1)]);
    let refused = planned(&of, &taken, want);
    assert_eq!(refused, Err(ReturnRefusal::NothingLeft));
}

#[test]
fn who_looked_before_something_came_back_is_told_so() {
    let of = original(vec![sold(1, 3, 1000, 0)], vec![cash(1000, 1000)]);
    let mut taken = Taken::default();
    let two = wanted(&of, &taken, &[(1, 2)]);
    let one = planned(&of, &taken, wanted(&of, &taken, &[(1, 1)])).unwrap();
    take(&mut taken, &one);
    // Two are left, but they come to another amount.
    assert_eq!(planned(&of, &taken, two), Err(ReturnRefusal::Changed));
    assert!(planned(&of, &taken, wanted(&of, &taken, &[(1, 2)])).is_ok());
}

#[test]
fn what_names_no_line_or_one_twice_takes_nothing() {
    let of = original(vec![sold(1, 2, 1000, 0)], vec![cash(1000, 1000)]);
    let taken = Taken::default();
    let good = wanted(&of, &taken, &[(1, 1)]);
    let line = good.lines[0];
    for lines in [
        Vec::new(),
        vec![line, line],
        vec![TakenLine {
            line_number: 2,
            ..line
        }],
        vec![TakenLine { pieces: 0, ..line }],
        vec![TakenLine {
            total: cny(501),
            ..line
        }],
        vec![TakenLine {
            tax: cny(1),
            ..line
        }],
    ] {
        let want = OfReceipt {
            lines,
            ..good.clone()
        };
        let refused = planned(&of, &taken, want.clone());
        assert_eq!(refused, Err(ReturnRefusal::Changed), "{want:?}");
    }
    let other = OfReceipt {
        receipt: receipt(2),
        ..good
    };
    let refused = planned(&of, &taken, other);
    assert_eq!(refused, Err(ReturnRefusal::UnknownReceipt));
}

#[test]
fn cards_are_paid_back_first_and_never_more_than_they_paid() {
    let paid = vec![cash(300, 300), card(9, 500), card(8, 200)];
    let of = original(vec![sold(1, 10, 1000, 0)], paid);
    let mut taken = Taken::default();
    let mut to = Vec::new();
    for pieces in [4, 4, 2] {
        let taking = planned(&of, &taken, wanted(&of, &taken, &[(1, pieces)])).unwrap();
        let plan = taking.plan.iter();
        to.push(
            plan.map(|one| (one.source, one.value.minor()))
                .collect::<Vec<_>>(),
        );
        take(&mut taken, &taking);
    }
    let (nine, eight) = (Source::Payment(PaymentId(9)), Source::Payment(PaymentId(8)));
    assert_eq!(
        to,
        [
            vec![(nine, 400)],
            vec![(nine, 100), (eight, 200), (Source::Cash, 100)],
            vec![(Source::Cash, 200)],
        ]
    );
}

#[test]
fn what_no_tender_has_paid_for_goes_back_to_none() {
    let of = original(vec![sold(1, 2, 1000, 0)], vec![card(9, 700)]);
    let mut taken = Taken::default();
    let first = planned(&of, &taken, wanted(&of, &taken, &[(1, 1)])).unwrap();
    take(&mut taken, &first);
    let want = wanted(&of, &taken, &[(1, 1)]);
    let refused = planned(&of, &taken, want);
    assert_eq!(refused, Err(ReturnRefusal::PaymentGone));
}

#[test]
fn of_a_plan_the_front_goes_out_and_the_end_pays_for_other_goods() {
    let of = original(
        vec![sold(1, 1, 1000, 0)],
        vec![cash(400, 400), card(9, 600)],
    );
    let none = Taken::default();
    let taking = planned(&of, &none, wanted(&of, &none, &[(1, 1)])).unwrap();
    let out = |all| {
        let parts = paid_out(&taking.plan, cny(all)).unwrap();
        parts
            .iter()
            .map(|part| part.value.minor())
            .collect::<Vec<_>>()
    };
    assert_eq!(out(1000), [600, 400]);
    assert_eq!(out(700), [600, 100]);
    assert_eq!(out(250), [250, 0]);
    assert_eq!(out(0), [0, 0]);
}

#[test]
fn a_tax_is_shared_among_the_lines_of_its_class() {
    let shares: Vec<i64> = [(0, 10), (10, 20), (20, 30)]
        .map(|(before, with)| {
            let lines = (cny(before), cny(with));
            share_of_class(cny(2), lines, cny(30)).unwrap().minor()
        })
        .to_vec();
    // Looked at alone each would owe 0.01, which is more than was taken.
    assert_eq!(shares, [0, 1, 1]);
    let nothing = share_of_class(cny(2), (cny(0), cny(0)), cny(0));
    assert_eq!(nothing, Ok(cny(0)));
}

proptest! {
    /// I13: in whatever parts goods come back, each tender gives back in all what it took, and no
    /// part is more than what is left.
    #[test]
    fn i13_parts_add_up_to_what_was_bought_and_paid(
        quantity in 1..12_u32,
        total in 0..20_000_i64,
        tax in 0..2_000_i64,
        by_card in 0..20_000_i64,
        coin in prop::sample::select(vec![1_u32, 5, 10, 100]),
        up in any::<bool>(),
        parts in prop::collection::vec(1..5_u32, 1..16),
    ) {
        let by_card = by_card.min(total);
        let in_cash = total - by_card;
        let coins = i64::from(coin);
        // As a till rounds it: down, or up to the next coin.
        let rounded = if up && in_cash % coins > 0 { in_cash + coins } else { in_cash };
        let kept = rounded - rounded % coins;
        let of = original(
            vec![sold(1, quantity, total, tax)],
            vec![cash(in_cash, kept), card(9, by_card)],
        );
        let mut taken = Taken::default();
        let (mut cash_out, mut card_out, mut tax_out) = (0, 0, 0);
        for pieces in parts {
            let left = quantity - taken.pieces(1);
            if left == 0 {
                break;
            }
            let want = wanted(&of, &taken, &[(1, pieces.min(left))]);
            tax_out += want.lines[0].tax.minor();
            let taking = planned(&of, &taken, want).unwrap();
            for payback in &taking.plan {
                match payback.source {
                    Source::Cash => {
                        let coins = payback.in_coins(payback.value, coin).unwrap().minor();
                        prop_assert!(coins >= 0 && coins % i64::from(coin) == 0);
                        cash_out += coins;
                    }
                    Source::Payment(_) => card_out += payback.value.minor(),
                }
            }
            take(&mut taken, &taking);
            prop_assert!(cash_out <= kept && card_out <= by_card && tax_out <= tax);
        }
        if taken.pieces(1) == quantity {
            prop_assert_eq!((cash_out, card_out, tax_out), (kept, by_card, tax));
        }
    }
}
