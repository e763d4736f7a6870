//! The checkout as it was at the end of some sale, kept in the journal: a start reads only the
//! records behind it. A cache: a part that can't be read is rebuilt from the first record on.

use domain::{
    sale::{Checkout, CheckoutCheckpoint, CheckoutConfig, CheckoutPart, CheckoutRecord},
    time::BusinessDate,
};
use journal::{CheckpointReport, Engine, Journal, LogId, VerifyError};
use prost::Message;
use proto::journal::v1 as wire;
use records::lane::{KeptCheckout, checkpoint_from_proto, checkpoint_to_proto};
use tracing::warn;

/// Its name in the journal.
pub(crate) const NAME: &str = "checkout";

/// Sales between two checkpoints: the most a start has to read is the records of so many sales.
const SALES_PER_CHECKPOINT: u32 = 16;

/// Sales of this lane and epoch that have ended.
pub(crate) const fn sales_ended(checkout: &Checkout) -> u32 {
    let closed = checkout.sales_closed();
    closed.saturating_add(checkout.sales_voided())
}

/// The bytes of a checkpoint, if one is due: with every sixteenth sale, or as soon after it as no
/// sale is running and no receipt owed. `before`: sales ended when one was made or due last.
pub(crate) fn due(checkout: &Checkout, before: u32) -> Option<Vec<u8>> {
    let sixteens = |ended: u32| ended.checked_div(SALES_PER_CHECKPOINT);
    if sixteens(sales_ended(checkout)) == sixteens(before) {
        return None;
    }
    encode(checkout)
}

/// `None` while a sale is running or a receipt is owed.
pub(crate) fn encode(checkout: &Checkout) -> Option<Vec<u8>> {
    let kept = checkout.checkpoint()?;
    Some(checkpoint_to_proto(&kept).encode_to_vec())
}

/// Where a replay begins: a checkout, and which records each of its parts has seen.
pub(crate) struct Begun {
    pub(crate) checkout: Checkout,
    kept: Option<KeptCheckout>,
}

impl Begun {
    /// At the first record.
    pub(crate) fn anew(config: CheckoutConfig) -> Self {
        Self {
            checkout: Checkout::new(config),
            kept: None,
        }
    }

    /// The first record that some part has not seen.
    pub(crate) fn first_unseen(&self) -> u64 {
        let kept = self.kept.as_ref();
        kept.map_or(1, KeptCheckout::first_unseen)
    }

    /// Takes in one record, with the parts that have not seen it.
    pub(crate) fn take(&mut self, sequence: u64, record: &CheckoutRecord) {
        let kept = self.kept.as_ref();
        let told = |part| kept.map_or(0, |kept| kept.told(part));
        self.checkout
            .replay_into(record, |part| sequence > told(part));
    }
}

/// `None`: the bytes are not what a lane would write, for this machine. `applied`: the last record
/// in it, and the date that this carries.
fn decode(
    bytes: &[u8],
    config: CheckoutConfig,
    applied: (u64, Option<BusinessDate>),
) -> Option<Begun> {
    let from = wire::CheckoutCheckpoint::decode(bytes).ok()?;
    let kept = checkpoint_from_proto(&from, applied)?;
    let checkout = Checkout::from_checkpoint(config, kept.checkpoint.clone())?;
    for part in CheckoutPart::ALL {
        if !kept.checkpoint.has(part) {
            warn!(
                event = "part of the checkpoint not used",
                part = part.name()
            );
        }
    }
    let kept = Some(kept);
    Some(Begun { checkout, kept })
}

/// The checkout as last kept. What can't be used is not used: the log says the same.
pub(crate) fn read(journal: &Journal, config: CheckoutConfig) -> Option<Begun> {
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
    let begun = decode(&kept.bytes, config, (applied, date));
    if begun.is_none() {
        warn!(event = "checkpoint not used", fault = "not this machine's");
    }
    begun
}

/// Folds the log up to where the checkpoint was made, and compares both.
///
/// # Errors
/// A record or the checkpoint can't be trusted, or the disk failed.
pub(crate) fn verify(
    engine: &dyn Engine,
    config: CheckoutConfig,
) -> Result<Option<CheckpointReport>, VerifyError> {
    let fold = |(checkout, at): &mut (Checkout, u64), record: &journal::Record| {
        *at = record.sequence;
        // A record that is none is told by the walk over the records.
        if let Ok(Some(record)) = records::lane::decode(&record.bytes) {
            checkout.replay(&record);
        }
    };
    let says = |(checkout, applied): (Checkout, u64), stored: &[u8]| {
        let own = checkout.checkpoint();
        let date = (applied, checkout.running_date());
        let from = wire::CheckoutCheckpoint::decode(stored).ok();
        let kept = from.and_then(|from| checkpoint_from_proto(&from, date));
        match (own, kept) {
            (Some(own), Some(kept)) if agrees(&own, &kept, applied) => stored.to_vec(),
            (Some(_) | None, Some(_) | None) => encode(&checkout).unwrap_or_default(),
        }
    };
    let start = (Checkout::new(config), 0);
    journal::verify_checkpoint(engine, NAME, |_| true, start, fold, says)
}

/// Whether each part that a start would use says what the records add up to.
fn agrees(own: &CheckoutCheckpoint, kept: &KeptCheckout, applied: u64) -> bool {
    let used = |part| kept.told(part) == applied;
    let kept = &kept.checkpoint;
    (own.lane, own.epoch) == (kept.lane, kept.epoch)
        && (!used(CheckoutPart::Sales) || own.sales == kept.sales)
        && (!used(CheckoutPart::Payments) || own.payments == kept.payments)
        && (!used(CheckoutPart::Lease) || own.lease == kept.lease)
        && (!used(CheckoutPart::Date) || own.date == kept.date)
        && (!used(CheckoutPart::Suspended) || own.suspended == kept.suspended)
        && (!used(CheckoutPart::Operators) || own.operators == kept.operators)
        && (!used(CheckoutPart::Till) || own.till == kept.till)
}

#[cfg(test)]
mod tests {
    use domain::{
        ids::{LaneEpoch, LaneId, LeaseId, OperatorId, PaymentId, ReceiptNumber, SaleNumber, Stan},
        money::{Currency, Money},
        payment::{Decision, HostFacts},
        response_code::ResponseCode,
        risk::{FloorLimits, OfflineLease, VelocityLimit},
        sale::{CheckoutFact, CheckoutRecord, LeaseFact, SaleFact, TaxMode, TenderFact},
        time::WallMs,
    };

    use super::*;

    const CONFIG: CheckoutConfig = CheckoutConfig::new(LaneId(3), LaneEpoch(2), Currency::CNY);

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
            CheckoutFact::Lease(LeaseFact::Accepted { lease }),
            CheckoutFact::Sale(SaleFact::SaleOpened {
                sale,
                operator: OperatorId(1),
                order_reference: "o-1".to_owned(),
                price_version: "v1".to_owned(),
                recalled: None,
            }),
            CheckoutFact::Tender(TenderFact::PaymentDecided {
                sale,
                payment_id: PaymentId(9),
                decision: Decision::Declined {
                    code: ResponseCode::new("51").unwrap(),
                    host: HostFacts {
                        stan: Some(Stan::new(4711).unwrap()),
                        ..HostFacts::default()
                    },
                },
            }),
            CheckoutFact::Tender(TenderFact::PaymentAbandoned {
                sale,
                payment_id: PaymentId(u128::MAX - 5),
                reason: domain::sale::AbandonReason::LinkBroke.into(),
            }),
            CheckoutFact::Sale(SaleFact::SaleClosed {
                sale,
                receipt: ReceiptNumber::parse("3-2-000001").unwrap(),
                total: cny(0),
                tenders: Vec::new(),
                change: cny(0),
                items: 0,
                order_reference: "o-1".to_owned(),
                rounding: cny(0),
                taxes: Vec::new(),
                tax_mode: TaxMode::Inclusive,
                returns: None,
            }),
            CheckoutFact::Sale(SaleFact::ReceiptPrinted {
                receipt: ReceiptNumber::parse("3-2-000001").unwrap(),
                text: String::new(),
                reprint: false,
            }),
        ];
        for fact in facts {
            checkout.replay(&written(fact));
        }
        checkout
    }

    fn written(fact: CheckoutFact) -> CheckoutRecord {
        CheckoutRecord {
            at: WallMs(1),
            date: BusinessDate::parse("2026-11-22").ok(),
            fact,
        }
    }

    /// As if the checkpoint were behind its hundredth record.
    fn begun(bytes: &[u8], config: CheckoutConfig) -> Option<Begun> {
        decode(bytes, config, (100, stands().running_date()))
    }

    #[test]
    fn what_is_kept_comes_back_and_only_to_the_same_machine() {
        let checkout = stands();
        let bytes = encode(&checkout).unwrap();
        let again = begun(&bytes, CONFIG).unwrap();
        assert!(again.checkout.durable_equals(&checkout));
        assert_eq!(again.first_unseen(), 101);
        let swapped = CheckoutConfig {
            epoch: LaneEpoch(3),
            ..CONFIG
        };
        assert!(begun(&bytes, swapped).is_none());
        assert!(begun(&bytes[..bytes.len() - 1], CONFIG).is_none());
    }

    /// As the release of November 2026 wrote it, and as one before it, which told no date.
    #[test]
    fn one_from_before_there_were_parts_is_read_whole() {
        let checkout = stands();
        let kept = checkout.checkpoint().unwrap();
        let (sales, payments) = (kept.sales.clone().unwrap(), kept.payments.clone().unwrap());
        let lease = kept.lease.clone().unwrap();
        let date = checkout.running_date().unwrap().to_string();
        for date in [date, String::new()] {
            let before = wire::CheckoutCheckpoint {
                lane: 3,
                epoch: 2,
                last_sale: sales.last_sale,
                last_receipt: sales.last_receipt,
                sales_closed: sales.closed,
                sales_voided: sales.voided,
                pin_entries: payments.pin_entries,
                abandoned_payment_ids: vec![(u128::MAX - 5).to_be_bytes().to_vec().into()],
                lease: lease.held.as_ref().map(records::lease_use_to_proto),
                last_lease_id: 7,
                last_order_reference: sales.last_order_reference.clone(),
                last_stan: 4711,
                business_date: date,
                ..wire::CheckoutCheckpoint::default()
            };
            let again = begun(&before.encode_to_vec(), CONFIG).unwrap();
            // It says nothing of the drawer, whose part is rebuilt from the first record on.
            let read = again.checkout.checkpoint().unwrap();
            let told = CheckoutCheckpoint {
                till: kept.till.clone(),
                ..read
            };
            assert_eq!(told, kept);
            assert_eq!(again.first_unseen(), 1);
        }
    }

    /// What a lane that knows no parts would make of it: not its own machine's, so it reads its
    /// log.
    #[test]
    fn a_lane_from_before_there_were_parts_finds_no_machine_in_it() {
        let bytes = encode(&stands()).unwrap();
        let read = wire::CheckoutCheckpoint::decode(bytes.as_slice()).unwrap();
        assert_eq!((read.lane, read.epoch), (0, 0));
    }

    #[test]
    fn nothing_is_kept_while_a_sale_runs_and_not_at_every_end() {
        let mut checkout = stands();
        assert!(encode(&checkout).is_some());
        assert!(due(&checkout, 0).is_none(), "the first of sixteen");
        assert_eq!(
            due(&checkout, u32::MAX),
            encode(&checkout),
            "one was left out"
        );
        let fact = CheckoutFact::Sale(SaleFact::SaleOpened {
            sale: SaleNumber(2),
            operator: OperatorId(1),
            order_reference: String::new(),
            price_version: "v1".to_owned(),
            recalled: None,
        });
        checkout.replay(&written(fact));
        assert!(encode(&checkout).is_none());
    }
}
