//! A desk with its journal, and short ways to say what happens to it.

use std::collections::BTreeMap;

use crate::{
    card_ref::{CardHash, CardRef, EntryMode, Funding, MaskedPan, Scheme},
    desk::{
        Desk, DeskConfig, DeskFact, DeskRecord, Effect, Event, Outgoing, PaymentFile, Rejected,
        Timing,
    },
    ids::{
        AuthCode, BatchNumber, ForwardId, LaneEpoch, LaneId, Mid, PaymentId, ReceiptNumber, Rrn,
        SaleNumber, Stan, Tid,
    },
    money::{Currency, Money},
    payment::{Answer, Decision, MacCheck, PaymentKind, PaymentMethod, PaymentRequest},
    response_code::ResponseCode,
    risk::StandInPolicy,
    settlement::BatchTotals,
    time::{BusinessDate, MonoMs, Now, WallMs},
    words::Worded,
};

pub(super) const LANES: u16 = 2;

pub(super) fn cny(minor: i64) -> Money {
    Money::new(minor, Currency::CNY)
}

pub(super) fn code(text: &str) -> ResponseCode {
    ResponseCode::new(text).unwrap()
}

pub(super) fn tid(lane: u16) -> Tid {
    Tid::new(&format!("LANE{lane:04}")).unwrap()
}

pub(super) fn mid() -> Mid {
    Mid::new("898310054110001").unwrap()
}

pub(super) fn batch(number: u32) -> BatchNumber {
    BatchNumber::new(number).unwrap()
}

pub(super) fn config() -> DeskConfig {
    DeskConfig {
        first_day: BusinessDate::parse("2026-11-22").unwrap(),
        currency: Currency::CNY,
        policy: StandInPolicy::new(cny(100_000), cny(60_000), cny(50_000)),
        hot_list: Default::default(),
        timing: Timing {
            answer_timeout_ms: 60_000,
            forward_answer_timeout_ms: 30_000,
            backoff_min_ms: 1_000,
            backoff_max_ms: 8_000,
            reversal_tries_max: 3,
        },
        marker_when_balanced: false,
    }
}

/// A credit card in contactless mode: may be stood in for.
pub(super) fn request(id: u128, lane: u16, minor: i64) -> PaymentRequest {
    PaymentRequest {
        payment_id: PaymentId(id),
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sale: SaleNumber(1),
        amount: cny(minor),
        entry_mode: EntryMode::Contactless,
        pin_entered: false,
        card: CardRef {
            masked: MaskedPan::new("621626*********0018").unwrap(),
            hash: Some(CardHash([u8::try_from(id % 250).unwrap(); 32])),
            scheme: Scheme::UnionPay,
            funding: Funding::Credit,
        },
        business_date: None,
        kind: PaymentKind::Sale,
        method: PaymentMethod::Card,
        original: None,
    }
}

pub(super) fn receipt(lane: u16, sequence: u32) -> ReceiptNumber {
    ReceiptNumber {
        lane: LaneId(lane),
        epoch: LaneEpoch(1),
        sequence,
    }
}

/// MTI, TID, STAN and batch of a message.
pub(super) fn place(message: &Outgoing) -> (u16, &Tid, Stan, BatchNumber) {
    let mti = match message {
        Outgoing::Sale { .. } | Outgoing::Void { .. } => 200,
        Outgoing::Reversal { .. } => 400,
        Outgoing::Advice { .. } => 220,
        Outgoing::Settlement { .. } => 500,
        Outgoing::Upload { .. } => 320,
    };
    let binding = message.binding();
    (mti, &binding.tid, binding.stan, binding.batch)
}

/// An answer that fits a message and says this.
pub(super) fn answer(message: &Outgoing, text: &str) -> Answer {
    let (mti, tid, stan, batch) = place(message);
    let (processing_code, amount) = match message {
        Outgoing::Sale { financial, .. }
        | Outgoing::Reversal { financial, .. }
        | Outgoing::Advice { financial, .. } => (Some(0), Some(financial.amount.minor())),
        Outgoing::Void { financial, .. } => (Some(200_000), Some(financial.amount.minor())),
        Outgoing::Settlement { .. } | Outgoing::Upload { .. } => (None, None),
    };
    Answer {
        mti: mti + 10,
        tid: tid.clone(),
        mid: mid(),
        stan,
        processing_code,
        amount_minor: amount,
        batch: Some(batch),
        rrn: Some(Rrn::new("123456789012").unwrap()),
        auth_code: Some(AuthCode::new("654321").unwrap()),
        code: code(text),
        settlement_result: (mti == 500).then_some(1),
        mac: MacCheck::Good,
    }
}

#[derive(Clone)]
pub(super) struct World {
    pub(super) desk: Desk,
    pub(super) journal: Vec<DeskRecord>,
    pub(super) now: Now,
    pub(super) effects: Vec<Effect>,
    /// Where the shell keeps what was archived.
    pub(super) files: BTreeMap<PaymentId, PaymentFile>,
    jitter: u64,
}

impl World {
    /// Two lanes, line down.
    pub(super) fn new() -> Self {
        Self::with(config())
    }

    pub(super) fn with(config: DeskConfig) -> Self {
        let mut world = Self {
            desk: Desk::new(config),
            journal: Vec::new(),
            now: Now {
                wall: WallMs(1_795_334_400_000),
                mono: MonoMs(5_000),
            },
            effects: Vec::new(),
            files: BTreeMap::new(),
            jitter: 0,
        };
        world.configure();
        world
    }

    /// Two lanes, line up, signed on in batch 1.
    pub(super) fn online() -> Self {
        let mut world = Self::new();
        world.go_online(1);
        world
    }

    pub(super) fn go_online(&mut self, number: u32) {
        self.step(Event::AcquirerLink { up: true });
        for lane in 1..=LANES {
            let (tid, batch) = (tid(lane), batch(number));
            self.step(Event::SignedOn { tid, batch });
        }
    }

    fn configure(&mut self) {
        for lane in 1..=LANES {
            let event = Event::TerminalConfigured {
                tid: tid(lane),
                mid: mid(),
                lane: LaneId(lane),
            };
            self.step(event);
        }
    }

    /// One event that must be taken.
    pub(super) fn step(&mut self, event: Event) -> &[Effect] {
        let shown = format!("{event:?}");
        let taken = self.try_step(event);
        assert_eq!(taken, Ok(()), "{shown}");
        &self.effects
    }

    /// One event that may be rejected; then nothing may have changed.
    pub(super) fn try_step(&mut self, event: Event) -> Result<(), Rejected> {
        self.jitter = self.jitter.wrapping_add(77);
        let stood = self.desk.clone();
        let before = &stood.durable;
        let file = self.desk.asks_for(&event);
        let file = file.and_then(|id| self.files.get(&id).cloned());
        let stepped = match file {
            Some(file) => self.desk.step_restoring(self.now, self.jitter, event, file),
            None => self.desk.step(self.now, self.jitter, event),
        };
        match stepped {
            Ok(effects) => self.effects = effects,
            Err(rejected) => {
                assert_eq!(*before, self.desk.durable, "rejected, and changed");
                assert_eq!(stood.volatile, self.desk.volatile, "rejected, and changed");
                assert_eq!(stood.archivable, self.desk.archivable);
                self.effects.clear();
                return Err(rejected);
            }
        }
        self.check_order();
        if self.facts().is_empty() {
            assert_eq!(*before, self.desk.durable, "changed, and nothing written");
            return Ok(());
        }
        for effect in &self.effects {
            match effect {
                Effect::Persist(record) => self.journal.push(record.clone()),
                Effect::Archive(file) => {
                    self.files.insert(file.payment_id(), (**file).clone());
                }
                _ => {}
            }
        }
        self.check();
        Ok(())
    }

    /// Records first, then cards, then the rest.
    fn check_order(&self) {
        let rank = |effect: &Effect| match effect {
            Effect::Persist(_) => 0,
            Effect::Archive(_) | Effect::HoldCard(_) | Effect::EraseCard(_) => 1,
            Effect::ForgetSecrets(_)
            | Effect::Send(_)
            | Effect::SignOn { .. }
            | Effect::Reply { .. }
            | Effect::WaitsForSettlement { .. }
            | Effect::DateTurned { .. }
            | Effect::ReturnAnswer { .. }
            | Effect::AskToHandOver { .. }
            | Effect::BasketAnswer { .. }
            | Effect::HotCard { .. }
            | Effect::GrantLease(_)
            | Effect::WakeAt(_)
            | Effect::Alarm(_) => 2,
        };
        assert!(self.effects.is_sorted_by_key(rank), "{:?}", self.effects);
    }

    fn check(&self) {
        assert_eq!(self.desk.check_invariants(), []);
        let replayed = self.replayed();
        assert!(
            replayed.durable == self.desk.durable,
            "replayed {:#?}\nlive {:#?}",
            replayed.durable,
            self.desk.durable
        );
        let restored = self.restored();
        assert!(
            restored.durable == self.desk.durable,
            "from its checkpoint {:#?}\nlive {:#?}",
            restored.durable,
            self.desk.durable
        );
    }

    /// The desk as its records give it, and as its checkpoint does.
    pub(super) fn replayed(&self) -> Desk {
        let desk = Desk::new(self.desk.config().clone());
        let mut desk = self.configured(desk);
        for record in &self.journal {
            desk.replay(record);
        }
        desk
    }

    fn restored(&self) -> Desk {
        let kept = self.desk.checkpoint();
        self.configured(Desk::from_checkpoint(self.desk.config().clone(), kept))
    }

    fn configured(&self, mut desk: Desk) -> Desk {
        for lane in 1..=LANES {
            let event = Event::TerminalConfigured {
                tid: tid(lane),
                mid: mid(),
                lane: LaneId(lane),
            };
            desk.step(self.now, 0, event).unwrap();
        }
        desk
    }

    /// The hub is killed and started again; the monotonic clock starts anew.
    pub(super) fn restart(&mut self) -> &[Effect] {
        // It makes no difference which: `check` compares them. But there is no checkpoint while
        // payments wait to be archived.
        self.desk = if self.jitter.is_multiple_of(2) || self.desk.has_payments_to_archive() {
            self.replayed()
        } else {
            self.restored()
        };
        self.now.mono = MonoMs(1);
        self.step(Event::Recovered)
    }

    pub(super) fn pass(&mut self, ms: u64) -> &[Effect] {
        self.now.mono = self.now.mono.after(ms);
        self.now.wall.0 += i64::try_from(ms).unwrap();
        self.step(Event::Tick)
    }

    pub(super) fn ask(&mut self, id: u128, lane: u16, minor: i64) -> &[Effect] {
        self.step(Event::Requested(request(id, lane, minor)))
    }

    pub(super) fn complete(&mut self, id: u128, lane: u16) -> &[Effect] {
        self.step(Event::Completed {
            payment_id: PaymentId(id),
            receipt: receipt(lane, u32::try_from(id).unwrap()),
        })
    }

    pub(super) fn abandon(&mut self, id: u128, lane: u16) -> &[Effect] {
        self.step(Event::Abandoned {
            payment_id: PaymentId(id),
            lane: LaneId(lane),
        })
    }

    /// Answers a message with this code.
    pub(super) fn answer(&mut self, message: &Outgoing, text: &str) -> &[Effect] {
        self.step(Event::Answered(answer(message, text)))
    }

    /// Archives all that is over.
    pub(super) fn archive(&mut self) {
        while self.desk.has_payments_to_archive() {
            self.step(Event::Archive);
        }
    }

    /// The desk as if nothing had been archived.
    pub(super) fn with_all(&self) -> Desk {
        let mut desk = self.desk.clone();
        for file in self.archived() {
            desk.durable.restore(file);
        }
        desk
    }

    /// Files of the payments that the desk does not hold.
    pub(super) fn archived(&self) -> impl Iterator<Item = &PaymentFile> {
        let files = self.files.values();
        files.filter(|file| self.desk.payment(file.payment_id()).is_none())
    }

    /// Asks and has it approved.
    pub(super) fn approve(&mut self, id: u128, lane: u16, minor: i64) -> Outgoing {
        self.ask(id, lane, minor);
        let sale = self.sent_one();
        self.answer(&sale, "00");
        sale
    }

    /// What the last step sent.
    pub(super) fn sent(&self) -> Vec<Outgoing> {
        let sends = self.effects.iter().filter_map(|effect| match effect {
            Effect::Send(message) => Some(message.clone()),
            _ => None,
        });
        sends.collect()
    }

    /// The one message the last step sent.
    pub(super) fn sent_one(&self) -> Outgoing {
        let [message] = &self.sent()[..] else {
            panic!("one message expected: {:?}", self.effects);
        };
        message.clone()
    }

    /// What the last step told a lane.
    pub(super) fn replies(&self) -> Vec<Decision> {
        let replies = self.effects.iter().filter_map(|effect| match effect {
            Effect::Reply { decision, .. } => Some(decision.clone()),
            _ => None,
        });
        replies.collect()
    }

    pub(super) fn alarms(&self) -> Vec<crate::desk::Alarm> {
        let alarms = self.effects.iter().filter_map(|effect| match effect {
            Effect::Alarm(alarm) => Some(alarm.clone()),
            _ => None,
        });
        alarms.collect()
    }

    pub(super) fn facts(&self) -> Vec<&DeskFact> {
        let facts = self.effects.iter().filter_map(|effect| match effect {
            Effect::Persist(record) => Some(&record.fact),
            _ => None,
        });
        facts.collect()
    }

    pub(super) fn status(&self, id: u128) -> &'static str {
        self.desk.status(PaymentId(id)).unwrap().english()
    }

    pub(super) fn last_forward(&self) -> ForwardId {
        self.desk.forwards().last().unwrap().id
    }

    pub(super) fn totals(&self, lane: u16) -> BatchTotals {
        let terminal = &self.desk.durable.terminals[&tid(lane)];
        terminal.totals(Currency::CNY).unwrap()
    }
}
