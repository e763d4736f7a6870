//! Starting is reading the journal: the checkpoint, then every record behind it, oldest first.
//! Without a checkpoint that can be used, every record there is; the same for a part of it.

use domain::sale::{Checkout, CheckoutConfig};
use journal::{Journal, LogId, ReadError};
use records::ConvertError;

use crate::checkpoint::{self, Begun};

/// Why the journal can't be read back. The lane doesn't start.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The journal is damaged, or its disk is.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A record is not one of a lane.
    #[error("record {sequence} is not a lane's: {fault}")]
    Record {
        /// Which.
        sequence: u64,
        /// What is wrong with it.
        fault: ConvertError,
    },
}

/// The checkout as its journal tells it.
pub(crate) fn replay(journal: &Journal, config: CheckoutConfig) -> Result<Checkout, RecoveryError> {
    let kept = checkpoint::read(journal, config);
    let mut begun = kept.unwrap_or_else(|| Begun::anew(config));
    journal.replay(LogId::OWN, begun.first_unseen(), |record| {
        let sequence = record.sequence;
        let decoded = records::lane::decode(&record.bytes);
        let decoded = decoded.map_err(|fault| RecoveryError::Record { sequence, fault })?;
        if let Some(record) = decoded {
            begun.take(sequence, &record);
        }
        Ok::<(), RecoveryError>(())
    })?;
    Ok(begun.checkout)
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{LaneEpoch, LaneId, OperatorId, ReceiptNumber, SaleNumber},
        money::Currency,
        sale::{CheckoutFact, CheckoutPart, CheckoutRecord, SaleFact},
        time::{BusinessDate, WallMs},
    };
    use journal::{Batch, SimulatedDisk};
    use prost::Message;
    use proto::journal::v1 as wire;

    use super::*;

    const CONFIG: CheckoutConfig = CheckoutConfig::new(LaneId(1), LaneEpoch(1), Currency::CNY);

    fn sale(number: u32) -> [CheckoutFact; 2] {
        [
            CheckoutFact::Sale(SaleFact::SaleOpened {
                sale: SaleNumber(number),
                operator: OperatorId(1),
                order_reference: format!("o-{number}"),
                price_version: "v1".to_owned(),
                recalled: None,
            }),
            CheckoutFact::Sale(SaleFact::SaleVoided {
                sale: SaleNumber(number),
                reason: String::new(),
            }),
        ]
    }

    fn written(fact: CheckoutFact) -> CheckoutRecord {
        CheckoutRecord {
            at: WallMs(1),
            date: BusinessDate::parse("2026-11-22").ok(),
            fact,
        }
    }

    /// Three sales, and a checkpoint behind the second that says what `keep` makes of it.
    fn disk(keep: impl Fn(&mut Checkout)) -> SimulatedDisk {
        let disk = SimulatedDisk::new();
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let mut checkout = Checkout::new(CONFIG);
        for number in 1..=3 {
            let mut batch = Batch::new();
            for fact in sale(number) {
                let record = written(fact);
                checkout.replay(&record);
                batch.record(records::lane::encode(&record, None));
            }
            if number == 2 {
                let mut kept = checkout.clone();
                keep(&mut kept);
                let bytes = checkpoint::encode(&kept).unwrap();
                let name = checkpoint::NAME;
                let taken = journal.append_with_checkpoint(batch, name, LogId::OWN, &bytes);
                taken.unwrap();
            } else {
                journal.append(batch).unwrap();
            }
            while committer.commit_waiting().unwrap() {}
        }
        disk
    }

    fn replayed(disk: &SimulatedDisk) -> Checkout {
        let (journal, _committer) = Journal::open(disk.engine()).unwrap();
        replay(&journal, CONFIG).unwrap()
    }

    #[test]
    fn from_the_checkpoint_and_from_the_first_record_is_the_same() {
        let disk = disk(|_| {});
        let from_checkpoint = replayed(&disk);
        let report = checkpoint::verify(disk.engine().as_ref(), CONFIG).unwrap();
        assert!(report.unwrap().is_same);
        journal::remove_checkpoint(disk.engine().as_ref(), checkpoint::NAME).unwrap();
        assert!(replayed(&disk).durable_equals(&from_checkpoint));
        assert_eq!(from_checkpoint.sales_voided(), 3);
    }

    /// A part of another form is rebuilt, and what it says is never believed.
    #[test]
    fn a_part_of_an_unknown_form_is_rebuilt_by_itself() {
        for spoiled in CheckoutPart::ALL {
            let disk = disk(|_| {});
            let whole = replayed(&disk);
            spoil(&disk, |parts| {
                let part = parts.iter_mut().find(|part| part.name == spoiled.name());
                let part = part.unwrap();
                part.form += 1;
                part.state = vec![8, 99].into();
            });
            assert!(replayed(&disk).durable_equals(&whole), "{spoiled:?}");
            // One that is gone altogether is rebuilt, too.
            spoil(&disk, |parts| {
                parts.retain(|part| part.name != spoiled.name())
            });
            assert!(replayed(&disk).durable_equals(&whole), "{spoiled:?}");
            let report = checkpoint::verify(disk.engine().as_ref(), CONFIG).unwrap();
            assert!(report.unwrap().is_same, "{spoiled:?}");
        }
    }

    /// Writes the checkpoint again, with a record that says nothing of sales.
    fn spoil(disk: &SimulatedDisk, change: impl FnOnce(&mut Vec<wire::CheckpointPart>)) {
        let (journal, mut committer) = Journal::open(disk.engine()).unwrap();
        let kept = journal.checkpoint(checkpoint::NAME).unwrap().unwrap();
        let mut spoiled = wire::CheckoutCheckpoint::decode(kept.bytes.as_slice()).unwrap();
        let sequence = kept.applied.sequence;
        for part in spoiled.parts.iter_mut().filter(|part| part.sequence == 0) {
            part.sequence = sequence;
        }
        change(&mut spoiled.parts);
        let mut batch = Batch::new();
        let date = BusinessDate::parse("2026-11-22").ok();
        let started = wire::LaneStarted::default();
        batch.record(records::lane::started(WallMs(1), date, started));
        let bytes = spoiled.encode_to_vec();
        journal
            .append_with_checkpoint(batch, checkpoint::NAME, LogId::OWN, &bytes)
            .unwrap();
        while committer.commit_waiting().unwrap() {}
    }

    #[test]
    fn a_checkpoint_that_lies_is_found_by_verify() {
        let disk = disk(|checkout| {
            let receipt = ReceiptNumber::parse("1-1-000009").unwrap();
            let fact = CheckoutFact::Sale(SaleFact::ReceiptPrinted {
                receipt,
                text: String::new(),
                reprint: false,
            });
            for fact in sale(9).into_iter().chain([fact]) {
                checkout.replay(&written(fact));
            }
        });
        assert_eq!(replayed(&disk).sales_voided(), 4, "a start believes it");
        let report = checkpoint::verify(disk.engine().as_ref(), CONFIG).unwrap();
        assert!(!report.unwrap().is_same);
    }
}
