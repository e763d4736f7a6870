//! Records of dates and settlements, both ways.

use crate::{ConvertError, code, money_from_proto, money_to_proto, optional, payment_id, text};
use domain::{
    day::TurnedBy,
    desk::{DayFact, HubFact, TerminalFact},
    ids::{BatchNumber, LaneEpoch, Tid},
    response_code::ResponseCode,
    settlement::BatchTotals,
    terminal::{BatchUpload, UploadItem, UploadSent},
    time::BusinessDate,
};
use proto::journal::v1::{self as journal, DateTurnedBy, hub_record::Body};

use super::fields::{batch, date, lane, stan, tid, totals_from_proto, totals_to_proto};

type Result<T> = std::result::Result<T, ConvertError>;

/// Reads how the date was turned.
pub(super) fn turned(from: &journal::DateTurned) -> Result<DayFact> {
    Ok(DayFact::Turned {
        ended: date(&from.ended)?,
        begins: date(&from.begins)?,
        by: turned_by_from_proto(from.by()),
    })
}

/// Reads how a batch was closed.
pub(super) fn batch_closed_from_proto(from: &journal::BatchClosed) -> Result<TerminalFact> {
    Ok(TerminalFact::BatchClosed {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
        totals: totals_from_proto(from.totals.as_ref())?,
        balanced: from.balanced,
        date: optional(&from.date, date)?,
        upload_follows: from.upload_follows,
    })
}

/// Reads that a 0320 went out.
pub(super) fn upload_sent_fact(from: &journal::BatchUploadSent) -> Result<TerminalFact> {
    Ok(TerminalFact::UploadSent {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
        sent: upload_sent_from_proto(from)?,
    })
}

/// Reads what became of a 0320.
pub(super) fn upload_answered_fact(from: &journal::BatchUploadAnswered) -> Result<TerminalFact> {
    Ok(TerminalFact::UploadAnswered {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
        ended: from.ended,
        code: optional(&from.response_code, |text| code("response_code", text))?,
    })
}

/// Reads what an operator said of a machine that is gone.
pub(super) fn epoch_end_stated(from: &journal::EpochEndStated) -> Result<HubFact> {
    Ok(HubFact::EpochEndStated {
        lane: lane(from.lane)?,
        epoch: LaneEpoch(from.epoch),
        sequence: from.sequence,
        by: from.by.clone(),
        reason: from.reason.clone(),
    })
}

fn turned_by_from_proto(by: DateTurnedBy) -> TurnedBy {
    match by {
        DateTurnedBy::Unspecified | DateTurnedBy::Hand => TurnedBy::Hand,
        DateTurnedBy::Clock => TurnedBy::Clock,
        DateTurnedBy::Moved => TurnedBy::Moved,
    }
}

pub(super) fn date_turned(ended: BusinessDate, begins: BusinessDate, by: TurnedBy) -> Body {
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

pub(super) fn batch_closed(
    tid: &Tid,
    batch: BatchNumber,
    totals: &BatchTotals,
    (balanced, date, upload_follows): (bool, Option<BusinessDate>, bool),
) -> Body {
    let date = date.map(|date| date.to_string());
    Body::BatchClosed(journal::BatchClosed {
        tid: tid.to_string(),
        batch: batch.number(),
        totals: Some(totals_to_proto(totals)),
        balanced,
        date: text(date.as_deref()),
        upload_follows,
    })
}

pub(super) fn upload_sent(tid: &Tid, batch: BatchNumber, sent: UploadSent) -> Body {
    Body::BatchUploadSent(upload_sent_to_proto(tid, batch, sent))
}

pub(super) fn upload_answered(
    tid: &Tid,
    batch: BatchNumber,
    ended: bool,
    code: Option<&ResponseCode>,
) -> Body {
    Body::BatchUploadAnswered(journal::BatchUploadAnswered {
        tid: tid.to_string(),
        batch: batch.number(),
        ended,
        response_code: text(code.map(ResponseCode::as_str)),
    })
}

fn upload_sent_to_proto(
    tid: &Tid,
    batch: BatchNumber,
    sent: UploadSent,
) -> journal::BatchUploadSent {
    journal::BatchUploadSent {
        tid: tid.to_string(),
        batch: batch.number(),
        stan: sent.stan.number(),
        items: u32::try_from(sent.items).unwrap_or(u32::MAX),
    }
}

fn upload_sent_from_proto(from: &journal::BatchUploadSent) -> Result<UploadSent> {
    Ok(UploadSent {
        stan: stan(from.stan)?,
        items: count(from.items)?,
    })
}

fn count(number: u32) -> Result<usize> {
    usize::try_from(number).map_err(|error| ConvertError::new("count", error))
}

/// The upload of a terminal as a checkpoint keeps it.
pub(super) fn upload_to_proto(tid: &Tid, upload: &BatchUpload) -> journal::BatchUpload {
    let items = upload.items.iter().map(|item| journal::BatchItem {
        place: Some(journal::MessagePlace {
            stan: item.stan.number(),
            batch: upload.batch.number(),
        }),
        payment_id: item.payment_id.to_string(),
        amount: Some(money_to_proto(item.amount)),
        is_credit: item.is_credit,
    });
    journal::BatchUpload {
        batch: upload.batch.number(),
        items: items.collect(),
        answered: u32::try_from(upload.answered).unwrap_or(u32::MAX),
        sent: upload
            .sent
            .map(|sent| upload_sent_to_proto(tid, upload.batch, sent)),
        balanced: upload.balanced,
    }
}

pub(super) fn upload_from_proto(from: &journal::BatchUpload) -> Result<BatchUpload> {
    let items = from.items.iter().map(|item| {
        let place = item.place.as_ref();
        let place = place.ok_or_else(|| ConvertError::missing("upload.items.place"))?;
        Ok(UploadItem {
            stan: stan(place.stan)?,
            payment_id: payment_id(&item.payment_id)?,
            amount: money_from_proto("upload.items.amount", item.amount.as_ref())?,
            is_credit: item.is_credit,
        })
    });
    Ok(BatchUpload {
        batch: batch(from.batch)?,
        balanced: from.balanced,
        items: items.collect::<Result<Vec<UploadItem>>>()?,
        answered: count(from.answered)?,
        sent: from.sent.as_ref().map(upload_sent_from_proto).transpose()?,
    })
}
