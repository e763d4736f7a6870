//! Leases at the hub, and what lanes approved under them.

use proptest::prelude::*;

use super::world::{World, cny, config, receipt, request};
use crate::{
    card_ref::CardHash,
    desk::{
        Alarm, Desk, DeskConfig, DeskFact, Effect, Event, LeaseFact, Outgoing, Owner, Rejected,
    },
    forward::{DeadLetterReason, ForwardEnd, Resolution},
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId},
    payment::{Decision, PaymentRequest, Progress},
    risk::{LeaseShare, LeaseUse, OfflineLease},
    words::Reason,
};

/// Half of 1000.00 for two lanes, half of 600.00 of one card.
fn lending() -> DeskConfig {
    let mut config = config();
    config.policy = config.policy.with_leases(LeaseShare {
        percent: 50,
        count_max: 10,
        valid_for_ms: 60_000,
    });
    config
}

fn world() -> World {
    World::with(lending())
}

impl World {
    fn attach(&mut self, lane: u16) {
        self.attach_as(lane, 1);
    }

    fn attach_as(&mut self, lane: u16, epoch: u32) {
        let (lane, epoch) = (LaneId(lane), LaneEpoch(epoch));
        self.step(Event::LaneAttached { lane, epoch });
    }

    fn granted(&self) -> Vec<OfflineLease> {
        let effects = self.effects.iter();
        effects
            .filter_map(|effect| match effect {
                Effect::GrantLease(lease) => Some(lease.clone()),
                _ => None,
            })
            .collect()
    }

    fn told(&mut self, id: u128, lane: u16, minor: i64, lease: u64) {
        let request = request(id, lane, minor);
        let lease = LeaseId(lease);
        self.step(Event::OfflineReported { request, lease });
    }

    fn card(&mut self, id: u128) {
        let payment_id = PaymentId(id);
        self.step(Event::OfflineCard { payment_id });
    }

    fn returned(&mut self, lane: u16, lease: u64) {
        let (lane, lease_id) = (LaneId(lane), LeaseId(lease));
        self.step(Event::LeaseReturned { lane, lease_id });
    }

    fn advices(&self) -> usize {
        let sent = self.effects.iter();
        sent.filter(|effect| matches!(effect, Effect::Send(Outgoing::Advice { .. })))
            .count()
    }

    fn decision(&self, id: u128) -> Decision {
        match &self.desk.payment(PaymentId(id)).unwrap().progress {
            Progress::Decided(decision) => decision.clone(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn each_attached_lane_gets_its_share_once_and_is_told_again_when_it_comes_back() {
    let mut world = world();
    world.attach(1);
    let granted = world.granted();
    assert_eq!(granted.len(), 1);
    let lease = granted[0].clone();
    assert_eq!((lease.lane, lease.lane_epoch), (LaneId(1), LaneEpoch(1)));
    assert_eq!(lease.budget, cny(25_000));
    assert_eq!(lease.per_card_cap, cny(15_000));
    assert_eq!(lease.per_payment_cap, cny(15_000));
    world.attach(1);
    assert_eq!(world.granted(), [lease], "the same again, no second one");
    world.attach(2);
    assert_eq!(world.granted()[0].id, LeaseId(2));
    assert_eq!(world.desk.leases().reserved_minor(), 50_000);
    assert_eq!(world.desk.leases().any_card_reserved_minor(), 30_000);
}

#[test]
fn a_lease_counts_in_full_against_stand_ins_of_store_and_card() {
    let mut world = world();
    world.attach(1);
    world.attach(2);
    world.step(Event::Requested(request(1, 1, 30_001)));
    assert!(
        matches!(world.decision(1), Decision::Refused { .. }),
        "over what of a card is free"
    );
    world.step(Event::Requested(request(2, 1, 30_000)));
    assert_eq!(
        world.decision(2),
        Decision::StandIn {
            amount: cny(30_000)
        }
    );
    world.step(Event::Requested(request(3, 1, 20_001)));
    assert!(
        matches!(world.decision(3), Decision::Refused { .. }),
        "over what of the store is free"
    );
    world.step(Event::Requested(request(4, 1, 20_000)));
    assert_eq!(
        world.decision(4),
        Decision::StandIn {
            amount: cny(20_000)
        }
    );
    assert_eq!(world.desk.leases().reserved_minor(), 50_000);
}

#[test]
fn what_the_journal_shows_as_spent_moves_from_lease_to_queue_and_a_return_frees_the_rest() {
    let mut world = world();
    world.attach(1);
    world.told(7, 1, 10_000, 1);
    let decided = Decision::OfflineApproved {
        amount: cny(10_000),
        lease: LeaseId(1),
    };
    assert_eq!(world.decision(7), decided);
    assert_eq!(world.desk.counts().offline_approved, 1);
    assert_eq!(world.desk.counts().requested, 1);
    let sum = |world: &World| {
        (
            world.desk.leases().reserved_minor(),
            world.desk.exposure().store_minor(),
        )
    };
    assert_eq!(sum(&world), (15_000, 10_000));
    let before = world.journal.len();
    world.told(7, 1, 10_000, 1);
    assert_eq!(world.journal.len(), before, "twice does no harm");
    world.returned(1, 1);
    let granted = world.granted();
    assert_eq!(granted.len(), 1, "another one in the same commit");
    assert_eq!(granted[0].id, LeaseId(2));
    assert_eq!(sum(&world), (25_000, 10_000));
    world.returned(1, 1);
    assert_eq!(
        sum(&world),
        (25_000, 10_000),
        "the old one again frees nothing"
    );
}

#[test]
fn the_advice_waits_for_the_sale_and_for_the_card() {
    for card_first in [false, true] {
        let mut world = world();
        world.go_online(1);
        world.attach(1);
        if card_first {
            world.card(7);
        }
        world.told(7, 1, 10_000, 1);
        assert_eq!(world.status(7), "approved offline by the lane");
        world.step(Event::Completed {
            payment_id: PaymentId(7),
            receipt: receipt(1, 1),
        });
        if !card_first {
            assert_eq!(world.advices(), 0);
            assert_eq!(
                world.status(7),
                "approved offline, its card is still at the lane"
            );
            let unresolved = world.desk.unresolved();
            assert_eq!(unresolved[0].owner, Owner::Lane);
            world.card(7);
            assert!(world.effects.contains(&Effect::HoldCard(PaymentId(7))));
        }
        assert_eq!(world.advices(), 1, "card first: {card_first}");
        let before = world.journal.len();
        world.card(7);
        assert_eq!(
            world.journal.len(),
            before,
            "the card again is not kept again"
        );
    }
}

#[test]
fn a_sale_that_was_given_up_withdraws_the_advice_before_or_after_the_hub_hears_of_it() {
    for abandon_first in [false, true] {
        let mut world = world();
        world.attach(1);
        let abandoned = Event::Abandoned {
            payment_id: PaymentId(7),
            lane: LaneId(1),
        };
        if abandon_first {
            world.step(abandoned.clone());
        }
        world.told(7, 1, 10_000, 1);
        if !abandon_first {
            world.step(abandoned);
        }
        assert_eq!(world.status(7), "approved without the bank, withdrawn");
        assert_eq!(world.desk.exposure().store_minor(), 0);
        world.card(7);
        assert!(
            !world.effects.contains(&Effect::HoldCard(PaymentId(7))),
            "nobody needs it"
        );
    }
}

/// F16.
#[test]
fn what_no_lease_covers_is_booked_and_never_told_to_the_bank() {
    let mut world = world();
    world.attach(1);
    world.attach(2);
    // No such lease; more than its cap for a payment; another lane's lease.
    let told = [(7, 1, 100, 99), (8, 1, 15_001, 1), (9, 2, 100, 1)];
    for (id, lane, minor, lease) in told {
        world.told(id, lane, minor, lease);
        let payment_id = PaymentId(id);
        let entry = world.last_forward();
        let lane = LaneId(lane);
        let outside = Alarm::OutsideLease { payment_id, lane };
        assert_eq!(world.alarms(), [outside, Alarm::DeadLetter(entry)]);
        assert_eq!(world.desk.lease_of(payment_id), Some(LeaseId(lease)));
        assert_eq!(world.status(id), "dead letter");
        let Some(ForwardEnd::DeadLetter { reason, .. }) = world.end_of(entry.0) else {
            panic!("{:?}", world.effects);
        };
        assert_eq!(
            reason,
            Reason::Named(DeadLetterReason::OutsideLease),
            "{lane}"
        );
        let unresolved = world.desk.unresolved();
        let unresolved = unresolved.iter().find(|one| one.payment_id == payment_id);
        assert_eq!(unresolved.unwrap().owner, Owner::StoreManager);
        let retry = Event::DeadLetterResolved {
            forward_id: entry,
            how: Resolution::Retry,
        };
        assert_eq!(
            world.try_step(retry),
            Err(Rejected::NeverForwarded(entry)),
            "not by hand either"
        );
        world.card(id);
        world.complete(id, lane.0);
    }
    world.go_online(1);
    world.pass(60_000);
    assert_eq!(world.sent(), []);
    assert_eq!(world.desk.counts().offline_approved, 3);
    assert_eq!(world.desk.exposure().store_minor(), 15_201);
    world.told(10, 2, 100, 2);
    assert_eq!(world.alarms(), [], "inside its own");
}

#[test]
fn an_abandoned_sale_outside_a_lease_is_withdrawn_like_any_other() {
    let mut world = world();
    world.attach(1);
    world.abandon(7, 1);
    world.told(7, 1, 4_900_000, 99);
    assert_eq!(world.status(7), "approved without the bank, withdrawn");
    assert_eq!(world.desk.exposure().store_minor(), 0);
}

#[test]
fn an_id_the_hub_was_asked_for_is_never_an_offline_approval() {
    let mut world = world();
    world.attach(1);
    world.step(Event::Requested(request(7, 1, 100)));
    let refused = world.try_step(Event::OfflineReported {
        request: request(7, 1, 100),
        lease: LeaseId(1),
    });
    assert_eq!(refused, Err(Rejected::OfflineAfterRequested(PaymentId(7))));
    assert_eq!(world.desk.lease_of(PaymentId(7)), None);
}

#[test]
fn a_swapped_machine_gets_its_own_lease_and_the_old_one_counts_until_it_is_written_off() {
    let mut world = world();
    world.attach(1);
    world.attach_as(1, 2);
    assert_eq!(world.granted()[0].lane_epoch, LaneEpoch(2));
    assert_eq!(world.desk.leases().reserved_minor(), 50_000);
    let write_off = |reason: &str| Event::LeaseWrittenOff {
        lease_id: LeaseId(1),
        by: "manager".to_owned(),
        reason: reason.to_owned(),
    };
    assert_eq!(world.try_step(write_off(" ")), Err(Rejected::NoteMissing));
    world.step(write_off("the old Pi is in the bin"));
    assert_eq!(world.desk.leases().reserved_minor(), 25_000);
    assert_eq!(
        world.try_step(write_off("again")),
        Err(Rejected::UnknownLease(LeaseId(1)))
    );
    world.told(7, 1, 100, 1);
    let outside = Alarm::OutsideLease {
        payment_id: PaymentId(7),
        lane: LaneId(1),
    };
    assert!(
        world.alarms().contains(&outside),
        "it came back after all: {:?}",
        world.alarms()
    );
}

#[test]
fn nothing_is_lent_while_too_little_is_free_and_a_close_stops_no_lending() {
    let mut world = world();
    for id in 1..=3 {
        world.step(Event::Requested(request(id, 2, 31_500)));
    }
    world.attach(1);
    assert_eq!(
        world.granted(),
        [],
        "55.00 of 1000.00 is free, a share is 250.00"
    );
    let mut world = self::world();
    // Something a batch has to wait for.
    world.step(Event::Requested(request(9, 2, 100)));
    let date = crate::time::BusinessDate::parse("2026-11-22").unwrap();
    world.step(super::settlement::turn(date));
    world.attach(1);
    assert!(
        world
            .journal
            .iter()
            .any(|one| matches!(one.fact, DeskFact::Lease(LeaseFact::Granted { .. })))
    );
}

#[test]
fn a_restarted_hub_knows_its_leases_and_lends_no_more() {
    let mut world = world();
    world.go_online(1);
    world.attach(1);
    world.told(7, 1, 10_000, 1);
    let mut desk = Desk::new(lending());
    for record in &world.journal {
        desk.replay(record);
    }
    assert_eq!(desk.leases(), world.desk.leases());
    assert_eq!(desk.leases().get(LeaseId(1)).unwrap().spent(), cny(10_000));
}

/// What a lane and a hub may do to each other's books.
#[derive(Clone, Debug)]
enum Deed {
    Attach(u16),
    Spend(u16, u8, i64),
    /// So much of the lane's journal reaches the hub.
    Replicate(u16, usize),
    Return(u16),
    Restart(u16),
    StandIn(u16, u8, i64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let lane = 1_u16..=2;
    let card = 0_u8..3;
    let minor = 1_i64..16_000;
    let deed = prop_oneof![
        lane.clone().prop_map(Deed::Attach),
        (lane.clone(), card.clone(), minor.clone()).prop_map(|(l, c, m)| Deed::Spend(l, c, m)),
        (lane.clone(), card.clone(), minor.clone()).prop_map(|(l, c, m)| Deed::Spend(l, c, m)),
        (lane.clone(), 1_usize..4).prop_map(|(l, n)| Deed::Replicate(l, n)),
        lane.clone().prop_map(Deed::Return),
        lane.clone().prop_map(Deed::Restart),
        (lane, card, minor).prop_map(|(l, c, m)| Deed::StandIn(l, c, m)),
    ];
    prop::collection::vec(deed, 1..80)
}

/// A lane as the hub can't see it: its account of the lease, and the tail of its journal that the
/// hub has not got yet.
#[derive(Default)]
struct Lane {
    lease: Option<LeaseUse>,
    usable: bool,
    newest: u64,
    tail: Vec<Event>,
}

struct Store {
    world: World,
    lanes: [Lane; 2],
    next_id: u128,
}

fn asked(id: u128, lane: u16, card: u8, minor: i64) -> PaymentRequest {
    let mut request = request(id, lane, minor);
    request.card.hash = Some(CardHash([card; 32]));
    request
}

impl Store {
    fn new() -> Self {
        Self {
            world: world(),
            lanes: Default::default(),
            next_id: 0,
        }
    }

    fn lane(&mut self, lane: u16) -> &mut Lane {
        &mut self.lanes[usize::from(lane) - 1]
    }

    fn id(&mut self) -> u128 {
        self.next_id += 1;
        self.next_id
    }

    fn perform(&mut self, deed: Deed) {
        match deed {
            Deed::Attach(lane) => self.world.attach(lane),
            Deed::Spend(lane, card, minor) => self.spend(lane, card, minor),
            Deed::Replicate(lane, records) => {
                for _ in 0..records.min(self.lane(lane).tail.len()) {
                    let event = self.lane(lane).tail.remove(0);
                    self.world.step(event);
                    self.take_grants();
                }
            }
            Deed::Return(lane) => self.give_back(lane),
            Deed::Restart(lane) => {
                self.lane(lane).usable = false;
                self.give_back(lane);
            }
            Deed::StandIn(lane, card, minor) => {
                let id = self.id();
                self.world
                    .step(Event::Requested(asked(id, lane, card, minor)));
            }
        }
        self.take_grants();
    }

    fn take_grants(&mut self) {
        for lease in self.world.granted() {
            let lane = self.lane(lease.lane.0);
            if lease.id.0 > lane.newest {
                lane.newest = lease.id.0;
                lane.lease = Some(LeaseUse::new(lease));
                lane.usable = true;
            }
        }
        self.world.effects.clear();
    }

    fn spend(&mut self, lane: u16, card: u8, minor: i64) {
        let id = self.id();
        let request = asked(id, lane, card, minor);
        let own = self.lane(lane);
        let Some(account) = own.lease.as_mut().filter(|_| own.usable) else {
            return;
        };
        let may = account.decide(request.amount, &request.card, request.entry_mode, false);
        if may.is_ok() {
            account.spend(request.amount, request.card.hash.as_ref());
            let lease = account.lease.id;
            own.tail.push(Event::OfflineReported { request, lease });
        }
    }

    fn give_back(&mut self, lane: u16) {
        let own = self.lane(lane);
        if let Some(account) = own.lease.take() {
            own.tail.push(Event::LeaseReturned {
                lane: LaneId(lane),
                lease_id: account.lease.id,
            });
        }
    }

    /// What is really at risk: what the hub knows, what lanes spent and it does not know yet, and
    /// what they could still spend.
    fn check(&self) {
        let unknown = |card: Option<u8>| -> i64 {
            let tails = self.lanes.iter().flat_map(|lane| &lane.tail);
            tails
                .filter_map(|event| match event {
                    Event::OfflineReported { request, .. } => Some(request),
                    _ => None,
                })
                .filter(|one| card.is_none_or(|card| one.card.hash == Some(CardHash([card; 32]))))
                .map(|request| request.amount.minor())
                .sum()
        };
        let usable = || self.lanes.iter().filter(|lane| lane.usable);
        let held = || usable().filter_map(|lane| lane.lease.as_ref());
        let left: i64 = held().map(LeaseUse::remaining_minor).sum();
        let at_risk = self.world.desk.exposure().store_minor() + unknown(None) + left;
        assert!(at_risk <= 100_000, "{at_risk} of the store");
        for card in 0..3 {
            let hash = CardHash([card; 32]);
            let left: i64 = held().map(|one| one.card_remaining_minor(&hash)).sum();
            let known = self.world.desk.exposure().card_minor(&hash);
            let at_risk = known + unknown(Some(card)) + left;
            assert!(at_risk <= 60_000, "{at_risk} of card {card}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_order_of_deeds_puts_more_at_risk_than_the_caps(deeds in deeds()) {
        let mut store = Store::new();
        for deed in deeds {
            store.perform(deed);
            store.check();
        }
    }
}
