//! The sealed cards of payments that this lane approved alone: in the journal's side table, outside
//! the hash chain, from the decision until the hub has them. The lane can't read them.

use domain::ids::PaymentId;
use journal::{Batch, Journal, ReadError};
use proto::store::v1::OfflineCard;

const PREFIX: &[u8] = b"offline-card/";
/// Told after one hello; what is left is told when these are acknowledged and the lane comes back.
const TOLD_AT_ONCE_MAX: usize = 100;

fn key(payment_id: PaymentId) -> Vec<u8> {
    let mut key = PREFIX.to_vec();
    key.extend_from_slice(&payment_id.0.to_be_bytes());
    key
}

/// Joins the commit of the decision.
pub(crate) fn keep(batch: &mut Batch, payment_id: PaymentId, sealed: &[u8]) {
    batch.put_side(key(payment_id), sealed);
}

/// The hub has it.
pub(crate) fn forget(batch: &mut Batch, payment_id: PaymentId) {
    batch.delete_side(key(payment_id));
}

/// One, if it is durable and not yet with the hub.
pub(crate) fn one(
    journal: &Journal,
    payment_id: PaymentId,
) -> Result<Option<OfflineCard>, ReadError> {
    let sealed = journal.get_side(key(payment_id))?;
    Ok(sealed.map(|sealed| frame(payment_id, sealed)))
}

/// All that the hub has not acknowledged, in the order of their ids.
pub(crate) fn all(journal: &Journal) -> Result<Vec<OfflineCard>, ReadError> {
    let kept = journal.scan_side(PREFIX)?;
    let cards = kept.into_iter().filter_map(|(key, sealed)| {
        let id = <[u8; 16]>::try_from(key.strip_prefix(PREFIX)?).ok()?;
        Some(frame(PaymentId(u128::from_be_bytes(id)), sealed))
    });
    Ok(cards.take(TOLD_AT_ONCE_MAX).collect())
}

fn frame(payment_id: PaymentId, sealed: Vec<u8>) -> OfflineCard {
    OfflineCard {
        payment_id: payment_id.to_string(),
        sealed_card: sealed.into(),
    }
}
