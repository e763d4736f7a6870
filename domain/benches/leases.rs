//! What an event of the desk costs while leases are used up, at 4 lanes and at 64 (F42): every lane
//! is attached and would like a lease, half of them hold one that is mostly spent, many cards have
//! advices that wait, and nothing is left to lend.
//!
//! `cargo bench -p domain --bench leases`

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench stops at the first surprise, prints its table, and measures real time"
)]

use std::{sync::Arc, time::Instant};

use domain::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    desk::{Desk, DeskConfig, Event, Timing},
    ids::{LaneEpoch, LaneId, LeaseId, Mid, PaymentId, SaleNumber, Tid},
    money::{Currency, Money},
    payment::{PaymentKind, PaymentMethod, PaymentRequest},
    risk::{LeaseShare, StandInPolicy},
    time::{BusinessDate, MonoMs, Now, WallMs},
};

const LANES: [u16; 2] = [4, 64];
const EVENTS: u32 = 20_000;
/// Advices that wait, each of another card.
const CARDS: u16 = 500;

fn main() {
    println!("| lanes | cards with advices | an event that changes nothing, ns |\n|---|---|---|");
    for lanes in LANES {
        let mut desk = used_up(lanes);
        let at = now();
        let began = Instant::now();
        for jitter in 0..u64::from(EVENTS) {
            // Told again: it changes nothing.
            let returned = Event::LeaseReturned {
                lane: LaneId(1),
                lease_id: LeaseId(1_000_000),
            };
            desk.step(at, jitter, returned).unwrap();
        }
        let each = began.elapsed().as_nanos() / u128::from(EVENTS);
        println!("| {lanes} | {CARDS} | {each} |");
    }
}

fn now() -> Now {
    Now {
        wall: WallMs(1_795_334_400_000),
        mono: MonoMs(1_000),
    }
}

fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

/// A desk without a line whose caps are used up: half of the lanes hold a lease, the others get
/// none.
fn used_up(lanes: u16) -> Desk {
    let (at, each) = (now(), i64::from(CARDS) * 1_000 / i64::from(lanes));
    let policy = StandInPolicy::new(cny(2 * each * i64::from(lanes)), cny(100_000), cny(1_000));
    let mut desk = Desk::new(config(policy.with_leases(LeaseShare {
        percent: 100,
        count_max: u32::from(CARDS),
        valid_for_ms: 3_600_000,
    })));
    let mut step = |event| drop(desk.step(at, 0, event).unwrap());
    for lane in 1..=lanes {
        step(Event::TerminalConfigured {
            tid: Tid::new(&format!("LANE{lane:04}")).unwrap(),
            mid: Mid::new("898310054110001").unwrap(),
            lane: LaneId(lane),
        });
    }
    step(Event::Recovered);
    for lane in 1..=lanes {
        step(Event::LaneAttached {
            lane: LaneId(lane),
            epoch: LaneEpoch(1),
        });
    }
    let leases: Vec<(LeaseId, LaneId)> = desk
        .leases()
        .open()
        .map(|one| (one.lease.id, one.lease.lane))
        .collect();
    let mut step = |event| drop(desk.step(at, 0, event).unwrap());
    for number in 0..CARDS {
        let (lease, lane) = leases[usize::from(number) % leases.len()];
        let request = request(number, lane);
        step(Event::OfflineReported { request, lease });
    }
    for (lease_id, lane) in leases.into_iter().skip(usize::from(lanes) / 2) {
        step(Event::LeaseReturned { lane, lease_id });
    }
    desk
}

fn config(policy: StandInPolicy) -> DeskConfig {
    DeskConfig {
        first_day: BusinessDate::new(2026, 11, 22).unwrap(),
        currency: Currency::CNY,
        policy,
        hot_list: Arc::default(),
        timing: Timing {
            answer_timeout_ms: 60_000,
            forward_answer_timeout_ms: 60_000,
            backoff_min_ms: 1_000,
            backoff_max_ms: 60_000,
            reversal_tries_max: 5,
        },
        marker_when_balanced: false,
        wallets: None,
    }
}

fn request(number: u16, lane: LaneId) -> PaymentRequest {
    let mut hash = [0; 32];
    hash[..2].copy_from_slice(&number.to_be_bytes());
    PaymentRequest {
        payment_id: PaymentId(u128::from(number) + 1),
        lane,
        epoch: LaneEpoch(1),
        sale: SaleNumber(1),
        amount: cny(1_000),
        entry_mode: EntryMode::Chip,
        pin_entered: false,
        card: CardRef {
            masked: MaskedPan::new("621626*********0018").unwrap(),
            hash: Some(CardHash(hash)),
            scheme: Scheme::UnionPay,
            funding: Funding::Credit,
        },
        business_date: None,
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        original: None,
    }
}
