//! The archive of payments. Each archived payment is a value of the keyed state, written in the
//! commit of the record that says so. The desk steps an event about one of them with its file.

use std::{cell::Cell, collections::BTreeMap};

use domain::{
    desk::{Desk, Event, PaymentFile},
    ids::PaymentId,
};
use journal::{Journal, ReadError, Ticket};
use prost::Message;
use proto::journal::v1 as wire;
use records::ConvertError;

/// Why a file can't be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    #[error("the payment's file can't be read: {0}")]
    Read(#[from] ReadError),
    #[error("the payment's file can't be understood: {0}")]
    File(#[from] ConvertError),
}

/// What was archived a moment ago: readers of the journal don't see it before it is durable.
#[derive(Debug, Default)]
pub(crate) struct PaymentArchive {
    fresh: BTreeMap<PaymentId, PaymentFile>,
    durable_with: Ticket,
    /// A payment that was asked for last and was not archived: a new one is asked for twice, by
    /// whoever takes its request and by the step.
    absent: Cell<Option<PaymentId>>,
}

/// Keyed state: the file of a payment that was archived.
pub(crate) fn file_key(id: PaymentId) -> Vec<u8> {
    let mut key = b"over/".to_vec();
    key.extend_from_slice(&id.0.to_be_bytes());
    key
}

/// A file as its value.
pub(crate) fn file_value(file: &PaymentFile) -> Vec<u8> {
    records::hub::file_to_proto(file).encode_to_vec()
}

impl PaymentArchive {
    /// Files that are written in the commit of this ticket.
    pub(crate) fn put(&mut self, files: Vec<PaymentFile>, ticket: Ticket) {
        if !files.is_empty() {
            self.durable_with = ticket;
            self.absent.set(None);
        }
        let files = files.into_iter().map(|file| (file.payment_id(), file));
        self.fresh.extend(files);
    }

    /// The journal is durable up to here. True when all that was put here is.
    pub(crate) fn settle(&mut self, durable: Ticket) -> bool {
        let settled = self.durable_with <= durable;
        if settled {
            self.fresh.clear();
        }
        settled
    }

    /// The file that an event needs, if its payment was archived.
    pub(crate) fn file_for(
        &self,
        event: &Event,
        desk: &Desk,
        journal: &Journal,
    ) -> Result<Option<PaymentFile>, ArchiveError> {
        match desk.asks_for(event) {
            Some(id) => self.file(id, journal),
            None => Ok(None),
        }
    }

    /// The file of a payment that was archived.
    pub(crate) fn file(
        &self,
        id: PaymentId,
        journal: &Journal,
    ) -> Result<Option<PaymentFile>, ArchiveError> {
        if let Some(fresh) = self.fresh.get(&id) {
            return Ok(Some(fresh.clone()));
        }
        if self.absent.get() == Some(id) {
            return Ok(None);
        }
        let Some(bytes) = journal.get(file_key(id))? else {
            self.absent.set(Some(id));
            return Ok(None);
        };
        let file = wire::PaymentFile::decode(bytes.as_slice())
            .map_err(|error| ConvertError::new("file", error))?;
        Ok(Some(records::hub::file_from_proto(&file)?))
    }
}

#[cfg(test)]
mod tests {
    use journal::{Batch, SimulatedDisk};

    use domain::{
        card_ref::{CardRef, EntryMode, Funding, MaskedPan, Scheme},
        ids::{LaneEpoch, LaneId, SaleNumber},
        money::{Currency, Money},
        payment::{Completion, Payment, PaymentKind, PaymentMethod, PaymentRequest, Progress},
        time::WallMs,
    };

    use super::*;

    /// A payment of which nothing but the request is known.
    fn a_file() -> PaymentFile {
        let request = PaymentRequest {
            payment_id: PaymentId(100),
            lane: LaneId(3),
            epoch: LaneEpoch(1),
            sale: SaleNumber(1),
            amount: Money::new(1250, Currency::CNY),
            entry_mode: EntryMode::Chip,
            pin_entered: true,
            card: CardRef {
                masked: MaskedPan::new("621626*********0018").unwrap(),
                hash: None,
                scheme: Scheme::UnionPay,
                funding: Funding::Debit,
            },
            business_date: None,
            kind: PaymentKind::Sale,
            method: PaymentMethod::Card,
            original: None,
        };
        PaymentFile {
            payment: Payment {
                request,
                requested_at: WallMs(1),
                bound: None,
                progress: Progress::Requested,
                completion: Completion::Open,
                forwards: Vec::new(),
                settled_in: None,
            },
            forwards: Vec::new(),
            offline: None,
            card_came: false,
        }
    }

    /// A request for it in that very moment is a repeat, and not a new payment.
    #[test]
    fn a_file_is_found_before_it_is_durable_and_afterwards() {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let (mut payment_archive, file) = (PaymentArchive::default(), a_file());
        let id = file.payment_id();
        let mut batch = Batch::new();
        batch.put(file_key(id), file_value(&file));
        let ticket = journal.append(batch).unwrap();
        assert_eq!(payment_archive.file(id, &journal).unwrap(), None);
        payment_archive.put(vec![file.clone()], ticket);
        assert!(
            !payment_archive.settle(journal.durable()),
            "not durable yet"
        );
        assert_eq!(
            payment_archive.file(id, &journal).unwrap(),
            Some(file.clone())
        );
        assert_eq!(journal.get(file_key(id)).unwrap(), None);

        while committer.commit_waiting().unwrap() {}
        assert!(payment_archive.settle(journal.durable()));
        assert!(payment_archive.fresh.is_empty());
        assert_eq!(payment_archive.file(id, &journal).unwrap(), Some(file));
        assert_eq!(
            payment_archive.file(PaymentId(id.0 + 1), &journal).unwrap(),
            None
        );
    }

    #[test]
    fn a_file_that_can_not_be_read_is_not_one_that_is_not_there() {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let id = PaymentId(9);
        let mut batch = Batch::new();
        batch.put(file_key(id), [0xff; 9]);
        journal.append(batch).unwrap();
        while committer.commit_waiting().unwrap() {}
        let read = PaymentArchive::default().file(id, &journal);
        assert!(matches!(read, Err(ArchiveError::File(_))), "{read:?}");
    }
}
