//! A drawer from its first float to its second Z, and each way in which a lane may say of it what
//! its records don't.

use proto::{
    journal::v1::{
        CashCounted, CashMoved, CountedPieces, DrawerOpened, LineAdded, SaleClosed, SaleOpened,
        Tender, TillDateEnded, TillDrawer, TillMove, TillReport, TillTakings, TillTally,
        TillTender, TillTrade, ZTaken, lane_record::Body,
    },
    store::v1::{CashMove, DrawerReason, TenderKind},
};

use super::day::cny;
use crate::oracle::{Verdict, tills::TillBook};

const CASHIER: u32 = 101;

/// What a lane wrote, before anybody changed it.
struct Statements {
    counted: CashCounted,
    date_ended: TillDateEnded,
    of_cashier: TillReport,
    of_lane: TillReport,
}

impl Statements {
    /// 200.00 are put in, 13.00 sold for cash, 50.00 taken out; 162.00 are found.
    fn right() -> Self {
        Self {
            counted: CashCounted {
                operator_id: CASHIER,
                pieces: vec![pieces(10_000, 1), pieces(5_000, 1), pieces(100, 12)],
                counted: cny(16_200),
                expected: cny(16_300),
            },
            date_ended: TillDateEnded {
                expected: cny(16_200),
                shift_of: None,
            },
            of_cashier: TillReport {
                operator_id: Some(CASHIER),
                takings: Some(TillTakings {
                    trade: Some(trade()),
                    ..TillTakings::default()
                }),
                ..report(1)
            },
            of_lane: TillReport {
                takings: Some(TillTakings {
                    trade: Some(trade()),
                    drawer: Some(drawer()),
                    ..TillTakings::default()
                }),
                ..report(2)
            },
        }
    }

    fn check(self) -> Vec<String> {
        let records = [
            moved(CashMove::Float, 20_000),
            Body::SaleOpened(SaleOpened {
                sale_number: 1,
                operator_id: CASHIER,
                ..SaleOpened::default()
            }),
            Body::SaleClosed(closed()),
            moved(CashMove::Pickup, 5_000),
            moved(CashMove::Collection, 5_000),
            Body::DrawerOpened(DrawerOpened {
                why: DrawerReason::NoSale.into(),
                ..DrawerOpened::default()
            }),
            Body::CashCounted(self.counted),
            Body::TillDateEnded(self.date_ended),
            taken(self.of_cashier),
            taken(self.of_lane),
        ];
        let mut book = TillBook::default();
        for body in &records {
            book.take(body);
        }
        let mut verdict = Verdict::default();
        book.check(3, &mut verdict);
        assert!(verdict.checked >= 8, "{} were looked at", verdict.checked);
        assert!(verdict.broken.iter().all(|one| one.id == "till"));
        verdict.broken.into_iter().map(|one| one.detail).collect()
    }
}

fn pieces(minor: u32, pieces: u32) -> CountedPieces {
    CountedPieces { minor, pieces }
}

fn moved(kind: CashMove, minor: i64) -> Body {
    Body::CashMoved(CashMoved {
        kind: kind.into(),
        amount: cny(minor),
        ..CashMoved::default()
    })
}

fn closed() -> SaleClosed {
    SaleClosed {
        sale_number: 1,
        total: cny(1_300),
        change: cny(700),
        tenders: vec![Tender {
            tender: TenderKind::Cash.into(),
            amount: cny(2_000),
            ..Tender::default()
        }],
        ..SaleClosed::default()
    }
}

fn taken(report: TillReport) -> Body {
    Body::ZTaken(ZTaken {
        report: Some(report),
    })
}

fn report(number: u32) -> TillReport {
    TillReport {
        number,
        ..TillReport::default()
    }
}

const fn tally(count: u32, minor: i64) -> Option<TillTally> {
    Some(TillTally { count, minor })
}

fn trade() -> TillTrade {
    TillTrade {
        sales: tally(1, 1_300),
        tenders: vec![TillTender {
            tender: TenderKind::Cash.into(),
            tally: tally(1, 1_300),
        }],
        ..TillTrade::default()
    }
}

fn drawer() -> TillDrawer {
    TillDrawer {
        sales: tally(1, 1_300),
        moved: vec![
            TillMove {
                kind: CashMove::Float.into(),
                tally: tally(1, 20_000),
            },
            TillMove {
                kind: CashMove::Pickup.into(),
                tally: tally(1, -5_000),
            },
        ],
        no_sales: 1,
        variance_minor: -100,
        ..TillDrawer::default()
    }
}

#[track_caller]
fn says(change: impl FnOnce(&mut Statements), what: &str) {
    let mut told = Statements::right();
    change(&mut told);
    let broken = told.check();
    assert!(
        broken.iter().any(|detail| detail.contains(what)),
        "'{what}' is not in {broken:?}"
    );
}

fn trade_of(report: &mut TillReport) -> &mut TillTrade {
    let takings = report.takings.get_or_insert_default();
    takings.trade.get_or_insert_default()
}

fn drawer_of(report: &mut TillReport) -> &mut TillDrawer {
    let takings = report.takings.get_or_insert_default();
    takings.drawer.get_or_insert_default()
}

#[test]
fn a_drawer_that_is_told_right_is_right() {
    assert_eq!(Statements::right().check(), Vec::<String>::new());
}

#[test]
fn what_a_count_expects_is_what_the_records_come_to() {
    says(
        |told| told.counted.expected = cny(16_400),
        "16400 was expected when the drawer was counted, it is 16300",
    );
    says(
        |told| told.counted.pieces.push(pieces(100, 1)),
        "16200 was counted, and the pieces are worth 16300",
    );
}

#[test]
fn a_date_ends_with_what_lies_in_the_drawer() {
    says(
        |told| told.date_ended.expected = cny(16_300),
        "16300 was expected at the turn of a date, it is 16200",
    );
}

#[test]
fn zs_have_one_row_of_numbers() {
    says(
        |told| told.of_lane.number = 3,
        "Z 3 stands where Z 2 belongs",
    );
    says(
        |told| told.of_cashier.number = 0,
        "Z 0 stands where Z 1 belongs",
    );
}

#[test]
fn a_z_says_what_was_sold_since_the_last() {
    let of_cashier = |change: fn(&mut TillTrade)| {
        says(|told| change(trade_of(&mut told.of_cashier)), "Z 1 says");
        says(|told| change(trade_of(&mut told.of_lane)), "Z 2 says");
    };
    of_cashier(|trade| trade.sales = tally(2, 1_300));
    of_cashier(|trade| trade.returns = tally(1, 0));
    of_cashier(|trade| trade.voided_sales = tally(1, 0));
    of_cashier(|trade| trade.tenders[0].tally = tally(1, 1_301));
    of_cashier(|trade| trade.tenders[0].tender = TenderKind::Card.into());
}

#[test]
fn a_z_of_a_lane_says_what_lies_in_the_drawer() {
    says(
        |told| drawer_of(&mut told.of_lane).taken_over_minor = 1,
        "Z 2 begins with 1, the last left 0",
    );
    says(
        |told| drawer_of(&mut told.of_lane).variance_minor = 0,
        "by Z 2 the drawer holds 16300, by the records 16200",
    );
    says(
        |told| drawer_of(&mut told.of_lane).no_sales = 0,
        "Z 2 tells 0 openings without a sale, the records 1",
    );
}

#[test]
fn a_sale_and_a_return_are_told_apart() {
    let opened = |sale_number| {
        Body::SaleOpened(SaleOpened {
            sale_number,
            operator_id: CASHIER,
            ..SaleOpened::default()
        })
    };
    let line = |sale_number, returned: bool| {
        Body::LineAdded(LineAdded {
            sale_number,
            line_number: 1,
            returned: returned.then(Default::default),
            ..LineAdded::default()
        })
    };
    let closed = |sale_number, minor| {
        let tenders = vec![Tender {
            tender: TenderKind::Cash.into(),
            amount: cny(minor),
            ..Tender::default()
        }];
        Body::SaleClosed(SaleClosed {
            sale_number,
            tenders,
            ..SaleClosed::default()
        })
    };
    let wrong = |sales, returns| {
        let trade = TillTrade {
            sales: tally(sales, 1_300),
            returns: tally(returns, -300),
            tenders: vec![TillTender {
                tender: TenderKind::Cash.into(),
                tally: tally(2, 1_000),
            }],
            ..TillTrade::default()
        };
        let takings = TillTakings {
            trade: Some(trade),
            ..TillTakings::default()
        };
        let mut book = TillBook::default();
        for body in [
            opened(1),
            line(1, false),
            closed(1, 1_300),
            opened(2),
            line(2, true),
            closed(2, -300),
            taken(TillReport {
                operator_id: Some(CASHIER),
                takings: Some(takings),
                ..report(1)
            }),
        ] {
            book.take(&body);
        }
        let mut verdict = Verdict::default();
        book.check(3, &mut verdict);
        verdict.broken.len()
    };
    assert_eq!(wrong(1, 1), 0);
    assert_eq!((wrong(2, 1), wrong(1, 0), wrong(2, 0)), (1, 1, 1));
}
