//! Goods that come back: reserved once, across lanes, and given back only when a journal shows it.

use super::world::*;
use crate::{
    day::TurnedBy,
    desk::{DeskFact, Effect, Event, Rejected, Released, ReturnAsk, ReturnClosed, ReturnFact},
    ids::{LaneEpoch, LaneId, PaymentId, ReturnId, SaleNumber},
    limits,
    returns::{
        CardPaid, OfReceipt, Original, PaidPart, ReturnRefusal, SoldLine, Source, TakenLine, Taking,
    },
    sale::{Line, PriceSource, TaxMode},
    time::{BusinessDate, WallMs},
};

const CARD: PaymentId = PaymentId(9);

fn line(number: u32, quantity: u32, minor: i64) -> Line {
    Line {
        number,
        barcode: "6900000000014".to_owned(),
        name: "milk".to_owned(),
        quantity,
        weight: None,
        unit: String::new(),
        unit_price: cny(minor),
        price_source: PriceSource::File,
        discount: None,
        total: cny(minor * i64::from(quantity)),
        tax_class: String::new(),
        tax: None,
        category: String::new(),
        price_version: String::new(),
        batch: String::new(),
        expiry: None,
        least_age: None,
        returned: None,
        voided: false,
    }
}

fn card_paid() -> CardPaid {
    let card = request(1, 1, 1).card;
    CardPaid {
        scheme: card.scheme,
        masked: card.masked,
    }
}

/// Two of milk and one cheese, 3.00 by card and 1.00 in cash.
fn original() -> Original {
    let part = |source, card, minor| PaidPart {
        source,
        card,
        value: cny(minor),
        paid: cny(minor),
    };
    let lines = [line(1, 2, 100), line(2, 1, 200)];
    Original {
        receipt: receipt(1, 1),
        sold_on: BusinessDate::parse("2026-11-22").unwrap(),
        at: WallMs(1),
        tax_mode: TaxMode::Inclusive,
        lines: lines.map(|line| SoldLine { line, tax: cny(0) }).to_vec(),
        paid: vec![
            part(Source::Payment(CARD), Some(card_paid()), 300),
            part(Source::Cash, None, 100),
        ],
    }
}

fn return_id(lane: u16, sale: u32) -> ReturnId {
    ReturnId {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sale: SaleNumber(sale),
    }
}

/// So many pieces of the milk.
fn milk(id: ReturnId, revision: u32, pieces: u32) -> Event {
    let line = TakenLine {
        line_number: 1,
        pieces,
        total: cny(100 * i64::from(pieces)),
        tax: cny(0),
    };
    asks(id, revision, vec![line])
}

fn asks(id: ReturnId, revision: u32, lines: Vec<TakenLine>) -> Event {
    Event::ReserveReturn(ReturnAsk {
        id,
        revision,
        wanted: vec![OfReceipt {
            receipt: receipt(1, 1),
            sold_on: None,
            lines,
        }],
        originals: vec![original()],
    })
}

fn answer(world: &World) -> Result<Taking, ReturnRefusal> {
    let answer = world.effects.iter().find_map(|effect| match effect {
        Effect::ReturnAnswer { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    answer.unwrap().map(|taking| *taking)
}

fn asked(world: &mut World, event: Event) -> Result<Taking, ReturnRefusal> {
    world.step(event);
    answer(world)
}

fn written(world: &World) -> Vec<ReturnFact> {
    let facts = world
        .journal
        .iter()
        .filter_map(|record| match &record.fact {
            DeskFact::Return(fact) => Some(fact.clone()),
            _ => None,
        });
    facts.collect()
}

fn closes(id: ReturnId, revision: u32, payout: i64) -> Event {
    Event::SaleEnded {
        id,
        closed: Some(ReturnClosed {
            revision,
            receipt: receipt(id.lane.0, 50 + id.sale.0),
            payout: cny(payout),
        }),
    }
}

/// Two lanes return one piece at once: the second is told why not, and what is left later.
#[test]
fn i13_two_lanes_return_one_line_at_once_and_one_of_them_gets_it() {
    let mut world = World::online();
    let (first, second) = (return_id(1, 7), return_id(2, 9));
    assert!(asked(&mut world, milk(first, 1, 2)).is_ok());
    let refused = asked(&mut world, milk(second, 1, 1));
    assert_eq!(refused, Err(ReturnRefusal::ReservedElsewhere));
    // The customer of lane 1 keeps it: lane 2 gets it now.
    world.step(Event::SaleEnded {
        id: first,
        closed: None,
    });
    assert!(asked(&mut world, milk(second, 1, 1)).is_ok());
    world.step(closes(second, 1, 100));
    // Closed, it is gone for good.
    let refused = asked(&mut world, milk(return_id(1, 8), 1, 2));
    assert_eq!(refused, Err(ReturnRefusal::NothingLeft));
}

#[test]
fn a_repeat_gets_the_same_answer_and_writes_nothing() {
    let mut world = World::online();
    let id = return_id(2, 9);
    let first = asked(&mut world, milk(id, 3, 1));
    let records = world.journal.len();
    assert_eq!(asked(&mut world, milk(id, 3, 1)), first);
    assert_eq!(world.journal.len(), records);
    // After a restart, too: the answer may have been lost with the hub.
    world.restart();
    assert_eq!(asked(&mut world, milk(id, 3, 1)), first);
    // The same question with other content is no repeat.
    let refused = asked(&mut world, milk(id, 3, 2));
    assert_eq!(refused, Err(ReturnRefusal::Changed));
}

#[test]
fn a_basket_that_changed_takes_the_place_of_what_it_was() {
    let mut world = World::online();
    let (id, other) = (return_id(2, 9), return_id(1, 7));
    asked(&mut world, milk(id, 3, 2)).unwrap();
    asked(&mut world, milk(id, 5, 1)).unwrap();
    // The earlier question comes late.
    let refused = asked(&mut world, milk(id, 3, 2));
    assert_eq!(refused, Err(ReturnRefusal::Overtaken));
    asked(&mut world, milk(other, 1, 1)).unwrap();
    let line = TakenLine {
        line_number: 2,
        pieces: 1,
        total: cny(200),
        tax: cny(0),
    };
    assert!(asked(&mut world, asks(other, 2, vec![line])).is_ok());
    assert_eq!(world.desk.returns().open.len(), 2);
}

#[test]
fn a_question_that_comes_behind_the_end_of_its_sale_reserves_nothing() {
    let mut world = World::online();
    let id = return_id(2, 9);
    // The journal of the lane is quicker than its question.
    world.step(Event::SaleEnded { id, closed: None });
    let refused = asked(&mut world, milk(id, 1, 1));
    assert_eq!(refused, Err(ReturnRefusal::SaleOver));
    asked(&mut world, milk(return_id(2, 10), 1, 1)).unwrap();
    world.step(closes(return_id(2, 10), 1, 100));
    world.restart();
    let refused = asked(&mut world, milk(return_id(2, 10), 1, 1));
    assert_eq!(refused, Err(ReturnRefusal::SaleOver));
}

#[test]
fn a_sale_that_closes_without_its_return_gives_it_back() {
    let mut world = World::online();
    let id = return_id(2, 9);
    asked(&mut world, milk(id, 1, 2)).unwrap();
    // The lane closed another basket than the one that was reserved for.
    world.step(closes(id, 4, 100));
    let why = Released::NotClosed;
    assert_eq!(written(&world)[1], ReturnFact::Released { id, why });
    assert!(asked(&mut world, milk(return_id(1, 7), 1, 2)).is_ok());
}

#[test]
fn a_cards_part_is_owed_once_it_is_closed_and_never_twice() {
    let mut world = World::online();
    let id = return_id(2, 9);
    let taking = asked(&mut world, milk(id, 1, 2)).unwrap();
    assert_eq!(taking.plan[0].source, Source::Payment(CARD));
    assert!(world.desk.returns().owed.is_empty());
    world.step(closes(id, 1, 200));
    world.step(closes(id, 1, 200));
    let owed: Vec<i64> = world
        .desk
        .returns()
        .owed
        .values()
        .map(|one| one.amount.minor())
        .collect();
    assert_eq!(owed, [200]);
    // 1.00 is left of the card: the rest of the cheese is paid in cash.
    let line = TakenLine {
        line_number: 2,
        pieces: 1,
        total: cny(200),
        tax: cny(0),
    };
    let taking = asked(&mut world, asks(return_id(1, 7), 1, vec![line])).unwrap();
    let plan: Vec<i64> = taking.plan.iter().map(|one| one.value.minor()).collect();
    assert_eq!(plan, [100, 100]);
}

#[test]
fn what_was_paid_in_cash_for_a_card_is_not_owed_to_it() {
    let mut world = World::online();
    let id = return_id(2, 9);
    asked(&mut world, milk(id, 1, 2)).unwrap();
    let paid = Event::ReturnPaidInCash {
        id,
        payment_id: CARD,
        amount: cny(200),
    };
    world.step(paid.clone());
    world.step(paid);
    world.step(closes(id, 1, 200));
    assert!(world.desk.returns().owed.is_empty());
    assert_eq!(written(&world).len(), 3);
    // And it is gone from what is left of the card.
    let left = world.desk.original_with_taken(original(), None).unwrap();
    assert_eq!(left.1.minor(Source::Payment(CARD)), 200);
}

#[test]
fn what_goods_were_exchanged_for_goes_back_to_what_had_paid_for_the_first() {
    let mut world = World::online();
    let id = return_id(2, 9);
    asked(&mut world, milk(id, 1, 2)).unwrap();
    // The same basket has goods for 1.50: 0.50 are paid back.
    world.step(closes(id, 1, 50));
    let second = Original {
        receipt: receipt(2, 59),
        paid: Vec::new(),
        ..original()
    };
    let (second, _) = world.desk.original_with_taken(second, None).unwrap();
    let [part] = &second.paid[..] else {
        panic!("{:?}", second.paid);
    };
    assert_eq!((part.source, part.value), (Source::Payment(CARD), cny(150)));
}

/// The hub lost its journal: a lane's shows what it had been given.
#[test]
fn i13_a_rebuilt_hub_learns_from_lanes_what_came_back() {
    let mut lost = World::online();
    let id = return_id(2, 9);
    let taking = asked(&mut lost, milk(id, 2, 2)).unwrap();
    let mut world = World::online();
    let shown = Event::ReturnShown {
        id,
        revision: 2,
        taking,
    };
    world.step(shown.clone());
    world.step(shown.clone());
    world.step(closes(id, 2, 200));
    world.step(shown);
    assert_eq!(world.desk.returns().open.len(), 0);
    assert_eq!(world.desk.returns().owed.len(), 1);
    assert_eq!(written(&world).len(), 2);
    let refused = asked(&mut world, milk(return_id(1, 7), 1, 1));
    assert_eq!(refused, Err(ReturnRefusal::NothingLeft));
}

#[test]
fn a_dead_lane_keeps_it_until_its_journal_is_here_whole_or_somebody_says_so() {
    let mut world = World::online();
    let id = return_id(2, 9);
    asked(&mut world, milk(id, 1, 2)).unwrap();
    let (lane, epoch) = (LaneId(2), LaneEpoch(2));
    world.step(Event::LaneAttached { lane, epoch });
    // The machine that is gone may have closed it: nobody knows yet.
    assert!(world.desk.returns().open.contains_key(&id));
    let mut by_hand = world.clone();
    let epoch = LaneEpoch(1);
    world.step(Event::EpochOver { lane, epoch });
    assert!(world.desk.returns().open.is_empty());
    let release = |by: &str, reason: &str| Event::ReleaseReturn {
        id,
        by: by.to_owned(),
        reason: reason.to_owned(),
    };
    let refused = by_hand.try_step(release("Li Na", " "));
    assert_eq!(refused, Err(Rejected::NoteMissing));
    by_hand.step(release("Li Na", "the goods are on the shelf"));
    assert!(by_hand.desk.returns().open.is_empty());
    let refused = by_hand.try_step(release("Li Na", "again"));
    assert_eq!(refused, Err(Rejected::UnknownReturn(id)));
    // And the machine that is gone reserves nothing any more.
    let refused = asked(&mut by_hand, milk(return_id(2, 10), 1, 1));
    assert_eq!(refused, Err(ReturnRefusal::SaleOver));
}

#[test]
fn what_came_back_is_remembered_for_as_long_as_goods_may() {
    let mut world = World::online();
    let id = return_id(2, 9);
    asked(&mut world, milk(id, 1, 2)).unwrap();
    world.step(closes(id, 1, 200));
    let mut date = world.desk.business_date();
    for day in 0..=limits::RETURNABLE_DAYS {
        let is_known = world.desk.returns().of.contains_key(&receipt(1, 1));
        assert!(is_known, "day {day}");
        let begins = date.next();
        world.desk.durable.returns.apply(&crate::desk::DeskRecord {
            at: WallMs(1),
            date,
            fact: crate::desk::DayFact::Turned {
                ended: date,
                begins,
                by: TurnedBy::Hand,
            }
            .into(),
        });
        date = begins;
    }
    assert!(world.desk.returns().of.is_empty());
    let sold_on = original().sold_on;
    let old = BusinessDate::parse("2025-10-01").unwrap();
    assert!(world.desk.is_returnable(&original()));
    let too_old = Original {
        sold_on: old,
        ..original()
    };
    assert!(sold_on.days_since(old) > 400 && !world.desk.is_returnable(&too_old));
}
