//! Cards that are never stood in for, and cards used again and again.

use std::sync::Arc;

use super::world::{World, answer, batch, config, request, tid};
use crate::{
    card_ref::{CardHash, Funding},
    desk::{Alarm, Effect, Event},
    ids::PaymentId,
    payment::{Decision, PaymentRequest, RefusalReason},
    risk::{BinRange, HotList, VelocityLimit},
};

fn refused(reason: RefusalReason) -> Decision {
    Decision::Refused { reason }
}

impl World {
    fn ask_with(&mut self, request: PaymentRequest) -> Decision {
        self.step(Event::Requested(request));
        self.replies()[0].clone()
    }
}

#[test]
fn a_hot_card_or_range_is_not_stood_in_for_but_asked_of_the_bank() {
    let mut list = HotList::new(3);
    list.add_card(CardHash([9; 32])).unwrap();
    let range = BinRange {
        from: 400_000,
        to: 499_999,
    };
    list.add_range(range).unwrap();
    let mut config = config();
    config.hot_list = Arc::new(list);
    let mut world = World::with(config);
    let mut by_hash = request(1, 1, 1_000);
    by_hash.card.hash = Some(CardHash([9; 32]));
    let mut by_range = request(2, 1, 1_000);
    by_range.card.masked = crate::card_ref::MaskedPan::new("411111******1111").unwrap();
    assert_eq!(
        world.ask_with(by_hash.clone()),
        refused(RefusalReason::HotCard)
    );
    assert_eq!(world.ask_with(by_range), refused(RefusalReason::HotCard));
    assert!(matches!(
        world.ask_with(request(3, 1, 1_000)),
        Decision::StandIn { .. }
    ));
    // The bank may be asked about it.
    world.go_online(1);
    by_hash.payment_id = PaymentId(4);
    world.step(Event::Requested(by_hash));
    assert_eq!(world.sent().len(), 1);
}

#[test]
fn a_card_declined_after_goods_is_hot_from_then_on_and_lanes_hear_of_it() {
    let mut world = World::new();
    let card = request(1, 1, 1_000).card;
    world.ask(1, 1, 1_000);
    world.complete(1, 1);
    world.step(Event::AcquirerLink { up: true });
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    let advice = world.sent_one();
    assert_eq!(world.desk.hot_list_version(), 0);
    world.step(Event::Answered(answer(&advice, "51")));
    let told = Effect::HotCard {
        card: card.hash.unwrap(),
        base: 0,
        version: 1,
    };
    assert!(world.effects.contains(&told), "{:?}", world.effects);
    assert!(world.desk.hot_list().names(&card));
    world.step(Event::AcquirerLink { up: false });
    let mut again = request(2, 1, 100);
    again.card = card;
    assert_eq!(world.ask_with(again), refused(RefusalReason::HotCard));
}

#[test]
fn the_same_card_again_and_again_is_refused_with_an_alarm() {
    let mut config = config();
    config.policy.velocity = Some(VelocityLimit {
        count_max: 2,
        window_ms: 60_000,
    });
    let mut world = World::with(config);
    let same = |id| {
        let mut request = request(id, 1, 100);
        request.card.hash = Some(CardHash([7; 32]));
        request
    };
    for id in 1..=2 {
        let decision = world.ask_with(same(id));
        assert!(matches!(decision, Decision::StandIn { .. }));
    }
    assert_eq!(world.ask_with(same(3)), refused(RefusalReason::TooOften));
    assert_eq!(world.alarms(), [Alarm::CardTooOften(PaymentId(3))]);
    let mut other = request(4, 1, 100);
    other.card.hash = Some(CardHash([8; 32]));
    assert!(matches!(world.ask_with(other), Decision::StandIn { .. }));
    world.pass(60_000);
    let decision = world.ask_with(same(5));
    assert!(matches!(decision, Decision::StandIn { .. }));
}

#[test]
fn a_table_of_the_store_decides_which_cards() {
    let mut config = config();
    let limits = &mut config.policy.floor_limits;
    limits.set(None, None, Some(Funding::Debit), 200);
    let mut world = World::with(config);
    let with = |id, minor, funding| {
        let mut request = request(id, 1, minor);
        request.card.funding = funding;
        request.card.hash = Some(CardHash([id as u8; 32]));
        request
    };
    let not = refused(RefusalReason::NotOffline);
    assert_eq!(world.ask_with(with(1, 201, Funding::Debit)), not);
    assert!(matches!(
        world.ask_with(with(2, 200, Funding::Debit)),
        Decision::StandIn { .. }
    ));
    assert!(matches!(
        world.ask_with(with(3, 201, Funding::Credit)),
        Decision::StandIn { .. }
    ));
    assert_eq!(world.ask_with(with(4, 100, Funding::Prepaid)), not);
}
