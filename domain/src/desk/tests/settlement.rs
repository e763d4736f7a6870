//! Sign-on, batches, and the close of the day.

use super::world::{LANES, World, answer, batch, cny, tid};
use crate::{
    day::TurnedBy,
    desk::{
        Alarm, Blocker, DayFact, DayState, DeskFact, DeskRecord, Effect, Event, Outgoing, Rejected,
        TerminalFact,
    },
    ids::{PaymentId, Stan, Tid},
    limits::BATCH_ITEMS_SETTLE_AT,
    time::BusinessDate,
};

fn date() -> BusinessDate {
    BusinessDate::parse("2026-11-22").unwrap()
}

/// The end of a date by hand.
pub(super) fn turn(ended: BusinessDate) -> Event {
    Event::TurnDate {
        ended,
        begins: ended.next(),
        by: TurnedBy::Hand,
    }
}

fn close() -> Event {
    turn(date())
}

/// Closes the day of a world at rest, silent lanes given up; every 0500 is answered as balanced.
pub(super) fn close_day(world: &mut World) {
    world.step(close());
    let mut settlements = world.sent();
    world.step(Event::CloseTimedOut);
    settlements.extend(world.sent());
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
    let due = Some(date());
    assert!(matches!(
        world.facts()[..],
        [.., DeskFact::Terminal(TerminalFact::BatchClosed { date, .. })] if *date == due
    ));
    assert_eq!(world.desk.business_date(), date().next());
    assert_eq!(batch_of(&world, &tid(1)), 2);
    assert_eq!(world.status(1), "settled");
    assert_eq!(world.desk.counts_of_day(date()).unwrap().approved, 1);
    assert_eq!(world.desk.counts().batches_balanced, 2);
    assert_eq!(world.desk.counts_today().approved, 0);
    world.step(close());
    assert_eq!(world.effects, [], "twice does no harm");
    world.approve(2, 1, 500);
    assert_eq!(world.totals(1).debit, cny(500));
}

/// One record turns the date at once and refuses nobody: a payment waits for one exchange of its
/// own terminal, and goes in the new batch.
#[test]
fn a_turn_refuses_nobody_and_a_payment_waits_for_its_settlement_alone() {
    let mut world = World::online();
    world.step(close());
    assert!(matches!(&world.effects[0], Effect::Persist(record) if record.date == date()));
    let settlements = world.sent();
    world.ask(1, 1, 1_000);
    let waits = Effect::WaitsForSettlement {
        lane: crate::ids::LaneId(1),
        payment_id: PaymentId(1),
    };
    assert!(world.effects.contains(&waits), "{:?}", world.effects);
    assert_eq!((world.replies(), world.sent()), (vec![], vec![]));
    world.answer(&settlements[0], "00");
    let sale = world.sent_one();
    assert!(matches!(sale, Outgoing::Sale { .. }));
    assert_eq!(sale.binding().batch, batch(2));
    world.answer(&sale, "00");
    assert_eq!(world.status(1), "approved");
}

/// While a 0500 is at the bank, a payment is not stood in for; after the exchange it is decided as
/// any other that its terminal can't send.
#[test]
fn a_payment_waits_for_one_exchange_at_most() {
    let mut world = World::online();
    world.step(close());
    world.ask(1, 1, 1_000);
    world.pass(29_000);
    assert_eq!(world.replies(), [], "not stood in meanwhile");
    world.pass(1_000);
    assert_eq!(world.replies().len(), 1, "the bank does not answer");
}

#[test]
fn a_settlement_is_ordered_in_mid_day_and_the_date_stays() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.step(Event::OrderSettlement);
    let [Outgoing::Settlement { binding, .. }] = &world.sent()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(binding.tid, tid(2), "a sale of the other is still open");
    let second = world.sent_one();
    world.answer(&second, "00");
    world.complete(1, 1);
    let first = world.sent_one();
    world.answer(&first, "00");
    assert_eq!(world.desk.business_date(), date());
    assert_eq!(batch_of(&world, &tid(1)), 2);
}

/// A hub before this release was stopped in the middle of a close.
#[test]
fn an_old_close_is_brought_to_its_end() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.complete(1, 1);
    let closing = DayFact::Closing { date: date() };
    let closed = TerminalFact::BatchClosed {
        tid: tid(2),
        batch: batch(1),
        totals: world.totals(2),
        balanced: true,
        date: None,
        upload_follows: false,
    };
    for fact in [DeskFact::from(closing), DeskFact::from(closed)] {
        world.journal.push(DeskRecord {
            at: world.now.wall,
            date: date(),
            fact,
        });
    }
    world.restart();
    assert_eq!(world.desk.business_date(), date().next());
    assert_eq!(world.desk.day(), DayState::Closing { date: date() });
    world.step(Event::AcquirerLink { up: true });
    for (lane, number) in [(2, 2), (1, 1)] {
        world.step(Event::SignedOn {
            tid: tid(lane),
            batch: batch(number),
        });
    }
    let first = world.sent_one();
    assert!(matches!(first, Outgoing::Settlement { .. }));
    world.answer(&first, "00");
    let closed = Some(date());
    assert_eq!(world.desk.day(), DayState::Open { closed });
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
    assert!(world.desk.undecided_dates().contains(&date()));
    assert!(matches!(
        world.desk.close_day_blockers()[..],
        [Blocker::NotSettled(_)]
    ));
    world.answer(&sale, "00");
    assert!(world.desk.undecided_dates().is_empty());
    assert_eq!(world.sent(), [], "its sale may still be given up");
    world.complete(1, 1);
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
    world.complete(1, 1);
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
    world.step(Event::CloseTimedOut);
    assert_eq!(world.sent().len(), 1, "its lane is waited for no longer");
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
fn a_payment_of_a_terminal_that_never_signed_on_is_of_the_date_that_ended() {
    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    world.ask(1, 1, 1_000);
    world.step(close());
    assert!(world.desk.undecided_dates().contains(&date()));
    world.abandon(1, 1);
    assert!(world.desk.undecided_dates().is_empty());
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
    world.step(close());
    let second = world.sent_one();
    world.step(Event::CloseTimedOut);
    let depths = (world.desk.queue_depth(), world.desk.queue_depth_to_close());
    assert_eq!(depths, (2, 1));
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
    assert_eq!(world.desk.carried_over().len(), 1);
    world.step(turn(date().next()));
    assert_eq!(world.desk.silent().len(), 1, "the next close asks again");
}
