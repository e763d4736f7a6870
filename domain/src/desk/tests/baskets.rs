//! Baskets that wait: given to one lane, whoever dies or asks in between.

use super::world::*;
use crate::{
    day::{Machine, TurnedBy},
    desk::{Alarm, BasketAsk, BasketAt, Effect, Event},
    ids::{LaneEpoch, LaneId, SaleNumber, SuspendedId},
    limits,
    recall::{RecallRefusal, RecallRefused},
    time::{BusinessDate, WallMs},
};

const fn machine(lane: u16) -> Machine {
    Machine {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
    }
}

const fn id(lane: u16, sale: u32) -> SuspendedId {
    SuspendedId {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sale: SaleNumber(sale),
    }
}

const BASKET: SuspendedId = id(1, 5);

fn waits(world: &mut World, id: SuspendedId) {
    world.step(Event::BasketWaits {
        id,
        at: WallMs(7),
        label: "blue coat".to_owned(),
        sequence: 42,
    });
}

fn waiting() -> World {
    let mut world = World::online();
    waits(&mut world, BASKET);
    world
}

fn asks(world: &mut World, lane: u16, holder_is_here: bool) {
    world.step(Event::BasketAsked(BasketAsk {
        id: BASKET,
        by: machine(lane),
        holder_is_here,
    }));
}

fn handed_over(world: &mut World, to: u16) {
    world.step(Event::BasketHandedOver {
        id: BASKET,
        to: machine(to),
    });
}

fn taken_up(world: &mut World, by: u16) {
    world.step(Event::BasketTakenUp {
        id: BASKET,
        by: machine(by),
    });
}

type Answer = (u16, Result<BasketAt, RecallRefused>);

/// What lanes were told since the last step.
fn answers(world: &World) -> Vec<Answer> {
    let told = world.effects.iter().filter_map(|effect| match effect {
        Effect::BasketAnswer { to, answer, .. } => Some((to.0, *answer)),
        _ => None,
    });
    told.collect()
}

const GIVEN: Result<BasketAt, RecallRefused> = Ok(BasketAt {
    id: BASKET,
    sequence: 42,
});

const fn refused(why: RecallRefusal, lane: u16) -> Result<BasketAt, RecallRefused> {
    Err(RecallRefused::has(why, LaneId(lane)))
}

fn is_asked_to_hand_over(world: &World, to: u16) -> bool {
    world.effects.contains(&Effect::AskToHandOver {
        basket: BASKET,
        to: machine(to),
    })
}

#[test]
fn two_lanes_ask_at_once_one_gets_it_and_the_other_is_told_who() {
    let mut world = waiting();
    asks(&mut world, 2, true);
    assert!(is_asked_to_hand_over(&world, 2));
    assert_eq!(answers(&world), [], "its lane has not said yes");
    asks(&mut world, 3, true);
    assert!(is_asked_to_hand_over(&world, 3));
    handed_over(&mut world, 2);
    let has_it = refused(RecallRefusal::HandedOver, 2);
    assert_eq!(answers(&world), [(2, GIVEN), (3, has_it)]);
    // Taken up it is gone, for its own lane as well.
    taken_up(&mut world, 2);
    for lane in [1, 2, 3] {
        asks(&mut world, lane, true);
        let sold = refused(RecallRefusal::TakenUp, 2);
        assert_eq!(answers(&world), [(lane, sold)]);
    }
}

#[test]
fn a_lost_answer_and_a_killed_hub_cost_a_second_question() {
    let mut world = waiting();
    asks(&mut world, 2, true);
    handed_over(&mut world, 2);
    // The hub dies with the answer, the lane that had it is away by now.
    world.restart();
    asks(&mut world, 2, false);
    assert_eq!(answers(&world), [(2, GIVEN)]);
    asks(&mut world, 3, true);
    let has_it = refused(RecallRefusal::HandedOver, 2);
    assert_eq!(answers(&world), [(3, has_it)]);
    // Its own lane handed it over, and gets it no more either.
    asks(&mut world, 1, true);
    assert_eq!(answers(&world), [(1, has_it)]);
}

#[test]
fn only_the_lane_that_has_it_can_hand_it_over() {
    let mut world = waiting();
    asks(&mut world, 2, false);
    let away = refused(RecallRefusal::LaneAway, 1);
    assert_eq!(answers(&world), [(2, away)]);
    // It takes it up itself while it is asked.
    asks(&mut world, 2, true);
    taken_up(&mut world, 1);
    let sold = refused(RecallRefusal::TakenUp, 1);
    assert_eq!(answers(&world), [(2, sold)]);
    world.step(Event::BasketAsked(BasketAsk {
        id: id(1, 6),
        by: machine(2),
        holder_is_here: false,
    }));
    let nothing = Err(RecallRefusal::NoSuchBasket.into());
    assert_eq!(answers(&world), [(2, nothing)]);
}

/// A machine that is gone for good, and its journal whole: what it had the hub gives away itself.
#[test]
fn what_a_machine_had_that_is_gone_is_given_to_the_first_who_asks() {
    for holder in [1, 2] {
        let mut world = waiting();
        if holder == 2 {
            handed_over(&mut world, 2);
        }
        let Machine { lane, epoch } = machine(holder);
        world.step(Event::EpochOver { lane, epoch });
        assert_eq!(world.desk.holder_of(BASKET), None);
        asks(&mut world, 3, false);
        assert_eq!(answers(&world), [(3, GIVEN)]);
        asks(&mut world, 2, false);
        let has_it = refused(RecallRefusal::HandedOver, 3);
        assert_eq!(answers(&world), [(2, has_it)]);
        world.restart();
        asks(&mut world, 3, false);
        assert_eq!(answers(&world), [(3, GIVEN)]);
    }
}

/// A hub that lost its journal reads the lanes' journals in whatever order they come.
#[test]
fn a_rebuilt_hub_learns_from_journals_in_any_order() {
    let mut world = World::online();
    taken_up(&mut world, 2);
    waits(&mut world, BASKET);
    handed_over(&mut world, 2);
    asks(&mut world, 3, true);
    let sold = refused(RecallRefusal::TakenUp, 2);
    assert_eq!(answers(&world), [(3, sold)]);
    // Told twice, nothing is written.
    let records = world.journal.len();
    taken_up(&mut world, 2);
    waits(&mut world, BASKET);
    assert_eq!(world.journal.len(), records);
}

#[test]
fn a_basket_that_two_journals_took_up_is_an_alarm() {
    let mut world = waiting();
    taken_up(&mut world, 1);
    taken_up(&mut world, 2);
    let alarm = Alarm::BasketTwice {
        id: BASKET,
        first: machine(1),
        by: machine(2),
    };
    assert!(world.effects.contains(&Effect::Alarm(alarm)));
}

#[test]
fn the_list_has_what_waits_oldest_first_with_who_has_it() {
    let mut world = waiting();
    world.step(Event::BasketWaits {
        id: id(3, 1),
        at: WallMs(1),
        label: String::new(),
        sequence: 9,
    });
    handed_over(&mut world, 2);
    let listed: Vec<_> = world
        .desk
        .store_baskets()
        .map(|one| (one.id, one.lane))
        .collect();
    assert_eq!(
        listed,
        [(id(3, 1), Some(LaneId(3))), (BASKET, Some(LaneId(2)))]
    );
}

#[test]
fn what_was_taken_up_is_remembered_for_some_weeks_and_what_waits_has_a_limit() {
    let mut world = waiting();
    taken_up(&mut world, 2);
    let mut date = BusinessDate::parse("2026-11-22").unwrap();
    let days = i64::from(limits::BASKET_TAKEN_UP_DAYS);
    for _ in 0..=days {
        let ended = date;
        date = date.next();
        world.step(Event::TurnDate {
            ended,
            begins: date,
            by: TurnedBy::Clock,
        });
    }
    asks(&mut world, 3, true);
    let nothing = Err(RecallRefusal::NoSuchBasket.into());
    assert_eq!(answers(&world), [(3, nothing)]);
    for sale in 0..=u32::try_from(limits::STORE_BASKETS_MAX).unwrap() {
        let event = Event::BasketWaits {
            id: id(2, 100 + sale),
            at: WallMs(7),
            label: String::new(),
            sequence: 9,
        };
        world.desk.step(world.now, 0, event).unwrap();
    }
    assert_eq!(
        world.desk.store_baskets().count(),
        limits::STORE_BASKETS_MAX
    );
}
