//! What the lane did with a payment: completed, abandoned, both, in every order.

use super::world::{World, cny, receipt, tid};
use crate::{
    desk::{Alarm, DeskFact, Effect, Event, ForwardFact, Outgoing, Owner, PaymentFact, Rejected},
    ids::{LaneId, PaymentId, Stan},
    payment::{Decision, RefusalReason},
};

const ID: PaymentId = PaymentId(1);

#[test]
fn abandoned_before_the_request_is_refused_when_it_comes() {
    let mut world = World::online();
    world.abandon(1, 1);
    world.abandon(1, 1);
    assert_eq!(world.effects, [], "twice is once");
    world.ask(1, 1, 1_000);
    let reason = RefusalReason::Abandoned;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
    assert_eq!(world.sent(), []);
}

#[test]
fn abandoned_while_waiting_is_refused_and_never_sent() {
    let mut world = World::online();
    world.ask(1, 2, 1_000);
    world.ask(2, 2, 1_000);
    world.abandon(2, 2);
    let reason = RefusalReason::Abandoned;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
    assert!(world.effects.contains(&Effect::EraseCard(PaymentId(2))));
    world.pass(60_000);
    let [Outgoing::Reversal { financial, .. }] = &world.sent()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(financial.payment_id, ID);
}

#[test]
fn abandoned_while_sent_is_undone_when_it_is_approved() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let sale = world.sent_one();
    world.abandon(1, 1);
    assert_eq!((world.sent(), world.replies()), (vec![], vec![]));
    world.answer(&sale, "00");
    let Outgoing::Reversal { reason, .. } = world.sent_one() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(reason.as_str(), "06");
    let reversal = world.sent_one();
    world.answer(&reversal, "00");
    assert_eq!(world.status(1), "reversed");
    assert_eq!(world.totals(1).debit_count, 0);
}

#[test]
fn abandoned_while_sent_and_then_not_sent_is_refused_not_stood_in() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.abandon(1, 1);
    world.step(Event::NotSent {
        tid: tid(1),
        stan: Stan::FIRST,
    });
    let reason = RefusalReason::Abandoned;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
}

#[test]
fn the_last_approval_is_reversed_and_an_earlier_one_voided() {
    let mut world = World::online();
    let first = world.approve(1, 1, 1_000);
    world.complete(1, 1);
    world.approve(2, 1, 2_000);
    world.abandon(2, 1);
    let reversal = world.sent_one();
    assert!(matches!(reversal, Outgoing::Reversal { .. }));
    world.answer(&reversal, "25");
    assert_eq!(world.status(2), "reversed");

    world.approve(3, 1, 3_000);
    world.approve(4, 1, 4_000);
    world.abandon(3, 1);
    let void = world.sent_one();
    let Outgoing::Void {
        original_stan,
        binding,
        financial,
        ..
    } = &void
    else {
        panic!("{:?}", world.effects);
    };
    assert_eq!((original_stan.number(), binding.stan.number()), (3, 5));
    assert_eq!(financial.amount, cny(3_000));
    world.answer(&void, "00");
    assert_eq!(world.status(3), "reversed");
    let totals = world.totals(1);
    assert_eq!((totals.debit, totals.debit_count), (cny(8_000), 3));
    assert_eq!((totals.credit, totals.credit_count), (cny(3_000), 1));
    assert!(matches!(first, Outgoing::Sale { .. }));
}

#[test]
fn an_approval_with_another_payment_at_the_bank_is_voided() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.ask(2, 1, 2_000);
    let second = world.sent_one();
    world.abandon(1, 1);
    assert_eq!(world.sent(), [], "one message outstanding");
    world.answer(&second, "51");
    assert!(matches!(world.sent_one(), Outgoing::Void { .. }));
}

#[test]
fn a_stand_in_is_withdrawn_in_one_commit_with_the_sale() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.abandon(1, 1);
    let records = world.facts();
    assert!(matches!(
        records[..],
        [
            DeskFact::Payment(PaymentFact::Abandoned { .. }),
            DeskFact::Forward(ForwardFact::Ended { .. })
        ]
    ));
    assert_eq!(world.status(1), "approved without the bank, withdrawn");
    assert_eq!(world.desk.exposure().store_minor(), 0);
    assert!(world.effects.contains(&Effect::EraseCard(ID)));
    world.go_online(1);
    assert_eq!(world.sent(), []);
}

#[test]
fn what_can_not_both_be_true_is_rejected_and_alarmed() {
    let completed = |sequence| Event::Completed {
        payment_id: ID,
        receipt: receipt(1, sequence),
    };
    let abandoned = |lane| Event::Abandoned {
        payment_id: ID,
        lane: LaneId(lane),
    };
    let mut world = World::online();
    assert_eq!(
        world.try_step(completed(1)),
        Err(Rejected::UnknownPayment(ID))
    );
    world.ask(1, 1, 1_000);
    let sale = world.sent_one();
    assert_eq!(world.try_step(completed(1)), Err(Rejected::NotPaid(ID)));
    world.answer(&sale, "00");
    assert_eq!(world.try_step(abandoned(2)), Err(Rejected::OtherLane(ID)));
    world.step(completed(1));
    world.step(completed(1));
    assert_eq!(world.effects, [], "twice is once");
    assert_eq!(
        world.try_step(completed(2)),
        Err(Rejected::OtherReceipt(ID))
    );
    assert_eq!(
        world.try_step(abandoned(1)),
        Err(Rejected::AbandonedAfterCompleted(ID))
    );
    let alarm = Rejected::AbandonedAfterCompleted(ID).alarm();
    assert_eq!(alarm, Some(Alarm::CompletionConflict(ID)));

    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.abandon(1, 1);
    assert_eq!(
        world.try_step(completed(1)),
        Err(Rejected::CompletedAfterAbandoned(ID))
    );
}

#[test]
fn a_declined_or_unknown_payment_is_no_tender() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.answer(&world.sent_one(), "51");
    let event = Event::Completed {
        payment_id: ID,
        receipt: receipt(1, 1),
    };
    assert_eq!(world.try_step(event), Err(Rejected::NotPaid(ID)));
}

#[test]
fn an_approval_of_a_closed_batch_is_a_dead_letter_with_an_owner() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    super::settlement::close_day(&mut world);
    world.abandon(1, 1);
    assert_eq!(world.sent(), []);
    assert_eq!(world.status(1), "dead letter");
    let unresolved = world.desk.unresolved();
    assert_eq!(unresolved.len(), 1);
    assert_eq!(unresolved[0].owner, Owner::StoreManager);
}
