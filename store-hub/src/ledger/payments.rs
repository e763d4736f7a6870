//! What became of payments: from the hub's own log.

use std::collections::BTreeMap;

use domain::{money::Currency, time::BusinessDate};
use proto::{
    journal::v1::{ForwardEndKind, ForwardKind, HubRecord, hub_record::Body},
    store::v1::{Decision, DecisionKind, Money},
};

/// One payment.
#[derive(Clone, Debug)]
pub(crate) struct PaymentFacts {
    pub(crate) date: String,
    pub(crate) terminal: Option<(String, u32, u32)>,
    pub(crate) decision: Option<Decision>,
    pub(crate) completed: Option<String>,
    pub(crate) abandoned: bool,
    pub(crate) forwards: Vec<u64>,
}

impl PaymentFacts {
    /// What the customer has paid by it, as far as was decided.
    pub(crate) fn paid_minor(&self) -> i64 {
        self.decision
            .as_ref()
            .and_then(|decision| decision.approved.as_ref())
            .map_or(0, |money| money.minor)
    }

    pub(crate) fn kind(&self) -> DecisionKind {
        self.decision
            .as_ref()
            .map_or(DecisionKind::Unspecified, Decision::kind)
    }
}

/// One queue entry.
#[derive(Clone, Debug)]
pub(crate) struct ForwardFacts {
    pub(crate) payment_id: u128,
    pub(crate) kind: ForwardKind,
    pub(crate) tid: String,
    pub(crate) minor: i64,
    pub(crate) first_try: Option<i64>,
    pub(crate) last_try: Option<i64>,
    /// Batch of the last try.
    pub(crate) batch: u32,
    pub(crate) attempts: u32,
    pub(crate) last_answer: String,
    pub(crate) end: ForwardEndKind,
    pub(crate) delivered_minor: i64,
    pub(crate) reason: String,
    pub(crate) declined_after_goods: bool,
    pub(crate) resolution: String,
}

/// One settled batch.
#[derive(Clone, Debug)]
pub(crate) struct BatchFacts {
    pub(crate) date: String,
    pub(crate) tid: String,
    pub(crate) batch: u32,
    pub(crate) debit_minor: i64,
    pub(crate) debit_count: u32,
    pub(crate) credit_minor: i64,
    pub(crate) credit_count: u32,
    pub(crate) balanced: bool,
}

/// All payments, entries and batches.
#[derive(Debug)]
pub(crate) struct PaymentBook {
    pub(crate) currency: Currency,
    pub(crate) payments: BTreeMap<u128, PaymentFacts>,
    pub(crate) forwards: BTreeMap<u64, ForwardFacts>,
    pub(crate) batches: Vec<BatchFacts>,
    pub(crate) unmatched_answers: BTreeMap<String, u64>,
    /// What a lost hub before this one may have sent, with the day it was heard of.
    pub(crate) asked_before: BTreeMap<u128, String>,
    /// What the close of a day did not wait for, with the last such day.
    pub(crate) carried: BTreeMap<u128, String>,
    pub(crate) closed_days: Vec<String>,
    pub(crate) hub_epoch: u64,
    /// The running day.
    pub(crate) today: BusinessDate,
    pub(crate) closing: bool,
}

impl PaymentBook {
    pub(super) fn new(currency: Currency, first_day: BusinessDate) -> Self {
        Self {
            currency,
            payments: BTreeMap::new(),
            forwards: BTreeMap::new(),
            batches: Vec::new(),
            unmatched_answers: BTreeMap::new(),
            asked_before: BTreeMap::new(),
            carried: BTreeMap::new(),
            closed_days: Vec::new(),
            hub_epoch: 0,
            today: first_day,
            closing: false,
        }
    }

    pub(super) fn take(&mut self, record: &HubRecord) {
        match &record.body {
            Some(Body::Started(body)) => self.hub_epoch = body.hub_epoch,
            Some(
                Body::Requested(_)
                | Body::OfflineReported(_)
                | Body::Sent(_)
                | Body::Decided(_)
                | Body::Completed(_)
                | Body::Abandoned(_),
            ) => self.take_payment(record),
            Some(
                Body::ForwardQueued(_)
                | Body::ForwardSent(_)
                | Body::ForwardDeferred(_)
                | Body::ForwardEnded(_)
                | Body::DeadLetterResolved(_),
            ) => self.take_forward(record),
            Some(Body::UnmatchedAnswer(_)) => {
                let day = record.business_date.clone();
                let count = self.unmatched_answers.entry(day).or_default();
                *count = count.saturating_add(1);
            }
            Some(Body::BatchClosed(body)) => {
                let totals = body.totals.clone().unwrap_or_default();
                self.batches.push(BatchFacts {
                    date: record.business_date.clone(),
                    tid: body.tid.clone(),
                    batch: body.batch,
                    debit_minor: minor(totals.debit.as_ref()),
                    debit_count: totals.debit_count,
                    credit_minor: minor(totals.credit.as_ref()),
                    credit_count: totals.credit_count,
                    balanced: body.balanced,
                });
            }
            Some(Body::DayClosing(body)) => {
                self.today = BusinessDate::parse(&body.date).unwrap_or(self.today);
                self.closing = true;
            }
            Some(Body::DayClosed(body)) => {
                let date = BusinessDate::parse(&body.date).unwrap_or(self.today);
                self.today = date.next();
                self.closing = false;
                self.closed_days.push(body.date.clone());
            }
            Some(Body::CarriedOver(body)) => {
                if let Ok(id) = u128::from_str_radix(&body.payment_id, 16) {
                    self.carried.insert(id, record.business_date.clone());
                }
            }
            Some(Body::AskedOfPreviousHub(body)) => {
                if let Ok(id) = u128::from_str_radix(&body.payment_id, 16) {
                    self.asked_before.insert(id, record.business_date.clone());
                }
            }
            Some(
                Body::LaneAttached(_)
                | Body::EpochTakenBack(_)
                | Body::PreviousHub(_)
                | Body::SignedOn(_)
                | Body::TerminalStopped(_)
                | Body::SettlementSent(_)
                | Body::LeaseGranted(_)
                | Body::LeaseEnded(_)
                | Body::OfflineCardHeld(_)
                | Body::Archived(_)
                | Body::Restored(_)
                | Body::PriceImported(_)
                | Body::PriceActivated(_),
            )
            | None => {}
        }
    }

    fn take_payment(&mut self, record: &HubRecord) {
        match &record.body {
            Some(Body::Requested(body)) => self.begin(record, &body.payment_id),
            Some(Body::OfflineReported(body)) => {
                let payment = body.payment.as_ref();
                let id = payment.map_or("", |payment| payment.payment_id.as_str());
                self.begin(record, id);
            }
            Some(Body::Sent(body)) => self.change(&body.payment_id, |facts| {
                facts.terminal = Some((body.tid.clone(), body.stan, body.batch));
            }),
            Some(Body::Decided(body)) => self.change(&body.payment_id, |facts| {
                facts.decision.clone_from(&body.decision);
            }),
            Some(Body::Completed(body)) => self.change(&body.payment_id, |facts| {
                facts.completed = Some(body.receipt_number.clone());
            }),
            Some(Body::Abandoned(body)) => self.change(&body.payment_id, |facts| {
                facts.abandoned = true;
            }),
            _ => {}
        }
    }

    fn begin(&mut self, record: &HubRecord, payment_id: &str) {
        let facts = PaymentFacts {
            date: record.business_date.clone(),
            terminal: None,
            decision: None,
            completed: None,
            abandoned: false,
            forwards: Vec::new(),
        };
        if let Ok(id) = u128::from_str_radix(payment_id, 16) {
            self.payments.entry(id).or_insert(facts);
        }
    }

    fn change(&mut self, payment_id: &str, change: impl FnOnce(&mut PaymentFacts)) {
        let id = u128::from_str_radix(payment_id, 16).ok();
        if let Some(facts) = id.and_then(|id| self.payments.get_mut(&id)) {
            change(facts);
        }
    }

    fn take_forward(&mut self, record: &HubRecord) {
        match &record.body {
            Some(Body::ForwardQueued(body)) => {
                let Ok(id) = u128::from_str_radix(&body.payment_id, 16) else {
                    return;
                };
                if let Some(payment) = self.payments.get_mut(&id) {
                    payment.forwards.push(body.forward_id);
                }
                let facts = ForwardFacts {
                    payment_id: id,
                    kind: body.kind(),
                    tid: body.tid.clone(),
                    minor: minor(body.amount.as_ref()),
                    first_try: None,
                    last_try: None,
                    batch: 0,
                    attempts: 0,
                    last_answer: String::new(),
                    end: ForwardEndKind::Unspecified,
                    delivered_minor: 0,
                    reason: String::new(),
                    declined_after_goods: false,
                    resolution: String::new(),
                };
                self.forwards.insert(body.forward_id, facts);
            }
            Some(Body::ForwardSent(body)) => self.change_forward(body.forward_id, |facts| {
                facts.first_try.get_or_insert(record.wall_ms);
                facts.last_try = Some(record.wall_ms);
                facts.attempts = body.attempt;
                facts.batch = body.batch;
            }),
            Some(Body::ForwardDeferred(body)) => self.change_forward(body.forward_id, |facts| {
                facts.last_answer.clone_from(&body.response_code);
                if body.not_sent_in_full {
                    facts.attempts = facts.attempts.saturating_sub(1);
                }
            }),
            Some(Body::ForwardEnded(body)) => self.change_forward(body.forward_id, |facts| {
                facts.end = body.end();
                facts.delivered_minor = minor(body.delivered.as_ref());
                facts.last_answer.clone_from(&body.response_code);
                facts.reason.clone_from(&body.reason);
                facts.declined_after_goods = body.declined_after_goods;
            }),
            Some(Body::DeadLetterResolved(body)) => {
                self.change_forward(body.forward_id, |facts| {
                    facts.resolution.clone_from(&body.resolution);
                    if body.resolution == "retry" {
                        facts.end = ForwardEndKind::Unspecified;
                    }
                });
            }
            _ => {}
        }
    }

    fn change_forward(&mut self, forward_id: u64, change: impl FnOnce(&mut ForwardFacts)) {
        if let Some(facts) = self.forwards.get_mut(&forward_id) {
            change(facts);
        }
    }
}

fn minor(money: Option<&Money>) -> i64 {
    money.map_or(0, |money| money.minor)
}
