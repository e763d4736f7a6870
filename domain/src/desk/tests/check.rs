//! Each check of the desk is seen to fail (F45): a desk in which one thing is wrong says so, and
//! says which invariant that breaks. A desk that is right says nothing; `World` sees that after
//! every step of every other test.

use super::world::{World, batch, cny, code, tid};
use crate::{
    desk::Desk,
    forward::{ForwardEnd, ForwardKind},
    ids::{ForwardId, LaneId, PaymentId, Stan},
    invariant::{Broken, Invariant},
    payment::{Completion, Decision, Payment, Progress, RefusalReason, UnknownReason},
    risk::{Exposure, OpenRisk},
    settlement::{Account, Balances, Transfer},
    terminal::What,
};

/// One approved and one stood in for, its advice in the queue; terminal 1 is at rest.
fn world() -> World {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.step(crate::desk::Event::AcquirerLink { up: false });
    world.ask(2, 2, 500);
    assert_eq!(world.desk.check_invariants(), []);
    world
}

/// The desk with one thing changed, and what the checks say of it.
fn broken_by(mut desk: Desk, change: impl FnOnce(&mut Desk)) -> Vec<Broken> {
    change(&mut desk);
    desk.check_invariants()
}

#[track_caller]
fn says(broken: &[Broken], invariant: Invariant, about: Option<u128>, words: &str) {
    let found = broken.iter().any(|one| {
        one.invariant == invariant
            && one.payment_id == about.map(PaymentId)
            && one.detail.contains(words)
    });
    assert!(found, "{invariant} {words:?} is missing: {broken:#?}");
}

fn payment_mut(desk: &mut Desk, id: u128) -> &mut Payment {
    desk.durable.payments.get_mut(&PaymentId(id)).unwrap()
}

fn the_entry(desk: &Desk) -> ForwardId {
    desk.forwards().next().unwrap().id
}

#[test]
fn accounts_that_do_not_sum_up_to_zero_break_i1() {
    let broken = broken_by(world().desk, |desk| {
        let mut accounts: Vec<_> = desk.durable.balances.accounts().collect();
        accounts.first_mut().unwrap().1 += 1;
        desk.durable.balances = Balances::restored(accounts);
        assert_eq!(desk.check_running().len(), 1, "looked at after every event");
    });
    says(&broken, Invariant::I1, None, "accounts sum up to 1");
}

#[test]
fn an_amount_that_stands_in_the_wrong_account_breaks_i1() {
    let broken = broken_by(world().desk, |desk| {
        desk.durable.balances.post(Transfer {
            from: Account::Authorised,
            to: Account::Settled,
            amount: cny(1),
        });
        assert_eq!(desk.check_running(), [], "their sum is right");
    });
    says(
        &broken,
        Invariant::I1,
        None,
        "authorised: 999, should be 1000",
    );
    says(&broken, Invariant::I1, None, "settled: 1, should be 0");
    assert_eq!(broken.len(), 2, "{broken:#?}");
}

#[test]
fn a_queue_that_is_counted_wrong_breaks_i9() {
    let broken = broken_by(world().desk, |desk| {
        desk.durable.queue_depth += 1;
        assert_eq!(desk.check_running().len(), 1, "looked at after every event");
    });
    says(&broken, Invariant::I9, None, "1 entries queued, 2 counted");
}

#[test]
fn an_entry_that_left_the_queue_without_an_end_breaks_i9() {
    let broken = broken_by(world().desk, |desk| {
        let terminal = desk.durable.terminals.get_mut(&tid(2)).unwrap();
        assert_eq!(terminal.uploads.len(), 1);
        terminal.uploads.clear();
        desk.durable.queue_depth = 0;
    });
    says(&broken, Invariant::I9, Some(2), "neither queued nor ended");
}

#[test]
fn an_entry_that_ended_and_is_still_queued_breaks_i9() {
    let broken = broken_by(world().desk, |desk| {
        let id = the_entry(desk);
        let entry = desk.durable.forwards.get_mut(&id).unwrap();
        entry.end = Some(ForwardEnd::Delivered {
            code: code("00"),
            amount: cny(500),
        });
    });
    says(&broken, Invariant::I9, Some(2), "neither queued nor ended");
}

#[test]
fn an_entry_withdrawn_after_a_try_breaks_i9() {
    let withdrawn = |attempts| {
        broken_by(world().desk, |desk| {
            let id = the_entry(desk);
            let entry = desk.durable.forwards.get_mut(&id).unwrap();
            entry.end = Some(ForwardEnd::Withdrawn);
            entry.attempts = attempts;
        })
    };
    says(
        &withdrawn(1),
        Invariant::I9,
        Some(2),
        "withdrawn after a try",
    );
    let untried = withdrawn(0);
    let named = untried.iter().any(|one| one.detail.contains("after a try"));
    assert!(!named, "{untried:#?}");
}

#[test]
fn a_terminal_with_two_messages_at_the_bank_breaks_i7() {
    let mut world = World::online();
    world.ask(1, 1, 1_000);
    world.sent_one();
    let broken = broken_by(world.desk, |desk| {
        let station = desk.volatile.stations.get_mut(&tid(1)).unwrap();
        station.outstanding.as_mut().unwrap().what = What::Settlement;
        assert_eq!(desk.check_running().len(), 1, "looked at after every event");
    });
    says(
        &broken,
        Invariant::I7,
        Some(1),
        "another message outstanding",
    );
}

#[test]
fn a_stan_of_two_payments_breaks_i7() {
    let mut world = world();
    world.go_online(1);
    world.approve(3, 1, 700);
    let broken = broken_by(world.desk, |desk| {
        let bound = payment_mut(desk, 1).bound.clone();
        payment_mut(desk, 3).bound = bound;
    });
    says(&broken, Invariant::I7, Some(3), "of payment");
}

#[test]
fn a_stan_of_a_payment_and_of_an_advice_breaks_i7() {
    let broken = broken_by(world().desk, |desk| {
        payment_mut(desk, 1).bound = Some((tid(2), Stan::new(9).unwrap(), batch(1)));
        let id = the_entry(desk);
        let entry = desk.durable.forwards.get_mut(&id).unwrap();
        entry.bound = Some((Stan::new(9).unwrap(), batch(1)));
    });
    says(&broken, Invariant::I7, Some(2), "of entry");
}

/// A reversal carries the STAN of its original: that is no second owner.
#[test]
fn a_stan_of_a_payment_and_of_its_reversal_is_right() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.abandon(1, 1);
    let entry = world.desk.forwards().next().unwrap();
    assert!(matches!(entry.kind, ForwardKind::Reversal { .. }));
    assert!(entry.bound.is_some());
    assert_eq!(world.desk.check_invariants(), []);
}

#[test]
fn an_exposure_that_is_counted_wrong_breaks_i10() {
    let broken = broken_by(world().desk, |desk| {
        desk.durable.risk = OpenRisk::restored(Exposure::default(), desk.leases().clone());
    });
    let words = "exposure 0 is counted, 500 is undelivered";
    says(&broken, Invariant::I10, None, words);
}

#[test]
fn a_terminal_that_is_taken_for_stopped_or_for_busy_breaks_i7() {
    let words = "terminals that are stopped, or what was sent on them";
    let broken = broken_by(world().desk, |desk| {
        desk.durable.stopped.insert(tid(1));
    });
    says(&broken, Invariant::I7, None, words);
    let broken = broken_by(world().desk, |desk| {
        desk.durable.is_sent_on(&tid(1), PaymentId(1));
    });
    says(&broken, Invariant::I7, None, words);
}

#[test]
fn a_lane_that_is_forgotten_when_leases_are_granted_breaks_i10() {
    let broken = broken_by(world().desk, |desk| {
        desk.volatile.without_lease.insert(LaneId(77));
    });
    let words = "{LaneId(77)} are taken for lanes without a lease, not {}";
    says(&broken, Invariant::I10, None, words);
}

#[test]
fn more_undelivered_than_the_caps_of_store_and_card_breaks_i10() {
    let capped = |store: i64, card: i64| {
        broken_by(world().desk, |desk| {
            desk.config.policy.store_cap = cny(store);
            desk.config.policy.card_cap = cny(card);
        })
    };
    let store = capped(499, 500);
    says(
        &store,
        Invariant::I10,
        None,
        "500 undelivered or lent in the store",
    );
    assert_eq!(store.len(), 1, "{store:#?}");
    let card = capped(500, 499);
    says(
        &card,
        Invariant::I10,
        None,
        "500 undelivered or lent of card",
    );
    assert_eq!(card.len(), 1, "{card:#?}");
    assert_eq!(
        capped(500, 500),
        [],
        "as much as the caps is no more than them"
    );
}

/// What each decision needs in the queue, and what it must not have there.
#[test]
fn a_decision_without_its_entries_breaks_i5() {
    let entries = |decision: Option<Decision>, completion: Completion| {
        broken_by(world().desk, |desk| {
            let payment = payment_mut(desk, 1);
            payment.completion = completion;
            if let Some(decision) = decision {
                payment.progress = Progress::Decided(decision);
            }
        })
    };
    let given_up = entries(None, Completion::Abandoned);
    says(
        &given_up,
        Invariant::I5,
        Some(1),
        "with 0 undos and 0 advices",
    );
    let unknown = Decision::Unknown {
        reason: UnknownReason::NoAnswer,
    };
    let unknown = entries(Some(unknown), Completion::Open);
    says(&unknown, Invariant::I5, Some(1), "Unknown");
    let stood_in = world().desk.payment(PaymentId(2)).unwrap().progress.clone();
    let Progress::Decided(stood_in) = stood_in else {
        panic!("{stood_in:?}");
    };
    let stood_in = entries(Some(stood_in), Completion::Open);
    says(
        &stood_in,
        Invariant::I5,
        Some(1),
        "with 0 undos and 0 advices",
    );
}

#[test]
fn a_refused_payment_with_an_advice_breaks_i5() {
    let broken = broken_by(world().desk, |desk| {
        payment_mut(desk, 2).progress = Progress::Decided(Decision::Refused {
            reason: RefusalReason::Abandoned,
        });
    });
    says(
        &broken,
        Invariant::I5,
        Some(2),
        "with 0 undos and 1 advices",
    );
}

#[test]
fn two_undos_of_one_payment_break_i13() {
    let mut world = World::online();
    world.approve(1, 1, 1_000);
    world.abandon(1, 1);
    let broken = broken_by(world.desk, |desk| {
        let payment = payment_mut(desk, 1);
        let undo = payment.forwards[0];
        payment.forwards.push(undo);
    });
    says(
        &broken,
        Invariant::I13,
        Some(1),
        "with 2 undos and 0 advices",
    );
}

#[test]
fn records_that_name_what_nobody_knows_break_i14() {
    let broken = broken_by(world().desk, |desk| desk.durable.orphan_records = 2);
    says(
        &broken,
        Invariant::I14,
        None,
        "2 records name what nobody knows",
    );
}
