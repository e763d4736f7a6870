//! One life of a store with its bank: what may happen, and what must be true of every effect.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{
    host::Host,
    world::{LANES, World, place, receipt, request},
};
use crate::{
    desk::{
        DayState, DeskFact, Effect, Event, ForwardFact, Outgoing, PaymentFact, PaymentStatus,
        TerminalFact,
    },
    forward::Resolution,
    ids::{BatchNumber, ForwardId, LaneId, PaymentId, Stan, Tid},
    payment::{Answer, Completion, Decision, MacCheck, RefusalReason},
    time::{BusinessDate, MonoMs},
};

/// What may happen next. Numbers choose among what there is.
#[derive(Clone, Debug)]
pub(super) enum Fate {
    Ask {
        lane: u16,
        minor: i64,
    },
    AskAgain {
        which: usize,
        other: bool,
    },
    AbandonEarly {
        lane: u16,
    },
    Finish {
        which: usize,
        keep: bool,
    },
    AcquirerLink {
        up: bool,
    },
    SignOn {
        which: usize,
        good: bool,
    },
    /// The bank takes a message, and its answer comes at once, late, or with a bad MAC.
    Bank {
        which: usize,
        delay: u8,
    },
    /// The bank never hears of it.
    Broken {
        which: usize,
        a_byte_left: bool,
    },
    LateAnswer {
        which: usize,
    },
    Pass {
        ms: u64,
    },
    Restart,
    Close,
    Archive,
    Resolve {
        which: usize,
        retry: bool,
    },
}

pub(super) fn fate() -> impl Strategy<Value = Fate> {
    let which = || 0..8_usize;
    prop_oneof![
        6 => (1..=LANES, 100..5_000_i64).prop_map(|(lane, minor)| Fate::Ask { lane, minor }),
        1 => (which(), any::<bool>()).prop_map(|(which, other)| Fate::AskAgain { which, other }),
        1 => (1..=LANES).prop_map(|lane| Fate::AbandonEarly { lane }),
        6 => (which(), any::<bool>()).prop_map(|(which, keep)| Fate::Finish { which, keep }),
        2 => any::<bool>().prop_map(|up| Fate::AcquirerLink { up }),
        5 => (which(), prop::bool::weighted(0.9))
            .prop_map(|(which, good)| Fate::SignOn { which, good }),
        10 => (which(), 0..6_u8).prop_map(|(which, delay)| Fate::Bank { which, delay }),
        2 => (which(), any::<bool>())
            .prop_map(|(which, a_byte_left)| Fate::Broken { which, a_byte_left }),
        2 => which().prop_map(|which| Fate::LateAnswer { which }),
        4 => (1..40_000_u64).prop_map(|ms| Fate::Pass { ms }),
        1 => Just(Fate::Restart),
        1 => Just(Fate::Close),
        1 => Just(Fate::Archive),
        1 => (which(), any::<bool>()).prop_map(|(which, retry)| Fate::Resolve { which, retry }),
    ]
}

/// A message between hub and bank.
#[derive(Clone)]
struct Held {
    message: Outgoing,
    deadline: MonoMs,
    /// The bank has it, and its answer is late or lost.
    is_taken: bool,
}

/// A store day and its bank, and what has been seen of the desk so far.
pub(super) struct Life {
    pub(super) world: World,
    host: Host,
    /// The one message of each terminal that nothing has become of yet.
    at_bank: BTreeMap<Tid, Held>,
    /// Messages that were given up here and may reach the bank all the same.
    stragglers: Vec<Outgoing>,
    sign_ons: BTreeSet<Tid>,
    signed_on: BTreeSet<Tid>,
    late: Vec<Answer>,
    next_id: u128,
    live_sent: BTreeSet<PaymentId>,
    pub(super) not_sent: BTreeSet<PaymentId>,
    decided: BTreeSet<PaymentId>,
    entries: BTreeMap<ForwardId, Outgoing>,
    durable: Vec<DeskFact>,
    date: BusinessDate,
}

impl Life {
    pub(super) fn new() -> Self {
        Self {
            world: World::new(),
            host: Host::default(),
            at_bank: BTreeMap::new(),
            stragglers: Vec::new(),
            sign_ons: BTreeSet::new(),
            signed_on: BTreeSet::new(),
            late: Vec::new(),
            next_id: 1,
            live_sent: BTreeSet::new(),
            not_sent: BTreeSet::new(),
            decided: BTreeSet::new(),
            entries: BTreeMap::new(),
            durable: Vec::new(),
            date: BusinessDate::parse("2026-11-22").unwrap(),
        }
    }

    fn step(&mut self, event: Event) {
        if self.world.try_step(event).is_ok() {
            self.watch();
        }
    }

    /// The shell's part, and what must be true of every effect whatever came before it.
    fn watch(&mut self) {
        for effect in self.world.effects.clone() {
            match effect {
                Effect::Persist(record) => self.written(record.fact),
                Effect::Send(message) => self.sent(message),
                Effect::SignOn { tid } => {
                    let idle = !self.at_bank.contains_key(&tid);
                    assert!(idle, "sign-on only when the TID is idle");
                    assert!(self.world.desk.link_up(), "no sign-on on a dead line");
                    self.sign_ons.insert(tid.clone());
                    self.signed_on.remove(&tid);
                }
                Effect::Reply {
                    payment_id,
                    decision,
                    ..
                } => {
                    let reason = RefusalReason::ContentDiffers;
                    let written = self.decided.contains(&payment_id);
                    let differs = decision == Decision::Refused { reason };
                    assert!(written || differs, "replied before it was written");
                }
                Effect::HotCard { .. }
                | Effect::WaitsForSettlement { .. }
                | Effect::ReturnAnswer { .. }
                | Effect::AskToHandOver { .. }
                | Effect::BasketAnswer { .. }
                | Effect::DateTurned { .. }
                | Effect::Archive(_)
                | Effect::HoldCard(_)
                | Effect::EraseCard(_)
                | Effect::ForgetSecrets(_)
                | Effect::GrantLease(_)
                | Effect::WakeAt(_)
                | Effect::Alarm(_) => {}
            }
        }
    }

    fn written(&mut self, fact: DeskFact) {
        if let DeskFact::Payment(PaymentFact::Decided {
            payment_id,
            decision,
            ..
        }) = &fact
        {
            assert!(
                self.decided.insert(*payment_id),
                "{payment_id} decided twice"
            );
            let stood_in = matches!(decision, Decision::StandIn { .. });
            let may_have_left = self.live_sent.contains(payment_id);
            assert!(
                !stood_in || !may_have_left || self.not_sent.contains(payment_id),
                "I19: {payment_id} was stood in for after a byte may have left"
            );
        }
        self.durable.push(fact);
    }

    /// The record of a message that is about to leave.
    fn is_written(&self, tid: &Tid, stan: Stan, batch: BatchNumber) -> bool {
        self.durable.iter().rev().any(|fact| match fact {
            DeskFact::Payment(
                PaymentFact::Sent {
                    tid: of,
                    stan: bound,
                    batch: open,
                    ..
                }
                | PaymentFact::OutcomeAsked {
                    tid: of,
                    stan: bound,
                    batch: open,
                    ..
                },
            )
            | DeskFact::Terminal(TerminalFact::SettlementSent {
                tid: of,
                stan: bound,
                batch: open,
                ..
            }) => (of, *bound, *open) == (tid, stan, batch),
            DeskFact::Terminal(TerminalFact::UploadSent {
                tid: of,
                batch: open,
                sent,
            }) => (of, sent.stan, *open) == (tid, stan, batch),
            DeskFact::Forward(ForwardFact::Sent {
                stan: bound,
                batch: open,
                ..
            }) => (*bound, *open) == (stan, batch),
            _ => false,
        })
    }

    fn sent(&mut self, message: Outgoing) {
        let (_, tid, stan, batch) = place(&message);
        let tid = tid.clone();
        assert!(
            self.signed_on.contains(&tid),
            "signed on before any financial message"
        );
        assert!(self.world.desk.link_up(), "nothing is sent on a dead line");
        assert!(
            !self.at_bank.contains_key(&tid),
            "I7: one message outstanding"
        );
        let written = self.is_written(&tid, stan, batch);
        assert!(written, "I6: its record is durable first");
        match &message {
            Outgoing::Sale { financial, .. } => {
                let first = self.live_sent.insert(financial.payment_id);
                assert!(first, "I19: a 0200 is sent once");
            }
            Outgoing::Advice {
                forward_id,
                financial,
                ..
            } => {
                let payment = self.world.desk.payment(financial.payment_id).unwrap();
                assert!(matches!(payment.completion, Completion::Completed(_)));
                self.same_as_first(*forward_id, &message);
            }
            Outgoing::Reversal { forward_id, .. } | Outgoing::Void { forward_id, .. } => {
                self.same_as_first(*forward_id, &message);
            }
            Outgoing::Query { .. } | Outgoing::Settlement { .. } | Outgoing::Upload { .. } => {}
        }
        let timeout_ms = match message {
            Outgoing::Sale { .. } => 60_000,
            _ => 30_000,
        };
        let held = Held {
            message,
            deadline: self.world.now.mono.after(timeout_ms),
            is_taken: false,
        };
        self.at_bank.insert(tid, held);
    }

    fn same_as_first(&mut self, id: ForwardId, message: &Outgoing) {
        let first = self.entries.entry(id).or_insert_with(|| message.clone());
        assert_eq!(first, message, "I8: a repeat equals the first send");
    }

    fn nth<T: Clone>(all: Vec<T>, which: usize) -> Option<T> {
        let index = which.checked_rem(all.len())?;
        all.get(index).cloned()
    }

    pub(super) fn live(&mut self, fate: Fate) {
        match fate {
            Fate::Ask { lane, minor } => {
                let id = self.next_id;
                self.next_id += 1;
                self.step(Event::Requested(request(id, lane, minor)));
            }
            Fate::AskAgain { which, other } => {
                let held = self.world.desk.payments();
                let away = self.world.archived().map(|file| &file.payment);
                let all = held.chain(away).map(|it| it.request.clone());
                if let Some(mut again) = Self::nth(all.collect(), which) {
                    again.pin_entered ^= other;
                    self.step(Event::Requested(again));
                }
            }
            Fate::AbandonEarly { lane } => {
                let (payment_id, lane) = (PaymentId(self.next_id), LaneId(lane));
                self.step(Event::Abandoned { payment_id, lane });
            }
            Fate::Finish { which, keep } => self.finish(which, keep),
            Fate::AcquirerLink { up } => self.acquirer_link(up),
            Fate::SignOn { which, good } => self.sign_on(which, good),
            Fate::Bank { which, delay } => self.bank(which, delay),
            Fate::Broken { which, a_byte_left } => self.broken(which, a_byte_left),
            Fate::LateAnswer { which } => self.late_answer(which),
            Fate::Pass { ms } => self.pass(ms),
            Fate::Restart => self.restart(),
            Fate::Close => {
                self.step(super::settlement::turn(self.date));
                self.date = self.world.desk.business_date();
            }
            Fate::Archive => self.step(Event::Archive),
            Fate::Resolve { which, retry } => self.resolve(which, retry),
        }
    }

    /// The lane brings a payment to its end: a paid one is kept or given up, all else given up.
    fn finish(&mut self, which: usize, keep: bool) {
        let known = self.world.with_all();
        let open = known
            .payments()
            .filter(|it| it.completion == Completion::Open);
        let ids = open
            .map(|it| (it.request.payment_id, it.request.lane))
            .collect();
        let Some((payment_id, lane)) = Self::nth(ids, which) else {
            return;
        };
        if keep {
            let receipt = receipt(lane.0, u32::try_from(payment_id.0).unwrap());
            self.step(Event::Completed {
                payment_id,
                receipt,
            });
        } else {
            self.step(Event::Abandoned { payment_id, lane });
        }
    }

    fn acquirer_link(&mut self, up: bool) {
        if !up {
            self.signed_on.clear();
            self.sign_ons.clear();
        }
        self.step(Event::AcquirerLink { up });
        if !up {
            for (tid, held) in std::mem::take(&mut self.at_bank) {
                let stan = self.give_up(held);
                self.step(Event::SentThenBroke {
                    tid,
                    stan,
                    in_full: true,
                });
            }
        }
    }

    fn sign_on(&mut self, which: usize, good: bool) {
        let Some(tid) = Self::nth(self.sign_ons.iter().cloned().collect(), which) else {
            return;
        };
        self.sign_ons.remove(&tid);
        if good {
            let batch: BatchNumber = self.host.batch(&tid);
            self.signed_on.insert(tid.clone());
            self.step(Event::SignedOn { tid, batch });
        } else {
            self.step(Event::SignOnFailed { tid });
        }
    }

    /// Something becomes of a message: it may still be on its way to the bank.
    fn give_up(&mut self, held: Held) -> Stan {
        let stan = place(&held.message).2;
        if !held.is_taken {
            self.stragglers.push(held.message);
        }
        stan
    }

    fn pass(&mut self, ms: u64) {
        let now = self.world.now.mono.after(ms);
        let overdue = self.at_bank.iter().filter(|(_, held)| held.deadline <= now);
        let overdue: Vec<Tid> = overdue.map(|(tid, _)| tid.clone()).collect();
        for tid in overdue {
            let held = self.at_bank.remove(&tid).unwrap();
            self.give_up(held);
        }
        self.world.pass(ms);
        self.watch();
    }

    fn late_answer(&mut self, which: usize) {
        if let Some(straggler) = self.stragglers.pop() {
            let answer = self.host.take(&straggler);
            self.late.push(answer);
        }
        if let Some(answer) = Self::nth(self.late.clone(), which) {
            let fits = self.at_bank.get(&answer.tid).is_some_and(|held| {
                let (mti, _, stan, batch) = place(&held.message);
                (mti + 10, stan, Some(batch)) == (answer.mti, answer.stan, answer.batch)
            });
            if fits {
                self.at_bank.remove(&answer.tid);
            }
            self.step(Event::Answered(answer));
        }
    }

    fn bank(&mut self, which: usize, delay: u8) {
        let untaken = self.at_bank.iter().filter(|(_, held)| !held.is_taken);
        let tids = untaken.map(|(tid, _)| tid.clone()).collect();
        let Some(tid) = Self::nth(tids, which) else {
            return;
        };
        let Some(held) = self.at_bank.get_mut(&tid) else {
            return;
        };
        let mut answer = self.host.take(&held.message);
        if delay == 0 {
            held.is_taken = true;
            self.late.push(answer);
            return;
        }
        self.at_bank.remove(&tid);
        if delay == 1 {
            answer.mac = MacCheck::Bad;
        }
        self.step(Event::Answered(answer));
    }

    fn broken(&mut self, which: usize, a_byte_left: bool) {
        let Some(tid) = Self::nth(self.at_bank.keys().cloned().collect(), which) else {
            return;
        };
        let Some(held) = self.at_bank.remove(&tid) else {
            return;
        };
        if a_byte_left || held.is_taken {
            let stan = self.give_up(held);
            self.step(Event::SentThenBroke {
                tid,
                stan,
                in_full: true,
            });
            return;
        }
        let stan = place(&held.message).2;
        if let Outgoing::Sale { financial, .. } = &held.message {
            self.not_sent.insert(financial.payment_id);
        }
        self.step(Event::NotSent { tid, stan });
    }

    fn restart(&mut self) {
        for held in std::mem::take(&mut self.at_bank).into_values() {
            self.give_up(held);
        }
        self.sign_ons.clear();
        self.signed_on.clear();
        self.world.restart();
        self.watch();
    }

    fn resolve(&mut self, which: usize, retry: bool) {
        let dead = self.world.desk.dead_letters();
        let dead = dead.filter(|it| it.resolution.is_none()).map(|it| it.id);
        let Some(forward_id) = Self::nth(dead.collect(), which) else {
            return;
        };
        let reference = "by hand".to_owned();
        let how = match retry {
            true => Resolution::Retry,
            false => Resolution::SettledByHand { reference },
        };
        self.step(Event::DeadLetterResolved { forward_id, how });
    }

    /// The faults end: the line is up, every lane says what became of its payments, the bank
    /// answers everything, and the day closes.
    pub(super) fn heal(&mut self) {
        for straggler in std::mem::take(&mut self.stragglers) {
            self.host.take(&straggler);
        }
        self.live(Fate::AcquirerLink { up: true });
        for round in 0..250 {
            self.rest();
            self.finish(0, round % 2 == 0);
            self.finish(0, false);
        }
        assert_eq!(self.world.desk.queue_depth(), 0, "I17: the queue is empty");
        assert_eq!(self.world.desk.payments_in_flight(), 0, "I17");
        let date = self.date;
        self.step(super::settlement::turn(date));
        for _ in 0..60 {
            self.rest();
        }
        assert_eq!(
            self.world.desk.day(),
            DayState::Open { closed: Some(date) },
            "{:?}",
            self.world.desk.close_day_blockers()
        );
        self.world.archive();
    }

    pub(super) fn count_written(&self, is_it: fn(&DeskFact) -> bool) -> u64 {
        let records = self.durable.iter().filter(|record| is_it(record));
        u64::try_from(records.count()).unwrap()
    }

    pub(super) fn count_sent(&self, is_it: fn(&Outgoing) -> bool) -> u64 {
        let entries = self.entries.values().filter(|message| is_it(message));
        u64::try_from(entries.count()).unwrap()
    }

    /// A second in which the bank answers whatever it is sent.
    fn rest(&mut self) {
        self.pass(1_000);
        while !self.sign_ons.is_empty() {
            self.sign_on(0, true);
        }
        while self.at_bank.values().any(|held| !held.is_taken) {
            self.bank(0, 5);
        }
    }

    /// I2, I5, I11: what the bank charged is what the desk says, unless the payment is named.
    pub(super) fn compare(&self) {
        let counts = self.world.desk.counts();
        let unnamed = counts.forward_dead_letters == 0;
        assert!(
            !unnamed || counts.batches == counts.batches_balanced,
            "I11: {counts:?}"
        );
        let known = self.world.with_all();
        assert_eq!(known.check_invariants(), []);
        for payment in known.payments() {
            let id = payment.request.payment_id;
            let status = known.status(id).unwrap();
            let charged = self.host.net(id);
            let named = matches!(
                status,
                PaymentStatus::DeadLettered
                    | PaymentStatus::DeclinedAfterGoods
                    | PaymentStatus::Resolved
            );
            let kept = matches!(payment.completion, Completion::Completed(_));
            let Some(
                Decision::Approved { amount, .. }
                | Decision::PartiallyApproved { amount, .. }
                | Decision::StandIn { amount },
            ) = decision(payment)
            else {
                assert!(named || charged == 0, "{id} {status:?}: {charged} charged");
                continue;
            };
            let expected = if kept { amount.minor() } else { 0 };
            assert!(
                named || charged == expected,
                "{id} {status:?}: {charged} charged, {expected} due"
            );
        }
    }
}

fn decision(payment: &crate::payment::Payment) -> Option<&Decision> {
    match &payment.progress {
        crate::payment::Progress::Decided(decision) => Some(decision),
        _ => None,
    }
}
