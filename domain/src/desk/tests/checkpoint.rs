//! What a checkpoint keeps, and what a replay gives, where the other tests' lives never come to
//! (F45): what a previous hub did, records that name nobody, entries that can't be withdrawn any
//! more, a full hot list, an archive that was cut short.

use super::{
    settlement::close_day,
    world::{World, batch, cny, code},
};
use crate::{
    card_ref::CardHash,
    desk::{Desk, Event, LaneMemory, outcome::Outcome},
    forward::{DeadLetterReason, ForwardEnd},
    ids::{LaneId, LeaseId, PaymentId, Stan},
    limits::{HOT_LIST_OWN_CARDS_MAX, PAYMENTS_ARCHIVED_AT_ONCE},
};

#[test]
fn what_is_known_of_a_previous_hub_is_kept() {
    let mut world = World::online();
    let memory = LaneMemory {
        hub_epoch: 4,
        last_stan: Some(Stan::new(77).unwrap()),
        last_lease: LeaseId(3),
    };
    let lane = LaneId(1);
    // `World` compares the desk with its replay and with its checkpoint after each step.
    world.step(Event::LaneRemembers { lane, memory });
    let payment_id = PaymentId(9);
    world.step(Event::AbandonedAtPreviousHub { payment_id, lane });
    assert_eq!(world.desk.durable.machines.previous_hub.epoch, 4);
    assert_eq!(world.desk.durable.machines.previous_hub.asked.len(), 1);
}

#[test]
fn records_that_name_nobody_are_still_counted_after_a_start_from_the_checkpoint() {
    let mut desk = World::online().desk;
    desk.durable.orphan_records = 3;
    let restored = Desk::from_checkpoint(desk.config().clone(), desk.checkpoint());
    assert_eq!(restored.durable, desk.durable);
}

/// The entry of payment 1, stood in for, as this makes it; then its sale is given up.
fn withdrawn_after(change: impl FnOnce(&mut crate::forward::Forward)) -> bool {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    let entry = world.last_forward();
    change(world.desk.durable.forwards.get_mut(&entry).unwrap());
    let before = world.desk.forward(entry).unwrap().end.clone();
    let mut out = Outcome::new(world.now, 0);
    world.desk.withdraw(&mut out, PaymentId(1));
    before != world.desk.forward(entry).unwrap().end
}

#[test]
fn an_advice_is_withdrawn_before_its_first_byte_and_never_after_it_or_twice() {
    assert!(withdrawn_after(|_| {}));
    let sent = Some((Stan::new(9).unwrap(), batch(1)));
    assert!(!withdrawn_after(|entry| entry.bound = sent));
    let delivered = ForwardEnd::Delivered {
        code: code("00"),
        amount: cny(1_000),
    };
    assert!(!withdrawn_after(|entry| entry.end = Some(delivered)));
}

#[test]
fn a_reversal_is_never_withdrawn() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.abandon(1, 1);
    let entry = world.last_forward();
    world.desk.durable.forwards.get_mut(&entry).unwrap().bound = None;
    let mut out = Outcome::new(world.now, 0);
    world.desk.withdraw(&mut out, PaymentId(1));
    assert_eq!(world.desk.forward(entry).unwrap().end, None);
}

/// How many cards the hot list of the store's own holds after one more was declined.
fn cards_after_one_more(held: usize) -> usize {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.complete(1, 1);
    let entry = world.last_forward();
    let cards = (0..held).map(|number| {
        let mut hash = [0xff; 32];
        hash[..8].copy_from_slice(&(number as u64).to_be_bytes());
        CardHash(hash)
    });
    world.desk.durable.hot_list = cards.collect();
    let mut out = Outcome::new(world.now, 0);
    let end = ForwardEnd::DeadLetter {
        reason: DeadLetterReason::CardRefused.into(),
        code: Some(code("51")),
        declined_after_goods: true,
    };
    world.desk.end_forward(&mut out, entry, end);
    world.desk.durable.hot_list.len()
}

#[test]
fn a_full_hot_list_takes_no_card_more() {
    let full = HOT_LIST_OWN_CARDS_MAX;
    assert_eq!(cards_after_one_more(full - 1), full);
    assert_eq!(cards_after_one_more(full), full);
}

/// More than go at once, killed after the first of them: the replay knows which are left.
#[test]
fn a_replay_goes_on_with_the_payments_that_are_not_archived_yet() {
    let mut world = World::online();
    let count = u128::try_from(PAYMENTS_ARCHIVED_AT_ONCE).unwrap() + 7;
    for id in 1..=count {
        world.ask(id, 1, 500);
        let sale = world.sent_one();
        world.answer(&sale, "51");
    }
    close_day(&mut world);
    world.step(Event::Archive);
    let left = world.desk.archivable.clone();
    assert_eq!(left.len(), 7);
    assert_eq!(world.replayed().archivable, left);
}
