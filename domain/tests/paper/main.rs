//! What comes out on paper, kind by kind, as it is: golden files in two widths and three languages.
//!
//! After a change that is meant, write them anew and look at what is different:
//! `PAPER_GOLDEN=write cargo test -p domain --test paper`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod office;
mod selling;

use std::{fs, path::PathBuf};

use domain::{
    card_ref::{EntryMode, MaskedPan, Scheme},
    ids::{AuthCode, LaneEpoch, LaneId, PaymentId, ReceiptNumber, Rrn, SaleNumber},
    money::{Currency, Money},
    paper::{
        Article, CardOutcome, CardSlip, Heading, Measured, MerchantCopy, PaidBy, Paper,
        PaperColumns, PaperLanguage, PaperSetting, Reduction, SaleReceipt, TaxSum,
    },
    time::LocalMs,
    words::Sentence,
};

/// 2026-11-22 16:00:00 on the store's wall.
const AT: LocalMs = LocalMs(1_795_363_200_000);

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn heading() -> Heading {
    Heading {
        store_name: "邻里超市 Lanekeeper demo store".to_owned(),
        merchant_name: "上海邻里商贸有限公司".to_owned(),
        address: "上海市浦东新区世纪大道 100 号 B1".to_owned(),
        tax_number: "91310000MA1FL00000".to_owned(),
        tid: "LANE0003".to_owned(),
        mid: "898310054110001".to_owned(),
    }
}

fn number(sequence: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(3),
        epoch: LaneEpoch(1),
        sequence,
    }
}

fn article(name: &str, pieces: u32, minor: i64) -> Article {
    Article {
        name: name.to_owned(),
        measured: Measured::Pieces(pieces),
        unit_price: cny(minor),
        total: cny(minor * i64::from(pieces)),
        reductions: Vec::new(),
    }
}

/// A weighed one.
fn apples() -> Article {
    Article {
        name: "红富士苹果 Fuji apples".to_owned(),
        measured: Measured::Weighed {
            amount: "0.456".to_owned(),
            unit: "kg".to_owned(),
        },
        unit_price: cny(1280),
        total: cny(584),
        reductions: vec![Reduction {
            why: "会员价 member price".to_owned(),
            amount: cny(-84),
        }],
    }
}

fn vat(on: i64, tax: i64) -> TaxSum {
    TaxSum {
        name: Sentence::new("VAT", "增值税"),
        rate: "13%".to_owned(),
        on: cny(on),
        tax: cny(tax),
    }
}

fn slip(minor: i64, outcome: CardOutcome) -> CardSlip {
    CardSlip {
        amount: cny(minor),
        scheme: Scheme::UnionPay,
        masked: MaskedPan::new("621626*********0018").unwrap(),
        entry_mode: EntryMode::Chip,
        pin_entered: true,
        payment_id: PaymentId(0xabc),
        outcome,
    }
}

fn approved() -> CardOutcome {
    CardOutcome::Approved {
        auth_code: Some(AuthCode::new("123456").unwrap()),
        rrn: Some(Rrn::new("000000000042").unwrap()),
    }
}

/// Paid in cash, with all that an article can have.
fn sale() -> SaleReceipt {
    SaleReceipt {
        number: number(7),
        lane: LaneId(3),
        sale: SaleNumber(9),
        at: AT,
        articles: vec![
            article("鲜牛奶 whole milk", 1, 1250),
            article("yogurt", 2, 150),
            article("东北五常有机稻花香大米五公斤装家庭实惠装特价款", 1, 8990),
            apples(),
        ],
        items: 5,
        taxes: vec![vat(9681, 1259)],
        rounding: None,
        total: cny(11040),
        paid_by: vec![PaidBy::cash(cny(12000))],
        change: cny(960),
        failed_cards: Vec::new(),
    }
}

/// Each width and language, one below the other.
fn everywhere(lay_out: impl Fn(PaperSetting) -> Paper) -> String {
    let mut all = String::new();
    for (columns, called) in [(PaperColumns::WIDE, "42"), (PaperColumns::NARROW, "32")] {
        for (language, language_called) in [
            (PaperLanguage::English, "English"),
            (PaperLanguage::Chinese, "Chinese"),
            (PaperLanguage::BothOnOneLine, "both"),
            (PaperLanguage::BothOnTwoLines, "both on two lines"),
        ] {
            let paper = lay_out(PaperSetting {
                columns,
                language,
                merchant_copy: MerchantCopy::Always,
            });
            for line in paper.plain_text().lines() {
                assert!(wide(line) <= columns.get(), "{line}");
            }
            all += &format!("==== {called} columns, {language_called}\n");
            all += &paper.plain_text();
        }
    }
    all
}

/// Two columns for all that is not ASCII, counted here once more.
fn wide(line: &str) -> usize {
    line.chars()
        .map(|letter| 1 + usize::from(!letter.is_ascii()))
        .sum()
}

/// Compares with the file of this name.
fn golden(name: &str, lay_out: impl Fn(PaperSetting) -> Paper) {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/paper/golden/{name}.txt"));
    let found = everywhere(lay_out);
    if std::env::var_os("PAPER_GOLDEN").is_some() {
        fs::write(&path, &found).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{} is another paper", path.display());
}
