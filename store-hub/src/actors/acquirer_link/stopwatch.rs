//! How long the bank takes for what it was sent: for metrics alone, nothing is decided by it.

use std::{cell::RefCell, collections::BTreeMap};

use domain::{
    ids::{Stan, Tid},
    payment::Answer,
};
use tokio::time::Instant;

use super::LinkCommand;
use crate::metrics::{BankMessage, BankTimes};

/// The message of each terminal that is at the bank; it has one at a time.
pub(super) struct Stopwatch {
    times: BankTimes,
    at_bank: RefCell<BTreeMap<Tid, AtBank>>,
}

struct AtBank {
    message: BankMessage,
    /// None of ours: a sign-on is known by its terminal.
    stan: Option<Stan>,
    since: Instant,
}

impl Stopwatch {
    pub(super) fn new(times: BankTimes) -> Self {
        Self {
            times,
            at_bank: RefCell::default(),
        }
    }

    /// It began to leave at `since`. What the terminal had at the bank before was given up.
    pub(super) fn sent(&self, command: &LinkCommand, since: Instant) {
        let (tid, message, stan) = of(command);
        let begun = AtBank {
            message,
            stan,
            since,
        };
        let before = self.at_bank.borrow_mut().insert(tid.clone(), begun);
        if let Some(before) = before {
            self.times.timed_out(before.message);
        }
    }

    /// A late answer to what was given up is none to what is at the bank now, though a reversal
    /// has the number of its original.
    pub(super) fn answered(&self, answer: &Answer) {
        self.ended(&answer.tid, |at_bank| {
            at_bank.stan == Some(answer.stan) && at_bank.message.answer_mti() == answer.mti
        });
    }

    pub(super) fn signed_on(&self, tid: &Tid) {
        self.ended(tid, |at_bank| at_bank.message == BankMessage::SignOn);
    }

    fn ended(&self, tid: &Tid, is_it: impl Fn(&AtBank) -> bool) {
        if let Some(at_bank) = self.take(tid, is_it) {
            self.times
                .answered(at_bank.message, at_bank.since.elapsed());
        }
    }

    /// Nobody waits for it any longer.
    pub(super) fn gave_up(&self, command: &LinkCommand) {
        let (tid, message, _) = of(command);
        self.overdue(tid, message);
    }

    /// As [`Self::gave_up`].
    pub(super) fn gave_up_sign_on(&self, tid: &Tid) {
        self.overdue(tid, BankMessage::SignOn);
    }

    fn overdue(&self, tid: &Tid, message: BankMessage) {
        if self
            .take(tid, |at_bank| at_bank.message == message)
            .is_some()
        {
            self.times.timed_out(message);
        }
    }

    /// Its connection is gone.
    pub(super) fn broke(&self, tid: &Tid) {
        if let Some(at_bank) = self.take(tid, |_| true) {
            self.times.broke(at_bank.message);
        }
    }

    fn take(&self, tid: &Tid, is_it: impl Fn(&AtBank) -> bool) -> Option<AtBank> {
        let mut at_bank = self.at_bank.borrow_mut();
        let is_there = at_bank.get(tid).is_some_and(is_it);
        is_there.then(|| at_bank.remove(tid)).flatten()
    }
}

const fn of(command: &LinkCommand) -> (&Tid, BankMessage, Option<Stan>) {
    match command {
        LinkCommand::Send { outgoing, .. } => {
            let binding = outgoing.binding();
            (&binding.tid, BankMessage::of(outgoing), Some(binding.stan))
        }
        LinkCommand::SignOn { tid, .. } => (tid, BankMessage::SignOn, None),
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        desk::{Binding, Financial, Outgoing},
        ids::{BatchNumber, ForwardId, Mid, PaymentId},
        money::{Currency, Money},
        payment::MacCheck,
        response_code::ResponseCode,
    };
    use monitoring::Exposition;

    use super::*;
    use crate::card_vault::CardForMessage;

    fn tid() -> Tid {
        Tid::new("LANE0001").unwrap()
    }

    fn stan() -> Stan {
        Stan::new(7).unwrap()
    }

    fn binding() -> Binding {
        Binding {
            tid: tid(),
            mid: Mid::new("MERCHANT0000001").unwrap(),
            stan: stan(),
            batch: BatchNumber::new(1).unwrap(),
        }
    }

    fn financial() -> Financial {
        Financial {
            payment_id: PaymentId(1),
            amount: Money::new(100, Currency::CNY),
            entry_mode: domain::card_ref::EntryMode::Chip,
            pin_entered: false,
            message: domain::payment::LiveMessage::CardSale,
        }
    }

    fn send(outgoing: Outgoing) -> LinkCommand {
        let card = Box::new(CardForMessage::None);
        LinkCommand::Send { outgoing, card }
    }

    fn sale() -> LinkCommand {
        send(Outgoing::Sale {
            binding: binding(),
            financial: financial(),
        })
    }

    /// It has the number of its original.
    fn reversal() -> LinkCommand {
        send(Outgoing::Reversal {
            forward_id: ForwardId(1),
            binding: binding(),
            financial: financial(),
            reason: ResponseCode::APPROVED,
            auth_code: None,
        })
    }

    fn answer(mti: u16) -> Answer {
        Answer {
            mti,
            tid: tid(),
            mid: binding().mid,
            stan: stan(),
            processing_code: None,
            amount_minor: None,
            batch: None,
            rrn: None,
            auth_code: None,
            code: ResponseCode::APPROVED,
            settlement_result: None,
            mac: MacCheck::Good,
        }
    }

    fn line(times: &BankTimes, line: &str) -> bool {
        let mut page = Exposition::default();
        times.tell(&mut page);
        let text = page.into_text();
        text.lines()
            .any(|one| one == format!("lanekeeper_hub_bank_{line}"))
    }

    #[test]
    fn a_late_answer_to_what_was_given_up_is_not_the_reversals() {
        let times = BankTimes::default();
        let stopwatch = Stopwatch::new(times.clone());
        stopwatch.sent(&sale(), Instant::now());
        stopwatch.sent(&reversal(), Instant::now());
        stopwatch.answered(&answer(210));
        let sale = "{mti=\"0200\",message=\"sale\"}";
        let reversal = "{mti=\"0400\",message=\"reversal\"}";
        assert!(line(&times, &format!("timeouts_total{sale} 1")));
        assert!(line(&times, &format!("seconds_count{reversal} 0")));
        stopwatch.answered(&answer(410));
        assert!(line(&times, &format!("seconds_count{reversal} 1")));
        assert!(line(&times, &format!("seconds_count{sale} 0")));
    }

    #[test]
    fn a_message_has_one_end() {
        let times = BankTimes::default();
        let stopwatch = Stopwatch::new(times.clone());
        stopwatch.sent(&sale(), Instant::now());
        stopwatch.broke(&tid());
        stopwatch.gave_up(&sale());
        stopwatch.answered(&answer(210));
        let sale = "{mti=\"0200\",message=\"sale\"}";
        assert!(line(&times, &format!("broken_total{sale} 1")));
        assert!(line(&times, &format!("timeouts_total{sale} 0")));
        assert!(line(&times, &format!("seconds_count{sale} 0")));
    }
}
