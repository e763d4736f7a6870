//! Reports on a lane's paper.

use domain::{
    paper::{BatchLine, CashCount, Counted, DayReport, LaneLine, ReportKind, TillReport},
    time::BusinessDate,
};

use super::*;

fn counted(english: &str, chinese: &str, count: u32, minor: i64) -> Counted {
    Counted {
        name: Sentence::new(english, chinese),
        count,
        amount: cny(minor),
    }
}

fn tenders() -> Vec<Counted> {
    vec![
        counted("Cash", "现金", 30, 243_210),
        counted("Card", "银行卡", 12, 151_290),
    ]
}

fn till(kind: ReportKind) -> TillReport {
    TillReport {
        kind,
        of: Sentence::new("Operator 7, lane 3", "收银员 7，收银台 3"),
        from: LocalMs(AT.0 - 28_800_000),
        to: AT,
        receipts: Some(("3-1-000001".to_owned(), "3-1-000042".to_owned())),
        trade: vec![
            counted("Sales", "销售", 42, 400_000),
            counted("Returns", "退货", 1, -5500),
            counted("Voided sales", "取消交易", 2, 12_000),
            counted("Discounts", "折扣", 9, -840),
        ],
        net: cny(394_500),
        tenders: tenders(),
        taxes: vec![vat(349_115, 45_385)],
        cash: Some(CashCount {
            moves: vec![
                counted("Float", "备用金", 1, 50_000),
                counted("Cash sales", "现金销售", 30, 243_210),
                counted("Pickup", "上缴", 1, -200_000),
            ],
            expected: cny(93_210),
            counted: None,
            variance: None,
            no_sales: 1,
        }),
    }
}

#[test]
fn an_x_in_between_tells_nothing_that_is_still_to_be_counted() {
    let report = till(ReportKind::X);
    golden("x", |setting| report.lay_out(&heading(), setting, false));
    let text = report
        .lay_out(&heading(), PaperSetting::default(), false)
        .plain_text();
    assert!(!text.contains("932.10"), "the count is blind: {text}");
}

#[test]
fn a_z_with_its_variance() {
    let mut report = till(ReportKind::Z { number: 18 });
    if let Some(cash) = &mut report.cash {
        cash.counted = Some(cny(93_200));
        cash.variance = Some(cny(-10));
    }
    golden("z", |setting| report.lay_out(&heading(), setting, false));
}

#[test]
fn a_day_names_what_is_missing_and_what_differs() {
    let lane = |lane, sales, minor, missing| LaneLine {
        lane,
        sales,
        amount: cny(minor),
        missing,
    };
    let silent = Sentence::new("silent since 21:40", "自 21:40 起无联系");
    let report = DayReport {
        date: BusinessDate::parse("2026-11-22").unwrap(),
        version: 2,
        lanes: vec![
            lane(1, 210, 1_800_050, None),
            lane(2, 42, 394_500, Some(silent)),
        ],
        total: cny(2_194_550),
        tenders: tenders(),
        taxes: vec![vat(1_942_080, 252_470)],
        batches: vec![
            BatchLine {
                tid: "LANE0001".to_owned(),
                batch: "000017".to_owned(),
                amount: cny(100_000),
                balanced: true,
            },
            BatchLine {
                tid: "LANE0002".to_owned(),
                batch: "000009".to_owned(),
                amount: cny(51_290),
                balanced: false,
            },
        ],
        differences: vec![Sentence::new(
            "batch 000009 of LANE0002: the bank has 511.90, the hub 512.90",
            "LANE0002 批次 000009：银行 511.90，门店 512.90",
        )],
    };
    golden("day", |setting| report.lay_out(&heading(), setting));
    let agreed = DayReport {
        differences: Vec::new(),
        ..report
    };
    let text = agreed
        .lay_out(&heading(), PaperSetting::default())
        .plain_text();
    assert!(text.contains("Differences: none"), "{text}");
}
