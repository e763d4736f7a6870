//! The hub is killed and reads its journal: what was in flight is in doubt, nothing is sent twice.

use super::world::{World, tid};
use crate::{
    desk::{Event, Outgoing},
    payment::{Decision, RefusalReason, UnknownReason},
};

#[test]
fn what_was_sent_is_unknown_and_reversed_and_what_was_not_is_refused() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.ask(2, 1, 2_000);
    world.restart();
    let unknown = Decision::Unknown {
        reason: UnknownReason::HubRestarted,
    };
    let refused = Decision::Refused {
        reason: RefusalReason::Abandoned,
    };
    assert_eq!(world.replies(), [unknown.clone(), refused]);
    assert_eq!(world.sent(), [], "the line is not up yet");
    world.ask(1, 1, 1_000);
    assert_eq!(world.replies(), [unknown], "never sent again");
    world.go_online(1);
    world.step(Event::Tick);
    assert_eq!(world.desk.queue_depth(), 1);
    let busy = world.desk.terminals().find(|it| it.tid == tid(1)).unwrap();
    assert!(busy.busy, "its reversal is at the bank");
}

#[test]
fn a_restart_twice_makes_one_reversal() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.restart();
    world.restart();
    assert_eq!(world.effects, []);
    assert_eq!(world.desk.forwards().count(), 1);
}

#[test]
fn an_entry_that_was_sent_is_repeated_with_the_same_stan_and_batch() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.complete(1, 1);
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: super::world::batch(1),
    });
    let first = world.sent_one();
    assert!(matches!(first, Outgoing::Advice { .. }));
    world.restart();
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: super::world::batch(1),
    });
    assert_eq!(world.sent_one(), first);
}
