//! The store-and-forward queue: order, what answers mean, repeats, poison, dead letters.

use super::world::{World, answer, batch, cny, code, request, tid};
use crate::{
    desk::{Alarm, Effect, Event, Outgoing, Rejected},
    forward::{ForwardEnd, Resolution},
    ids::{ForwardId, PaymentId, Stan},
    payment::MacCheck,
};

/// A completed stand-in whose advice is at the bank.
pub(super) fn advice_at_bank() -> (World, Outgoing) {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.complete(1, 1);
    world.go_online_one();
    let advice = world.sent_one();
    assert!(matches!(advice, Outgoing::Advice { .. }));
    (world, advice)
}

impl World {
    fn go_online_one(&mut self) {
        self.step(Event::AcquirerLink { up: true });
        self.step(Event::SignedOn {
            tid: tid(1),
            batch: batch(1),
        });
    }

    pub(super) fn end_of(&self, id: u64) -> Option<ForwardEnd> {
        self.desk.forward(ForwardId(id)).unwrap().end.clone()
    }
}

#[test]
fn an_advice_waits_until_its_sale_is_closed() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.go_online_one();
    assert_eq!(world.sent(), []);
    world.complete(1, 1);
    assert!(matches!(world.sent_one(), Outgoing::Advice { .. }));
}

#[test]
fn what_an_answer_to_an_advice_means() {
    let declined_after_goods = ["01", "05", "14", "51", "54", "57", "61", "65"];
    let refused = ["03", "12", "13", "25", "30", "58", "99", "ZZ"];
    let later = ["68", "90", "91", "92", "96", "98"];
    for text in ["00", "11", "A2", "A4", "A5", "A6"] {
        let (mut world, advice) = advice_at_bank();
        world.answer(&advice, text);
        let delivered = ForwardEnd::Delivered {
            code: code(text),
            amount: cny(1_000),
        };
        assert_eq!(world.end_of(1), Some(delivered), "{text}");
        assert_eq!(world.desk.exposure().store_minor(), 0, "{text}");
        assert_eq!(world.totals(1).debit, cny(1_000), "{text}");
        assert!(
            world.effects.contains(&Effect::EraseCard(PaymentId(1))),
            "{text}"
        );
    }
    for text in later {
        let (mut world, advice) = advice_at_bank();
        world.answer(&advice, text);
        assert_eq!(world.end_of(1), None, "{text}");
        assert_eq!(world.sent(), [], "{text}: after a pause");
        world.pass(1_000);
        assert_eq!(world.sent_one(), advice, "{text}");
    }
    for text in ["77", "97", "A0"] {
        let (mut world, advice) = advice_at_bank();
        world.answer(&advice, text);
        assert!(
            world.effects.contains(&Effect::SignOn { tid: tid(1) }),
            "{text}"
        );
        world.step(Event::SignedOn {
            tid: tid(1),
            batch: batch(1),
        });
        assert_eq!(world.sent_one(), advice, "{text}");
    }
    for (texts, after_goods) in [(declined_after_goods, true), (refused, false)] {
        for text in texts {
            let (mut world, advice) = advice_at_bank();
            world.answer(&advice, text);
            let Some(ForwardEnd::DeadLetter {
                declined_after_goods,
                ..
            }) = world.end_of(1)
            else {
                panic!("{text}: {:?}", world.end_of(1));
            };
            assert_eq!(declined_after_goods, after_goods, "{text}");
            let alarm = Alarm::DeclinedAfterGoods(PaymentId(1));
            assert_eq!(world.alarms().contains(&alarm), after_goods, "{text}");
            assert_eq!(world.totals(1).debit_count, 0, "{text}");
        }
    }
}

#[test]
fn a_card_that_was_refused_after_goods_is_not_stood_in_for_again() {
    let (mut world, advice) = advice_at_bank();
    world.answer(&advice, "51");
    world.step(Event::AcquirerLink { up: false });
    let mut again = super::world::request(2, 1, 100);
    again.card = super::world::request(1, 1, 100).card;
    world.step(Event::Requested(again));
    assert!(matches!(
        world.replies()[..],
        [crate::payment::Decision::Refused { .. }]
    ));
}

#[test]
fn a_part_is_delivered_and_the_rest_is_a_dead_letter() {
    let (mut world, advice) = advice_at_bank();
    let mut given = answer(&advice, "10");
    given.amount_minor = Some(300);
    world.step(Event::Answered(given));
    let delivered = ForwardEnd::Delivered {
        code: code("10"),
        amount: cny(300),
    };
    assert_eq!(world.end_of(1), Some(delivered));
    let rest = world.desk.forward(ForwardId(2)).unwrap();
    assert_eq!(rest.amount, cny(700));
    assert!(matches!(rest.end, Some(ForwardEnd::DeadLetter { .. })));
    assert_eq!(world.desk.exposure().store_minor(), 700);
    assert_eq!(world.totals(1).debit, cny(300));
}

#[test]
fn an_approval_that_can_not_be_believed_is_no_delivery() {
    let (mut world, advice) = advice_at_bank();
    let mut given = answer(&advice, "00");
    given.mac = MacCheck::Bad;
    world.step(Event::Answered(given));
    assert_eq!(world.end_of(1), None);
    let (mut world, advice) = advice_at_bank();
    let mut given = answer(&advice, "00");
    given.amount_minor = Some(999);
    world.step(Event::Answered(given));
    assert_eq!(world.end_of(1), None);
}

#[test]
fn what_an_answer_to_a_reversal_means() {
    for (text, delivered) in [("00", true), ("12", true), ("25", true), ("94", false)]
        .into_iter()
        .chain([("91", false), ("96", false)])
    {
        let mut world = World::online();
        world.ask(1, 1, 1_000);
        world.pass(60_000);
        let reversal = world.sent_one();
        world.answer(&reversal, text);
        let status = world.status(1);
        assert_eq!(status == "reversed", delivered, "{text}: {status}");
    }
}

#[test]
fn a_reversal_goes_before_a_payment_and_a_payment_before_an_advice() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    world.complete(1, 1);
    world.step(Event::AcquirerLink { up: true });
    world.ask(2, 1, 2_000);
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    let sale = world.sent_one();
    assert!(matches!(sale, Outgoing::Sale { .. }));
    world.ask(3, 1, 3_000);
    let late = world.now.mono;
    world.now.mono = late.after(9_000);
    world.step(Event::SentThenBroke {
        tid: tid(1),
        stan: crate::ids::Stan::FIRST,
        in_full: true,
    });
    let reversal = world.sent_one();
    assert!(matches!(reversal, Outgoing::Reversal { .. }));
    world.answer(&reversal, "00");
    let sale = world.sent_one();
    assert!(matches!(sale, Outgoing::Sale { .. }));
    world.answer(&sale, "51");
    assert!(matches!(world.sent_one(), Outgoing::Advice { .. }));
}

#[test]
fn a_reversal_without_an_answer_is_a_dead_letter_after_its_tries_and_frees_the_terminal() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.pass(60_000);
    let first = world.sent_one();
    for _ in 0..2 {
        world.pass(30_000);
        assert_eq!(world.sent(), []);
        world.pass(8_000);
        assert_eq!(world.sent_one(), first, "a repeat equals the first");
    }
    world.ask(2, 1, 2_000);
    assert_eq!(world.sent(), [], "reversals first");
    world.now.mono = world.now.mono.after(9_000);
    world.pass(0);
    world.now.mono = world.now.mono.after(15_000);
    world.ask(3, 1, 2_000);
    world.pass(6_000);
    assert_eq!(world.status(1), "dead letter");
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
    assert_eq!(world.desk.counts().forward_dead_letters, 1);
}

#[test]
fn poison_stops_nobody_else() {
    let mut world = World::new();
    for id in 1..=3 {
        world.ask(id, 1, 1_000);
        world.complete(id, 1);
    }
    world.go_online_one();
    let poison = world.sent_one();
    world.answer(&poison, "96");
    let second = world.sent_one();
    assert_ne!(second, poison);
    world.answer(&second, "00");
    let third = world.sent_one();
    world.answer(&third, "00");
    assert_eq!(world.desk.queue_depth(), 1);
    world.pass(1_000);
    assert_eq!(world.sent_one(), poison);
}

#[test]
fn silence_quiets_the_uploads_of_a_terminal_and_an_answer_ends_it() {
    let mut world = World::new();
    for id in 1..=2 {
        world.ask(id, 1, 1_000);
        world.complete(id, 1);
    }
    world.go_online_one();
    world.pass(30_000);
    assert_eq!(world.sent(), [], "both wait");
    world.ask(3, 1, 1_000);
    let sale = world.sent_one();
    assert!(
        matches!(sale, Outgoing::Sale { .. }),
        "but a payment does not"
    );
    world.answer(&sale, "00");
    assert!(matches!(world.sent_one(), Outgoing::Advice { .. }));
}

#[test]
fn a_void_that_the_host_refuses_is_a_dead_letter() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.approve(2, 1, 2_000);
    world.abandon(1, 1);
    let void = world.sent_one();
    world.answer(&void, "25");
    assert_eq!(world.status(1), "dead letter");
}

#[test]
fn a_dead_letter_is_resolved_by_hand_once() {
    let resolve = |how| Event::DeadLetterResolved {
        forward_id: ForwardId(1),
        how,
    };
    let written_off = |reason: &str| Resolution::WrittenOff {
        reason: reason.to_owned(),
    };
    let (mut world, advice) = advice_at_bank();
    let unknown = Event::DeadLetterResolved {
        forward_id: ForwardId(9),
        how: Resolution::Retry,
    };
    assert_eq!(
        world.try_step(unknown),
        Err(Rejected::UnknownForward(ForwardId(9)))
    );
    let open = Err(Rejected::NotAnOpenDeadLetter(ForwardId(1)));
    assert_eq!(world.try_step(resolve(Resolution::Retry)), open);
    world.answer(&advice, "30");
    assert_eq!(
        world.try_step(resolve(written_off(" "))),
        Err(Rejected::NoteMissing)
    );
    world.step(resolve(Resolution::Retry));
    assert_eq!(world.sent_one(), advice, "the repeat equals the first");
    world.answer(&advice, "30");
    world.step(resolve(written_off("card unknown")));
    assert_eq!(world.desk.exposure().store_minor(), 0);
    assert!(world.effects.contains(&Effect::EraseCard(PaymentId(1))));
    assert_eq!(world.status(1), "dead letter, resolved");
    assert_eq!(world.try_step(resolve(Resolution::Retry)), open);
}

#[test]
fn a_reversal_put_back_by_hand_has_all_its_tries_again() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.pass(60_000);
    for _ in 0..3 {
        world.pass(30_000);
        world.pass(8_000);
    }
    assert_eq!(world.status(1), "dead letter");
    let forward_id = ForwardId(1);
    world.step(Event::DeadLetterResolved {
        forward_id,
        how: Resolution::Retry,
    });
    for _ in 0..2 {
        world.pass(30_000);
        world.pass(8_000);
        assert!(matches!(world.sent_one(), Outgoing::Reversal { .. }));
    }
    world.pass(30_000);
    assert_eq!(world.status(1), "dead letter");
}

#[test]
fn a_stan_that_a_queue_entry_still_carries_is_skipped_after_a_wrap() {
    let (mut world, advice) = advice_at_bank();
    world.answer(&advice, "96");
    // As after 999,999 messages.
    let terminal = world.desk.durable.terminal_mut(&tid(1));
    terminal.next_stan = Stan::FIRST;
    let asked = Event::Requested(request(2, 1, 500));
    let effects = world.desk.step(world.now, 0, asked).unwrap();
    let sale = effects.iter().find_map(|effect| match effect {
        Effect::Send(message) => Some(super::world::place(message).2),
        _ => None,
    });
    assert_eq!(sale.map(Stan::number), Some(2));
}
