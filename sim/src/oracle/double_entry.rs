//! Double entry (I1), told again from the hub's journal: each event takes money from where that
//! payment's money lies, puts it where it belongs, and at the end none of it is on its way.
//!
//! The hub's own accounts are not asked. What moves is worked out here from the records, payment
//! by payment, and each closed batch has to come to what was moved into it.

use std::collections::BTreeMap;

use proto::{
    journal::v1::{
        BatchClosed, Decided, ForwardEndKind, ForwardEnded, ForwardKind, ForwardQueued,
        hub_record::Body,
    },
    store::v1::DecisionKind,
};

use crate::oracle::{
    evidence::Evidence,
    hub_records::{About, OfBatch, OfForward, OfPayment, about},
    values::minor,
    verdict::Verdict,
};

/// Where the money of a payment can lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Account {
    Authorised,
    Unknown,
    Forwarding,
    Undoing,
    Settled,
    Reversed,
    Withdrawn,
    DeadLetter,
}

/// Money that nobody may forget here when the day is closed.
const ON_ITS_WAY: [Account; 4] = [
    Account::Authorised,
    Account::Unknown,
    Account::Forwarding,
    Account::Undoing,
];

/// Terminal and batch.
type Batch = (String, u32);

/// The accounts of one payment. What they hold together is what the customer was charged, or may
/// have been: the other side of every first entry.
#[derive(Default)]
struct Accounts {
    holds: BTreeMap<Account, i64>,
    charged_minor: i64,
    asked_minor: i64,
    approved_minor: Option<i64>,
    batch: Option<Batch>,
}

#[derive(Default)]
struct Books {
    payments: BTreeMap<String, Accounts>,
    entries: BTreeMap<u64, ForwardQueued>,
    /// Payment and what is wrong.
    faults: Vec<(String, String)>,
    posted: u64,
}

pub(super) fn check(evidence: &Evidence, verdict: &mut Verdict) {
    let mut books = Books::default();
    for record in &evidence.hub_records {
        if let Some(body) = &record.body {
            books.take(body);
        }
    }
    verdict.checked += books.posted;
    for (id, what) in &books.faults {
        let id = Some(id.as_str()).filter(|id| !id.is_empty());
        verdict.broke("I1", id, what.as_str());
    }
    let is_closed = !evidence.hub.days_closed.is_empty();
    for (id, accounts) in &books.payments {
        let held: i64 = accounts.holds.values().sum();
        verdict.check(held == accounts.charged_minor, "I1", Some(id), || {
            format!(
                "{} came in, the accounts hold {held}",
                accounts.charged_minor
            )
        });
        for account in ON_ITS_WAY {
            let left = accounts.holds.get(&account).copied().unwrap_or(0);
            verdict.check(!is_closed || left == 0, "I1", Some(id), || {
                format!("the day is closed, and {left} still lies in {account:?}")
            });
        }
    }
}

impl Books {
    fn take(&mut self, body: &Body) {
        match about(body) {
            About::Payment(of) => self.take_payment(of),
            About::Forward(of) => self.take_forward(of),
            About::Batch(OfBatch::Closed(closed)) => self.close(closed),
            About::Batch(OfBatch::SettlementSent(_) | OfBatch::UploadSent(_))
            | About::Lease(_)
            | About::Return(_)
            | About::DateEnded(_)
            | About::UnmatchedAnswer
            | About::Nothing => {}
        }
    }

    fn take_payment(&mut self, of: OfPayment<'_>) {
        match of {
            OfPayment::Requested(asked) => {
                self.accounts(&asked.payment_id).asked_minor = minor(asked.amount.as_ref());
            }
            OfPayment::OfflineReported(reported) => {
                let payment = reported.payment.clone().unwrap_or_default();
                let asked = minor(payment.amount.as_ref());
                self.accounts(&payment.payment_id).asked_minor = asked;
            }
            OfPayment::Sent(sent) => {
                self.accounts(&sent.payment_id).batch = Some((sent.tid.clone(), sent.batch));
            }
            OfPayment::Decided(decided) => self.decide(decided),
            OfPayment::OutcomeAsked(_) | OfPayment::Completed(_) | OfPayment::Abandoned(_) => {}
        }
    }

    fn take_forward(&mut self, of: OfForward<'_>) {
        match of {
            OfForward::Queued(queued) => self.queue(queued),
            OfForward::Sent(sent) => {
                let entry = self.entries.get(&sent.forward_id).cloned();
                if let Some(entry) = entry.filter(|entry| entry.kind() == ForwardKind::Advice) {
                    self.accounts(&entry.payment_id).batch = Some((entry.tid, sent.batch));
                }
            }
            OfForward::Ended(ended) => self.end(ended),
            OfForward::Resolved(_) => {}
        }
    }

    fn decide(&mut self, decided: &Decided) {
        let decision = decided.decision.clone().unwrap_or_default();
        let approved = minor(decision.approved.as_ref());
        let accounts = self.accounts(&decided.payment_id);
        let (to, amount) = match decision.kind() {
            DecisionKind::Approved | DecisionKind::PartiallyApproved => {
                accounts.approved_minor = Some(approved);
                (Account::Authorised, approved)
            }
            DecisionKind::Unknown => (Account::Unknown, accounts.asked_minor),
            DecisionKind::StandIn | DecisionKind::OfflineApproved => {
                (Account::Forwarding, approved)
            }
            DecisionKind::Declined | DecisionKind::Refused | DecisionKind::Unspecified => return,
        };
        accounts.charged_minor += amount;
        *accounts.holds.entry(to).or_default() += amount;
        self.posted += 1;
    }

    /// What was approved waits to be undone; what nobody knows stays where it is.
    fn queue(&mut self, queued: &ForwardQueued) {
        self.entries.insert(queued.forward_id, queued.clone());
        let undoes = match queued.kind() {
            ForwardKind::Reversal | ForwardKind::Void => true,
            ForwardKind::Advice | ForwardKind::Unspecified => false,
        };
        let accounts = self.accounts(&queued.payment_id);
        let (Some(approved), true) = (accounts.approved_minor, undoes) else {
            return;
        };
        let settled = accounts.holds.get(&Account::Settled).copied().unwrap_or(0);
        let from = match settled {
            0 => Account::Authorised,
            _ => Account::Settled,
        };
        self.transfer(&queued.payment_id, from, Account::Undoing, approved);
    }

    fn end(&mut self, ended: &ForwardEnded) {
        let Some(entry) = self.entries.get(&ended.forward_id).cloned() else {
            let what = format!("queue entry {} ended unqueued", ended.forward_id);
            self.faults.push((String::new(), what));
            return;
        };
        let accounts = self.accounts(&entry.payment_id);
        let undone = match accounts.approved_minor {
            Some(approved) => (Account::Undoing, approved),
            None => (Account::Unknown, accounts.asked_minor),
        };
        let (from, whole) = match entry.kind() {
            ForwardKind::Advice => (Account::Forwarding, minor(entry.amount.as_ref())),
            ForwardKind::Reversal | ForwardKind::Void | ForwardKind::Unspecified => undone,
        };
        let (to, amount) = match (ended.end(), entry.kind()) {
            (ForwardEndKind::Delivered, ForwardKind::Advice) => {
                (Account::Authorised, minor(ended.delivered.as_ref()))
            }
            (ForwardEndKind::Delivered, _) => (Account::Reversed, whole),
            (ForwardEndKind::Withdrawn, _) => (Account::Withdrawn, whole),
            (ForwardEndKind::DeadLetter | ForwardEndKind::Unspecified, _) => {
                (Account::DeadLetter, whole)
            }
        };
        self.transfer(&entry.payment_id, from, to, amount);
    }

    /// What stands approved in a batch is settled with it, and is what the batch comes to.
    fn close(&mut self, closed: &BatchClosed) {
        let batch = (closed.tid.clone(), closed.batch);
        let own = self.payments.iter().filter_map(|(id, accounts)| {
            let held = accounts.holds.get(&Account::Authorised).copied()?;
            (accounts.batch.as_ref() == Some(&batch) && held != 0).then(|| (id.clone(), held))
        });
        let own: Vec<_> = own.collect();
        let moved: i64 = own.iter().map(|(_, held)| held).sum();
        for (id, held) in own {
            self.transfer(&id, Account::Authorised, Account::Settled, held);
        }
        let totals = closed.totals.clone().unwrap_or_default();
        let net = minor(totals.debit.as_ref()) - minor(totals.credit.as_ref());
        if net != moved {
            let (tid, batch) = batch;
            let what = format!("{tid} batch {batch:06} comes to {net}, {moved} was moved into it");
            self.faults.push((String::new(), what));
        }
    }

    fn transfer(&mut self, id: &str, from: Account, to: Account, amount_minor: i64) {
        self.posted += 1;
        let accounts = self.accounts(id);
        let held = accounts.holds.get(&from).copied().unwrap_or(0);
        if amount_minor < 0 || held < amount_minor {
            let what = format!("{amount_minor} is taken from {from:?}, which holds {held}");
            self.faults.push((id.to_owned(), what));
            return;
        }
        let accounts = self.accounts(id);
        *accounts.holds.entry(from).or_default() -= amount_minor;
        *accounts.holds.entry(to).or_default() += amount_minor;
    }

    fn accounts(&mut self, id: &str) -> &mut Accounts {
        self.payments.entry(id.to_owned()).or_default()
    }
}
