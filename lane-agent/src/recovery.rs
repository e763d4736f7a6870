//! Starting is reading the journal: record by record, oldest first, nothing skipped.

use domain::sale::{Checkout, CheckoutConfig};
use journal::{Journal, LogId, ReadError};
use wire_form::ConvertError;

use crate::convert;

/// Records read at a time.
const RECORDS_PER_READ: usize = 256;

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
    let mut checkout = Checkout::new(config);
    let mut next = 1;
    loop {
        let records = journal.read(LogId::OWN, next, RECORDS_PER_READ)?;
        let Some(last) = records.last().map(|record| record.sequence) else {
            return Ok(checkout);
        };
        for record in &records {
            let sequence = record.sequence;
            let decoded = convert::decode(&record.bytes);
            let decoded = decoded.map_err(|fault| RecoveryError::Record { sequence, fault })?;
            if let Some(record) = decoded {
                checkout.replay(&record);
            }
        }
        next = last.saturating_add(1);
    }
}
