//! Every kind of record as the release of November 2026 wrote it is read as what it meant, and
//! written again as the same bytes.

use std::{fs, path::Path};

use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    ids::{
        AuthCode, LaneEpoch, LaneId, LeaseId, OperatorId, PaymentId, ReceiptNumber, Rrn,
        SaleNumber, Stan,
    },
    money::{Currency, Money},
    payment::{Decision, HostFacts, PaymentKind, PaymentMethod},
    response_code::ResponseCode,
    risk::{FloorLimits, OfflineLease, VelocityLimit},
    sale::{
        AbandonReason, BasketFact, CheckoutFact, CheckoutRecord, LeaseFact, LeaseReturnReason,
        Line, PendingPayment, PriceSource, SaleFact, TaxMode, Tender, TenderFact, TillFact,
    },
    time::{BusinessDate, WallMs},
};

use super::{decode, encode, samples::plain_line};

/// Kinds of records that later releases write with more in them than that one did.
const WRITTEN_WITH_MORE: &[&str] = &[
    "PaymentIntended",
    "PaymentAbandoned",
    "SaleClosed",
    "LeaseReturned",
];
const SALE: SaleNumber = SaleNumber(5);
const PAYMENT: PaymentId = PaymentId(9);

/// Name and bytes of each line.
fn lines() -> Vec<(String, Vec<u8>)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/fixtures/release-2026-11/lane.records");
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let (name, hex) = line.split_once(' ').unwrap();
        (name.to_owned(), bytes(hex))
    };
    text.lines().map(line).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    base16ct::lower::decode_vec(hex).unwrap()
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

fn article(number: u32, barcode: &str, name: &str, pieces: (u32, i64)) -> CheckoutFact {
    let (quantity, total) = pieces;
    CheckoutFact::Basket(BasketFact::LineAdded {
        sale: SALE,
        line: Line {
            number,
            barcode: barcode.to_owned(),
            name: name.to_owned(),
            quantity,
            total: cny(total),
            price_source: match number {
                2 => PriceSource::Label,
                _ => PriceSource::File,
            },
            ..plain_line()
        },
    })
}

fn payment_facts() -> Vec<CheckoutFact> {
    let host = HostFacts {
        rrn: Some(Rrn::new("101530000123").unwrap()),
        auth_code: Some(AuthCode::new("A1B2C3").unwrap()),
        stan: Some(Stan::new(123).unwrap()),
    };
    let decisions = [
        Decision::Approved {
            amount: cny(250),
            host,
        },
        Decision::Declined {
            code: ResponseCode::new("51").unwrap(),
            host: HostFacts::default(),
        },
        Decision::OfflineApproved {
            amount: cny(250),
            lease: LeaseId(4),
        },
    ];
    let mut all = vec![CheckoutFact::Tender(TenderFact::PaymentIntended {
        sale: SALE,
        payment: PendingPayment {
            payment_id: PAYMENT,
            amount: cny(250),
            entry_mode: EntryMode::Contactless,
            pin_entered: true,
            card: CardRef {
                masked: MaskedPan::new("621626*********0018").unwrap(),
                hash: Some(CardHash([7; 32])),
                scheme: Scheme::Visa,
                funding: Funding::Prepaid,
            },
            // That of the record's head.
            business_date: BusinessDate::parse("2026-11-22").ok(),
            kind: PaymentKind::Sale,
            method: PaymentMethod::Card,
            original: None,
        },
    })];
    all.extend(decisions.map(|decision| {
        CheckoutFact::Tender(TenderFact::PaymentDecided {
            sale: SALE,
            payment_id: PAYMENT,
            decision,
        })
    }));
    all.push(CheckoutFact::Tender(TenderFact::PaymentAbandoned {
        sale: SALE,
        payment_id: PAYMENT,
        reason: AbandonReason::NoResultInTime.into(),
    }));
    all
}

fn closed() -> CheckoutFact {
    CheckoutFact::Sale(SaleFact::SaleClosed {
        sale: SALE,
        receipt: ReceiptNumber::parse("3-2-000042").unwrap(),
        total: cny(1250),
        tenders: vec![
            Tender::Cash { given: cny(1100) },
            Tender::Card {
                amount: cny(250),
                payment_id: PAYMENT,
                scheme: Scheme::Visa,
            },
        ],
        change: cny(100),
        items: 2,
        order_reference: "basket-5".to_owned(),
        rounding: cny(0),
        taxes: Vec::new(),
        tax_mode: TaxMode::Inclusive,
        returns: None,
    })
}

fn lease() -> OfflineLease {
    let mut floor_limits = FloorLimits::up_to(40_000);
    floor_limits.set(Some(Scheme::Visa), None, Some(Funding::Prepaid), 99_999_999);
    OfflineLease {
        id: LeaseId(4),
        lane: LaneId(3),
        lane_epoch: LaneEpoch(2),
        budget: cny(90_000),
        per_payment_cap: cny(40_000),
        per_card_cap: cny(50_000),
        count_max: 50,
        hot_list_version: 7_000_001,
        valid_for_ms: 60_000,
        floor_limits,
        velocity: Some(VelocityLimit {
            count_max: 3,
            window_ms: 600_000,
        }),
    }
}

/// What the lines say, in their order, the start in front of them apart.
fn facts() -> Vec<CheckoutFact> {
    let sale = SALE;
    let mut all = vec![
        CheckoutFact::Sale(SaleFact::SaleOpened {
            sale,
            operator: OperatorId(7),
            order_reference: "basket-5".to_owned(),
            price_version: String::new(),
            recalled: None,
        }),
        article(1, "6901234567892", "milk", (2, 1250)),
        article(2, "2112345006258", "apples", (1, 625)),
        CheckoutFact::Basket(BasketFact::LineVoided {
            sale,
            line_number: 2,
        }),
        CheckoutFact::Basket(BasketFact::SaleTotalled {
            sale,
            total: cny(1250),
            taxes: Vec::new(),
            tax_mode: TaxMode::Inclusive,
        }),
        CheckoutFact::Till(TillFact::CashTendered {
            sale,
            given: cny(1000),
        }),
    ];
    all.extend(payment_facts());
    all.extend([
        CheckoutFact::Tender(TenderFact::CardNotRead {
            sale,
            reason: "torn out".to_owned(),
        }),
        closed(),
        CheckoutFact::Sale(SaleFact::SaleVoided {
            sale,
            reason: "left".to_owned(),
        }),
        CheckoutFact::Sale(SaleFact::ReceiptPrinted {
            receipt: ReceiptNumber::parse("3-2-000042").unwrap(),
            text: "TOTAL 12.50\n".to_owned(),
            reprint: true,
        }),
        CheckoutFact::Lease(LeaseFact::Accepted { lease: lease() }),
        CheckoutFact::Lease(LeaseFact::Returned {
            lease: LeaseId(4),
            spent: cny(250),
            payments: 1,
            reason: LeaseReturnReason::Expired.into(),
        }),
    ]);
    all
}

#[test]
fn each_record_of_that_release_means_what_it_meant_and_is_written_as_it_was() {
    let date = BusinessDate::parse("2026-11-22").ok();
    let written = lines();
    let (started, written) = written.split_first().unwrap();
    assert_eq!(decode(&started.1).unwrap(), None);
    assert_eq!(written.len(), facts().len());
    for (fact, (name, bytes)) in facts().into_iter().zip(written) {
        let at = WallMs(1_795_334_400_000);
        let record = CheckoutRecord { at, date, fact };
        assert_eq!(decode(bytes).unwrap().as_ref(), Some(&record), "{name}");
        if !WRITTEN_WITH_MORE.contains(&name.as_str()) {
            assert_eq!(&encode(&record, None), bytes, "{name}");
        }
    }
}
