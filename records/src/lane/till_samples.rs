//! Facts of a cash drawer, one of each kind at least, and the largest there can be.

use std::sync::Arc;

use domain::{
    ids::{OperatorId, ReceiptNumber},
    limits,
    money::{Currency, Money},
    sale::{CheckoutFact, TenderKind},
    till::{
        CashCounted, CashMove, Collector, Drawer, DrawerReason, Movement, Pieces, Report, Shift,
        Takings, Tally, TaxTally, TillFact, TillOf, TillPart, Trade, denominations,
    },
    time::WallMs,
    words::Worded as _,
};

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

const fn tally(count: u32, minor: i64) -> Tally {
    Tally { count, minor }
}

fn movement(kind: CashMove) -> Movement {
    Movement {
        kind,
        amount: cny(50_000),
        operator: OperatorId(7),
        allowed_by: OperatorId(2),
        note: String::new(),
        collector: None,
    }
}

fn takings() -> Takings {
    let receipt = |text| ReceiptNumber::parse(text).unwrap();
    let trade = Trade {
        receipts: Some((receipt("3-1-000001"), receipt("3-1-000042"))),
        sales: tally(42, 400_000),
        returns: tally(1, -5500),
        rounding: tally(3, -12),
        voided_sales: tally(2, -12_000),
        voided_lines: tally(4, -990),
        discounts: tally(9, -840),
        overrides: tally(1, -150),
        change: tally(30, 12_345),
        tenders: [
            (TenderKind::Cash, tally(30, 243_198)),
            (TenderKind::Card, tally(12, 151_290)),
        ]
        .into(),
        taxes: [(
            ("A".to_owned(), 1300),
            TaxTally {
                taxed: 394_500,
                tax: 45_385,
            },
        )]
        .into(),
    };
    let drawer = Drawer {
        taken_over: 10_000,
        handed_over: 9_000,
        sales: tally(30, 243_198),
        returns: tally(1, -5500),
        moved: [
            (CashMove::Float, tally(1, 50_000)),
            (CashMove::Pickup, tally(2, -200_000)),
        ]
        .into(),
        no_sales: 1,
        variance: -10,
        is_counted: true,
    };
    Takings {
        since: Some(WallMs(-1)),
        trade,
        drawer,
    }
}

fn report(number: Option<u32>, of: TillOf) -> Arc<Report> {
    Arc::new(Report {
        number,
        of,
        by: OperatorId(2),
        until: WallMs(1_795_334_400_000),
        currency: Currency::CNY,
        takings: takings(),
    })
}

/// A drawer in the middle of a day, with everything in it.
pub(super) fn part() -> TillPart {
    TillPart {
        in_drawer: -7,
        is_opened: true,
        shift: Some(Shift {
            operator: OperatorId(0),
            since: WallMs(5),
        }),
        last_z: 18,
        last_report: Some(report(Some(18), TillOf::Operator(OperatorId(0)))),
        lane: takings(),
        operators: [
            (OperatorId(0), Takings::default()),
            (OperatorId(7), takings()),
        ]
        .into(),
        of_date: takings().drawer,
    }
}

/// What a till lets through at most.
pub(super) fn largest() -> Vec<CheckoutFact> {
    let name = || "n".repeat(limits::ARTICLE_NAME_BYTES_MAX);
    let most = tally(u32::MAX, i64::MIN);
    let mut takings = takings();
    let trade = &mut takings.trade;
    let sums = [
        &mut trade.sales,
        &mut trade.returns,
        &mut trade.rounding,
        &mut trade.voided_sales,
        &mut trade.voided_lines,
        &mut trade.discounts,
        &mut trade.overrides,
        &mut trade.change,
        &mut takings.drawer.sales,
        &mut takings.drawer.returns,
    ];
    for sum in sums {
        *sum = most;
    }
    trade.tenders = TenderKind::ALL.iter().map(|kind| (*kind, most)).collect();
    for class in 0..u16::MAX {
        let word = format!("{class:w$}", w = limits::ARTICLE_WORD_BYTES_MAX);
        let sum = TaxTally {
            taxed: i64::MIN,
            tax: i64::MIN,
        };
        trade.add_tax(&word, u16::MAX, sum);
    }
    takings.drawer.moved = CashMove::ALL.iter().map(|kind| (*kind, most)).collect();
    let z = Report {
        takings,
        ..Arc::unwrap_or_clone(report(
            Some(u32::MAX),
            TillOf::Operator(OperatorId(u32::MAX)),
        ))
    };
    let collector = Collector {
        name: name(),
        number: name(),
        seal: name(),
    };
    let moved = Movement {
        note: name(),
        collector: Some(collector),
        ..movement(CashMove::Collection)
    };
    let all = denominations(Currency::EUR).iter().map(|one| Pieces {
        minor: one.minor,
        pieces: limits::COUNTED_PIECES_MAX,
    });
    let expected = Money::new(i64::MIN, Currency::EUR);
    let count = CashCounted::new(OperatorId(u32::MAX), all.collect(), expected);
    vec![
        TillFact::ZTaken(Arc::new(z)).into(),
        TillFact::CashMoved(moved).into(),
        TillFact::Counted(count.unwrap()).into(),
    ]
}

/// One fact of each kind at least.
pub(super) fn samples() -> Vec<CheckoutFact> {
    let (operator, by) = (OperatorId(7), OperatorId(2));
    let pieces = [(10_000, 9), (100, 0)].map(|(minor, pieces)| Pieces { minor, pieces });
    let opened = |why, reason: &str| TillFact::DrawerOpened {
        operator,
        allowed_by: by,
        why,
        reason: reason.to_owned(),
    };
    let guard = Collector {
        name: "Zhou Wei".to_owned(),
        number: "G17".to_owned(),
        seal: "S-0042".to_owned(),
    };
    let facts = [
        TillFact::ShiftBegun { operator },
        TillFact::ShiftEnded {
            operator,
            by,
            counted: true,
        },
        TillFact::CashMoved(movement(CashMove::Float)),
        TillFact::CashMoved(Movement {
            note: "full".to_owned(),
            ..movement(CashMove::Pickup)
        }),
        TillFact::CashMoved(movement(CashMove::Drop)),
        TillFact::CashMoved(Movement {
            collector: Some(guard),
            ..movement(CashMove::Collection)
        }),
        opened(DrawerReason::NoSale, "change for a bus"),
        opened(DrawerReason::Count, ""),
        TillFact::Counted(CashCounted::new(operator, pieces.to_vec(), cny(90_010)).unwrap()),
        TillFact::ZTaken(report(Some(18), TillOf::Lane)),
        TillFact::ZTaken(report(Some(19), TillOf::Operator(OperatorId(0)))),
        TillFact::DateEnded {
            expected: cny(93_210),
            shift: None,
        },
        TillFact::DateEnded {
            expected: cny(-1),
            shift: Some(OperatorId(0)),
        },
    ];
    facts.map(CheckoutFact::from).into()
}
