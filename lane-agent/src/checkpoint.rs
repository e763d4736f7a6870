//! The checkout's checkpoint in the journal: written in one commit with the end of a sale, read at
//! start, so that a lane starts as fast after a month as after a day. A cache of the log: whatever
//! is wrong with it, the log alone is enough.

use domain::{
    ids::{LaneEpoch, LaneId, LeaseId, PaymentId, Stan},
    sale::{Checkout, CheckoutCheckpoint, CheckoutConfig},
    time::BusinessDate,
};
use journal::{CheckpointReport, Engine, Journal, LogId, VerifyError};
use prost::Message;
use proto::journal::v1 as wire;
use records::{date_from_proto, date_to_proto, lease_use_from_proto, lease_use_to_proto};
use tracing::warn;

/// Its name in the journal.
pub(crate) const NAME: &str = "checkout";

/// Sales between two checkpoints: the most a start has to read is the records of so many sales.
const SALES_PER_CHECKPOINT: u32 = 16;

/// Whether the sale that has just ended is one whose end carries a checkpoint; then its bytes.
pub(crate) fn due(checkout: &Checkout) -> Option<Vec<u8>> {
    let ended = checkout
        .sales_closed()
        .saturating_add(checkout.sales_voided());
    if ended.checked_rem(SALES_PER_CHECKPOINT) != Some(0) {
        return None;
    }
    encode(checkout)
}

/// `None` while a sale is running.
pub(crate) fn encode(checkout: &Checkout) -> Option<Vec<u8>> {
    let kept = checkout.checkpoint()?;
    let checkpoint = wire::CheckoutCheckpoint {
        lane: kept.lane.0.into(),
        epoch: kept.epoch.0,
        last_sale: kept.last_sale,
        last_receipt: kept.last_receipt,
        sales_closed: kept.sales_closed,
        sales_voided: kept.sales_voided,
        pin_entries: kept.pin_entries,
        abandoned_payment_ids: kept
            .abandoned
            .iter()
            .map(|id| id.0.to_be_bytes().to_vec().into())
            .collect(),
        lease: kept.lease.as_ref().map(lease_use_to_proto),
        last_lease_id: kept.last_lease.map_or(0, |id| id.0),
        last_stan: kept.last_stan.map_or(0, |stan| stan.number()),
        last_order_reference: kept.last_order_reference,
        business_date: date_to_proto(kept.running_date),
    };
    Some(checkpoint.encode_to_vec())
}

/// `None`: the bytes are not what a lane would write, for this machine. `applied`: the date of the
/// last record in it, for a checkpoint from before it told its own.
fn decode(bytes: &[u8], config: CheckoutConfig, applied: Option<BusinessDate>) -> Option<Checkout> {
    let from = wire::CheckoutCheckpoint::decode(bytes).ok()?;
    let abandoned: Option<_> = from
        .abandoned_payment_ids
        .iter()
        .map(|id| {
            let id: [u8; 16] = id.as_ref().try_into().ok()?;
            Some(PaymentId(u128::from_be_bytes(id)))
        })
        .collect();
    let lease = match &from.lease {
        Some(lease) => Some(lease_use_from_proto(lease).ok()?),
        None => None,
    };
    let kept = CheckoutCheckpoint {
        lane: LaneId(u16::try_from(from.lane).ok()?),
        epoch: LaneEpoch(from.epoch),
        last_sale: from.last_sale,
        last_receipt: from.last_receipt,
        sales_closed: from.sales_closed,
        sales_voided: from.sales_voided,
        pin_entries: from.pin_entries,
        abandoned: abandoned?,
        lease,
        last_lease: (from.last_lease_id > 0).then_some(LeaseId(from.last_lease_id)),
        last_stan: match from.last_stan {
            0 => None,
            number => Some(Stan::new(number).ok()?),
        },
        last_order_reference: from.last_order_reference,
        running_date: date_from_proto("business_date", &from.business_date)
            .ok()?
            .or(applied),
    };
    Checkout::from_checkpoint(config, kept)
}

/// The checkout as last kept, and the first record behind it. What can't be used is not used: the
/// whole log says the same.
pub(crate) fn read(journal: &Journal, config: CheckoutConfig) -> Option<(Checkout, u64)> {
    let kept = match journal.checkpoint(NAME) {
        Ok(kept) => kept?,
        Err(fault) => {
            warn!(event = "checkpoint not used", %fault);
            return None;
        }
    };
    let applied = kept.applied.sequence;
    let last = journal.read(LogId::OWN, applied, 1).ok();
    let last = last.and_then(|records| records::lane::decode(&records.first()?.bytes).ok()?);
    let date = last.and_then(|record| record.date);
    let Some(checkout) = decode(&kept.bytes, config, date) else {
        warn!(event = "checkpoint not used", fault = "not this machine's");
        return None;
    };
    Some((checkout, applied.saturating_add(1)))
}

/// Folds the log up to where the checkpoint was made, and compares both.
///
/// # Errors
/// A record or the checkpoint can't be trusted, or the disk failed.
pub(crate) fn verify(
    engine: &dyn Engine,
    config: CheckoutConfig,
) -> Result<Option<CheckpointReport>, VerifyError> {
    let fold = |checkout: &mut Checkout, record: &journal::Record| {
        // A record that is none is told by the walk over the records.
        if let Ok(Some(record)) = records::lane::decode(&record.bytes) {
            checkout.replay(&record);
        }
    };
    let dated = |checkout: Checkout| encode(&checkout).unwrap_or_default();
    let report =
        journal::verify_checkpoint(engine, NAME, |_| true, Checkout::new(config), fold, dated)?;
    if report.is_none_or(|report| report.is_same) {
        return Ok(report);
    }
    // One from before checkpoints told their date is right without it.
    let undated = |checkout: Checkout| without_date(&encode(&checkout).unwrap_or_default());
    journal::verify_checkpoint(engine, NAME, |_| true, Checkout::new(config), fold, undated)
}

fn without_date(bytes: &[u8]) -> Vec<u8> {
    let kept = wire::CheckoutCheckpoint::decode(bytes).unwrap_or_default();
    let undated = wire::CheckoutCheckpoint {
        business_date: String::new(),
        ..kept
    };
    undated.encode_to_vec()
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{OperatorId, ReceiptNumber, SaleNumber},
        money::{Currency, Money},
        payment::{Decision, HostFacts},
        response_code::ResponseCode,
        risk::{FloorLimits, OfflineLease, VelocityLimit},
        sale::{SaleFact, SaleRecord},
        time::WallMs,
    };

    use super::*;

    const CONFIG: CheckoutConfig = CheckoutConfig {
        lane: LaneId(3),
        epoch: LaneEpoch(2),
        currency: Currency::CNY,
    };

    fn cny(minor: i64) -> Money {
        Money::new(minor, Currency::CNY)
    }

    fn stands() -> Checkout {
        let mut checkout = Checkout::new(CONFIG);
        let lease = OfflineLease {
            id: LeaseId(7),
            lane: LaneId(3),
            lane_epoch: LaneEpoch(2),
            budget: cny(9000),
            per_payment_cap: cny(500),
            per_card_cap: cny(1000),
            count_max: 50,
            hot_list_version: 1,
            valid_for_ms: 1000,
            floor_limits: FloorLimits::up_to(500),
            velocity: Some(VelocityLimit {
                count_max: 3,
                window_ms: 60_000,
            }),
        };
        let sale = SaleNumber(1);
        let facts = [
            SaleFact::LeaseAccepted { lease },
            SaleFact::SaleOpened {
                sale,
                operator: OperatorId(1),
                order_reference: "o-1".to_owned(),
                price_version: "v1".to_owned(),
            },
            SaleFact::PaymentDecided {
                sale,
                payment_id: PaymentId(9),
                decision: Decision::Declined {
                    code: ResponseCode::new("51").unwrap(),
                    host: HostFacts {
                        stan: Some(Stan::new(4711).unwrap()),
                        ..HostFacts::default()
                    },
                },
            },
            SaleFact::PaymentAbandoned {
                sale,
                payment_id: PaymentId(u128::MAX - 5),
                reason: domain::sale::AbandonReason::LinkBroke.into(),
            },
            SaleFact::SaleClosed {
                sale,
                receipt: ReceiptNumber::parse("3-2-000001").unwrap(),
                total: cny(0),
                tenders: Vec::new(),
                change: cny(0),
                items: 0,
                order_reference: "o-1".to_owned(),
            },
            SaleFact::ReceiptPrinted {
                receipt: ReceiptNumber::parse("3-2-000001").unwrap(),
                text: String::new(),
                reprint: false,
            },
        ];
        for fact in facts {
            checkout.replay(&written(fact));
        }
        checkout
    }

    fn written(fact: SaleFact) -> SaleRecord {
        SaleRecord {
            at: WallMs(1),
            date: BusinessDate::parse("2026-11-22").ok(),
            fact,
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_only_to_the_same_machine() {
        let checkout = stands();
        let bytes = encode(&checkout).unwrap();
        assert!(
            decode(&bytes, CONFIG, None)
                .unwrap()
                .durable_equals(&checkout)
        );
        let swapped = CheckoutConfig {
            epoch: LaneEpoch(3),
            ..CONFIG
        };
        assert!(decode(&bytes, swapped, None).is_none());
        assert!(decode(&bytes[..bytes.len() - 1], CONFIG, None).is_none());
    }

    #[test]
    fn one_from_before_it_told_its_date_has_that_of_its_last_record() {
        let checkout = stands();
        let before = without_date(&encode(&checkout).unwrap());
        let date = checkout.running_date();
        assert!(
            decode(&before, CONFIG, date)
                .unwrap()
                .durable_equals(&checkout)
        );
        assert_ne!(before, encode(&checkout).unwrap());
    }

    #[test]
    fn nothing_is_kept_while_a_sale_runs_and_not_at_every_end() {
        let mut checkout = stands();
        assert!(encode(&checkout).is_some());
        assert!(due(&checkout).is_none(), "the first of sixteen");
        let fact = SaleFact::SaleOpened {
            sale: SaleNumber(2),
            operator: OperatorId(1),
            order_reference: String::new(),
            price_version: "v1".to_owned(),
        };
        checkout.replay(&written(fact));
        assert!(encode(&checkout).is_none());
    }
}
