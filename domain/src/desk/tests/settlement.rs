//! Sign-on, batches, and the close of the day.

use super::world::{LANES, World, answer, batch, cny, tid};
use crate::{
    desk::{
        Alarm, Blocker, DayFact, DayState, DeskFact, Effect, Event, Outgoing, Rejected,
        TerminalFact,
    },
    ids::{PaymentId, Stan, Tid},
    limits::BATCH_ITEMS_SETTLE_AT,
    payment::{Decision, RefusalReason},
    time::BusinessDate,
};

fn date() -> BusinessDate {
    BusinessDate::parse("2026-11-22").unwrap()
}

fn close() -> Event {
    Event::CloseDay { date: date() }
}

/// Closes the day of a world at rest; every 0500 is answered as balanced.
pub(super) fn close_day(world: &mut World) {
    world.step(close());
    let settlements = world.sent();
    assert_eq!(settlements.len(), usize::from(LANES));
    for settlement in settlements {
        world.answer(&settlement, "00");
    }
    assert_eq!(
        world.desk.day(),
        DayState::Open {
            closed: Some(date())
        }
    );
}

fn batch_of(world: &World, tid: &Tid) -> u32 {
    let mut terminals = world.desk.terminals();
    let terminal = terminals.find(|terminal| terminal.tid == *tid).unwrap();
    terminal.batch.unwrap().number()
}

#[test]
fn a_day_closes_with_its_totals_and_opens_the_next_batch() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.complete(1, 1);
    world.step(close());
    let [
        Outgoing::Settlement { totals, .. },
        Outgoing::Settlement { totals: none, .. },
    ] = &world.sent()[..]
    else {
        panic!("{:?}", world.effects);
    };
    assert_eq!((totals.debit, totals.debit_count), (cny(1_000), 1));
    assert_eq!((none.debit, none.debit_count), (cny(0), 0));
    for settlement in world.sent() {
        world.answer(&settlement, "00");
    }
    assert!(matches!(
        world.facts()[..],
        [.., DeskFact::Day(DayFact::Closed { .. })]
    ));
    assert_eq!(batch_of(&world, &tid(1)), 2);
    assert_eq!(world.status(1), "settled");
    assert_eq!(
        world.desk.counts_of_day(date()).unwrap().batches_balanced,
        2
    );
    assert_eq!(world.desk.counts_today().approved, 0);
    world.step(close());
    assert_eq!(world.effects, [], "twice does no harm");
    world.approve(2, 1, 500);
    assert_eq!(world.totals(1).debit, cny(500));
}

#[test]
fn no_new_payments_while_a_day_closes_and_only_one_day_closes() {
    let mut world = World::online();
    world.step(close());
    world.ask(1, 1, 1_000);
    let reason = RefusalReason::NoTerminal;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
    let other = Event::CloseDay {
        date: date().next(),
    };
    let rejected = Err(Rejected::OtherDayClosing { closing: date() });
    assert_eq!(world.try_step(other), rejected);
}

#[test]
fn what_is_open_holds_up_its_terminal_alone() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let sale = world.sent_one();
    world.step(close());
    let [Outgoing::Settlement { binding, .. }] = &world.sent()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(binding.tid, tid(2));
    let other = world.sent_one();
    world.answer(&other, "00");
    assert!(matches!(
        world.desk.close_day_blockers()[..],
        [Blocker::Undecided(_), _]
    ));
    world.answer(&sale, "00");
    let last = world.sent_one();
    assert!(matches!(last, Outgoing::Settlement { .. }));
    world.answer(&last, "00");
    assert_eq!(
        world.desk.day(),
        DayState::Open {
            closed: Some(date())
        }
    );
}

#[test]
fn a_stand_in_of_a_silent_lane_is_named() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.go_online(1);
    world.step(close());
    assert_eq!(world.sent().len(), 1, "the other terminal settles");
    let blockers = world.desk.close_day_blockers();
    assert!(
        matches!(blockers[0], Blocker::LaneSilent { .. }),
        "{blockers:?}"
    );
    world.complete(1, 1);
    let advice = world.sent_one();
    assert!(matches!(advice, Outgoing::Advice { .. }));
    world.answer(&advice, "00");
    let Outgoing::Settlement { totals, .. } = world.sent_one() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(totals.debit, cny(1_000));
}

#[test]
fn an_unanswered_0500_is_repeated_the_same_and_over_a_restart() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.step(close());
    let first = world.sent()[0].clone();
    world.pass(30_000);
    assert_eq!(world.sent(), []);
    world.pass(1_000);
    assert_eq!(world.sent()[0], first);
    world.restart();
    world.step(Event::AcquirerLink { up: true });
    // Its 0510 was lost: the host is in the next batch already.
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(2),
    });
    assert_eq!(world.alarms(), []);
    assert_eq!(world.sent_one(), first);
    world.answer(&first, "00");
    assert_eq!(batch_of(&world, &tid(1)), 2);
    assert_eq!(world.status(1), "settled");
}

#[test]
fn a_0500_of_an_empty_batch_is_not_repeated_in_another() {
    let mut world = World::online();
    world.step(close());
    assert_eq!(world.sent().len(), 2);
    world.step(Event::SentThenBroke {
        tid: tid(1),
        stan: Stan::FIRST,
        in_full: true,
    });
    world.step(Event::AcquirerLink { up: false });
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(8),
    });
    let Outgoing::Settlement { binding, .. } = world.sent_one() else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(binding.batch, batch(8));
    assert!(matches!(
        world.facts()[..],
        [
            DeskFact::Terminal(TerminalFact::SignedOn { .. }),
            DeskFact::Terminal(TerminalFact::SettlementSent { .. })
        ]
    ));
}

#[test]
fn a_batch_that_does_not_balance_is_closed_and_alarmed() {
    for result in [2, 3] {
        let mut world = World::online();
        world.step(close());
        let mut given = answer(&world.sent()[0], "00");
        given.settlement_result = Some(result);
        world.step(Event::Answered(given));
        let unbalanced = Alarm::NotBalanced {
            tid: tid(1),
            batch: batch(1),
        };
        assert_eq!(world.alarms(), [unbalanced]);
        assert_eq!(world.desk.counts().batches, 1);
        assert_eq!(world.desk.counts().batches_balanced, 0);
    }
}

#[test]
fn an_approval_given_up_after_the_0500_is_left_to_a_person() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.step(close());
    world.abandon(1, 1);
    assert_eq!(world.status(1), "dead letter");
}

#[test]
fn another_batch_at_the_host_closes_ours_by_name_unless_it_is_empty() {
    let mut world = World::online();
    let signed_on = |number| Event::SignedOn {
        tid: tid(1),
        batch: batch(number),
    };
    world.step(signed_on(7));
    assert_eq!(batch_of(&world, &tid(1)), 7);
    world.approve(1, 1, 1_000);
    world.step(signed_on(9));
    let (ours, theirs) = (batch(7), batch(9));
    assert_eq!(
        world.alarms(),
        [
            Alarm::BatchMismatch {
                tid: tid(1),
                ours,
                theirs
            },
            Alarm::NotBalanced {
                tid: tid(1),
                batch: ours
            }
        ]
    );
    let [DeskFact::Terminal(stopped), DeskFact::Terminal(closed), ..] = &world.facts()[..] else {
        panic!("{:?}", world.effects);
    };
    assert!(matches!(stopped, TerminalFact::Stopped { .. }));
    let TerminalFact::BatchClosed {
        batch: of,
        totals,
        balanced,
        ..
    } = closed
    else {
        panic!("{closed:?}");
    };
    assert_eq!((*of, totals.debit, *balanced), (ours, cny(1_000), false));
    assert_eq!(batch_of(&world, &tid(1)), 9, "it goes on in the host's");
    let sale = world.approve(2, 1, 1_000);
    assert_eq!(sale.binding().batch, theirs);
    world.abandon(1, 1);
    assert_eq!(world.status(1), "dead letter", "its batch is closed");
    assert_eq!(world.sent(), []);
}

#[test]
fn what_belongs_to_a_batch_the_host_has_cut_is_a_dead_letter_at_once() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.complete(1, 1);
    world.ask(2, 1, 2_000);
    world.step(Event::SentThenBroke {
        tid: tid(1),
        stan: Stan::new(2).unwrap(),
        in_full: true,
    });
    world.step(Event::AcquirerLink { up: false });
    world.pass(30_000);
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(9),
    });
    let unbalanced = Alarm::NotBalanced {
        tid: tid(1),
        batch: batch(1),
    };
    assert!(world.alarms().contains(&unbalanced), "{:?}", world.effects);
    assert_eq!(world.status(2), "dead letter");
    assert_eq!(batch_of(&world, &tid(1)), 9);
    let reversal = world.last_forward();
    let retry = Event::DeadLetterResolved {
        forward_id: reversal,
        how: crate::forward::Resolution::Retry,
    };
    assert_eq!(
        world.try_step(retry),
        Err(Rejected::BatchIsClosed(reversal))
    );
}

#[test]
fn a_terminal_that_never_signed_on_does_not_hold_up_the_day() {
    let mut world = World::new();
    world.step(close());
    assert_eq!(
        world.desk.day(),
        DayState::Open {
            closed: Some(date())
        }
    );
    assert!(
        !world
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::Send(_)))
    );
}

#[test]
fn a_day_waits_for_the_payment_of_a_terminal_that_never_signed_on() {
    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    world.ask(1, 1, 1_000);
    world.step(close());
    assert_eq!(world.desk.day(), DayState::Closing { date: date() });
    world.abandon(1, 1);
    assert_eq!(
        world.desk.day(),
        DayState::Open {
            closed: Some(date())
        }
    );
}

/// The counts of a 0500 have three digits: a terminal that sells more in a day settles in between,
/// once its last sale has ended: a settled approval could be taken back no more.
#[test]
fn a_nearly_full_batch_is_settled_between_two_payments() {
    let mut world = World::online();
    let full = u32::try_from(BATCH_ITEMS_SETTLE_AT).unwrap();
    for number in 1..full {
        world.approve(u128::from(number), 1, 100);
        world.complete(u128::from(number), 1);
        assert_eq!(world.sent(), [], "nothing follows payment {number}");
    }
    world.approve(u128::from(full), 1, 100);
    assert_eq!(world.sent(), [], "the last sale may still be given up");
    world.complete(u128::from(full), 1);
    let settlements = world.sent();
    let [Outgoing::Settlement { totals, .. }] = &settlements[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(totals.debit_count, full);
    world.answer(&settlements[0], "00");
    assert_eq!(
        world.desk.day(),
        DayState::Open { closed: None },
        "the day goes on"
    );
    assert_eq!(batch_of(&world, &tid(1)), 2);
    world.approve(u128::from(full) + 1, 1, 500);
    assert_eq!(world.totals(1).debit, cny(500));
    world.complete(u128::from(full) + 1, 1);
    close_day(&mut world);
    assert_eq!(batch_of(&world, &tid(1)), 3);
}

#[test]
fn what_a_silent_lane_holds_up_is_carried_over_by_name_and_nothing_else_is() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.ask(2, 1, 2_000);
    world.complete(2, 1);
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    let advice = world.sent_one();
    world.step(Event::SignedOn {
        tid: tid(2),
        batch: batch(1),
    });
    let silent = world.desk.silent();
    let silent: Vec<PaymentId> = silent.iter().map(|one| one.payment_id).collect();
    assert_eq!(silent, [PaymentId(1)], "the other only has to be delivered");
    world.step(Event::CloseTimedOut);
    let depths = (world.desk.queue_depth(), world.desk.queue_depth_to_close());
    assert_eq!(depths, (2, 1));
    world.step(close());
    let second = world.sent_one();
    world.answer(&second, "00");
    let still_open = matches!(world.desk.day(), DayState::Closing { .. });
    assert!(still_open, "the advice of a closed sale is waited for");
    world.answer(&advice, "00");
    let first = world.sent_one();
    world.answer(&first, "00");
    assert_eq!(
        world.desk.day(),
        DayState::Open {
            closed: Some(date())
        }
    );
    assert_eq!(world.desk.queue_depth(), 1, "it is not dropped");
    assert_eq!(world.desk.silent().len(), 1, "the next close asks again");
}

#[test]
fn a_close_without_a_date_means_the_running_day_unless_it_is_empty() {
    let mut world = World::online();
    for empty in [true, false] {
        assert_eq!(world.desk.day_meant(empty), date(), "none was closed yet");
    }
    close_day(&mut world);
    assert_eq!(world.desk.day_meant(true), date(), "asked again");
    assert_eq!(world.desk.day_meant(false), date().next());
    let date = date().next();
    world.step(Event::CloseDay { date });
    assert_eq!(world.desk.day_meant(true), date, "it is being closed");
}
