//! Facts of a lane, one of each kind at least, and the largest there can be.

use domain::{
    card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
    ids::{
        LaneEpoch, LaneId, LeaseId, OperatorId, PaymentId, ReceiptNumber, SaleNumber, SuspendedId,
    },
    limits,
    money::{Currency, Money},
    operators::{Action, OperatorFact, Role, SignedOffBy},
    payment::{Decision, PaymentKind, PaymentMethod},
    returns::{CardPaid, OfReceipt, Payback, Source, TakenLine, Taking},
    sale::{
        AbandonReason, AgeAnswer, BasketFact, CheckoutFact, DateFact, Discount, LeaseFact,
        LeaseReturnReason, Line, LineTax, MarkedBy, OriginalLine, OwedBack, OwedBy, PendingPayment,
        PriceSource, ReturnFact, Returned, SaleFact, TaxMode, TaxSum, Tender, TenderFact, TillFact,
        WeighedBy, Weight,
    },
    time::BusinessDate,
};

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

/// A line as there were lines from the first release on.
pub(crate) fn plain_line() -> Line {
    Line {
        number: 1,
        barcode: "6901234567892".to_owned(),
        name: "milk".to_owned(),
        quantity: 2,
        weight: None,
        unit: String::new(),
        unit_price: cny(625),
        price_source: PriceSource::File,
        discount: None,
        total: cny(1250),
        tax_class: String::new(),
        tax: None,
        category: String::new(),
        price_version: String::new(),
        batch: String::new(),
        expiry: None,
        least_age: None,
        returned: None,
        voided: false,
    }
}

/// A line that says everything, in such words.
pub(super) fn full_line(word: &str) -> Line {
    let word = || word.to_owned();
    Line {
        number: u32::MAX,
        barcode: word(),
        name: word(),
        quantity: 1,
        weight: Some(Weight {
            grams: limits::LINE_GRAMS_MAX,
            by: WeighedBy::Hand,
        }),
        unit: word(),
        unit_price: cny(limits::AMOUNT_MINOR_MAX),
        price_source: PriceSource::Overridden {
            shelf: cny(limits::AMOUNT_MINOR_MAX),
            reason: word(),
            allowed_by: OperatorId(u32::MAX),
        },
        discount: Some(Discount {
            amount: cny(limits::AMOUNT_MINOR_MAX),
            reason: word(),
            allowed_by: Some(OperatorId(u32::MAX)),
        }),
        total: cny(-limits::AMOUNT_MINOR_MAX),
        tax_class: word(),
        tax: Some(LineTax {
            rate_basis_points: 1_300,
            amount: cny(-limits::AMOUNT_MINOR_MAX),
        }),
        category: word(),
        price_version: word(),
        batch: word(),
        expiry: BusinessDate::parse("2026-11-30").ok(),
        least_age: Some(18),
        returned: Some(Returned {
            original: Some(OriginalLine {
                receipt: ReceiptNumber::parse("3-2-000042").unwrap(),
                line_number: 7,
            }),
            reason: word(),
            allowed_by: Some(OperatorId(u32::MAX)),
        }),
        voided: false,
    }
}

/// What a return takes of one sale that a card and cash had paid.
pub(crate) fn a_taking() -> Taking {
    let receipt = ReceiptNumber::parse("65535-99999-999999").unwrap();
    let most = cny(limits::AMOUNT_MINOR_MAX);
    let payback = |source, card| Payback {
        receipt,
        source,
        card,
        value: most,
        before: cny(7),
        whole: most,
        paid: most,
    };
    Taking {
        of: vec![OfReceipt {
            receipt,
            sold_on: BusinessDate::parse("2026-11-22").ok(),
            lines: vec![TakenLine {
                line_number: 500,
                pieces: limits::LINE_QUANTITY_MAX,
                total: most,
                tax: cny(limits::AMOUNT_MINOR_MAX / 10),
            }],
        }],
        plan: vec![
            payback(Source::Payment(PaymentId(9)), Some(owed_back().card)),
            payback(Source::Cash, None),
        ],
    }
}

fn owed_back() -> OwedBack {
    OwedBack {
        payment_id: PaymentId(9),
        card: CardPaid {
            scheme: Scheme::UnionPay,
            masked: MaskedPan::new("621626*********0018").unwrap(),
        },
        amount: cny(limits::AMOUNT_MINOR_MAX),
    }
}

fn tax_sum(class: &str) -> TaxSum {
    TaxSum {
        class: class.to_owned(),
        rate_basis_points: 1_300,
        taxed: cny(limits::AMOUNT_MINOR_MAX),
        tax: cny(limits::AMOUNT_MINOR_MAX),
    }
}

fn all_tenders() -> Vec<Tender> {
    let (amount, payment_id) = (cny(250), PaymentId(9));
    vec![
        Tender::Cash { given: amount },
        Tender::Card {
            amount,
            payment_id,
            scheme: Scheme::Visa,
        },
        Tender::Wallet {
            amount,
            payment_id,
            scheme: Scheme::UnionPay,
        },
        Tender::GiftCard { amount, payment_id },
        Tender::Voucher {
            amount,
            number: "V-17".to_owned(),
        },
        Tender::ForeignCash {
            amount,
            foreign: Money::new(35, Currency::EUR),
        },
        Tender::Owed {
            amount,
            by: OwedBy::Store,
        },
    ]
}

/// What a checkout lets through at most.
pub(super) fn largest() -> Vec<CheckoutFact> {
    let word = "w".repeat(limits::ARTICLE_WORD_BYTES_MAX);
    let name = "n".repeat(limits::ARTICLE_NAME_BYTES_MAX);
    let card = Tender::Card {
        amount: cny(limits::AMOUNT_MINOR_MAX),
        payment_id: PaymentId(u128::MAX),
        scheme: Scheme::Visa,
    };
    let sale = SaleNumber(u32::MAX);
    let closed = SaleFact::SaleClosed {
        sale,
        receipt: ReceiptNumber::parse("65535-99999-999999").unwrap(),
        total: cny(limits::AMOUNT_MINOR_MAX),
        tenders: vec![card; limits::SALE_TENDERS_MAX],
        change: cny(limits::AMOUNT_MINOR_MAX),
        items: u32::MAX,
        order_reference: name.clone(),
        rounding: cny(-9),
        taxes: vec![tax_sum(&word); limits::SALE_TAX_CLASSES_MAX],
        tax_mode: TaxMode::Exclusive,
        returns: Some(u32::MAX),
    };
    let line = full_line(&name);
    let mut largest = vec![closed.into(), BasketFact::LineAdded { sale, line }.into()];
    let returned = |quantity: usize| {
        let line = a_taking().of[0].lines[0];
        vec![line; quantity]
    };
    let mut taking = a_taking();
    let each = limits::RETURN_LINES_MAX / limits::RETURN_RECEIPTS_MAX;
    let of = OfReceipt {
        lines: returned(each),
        ..taking.of[0].clone()
    };
    taking.of = vec![of; limits::RETURN_RECEIPTS_MAX];
    taking.plan = vec![taking.plan[0].clone(); limits::RETURN_PAYBACKS_MAX];
    let owed = vec![owed_back(); limits::RETURN_PAYBACKS_MAX];
    let cash = cny(limits::AMOUNT_MINOR_MAX);
    largest.push(ReturnFact::PaidBack { sale, cash, owed }.into());
    let revision = u32::MAX;
    largest.push(
        ReturnFact::Reserved {
            sale,
            revision,
            taking,
        }
        .into(),
    );
    largest.extend(super::till_samples::largest());
    largest
}

/// One fact of each kind at least.
#[allow(clippy::too_many_lines, reason = "a list: one fact of each kind")]
pub(super) fn samples() -> Vec<CheckoutFact> {
    let (sale, payment_id) = (SaleNumber(5), PaymentId(9));
    let text = |text: &str| text.to_owned();
    let receipt = ReceiptNumber::parse("3-2-000042").unwrap();
    let ended = BusinessDate::parse("2026-11-22").unwrap();
    let marked = |by| DateFact::DayMarked {
        ended,
        begins: ended.next(),
        by,
    };
    let mut samples: Vec<CheckoutFact> = vec![
        SaleFact::SaleOpened {
            sale,
            operator: OperatorId(7),
            order_reference: text("basket-5"),
            price_version: text("0123456789abcdef"),
            recalled: Some(SuspendedId {
                lane: LaneId(3),
                epoch: LaneEpoch(2),
                sale: SaleNumber(4),
            }),
        }
        .into(),
        BasketFact::LineAdded {
            sale,
            line: plain_line(),
        }
        .into(),
        BasketFact::LineAdded {
            sale,
            line: full_line("x"),
        }
        .into(),
        BasketFact::LineAdded {
            sale,
            line: Line {
                price_source: PriceSource::Typed {
                    shelf: None,
                    allowed_by: OperatorId(8),
                },
                returned: Some(Returned::default()),
                total: cny(-1250),
                ..plain_line()
            },
        }
        .into(),
        BasketFact::LineChanged {
            sale,
            line: Line {
                price_source: PriceSource::Label,
                tax_class: text("A"),
                ..plain_line()
            },
        }
        .into(),
        BasketFact::LineVoided {
            sale,
            line_number: 1,
        }
        .into(),
        BasketFact::AgeAnswered {
            sale,
            answer: AgeAnswer {
                least_age: 18,
                old_enough: true,
                operator: OperatorId(8),
            },
        }
        .into(),
        BasketFact::AgeAnswered {
            sale,
            answer: AgeAnswer {
                least_age: 16,
                old_enough: false,
                operator: OperatorId(1),
            },
        }
        .into(),
        BasketFact::SaleTotalled {
            sale,
            total: cny(1250),
            taxes: vec![tax_sum("A")],
            tax_mode: TaxMode::Exclusive,
        }
        .into(),
        TillFact::CashTendered {
            sale,
            given: cny(2000),
        }
        .into(),
        TenderFact::PaymentIntended {
            sale,
            payment: PendingPayment {
                payment_id,
                amount: cny(1250),
                entry_mode: EntryMode::Contactless,
                pin_entered: true,
                card: CardRef {
                    masked: MaskedPan::new("621626*********0018").unwrap(),
                    hash: None,
                    scheme: Scheme::UnionPay,
                    funding: Funding::Debit,
                },
                business_date: Some(ended),
                kind: PaymentKind::Refund,
                method: PaymentMethod::Wallet,
                original: Some(PaymentId(8)),
            },
        }
        .into(),
        TenderFact::PaymentDecided {
            sale,
            payment_id,
            decision: Decision::StandIn { amount: cny(1250) },
        }
        .into(),
        TenderFact::PaymentAbandoned {
            sale,
            payment_id,
            reason: AbandonReason::LinkBroke.into(),
        }
        .into(),
        TenderFact::CardNotRead {
            sale,
            reason: text("torn out"),
        }
        .into(),
        SaleFact::SaleClosed {
            sale,
            receipt,
            total: cny(1250),
            tenders: vec![Tender::Cash { given: cny(2000) }],
            change: cny(750),
            items: 2,
            order_reference: text("basket-5"),
            rounding: cny(0),
            taxes: Vec::new(),
            tax_mode: TaxMode::Inclusive,
            returns: None,
        }
        .into(),
        SaleFact::SaleClosed {
            sale,
            receipt,
            total: cny(1257),
            tenders: all_tenders(),
            change: cny(750),
            items: 2,
            order_reference: text("basket-5"),
            rounding: cny(-7),
            taxes: vec![tax_sum("A"), tax_sum("B")],
            tax_mode: TaxMode::Exclusive,
            returns: Some(3),
        }
        .into(),
        ReturnFact::Reserved {
            sale,
            revision: 3,
            taking: a_taking(),
        }
        .into(),
        ReturnFact::CashForCard {
            sale,
            payment_id,
            amount: cny(1250),
            reason: text("card is gone"),
            allowed_by: OperatorId(301),
        }
        .into(),
        ReturnFact::PaidBack {
            sale,
            cash: cny(1250),
            owed: vec![owed_back()],
        }
        .into(),
        SaleFact::SaleSuspended {
            sale,
            label: text("fetches his purse"),
        }
        .into(),
        SaleFact::BasketHandedOver {
            sale,
            to: domain::ids::LaneId(2),
            to_epoch: domain::ids::LaneEpoch(1),
        }
        .into(),
        SaleFact::SaleVoided {
            sale,
            reason: text("left"),
        }
        .into(),
        SaleFact::CopyOrdered {
            receipt: ReceiptNumber {
                lane: LaneId(2),
                epoch: LaneEpoch(3),
                sequence: 42,
            },
            by: Some(OperatorId(8)),
        }
        .into(),
        SaleFact::ReceiptPrinted {
            receipt,
            text: text("TOTAL 12.50\n"),
            reprint: true,
        }
        .into(),
        LeaseFact::Accepted {
            lease: crate::lease::sample(),
        }
        .into(),
        LeaseFact::Returned {
            lease: LeaseId(4),
            spent: cny(250),
            payments: 1,
            reason: LeaseReturnReason::Expired.into(),
        }
        .into(),
        marked(MarkedBy::Hub).into(),
        marked(MarkedBy::Lane).into(),
        DateFact::Rested.into(),
        OperatorFact::ListTaken {
            version: 3,
            operators: 12,
        }
        .into(),
        OperatorFact::SignedOn {
            operator: OperatorId(7),
            role: Role::Cashier,
        }
        .into(),
        OperatorFact::SignedOff {
            operator: OperatorId(7),
            by: SignedOffBy::Supervisor,
            supervisor: Some(OperatorId(2)),
        }
        .into(),
        OperatorFact::PinRefused {
            operator: OperatorId(7),
            wrong: 5,
            of_version: 2,
        }
        .into(),
        OperatorFact::LockedOut {
            operator: OperatorId(7),
        }
        .into(),
        OperatorFact::Unlocked {
            operator: OperatorId(7),
            by: OperatorId(2),
        }
        .into(),
        OperatorFact::SupervisorAllowed {
            by: OperatorId(2),
            role: Role::Supervisor,
            operator: Some(OperatorId(7)),
            action: Action::Discount,
            amount: cny(1250),
            sale: Some(sale),
        }
        .into(),
    ];
    samples.extend(super::till_samples::samples());
    samples
}
