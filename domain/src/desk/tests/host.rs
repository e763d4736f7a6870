//! A small bank: keeps what it was sent by TID, batch and STAN, and answers a repeat as it answered
//! the first. Written against cup-pos.md, and sharing no rule with the desk.

use std::collections::BTreeMap;

use super::world::{answer, place};
use crate::{
    desk::Outgoing,
    ids::{BatchNumber, PaymentId, Stan, Tid},
    payment::Answer,
};

type Key = (Tid, BatchNumber, Stan);

struct Line {
    code: &'static str,
    approved: i64,
    payment_id: PaymentId,
    is_reversed: bool,
    is_void: bool,
}

#[derive(Default)]
pub(super) struct Host {
    lines: BTreeMap<Key, Line>,
    /// Reversed before the original came.
    overtaken: BTreeMap<Key, ()>,
    settled: BTreeMap<(Tid, BatchNumber), u8>,
    pub(super) open: BTreeMap<Tid, BatchNumber>,
}

impl Host {
    /// The batch a terminal is in, which a sign-on tells.
    pub(super) fn batch(&self, tid: &Tid) -> BatchNumber {
        self.open
            .get(tid)
            .copied()
            .unwrap_or(BatchNumber::new(1).unwrap())
    }

    /// The message has arrived: books it, and says what would be answered.
    pub(super) fn take(&mut self, message: &Outgoing) -> Answer {
        let (_, tid, stan, batch) = place(message);
        let key = (tid.clone(), batch, stan);
        match message {
            Outgoing::Sale { financial, .. } => self.sale(
                &key,
                message,
                financial.payment_id,
                financial.amount.minor(),
            ),
            Outgoing::Advice { financial, .. } => self.advice(
                &key,
                message,
                financial.payment_id,
                financial.amount.minor(),
            ),
            Outgoing::Reversal { .. } => {
                match self.lines.get_mut(&key) {
                    Some(line) => line.is_reversed = true,
                    None => {
                        self.overtaken.insert(key, ());
                    }
                }
                answer(message, "00")
            }
            Outgoing::Void {
                financial,
                original_stan,
                ..
            } => self.void(&key, message, financial.payment_id, *original_stan),
            Outgoing::Settlement { totals, .. } => {
                let ours = self.totals(&key);
                let balanced = ours == (totals.debit.minor(), totals.credit.minor());
                let batch_key = (key.0.clone(), key.1);
                let result = match self.settled.get(&batch_key) {
                    Some(first) => *first,
                    None => {
                        self.open.insert(key.0, key.1.next());
                        if balanced { 1 } else { 2 }
                    }
                };
                self.settled.insert(batch_key, result);
                let mut given = answer(message, "00");
                given.settlement_result = Some(result);
                given
            }
            Outgoing::Query { .. } => answer(message, "09"),
            Outgoing::Upload { .. } => answer(message, "00"),
        }
    }

    fn sale(&mut self, key: &Key, message: &Outgoing, id: PaymentId, minor: i64) -> Answer {
        assert!(!self.lines.contains_key(key), "a 0200 is never sent twice");
        let (code, approved) = match minor % 10 {
            _ if self.overtaken.contains_key(key) => ("06", 0),
            7 => ("51", 0),
            8 => ("91", 0),
            9 => ("10", minor / 2),
            _ => ("00", minor),
        };
        self.book(key, code, approved, id, false);
        given(message, code, approved)
    }

    fn advice(&mut self, key: &Key, message: &Outgoing, id: PaymentId, minor: i64) -> Answer {
        if let Some(line) = self.lines.get(key) {
            return given(message, line.code, line.approved);
        }
        let (code, approved) = match minor % 10 {
            7 => ("51", 0),
            8 => ("30", 0),
            9 => ("10", minor / 2),
            _ => ("00", minor),
        };
        self.book(key, code, approved, id, false);
        given(message, code, approved)
    }

    fn void(&mut self, key: &Key, message: &Outgoing, id: PaymentId, stan: Stan) -> Answer {
        let original = self.lines.get(&(key.0.clone(), key.1, stan));
        let approved = original.map(|line| line.approved);
        let known = self.lines.contains_key(key);
        match approved {
            Some(minor) if minor > 0 => {
                if !known {
                    self.book(key, "00", minor, id, true);
                }
                answer(message, "00")
            }
            _ => answer(message, "25"),
        }
    }

    fn book(&mut self, key: &Key, code: &'static str, approved: i64, id: PaymentId, is_void: bool) {
        let line = Line {
            code,
            approved,
            payment_id: id,
            is_reversed: false,
            is_void,
        };
        self.lines.insert(key.clone(), line);
    }

    fn totals(&self, key: &Key) -> (i64, i64) {
        let lines = self.lines.iter();
        let of_batch = lines.filter(|((tid, batch, _), _)| *tid == key.0 && *batch == key.1);
        let counted = of_batch.filter(|(_, line)| !line.is_reversed);
        counted.fold((0, 0), |(debit, credit), (_, line)| {
            if line.is_void {
                (debit, credit + line.approved)
            } else {
                (debit + line.approved, credit)
            }
        })
    }

    /// What the customer was charged for this payment in all.
    pub(super) fn net(&self, id: PaymentId) -> i64 {
        let lines = self.lines.values().filter(|line| line.payment_id == id);
        let counted = lines.filter(|line| !line.is_reversed);
        counted
            .map(|line| {
                if line.is_void {
                    -line.approved
                } else {
                    line.approved
                }
            })
            .sum()
    }
}

fn given(message: &Outgoing, code: &str, approved: i64) -> Answer {
    let mut given = answer(message, code);
    if code == "10" {
        given.amount_minor = Some(approved);
    }
    given
}
