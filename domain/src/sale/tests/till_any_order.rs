//! The drawer under anything in any order.

use proptest::prelude::*;

use super::{
    till::{BOSS, EIGHT, SEVEN, count, float, pickup, z},
    *,
};
use crate::till::{CashAccount, TillEvent, TillOf, TillPart};

/// What is done at the drawer, with and without a right.
pub(super) fn at_the_till() -> impl Strategy<Value = Event> {
    let who = || prop::sample::select(vec![SEVEN, EIGHT]);
    let right = || prop_oneof![Just(Right::Missing), Just(BOSS)];
    let of = || {
        prop::sample::select(vec![
            TillOf::Lane,
            TillOf::Operator(SEVEN),
            TillOf::Operator(EIGHT),
        ])
    };
    prop_oneof![
        who().prop_map(|operator| Event::Till(TillEvent::ShiftBegun { operator })),
        (who(), right()).prop_map(|(by, right)| Event::Till(TillEvent::ShiftEnded { by, right })),
        (who(), right()).prop_map(|(to, right)| Event::Till(TillEvent::HandedOver { to, right })),
        (who(), -1..500_i64).prop_map(|(who, minor)| float(who, minor)),
        (who(), -1..500_i64).prop_map(|(who, minor)| pickup(who, minor)),
        (who(), 0..9_u32).prop_map(|(who, pieces)| count(who, &[(100, pieces), (10, 1)])),
        of().prop_map(z),
        (of(), right()).prop_map(|(of, right)| Event::Till(TillEvent::X {
            of,
            by: SEVEN,
            right,
        })),
        Just(Event::Till(TillEvent::ZAgain)),
        (who(), right()).prop_map(|(operator, right)| Event::Till(TillEvent::NoSale {
            operator,
            reason: "r".to_owned(),
            right,
        })),
    ]
}

/// A whole sale in cash, or something at the drawer.
fn days() -> impl Strategy<Value = Vec<Event>> {
    let sale = (prop::sample::select(vec![SEVEN, EIGHT]), 1..900_i64).prop_map(|(who, minor)| {
        vec![
            Event::Open {
                operator: who,
                order_reference: String::new(),
                price_version: "v1".to_owned(),
            },
            Event::Scanned(item("x", 1, minor)),
            Event::Total,
            Event::CashTendered { given: cny(1000) },
        ]
    });
    let one = prop_oneof![
        sale,
        at_the_till().prop_map(|event| vec![event]),
        (22..26_u32).prop_map(|day| {
            let date = format!("2026-11-{day}");
            let date = crate::time::BusinessDate::parse(&date).unwrap();
            vec![Event::DayNamed {
                date,
                cut_within_ms: 0,
            }]
        }),
    ];
    prop::collection::vec(one, 1..40).prop_map(|many| many.concat())
}

/// What the records say, added up by another hand.
fn by_hand(records: &[CheckoutRecord]) -> i64 {
    let mut drawer = 0;
    for record in records {
        match &record.fact {
            CheckoutFact::Sale(SaleFact::SaleClosed {
                total, rounding, ..
            }) => drawer += total.minor() + rounding.minor(),
            CheckoutFact::Till(TillFact::CashMoved(moved)) => {
                let change = moved.kind.changes(CashAccount::Till, moved.amount.minor());
                drawer += change.unwrap_or(0);
            }
            CheckoutFact::Till(TillFact::Counted(count)) => {
                assert_eq!(count.expected.minor(), drawer);
                drawer = count.counted.minor();
            }
            CheckoutFact::Till(TillFact::DateEnded { expected, .. }) => {
                assert_eq!(expected.minor(), drawer);
            }
            _ => {}
        }
    }
    drawer
}

fn agrees(till: &TillPart) {
    let lane = &till.lane.drawer;
    assert_eq!(lane.expected() + lane.variance, till.in_drawer);
    assert_eq!(
        till.of_date.expected() + till.of_date.variance,
        till.in_drawer
    );
    if let Some(shift) = till.shift {
        let own = &till.operators.get(&shift.operator).unwrap().drawer;
        assert_eq!(own.expected() + own.variance, till.in_drawer);
    }
    for takings in till.operators.values().chain([&till.lane]) {
        let paid: i64 = takings.trade.tenders.values().map(|one| one.minor).sum();
        assert_eq!(takings.trade.net(), paid);
    }
}

proptest! {
    /// Whatever is done in whichever order: the drawer is the sum of what moved, for lane, date
    /// and shift; operators together sold what the lane sold; Zs are numbered without a gap over
    /// restarts; an X changes nothing; and the drawer opens behind a record only.
    #[test]
    fn a_drawer_is_the_sum_of_what_moved(
        events in days(),
        killed_at in 0..40_usize,
    ) {
        let mut lane = Lane::new();
        let mut last_z = 0;
        for (at, event) in events.into_iter().enumerate() {
            let is_x = matches!(event, Event::Till(TillEvent::X { .. }));
            let before = lane.checkout.clone();
            let Ok(effects) = lane.try_step(event) else { continue };
            prop_assert!(!is_x || lane.checkout == before);
            let opens = effects.contains(&Effect::OpenDrawer);
            prop_assert!(!opens || matches!(effects[0], Effect::Persist(_)));
            for fact in facts(&effects) {
                if let CheckoutFact::Till(TillFact::ZTaken(report)) = fact {
                    last_z += 1;
                    prop_assert_eq!(report.number, Some(last_z));
                }
            }
            agrees(lane.checkout.till());
            prop_assert_eq!(by_hand(&lane.records), lane.checkout.till().in_drawer);
            if at == killed_at {
                let again = lane.killed();
                prop_assert!(again.checkout.durable_equals(&lane.checkout));
                lane = again;
            }
        }
    }

    /// What each sells is in the figures of the lane, until somebody's Z.
    #[test]
    fn operators_together_sold_what_the_lane_sold(events in days()) {
        let mut lane = Lane::new();
        for event in events {
            if !matches!(event, Event::Till(TillEvent::Z { .. })) {
                let _ = lane.try_step(event);
            }
        }
        let till = lane.checkout.till();
        let mut together = crate::till::Trade::default();
        for takings in till.operators.values().rev() {
            together.add(&takings.trade);
        }
        prop_assert_eq!(&together, &till.lane.trade);
    }
}
