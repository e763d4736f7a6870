//! Records of the business day, both ways, and the part of the checkpoint that they add up to.

use crate::ConvertError;
use domain::{
    day::TurnedBy,
    desk::{DayFact, DaysPart},
    time::BusinessDate,
};
use proto::journal::v1::{self as journal, DateTurnedBy, hub_record::Body};

use super::fields::{date, date_from_text, date_to_text};

type Result<T> = std::result::Result<T, ConvertError>;

/// The form of the part. Add one whenever it keeps something new.
pub(super) const DAYS_FORM: u32 = 4;

pub(super) fn body(fact: &DayFact) -> Body {
    match fact {
        DayFact::Turned { ended, begins, by } => date_turned(*ended, *begins, *by),
        DayFact::SettlementOrdered => Body::SettlementOrdered(journal::SettlementOrdered {}),
        DayFact::Closing { date } => Body::DayClosing(journal::DayClosing {
            date: date.to_string(),
        }),
        DayFact::Closed { date } => Body::DayClosed(journal::DayClosed {
            date: date.to_string(),
        }),
    }
}

fn date_turned(ended: BusinessDate, begins: BusinessDate, by: TurnedBy) -> Body {
    let by = match by {
        TurnedBy::Hand => DateTurnedBy::Hand,
        TurnedBy::Clock => DateTurnedBy::Clock,
        TurnedBy::Moved => DateTurnedBy::Moved,
    };
    Body::DateTurned(journal::DateTurned {
        ended: ended.to_string(),
        begins: begins.to_string(),
        by: by.into(),
    })
}

fn turned_by_from_proto(by: DateTurnedBy) -> TurnedBy {
    match by {
        DateTurnedBy::Unspecified | DateTurnedBy::Hand => TurnedBy::Hand,
        DateTurnedBy::Clock => TurnedBy::Clock,
        DateTurnedBy::Moved => TurnedBy::Moved,
    }
}

/// Reads how the date was turned.
pub(super) fn turned(from: &journal::DateTurned) -> Result<DayFact> {
    Ok(DayFact::Turned {
        ended: date(&from.ended)?,
        begins: date(&from.begins)?,
        by: turned_by_from_proto(from.by()),
    })
}

pub(super) fn closing(from: &journal::DayClosing) -> Result<DayFact> {
    Ok(DayFact::Closing {
        date: date(&from.date)?,
    })
}

pub(super) fn closed(from: &journal::DayClosed) -> Result<DayFact> {
    Ok(DayFact::Closed {
        date: date(&from.date)?,
    })
}

pub(super) fn days_to_proto(days: &DaysPart) -> journal::HubDays {
    journal::HubDays {
        running: date_to_text(days.running),
        closing: date_to_text(days.closing),
        closed: date_to_text(days.closed),
    }
}

/// What a checkpoint from before there were parts says of them: the part in form 4.
pub(super) fn days_before_parts(from: &journal::HubCheckpoint) -> journal::HubDays {
    journal::HubDays {
        running: from.running.clone(),
        closing: from.closing.clone(),
        closed: from.closed.clone(),
    }
}

pub(super) fn days_from_proto(from: &journal::HubDays) -> Result<DaysPart> {
    Ok(DaysPart {
        running: date_from_text(&from.running)?,
        closing: date_from_text(&from.closing)?,
        closed: date_from_text(&from.closed)?,
    })
}

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    let date = BusinessDate::parse("2026-11-22").unwrap();
    vec![
        DayFact::Closing { date }.into(),
        DayFact::Closed { date }.into(),
        DayFact::Turned {
            ended: date,
            begins: date.next(),
            by: TurnedBy::Moved,
        }
        .into(),
        DayFact::SettlementOrdered.into(),
    ]
}
