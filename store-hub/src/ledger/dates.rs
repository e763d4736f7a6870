//! What the journals say of the store's dates, as the machine of `domain::day` reads it.

use domain::{
    day::{Fact, FrameFact, LaneRecordSeen, Machine, TurnedBy},
    ids::{LaneEpoch, LaneId},
    time::{BusinessDate, WallMs},
};
use proto::journal::v1::{
    DateTurned, DateTurnedBy, HubRecord, LaneRecord, hub_record, lane_record,
};

/// The facts of a record of the hub.
pub(super) fn hub_fact(record: &HubRecord) -> Option<Fact> {
    use hub_record::Body;
    let header = || BusinessDate::parse(&record.business_date).ok();
    let or_header = |date: &str| BusinessDate::parse(date).ok().or_else(header);
    match record.body.as_ref()? {
        Body::DateTurned(body) => turned(body),
        // How a date was turned before it was one record.
        Body::DayClosed(body) => {
            let ended = BusinessDate::parse(&body.date).ok()?;
            Some(Fact::Turned {
                ended,
                begins: ended.next(),
                by: TurnedBy::Hand,
            })
        }
        Body::LaneAttached(body) => Some(Fact::Attached {
            machine: machine(body.lane, body.epoch)?,
            date: header()?,
        }),
        Body::EpochTakenBack(body) => Some(Fact::TakenBack {
            machine: machine(body.lane, body.from)?,
        }),
        Body::EpochEndStated(body) => Some(Fact::EndStated {
            machine: machine(body.lane, body.epoch)?,
            sequence: body.sequence,
        }),
        Body::BatchClosed(body) => Some(Fact::BatchClosed {
            date: or_header(&body.date)?,
        }),
        Body::Requested(body) => Some(Fact::Booked {
            date: or_header(&body.business_date)?,
        }),
        Body::OfflineReported(body) => {
            let payment = body.payment.as_ref();
            let date = payment.map_or("", |payment| payment.business_date.as_str());
            Some(Fact::Booked {
                date: or_header(date)?,
            })
        }
        Body::Started(_)
        | Body::Sent(_)
        | Body::Decided(_)
        | Body::Completed(_)
        | Body::Abandoned(_)
        | Body::ForwardQueued(_)
        | Body::ForwardSent(_)
        | Body::ForwardDeferred(_)
        | Body::ForwardEnded(_)
        | Body::DeadLetterResolved(_)
        | Body::SignedOn(_)
        | Body::TerminalStopped(_)
        | Body::UnmatchedAnswer(_)
        | Body::DayClosing(_)
        | Body::SettlementSent(_)
        | Body::SettlementOrdered(_)
        | Body::BatchUploadSent(_)
        | Body::BatchUploadAnswered(_)
        | Body::LeaseGranted(_)
        | Body::LeaseEnded(_)
        | Body::OfflineCardHeld(_)
        | Body::PreviousHub(_)
        | Body::AskedOfPreviousHub(_)
        | Body::CarriedOver(_)
        | Body::Archived(_)
        | Body::Restored(_)
        | Body::PriceImported(_)
        | Body::PriceActivated(_) => None,
    }
}

fn turned(body: &DateTurned) -> Option<Fact> {
    Some(Fact::Turned {
        ended: BusinessDate::parse(&body.ended).ok()?,
        begins: BusinessDate::parse(&body.begins).ok()?,
        by: match body.by() {
            DateTurnedBy::Unspecified | DateTurnedBy::Hand => TurnedBy::Hand,
            DateTurnedBy::Clock => TurnedBy::Clock,
            DateTurnedBy::Moved => TurnedBy::Moved,
        },
    })
}

fn machine(lane: u32, epoch: u32) -> Option<Machine> {
    Some(Machine {
        lane: LaneId(u16::try_from(lane).ok()?),
        epoch: LaneEpoch(epoch),
    })
}

/// What a record of a lane's journal means for the dates; `None`: it can't be read at all.
pub(super) fn lane_fact(
    (lane, epoch): (LaneId, LaneEpoch),
    sequence: u64,
    record: Option<&LaneRecord>,
) -> Fact {
    let date = record.and_then(|record| BusinessDate::parse(&record.business_date).ok());
    Fact::Lane(LaneRecordSeen {
        machine: Machine { lane, epoch },
        sequence,
        at: WallMs(record.map_or(0, |record| record.wall_ms)),
        date,
        fact: record.map_or(FrameFact::Unreadable, frame_fact),
    })
}

/// A record whose body nobody here knows was written by a newer lane.
fn frame_fact(record: &LaneRecord) -> FrameFact {
    use lane_record::Body;
    let Some(body) = record.body.as_ref() else {
        return FrameFact::Unreadable;
    };
    match body {
        Body::DayMarker(marker) => match BusinessDate::parse(&marker.begins) {
            Ok(begins) => FrameFact::Marker { begins },
            Err(_) => FrameFact::Unreadable,
        },
        Body::LaneRested(_) => FrameFact::Rested,
        Body::Started(_) => FrameFact::Started,
        Body::SaleClosed(_) | Body::SaleVoided(_) => FrameFact::Counted,
        Body::SaleOpened(_)
        | Body::LineAdded(_)
        | Body::LineVoided(_)
        | Body::SaleTotalled(_)
        | Body::CashTendered(_)
        | Body::PaymentIntended(_)
        | Body::PaymentDecided(_)
        | Body::PaymentAbandoned(_)
        | Body::ReceiptPrinted(_)
        | Body::CardNotRead(_)
        | Body::LeaseAccepted(_)
        | Body::LeaseReturned(_) => FrameFact::Other,
    }
}
