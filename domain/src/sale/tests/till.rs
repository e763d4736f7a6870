//! The cash drawer: a day figured by hand, what is refused, what opens it.

use super::*;
use crate::{
    till::{CashAccount, CashMove, Collector, Pieces, Report, TillEvent, TillNotice, TillOf},
    time::LocalMs,
};

pub(super) const SEVEN: OperatorId = OperatorId(7);
pub(super) const EIGHT: OperatorId = OperatorId(8);
pub(super) const BOSS: Right = Right::HeldBy(OperatorId(2));

pub(super) fn float(operator: OperatorId, minor: i64) -> Event {
    Event::Till(TillEvent::Float {
        operator,
        amount: cny(minor),
        right: BOSS,
    })
}

pub(super) fn pickup(operator: OperatorId, minor: i64) -> Event {
    Event::Till(TillEvent::Pickup {
        operator,
        amount: cny(minor),
        note: String::new(),
        right: BOSS,
    })
}

fn drop_to_safe(operator: OperatorId, minor: i64) -> Event {
    Event::Till(TillEvent::Drop {
        operator,
        amount: cny(minor),
        note: String::new(),
        right: BOSS,
    })
}

fn begin(operator: OperatorId) -> Event {
    Event::Till(TillEvent::ShiftBegun { operator })
}

fn end(by: OperatorId) -> Event {
    Event::Till(TillEvent::ShiftEnded {
        by,
        right: Right::Missing,
    })
}

pub(super) fn z(of: TillOf) -> Event {
    Event::Till(TillEvent::Z {
        of,
        by: SEVEN,
        right: BOSS,
    })
}

fn x(of: TillOf) -> Event {
    Event::Till(TillEvent::X {
        of,
        by: SEVEN,
        right: BOSS,
    })
}

pub(super) fn count(operator: OperatorId, told: &[(u32, u32)]) -> Event {
    let pieces = told.iter().map(|&(minor, pieces)| Pieces { minor, pieces });
    Event::Till(TillEvent::Counted {
        operator,
        pieces: pieces.collect(),
    })
}

fn no_sale(reason: &str, right: Right) -> Event {
    Event::Till(TillEvent::NoSale {
        operator: SEVEN,
        reason: reason.to_owned(),
        right,
    })
}

fn guard(seal: &str) -> Event {
    Event::Till(TillEvent::Collected {
        operator: SEVEN,
        amount: cny(900_000),
        collector: Collector {
            name: "Zhou Wei".to_owned(),
            number: "G17".to_owned(),
            seal: seal.to_owned(),
        },
        right: BOSS,
    })
}

impl Lane {
    fn open_for(&mut self, operator: OperatorId, minor: i64) {
        self.step(Event::Open {
            operator,
            order_reference: String::new(),
            price_version: "v1".to_owned(),
        });
        self.step(Event::Scanned(item("goods", 1, minor)));
    }

    /// Goods for so much, so much given in cash.
    pub(super) fn cash_sale(&mut self, operator: OperatorId, minor: i64, given: i64) {
        self.open_for(operator, minor);
        self.step(Event::Total);
        self.step(Event::CashTendered { given: cny(given) });
        self.printed();
    }

    fn card_sale(&mut self, operator: OperatorId, minor: i64, id: u128) {
        self.open_for(operator, minor);
        self.step(Event::Total);
        self.intended(id);
        self.step(Event::Decided {
            payment_id: PaymentId(id),
            decision: approved(minor),
        });
        self.printed();
    }

    fn in_drawer(&self) -> i64 {
        self.checkout.till().in_drawer
    }

    fn expected_of(&self, operator: OperatorId) -> i64 {
        let takings = self.checkout.till().takings(TillOf::Operator(operator));
        takings.unwrap().drawer.expected()
    }
}

fn reported(effects: &[Effect]) -> (&Report, bool) {
    let mut reports = effects.iter().filter_map(|effect| match effect {
        Effect::PrintReport { report, reprint } => Some((&**report, *reprint)),
        _ => None,
    });
    reports.next().unwrap()
}

/// Float 500.00; 12.57 in cash of 20.00: due 12.50, change 7.50; 30.00 in cash to the fen; 15.50 by
/// card; pickup 200.00. 500.00 + 12.50 + 30.00 - 200.00 = 342.50. Counted 342.00: -0.50.
fn a_morning() -> Lane {
    let mut lane = Lane::new();
    lane.step(begin(SEVEN));
    lane.step(float(SEVEN, 50_000));
    lane.cash_sale(SEVEN, 1257, 2000);
    lane.cash_sale(SEVEN, 3000, 3000);
    lane.card_sale(SEVEN, 1550, 1);
    lane.step(pickup(SEVEN, 20_000));
    lane
}

/// 3 x 100.00 + 4 x 10.00 + 2 x 1.00 = 342.00.
const MORNING_COUNT: [(u32, u32); 3] = [(10_000, 3), (1000, 4), (100, 2)];

#[test]
fn expected_cash_is_what_came_less_what_went() {
    let mut lane = a_morning();
    assert_eq!(lane.in_drawer(), 34_250);
    assert_eq!(lane.expected_of(SEVEN), 34_250);
    let effects = lane.step(count(SEVEN, &MORNING_COUNT));
    assert_eq!(
        shown(&effects),
        Some(&Prompt::Till(TillNotice::Counted {
            counted: cny(34_200),
            variance: cny(-50),
        }))
    );
    // From here on the drawer holds what was found; what is missing stays told.
    assert_eq!(lane.in_drawer(), 34_200);
    lane.cash_sale(SEVEN, 1000, 1000);
    assert_eq!(lane.in_drawer(), 35_200);
    assert_eq!(lane.checkout.till().lane.drawer.variance, -50);
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

/// What is in the drawer for a sale counts once the sale has ended: under its date, and not at all
/// when it is voided.
#[test]
fn cash_of_a_sale_counts_once_the_sale_has_ended() {
    let mut lane = Lane::totalled();
    lane.step(Event::CashTendered { given: cny(1000) });
    assert_eq!(lane.in_drawer(), 0);
    lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    assert_eq!(lane.in_drawer(), 0);
    let trade = &lane.checkout.till().lane.trade;
    assert_eq!(
        (trade.voided_sales.count, trade.voided_sales.minor),
        (1, -1550)
    );
    assert!(trade.tenders.is_empty());
}

/// As lanes sold before there were floats and shifts: expected from tenders alone, nothing written.
#[test]
fn nothing_recorded_is_no_float_and_expected_from_tenders_alone() {
    let mut lane = Lane::new();
    lane.cash_sale(SEVEN, 1257, 2000);
    assert_eq!(lane.in_drawer(), 1250);
    assert_eq!(lane.expected_of(SEVEN), 1250);
    lane.step(named("2026-11-22"));
    lane.cash_sale(SEVEN, 1000, 1000);
    let before = lane.records.len();
    lane.step(named("2026-11-23"));
    let written = &lane.records[before..];
    assert!(matches!(
        written,
        [CheckoutRecord {
            fact: CheckoutFact::Date(DateFact::DayMarked { .. }),
            ..
        }]
    ));
}

fn named(date: &str) -> Event {
    Event::DayNamed {
        date: crate::time::BusinessDate::parse(date).unwrap(),
        cut_within_ms: 0,
    }
}

/// What is expected stands under the date that ends, with whose shift is open.
#[test]
fn a_date_ends_with_its_expected_cash_and_its_open_shift() {
    let mut lane = Lane::new();
    lane.step(named("2026-11-22"));
    lane.step(begin(SEVEN));
    lane.step(float(SEVEN, 50_000));
    lane.cash_sale(SEVEN, 1000, 2000);
    let effects = lane.step(named("2026-11-23"));
    let records: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Persist(record) => Some((record.date.unwrap().to_string(), &record.fact)),
            _ => None,
        })
        .collect();
    let told = TillFact::DateEnded {
        expected: cny(51_000),
        shift: Some(SEVEN),
    };
    assert_eq!(records[0], ("2026-11-22".to_owned(), &told.into()));
    assert!(matches!(
        records[1].1,
        CheckoutFact::Date(DateFact::DayMarked { .. })
    ));
    let of_date = &lane.checkout.till().of_date;
    assert_eq!((of_date.taken_over, of_date.expected()), (51_000, 51_000));
    lane.cash_sale(SEVEN, 500, 500);
    assert_eq!(lane.checkout.till().of_date.sales.minor, 500);
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

/// Seven leaves 342.00 counted; eight sells for 10.00 and leaves uncounted; seven comes back.
#[test]
fn each_shift_answers_for_what_lay_there_and_what_came_in_it() {
    let mut lane = a_morning();
    lane.step(count(SEVEN, &MORNING_COUNT));
    let effects = lane.step(Event::Till(TillEvent::HandedOver {
        to: EIGHT,
        right: BOSS,
    }));
    let told = facts(&effects);
    let ended = TillFact::ShiftEnded {
        operator: SEVEN,
        by: OperatorId(2),
        counted: true,
    };
    assert_eq!(told[0], &ended.into());
    assert_eq!(told[1], &TillFact::ShiftBegun { operator: EIGHT }.into());
    lane.cash_sale(EIGHT, 1000, 1000);
    assert_eq!(lane.expected_of(SEVEN), 34_250);
    assert_eq!(lane.expected_of(EIGHT), 35_200);
    let effects = lane.step(end(EIGHT));
    let uncounted = TillFact::ShiftEnded {
        operator: EIGHT,
        by: EIGHT,
        counted: false,
    };
    assert_eq!(facts(&effects), [&uncounted.into()]);
    lane.step(begin(SEVEN));
    let own = &lane
        .checkout
        .till()
        .takings(TillOf::Operator(SEVEN))
        .unwrap()
        .drawer;
    assert_eq!(
        (own.taken_over, own.handed_over, own.variance),
        (35_200, 34_200, -50)
    );
    // With the 0.50 that are missing since the morning, it is what lies there.
    assert_eq!(own.expected() + own.variance, lane.in_drawer());
    assert_eq!(own.counted(), None, "not in this shift");
}

/// The drawer is in the hands of the shift, whoever sells.
#[test]
fn cash_that_somebody_else_takes_lies_in_the_drawer_of_the_shift() {
    let mut lane = Lane::new();
    lane.step(begin(SEVEN));
    lane.cash_sale(EIGHT, 1000, 1000);
    assert_eq!(lane.expected_of(SEVEN), 1000);
    assert_eq!(lane.expected_of(EIGHT), 0);
    let eight = lane
        .checkout
        .till()
        .takings(TillOf::Operator(EIGHT))
        .unwrap();
    assert_eq!(
        (eight.trade.sales.count, eight.trade.sales.minor),
        (1, 1000)
    );
}

#[test]
fn a_drawer_opens_once_what_it_opens_for_is_durable() {
    let mut lane = Lane::new();
    let guarded = guard("S-0042");
    let begun = Event::Till(TillEvent::CountBegun {
        operator: SEVEN,
        right: BOSS,
    });
    for (event, opens) in [
        (float(SEVEN, 50_000), true),
        (pickup(SEVEN, 1000), true),
        (drop_to_safe(SEVEN, 1000), true),
        (no_sale("change for a bus", BOSS), true),
        (begun, true),
        (guarded, false),
        (count(SEVEN, &[]), false),
        (begin(SEVEN), false),
        (end(SEVEN), false),
        (z(TillOf::Lane), false),
    ] {
        let effects = lane.step(event.clone());
        assert!(matches!(effects[0], Effect::Persist(_)), "{event:?}");
        assert_eq!(effects.contains(&Effect::OpenDrawer), opens, "{event:?}");
    }
    let drawer = &lane.checkout.till().lane.drawer;
    assert_eq!(drawer.no_sales, 0, "the Z has taken it");
    let report = lane.checkout.till().last_report.clone().unwrap();
    assert_eq!(report.takings.drawer.no_sales, 1);
}

#[test]
fn what_makes_no_sense_at_the_drawer_changes_nothing() {
    let mut lane = Lane::new();
    lane.step(begin(SEVEN));
    let before = lane.checkout.clone();
    let nobody = |event: TillEvent| Event::Till(event);
    for (event, why) in [
        (begin(EIGHT), Rejected::ShiftOpen),
        (end(EIGHT), Rejected::NotAllowed),
        (float(SEVEN, 0), Rejected::InvalidAmount),
        (float(SEVEN, -1), Rejected::InvalidAmount),
        (pickup(SEVEN, 1_000_000_000_000), Rejected::InvalidAmount),
        (no_sale(" ", BOSS), Rejected::ReasonMissing),
        (no_sale("why not", Right::Missing), Rejected::NotAllowed),
        (guard(" "), Rejected::CollectorMissing),
        (count(SEVEN, &[(300, 1)]), Rejected::InvalidCount),
        (count(SEVEN, &[(100, 1), (100, 1)]), Rejected::InvalidCount),
        (x(TillOf::Operator(EIGHT)), Rejected::NothingToReport),
        (z(TillOf::Operator(EIGHT)), Rejected::NothingToReport),
        (nobody(TillEvent::ZAgain), Rejected::NothingToReport),
        (
            nobody(TillEvent::X {
                of: TillOf::Lane,
                by: SEVEN,
                right: Right::Missing,
            }),
            Rejected::NotAllowed,
        ),
    ] {
        assert_eq!(lane.try_step(event.clone()), Err(why), "{event:?}");
        assert!(lane.checkout == before, "{event:?}");
    }
    lane.step(end(SEVEN));
    assert_eq!(lane.try_step(end(SEVEN)), Err(Rejected::NoShift));
    lane.basket();
    assert_eq!(lane.try_step(float(SEVEN, 1)), Err(Rejected::SaleOpen));
    assert_eq!(lane.try_step(z(TillOf::Lane)), Err(Rejected::SaleOpen));
    lane.step(x(TillOf::Lane));
}

#[test]
fn a_pickup_is_asked_for_above_the_threshold_and_no_amount_is_told() {
    let mut lane = Lane::of(CheckoutConfig {
        pickup_above: Some(cny(1000)),
        ..CONFIG
    });
    let due = |effects: &[Effect]| {
        effects.iter().rev().find_map(|effect| match effect {
            Effect::Show(screen) => Some(screen.pickup_due),
            _ => None,
        })
    };
    lane.cash_sale(SEVEN, 1000, 1000);
    lane.open_for(SEVEN, 10);
    assert_eq!(due(&lane.step(Event::Total)), Some(false), "not above");
    lane.step(Event::CashTendered { given: cny(10) });
    assert_eq!(due(&lane.printed()), Some(true));
    assert_eq!(due(&lane.step(pickup(SEVEN, 500))), Some(false));
}

#[test]
fn an_x_changes_nothing_and_twice_it_is_the_same() {
    let mut lane = a_morning();
    let (before, written) = (lane.checkout.clone(), lane.records.len());
    let first = lane.step(x(TillOf::Lane));
    let second = lane.step(x(TillOf::Lane));
    assert_eq!(first, second);
    assert!(lane.checkout == before);
    assert_eq!(lane.records.len(), written);
    // Two cash sales of 12.57 and 30.00, one by card of 15.50; 0.07 rounded, 7.50 given back.
    let trade = &reported(&first).0.takings.trade;
    assert_eq!((trade.sales.count, trade.sales.minor), (3, 5807));
    assert_eq!((trade.rounding.count, trade.rounding.minor), (1, -7));
    assert_eq!((trade.change.count, trade.change.minor), (1, 750));
    assert_eq!(trade.net(), 5800);
    let paid: Vec<(u32, i64)> = trade
        .tenders
        .values()
        .map(|tally| (tally.count, tally.minor))
        .collect();
    assert_eq!(paid, [(2, 4250), (1, 1550)]);
}

#[test]
fn a_z_ends_what_it_reports_and_all_of_a_till_are_one_row() {
    let mut lane = a_morning();
    lane.step(count(SEVEN, &MORNING_COUNT));
    lane.step(end(SEVEN));
    let effects = lane.step(z(TillOf::Operator(SEVEN)));
    let (report, reprint) = reported(&effects);
    assert_eq!((report.number, reprint), (Some(1), false));
    assert_eq!(report.takings.drawer.counted(), Some(34_200));
    assert_eq!(lane.checkout.till().takings(TillOf::Operator(SEVEN)), None);
    let mut lane = lane.killed();
    let effects = lane.step(z(TillOf::Lane));
    assert_eq!(reported(&effects).0.number, Some(2));
    assert_eq!(reported(&effects).0.takings.trade.net(), 5800);
    // The next one begins with nothing sold, and with what lies in the drawer.
    let own = &lane.checkout.till().lane;
    assert_eq!((own.trade.net(), own.drawer.taken_over), (0, 34_200));
    let effects = lane.step(z(TillOf::Lane));
    let (report, _) = reported(&effects);
    assert_eq!(report.number, Some(3), "nothing sold is a report too");
    let again = lane.killed().step(Event::Till(TillEvent::ZAgain));
    assert_eq!(reported(&again), (report, true));
}

/// The account of a lane and that of the date say the same as the drawer, before and behind a Z.
#[test]
fn safe_and_deposit_are_what_moved_there() {
    let mut lane = a_morning();
    lane.step(drop_to_safe(SEVEN, 4250));
    lane.step(guard("S-0042"));
    let sum = |account: CashAccount| -> i64 {
        let moved = lane.records.iter().filter_map(|record| match &record.fact {
            CheckoutFact::Till(TillFact::CashMoved(moved)) => {
                moved.kind.changes(account, moved.amount.minor())
            }
            _ => None,
        });
        moved.sum()
    };
    // Out of the safe 500.00 and 9,000.00, into it 200.00 and 42.50.
    assert_eq!(sum(CashAccount::Safe), -50_000 - 900_000 + 20_000 + 4250);
    assert_eq!(sum(CashAccount::Deposit), 900_000);
    assert_eq!(sum(CashAccount::Till), 50_000 - 20_000 - 4250);
    assert_eq!(CashMove::Collection.changes(CashAccount::Till, 1), None);
}

#[test]
fn what_it_costs_less_is_told_apart() {
    let mut lane = Lane::new();
    lane.open_for(SEVEN, 1000);
    lane.step(Event::Scanned(item("torn", 2, 500)));
    lane.step(Event::PriceOverridden {
        line_number: Some(2),
        price: cny(400),
        reason: "torn".to_owned(),
        right: BOSS,
    });
    lane.step(Event::Scanned(item("dented", 1, 300)));
    lane.step(Event::Discounted {
        line_number: Some(3),
        amount: cny(50),
        reason: "dented".to_owned(),
        right: BOSS,
    });
    lane.step(Event::LineVoided { line_number: 1 });
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(1050) });
    let trade = &lane.checkout.till().lane.trade;
    let told = [
        trade.sales,
        trade.overrides,
        trade.discounts,
        trade.voided_lines,
    ];
    let told = told.map(|tally| (tally.count, tally.minor));
    assert_eq!(told, [(1, 1050), (1, -200), (1, -50), (1, -1000)]);
}

/// Paper: a count stays blind until it is made, then all of it adds up.
#[test]
fn an_x_fills_the_paper_and_tells_nothing_that_is_still_to_be_counted() {
    let mut lane = a_morning();
    let paper = |effects: &[Effect]| {
        let (report, _) = reported(effects);
        report.on_paper(CONFIG.lane, |at| LocalMs(at.0 + 28_800_000))
    };
    let told = paper(&lane.step(x(TillOf::Operator(SEVEN))));
    let cash = told.cash.clone().unwrap();
    assert_eq!((cash.counted, cash.variance), (None, None));
    assert_eq!(told.net, cny(5800));
    assert_eq!(told.of.english, "Operator 7, lane 3");
    let receipts = ("3-1-000001".to_owned(), "3-1-000003".to_owned());
    assert_eq!(told.receipts, Some(receipts));
    let tenders = told.tenders.iter().map(|one| one.name.english.as_str());
    assert_eq!(tenders.collect::<Vec<_>>(), ["Cash", "Card"]);
    let moves: Vec<_> = cash
        .moves
        .iter()
        .map(|one| (one.name.english.as_str(), one.count, one.amount.minor()))
        .collect();
    assert_eq!(
        moves,
        [
            ("Float", 1, 50_000),
            ("Cash sales", 2, 4250),
            ("Pickup", 1, -20_000),
        ]
    );
    lane.step(count(SEVEN, &MORNING_COUNT));
    let cash = paper(&lane.step(x(TillOf::Lane))).cash.unwrap();
    assert_eq!(
        (cash.expected, cash.counted),
        (cny(34_250), Some(cny(34_200)))
    );
    assert_eq!(cash.variance, Some(cny(-50)));
    // One more sale, and the next count is blind again.
    lane.cash_sale(SEVEN, 1000, 1000);
    let cash = paper(&lane.step(x(TillOf::Lane))).cash.unwrap();
    assert_eq!(cash.counted, None);
}

/// Two tills: 58.00 and 10.00 sold, 342.50 and 10.00 expected, one of them counted.
#[test]
fn the_figures_of_two_tills_add_up_to_those_of_a_store() {
    let mut one = a_morning();
    one.step(count(SEVEN, &MORNING_COUNT));
    let mut other = Lane::new();
    other.cash_sale(EIGHT, 1000, 2000);
    let mut store = one.checkout.till().lane.clone();
    store.add(&other.checkout.till().lane);
    assert_eq!(store.trade.net(), 6800);
    assert_eq!(
        (store.drawer.expected(), store.drawer.variance),
        (35_250, -50)
    );
    assert_eq!(store.drawer.counted(), None);
    assert_eq!(
        (store.drawer.sales.count, store.trade.change.minor),
        (3, 1750)
    );
}
