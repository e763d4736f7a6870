//! What the journals say of the store's dates, as the machine of `domain::day` reads it.

use domain::{
    day::{Fact, FrameFact, LaneRecordSeen, Machine, TurnedBy},
    desk::{DayFact, DeskFact, DeskRecord, HubFact, PaymentFact, TerminalFact},
    ids::{LaneEpoch, LaneId},
    sale::{CheckoutFact, DateFact, SaleFact},
    time::{BusinessDate, WallMs},
};
use proto::journal::v1::{LaneRecord, lane_record::Body};

/// The fact of a record of the hub.
pub(super) fn hub_fact(record: &DeskRecord) -> Option<Fact> {
    match &record.fact {
        DeskFact::Day(fact) => day_fact(fact),
        DeskFact::Hub(fact) => machine_fact(fact, record.date),
        DeskFact::Terminal(fact) => match fact {
            TerminalFact::BatchClosed { date, .. } => Some(Fact::BatchClosed {
                date: date.unwrap_or(record.date),
            }),
            TerminalFact::SignedOn { .. }
            | TerminalFact::Stopped { .. }
            | TerminalFact::UnmatchedAnswer { .. }
            | TerminalFact::SettlementSent { .. }
            | TerminalFact::UploadSent { .. }
            | TerminalFact::UploadAnswered { .. } => None,
        },
        DeskFact::Payment(fact) => match fact {
            PaymentFact::Requested { request } | PaymentFact::OfflineReported { request, .. } => {
                Some(Fact::Booked {
                    date: request.business_date.unwrap_or(record.date),
                })
            }
            PaymentFact::Sent { .. }
            | PaymentFact::Decided { .. }
            | PaymentFact::Completed { .. }
            | PaymentFact::Abandoned { .. }
            | PaymentFact::OfflineCardHeld { .. } => None,
        },
        DeskFact::Forward(_) | DeskFact::Lease(_) | DeskFact::Archive(_) => None,
    }
}

fn day_fact(fact: &DayFact) -> Option<Fact> {
    match fact {
        DayFact::Turned { ended, begins, by } => Some(Fact::Turned {
            ended: *ended,
            begins: *begins,
            by: *by,
        }),
        // How a date was turned before it was one record.
        DayFact::Closed { date } => Some(Fact::Turned {
            ended: *date,
            begins: date.next(),
            by: TurnedBy::Hand,
        }),
        DayFact::SettlementOrdered | DayFact::Closing { .. } => None,
    }
}

fn machine_fact(fact: &HubFact, date: BusinessDate) -> Option<Fact> {
    match fact {
        HubFact::LaneAttached { lane, epoch } => Some(Fact::Attached {
            machine: machine(*lane, *epoch),
            date,
        }),
        HubFact::EpochTakenBack { lane, from, .. } => Some(Fact::TakenBack {
            machine: machine(*lane, *from),
        }),
        HubFact::EpochEndStated {
            lane,
            epoch,
            sequence,
            ..
        } => Some(Fact::EndStated {
            machine: machine(*lane, *epoch),
            sequence: *sequence,
        }),
        HubFact::PreviousHub { .. } | HubFact::AskedOfPreviousHub { .. } => None,
    }
}

const fn machine(lane: LaneId, epoch: LaneEpoch) -> Machine {
    Machine { lane, epoch }
}

/// What a record of a lane's journal means for the dates; `None`: it can't be read at all.
pub(super) fn lane_fact(
    machine: Machine,
    sequence: u64,
    record: Option<(&LaneRecord, Option<&CheckoutFact>)>,
) -> Fact {
    let date = record.and_then(|(record, _)| BusinessDate::parse(&record.business_date).ok());
    Fact::Lane(LaneRecordSeen {
        machine,
        sequence,
        at: WallMs(record.map_or(0, |(record, _)| record.wall_ms)),
        date,
        fact: record.map_or(FrameFact::Unreadable, |(record, fact)| {
            fact.map_or_else(|| shell_fact(record), frame_fact)
        }),
    })
}

/// A start is the shell's own; a record whose body nobody here knows was written by a newer lane.
const fn shell_fact(record: &LaneRecord) -> FrameFact {
    match record.body {
        Some(Body::Started(_)) => FrameFact::Started,
        Some(_) | None => FrameFact::Unreadable,
    }
}

const fn frame_fact(fact: &CheckoutFact) -> FrameFact {
    match fact {
        CheckoutFact::Date(fact) => match fact {
            DateFact::DayMarked { begins, .. } => FrameFact::Marker { begins: *begins },
            DateFact::Rested => FrameFact::Rested,
        },
        CheckoutFact::Sale(fact) => match fact {
            SaleFact::SaleClosed { .. } | SaleFact::SaleVoided { .. } => FrameFact::Counted,
            SaleFact::SaleOpened { .. } | SaleFact::ReceiptPrinted { .. } => FrameFact::Other,
        },
        CheckoutFact::Basket(_)
        | CheckoutFact::Tender(_)
        | CheckoutFact::Till(_)
        | CheckoutFact::Lease(_) => FrameFact::Other,
    }
}
