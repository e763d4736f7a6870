//! A live payment: asked, sent, answered, in doubt, refused.

use super::world::{World, answer, batch, cny, code, request, tid};
use crate::{
    card_ref::EntryMode,
    desk::{Alarm, Effect, Event, Outgoing},
    ids::{LaneEpoch, LaneId, PaymentId, Stan},
    payment::{
        Answer, Decision, MacCheck, PaymentKind, PaymentMethod, PaymentRequest, RefusalReason,
        UnknownReason,
    },
    time::BusinessDate,
};

fn refused(reason: RefusalReason) -> Decision {
    Decision::Refused { reason }
}

fn unknown(reason: UnknownReason) -> Decision {
    Decision::Unknown { reason }
}

#[test]
fn a_sale_is_sent_once_and_its_result_is_told_again() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    assert!(world.effects.contains(&Effect::HoldCard(PaymentId(1))));
    let sale = world.sent_one();
    world.ask(1, 1, 1_000);
    assert_eq!(world.effects, [], "open: told when it is decided");
    world.answer(&sale, "00");
    let [Decision::Approved { amount, .. }] = &world.replies()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(*amount, cny(1_000));
    let told = world.replies();
    world.ask(1, 1, 1_000);
    assert_eq!(world.replies(), told);
    assert_eq!(world.sent(), []);
    assert_eq!(world.facts().len(), 0);
}

#[test]
fn the_same_id_with_other_content_is_refused_and_changes_nothing() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    let before = world.desk.payment(PaymentId(1)).cloned();
    world.ask(1, 1, 1_001);
    assert_eq!(world.replies(), [refused(RefusalReason::ContentDiffers)]);
    assert_eq!(world.alarms(), [Alarm::ContentDiffers(PaymentId(1))]);
    assert_eq!(world.desk.payment(PaymentId(1)).cloned(), before);
}

#[test]
fn a_lane_that_tells_no_date_is_booked_under_the_hubs_and_its_repeat_is_the_same() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    let told = world
        .desk
        .payment(PaymentId(1))
        .unwrap()
        .request
        .business_date;
    assert_eq!(told, Some(world.desk.business_date()));
    world.ask(1, 1, 1_000);
    assert_eq!(world.alarms(), []);
    // Told again under another date, it is another payment's content.
    let mut other = request(1, 1, 1_000);
    other.business_date = told.map(BusinessDate::next);
    world.step(Event::Requested(other));
    assert_eq!(world.replies(), [refused(RefusalReason::ContentDiffers)]);
}

#[test]
fn a_kind_that_the_hub_does_not_make_is_refused_and_never_sent_as_a_sale() {
    let mut world = World::online();
    let refund = PaymentRequest {
        kind: PaymentKind::Refund,
        ..request(1, 1, 1_000)
    };
    let wallet = PaymentRequest {
        method: PaymentMethod::Wallet,
        ..request(2, 1, 1_000)
    };
    for asked in [refund, wallet] {
        world.step(Event::Requested(asked));
        assert_eq!(world.replies(), [refused(RefusalReason::KindNotTaken)]);
        assert_eq!(world.sent(), []);
    }
}

/// What is done to something that was right.
type Spoil<T> = fn(&mut T);

/// What is done to a right answer, and what must be decided.
type Case = (
    &'static str,
    &'static str,
    Spoil<Answer>,
    fn(&Decision) -> bool,
);

fn is_unknown(decision: &Decision, expected: UnknownReason) -> bool {
    *decision == unknown(expected)
}

fn cases() -> [Case; 19] {
    let approved = |decision: &Decision| matches!(decision, Decision::Approved { .. });
    let declined = |decision: &Decision| matches!(decision, Decision::Declined { .. });
    let mismatch = |decision: &Decision| is_unknown(decision, UnknownReason::Mismatch);
    let bad_mac = |decision: &Decision| is_unknown(decision, UnknownReason::BadMac);
    [
        ("plain", "00", |_| {}, approved),
        ("vip", "11", |_| {}, approved),
        ("flawed success", "A5", |_| {}, approved),
        ("bad MAC", "00", |it| it.mac = MacCheck::Bad, bad_mac),
        ("no MAC", "A2", |it| it.mac = MacCheck::Missing, bad_mac),
        (
            "partial, bad MAC",
            "10",
            |it| it.mac = MacCheck::Bad,
            bad_mac,
        ),
        (
            "other amount",
            "00",
            |it| it.amount_minor = Some(999),
            mismatch,
        ),
        ("no amount", "00", |it| it.amount_minor = None, mismatch),
        (
            "other code",
            "00",
            |it| it.processing_code = Some(200_000),
            mismatch,
        ),
        ("no code", "00", |it| it.processing_code = None, mismatch),
        ("partial of all", "10", |_| {}, approved),
        (
            "partial of more",
            "10",
            |it| it.amount_minor = Some(1_001),
            mismatch,
        ),
        (
            "partial of none",
            "10",
            |it| it.amount_minor = Some(0),
            mismatch,
        ),
        ("no funds", "51", |_| {}, declined),
        (
            "no funds, no MAC",
            "51",
            |it| it.mac = MacCheck::Missing,
            declined,
        ),
        (
            "no funds, no amount",
            "51",
            |it| it.amount_minor = None,
            declined,
        ),
        ("try again", "91", |_| {}, declined),
        ("nobody knows this code", "ZZ", |_| {}, declined),
        ("A3 is no approval", "A3", |_| {}, declined),
    ]
}

#[test]
fn what_an_answer_decides() {
    for (name, text, change, expected) in cases() {
        let mut world = World::online();
        world.ask(1, 1, 1_000);
        let mut given = answer(&world.sent_one(), text);
        change(&mut given);
        world.step(Event::Answered(given));
        let [decision] = &world.replies()[..] else {
            panic!("{name}: {:?}", world.effects);
        };
        assert!(expected(decision), "{name}: {decision:?}");
        let reversals = world.desk.queue_depth();
        let doubt = matches!(decision, Decision::Unknown { .. });
        assert_eq!(reversals, usize::from(doubt), "{name}");
    }
}

#[test]
fn a_part_is_approved_and_named() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let mut given = answer(&world.sent_one(), "10");
    given.amount_minor = Some(400);
    world.step(Event::Answered(given));
    let [Decision::PartiallyApproved { amount, .. }] = &world.replies()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(*amount, cny(400));
    assert_eq!(world.totals(1).debit, cny(400));
}

#[test]
fn an_answer_that_belongs_to_nothing_is_counted_and_changes_nothing() {
    let table: [(&str, Spoil<Answer>); 6] = [
        ("a 0410 is no late 0210", |it| it.mti = 410),
        ("other STAN", |it| it.stan = it.stan.next()),
        ("other MID", |it| {
            it.mid = crate::ids::Mid::new("000000000000001").unwrap();
        }),
        ("other terminal", |it| it.tid = tid(2)),
        ("unknown terminal", |it| it.tid = tid(9)),
        ("other batch", |it| it.batch = Some(batch(7))),
    ];
    for (name, change) in table {
        let mut world = World::online();
        world.ask(1, 1, 1_000);
        let sale = world.sent_one();
        let mut given = answer(&sale, "00");
        change(&mut given);
        world.step(Event::Answered(given));
        assert_eq!(world.desk.counts().late_answers, 1, "{name}");
        assert_eq!(world.replies(), [], "{name}");
        assert!(
            matches!(world.alarms()[..], [Alarm::UnmatchedAnswer { .. }]),
            "{name}"
        );
        world.answer(&sale, "00");
        assert_eq!(world.status(1), "approved", "{name}");
    }
}

#[test]
fn an_answer_without_batch_is_matched_by_the_rest() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let mut given = answer(&world.sent_one(), "00");
    given.batch = None;
    world.step(Event::Answered(given));
    assert_eq!(world.status(1), "approved");
}

#[test]
fn silence_is_unknown_and_the_reversal_goes_in_the_same_step() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let sale = world.sent_one();
    world.pass(59_999);
    assert_eq!(world.replies(), []);
    world.pass(1);
    assert_eq!(world.replies(), [unknown(UnknownReason::NoAnswer)]);
    let Outgoing::Reversal {
        binding,
        reason,
        financial,
        ..
    } = world.sent_one()
    else {
        panic!("{:?}", world.effects);
    };
    assert_eq!((&binding, reason), (sale.binding(), code("98")));
    assert_eq!(financial.amount, cny(1_000));
    // late_approval_after_reversal
    world.answer(&sale, "00");
    assert_eq!(world.desk.counts().late_answers, 1);
    assert_eq!(world.status(1), "unknown, being reversed");
}

#[test]
fn the_reason_of_a_reversal_says_why() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let mut given = answer(&world.sent_one(), "00");
    given.mac = MacCheck::Bad;
    world.step(Event::Answered(given));
    assert!(
        world.effects.contains(&Effect::SignOn { tid: tid(1) }),
        "fresh keys first"
    );
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    let Outgoing::Reversal { reason, .. } = world.sent_one() else {
        panic!();
    };
    assert_eq!(reason, code("A0"));
    world.ask(2, 2, 1_000);
    let mut given = answer(&world.sent_one(), "00");
    given.amount_minor = Some(1);
    world.step(Event::Answered(given));
    let Outgoing::Reversal { reason, .. } = world.sent_one() else {
        panic!();
    };
    assert_eq!(reason, code("06"));
}

#[test]
fn broken_after_a_byte_is_unknown_and_before_it_is_decided_without_the_bank() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let stan = Stan::FIRST;
    world.step(Event::AcquirerLink { up: false });
    assert_eq!(world.replies(), [], "it may still be answered for");
    world.step(Event::SentThenBroke {
        tid: tid(1),
        stan,
        in_full: true,
    });
    assert_eq!(world.replies(), [unknown(UnknownReason::LinkBroke)]);
    assert_eq!(world.desk.queue_depth(), 1);

    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.step(Event::NotSent { tid: tid(1), stan });
    assert_eq!(world.replies(), [Decision::StandIn { amount: cny(1_000) }]);
    assert_eq!(world.desk.queue_depth(), 1);
    world.step(Event::NotSent { tid: tid(1), stan });
    assert_eq!(world.effects, [], "told twice");
}

#[test]
fn with_the_line_down_the_hub_stands_in_or_refuses() {
    let mut world = World::new();
    world.ask(1, 1, 1_000);
    assert_eq!(world.replies(), [Decision::StandIn { amount: cny(1_000) }]);
    assert_eq!(world.sent(), []);
    let mut stripe = request(2, 1, 1_000);
    stripe.entry_mode = EntryMode::Stripe;
    world.step(Event::Requested(stripe));
    assert_eq!(world.replies(), [refused(RefusalReason::NotOffline)]);
    assert!(!world.effects.contains(&Effect::HoldCard(PaymentId(2))));
    for id in [3, 4] {
        world.ask(id, 2, 49_501);
    }
    assert_eq!(world.replies(), [refused(RefusalReason::OfflineBudget)]);
    assert_eq!(world.desk.exposure().store_minor(), 50_501);
}

#[test]
fn a_payment_waits_for_its_terminal_but_not_for_ever() {
    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    world.ask(1, 1, 1_000);
    assert_eq!(world.sent(), []);
    assert_eq!(world.replies(), [], "sign-on is under way");
    world.pass(10_000);
    assert_eq!(world.replies(), [Decision::StandIn { amount: cny(1_000) }]);
    world.ask(2, 1, 1_000);
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
    assert_eq!(world.status(2), "sent");
}

#[test]
fn one_message_a_terminal_and_terminals_in_parallel() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let first = world.sent_one();
    world.ask(2, 1, 2_000);
    assert_eq!(world.sent(), []);
    world.ask(3, 2, 3_000);
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
    world.answer(&first, "51");
    let Outgoing::Sale { financial, .. } = world.sent_one() else {
        panic!();
    };
    assert_eq!(financial.payment_id, PaymentId(2));
}

#[test]
fn what_the_hub_refuses_before_anything_is_sent() {
    let table: [(&str, Spoil<PaymentRequest>, RefusalReason); 5] = [
        (
            "zero",
            |it| it.amount = cny(0),
            RefusalReason::InvalidAmount,
        ),
        (
            "negative",
            |it| it.amount = cny(-5),
            RefusalReason::InvalidAmount,
        ),
        (
            "13 digits",
            |it| it.amount = cny(1_000_000_000_000),
            RefusalReason::InvalidAmount,
        ),
        (
            "no terminal",
            |it| it.lane = LaneId(9),
            RefusalReason::NoTerminal,
        ),
        (
            "fenced",
            |it| it.epoch = LaneEpoch(0),
            RefusalReason::Fenced,
        ),
    ];
    for (name, change, reason) in table {
        let mut world = World::online();
        world.step(Event::LaneAttached {
            lane: LaneId(1),
            epoch: LaneEpoch(1),
        });
        let mut asked = request(1, 1, 1_000);
        change(&mut asked);
        world.step(Event::Requested(asked));
        assert_eq!(world.replies(), [refused(reason)], "{name}");
        assert_eq!(world.sent(), [], "{name}");
    }
    let mut world = World::online();
    for id in 1..=4 {
        world.ask(id, 1, 1_000);
    }
    world.ask(5, 1, 1_000);
    assert_eq!(world.replies(), [refused(RefusalReason::TooMany)]);
}

#[test]
fn a_sign_on_code_signs_on_before_the_next_payment() {
    for text in ["77", "97", "99", "A0"] {
        let mut world = World::online();
        world.ask(1, 1, 1_000);
        let sale = world.sent_one();
        world.ask(2, 1, 2_000);
        world.answer(&sale, text);
        assert!(
            world.effects.contains(&Effect::SignOn { tid: tid(1) }),
            "{text}"
        );
        assert_eq!(world.sent(), [], "{text}");
        world.step(Event::SignedOn {
            tid: tid(1),
            batch: batch(1),
        });
        assert!(matches!(world.sent_one(), Outgoing::Sale { .. }), "{text}");
    }
}

#[test]
fn a_sign_on_that_fails_or_stays_unanswered_is_asked_for_again() {
    let mut world = World::new();
    world.step(Event::AcquirerLink { up: true });
    let wanted = Effect::SignOn { tid: tid(1) };
    assert!(world.effects.contains(&wanted));
    world.pass(29_999);
    assert!(!world.effects.contains(&wanted));
    world.pass(1);
    assert!(world.effects.contains(&wanted));
    world.step(Event::SignOnFailed { tid: tid(1) });
    assert!(!world.effects.contains(&wanted));
    world.pass(1_000);
    assert!(world.effects.contains(&wanted));
}

#[test]
fn a_tick_that_is_due_is_not_put_off_by_another_event() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    let due = world.now.mono.after(60_000);
    assert!(world.effects.contains(&Effect::WakeAt(due)));
    world.now.mono = due.after(5);
    world.ask(2, 2, 1_000);
    let later = world
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::WakeAt(_)));
    assert!(!later, "{:?}", world.effects);
    world.step(Event::Tick);
    assert_eq!(world.status(1), "unknown, being reversed");
}

#[test]
fn what_waits_unsent_when_the_line_goes_down_is_decided_at_once() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.ask(2, 1, 2_000);
    world.step(Event::AcquirerLink { up: false });
    let amount = cny(2_000);
    assert_eq!(world.replies(), [Decision::StandIn { amount }]);
    assert_eq!(world.status(1), "sent");
}

#[test]
fn nothing_is_sent_nor_signed_on_while_the_line_is_down() {
    let mut world = World::online();
    world.step(Event::AcquirerLink { up: false });
    world.pass(120_000);
    let asked = |effect: &Effect| matches!(effect, Effect::SignOn { .. } | Effect::Send(_));
    assert!(!world.effects.iter().any(asked), "{:?}", world.effects);
}

#[test]
fn news_of_a_message_that_is_no_longer_outstanding_is_ignored() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.ask(2, 1, 2_000);
    let (tid, stan) = (tid(1), Stan::FIRST);
    world.step(Event::SentThenBroke {
        tid: tid.clone(),
        stan,
        in_full: true,
    });
    world.step(Event::NotSent { tid, stan });
    assert_eq!((world.status(1), world.status(2)), ("approved", "sent"));
}
