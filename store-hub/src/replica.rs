//! Lanes' journals at the hub: which log is whose, and what a record of a lane means for the desk.

use domain::{
    day::Machine,
    desk::{Event, ReturnClosed},
    ids::{
        LaneEpoch, LaneId, LeaseId, PaymentId, ReceiptNumber, ReturnId, SaleNumber, SuspendedId,
    },
    money::Money,
    payment::PaymentRequest,
    time::{BusinessDate, WallMs},
};
use journal::{Hash, Head, Journal, LogId};
use prost::Message;
use proto::{
    journal::v1::{LaneRecord, ReturnReserved, SaleClosed, lane_record::Body},
    store::v1::{JournalHead, OfflinePayment},
};
use records::{
    lane::suspended_id_from_proto, lease_from_proto, money_from_proto, offline_from_proto,
    taking_from_proto,
};

use crate::replica_refused::ReplicaRefused;

/// The log of a lane's epoch: lane in the upper half, epoch in the lower. Never the own log, since
/// lanes count from 1.
pub(crate) fn log_of(lane: LaneId, epoch: LaneEpoch) -> LogId {
    LogId((u64::from(lane.0) << 32) | u64::from(epoch.0))
}

/// Whose log this is; `None` for the hub's own.
pub(crate) fn lane_log(log: LogId) -> Option<(LaneId, LaneEpoch)> {
    let lane = u16::try_from(log.0 >> 32).ok().filter(|lane| *lane > 0)?;
    let epoch = u32::try_from(log.0 & u64::from(u32::MAX)).ok()?;
    Some((LaneId(lane), LaneEpoch(epoch)))
}

/// The most damaged records that are put back at once: what one sealed segment holds.
pub(crate) const DAMAGED_RUN_MAX: u64 = 8192;

/// Keyed state: up to where the consequences of a replica log were drawn.
pub(crate) fn position_key(log: LogId) -> Vec<u8> {
    let mut key = b"projection/".to_vec();
    key.extend_from_slice(&log.0.to_be_bytes());
    key
}

/// A hash that is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the hash of a journal has 32 bytes")]
pub(crate) struct BadHash;

/// Where a lane says its journal ends; `None` when it says nothing.
pub(crate) fn head_from_proto(head: Option<&JournalHead>) -> Result<Option<Head>, BadHash> {
    let Some(head) = head else {
        return Ok(None);
    };
    let sequence = head.sequence;
    let hash = match sequence {
        0 => Hash::ZERO,
        _ => Hash::from_slice(&head.hash).ok_or(BadHash)?,
    };
    Ok(Some(Head { sequence, hash }))
}

/// Where a copy ends, for the lane to compare.
pub(crate) fn head_to_proto(head: Head) -> JournalHead {
    let hash = match head.sequence {
        0 => Vec::new(),
        _ => head.hash.0.to_vec(),
    };
    JournalHead {
        sequence: head.sequence,
        hash: hash.into(),
    }
}

/// Whether the durable copy can be a prefix of a journal that ends like this (I14). Beyond the end
/// of the copy only the lane can tell: it compares what the hub's hello says.
pub(crate) fn check_claim(
    journal: &Journal,
    log: LogId,
    claimed: Option<Head>,
) -> Result<(), ReplicaRefused> {
    let Some(claimed) = claimed else {
        return Ok(());
    };
    let held = journal.durable_head(log).sequence;
    let sequence = claimed.sequence;
    if sequence > held {
        return Ok(());
    }
    if sequence > 0 {
        let record = journal.read(log, sequence, 1);
        let record = record.map_err(|_| ReplicaRefused::Unreadable { sequence })?;
        if record.first().map(|record| record.hash) != Some(claimed.hash) {
            return Err(ReplicaRefused::Fork { sequence });
        }
    }
    match sequence < held {
        true => Err(ReplicaRefused::Behind {
            held,
            got: sequence,
        }),
        false => Ok(()),
    }
}

/// What a lane's record means for the desk. A record that can't be read means nothing here: it is
/// kept as it came, and whoever reads the lane's journal meets it again. Nor does one of a day
/// before this hub's first: a hub before this one drew its consequences.
pub(crate) fn consequences(
    lane: LaneId,
    epoch: LaneEpoch,
    first_day: BusinessDate,
    (sequence, bytes): (u64, &[u8]),
) -> Vec<Event> {
    let Ok(record) = LaneRecord::decode(bytes) else {
        tracing::error!(event = "unreadable lane record", %lane);
        return Vec::new();
    };
    let date = BusinessDate::parse(&record.business_date).ok();
    let mut events = record
        .body
        .map(|body| {
            let mut events = heard_by_desk((lane, epoch), date, &body);
            events.extend(waits((lane, epoch), (record.wall_ms, sequence), &body));
            events
        })
        .unwrap_or_default();
    if date.is_some_and(|date| date < first_day) {
        events.retain(is_for_ever);
    }
    events
}

/// What came back stays back, whichever hub took it: this one has to know (I13). And a basket waits
/// over the turn of dates.
const fn is_for_ever(event: &Event) -> bool {
    matches!(
        event,
        Event::ReturnShown { .. }
            | Event::ReturnPaidInCash { .. }
            | Event::SaleEnded { .. }
            | Event::BasketWaits { .. }
            | Event::BasketHandedOver { .. }
            | Event::BasketTakenUp { .. }
    )
}

/// Few kinds of records change payments, leases and returns; sales are read in from the copy.
fn heard_by_desk(
    (lane, epoch): (LaneId, LaneEpoch),
    date: Option<BusinessDate>,
    body: &Body,
) -> Vec<Event> {
    if let Body::SaleClosed(closed) = body {
        let mut events = completed(lane, closed);
        let id = return_id(lane, epoch, closed.sale_number);
        let closed = return_closed(closed);
        events.push(Event::SaleEnded { id, closed });
        return events;
    }
    if let Some(events) = returned(lane, epoch, body) {
        return events;
    }
    if let Body::PaymentAbandoned(abandoned) = body {
        let id = PaymentId::parse(&abandoned.payment_id);
        let event = id.map(|payment_id| Event::Abandoned { payment_id, lane });
        return event.into_iter().collect();
    }
    if let Body::PaymentDecided(decided) = body {
        let offline = decided.offline.as_ref();
        let event = offline.and_then(|payment| approved_offline(lane, epoch, date, payment));
        return event.into_iter().collect();
    }
    if let Body::LeaseAccepted(accepted) = body {
        return match lease_from_proto(accepted.lease.as_ref()) {
            Ok(lease) if lease.lane == lane => vec![Event::LeaseShown(lease)],
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::error!(event = "unreadable lease", %lane, %error);
                Vec::new()
            }
        };
    }
    if let Body::LeaseReturned(returned) = body {
        let lease_id = LeaseId(returned.lease_id);
        return vec![Event::LeaseReturned { lane, lease_id }];
    }
    Vec::new()
}

const fn return_id(lane: LaneId, epoch: LaneEpoch, sale: u32) -> ReturnId {
    ReturnId {
        lane,
        epoch,
        sale: SaleNumber(sale),
    }
}

/// The return that a closed sale was, if it was one that the hub reserved for.
fn return_closed(closed: &SaleClosed) -> Option<ReturnClosed> {
    let total = money_from_proto("total", closed.total.as_ref()).ok()?;
    let nothing = Money::zero(total.currency());
    Some(ReturnClosed {
        revision: closed.return_revision?,
        receipt: ReceiptNumber::parse(&closed.receipt_number).ok()?,
        payout: if total.is_negative() {
            total.negate().ok()?
        } else {
            nothing
        },
    })
}

const fn given_up(id: ReturnId) -> Event {
    Event::SaleEnded { id, closed: None }
}

fn return_shown(id: ReturnId, lane: LaneId, reserved: &ReturnReserved) -> Option<Event> {
    match taking_from_proto(reserved.taking.as_ref()) {
        Ok(taking) => Some(Event::ReturnShown {
            id,
            revision: reserved.revision,
            taking,
        }),
        Err(error) => {
            tracing::error!(event = "unreadable return", code = "HUB0056", %lane, %error);
            None
        }
    }
}

/// What a record means for goods that come back; `None`: nothing.
fn returned(lane: LaneId, epoch: LaneEpoch, body: &Body) -> Option<Vec<Event>> {
    let id = |sale| return_id(lane, epoch, sale);
    let event = if let Body::ReturnReserved(reserved) = body {
        return_shown(id(reserved.sale_number), lane, reserved)
    } else if let Body::CashForCard(paid) = body {
        let amount = money_from_proto("amount", paid.amount.as_ref()).ok();
        let payment_id = PaymentId::parse(&paid.payment_id).ok();
        let event = amount.zip(payment_id);
        event.map(|(amount, payment_id)| Event::ReturnPaidInCash {
            id: id(paid.sale_number),
            payment_id,
            amount,
        })
    } else if let Body::SaleVoided(voided) = body {
        Some(given_up(id(voided.sale_number)))
    } else if let Body::SaleSuspended(suspended) = body {
        Some(given_up(id(suspended.sale_number)))
    } else {
        return None;
    };
    Some(event.into_iter().collect())
}

/// What a record means for baskets that wait.
fn waits(
    (lane, epoch): (LaneId, LaneEpoch),
    (wall_ms, sequence): (i64, u64),
    body: &Body,
) -> Option<Event> {
    let own = |sale| SuspendedId {
        lane,
        epoch,
        sale: SaleNumber(sale),
    };
    if let Body::SaleSuspended(suspended) = body {
        Some(Event::BasketWaits {
            id: own(suspended.sale_number),
            at: WallMs(wall_ms),
            label: suspended.label.clone(),
            sequence,
        })
    } else if let Body::BasketHandedOver(moved) = body {
        let to = Machine {
            lane: LaneId(u16::try_from(moved.to_lane).ok()?),
            epoch: LaneEpoch(moved.to_epoch),
        };
        let id = own(moved.sale_number);
        Some(Event::BasketHandedOver { id, to })
    } else if let Body::SaleOpened(opened) = body {
        let id = suspended_id_from_proto(opened.recalled.as_ref()?).ok()?;
        let by = Machine { lane, epoch };
        Some(Event::BasketTakenUp { id, by })
    } else {
        None
    }
}

/// A closed sale keeps the payments that are its tenders.
fn completed(lane: LaneId, closed: &SaleClosed) -> Vec<Event> {
    let Ok(receipt) = ReceiptNumber::parse(&closed.receipt_number) else {
        tracing::error!(event = "unreadable receipt number", %lane);
        return Vec::new();
    };
    let tenders = closed.tenders.iter();
    let paid = tenders.filter_map(|tender| PaymentId::parse(&tender.payment_id).ok());
    paid.map(|payment_id| Event::Completed {
        payment_id,
        receipt,
    })
    .collect()
}

/// A payment that does not tell its date is of the date that its record carries.
fn approved_offline(
    lane: LaneId,
    epoch: LaneEpoch,
    date: Option<BusinessDate>,
    payment: &OfflinePayment,
) -> Option<Event> {
    match offline_from_proto(payment, lane, epoch) {
        Ok((request, lease)) => {
            let business_date = request.business_date.or(date);
            let request = PaymentRequest {
                business_date,
                ..request
            };
            Some(Event::OfflineReported { request, lease })
        }
        Err(error) => {
            tracing::error!(event = "unreadable offline payment", %lane, %error);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::journal::v1 as journal;

    fn first_day() -> BusinessDate {
        BusinessDate::parse("2026-11-22").unwrap()
    }

    fn record(body: Body) -> Vec<u8> {
        record_of("2026-11-22", body)
    }

    fn record_of(day: &str, body: Body) -> Vec<u8> {
        LaneRecord {
            business_date: day.to_owned(),
            body: Some(body),
            ..Default::default()
        }
        .encode_to_vec()
    }

    #[test]
    fn a_lane_log_is_never_the_own_log_and_reads_back() {
        let log = log_of(LaneId(3), LaneEpoch(7));
        assert_eq!(lane_log(log), Some((LaneId(3), LaneEpoch(7))));
        assert_eq!(lane_log(LogId::OWN), None);
    }

    #[test]
    fn a_closed_sale_completes_its_card_tenders_and_no_cash() {
        let tender = |kind: &str, payment_id: &str| journal::Tender {
            kind: kind.to_owned(),
            payment_id: payment_id.to_owned(),
            ..Default::default()
        };
        let id = PaymentId(9);
        let bytes = record(Body::SaleClosed(journal::SaleClosed {
            receipt_number: "3-1-000042".to_owned(),
            tenders: vec![tender("card", &id.to_string()), tender("cash", "")],
            ..Default::default()
        }));
        let receipt = ReceiptNumber::parse("3-1-000042").unwrap();
        let payment_id = id;
        let completed = Event::Completed {
            payment_id,
            receipt,
        };
        let id = return_id(LaneId(3), LaneEpoch(1), 0);
        assert_eq!(
            consequences(LaneId(3), LaneEpoch(1), first_day(), (1, &bytes)),
            [completed, given_up(id)]
        );
    }

    #[test]
    fn a_day_before_the_first_has_no_consequence() {
        let id = PaymentId(9);
        let given_up = || {
            Body::PaymentAbandoned(journal::PaymentAbandoned {
                payment_id: id.to_string(),
                ..Default::default()
            })
        };
        for (day, expected) in [("2026-11-21", 0), ("2026-11-22", 1), ("2026-11-23", 1)] {
            let bytes = record_of(day, given_up());
            let events = consequences(LaneId(1), LaneEpoch(1), first_day(), (1, &bytes));
            assert_eq!(events.len(), expected, "{day}");
        }
    }

    /// I13: a hub that lost its journal has another first day.
    #[test]
    fn what_came_back_counts_whichever_day_it_was() {
        let voided = Body::SaleVoided(journal::SaleVoided {
            sale_number: 7,
            reason: String::new(),
        });
        let bytes = record_of("2026-11-01", voided);
        let id = return_id(LaneId(1), LaneEpoch(1), 7);
        assert_eq!(
            consequences(LaneId(1), LaneEpoch(1), first_day(), (1, &bytes)),
            [given_up(id)]
        );
    }

    #[test]
    fn garbage_has_no_consequence() {
        assert_eq!(
            consequences(LaneId(1), LaneEpoch(1), first_day(), (1, &[0xff; 9])),
            []
        );
    }
}
