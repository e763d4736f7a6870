//! What a lane's journal says of the store's dates, as the machine of `domain::day` reads it.

use domain::{
    day::{Fact, FrameFact, LaneRecordSeen, Machine},
    sale::{CheckoutFact, DateFact, SaleFact},
    time::{BusinessDate, WallMs},
};
use proto::journal::v1::{LaneRecord, lane_record::Body};

use super::tills::is_of_a_date;

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
            SaleFact::SaleOpened { .. }
            | SaleFact::SaleSuspended { .. }
            | SaleFact::BasketHandedOver { .. }
            | SaleFact::ReceiptPrinted { .. }
            | SaleFact::CopyOrdered { .. } => FrameFact::Other,
        },
        CheckoutFact::Till(fact) => match is_of_a_date(fact) {
            true => FrameFact::Counted,
            false => FrameFact::Other,
        },
        CheckoutFact::Basket(_)
        | CheckoutFact::Tender(_)
        | CheckoutFact::Return(_)
        | CheckoutFact::Lease(_)
        | CheckoutFact::Operator(_) => FrameFact::Other,
    }
}
