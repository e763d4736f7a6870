//! Watches what the hub says to the bank: no byte of a financial message leaves before the record
//! of it could no longer be lost (I6), and no sale is sent twice (I19).
//!
//! Looked at while it happens: at each write the disk is asked what a power cut at this moment
//! would leave, and the journal of that is read. Nothing here is the hub's own word for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use journal::{Journal, LogId, SimulatedDisk};
use prost::Message as _;
use proto::journal::v1::{ForwardKind, HubRecord, hub_record::Body};

use crate::{
    acquirer_link::heading::heading,
    oracle::{
        Verdict,
        hub_records::{About, OfBatch, OfForward, OfPayment, about},
    },
};

const SALE: u16 = 0x0200;
const ADVICE: u16 = 0x0220;
const REVERSAL: u16 = 0x0400;
const SETTLEMENT: u16 = 0x0500;
const UPLOAD: u16 = 0x0320;
/// Of a sale; a void has another.
const SALE_PROCESSING_CODE: u32 = 0;
const RECORDS_A_READ: usize = 512;

/// Message type, terminal and STAN.
type Name = (u16, String, u32);

/// The watch on one hub's line; it outlives the hub's crashes.
pub(super) struct WireWatch {
    address: &'static str,
    disk: SimulatedDisk,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    durable: BTreeSet<Name>,
    /// Terminals and kinds of queue entries, for their tries.
    entries: BTreeMap<u64, (u16, String)>,
    next_sequence: u64,
    sales: BTreeSet<Name>,
    /// The STAN of each batch's 0500.
    settlements: BTreeMap<(String, u32), u32>,
    /// 0500s whose batch is closed: the bank has answered them.
    answered: BTreeSet<Name>,
    verdict: Verdict,
}

impl WireWatch {
    /// On what is written to `address` by the host of this disk.
    pub(super) fn new(address: &'static str, disk: SimulatedDisk) -> Self {
        Self {
            address,
            disk,
            seen: Mutex::default(),
        }
    }

    pub(super) fn looks_at(&self, address: &str) -> bool {
        self.address == address
    }

    /// What was checked so far, and what is broken.
    pub(super) fn verdict(&self) -> Verdict {
        self.seen().verdict.clone()
    }

    /// A whole message is about to leave.
    fn leaves(&self, payload: &[u8]) {
        let Some(heading) = heading(payload) else {
            return;
        };
        if !matches!(heading.mti, SALE | ADVICE | REVERSAL | SETTLEMENT | UPLOAD) {
            return;
        }
        let is_sale = heading.mti == SALE && heading.processing_code == Some(SALE_PROCESSING_CODE);
        let name = (heading.mti, heading.tid, heading.stan);
        let mut seen = self.seen();
        if !seen.durable.contains(&name) || heading.mti == SETTLEMENT {
            seen.follow(&self.disk);
        }
        let holds = seen.durable.contains(&name);
        let id = payment_in(payload);
        let (mti, tid, stan) = &name;
        seen.verdict.check(holds, "I6", id.as_deref(), || {
            format!("{mti:04x} of {tid} STAN {stan:06} left before its record was durable")
        });
        let is_cut = seen.answered.contains(&name);
        seen.verdict.check(!is_cut, "I7", None, || {
            format!("{tid} sends the 0500 with STAN {stan:06} again after its answer")
        });
        if is_sale {
            let is_first = seen.sales.insert(name.clone());
            seen.verdict.check(is_first, "I19", id.as_deref(), || {
                format!("the 0200 of {tid} STAN {stan:06} left twice")
            });
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Reads what became durable since the last look.
    fn follow(&mut self, disk: &SimulatedDisk) {
        let opened = Journal::open(disk.durable().engine());
        let Ok((journal, _committer)) = opened else {
            let what = "the hub's journal can't be opened as a power cut would leave it";
            return self.verdict.broke("I14", None, what);
        };
        loop {
            let from = self.next_sequence.max(1);
            let read = journal.read(LogId::OWN, from, RECORDS_A_READ);
            let records = read.unwrap_or_default();
            let Some(last) = records.last() else { return };
            self.next_sequence = last.sequence.saturating_add(1);
            for record in &records {
                let decoded = HubRecord::decode(record.bytes.as_slice());
                if let Some(body) = decoded.ok().and_then(|record| record.body) {
                    self.take(&body);
                }
            }
        }
    }

    fn take(&mut self, body: &Body) {
        let name = match about(body) {
            About::Payment(OfPayment::Sent(sent)) => Some((SALE, sent.tid.clone(), sent.stan)),
            About::Payment(OfPayment::OutcomeAsked(asked)) => {
                Some((SALE, asked.tid.clone(), asked.stan))
            }
            About::Batch(of) => self.take_batch(of),
            About::Forward(OfForward::Queued(queued)) => {
                let mti = match queued.kind() {
                    ForwardKind::Reversal => REVERSAL,
                    ForwardKind::Advice => ADVICE,
                    ForwardKind::Void | ForwardKind::Unspecified => SALE,
                };
                let entry = (mti, queued.tid.clone());
                self.entries.insert(queued.forward_id, entry);
                None
            }
            About::Forward(OfForward::Sent(sent)) => {
                let entry = self.entries.get(&sent.forward_id);
                entry.map(|(mti, tid)| (*mti, tid.clone(), sent.stan))
            }
            About::Payment(_)
            | About::Forward(OfForward::Ended(_) | OfForward::Resolved(_))
            | About::Lease(_)
            | About::Return(_)
            | About::DateEnded(_)
            | About::UnmatchedAnswer
            | About::Nothing => None,
        };
        self.durable.extend(name);
    }

    fn take_batch(&mut self, of: OfBatch<'_>) -> Option<Name> {
        match of {
            OfBatch::SettlementSent(sent) => {
                let batch = (sent.tid.clone(), sent.batch);
                self.settlements.insert(batch, sent.stan);
                Some((SETTLEMENT, sent.tid.clone(), sent.stan))
            }
            OfBatch::UploadSent(sent) => Some((UPLOAD, sent.tid.clone(), sent.stan)),
            OfBatch::Closed(closed) => {
                let batch = (closed.tid.clone(), closed.batch);
                let stan = self.settlements.get(&batch);
                let name = stan.map(|stan| (SETTLEMENT, batch.0, *stan));
                self.answered.extend(name);
                None
            }
        }
    }
}

/// One connection's bytes, put together to messages: a length of two bytes, then the message.
pub(super) struct Frames {
    watch: Arc<WireWatch>,
    waiting: Vec<u8>,
}

impl Frames {
    pub(super) fn new(watch: Arc<WireWatch>) -> Self {
        let waiting = Vec::new();
        Self { watch, waiting }
    }

    /// These bytes are about to leave.
    pub(super) fn leave(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        while let Some((length, rest)) = self.waiting.split_first_chunk::<2>() {
            let length = usize::from(u16::from_be_bytes(*length));
            let Some(payload) = rest.get(..length) else {
                return;
            };
            self.watch.leaves(payload);
            self.waiting.drain(..length + 2);
        }
    }
}

/// The payment's name in a message: field 59, a length of 32 and so many hex digits.
fn payment_in(payload: &[u8]) -> Option<String> {
    let is_hex = |byte: &u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(byte);
    let mut fields = payload
        .windows(34)
        .filter_map(|field| field.strip_prefix(&[0x00, 0x32]));
    let name = fields.find(|name| name.iter().all(is_hex))?;
    String::from_utf8(name.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use journal::{Batch, DiskFault};
    use proto::journal::v1::Sent;

    use super::*;

    const ID: &str = "00112233445566778899aabbccddeeff";

    /// A 0200 with fields 3, 11, 41 and 59, and its length before it.
    fn sale(stan: u8) -> Vec<u8> {
        let fields = [3, 11, 41, 59];
        let bitmap = fields
            .iter()
            .fold(0_u64, |bits, field| bits | 1 << (64 - field));
        let mut frame = vec![0, 0];
        frame.extend_from_slice(&[0; 11]);
        frame.extend_from_slice(&[0x02, 0x00]);
        frame.extend_from_slice(&bitmap.to_be_bytes());
        frame.extend_from_slice(&[0, 0, 0, 0, 0, stan]);
        frame.extend_from_slice(b"LANE0001\x00\x32");
        frame.extend_from_slice(ID.as_bytes());
        frame[1] = u8::try_from(frame.len() - 2).unwrap();
        frame
    }

    /// The disk of a hub whose journal tells of the 0200 with STAN 1.
    fn disk(fault: Option<DiskFault>) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        disk.set_fault(fault);
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let sent = Sent {
            payment_id: ID.to_owned(),
            tid: "LANE0001".to_owned(),
            stan: 1,
            batch: 1,
        };
        let record = HubRecord {
            body: Some(Body::Sent(sent)),
            ..HubRecord::default()
        };
        let mut batch = Batch::new();
        batch.record(record.encode_to_vec());
        journal.append(batch).unwrap();
        committer.commit_waiting().unwrap();
        disk
    }

    /// What is broken when these bytes leave, in pieces of so many.
    fn broken(disk: SimulatedDisk, bytes: &[u8], piece: usize) -> Vec<(String, Option<String>)> {
        let watch = Arc::new(WireWatch::new("bank:1", disk));
        let mut frames = Frames::new(Arc::clone(&watch));
        bytes.chunks(piece).for_each(|piece| frames.leave(piece));
        let broken = watch.verdict().broken.into_iter();
        broken.map(|one| (one.id, one.payment_id)).collect()
    }

    #[test]
    fn a_sale_whose_record_is_safe_may_leave_once_however_it_is_cut() {
        for piece in 1..=sale(1).len() {
            assert_eq!(broken(disk(None), &sale(1), piece), []);
        }
        let twice = [sale(1), sale(1)].concat();
        let named = |id: &str| (id.to_owned(), Some(ID.to_owned()));
        assert_eq!(broken(disk(None), &twice, 64), [named("I19")]);
    }

    #[test]
    fn a_sale_whose_record_is_not_there_or_not_safe_is_found_with_its_payment() {
        let named = [("I6".to_owned(), Some(ID.to_owned()))];
        assert_eq!(broken(disk(None), &sale(2), 64), named);
        // Not even its own making is on that disk.
        let forgetful = broken(disk(Some(DiskFault::SyncForgotten)), &sale(1), 64);
        assert_eq!(
            forgetful,
            [&[("I14".to_owned(), None)], &named[..]].concat()
        );
    }
}
