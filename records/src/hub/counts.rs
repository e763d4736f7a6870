//! What became of payments, in numbers: for operators and in the desk's checkpoint.

use crate::ConvertError;
use domain::desk::Counts;
use proto::journal::v1 as journal;
use proto::store::v1::PaymentCounts;

use super::fields::needed;

/// Of payments and of what is forwarded.
pub fn payments_to_proto(counts: &Counts) -> PaymentCounts {
    PaymentCounts {
        requested: counts.requested,
        approved: counts.approved,
        partially_approved: counts.partially_approved,
        declined: counts.declined,
        unknown: counts.unknown,
        refused: counts.refused,
        reversed: counts.reversed,
        stand_in: counts.stand_in,
        offline_approved: counts.offline_approved,
        declined_after_goods: counts.declined_after_goods,
        forward_queued: counts.forward_queued,
        forward_delivered: counts.forward_delivered,
        forward_withdrawn: counts.forward_withdrawn,
        forward_dead_letters: counts.forward_dead_letters,
        late_answers: counts.late_answers,
    }
}

/// With those of batches.
pub(super) fn counts_to_proto(counts: &Counts) -> journal::DeskCounts {
    journal::DeskCounts {
        payments: Some(payments_to_proto(counts)),
        batches: counts.batches,
        batches_balanced: counts.batches_balanced,
    }
}

pub(super) fn counts_from_proto(
    from: Option<&journal::DeskCounts>,
) -> Result<Counts, ConvertError> {
    let from = needed("counts", from)?;
    let payments = needed("payments", from.payments.as_ref())?;
    Ok(Counts {
        requested: payments.requested,
        approved: payments.approved,
        partially_approved: payments.partially_approved,
        declined: payments.declined,
        unknown: payments.unknown,
        refused: payments.refused,
        reversed: payments.reversed,
        stand_in: payments.stand_in,
        offline_approved: payments.offline_approved,
        declined_after_goods: payments.declined_after_goods,
        forward_queued: payments.forward_queued,
        forward_delivered: payments.forward_delivered,
        forward_withdrawn: payments.forward_withdrawn,
        forward_dead_letters: payments.forward_dead_letters,
        late_answers: payments.late_answers,
        batches: from.batches,
        batches_balanced: from.batches_balanced,
    })
}
