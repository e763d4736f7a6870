//! What the host is told of a batch that was closed (0320).

use super::{
    settlement::turn,
    world::{World, answer, batch, config, tid},
};
use crate::{
    desk::{Alarm, DeskConfig, DeskFact, Effect, Event, Outgoing, TerminalFact},
    limits::UPLOAD_TRIES_MAX,
    payment::Answer,
    time::BusinessDate,
};

fn date() -> BusinessDate {
    BusinessDate::parse("2026-11-22").unwrap()
}

/// Nine sales of lane 1, the date turned, the 0500 answered like this. Lane 2 is settled.
fn settled(config: DeskConfig, change: impl FnOnce(&mut Answer)) -> World {
    let mut world = World::with(config);
    world.go_online(1);
    for id in 1..=9 {
        world.approve(id, 1, 100);
        world.complete(id, 1);
    }
    world.step(turn(date()));
    let settlements = world.sent();
    let mut given = answer(&settlements[0], "00");
    change(&mut given);
    let mut balanced = answer(&settlements[1], "00");
    balanced.settlement_result = Some(1);
    world.step(Event::Answered(balanced));
    world.step(Event::Answered(given));
    world
}

fn uploaded(message: &Outgoing) -> (usize, usize, bool) {
    match message {
        Outgoing::Upload {
            binding,
            items,
            total,
            balanced,
        } => {
            assert_eq!(binding.batch, batch(1), "the closed batch");
            (items.len(), *total, *balanced)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_batch_that_does_not_balance_is_told_item_by_item_with_a_payment_in_between() {
    let mut world = settled(config(), |given| given.settlement_result = Some(2));
    let unbalanced = Alarm::NotBalanced {
        tid: tid(1),
        batch: batch(1),
    };
    assert_eq!(world.alarms(), [unbalanced]);
    let first = world.sent_one();
    assert_eq!(uploaded(&first), (8, 9, false));
    world.ask(20, 1, 500);
    world.answer(&first, "00");
    let sale = world.sent_one();
    assert!(
        matches!(sale, Outgoing::Sale { .. }),
        "one between two payments"
    );
    assert_eq!(sale.binding().batch, batch(2));
    world.answer(&sale, "00");
    let second = world.sent_one();
    assert_eq!(uploaded(&second), (1, 9, false));
    world.answer(&second, "00");
    let marker = world.sent_one();
    assert_eq!(uploaded(&marker), (0, 9, false));
    world.answer(&marker, "00");
    assert_eq!(world.sent(), []);
    let facts = world.facts();
    let mut answered = facts.iter().filter_map(|fact| match fact {
        DeskFact::Terminal(TerminalFact::UploadAnswered { ended, .. }) => Some(*ended),
        _ => None,
    });
    assert!(answered.any(|ended| ended));
}

/// The cards of a batch are held until the host counts the same, or has been told each item.
#[test]
fn cards_are_held_until_the_batch_is_over() {
    let erased = |world: &World| {
        let effects = world.effects.iter();
        let erased = effects.filter(|effect| matches!(effect, Effect::EraseCard(_)));
        erased.count()
    };
    let world = settled(config(), |given| given.settlement_result = Some(1));
    assert_eq!(erased(&world), 9);
    let mut world = settled(config(), |given| given.settlement_result = Some(2));
    assert_eq!(erased(&world), 0);
    for _ in 0..3 {
        let message = world.sent_one();
        world.answer(&message, "00");
    }
    assert_eq!(erased(&world), 9);
}

/// A 0510 that says nothing of the totals is an answer all the same.
#[test]
fn after_an_answer_there_is_never_a_second_0500() {
    let mut world = settled(config(), |given| given.settlement_result = None);
    let message = world.sent_one();
    assert_eq!(
        uploaded(&message),
        (8, 9, false),
        "nobody said that it balances"
    );
    world.pass(60_000);
    let sent = world.sent();
    let settles = |message: &Outgoing| matches!(message, Outgoing::Settlement { .. });
    assert!(!sent.iter().any(settles), "{sent:?}");
    // "Sign on first" and "try again" are no answers to the totals.
    for code in ["77", "96"] {
        let world = settled(config(), |given| {
            given.settlement_result = None;
            given.code = super::world::code(code);
        });
        assert_eq!(world.alarms(), [], "{code}");
        assert_eq!(world.desk.counts().batches, 1, "{code}");
    }
}

#[test]
fn an_acquirer_may_want_a_marker_after_a_batch_that_balanced() {
    let config = DeskConfig {
        marker_when_balanced: true,
        ..config()
    };
    let mut world = settled(config, |given| given.settlement_result = Some(1));
    let marker = world.sent_one();
    assert_eq!(uploaded(&marker), (0, 0, true));
    world.answer(&marker, "00");
    assert_eq!((world.alarms(), world.sent()), (vec![], vec![]));
}

#[test]
fn an_upload_that_is_refused_or_never_answered_is_given_up_by_name() {
    let alarm = Alarm::NotUploaded {
        tid: tid(1),
        batch: batch(1),
    };
    let mut world = settled(config(), |given| given.settlement_result = Some(2));
    let first = world.sent_one();
    world.answer(&first, "30");
    assert_eq!(
        (world.alarms(), world.sent()),
        (vec![alarm.clone()], vec![])
    );

    let mut world = settled(config(), |given| given.settlement_result = Some(2));
    let first = world.sent_one();
    let mut tries = 1;
    for _ in 0..600 {
        world.pass(1_000);
        let sent = world.sent();
        assert!(
            sent.iter().all(|message| *message == first),
            "a repeat equals it"
        );
        tries += u32::try_from(sent.len()).unwrap();
        if world.alarms() == [alarm.clone()] {
            break;
        }
    }
    assert_eq!(tries, UPLOAD_TRIES_MAX);
    world.ask(20, 1, 500);
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    let mut world = settled(config(), |given| given.settlement_result = Some(2));
    let first = world.sent_one();
    world.restart();
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(2),
    });
    assert_eq!(world.sent_one(), first, "the same message again");
    assert_eq!(world.desk.business_date(), date().next());
}
