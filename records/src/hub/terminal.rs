//! Records of a terminal, of its settlements and uploads, both ways.

use crate::{ConvertError, code, money_from_proto, money_to_proto, optional, payment_id, text};
use domain::{
    desk::TerminalFact,
    ids::{BatchNumber, Stan, Tid},
    response_code::ResponseCode,
    settlement::BatchTotals,
    terminal::{BatchUpload, UploadItem, UploadSent},
    time::BusinessDate,
};
use proto::journal::v1::{self as journal, hub_record::Body};

use super::fields::{batch, date, stan, tid, totals_from_proto, totals_to_proto};

type Result<T> = std::result::Result<T, ConvertError>;

pub(super) fn body(fact: &TerminalFact) -> Body {
    match fact {
        TerminalFact::SignedOn { tid, batch } => Body::SignedOn(journal::SignedOn {
            tid: tid.to_string(),
            batch: batch.number(),
        }),
        TerminalFact::Stopped { tid, theirs } => stopped_to_proto(tid, *theirs),
        TerminalFact::UnmatchedAnswer {
            tid,
            stan,
            mti,
            code,
        } => unmatched_to_proto(tid, *stan, *mti, *code),
        TerminalFact::SettlementSent {
            tid,
            batch,
            stan,
            totals,
        } => settlement_sent_to_proto(tid, *batch, *stan, totals),
        TerminalFact::BatchClosed {
            tid,
            batch,
            totals,
            balanced,
            date,
            upload_follows,
        } => batch_closed(tid, *batch, totals, (*balanced, *date, *upload_follows)),
        TerminalFact::UploadSent { tid, batch, sent } => upload_sent(tid, *batch, *sent),
        TerminalFact::UploadAnswered {
            tid,
            batch,
            ended,
            code,
        } => upload_answered(tid, *batch, *ended, code.as_ref()),
    }
}

fn stopped_to_proto(tid: &Tid, theirs: BatchNumber) -> Body {
    Body::TerminalStopped(journal::TerminalStopped {
        tid: tid.to_string(),
        host_batch: theirs.number(),
    })
}

fn unmatched_to_proto(tid: &Tid, stan: Stan, mti: u16, code: ResponseCode) -> Body {
    Body::UnmatchedAnswer(journal::UnmatchedAnswer {
        tid: tid.to_string(),
        stan: stan.number(),
        mti: mti.into(),
        response_code: code.to_string(),
    })
}

fn settlement_sent_to_proto(
    tid: &Tid,
    batch: BatchNumber,
    stan: Stan,
    totals: &BatchTotals,
) -> Body {
    Body::SettlementSent(journal::SettlementSent {
        tid: tid.to_string(),
        batch: batch.number(),
        stan: stan.number(),
        totals: Some(totals_to_proto(totals)),
    })
}

fn batch_closed(
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

fn upload_sent(tid: &Tid, batch: BatchNumber, sent: UploadSent) -> Body {
    Body::BatchUploadSent(upload_sent_to_proto(tid, batch, sent))
}

fn upload_answered(
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

pub(super) fn signed_on(from: &journal::SignedOn) -> Result<TerminalFact> {
    Ok(TerminalFact::SignedOn {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
    })
}

pub(super) fn stopped(from: &journal::TerminalStopped) -> Result<TerminalFact> {
    Ok(TerminalFact::Stopped {
        tid: tid(&from.tid)?,
        theirs: batch(from.host_batch)?,
    })
}

pub(super) fn unmatched(from: &journal::UnmatchedAnswer) -> Result<TerminalFact> {
    Ok(TerminalFact::UnmatchedAnswer {
        tid: tid(&from.tid)?,
        stan: stan(from.stan)?,
        mti: u16::try_from(from.mti).map_err(|error| ConvertError::new("mti", error))?,
        code: code("response_code", &from.response_code)?,
    })
}

pub(super) fn settlement_sent(from: &journal::SettlementSent) -> Result<TerminalFact> {
    Ok(TerminalFact::SettlementSent {
        tid: tid(&from.tid)?,
        batch: batch(from.batch)?,
        stan: stan(from.stan)?,
        totals: totals_from_proto(from.totals.as_ref())?,
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

/// One fact of each kind at least.
#[cfg(test)]
pub(super) fn samples() -> Vec<domain::desk::DeskFact> {
    use super::tests::{cny, place};
    let tid = || Tid::new("LANE0003").unwrap();
    let date = BusinessDate::parse("2026-11-22").unwrap();
    let (stan, batch) = place();
    let totals = BatchTotals {
        debit: cny(1250),
        debit_count: 2,
        credit: cny(50),
        credit_count: 1,
    };
    vec![
        TerminalFact::SignedOn { tid: tid(), batch }.into(),
        TerminalFact::Stopped {
            tid: tid(),
            theirs: batch,
        }
        .into(),
        TerminalFact::UnmatchedAnswer {
            tid: tid(),
            stan,
            mti: 210,
            code: ResponseCode::APPROVED,
        }
        .into(),
        TerminalFact::SettlementSent {
            tid: tid(),
            batch,
            stan,
            totals,
        }
        .into(),
        TerminalFact::BatchClosed {
            tid: tid(),
            batch,
            totals,
            balanced: true,
            date: None,
            upload_follows: false,
        }
        .into(),
        TerminalFact::BatchClosed {
            tid: tid(),
            batch,
            totals,
            balanced: false,
            date: Some(date),
            upload_follows: true,
        }
        .into(),
        TerminalFact::UploadSent {
            tid: tid(),
            batch,
            sent: UploadSent { stan, items: 8 },
        }
        .into(),
        TerminalFact::UploadAnswered {
            tid: tid(),
            batch,
            ended: true,
            code: Some(ResponseCode::APPROVED),
        }
        .into(),
    ]
}
