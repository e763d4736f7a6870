//! What one payment adds to the figures of dates and batches. Whenever a record changes a payment,
//! what it added before is taken back and what it adds now is added: figures never need all
//! payments again.

use domain::{
    desk::PaymentFile,
    forward::{Forward, ForwardEnd, ForwardKind, Resolution},
    ids::PaymentId,
    payment::{Completion, Decision},
    time::BusinessDate,
};
use proto::store::v1 as wire;

use super::{
    figures::{DeadLetterLine, Difference, ForwardFigures, Payments, Place, Sign},
    payment::PaymentEntry,
};
use crate::{operator_view, presentation};

/// What a payment adds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Contribution {
    pub(super) id: PaymentId,
    /// Of the date it is booked under.
    pub(super) booked: Option<Booked>,
    /// Of each date that it has to be looked at under.
    pub(super) differences: Vec<(BusinessDate, Difference)>,
    /// In the batch that the host counts it in.
    pub(super) batch: Option<InBatch>,
    /// It counts for the date that it is kept under as one that is not over.
    pub(super) open_under: Option<BusinessDate>,
}

/// What it adds to the date it is booked under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Booked {
    pub(super) date: BusinessDate,
    pub(super) payments: Payments,
    pub(super) forward: ForwardFigures,
    /// With whether the goods were gone.
    pub(super) dead_letters: Vec<(bool, DeadLetterLine)>,
}

/// What it adds to a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct InBatch {
    pub(super) place: Place,
    /// The date of its sale.
    pub(super) sold: BusinessDate,
    pub(super) minor: i64,
    /// As its receipt says.
    pub(super) lane_minor: i64,
    pub(super) stan: u32,
}

impl Contribution {
    pub(super) fn of(entry: &PaymentEntry) -> Self {
        let booked = entry.file.as_ref().map(|file| booked(entry, file));
        let batch = entry.file.as_ref().and_then(|file| in_batch(entry, file));
        Self {
            id: entry.id,
            booked,
            differences: differences(entry),
            batch,
            open_under: entry.is_open().then_some(entry.kept_under),
        }
    }
}

fn booked(entry: &PaymentEntry, file: &PaymentFile) -> Booked {
    let mut payments = Payments {
        requested: 1,
        ..Payments::default()
    };
    if let Some(decision) = file.payment.decision() {
        Sign::Plus.count(match decision {
            Decision::Approved { .. } => &mut payments.approved,
            Decision::PartiallyApproved { .. } => &mut payments.partially_approved,
            Decision::Declined { .. } => &mut payments.declined,
            Decision::Unknown { .. } => &mut payments.unknown,
            Decision::Refused { .. } => &mut payments.refused,
            Decision::StandIn { .. } => &mut payments.stand_in,
            Decision::OfflineApproved { .. } => &mut payments.offline_approved,
        });
    }
    let mut forward = ForwardFigures::default();
    let mut dead_letters = Vec::new();
    for entry in &file.forwards {
        count_forward(&mut forward, &mut payments, entry);
        if let Some(ForwardEnd::DeadLetter {
            declined_after_goods,
            ..
        }) = &entry.end
        {
            dead_letters.push((*declined_after_goods, dead_letter(entry)));
        }
    }
    Booked {
        date: entry.date,
        payments,
        forward,
        dead_letters,
    }
}

fn count_forward(figures: &mut ForwardFigures, payments: &mut Payments, entry: &Forward) {
    Sign::Plus.count(&mut figures.queued);
    match &entry.end {
        None => {
            Sign::Plus.count(&mut figures.waiting);
            Sign::Plus.minor(&mut figures.waiting_minor, entry.amount.minor());
        }
        Some(ForwardEnd::Delivered { .. }) => {
            Sign::Plus.count(&mut figures.delivered);
            if matches!(entry.kind, ForwardKind::Reversal { .. }) {
                Sign::Plus.count(&mut payments.reversed);
            }
        }
        Some(ForwardEnd::Withdrawn) => Sign::Plus.count(&mut figures.withdrawn),
        Some(ForwardEnd::DeadLetter {
            declined_after_goods,
            ..
        }) => {
            Sign::Plus.count(&mut figures.dead_letters);
            if *declined_after_goods {
                Sign::Plus.count(&mut payments.declined_after_goods);
            }
        }
    }
}

/// As its sealed report says it, which is in English.
fn dead_letter(entry: &Forward) -> DeadLetterLine {
    let view = operator_view::dead_letter(entry);
    let (because, text, code) = (view.because, &view.because_text, &view.last_answer);
    DeadLetterLine {
        forward_id: entry.id.0,
        payment_id: view.payment_id,
        kind: presentation::forward_kind(view.forward_kind).english,
        amount_minor: entry.amount.minor(),
        reason: presentation::dead_letter_reason(because, text, code).english,
        owner: presentation::owner(view.owned_by).english,
        resolution: match &entry.resolution {
            None | Some(Resolution::Retry) => String::new(),
            Some(Resolution::SettledByHand { .. }) => in_english(wire::Resolution::SettledByHand),
            Some(Resolution::WrittenOff { .. }) => in_english(wire::Resolution::WrittenOff),
        },
        last_answer: view.last_answer,
    }
}

fn in_english(how: wire::Resolution) -> String {
    presentation::resolution(how.into()).english
}

fn in_batch(entry: &PaymentEntry, file: &PaymentFile) -> Option<InBatch> {
    let (tid, batch) = file.counted_in()?;
    let bound = file.payment.bound.as_ref();
    Some(InBatch {
        place: (tid.to_string(), batch.number()),
        sold: entry.sold_on(),
        minor: file.paid().minor(),
        lane_minor: entry.captured.as_ref().map_or(0, |captured| captured.minor),
        stan: bound.map_or(0, |(_, stan, _)| stan.number()),
    })
}

/// What lane and hub don't agree on, under each date that it concerns.
fn differences(entry: &PaymentEntry) -> Vec<(BusinessDate, Difference)> {
    let captured = entry.captured.as_ref().map(|captured| captured.date);
    let booked = entry.file.as_ref().map(|_| entry.date);
    let mut dates: Vec<BusinessDate> = [captured, booked, entry.asked_before, entry.carried]
        .into_iter()
        .flatten()
        .collect();
    dates.sort_unstable();
    dates.dedup();
    let found = dates.into_iter();
    found
        .filter_map(|date| Some((date, difference(entry, date)?)))
        .collect()
}

fn difference(entry: &PaymentEntry, date: BusinessDate) -> Option<Difference> {
    let lane_minor = entry.captured.as_ref().map(|captured| captured.minor);
    let file = entry.file.as_ref();
    let hub_minor = file.map_or(0, |file| file.held().minor());
    let abandoned = file.is_some_and(|file| file.payment.completion == Completion::Abandoned);
    let what = match (lane_minor, file) {
        (_, Some(_)) if entry.carried == Some(date) => {
            "carried over: its lane was silent when the day was closed"
        }
        (None, _) if entry.asked_before.is_some() => {
            "asked of the previous hub, outcome unknown: see the acquirer's file"
        }
        (Some(_), None) => "on a receipt, unknown to the hub",
        (Some(lane_minor), Some(_)) if lane_minor != hub_minor => {
            "on a receipt for another amount than the hub holds"
        }
        // It belongs to the date in which it will end.
        (None, Some(_)) if !abandoned && entry.in_open_sale => return None,
        (None, Some(_)) if hub_minor != 0 && abandoned => "abandoned, not undone yet",
        (None, Some(_)) if hub_minor != 0 => "approved, on no receipt",
        (Some(_) | None, Some(_)) | (None, None) => return None,
    };
    Some(Difference {
        payment_id: entry.id.to_string(),
        lane_minor: lane_minor.unwrap_or(0),
        hub_minor,
        what: what.to_owned(),
    })
}
