//! Payments that are over are archived once their day is closed, and nothing is forgotten of them.

use super::{
    settlement::close_day,
    world::{World, cny, request},
};
use crate::{
    desk::{Alarm, ArchiveFact, DeskFact, Effect, Event, PaymentFact},
    ids::PaymentId,
    limits::PAYMENTS_ARCHIVED_AT_ONCE,
    payment::{Completion, Decision, RefusalReason},
    settlement::Account,
};

/// One approved and sold, one declined, one approved whose sale nobody has told of; the day closed.
fn after_a_day() -> World {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.complete(1, 1);
    world.ask(2, 1, 2_000);
    let sale = world.sent_one();
    world.answer(&sale, "51");
    world.approve(3, 2, 3_000);
    close_day(&mut world);
    world
}

fn held(world: &World) -> Vec<u128> {
    let payments = world.desk.payments();
    payments.map(|it| it.request.payment_id.0).collect()
}

#[test]
fn what_is_over_is_archived_when_the_day_is_closed_and_not_before() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.complete(1, 1);
    assert!(!world.desk.has_payments_to_archive());
    assert_eq!(world.step(Event::Archive), []);

    let mut world = after_a_day();
    let (counts, settled) = (
        world.desk.counts(),
        world.desk.balances().of(Account::Settled),
    );
    let archived = world.step(Event::Archive).to_vec();
    let payment_ids = vec![PaymentId(1), PaymentId(2)];
    let fact = DeskFact::Archive(ArchiveFact::Archived { payment_ids });
    assert!(matches!(
        &archived[..],
        [
            Effect::Persist(written),
            Effect::Archive(_),
            Effect::Archive(_),
        ] if written.fact == fact
    ));
    assert_eq!(held(&world), [3], "its sale may still be given up");
    assert!(!world.desk.has_payments_to_archive());
    assert_eq!(world.desk.counts(), counts);
    assert_eq!(world.desk.balances().of(Account::Settled), settled);
    assert_eq!(settled, 4_000);
}

#[test]
fn a_repeat_is_answered_from_the_file_and_nothing_is_written() {
    let mut world = after_a_day();
    world.archive();
    world.ask(1, 1, 1_000);
    let [Decision::Approved { amount, .. }] = &world.replies()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(*amount, cny(1_000));
    assert!(world.facts().is_empty() && world.sent().is_empty());
    assert_eq!(held(&world), [3]);

    let mut other = request(1, 1, 1_000);
    other.amount = cny(9);
    world.step(Event::Requested(other));
    let reason = RefusalReason::ContentDiffers;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
    assert_eq!(world.alarms(), [Alarm::ContentDiffers(PaymentId(1))]);
    assert!(world.facts().is_empty());

    world.complete(1, 1);
    assert!(world.facts().is_empty(), "told again");
    let lane = crate::ids::LaneId(1);
    let payment_id = PaymentId(1);
    let given_up = world.try_step(Event::Abandoned { payment_id, lane });
    assert!(given_up.is_err(), "its sale was closed");
    assert_eq!(held(&world), [3]);
}

#[test]
fn what_changes_something_brings_the_payment_back_until_the_next_close() {
    let mut world = after_a_day();
    world.archive();
    world.abandon(2, 1);
    let [
        DeskFact::Archive(ArchiveFact::Restored { file }),
        DeskFact::Payment(PaymentFact::Abandoned { payment_id, .. }),
    ] = &world.facts()[..]
    else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(
        (file.payment_id(), *payment_id),
        (PaymentId(2), PaymentId(2))
    );
    assert_eq!(held(&world), [2, 3]);
    let given_up = world.desk.payment(PaymentId(2)).unwrap();
    assert_eq!(given_up.completion, Completion::Abandoned);
    world.abandon(2, 1);
    assert!(world.facts().is_empty(), "told again, and held");
}

#[test]
fn a_restored_payment_is_archived_again_as_it_stands_then() {
    let mut world = after_a_day();
    world.archive();
    world.abandon(2, 1);
    world.desk.find_archivable();
    world.archive();
    assert_eq!(held(&world), [3]);
    let file = &world.files[&PaymentId(2)];
    assert_eq!(file.payment.completion, Completion::Abandoned);
}

#[test]
fn many_are_archived_some_at_a_time_and_a_restart_between_loses_none() {
    let mut world = World::online();
    let count = PAYMENTS_ARCHIVED_AT_ONCE + 7;
    for id in 1..=u128::try_from(count).unwrap() {
        world.ask(id, 1, 100);
        let sale = world.sent_one();
        world.answer(&sale, "51");
    }
    close_day(&mut world);
    world.step(Event::Archive);
    assert_eq!(held(&world).len(), 7);
    assert!(world.desk.has_payments_to_archive());
    world.restart();
    assert_eq!(held(&world).len(), 7);
    world.archive();
    assert_eq!(held(&world), [0_u128; 0]);
    assert_eq!(world.files.len(), count);
}
