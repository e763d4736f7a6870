//! Deciding without the hub.

use std::sync::Arc;

use super::{CONFIG, Lane, approved, card, cny};
use crate::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, Scheme},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
    payment::{Decision, RefusalReason},
    risk::{BinRange, FloorLimits, HotList, OfflineLease, VelocityLimit},
    sale::{CheckoutFact, Effect, Event, LeaseFact, Prompt, Rejected, TenderFact},
    words::{Reason, Worded},
};

pub(super) fn lease(id: u64) -> OfflineLease {
    OfflineLease {
        id: LeaseId(id),
        lane: CONFIG.lane,
        lane_epoch: CONFIG.epoch,
        budget: cny(5_000),
        per_payment_cap: cny(2_000),
        per_card_cap: cny(4_000),
        count_max: 10,
        hot_list_version: 0,
        valid_for_ms: 60_000,
        floor_limits: FloorLimits::up_to(100_000),
        velocity: None,
    }
}

pub(super) fn credit() -> CardRef {
    CardRef {
        hash: Some(CardHash([7; 32])),
        funding: Funding::Credit,
        ..card()
    }
}

impl Lane {
    fn lent() -> Self {
        let mut lane = Self::new();
        lane.step(Event::LeaseOffered(lease(1)));
        lane
    }

    /// A sale of 15.50 with a credit card shown; the hub is out of reach.
    fn cut_off(&mut self, id: u128) -> Vec<Effect> {
        self.basket();
        self.step(Event::Total);
        let payment_id = PaymentId(id);
        self.step(Event::CardChosen { payment_id });
        self.step(Event::CardRead {
            payment_id,
            entry_mode: EntryMode::Chip,
            pin_entered: false,
            card: credit(),
        });
        self.step(Event::HubUnreachable { payment_id })
    }

    fn pay_cash(&mut self) {
        self.step(Event::CashTendered { given: cny(1550) });
        self.printed();
    }

    fn last_decision(&self) -> Decision {
        let decisions = self.records.iter().rev();
        decisions
            .filter_map(|record| match &record.fact {
                CheckoutFact::Tender(TenderFact::PaymentDecided { decision, .. }) => {
                    Some(decision.clone())
                }
                _ => None,
            })
            .next()
            .unwrap()
    }

    fn returned(&self) -> Vec<(u64, i64, &'static str)> {
        let facts = self.records.iter();
        facts
            .filter_map(|record| match &record.fact {
                CheckoutFact::Lease(LeaseFact::Returned {
                    lease,
                    spent,
                    reason: Reason::Named(reason),
                    ..
                }) => Some((lease.0, spent.minor(), reason.english())),
                _ => None,
            })
            .collect()
    }
}

fn refused(reason: RefusalReason) -> Decision {
    Decision::Refused { reason }
}

#[test]
fn inside_its_lease_a_lane_decides_alone_and_the_receipt_says_so() {
    let mut lane = Lane::lent();
    let effects = lane.cut_off(9);
    let decision = Decision::OfflineApproved {
        amount: cny(1550),
        lease: LeaseId(1),
    };
    assert_eq!(lane.last_decision(), decision);
    assert!(effects.contains(&Effect::ReportOffline(PaymentId(9))));
    let receipt = effects.iter().find_map(|effect| match effect {
        Effect::Print { receipt, .. } => Some(super::receipt::text(receipt)),
        _ => None,
    });
    assert!(receipt.unwrap().contains("SUBJECT TO AUTHORISATION"));
    let account = lane.checkout.lease().unwrap();
    assert_eq!((account.spent(), account.payments()), (cny(1550), 1));
    assert!(lane.killed().checkout.durable_equals(&lane.checkout));
}

#[test]
fn without_a_lease_or_beyond_it_the_answer_is_no() {
    let mut lane = Lane::new();
    lane.cut_off(9);
    assert_eq!(lane.last_decision(), refused(RefusalReason::NotOffline));
    let mut lane = Lane::lent();
    for id in 1..=2 {
        lane.cut_off(id);
        lane.printed();
    }
    lane.cut_off(3);
    assert_eq!(
        lane.last_decision(),
        refused(RefusalReason::OfflineBudget),
        "the card's cap"
    );
    assert_eq!(lane.checkout.lease().unwrap().spent(), cny(3_100));
}

#[test]
fn once_a_byte_has_left_it_is_given_up_and_never_approved() {
    let mut lane = Lane::lent();
    lane.basket();
    lane.step(Event::Total);
    let payment_id = PaymentId(9);
    lane.intended(9);
    lane.step(Event::PaymentLeft { payment_id });
    let effects = lane.step(Event::HubUnreachable { payment_id });
    assert!(effects.contains(&Effect::Abandon(payment_id)));
    assert_eq!(lane.checkout.lease().unwrap().payments(), 0);
}

#[test]
fn nobody_else_can_say_that_the_lane_approved() {
    let mut lane = Lane::lent();
    lane.basket();
    lane.step(Event::Total);
    lane.intended(9);
    let decision = Decision::OfflineApproved {
        amount: cny(1550),
        lease: LeaseId(1),
    };
    let payment_id = PaymentId(9);
    let effects = lane.step(Event::Decided {
        payment_id,
        decision,
    });
    assert!(effects.contains(&Effect::Abandon(payment_id)));
    assert!(approved(1550).paid(cny(1550)).is_positive());
}

#[test]
fn its_time_ends_by_the_clock_that_only_goes_forward() {
    for (after_ms, expected) in [(59_999, true), (60_000, false)] {
        let mut lane = Lane::lent();
        lane.mono_ms = after_ms;
        lane.cut_off(9);
        let alone = matches!(lane.last_decision(), Decision::OfflineApproved { .. });
        assert_eq!(alone, expected, "{after_ms}");
    }
    let mut lane = Lane::lent();
    lane.step(Event::HubReached);
    assert_eq!(lane.returned(), []);
    lane.mono_ms = 60_000;
    lane.step(Event::HubReached);
    assert_eq!(lane.returned(), [(1, 0, "expired")]);
}

#[test]
fn a_restart_takes_the_lease_away_and_gives_it_back() {
    let mut lane = Lane::lent();
    lane.cut_off(1);
    lane.printed();
    let mut again = lane.killed();
    again.step(Event::Recovered);
    assert_eq!(again.returned(), [(1, 1550, "the lane was restarted")]);
    again.cut_off(2);
    assert_eq!(again.last_decision(), refused(RefusalReason::NotOffline));
    again.pay_cash();
    assert_eq!(
        again.try_step(Event::LeaseOffered(lease(1))),
        Err(Rejected::LeaseNotTaken)
    );
    again.step(Event::LeaseOffered(lease(2)));
    again.cut_off(3);
    assert!(matches!(
        again.last_decision(),
        Decision::OfflineApproved { .. }
    ));
}

#[test]
fn a_lease_that_is_mostly_spent_is_exchanged_only_while_the_hub_is_there() {
    let mut lane = Lane::lent();
    let small = OfflineLease {
        budget: cny(2_000),
        ..lease(2)
    };
    lane.step(Event::LeaseOffered(small));
    assert_eq!(lane.returned(), [(1, 0, "replaced")]);
    lane.cut_off(1);
    lane.printed();
    assert_eq!(
        lane.returned().len(),
        1,
        "what is left of it is all there is"
    );
    lane.step(Event::HubReached);
    assert_eq!(lane.returned()[1], (2, 1550, "mostly spent"));
    assert!(lane.checkout.lease().is_none());
}

#[test]
fn another_lane_s_lease_or_another_machine_s_is_not_taken() {
    let mut lane = Lane::new();
    let others = [
        OfflineLease {
            lane: LaneId(4),
            ..lease(1)
        },
        OfflineLease {
            lane_epoch: LaneEpoch(2),
            ..lease(1)
        },
    ];
    for lease in others {
        let taken = lane.try_step(Event::LeaseOffered(lease));
        assert_eq!(taken, Err(Rejected::LeaseNotTaken));
    }
    assert!(lane.checkout.lease().is_none());
}

#[test]
fn a_voided_sale_leaves_the_lease_in_use() {
    let mut lane = Lane::lent();
    lane.basket();
    lane.step(Event::VoidSale {
        reason: "left".to_owned(),
    });
    let effects = lane.cut_off(9);
    let shown = effects.iter().any(|effect| {
        matches!(effect, Effect::Show(screen) if matches!(screen.prompt, Prompt::Printing { .. }))
    });
    assert!(shown, "paid and printing");
}

#[test]
fn a_hot_card_is_refused_and_without_the_list_a_lease_names_nothing_is_approved() {
    let mut lane = Lane::new();
    let needs_list = OfflineLease {
        hot_list_version: 3,
        ..lease(1)
    };
    lane.step(Event::LeaseOffered(needs_list));
    lane.cut_off(1);
    assert_eq!(lane.last_decision(), refused(RefusalReason::NotOffline));
    lane.pay_cash();
    lane.step(Event::HotListReceived(Arc::new(HotList::new(3))));
    lane.cut_off(2);
    let approved = |lane: &Lane| matches!(lane.last_decision(), Decision::OfflineApproved { .. });
    assert!(approved(&lane));
    lane.printed();
    let mut by_hash = HotList::new(4);
    by_hash.add_card(CardHash([7; 32])).unwrap();
    let mut by_range = HotList::new(5);
    let bin: u32 = credit().masked.bin().parse().unwrap();
    by_range.add_range(BinRange { from: bin, to: bin }).unwrap();
    for (id, list) in [(3, by_hash), (4, by_range)] {
        lane.step(Event::HotListReceived(Arc::new(list)));
        lane.cut_off(id);
        assert_eq!(lane.last_decision(), refused(RefusalReason::HotCard));
        lane.pay_cash();
    }
}

#[test]
fn the_same_card_again_and_again_is_refused_until_the_window_is_over() {
    let mut lane = Lane::new();
    let velocity = Some(VelocityLimit {
        count_max: 1,
        window_ms: 10_000,
    });
    lane.step(Event::LeaseOffered(OfflineLease {
        velocity,
        ..lease(1)
    }));
    lane.cut_off(1);
    lane.printed();
    lane.cut_off(2);
    assert_eq!(lane.last_decision(), refused(RefusalReason::TooOften));
    lane.pay_cash();
    lane.mono_ms += 10_000;
    lane.cut_off(3);
    assert!(matches!(
        lane.last_decision(),
        Decision::OfflineApproved { .. }
    ));
}

#[test]
fn the_table_of_the_lease_decides_which_cards() {
    let mut limits = FloorLimits::up_to(2_000);
    limits.set(Some(Scheme::UnionPay), Some(EntryMode::Chip), None, 1_000);
    let mut lane = Lane::new();
    lane.step(Event::LeaseOffered(OfflineLease {
        floor_limits: limits,
        ..lease(1)
    }));
    lane.cut_off(1);
    assert_eq!(lane.last_decision(), refused(RefusalReason::NotOffline));
}
