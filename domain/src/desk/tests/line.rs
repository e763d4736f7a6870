//! The acquirer link: what a sign-on outlives, when the hub stands in, which tries count.

use super::{
    forward::advice_at_bank,
    world::{World, answer, batch, tid},
};
use crate::{
    desk::{Alarm, DeskRecord, Effect, Event, Outgoing, TerminalFact},
    forward::ForwardEnd,
    ids::Stan,
    payment::{Decision, RefusalReason, UnknownReason},
    response_code::ResponseCode,
};

fn sign_ons(world: &World) -> usize {
    let asked = |effect: &&Effect| matches!(effect, Effect::SignOn { .. });
    world.effects.iter().filter(asked).count()
}

fn refused(reason: RefusalReason) -> Decision {
    Decision::Refused { reason }
}

/// F17: a host that closes after each answer. The link tells of what broke and nothing else, and
/// every terminal goes on with the keys it has.
#[test]
fn a_connection_that_closes_takes_no_sign_on_with_it() {
    let mut world = World::online();
    for id in 1..=4 {
        world.ask(id, 1, 1_000);
        let sale = world.sent_one();
        world.answer(&sale, "00");
        assert_eq!(world.status(id), "approved");
    }
    world.ask(5, 1, 1_000);
    let stan = world.sent_one().binding().stan;
    world.step(Event::SentThenBroke {
        tid: tid(1),
        stan,
        in_full: true,
    });
    let reason = UnknownReason::LinkBroke;
    assert_eq!(world.replies(), [Decision::Unknown { reason }]);
    assert_eq!(sign_ons(&world), 0);
    let reversal = world.sent_one();
    assert!(matches!(reversal, Outgoing::Reversal { .. }));
    world.answer(&reversal, "00");
    world.ask(6, 1, 1_000);
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
    assert_eq!(world.desk.counts().stand_in, 0);
}

/// After an outage the host may have been started anew.
#[test]
fn a_line_that_was_down_is_signed_on_to_once_when_it_is_back() {
    let mut world = World::online();
    world.step(Event::AcquirerLink { up: false });
    assert_eq!(sign_ons(&world), 0);
    world.step(Event::AcquirerLink { up: true });
    assert_eq!(sign_ons(&world), 2);
    world.step(Event::AcquirerLink { up: true });
    assert_eq!(sign_ons(&world), 0);
}

/// F17: the terminal was busy with a reversal that nobody answers, and another terminal heard the
/// host all the while.
#[test]
fn a_host_that_answers_is_never_stood_in_for() {
    for (other_heard, decided) in [
        (true, refused(RefusalReason::BankBusy)),
        (
            false,
            Decision::StandIn {
                amount: super::world::cny(700),
            },
        ),
    ] {
        let mut world = World::online();
        world.ask(1, 1, 1_000);
        world.pass(60_000);
        assert!(matches!(world.sent_one(), Outgoing::Reversal { .. }));
        world.ask(2, 1, 700);
        world.now.mono = world.now.mono.after(1);
        if other_heard {
            world.approve(3, 2, 500);
        }
        world.pass(10_000);
        assert_eq!(world.replies(), [decided], "heard: {other_heard}");
    }
}

/// F17: a host that refuses the sign-on answers, too.
#[test]
fn a_refused_sign_on_is_no_reason_to_stand_in() {
    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    world.ask(1, 1, 1_000);
    world.now.mono = world.now.mono.after(1);
    world.step(Event::SignOnRefused { tid: tid(1) });
    world.pass(10_000);
    assert_eq!(world.replies(), [refused(RefusalReason::BankBusy)]);
}

/// F17: N counts what the host can have seen.
#[test]
fn only_tries_that_were_sent_in_full_use_up_a_reversal() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.pass(60_000);
    let stan = world.sent_one().binding().stan;
    let tid = tid(1);
    for round in 0..10 {
        let event = match round % 2 {
            0 => Event::NotSent {
                tid: tid.clone(),
                stan,
            },
            _ => Event::SentThenBroke {
                tid: tid.clone(),
                stan,
                in_full: false,
            },
        };
        world.step(event);
        assert_eq!(world.status(1), "unknown, being reversed", "{round}");
        world.pass(8_000);
        assert!(matches!(world.sent_one(), Outgoing::Reversal { .. }));
    }
    // Three tries in full are what this desk gives a reversal.
    for _ in 0..3 {
        world.step(Event::SentThenBroke {
            tid: tid.clone(),
            stan,
            in_full: true,
        });
        world.pass(8_000);
    }
    assert_eq!(world.status(1), "dead letter");
}

/// F21: `store-hub link --now`.
#[test]
fn told_to_try_now_the_desk_waits_for_no_pause() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.pass(60_000);
    let reversal = world.sent_one();
    world.answer(&reversal, "96");
    assert_eq!(world.sent(), [], "after a pause");
    world.step(Event::TryNow);
    assert_eq!(world.sent_one(), reversal);

    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    assert_eq!(sign_ons(&world), 2);
    world.step(Event::TryNow);
    assert_eq!(sign_ons(&world), 0, "under way already");
    world.step(Event::SignOnFailed { tid: tid(1) });
    world.step(Event::TryNow);
    assert_eq!(sign_ons(&world), 1);
}

/// payments.md, "What an answer means".
#[test]
fn old_hub_restored_meets_94_on_a_first_send_and_delivers_nothing() {
    let (mut world, advice) = advice_at_bank();
    world.answer(&advice, "94");
    let stan = Stan::FIRST;
    let collision = Alarm::StanCollision { tid: tid(1), stan };
    assert!(world.alarms().contains(&collision), "{:?}", world.effects);
    let Some(ForwardEnd::DeadLetter {
        declined_after_goods: false,
        code: Some(ResponseCode::DUPLICATE),
        ..
    }) = world.end_of(1)
    else {
        panic!("{:?}", world.end_of(1));
    };
    let retry = Event::DeadLetterResolved {
        forward_id: world.last_forward(),
        how: crate::forward::Resolution::Retry,
    };
    world.step(retry);
    let again = world.sent_one();
    world.answer(&again, "94");
    assert!(matches!(
        world.end_of(1),
        Some(ForwardEnd::DeadLetter { .. })
    ));
    assert_eq!(world.desk.counts().forward_delivered, 0);
}

#[test]
fn a_repeat_that_gets_94_is_delivered_and_one_that_never_left_is_no_repeat() {
    for (in_full, delivered) in [(true, 1), (false, 0)] {
        let (mut world, advice) = advice_at_bank();
        world.step(Event::SentThenBroke {
            tid: tid(1),
            stan: advice.binding().stan,
            in_full,
        });
        world.pass(8_000);
        let again = world.sent_one();
        assert_eq!(again, advice);
        world.answer(&again, "94");
        assert_eq!(world.desk.counts().forward_delivered, delivered);
    }
}

#[test]
fn a_live_payment_answered_94_is_declined_with_an_alarm() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let sale = world.sent_one();
    world.answer(&sale, "94");
    assert_eq!(world.status(1), "declined");
    let stan = Stan::FIRST;
    assert_eq!(world.alarms(), [Alarm::StanCollision { tid: tid(1), stan }]);
}

/// A terminal that an earlier release stopped goes on as well.
#[test]
fn a_terminal_stopped_before_goes_on_in_the_hosts_batch() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    let stopped = TerminalFact::Stopped {
        tid: tid(1),
        theirs: batch(9),
    };
    let stopped = DeskRecord {
        at: world.now.wall,
        date: world.desk.business_date(),
        fact: stopped.into(),
    };
    world.desk.replay(&stopped);
    world.journal.push(stopped);
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(9),
    });
    let sale = world.approve(2, 1, 500);
    assert_eq!(sale.binding().batch, batch(9));
    let mut given = answer(&sale, "00");
    given.stan = Stan::new(900).unwrap();
    world.step(Event::Answered(given));
}
