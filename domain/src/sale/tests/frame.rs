//! The lane's day frame: each turn by itself, then turns, sales and restarts in any order.

use proptest::prelude::*;

use super::*;
use crate::{
    sale::{DayEnds, MarkedBy, midnight},
    time::{BusinessDate, LocalMs},
};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const CUT_WITHIN_MS: u64 = 60_000;

/// A date of November 2026.
fn november(day: u8) -> BusinessDate {
    BusinessDate::new(2026, 11, day).unwrap()
}

fn named(day: u8) -> Event {
    Event::DayNamed {
        date: november(day),
        cut_within_ms: CUT_WITHIN_MS,
    }
}

/// Dates end at 23:30, and a lane waits half an hour longer.
fn ends() -> DayEnds {
    DayEnds {
        date: november(22),
        at: LocalMs(midnight(november(22)).0 + 23 * HOUR_MS + HOUR_MS / 2),
        grace_ms: 30 * 60 * 1_000,
    }
}

fn clock(day: u8, hour: i64, alone: bool) -> Event {
    Event::ClockRead {
        local: LocalMs(midnight(november(day)).0 + hour * HOUR_MS),
        alone: alone.then(ends),
    }
}

/// What was turned, as the last marker tells it.
fn marker(lane: &Lane) -> Option<(BusinessDate, BusinessDate, MarkedBy)> {
    lane.records
        .iter()
        .rev()
        .find_map(|record| match record.fact {
            CheckoutFact::Date(DateFact::DayMarked { ended, begins, by }) => {
                Some((ended, begins, by))
            }
            _ => None,
        })
}

impl Lane {
    /// A lane that has begun on a date, with one sale in its books.
    fn begun(day: u8) -> Self {
        let mut lane = Self::new();
        lane.step(named(day));
        lane.sell();
        lane
    }

    fn sell(&mut self) {
        self.basket();
        self.step(Event::Total);
        self.step(Event::CashTendered { given: cny(2000) });
        self.printed();
    }

    /// The date of the last sale that was closed.
    fn closed_under(&self) -> Option<BusinessDate> {
        let closed = |record: &&CheckoutRecord| {
            matches!(record.fact, CheckoutFact::Sale(SaleFact::SaleClosed { .. }))
        };
        self.records.iter().rev().find(closed)?.date
    }
}

/// F1: a lane that stays connected over a close stamps the date that began.
#[test]
fn a_turn_by_the_hub_between_two_sales_is_followed_at_once() {
    let mut lane = Lane::begun(22);
    let effects = lane.step(named(23));
    let turned = (november(22), november(23), MarkedBy::Hub);
    assert_eq!(marker(&lane), Some(turned));
    assert_eq!(
        lane.records.last().unwrap().date,
        Some(november(22)),
        "its own head"
    );
    assert_eq!(effects.len(), 1, "the lane does not stand still");
    lane.sell();
    assert_eq!(lane.closed_under(), Some(november(23)));
}

#[test]
fn a_basket_open_at_the_turn_ends_under_the_date_before() {
    let mut lane = Lane::begun(22);
    lane.basket();
    assert!(lane.step(named(23)).is_empty());
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(2000) });
    assert_eq!(lane.closed_under(), Some(november(22)));
    assert_eq!(
        marker(&lane),
        Some((november(22), november(23), MarkedBy::Hub))
    );
}

#[test]
fn a_basket_that_holds_the_turn_up_too_long_is_cut_and_ends_under_the_next_date() {
    let mut lane = Lane::begun(22);
    lane.basket();
    lane.step(named(23));
    lane.mono_ms += CUT_WITHIN_MS - 1;
    // Told again, it gets no more time.
    lane.step(named(23));
    assert_eq!(marker(&lane), None);
    lane.mono_ms += 1;
    lane.step(clock(22, 23, false));
    assert_eq!(
        marker(&lane),
        Some((november(22), november(23), MarkedBy::Hub))
    );
    lane.step(Event::Total);
    lane.step(Event::CashTendered { given: cny(2000) });
    lane.printed();
    assert_eq!(lane.closed_under(), Some(november(23)));
}

#[test]
fn the_cut_comes_before_what_is_written_when_it_is_time() {
    let mut lane = Lane::begun(22);
    lane.basket();
    lane.step(Event::Total);
    lane.step(named(23));
    lane.mono_ms += CUT_WITHIN_MS;
    lane.step(Event::CashTendered { given: cny(2000) });
    assert_eq!(lane.closed_under(), Some(november(23)));
}

#[test]
fn a_payment_keeps_the_date_of_its_intent_over_a_cut() {
    let mut lane = Lane::begun(22);
    lane.basket();
    lane.step(Event::Total);
    lane.step(named(23));
    let sent = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::SendPayment(request) => Some(request.business_date),
            _ => None,
        })
    };
    assert_eq!(sent(&lane.intended(1)), Some(Some(november(22))));
    lane.mono_ms += CUT_WITHIN_MS;
    lane.step(Event::Decided {
        payment_id: PaymentId(1),
        decision: approved(1550),
    });
    lane.printed();
    assert_eq!(
        lane.closed_under(),
        Some(november(23)),
        "its sale ended later"
    );
    let killed = lane.killed();
    assert!(killed.checkout.durable_equals(&lane.checkout));
}

#[test]
fn the_date_never_goes_back_and_missed_days_are_one_marker() {
    let mut lane = Lane::begun(22);
    lane.step(named(21));
    assert_eq!(marker(&lane), None);
    lane.basket();
    lane.step(named(23));
    lane.step(named(26));
    lane.step(named(24));
    lane.step(Event::VoidSale {
        reason: "r".to_owned(),
    });
    let markers = |lane: &Lane| {
        let is_one = |record: &&CheckoutRecord| {
            matches!(record.fact, CheckoutFact::Date(DateFact::DayMarked { .. }))
        };
        lane.records.iter().filter(is_one).count()
    };
    assert_eq!(
        marker(&lane),
        Some((november(22), november(26), MarkedBy::Hub))
    );
    lane.step(named(25));
    lane.step(named(26));
    assert_eq!(markers(&lane), 1);
    assert_eq!(lane.checkout.running_date(), Some(november(26)));
}

#[test]
fn a_lane_alone_turns_the_date_by_itself_between_sales_when_it_is_over_with_its_grace() {
    let mut lane = Lane::begun(22);
    lane.step(clock(22, 23, true));
    assert_eq!(marker(&lane), None, "not over yet");
    lane.step(clock(23, 0, false));
    assert_eq!(marker(&lane), None, "the hub is there");
    lane.basket();
    lane.step(clock(23, 0, true));
    lane.mono_ms += 10 * CUT_WITHIN_MS;
    lane.step(clock(23, 1, true));
    assert_eq!(marker(&lane), None, "never in the middle of a sale");
    lane.step(Event::VoidSale {
        reason: "r".to_owned(),
    });
    assert_eq!(
        marker(&lane),
        Some((november(22), november(23), MarkedBy::Lane))
    );
    // And each day that it stays alone.
    lane.step(clock(23, 23, true));
    lane.step(clock(24, 0, true));
    assert_eq!(
        marker(&lane),
        Some((november(23), november(24), MarkedBy::Lane))
    );
}

#[test]
fn a_hub_that_comes_back_on_the_same_date_takes_the_lanes_own_turn_away() {
    let mut lane = Lane::begun(22);
    lane.basket();
    lane.step(clock(23, 0, true));
    lane.step(named(22));
    lane.step(Event::VoidSale {
        reason: "r".to_owned(),
    });
    assert_eq!(marker(&lane), None);
}

#[test]
fn days_that_were_missed_alone_are_one_marker_to_the_first_that_has_not_ended() {
    let after = |day, hour| {
        let now = LocalMs(midnight(november(day)).0 + hour * HOUR_MS);
        ends().date_after(november(22), now)
    };
    assert_eq!(after(22, 23), None);
    assert_eq!(after(22, 24), Some(november(23)));
    assert_eq!(after(25, 8), Some(november(25)));
    assert_eq!(after(25, 24), Some(november(26)));
    // A date that ends after midnight, and one that was turned by hand in the afternoon.
    let late = DayEnds {
        at: LocalMs(midnight(november(23)).0 + 2 * HOUR_MS),
        ..ends()
    };
    let at = |day, hour| LocalMs(midnight(november(day)).0 + hour * HOUR_MS);
    assert_eq!(late.date_after(november(23), at(24, 2)), None);
    assert_eq!(late.date_after(november(23), at(24, 3)), Some(november(24)));
    assert_eq!(
        ends().date_after(november(23), at(22, 24)),
        None,
        "not its own end"
    );
    // A clock that wants a month at once is wrong.
    assert_eq!(
        ends().date_after(november(22), LocalMs(at(22, 24).0 + 40 * 24 * HOUR_MS)),
        None
    );
    assert_eq!(ends().date_after(november(22), LocalMs(i64::MAX)), None);
}

#[test]
fn a_lane_at_rest_writes_nothing_more_and_never_rests_in_a_sale() {
    let mut lane = Lane::begun(22);
    lane.basket();
    assert_eq!(lane.try_step(Event::Rest), Err(Rejected::SaleOpen));
    lane.step(Event::VoidSale {
        reason: "r".to_owned(),
    });
    lane.step(Event::Rest);
    assert_eq!(lane.try_step(named(23)), Err(Rejected::Resting));
    assert_eq!(
        lane.records.last().unwrap().fact,
        CheckoutFact::Date(DateFact::Rested)
    );
    let mut again = lane.killed();
    again.step(Event::Recovered);
    again.step(named(23));
    assert_eq!(
        marker(&again),
        Some((november(22), november(23), MarkedBy::Hub))
    );
}

#[test]
fn the_first_date_is_the_hubs_or_without_one_the_calendars() {
    let mut lane = Lane::new();
    lane.step(clock(24, 8, true));
    lane.sell();
    assert_eq!(lane.closed_under(), Some(november(24)));
    let mut lane = Lane::new();
    lane.step(clock(24, 8, true));
    assert!(lane.step(named(22)).is_empty(), "no frame to end");
    lane.sell();
    assert_eq!(lane.closed_under(), Some(november(22)));
    assert_eq!(lane.checkout.running_date(), Some(november(22)));
}

#[derive(Clone, Debug)]
enum Move {
    Do(Event),
    Sell,
    Wait(u64),
    Kill,
}

fn moves() -> impl Strategy<Value = Move> {
    let opened = Event::Open {
        operator: OperatorId(1),
        order_reference: "o".to_owned(),
        price_version: "v1".to_owned(),
    };
    let voided = Event::VoidSale {
        reason: "r".to_owned(),
    };
    let printed = is_out(receipt(1), false);
    let decided = Event::Decided {
        payment_id: PaymentId(1),
        decision: approved(100),
    };
    let chosen = Event::CardChosen {
        payment_id: PaymentId(1),
    };
    let steps = vec![
        opened,
        Event::Scanned(item("x", 1, 100)),
        Event::Total,
        Event::CashTendered { given: cny(100) },
        chosen,
        card_read(1),
        decided,
        printed,
        voided,
        Event::Recovered,
        Event::Rest,
    ];
    prop_oneof![
        8 => prop::sample::select(steps).prop_map(Move::Do),
        3 => Just(Move::Sell),
        3 => (20..30_u8).prop_map(|day| Move::Do(named(day))),
        3 => (20..30_u8, 0..24_i64, any::<bool>())
            .prop_map(|(day, hour, alone)| Move::Do(clock(day, hour, alone))),
        2 => (0..CUT_WITHIN_MS).prop_map(Move::Wait),
        2 => Just(Move::Kill),
    ]
}

/// Every record lies in exactly one frame, frames follow each other without a gap, and dates ascend
/// (I20). Returns the money of the closed sales by date.
fn check_frames(records: &[CheckoutRecord]) -> std::collections::BTreeMap<BusinessDate, i64> {
    let mut running = None;
    let mut money = std::collections::BTreeMap::new();
    for record in records {
        let date = record.date.expect("the clock was read first");
        assert_eq!(*running.get_or_insert(date), date, "{record:?}");
        match &record.fact {
            CheckoutFact::Date(DateFact::DayMarked { ended, begins, .. }) => {
                assert_eq!(*ended, date);
                assert!(begins > ended);
                running = Some(*begins);
            }
            CheckoutFact::Sale(SaleFact::SaleClosed { total, .. }) => {
                *money.entry(date).or_insert(0) += total.minor()
            }
            _ => {}
        }
    }
    money
}

proptest! {
    /// Any order of sales, turns, waiting and kills: the frames cut the journal whole, a start
    /// finds the same date, and the dates' money is all the money.
    #[test]
    fn frames_cut_the_journal_whole(history in prop::collection::vec(moves(), 1..120)) {
        let mut lane = Lane::new();
        lane.step(clock(20, 8, false));
        for one in history {
            match one {
                Move::Do(event) => drop(lane.try_step(event)),
                Move::Sell if lane.checkout.sale().is_none() => {
                    for event in [
                        Event::Open {
                            operator: OperatorId(1),
                            order_reference: "o".to_owned(),
                            price_version: "v1".to_owned(),
                        },
                        Event::Scanned(item("x", 1, 100)),
                        Event::Total,
                        Event::CashTendered { given: cny(100) },
                    ] {
                        drop(lane.try_step(event));
                    }
                    if let Some(owed) = lane.checkout.receipts_owed().first() {
                        let printed = is_out(owed.number, false);
                        drop(lane.try_step(printed));
                    }
                }
                Move::Sell => {}
                Move::Wait(ms) => lane.mono_ms += ms,
                Move::Kill => {
                    let kept = lane.checkout.checkpoint();
                    let killed = lane.killed();
                    prop_assert!(killed.checkout.durable_equals(&lane.checkout));
                    if let Some(kept) = kept {
                        let restored = Checkout::from_checkpoint(CONFIG, kept).unwrap();
                        prop_assert!(restored.durable_equals(&killed.checkout));
                    }
                    lane = killed;
                    lane.step(clock(20, 8, false));
                }
            }
        }
        let money = check_frames(&lane.records);
        let all: i64 = money.values().sum();
        let closed = lane.records.iter().map(|record| match &record.fact {
            CheckoutFact::Sale(SaleFact::SaleClosed { total, .. }) => total.minor(),
            _ => 0,
        });
        prop_assert_eq!(all, closed.sum::<i64>());
    }
}
