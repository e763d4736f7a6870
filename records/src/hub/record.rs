//! The hub's records, both ways: `journal.v1.HubRecord` and what the desk writes and reads. A
//! record once written is read for ever. Here is the table; what is in a message is its family's.

use crate::ConvertError;
use domain::{
    desk::{DayFact, DeskFact, DeskRecord},
    time::{BusinessDate, WallMs},
};
use prost::Message;
use proto::journal::v1::{self as journal, hub_record::Body};

use super::{archive, baskets, day, forward, lease, machine, payment, returns, terminal};

type Result<T> = std::result::Result<T, ConvertError>;

/// The first record of a start: which epoch of the hub wrote what follows.
pub fn started(epoch: u64, history: u128, at: WallMs, date: BusinessDate) -> Vec<u8> {
    let body = Body::Started(journal::HubStarted {
        hub_epoch: epoch,
        software_version: env!("CARGO_PKG_VERSION").to_owned(),
        history: history.to_be_bytes().to_vec().into(),
        keeps_cards: true,
    });
    wrap(body, at, date)
}

/// A record of the desk as the journal holds it.
pub fn encode(record: &DeskRecord) -> Vec<u8> {
    wrap(body(&record.fact), record.at, record.date)
}

fn wrap(body: Body, at: WallMs, date: BusinessDate) -> Vec<u8> {
    journal::HubRecord {
        wall_ms: at.0,
        business_date: date.to_string(),
        body: Some(body),
    }
    .encode_to_vec()
}

/// Reads a record's bytes.
///
/// # Errors
/// Bytes that are no record.
pub fn decode(bytes: &[u8]) -> Result<journal::HubRecord> {
    journal::HubRecord::decode(bytes).map_err(|error| ConvertError::new("hub record", error))
}

/// The desk's record in a journal record; `None` for the shell's own (a start).
///
/// # Errors
/// A record that says what no record can say.
pub fn desk_record(record: &journal::HubRecord) -> Result<Option<DeskRecord>> {
    let body = record
        .body
        .as_ref()
        .ok_or_else(|| ConvertError::missing("body"))?;
    let Some(fact) = fact(body)? else {
        return Ok(None);
    };
    Ok(Some(DeskRecord {
        at: WallMs(record.wall_ms),
        date: BusinessDate::parse(&record.business_date)
            .map_err(|error| ConvertError::new("business_date", error))?,
        fact,
    }))
}

fn body(fact: &DeskFact) -> Body {
    match fact {
        DeskFact::Payment(fact) => payment::body(fact),
        DeskFact::Forward(fact) => forward::body(fact),
        DeskFact::Terminal(fact) => terminal::body(fact),
        DeskFact::Day(fact) => day::body(fact),
        DeskFact::Lease(fact) => lease::body(fact),
        DeskFact::Return(fact) => returns::body(fact),
        DeskFact::Suspended(fact) => baskets::body(fact),
        DeskFact::Hub(fact) => machine::body(fact),
        DeskFact::Archive(fact) => archive::body(fact),
    }
}

fn fact(body: &Body) -> Result<Option<DeskFact>> {
    Ok(Some(match body {
        Body::Started(_)
        | Body::PriceImported(_)
        | Body::PriceActivated(_)
        | Body::OperatorAdded(_)
        | Body::OperatorChanged(_)
        | Body::OperatorEnded(_)
        | Body::OperatorPinSet(_)
        | Body::OfficeSignedOn(_)
        | Body::OfficePinRefused(_)
        | Body::OfficeUnlocked(_) => return Ok(None),
        Body::LaneAttached(from) => machine::lane_attached(from)?.into(),
        Body::EpochTakenBack(told) => machine::epoch_taken_back(told)?.into(),
        Body::Requested(from) => payment::asked(from)?.into(),
        Body::Sent(from) => payment::sent(from)?.into(),
        Body::Decided(from) => payment::decided(from)?.into(),
        Body::Completed(from) => payment::completed(from)?.into(),
        Body::Abandoned(from) => payment::abandoned(from)?.into(),
        Body::ForwardQueued(from) => forward::queued(from)?.into(),
        Body::ForwardSent(from) => forward::forward_sent(from)?.into(),
        Body::ForwardDeferred(from) => forward::deferred(from)?.into(),
        Body::ForwardEnded(from) => forward::forward_ended(from)?.into(),
        Body::DeadLetterResolved(from) => forward::resolved(from)?.into(),
        Body::SignedOn(from) => terminal::signed_on(from)?.into(),
        Body::TerminalStopped(from) => terminal::stopped(from)?.into(),
        Body::UnmatchedAnswer(from) => terminal::unmatched(from)?.into(),
        Body::DayClosing(from) => day::closing(from)?.into(),
        Body::SettlementSent(from) => terminal::settlement_sent(from)?.into(),
        Body::BatchClosed(from) => terminal::batch_closed_from_proto(from)?.into(),
        Body::BatchUploadSent(from) => terminal::upload_sent_fact(from)?.into(),
        Body::BatchUploadAnswered(from) => terminal::upload_answered_fact(from)?.into(),
        Body::DateTurned(from) => day::turned(from)?.into(),
        Body::SettlementOrdered(_) => DayFact::SettlementOrdered.into(),
        Body::EpochEndStated(from) => machine::epoch_end_stated(from)?.into(),
        Body::DayClosed(from) => day::closed(from)?.into(),
        Body::LeaseGranted(from) => lease::granted(from)?.into(),
        Body::LeaseEnded(from) => lease::ended(from)?.into(),
        Body::OfflineReported(from) => payment::offline_reported(from)?.into(),
        Body::OfflineCardHeld(from) => payment::card_held(from)?.into(),
        Body::PreviousHub(from) => machine::previous_hub(from)?.into(),
        Body::CarriedOver(from) => forward::carried_over(from)?.into(),
        Body::AskedOfPreviousHub(from) => machine::asked_of_previous_hub(from)?.into(),
        Body::ReturnTaken(from) => returns::taken(from)?.into(),
        Body::ReturnPaidInCash(from) => returns::paid_in_cash(from)?.into(),
        Body::ReturnCompleted(from) => returns::completed(from)?.into(),
        Body::ReturnReleased(from) => returns::released(from)?.into(),
        Body::BasketWaits(from) => baskets::waits(from)?.into(),
        Body::BasketMoved(from) => baskets::moved(from)?.into(),
        Body::BasketTakenUp(from) => baskets::taken_up(from)?.into(),
        Body::BasketFreed(from) => baskets::freed(from)?.into(),
        Body::Archived(from) => archive::archived(from)?.into(),
        Body::Restored(from) => archive::restored(from)?.into(),
    }))
}

/// One fact of each kind at least, family by family.
#[cfg(test)]
pub(super) fn samples() -> Vec<DeskFact> {
    [
        payment::samples(),
        forward::samples(),
        terminal::samples(),
        day::samples(),
        lease::samples(),
        machine::samples(),
        returns::samples(),
        baskets::samples(),
        archive::samples(),
    ]
    .concat()
}
