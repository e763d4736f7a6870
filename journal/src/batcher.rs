//! The batcher: gives each record its place and its hash, and gathers batches for one commit.
//!
//! Pure: it touches no disk, no thread and no clock, so that the thread of production and the task
//! of the simulation drive the very same decisions.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::batch::{Entry, KEY_BYTES_MAX, RECORD_BYTES_MAX};
use crate::engine::{VALUE_BYTES_MAX, Write};
use crate::{
    AppendError, Batch, Hash, Head, JournalFigures, JournalLimits, LogId, NoRoom, ReadError,
    Ticket, key, stored,
};

/// A batch with its place in the order of commits.
struct Prepared {
    ticket: Ticket,
    writes: Vec<Write>,
    new_keys: BTreeSet<Vec<u8>>,
    write_bytes: usize,
    heads: BTreeMap<LogId, Head>,
}

/// What one commit writes.
pub(crate) struct Commit {
    pub(crate) ticket: Ticket,
    pub(crate) writes: Vec<Write>,
    /// Keys among the writes that no commit before this one has.
    pub(crate) new_keys: BTreeSet<Vec<u8>>,
    pub(crate) heads: BTreeMap<LogId, Head>,
}

/// Finds the hash of a durable record.
pub(crate) type HeldHash<'a> = &'a dyn Fn(LogId, u64) -> Result<Option<Hash>, ReadError>;

pub(crate) struct Batcher {
    limits: JournalLimits,
    appended: BTreeMap<LogId, Head>,
    durable: BTreeMap<LogId, Head>,
    /// Hashes of records that are appended and not yet durable.
    undurable: BTreeMap<LogId, BTreeMap<u64, Hash>>,
    waiting: VecDeque<Prepared>,
    waiting_bytes: usize,
    last: Ticket,
    /// Why the disk takes nothing, while it doesn't.
    no_room: Option<NoRoom>,
    closed: bool,
}

impl Batcher {
    pub(crate) fn new(limits: JournalLimits, heads: BTreeMap<LogId, Head>) -> Batcher {
        Batcher {
            limits,
            appended: heads.clone(),
            durable: heads,
            undurable: BTreeMap::new(),
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            last: Ticket::NONE,
            no_room: None,
            closed: false,
        }
    }

    /// Takes a batch as a whole, or refuses it as a whole.
    pub(crate) fn admit(
        &mut self,
        batch: Batch,
        held: HeldHash<'_>,
    ) -> Result<Ticket, AppendError> {
        match (self.closed, self.no_room) {
            (false, Some(no_room)) => Err(AppendError::NoRoom(no_room)),
            (true, _) | (false, None) => self.admit_decided(batch, held),
        }
    }

    /// As [`admit`](Batcher::admit), for what may wait in memory for room on the disk.
    pub(crate) fn admit_decided(
        &mut self,
        batch: Batch,
        held: HeldHash<'_>,
    ) -> Result<Ticket, AppendError> {
        self.check_waiting(batch_bytes(&batch))?;
        check_changes(batch.changes())?;
        let placed = self.place(batch.entries(), held)?;
        let (changes, new_keys) = batch.into_changes();
        if placed.is_empty() && changes.is_empty() {
            return Ok(self.last);
        }
        Ok(self.queue(placed, changes, new_keys))
    }

    /// The head of a log once this batch is taken, if it is.
    pub(crate) fn head_after(&self, log: LogId, batch: &Batch) -> Head {
        let entries = batch.entries().iter().filter(|entry| entry.log() == log);
        entries.fold(self.appended(log), |head, entry| match entry {
            Entry::Replica { sequence, .. } if *sequence <= head.sequence => head,
            Entry::Replica { bytes, .. } | Entry::Own { bytes } => head.extended_by(bytes),
        })
    }

    /// Whether so many bytes would be taken now.
    pub(crate) fn check_waiting(&self, bytes: usize) -> Result<(), AppendError> {
        if self.closed {
            return Err(AppendError::Closed);
        }
        let batches_waiting = self.waiting.len();
        let over = self.waiting_bytes.saturating_add(bytes) > self.limits.waiting_bytes_max;
        if batches_waiting >= self.limits.batches_waiting_max || (over && batches_waiting > 0) {
            return Err(AppendError::Full { batches_waiting });
        }
        Ok(())
    }

    /// Gives each record its place behind the last one of its log; changes nothing yet.
    fn place(&self, entries: &[Entry], held: HeldHash<'_>) -> Result<Vec<Placed>, AppendError> {
        let mut heads: BTreeMap<LogId, Head> = BTreeMap::new();
        let mut placed = Vec::with_capacity(entries.len());
        for entry in entries {
            let log = entry.log();
            let head = heads
                .get(&log)
                .copied()
                .unwrap_or_else(|| self.appended(log));
            let bytes = entry.bytes();
            if bytes.len() > RECORD_BYTES_MAX {
                return Err(AppendError::RecordTooLarge {
                    record_bytes: bytes.len(),
                });
            }
            let next = head.extended_by(bytes);
            if let Entry::Replica { sequence, hash, .. } = entry {
                let at = Head {
                    sequence: *sequence,
                    hash: *hash,
                };
                if *sequence <= head.sequence {
                    self.check_repeat(log, at, &placed, held)?;
                    continue;
                }
                check_follows(log, next, at)?;
            }
            heads.insert(log, next);
            placed.push(Placed::new(log, next, bytes));
        }
        Ok(placed)
    }

    /// A record that came again must be the one held.
    fn check_repeat(
        &self,
        log: LogId,
        came: Head,
        placed: &[Placed],
        held: HeldHash<'_>,
    ) -> Result<(), AppendError> {
        let sequence = came.sequence;
        let in_batch = placed
            .iter()
            .find(|p| p.log == log && p.head.sequence == sequence);
        let waiting = self
            .undurable
            .get(&log)
            .and_then(|hashes| hashes.get(&sequence));
        let known = match in_batch.map(|placed| placed.head.hash).or(waiting.copied()) {
            Some(hash) => Some(hash),
            None => held(log, sequence).map_err(AppendError::Held)?,
        };
        match known == Some(came.hash) {
            true => Ok(()),
            false => Err(AppendError::ReplicaFork { log, sequence }),
        }
    }

    fn queue(
        &mut self,
        placed: Vec<Placed>,
        changes: Vec<Write>,
        new_keys: BTreeSet<Vec<u8>>,
    ) -> Ticket {
        let mut heads = BTreeMap::new();
        let mut writes = Vec::with_capacity(placed.len().saturating_add(changes.len()));
        for record in placed {
            heads.insert(record.log, record.head);
            self.appended.insert(record.log, record.head);
            let hashes = self.undurable.entry(record.log).or_default();
            hashes.insert(record.head.sequence, record.head.hash);
            writes.push(record.write);
        }
        writes.extend(changes);
        let write_bytes = writes.iter().map(Write::bytes).sum();
        self.waiting_bytes = self.waiting_bytes.saturating_add(write_bytes);
        self.last = self.last.next();
        self.waiting.push_back(Prepared {
            ticket: self.last,
            writes,
            new_keys,
            write_bytes,
            heads,
        });
        self.last
    }

    /// Takes what waits, in order, for one commit; `None` when nothing waits.
    pub(crate) fn take(&mut self) -> Option<Commit> {
        let first = self.waiting.pop_front()?;
        let mut commit_bytes = first.write_bytes;
        let Prepared {
            ticket,
            writes,
            new_keys,
            heads,
            ..
        } = first;
        let mut commit = Commit {
            ticket,
            writes,
            new_keys,
            heads,
        };
        while commit_bytes < self.limits.commit_bytes_max {
            let Some(next) = self.waiting.pop_front() else {
                break;
            };
            commit_bytes = commit_bytes.saturating_add(next.write_bytes);
            commit.ticket = next.ticket;
            commit.writes.extend(next.writes);
            commit.new_keys.extend(next.new_keys);
            commit.heads.extend(next.heads);
        }
        self.waiting_bytes = self.waiting_bytes.saturating_sub(commit_bytes);
        commit.writes.extend(
            commit
                .heads
                .iter()
                .map(|(log, head)| head_write(*log, *head)),
        );
        Some(commit)
    }

    /// The commit is durable. Gives how many records it had.
    pub(crate) fn finish(&mut self, heads: &BTreeMap<LogId, Head>) -> u64 {
        let mut records = 0u64;
        for (log, head) in heads {
            let before = self.durable.insert(*log, *head).unwrap_or_default();
            let more = head.sequence.saturating_sub(before.sequence);
            records = records.saturating_add(more);
            if let Some(hashes) = self.undurable.remove(log) {
                let mut hashes = hashes;
                let later = hashes.split_off(&head.sequence.saturating_add(1));
                if !later.is_empty() {
                    self.undurable.insert(*log, later);
                }
            }
        }
        records
    }

    /// Says whether the disk takes anything: while it doesn't, further batches are refused. Gives
    /// what was said before.
    pub(crate) fn set_no_room(&mut self, no_room: Option<NoRoom>) -> Option<NoRoom> {
        std::mem::replace(&mut self.no_room, no_room)
    }

    pub(crate) fn no_room(&self) -> Option<NoRoom> {
        self.no_room
    }

    /// Refuses every further batch; what waits is still committed.
    pub(crate) fn close(&mut self) {
        self.closed = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(crate) fn last(&self) -> Ticket {
        self.last
    }

    pub(crate) fn batches_waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What waits, and how much may.
    pub(crate) fn figures(&self) -> JournalFigures {
        JournalFigures {
            batches_waiting: self.waiting.len(),
            batches_waiting_max: self.limits.batches_waiting_max,
            waiting_bytes: self.waiting_bytes,
            waiting_bytes_max: self.limits.waiting_bytes_max,
            no_room: self.no_room,
            ..JournalFigures::default()
        }
    }

    pub(crate) fn appended(&self, log: LogId) -> Head {
        self.appended.get(&log).copied().unwrap_or_default()
    }

    pub(crate) fn durable(&self, log: LogId) -> Head {
        self.durable.get(&log).copied().unwrap_or_default()
    }

    pub(crate) fn durable_heads(&self) -> &BTreeMap<LogId, Head> {
        &self.durable
    }

    pub(crate) fn logs(&self) -> Vec<LogId> {
        self.appended.keys().copied().collect()
    }
}

/// A record with its place.
struct Placed {
    log: LogId,
    head: Head,
    write: Write,
}

impl Placed {
    fn new(log: LogId, head: Head, bytes: &[u8]) -> Placed {
        let key = key::record(log, head.sequence);
        let value = stored::encode_record(&key, head.hash, bytes);
        Placed {
            log,
            head,
            write: Write {
                key,
                value: Some(value),
            },
        }
    }
}

impl Entry {
    fn log(&self) -> LogId {
        match self {
            Entry::Own { .. } => LogId::OWN,
            Entry::Replica { log, .. } => *log,
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Entry::Own { bytes } | Entry::Replica { bytes, .. } => bytes,
        }
    }
}

fn check_follows(log: LogId, expected: Head, got: Head) -> Result<(), AppendError> {
    if got.sequence != expected.sequence {
        let (expected, got) = (expected.sequence, got.sequence);
        return Err(AppendError::ReplicaGap { log, expected, got });
    }
    match got.hash == expected.hash {
        true => Ok(()),
        false => Err(AppendError::ReplicaFork {
            log,
            sequence: got.sequence,
        }),
    }
}

fn check_changes(changes: &[Write]) -> Result<(), AppendError> {
    for change in changes {
        let key_bytes = change.key.len().saturating_sub(1);
        let stored_bytes = change.value.as_ref().map_or(0, Vec::len);
        if key_bytes > KEY_BYTES_MAX || stored_bytes > VALUE_BYTES_MAX {
            let value_bytes = stored_bytes.saturating_sub(stored::CHECKSUM_BYTES);
            return Err(AppendError::StateTooLarge {
                key_bytes,
                value_bytes,
            });
        }
    }
    Ok(())
}

fn head_write(log: LogId, head: Head) -> Write {
    let key = key::head(log);
    let value = stored::encode_head(&key, head);
    Write {
        key,
        value: Some(value),
    }
}

fn batch_bytes(batch: &Batch) -> usize {
    let records: usize = batch
        .entries()
        .iter()
        .map(|entry| entry.bytes().len())
        .sum();
    records.saturating_add(batch.changes().iter().map(Write::bytes).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batcher(limits: JournalLimits) -> Batcher {
        Batcher::new(limits, BTreeMap::new())
    }

    fn admit(batcher: &mut Batcher, bytes: &[u8]) -> Result<Ticket, AppendError> {
        let mut batch = Batch::new();
        batch.record(bytes);
        batcher.admit(batch, &|_, _| Ok(None))
    }

    #[test]
    fn one_commit_takes_all_that_waits() {
        let mut batcher = batcher(JournalLimits::DEFAULT);
        let tickets = [b"a", b"b", b"c"].map(|bytes| admit(&mut batcher, bytes).unwrap());
        assert!(tickets.is_sorted_by(|a, b| a < b));
        let commit = batcher.take().unwrap();
        assert_eq!(commit.ticket, tickets[2]);
        // Three records and one head.
        assert_eq!(commit.writes.len(), 4);
        assert!(batcher.take().is_none());
        assert_eq!(batcher.durable(LogId::OWN).sequence, 0);
        batcher.finish(&commit.heads);
        assert_eq!(batcher.durable(LogId::OWN), batcher.appended(LogId::OWN));
        assert_eq!(batcher.durable(LogId::OWN).sequence, 3);
        assert!(batcher.undurable.is_empty());
    }

    #[test]
    fn a_commit_is_bounded_in_bytes_and_takes_at_least_one() {
        let mut batcher = batcher(JournalLimits {
            commit_bytes_max: 1,
            ..JournalLimits::DEFAULT
        });
        let first = admit(&mut batcher, b"a").unwrap();
        let second = admit(&mut batcher, b"b").unwrap();
        assert_eq!(batcher.take().unwrap().ticket, first);
        assert_eq!(batcher.take().unwrap().ticket, second);
        assert_eq!(batcher.waiting_bytes, 0);
    }

    #[test]
    fn waiting_batches_are_bounded_in_number_and_bytes() {
        let limits = JournalLimits {
            batches_waiting_max: 2,
            ..JournalLimits::DEFAULT
        };
        let mut few = batcher(limits);
        admit(&mut few, b"a").unwrap();
        admit(&mut few, b"b").unwrap();
        let full = admit(&mut few, b"c");
        assert!(matches!(
            full,
            Err(AppendError::Full { batches_waiting: 2 })
        ));
        assert_eq!(few.appended(LogId::OWN).sequence, 2);
        few.take().unwrap();
        admit(&mut few, b"c").unwrap();

        let mut small = batcher(JournalLimits {
            waiting_bytes_max: 100,
            ..JournalLimits::DEFAULT
        });
        admit(&mut small, &[0; 200]).unwrap();
        assert!(matches!(
            admit(&mut small, b"c"),
            Err(AppendError::Full { .. })
        ));
    }

    #[test]
    fn an_empty_batch_gets_the_last_ticket() {
        let mut batcher = batcher(JournalLimits::DEFAULT);
        let ticket = admit(&mut batcher, b"a").unwrap();
        let empty = batcher.admit(Batch::new(), &|_, _| Ok(None)).unwrap();
        assert_eq!(empty, ticket);
        assert_eq!(batcher.batches_waiting(), 1);
    }

    #[test]
    fn limits_refuse_the_whole_batch() {
        let mut batcher = batcher(JournalLimits::DEFAULT);
        let mut batch = Batch::new();
        batch.record(b"small").record(vec![0; RECORD_BYTES_MAX + 1]);
        let refused = batcher.admit(batch, &|_, _| Ok(None));
        assert!(matches!(refused, Err(AppendError::RecordTooLarge { .. })));
        let mut batch = Batch::new();
        batch
            .record(b"small")
            .put(b"k", vec![0; crate::STATE_BYTES_MAX + 1]);
        let refused = batcher.admit(batch, &|_, _| Ok(None));
        assert!(matches!(refused, Err(AppendError::StateTooLarge { .. })));
        let mut batch = Batch::new();
        batch.delete(vec![0; KEY_BYTES_MAX + 1]);
        let refused = batcher.admit(batch, &|_, _| Ok(None));
        assert!(matches!(refused, Err(AppendError::StateTooLarge { .. })));
        assert_eq!(batcher.appended(LogId::OWN), Head::default());
        admit(&mut batcher, &[0; RECORD_BYTES_MAX]).unwrap();
        let largest = batcher.take().unwrap().writes[0]
            .value
            .as_ref()
            .unwrap()
            .len();
        assert_eq!(largest, VALUE_BYTES_MAX);
    }

    #[test]
    fn a_closed_batcher_refuses_and_still_commits_what_waits() {
        let mut batcher = batcher(JournalLimits::DEFAULT);
        admit(&mut batcher, b"a").unwrap();
        batcher.close();
        assert!(matches!(
            admit(&mut batcher, b"b"),
            Err(AppendError::Closed)
        ));
        assert!(batcher.take().is_some());
    }
}
