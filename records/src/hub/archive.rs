//! Records of payments that are archived and restored, both ways.

use crate::ConvertError;
use domain::{desk::ArchiveFact, ids::PaymentId};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{
    fields::{id_from_bytes, id_to_bytes},
    file::{file_from_proto, file_to_proto},
};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn body(fact: &ArchiveFact) -> Body {
    match fact {
        ArchiveFact::Archived { payment_ids } => Body::Archived(journal::Archived {
            payment_ids: payment_ids.iter().map(|id| id_to_bytes(*id)).collect(),
        }),
        ArchiveFact::Restored { file } => Body::Restored(journal::Restored {
            file: Some(file_to_proto(file)),
        }),
    }
}

pub(super) fn archived(from: &journal::Archived) -> Result<ArchiveFact> {
    let ids = from.payment_ids.iter();
    let ids = ids.map(|bytes| id_from_bytes(bytes));
    Ok(ArchiveFact::Archived {
        payment_ids: ids.collect::<Result<Vec<PaymentId>>>()?,
    })
}

pub(super) fn restored(from: &journal::Restored) -> Result<ArchiveFact> {
    let file = from.file.as_ref();
    let file = file.ok_or_else(|| ConvertError::missing("file"))?;
    let file = Box::new(file_from_proto(file)?);
    Ok(ArchiveFact::Restored { file })
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    use super::tests::{NOW, asked};
    use domain::{desk::PaymentFile, limits::PAYMENTS_ARCHIVED_AT_ONCE, payment::Payment};
    let payment_ids = (0..PAYMENTS_ARCHIVED_AT_ONCE)
        .map(|number| PaymentId(u128::MAX - number as u128))
        .collect();
    let payment = Payment::asked(asked(), NOW);
    let file = Box::new(PaymentFile {
        payment,
        forwards: Vec::new(),
        offline: None,
        card_came: true,
    });
    vec![
        ArchiveFact::Archived { payment_ids }.into(),
        ArchiveFact::Restored { file }.into(),
    ]
}
