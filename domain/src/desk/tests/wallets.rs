//! A wallet's payment: one message that pays, its outcome asked for, a reversal in its time.

use super::world::{WALLETS, World, answer, batch, cny, code, config, request, tid};
use crate::{
    card_ref::{CardRef, EntryMode},
    desk::{Alarm, DeskConfig, DeskFact, Effect, Event, Outgoing, PaymentFact},
    forward::ForwardEnd,
    ids::{LaneId, PaymentId},
    payment::{
        Decision, LiveMessage, MacCheck, PaymentMethod, PaymentRequest, RefusalReason,
        UnknownReason,
    },
};

const ID: PaymentId = PaymentId(1);
const SECOND: u64 = 1_000;

fn wallet(id: u128, minor: i64) -> PaymentRequest {
    PaymentRequest {
        entry_mode: EntryMode::Code,
        card: CardRef::of_wallet_code("134567890123456789").unwrap(),
        method: PaymentMethod::Wallet,
        ..request(id, 1, minor)
    }
}

fn takes_wallets() -> DeskConfig {
    DeskConfig {
        wallets: Some(WALLETS),
        ..config()
    }
}

fn online() -> World {
    let mut world = World::with(takes_wallets());
    world.go_online(1);
    world
}

/// Asked for, and its message is at the bank.
fn paying() -> (World, Outgoing) {
    let mut world = online();
    world.step(Event::Requested(wallet(1, 1_000)));
    let pay = world.sent_one();
    (world, pay)
}

/// The customer has not confirmed; the outcome is asked for.
fn asked() -> (World, Outgoing, Outgoing) {
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    assert_eq!(world.replies(), []);
    world.pass(10 * SECOND);
    let query = world.sent_one();
    (world, pay, query)
}

fn is_query(message: &Outgoing) -> bool {
    matches!(message, Outgoing::Query { .. })
}

fn is_reversal(message: &Outgoing) -> bool {
    matches!(message, Outgoing::Reversal { .. })
}

#[test]
fn one_message_pays_and_no_code_is_held() {
    let (mut world, pay) = paying();
    let Outgoing::Sale { financial, .. } = &pay else {
        panic!("{pay:?}");
    };
    assert_eq!(financial.message, LiveMessage::WalletPay);
    world.answer(&pay, "00");
    assert!(matches!(
        world.replies()[..],
        [Decision::Approved { amount, .. }] if amount == cny(1_000)
    ));
    world.complete(1, 1);
    for effect in &world.effects {
        assert!(!matches!(
            effect,
            Effect::HoldCard(_) | Effect::EraseCard(_)
        ));
    }
    assert!(!world.desk.holds_card(ID));
    assert_eq!(world.totals(1).debit, cny(1_000));
}

#[test]
fn without_messages_of_wallets_none_is_taken() {
    let mut world = World::online();
    world.step(Event::Requested(wallet(1, 1_000)));
    let reason = RefusalReason::KindNotTaken;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
}

#[test]
fn a_slow_customer_is_asked_for_every_ten_seconds_and_pays() {
    let (mut world, _, first) = asked();
    assert!(is_query(&first));
    world.answer(&first, "09");
    world.pass(9 * SECOND);
    assert_eq!(world.sent(), []);
    world.pass(SECOND);
    let second = world.sent_one();
    assert!(is_query(&second));
    assert_ne!(first.binding().stan, second.binding().stan);
    world.answer(&second, "00");
    let [Decision::Approved { amount, host }] = &world.replies()[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(*amount, cny(1_000));
    let bound = world.desk.payment(ID).unwrap().bound.clone().unwrap();
    assert_eq!(
        host.stan,
        Some(bound.1),
        "that of the payment, not of the question"
    );
    world.complete(1, 1);
    assert_eq!(world.status(1), "captured");
    assert_eq!(world.totals(1).debit_count, 1);
}

#[test]
fn every_question_is_a_record_before_it_leaves() {
    let (world, pay, query) = asked();
    let asked = world.facts().into_iter().find_map(|fact| match fact {
        DeskFact::Payment(PaymentFact::OutcomeAsked { stan, .. }) => Some(*stan),
        _ => None,
    });
    assert_eq!(asked, Some(query.binding().stan));
    assert_ne!(query.binding().stan, pay.binding().stan);
    let Outgoing::Query { original_stan, .. } = query else {
        panic!("{query:?}");
    };
    assert_eq!(original_stan, pay.binding().stan);
}

#[test]
fn silence_is_asked_about_and_then_reversed() {
    let (mut world, pay) = paying();
    world.pass(10 * SECOND);
    assert_eq!(world.replies(), [], "silence alone decides nothing");
    assert!(is_query(&world.sent_one()));
    // Nobody answers anything.
    let mut queries = 1;
    for _ in 0..34 {
        world.pass(SECOND);
        queries += world.sent().iter().filter(|it| is_query(it)).count();
        assert_eq!(world.replies(), []);
    }
    world.pass(SECOND);
    let reason = UnknownReason::NoAnswer;
    assert_eq!(world.replies(), [Decision::Unknown { reason }]);
    assert!(queries >= 3, "{queries}");
    let reversal = world.sent_one();
    assert!(is_reversal(&reversal));
    assert_eq!(reversal.binding().stan, pay.binding().stan);
    world.answer(&reversal, "00");
    assert_eq!(world.status(1), "reversed");
}

/// What a provider's answer to a question decides.
#[test]
fn each_answer_to_a_question_means_one_thing() {
    type Said = (&'static str, Option<fn(&Decision) -> bool>);
    let table: [Said; 11] = [
        ("00", Some(|it| matches!(it, Decision::Approved { .. }))),
        ("51", Some(|it| matches!(it, Decision::Declined { .. }))),
        ("12", Some(|it| matches!(it, Decision::Declined { .. }))),
        ("41", Some(|it| matches!(it, Decision::Declined { .. }))),
        (
            "10",
            Some(|it| {
                *it == Decision::Unknown {
                    reason: UnknownReason::Mismatch,
                }
            }),
        ),
        ("09", None),
        ("25", None),
        ("68", None),
        ("96", None),
        ("98", None),
        ("A0", None),
    ];
    for (text, expected) in table {
        let (mut world, _, query) = asked();
        world.answer(&query, text);
        match (expected, &world.replies()[..]) {
            (Some(is_right), [decision]) => assert!(is_right(decision), "{text}: {decision:?}"),
            (None, []) => {}
            (_, told) => panic!("{text}: {told:?}"),
        }
    }
}

#[test]
fn what_is_not_believed_decides_nothing() {
    type Spoil = fn(&mut crate::payment::Answer);
    let spoils: [Spoil; 3] = [
        |it| it.mac = MacCheck::Bad,
        |it| it.mac = MacCheck::Missing,
        |it| it.processing_code = Some(660_000),
    ];
    for (text, spoil) in ["00", "51"]
        .into_iter()
        .flat_map(|text| spoils.map(|it| (text, it)))
    {
        let (mut world, _, query) = asked();
        let mut told = answer(&query, text);
        spoil(&mut told);
        world.step(Event::Answered(told));
        assert_eq!(world.replies(), [], "{text}");
    }
    let (mut world, _, query) = asked();
    let mut wrong = answer(&query, "00");
    wrong.amount_minor = Some(1_001);
    world.step(Event::Answered(wrong));
    let reason = UnknownReason::Mismatch;
    assert_eq!(
        world.replies(),
        [Decision::Unknown { reason }],
        "another amount is taken back"
    );
}

#[test]
fn a_provider_that_was_not_reached_is_asked_again_and_never_declined() {
    for text in ["68", "91", "96", "98"] {
        let (mut world, pay) = paying();
        world.answer(&pay, text);
        assert_eq!(world.replies(), [], "{text}");
        world.pass(10 * SECOND);
        assert!(is_query(&world.sent_one()), "{text}");
    }
}

/// The acquirer may hold its answer until the customer has confirmed.
#[test]
fn a_late_answer_to_the_payment_itself_counts_while_its_outcome_is_open() {
    let (mut world, pay, query) = asked();
    world.answer(&pay, "00");
    assert!(matches!(world.replies()[..], [Decision::Approved { .. }]));
    assert_eq!(world.alarms(), []);
    world.answer(&query, "00");
    assert_eq!((world.replies(), world.alarms()), (vec![], vec![]));
}

#[test]
fn a_late_paid_after_the_reversal_is_begun_changes_nothing() {
    let (mut world, pay) = paying();
    for _ in 0..45 {
        world.pass(SECOND);
    }
    let reversal = world.sent_one();
    world.answer(&pay, "00");
    assert_eq!(world.replies(), []);
    assert!(matches!(
        world.alarms()[..],
        [Alarm::UnmatchedAnswer { .. }]
    ));
    assert_eq!(world.status(1), "unknown, being reversed");
    world.answer(&reversal, "00");
    assert_eq!(world.status(1), "reversed");
    assert_eq!(world.totals(1).debit_count, 0);
}

#[test]
fn a_cashier_who_cancels_takes_it_back_no_sooner_than_its_provider_takes_it() {
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.pass(3 * SECOND);
    world.abandon(1, 1);
    assert_eq!(world.status(1), "unknown, being reversed");
    assert_eq!(world.sent(), [], "three seconds after paying");
    // Somebody is in a hurry, and the terminal signs on anew.
    world.step(Event::TryNow);
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(1),
    });
    assert_eq!(world.sent(), []);
    world.pass(11 * SECOND);
    assert_eq!(world.sent(), []);
    world.pass(SECOND);
    assert!(is_reversal(&world.sent_one()));
}

#[test]
fn a_paid_one_that_is_given_up_is_reversed_whatever_came_after_it() {
    let (mut world, pay) = paying();
    world.answer(&pay, "00");
    world.approve(2, 1, 500);
    world.abandon(1, 1);
    assert_eq!(world.sent(), [], "held back");
    world.pass(15 * SECOND);
    let reversal = world.sent_one();
    assert!(is_reversal(&reversal), "no void: {reversal:?}");
    assert_eq!(reversal.binding().stan, pay.binding().stan);
    world.answer(&reversal, "00");
    assert_eq!(world.totals(1).debit, cny(500));
}

#[test]
fn a_cancel_while_the_answer_is_under_way_waits_for_it() {
    let (mut world, pay) = paying();
    world.abandon(1, 1);
    assert_eq!(world.status(1), "sent");
    world.answer(&pay, "00");
    assert_eq!(world.status(1), "abandoned, being undone");
    let (mut world, _) = paying();
    world.abandon(1, 1);
    world.pass(10 * SECOND);
    assert_eq!(world.status(1), "unknown, being reversed");
}

/// A reversal that waits, or that nobody answers, keeps nobody from paying.
#[test]
fn a_reversal_that_waits_stands_in_no_payments_way() {
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.abandon(1, 1);
    world.ask(2, 1, 500);
    let card = world.sent_one();
    assert!(matches!(card, Outgoing::Sale { .. }));
    world.answer(&card, "00");
    assert!(matches!(world.replies()[..], [Decision::Approved { .. }]));
    world.pass(15 * SECOND);
    let reversal = world.sent_one();
    world.answer(&reversal, "96");
    world.ask(3, 1, 700);
    assert!(matches!(world.sent_one(), Outgoing::Sale { .. }));
}

#[test]
fn a_reversal_is_told_until_it_is_answered_and_within_the_providers_window() {
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.abandon(1, 1);
    let mut tries = 0;
    while world.now.mono.0 < 10_000_000 {
        world.pass(20 * SECOND);
        for message in world.sent() {
            assert!(is_reversal(&message));
            tries += 1;
            world.answer(&message, "98");
        }
    }
    let most = world.desk.config().timing.reversal_tries_max;
    assert!(tries > most, "{tries}: more than a card's");
    assert_eq!(world.status(1), "unknown, being reversed");
    world.pass(WALLETS.reverse_within_ms);
    let last = world.sent_one();
    world.answer(&last, "98");
    assert_eq!(world.status(1), "dead letter");
    let entry = world.desk.forwards().last().unwrap();
    let Some(ForwardEnd::DeadLetter { reason, .. }) = &entry.end else {
        panic!("{entry:?}");
    };
    assert!(format!("{reason:?}").contains("TooLate"), "{reason:?}");
}

#[test]
fn with_the_line_down_a_wallet_is_refused_with_its_next_step() {
    let mut world = World::with(takes_wallets());
    world.step(Event::Requested(wallet(1, 1_000)));
    let reason = RefusalReason::WalletOffline;
    assert_eq!(world.replies(), [Decision::Refused { reason }]);
    assert!(reason.for_cashier().english.contains("cash or a card"));
}

#[test]
fn a_restart_in_doubt_reverses_and_waits_as_long_as_if_it_had_just_been_paid() {
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.restart();
    let reason = UnknownReason::HubRestarted;
    let decided = world.desk.payment(ID).unwrap().decision().cloned();
    assert_eq!(decided, Some(Decision::Unknown { reason }));
    world.go_online(1);
    assert_eq!(world.sent(), []);
    world.pass(14 * SECOND);
    assert_eq!(world.sent(), []);
    world.pass(SECOND);
    let reversal = world.sent_one();
    assert!(is_reversal(&reversal));
    // And another restart before it left.
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.abandon(1, 1);
    world.restart();
    world.go_online(1);
    assert_eq!(world.sent(), []);
    world.pass(15 * SECOND);
    assert!(is_reversal(&world.sent_one()));
}

/// What becomes of it is not known, and it may be in this batch.
#[test]
fn a_batch_is_not_settled_while_a_payment_of_it_is_asked_for() {
    let own = |world: &World| {
        let mut sent = world.sent();
        sent.retain(|message| message.binding().tid == tid(1));
        sent
    };
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.step(Event::OrderSettlement);
    assert_eq!(own(&world), []);
    world.pass(10 * SECOND);
    let [query] = &own(&world)[..] else {
        panic!("{:?}", world.effects);
    };
    assert!(is_query(query));
    world.answer(query, "00");
    assert_eq!(own(&world), [], "its sale is open");
    world.complete(1, 1);
    let [Outgoing::Settlement { totals, .. }] = &own(&world)[..] else {
        panic!("{:?}", world.effects);
    };
    assert_eq!(totals.debit, cny(1_000));
}

#[test]
fn a_batch_that_the_host_cut_gives_the_payment_up_by_name() {
    let (mut world, pay) = paying();
    world.answer(&pay, "77");
    let told = world.replies();
    assert!(matches!(told[..], [Decision::Declined { .. }]), "{told:?}");
    let (mut world, pay) = paying();
    world.answer(&pay, "09");
    world.step(Event::SignedOn {
        tid: tid(1),
        batch: batch(2),
    });
    assert!(matches!(world.replies()[..], [Decision::Unknown { .. }]));
    assert_eq!(world.status(1), "dead letter");
}

/// Other messages of the terminal go between two questions.
#[test]
fn reversals_of_before_go_while_a_payment_is_asked_for() {
    let mut world = online();
    world.approve(5, 1, 900);
    world.step(Event::Requested(wallet(1, 1_000)));
    let pay = world.sent_one();
    world.answer(&pay, "09");
    world.abandon(5, 1);
    let void = world.sent_one();
    assert!(matches!(void, Outgoing::Void { .. }));
    world.answer(&void, "00");
    world.pass(10 * SECOND);
    assert!(is_query(&world.sent_one()));
}

#[test]
fn a_lane_that_says_it_approved_a_wallet_alone_is_outside_its_lease() {
    let mut world = online();
    let request = wallet(1, 1_000);
    let lease = crate::ids::LeaseId(1);
    world.step(Event::OfflineReported { request, lease });
    let lane = LaneId(1);
    assert!(world.alarms().contains(&Alarm::OutsideLease {
        payment_id: ID,
        lane
    }));
    assert_eq!(world.sent(), []);
    assert_eq!(code("09"), WALLETS.in_progress);
}
