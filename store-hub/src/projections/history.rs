//! The history of one payment, from receipt to bank: what `store-hub payment ID` shows.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
};

use domain::{
    forward::{Forward, ForwardEnd},
    ids::{PaymentId, ReceiptNumber},
    payment::Completion,
};
use journal::{Journal, LogId};
use prost::Message;
use proto::{
    journal::v1::{ForwardEndKind, ForwardEnded, HubRecord, LaneRecord, hub_record, lane_record},
    store::v1::{
        self as wire, ForwardState, HistoryLine, HistoryStep, PaymentHistory, PaymentState,
    },
};
use records::{
    decision_to_proto,
    hub::{forward_kind_to_proto, resolution_number},
};

use super::{
    LedgerError, books::Books, follow::understood, payment::PaymentEntry, sale::SaleEntry,
};
use crate::replica::lane_log;

/// The acquirer's own file, one JSON object a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HostFile<'a>(pub(crate) Option<&'a Path>);

/// Tells the history; `None` when neither lane nor hub knows the payment.
pub(crate) fn tell(
    books: &Books,
    journal: &Journal,
    payment_id: PaymentId,
    host: HostFile<'_>,
) -> Result<Option<PaymentHistory>, LedgerError> {
    let Some(entry) = books.payment(payment_id)? else {
        return Ok(None);
    };
    let mut history = PaymentHistory {
        payment_id: payment_id.to_string(),
        ..Default::default()
    };
    for (log, sequence) in &entry.places {
        if lane_log(*log).is_some() {
            match lane_record(journal, *log, *sequence) {
                Ok(record) => lane_step(&mut history, &record, payment_id),
                // The lane's own journal has it; what the hub knows is told all the same.
                Err(_) => history.lane.push(HistoryLine {
                    log: log.0,
                    sequence: *sequence,
                    ..line(0, HistoryStep::Unreadable)
                }),
            }
            continue;
        }
        let Some(record) = journal.read(*log, *sequence, 1)?.pop() else {
            continue;
        };
        let none = || LedgerError::Record {
            log: *log,
            sequence: *sequence,
        };
        let record = HubRecord::decode(record.bytes.as_slice()).map_err(|_| none())?;
        hub_step(&mut history, &entry, &record);
    }
    history.lane.sort_by_key(|line| line.wall_ms);
    history.hub.sort_by_key(|line| line.wall_ms);
    add_receipt(&mut history, books, journal)?;
    add_status(&mut history, books, &entry)?;
    history.host.extend(reconciliation(host.0, payment_id));
    Ok(Some(history))
}

fn lane_record(journal: &Journal, log: LogId, sequence: u64) -> Result<LaneRecord, LedgerError> {
    let record = journal.read(log, sequence, 1)?.pop();
    let record = record.and_then(|record| understood(&record.bytes));
    record.ok_or(LedgerError::Record { log, sequence })
}

/// A line that tells no more than that this happened.
fn line(wall_ms: i64, step: HistoryStep) -> HistoryLine {
    HistoryLine {
        wall_ms,
        step: step.into(),
        ..HistoryLine::default()
    }
}

fn lane_step(history: &mut PaymentHistory, record: &LaneRecord, payment_id: PaymentId) {
    use lane_record::Body;
    let at = |step| line(record.wall_ms, step);
    let told = match &record.body {
        Some(Body::PaymentIntended(body)) => {
            history.asked = history.asked.take().or_else(|| body.amount.clone());
            HistoryLine {
                amount: body.amount.clone(),
                sale_number: body.sale_number,
                masked_card: body.card.clone().unwrap_or_default().masked,
                entry_mode: body.entry_mode,
                pin_entered: body.pin_entered,
                ..at(HistoryStep::Intended)
            }
        }
        Some(Body::PaymentDecided(body)) => HistoryLine {
            decision: body.decision.clone(),
            ..at(HistoryStep::Told)
        },
        Some(Body::PaymentAbandoned(body)) => HistoryLine {
            abandon_reason: body.because,
            note: body.reason.clone(),
            ..at(HistoryStep::GivenUp)
        },
        Some(Body::SaleClosed(body)) => {
            history.receipt_number.clone_from(&body.receipt_number);
            let id = payment_id.to_string();
            let tender = body.tenders.iter().find(|tender| tender.payment_id == id);
            let step = match tender {
                Some(_) => HistoryStep::SaleClosed,
                None => HistoryStep::SaleClosedWithout,
            };
            HistoryLine {
                sale_number: body.sale_number,
                receipt_number: body.receipt_number.clone(),
                amount: tender.and_then(|tender| tender.amount.clone()),
                total: body.total.clone(),
                ..at(step)
            }
        }
        _ => return,
    };
    history.lane.push(told);
}

fn hub_step(history: &mut PaymentHistory, entry: &PaymentEntry, record: &HubRecord) {
    use hub_record::Body;
    let at = |step| line(record.wall_ms, step);
    let told = match &record.body {
        Some(Body::Requested(body)) => {
            history.asked.clone_from(&body.amount);
            HistoryLine {
                lane: body.lane,
                amount: body.amount.clone(),
                ..at(HistoryStep::Requested)
            }
        }
        Some(Body::OfflineReported(body)) => {
            let payment = body.payment.clone().unwrap_or_default();
            history.asked.clone_from(&payment.amount);
            HistoryLine {
                lane: body.lane,
                lease_id: payment.lease_id,
                ..at(HistoryStep::OfflineReported)
            }
        }
        Some(Body::OfflineCardHeld(_)) => at(HistoryStep::CardCame),
        Some(Body::Sent(body)) => {
            let place = |step| HistoryLine {
                tid: body.tid.clone(),
                stan: body.stan,
                batch: body.batch,
                ..at(step)
            };
            history.host.push(place(HistoryStep::AskedBank));
            place(HistoryStep::Bound)
        }
        Some(Body::OutcomeAsked(body)) => HistoryLine {
            tid: body.tid.clone(),
            stan: body.stan,
            batch: body.batch,
            ..at(HistoryStep::OutcomeAsked)
        },
        Some(Body::Decided(body)) => {
            let decided = |step| HistoryLine {
                decision: body.decision.clone(),
                ..at(step)
            };
            if body.decision.as_ref().is_some_and(is_of_the_bank) {
                history.host.push(decided(HistoryStep::BankAnswered));
            }
            decided(HistoryStep::Decided)
        }
        Some(Body::Completed(body)) => {
            history.receipt_number.clone_from(&body.receipt_number);
            HistoryLine {
                receipt_number: body.receipt_number.clone(),
                ..at(HistoryStep::Captured)
            }
        }
        Some(Body::Abandoned(body)) => HistoryLine {
            lane: body.lane,
            ..at(HistoryStep::Abandoned)
        },
        other => match forward_step(history, entry, record.wall_ms, other.as_ref()) {
            Some(told) => told,
            None => return,
        },
    };
    history.hub.push(told);
}

/// Whether it was the host that answered.
fn is_of_the_bank(decision: &wire::Decision) -> bool {
    match decision.kind() {
        wire::DecisionKind::Approved
        | wire::DecisionKind::PartiallyApproved
        | wire::DecisionKind::Declined => true,
        wire::DecisionKind::Unknown
        | wire::DecisionKind::Refused
        | wire::DecisionKind::StandIn
        | wire::DecisionKind::OfflineApproved
        | wire::DecisionKind::Unspecified => false,
    }
}

fn forward_step(
    history: &mut PaymentHistory,
    entry: &PaymentEntry,
    at: i64,
    body: Option<&hub_record::Body>,
) -> Option<HistoryLine> {
    use hub_record::Body;
    let of = |forward_id: u64, step| {
        let mut forwards = entry.file.iter().flat_map(|file| &file.forwards);
        let known = forwards.find(|forward| forward.id.0 == forward_id);
        let kind = known.map(|forward| forward_kind_to_proto(&forward.kind));
        HistoryLine {
            forward_id,
            forward_kind: kind.map_or(0, i32::from),
            ..line(at, step)
        }
    };
    let told = match body? {
        Body::ForwardQueued(body) => HistoryLine {
            response_code: body.reason_code.clone(),
            ..of(body.forward_id, HistoryStep::Queued)
        },
        Body::ForwardSent(body) => {
            let told = HistoryLine {
                attempt: body.attempt,
                stan: body.stan,
                batch: body.batch,
                ..of(body.forward_id, HistoryStep::Forwarded)
            };
            history.host.push(told.clone());
            told
        }
        Body::ForwardDeferred(body) if body.not_sent_in_full => {
            of(body.forward_id, HistoryStep::NotSent)
        }
        Body::ForwardDeferred(body) => HistoryLine {
            response_code: body.response_code.clone(),
            ..of(body.forward_id, HistoryStep::Deferred)
        },
        Body::ForwardEnded(body) => ended(history, body, |step| of(body.forward_id, step)),
        Body::DeadLetterResolved(body) => HistoryLine {
            resolution: resolution_number(body),
            note: body.note.clone(),
            ..of(body.forward_id, HistoryStep::Resolved)
        },
        _ => return None,
    };
    Some(told)
}

fn ended(
    history: &mut PaymentHistory,
    body: &ForwardEnded,
    of: impl Fn(HistoryStep) -> HistoryLine,
) -> HistoryLine {
    let with_code = |step| HistoryLine {
        response_code: body.response_code.clone(),
        ..of(step)
    };
    match body.end() {
        ForwardEndKind::Delivered => {
            history.host.push(with_code(HistoryStep::BankAccepted));
            with_code(HistoryStep::Delivered)
        }
        ForwardEndKind::Withdrawn => of(HistoryStep::Withdrawn),
        ForwardEndKind::DeadLetter => HistoryLine {
            dead_letter_reason: body.because,
            note: body.reason.clone(),
            ..with_code(HistoryStep::DeadLetter)
        },
        ForwardEndKind::Unspecified => of(HistoryStep::Unspecified),
    }
}

/// The receipt as it was last printed.
fn add_receipt(
    history: &mut PaymentHistory,
    books: &Books,
    journal: &Journal,
) -> Result<(), LedgerError> {
    let Ok(receipt) = ReceiptNumber::parse(&history.receipt_number) else {
        return Ok(());
    };
    if let Some(sale) = books.sale(receipt)? {
        history.receipt_text = receipt_text(&sale, journal);
    }
    Ok(())
}

/// The paper of a sale; empty: it has not been printed, as far as the hub has heard.
pub(crate) fn receipt_text(sale: &SaleEntry, journal: &Journal) -> String {
    let printed = sale.printed.and_then(|(log, sequence)| {
        let record = lane_record(journal, log, sequence).ok()?;
        match record.body {
            Some(lane_record::Body::ReceiptPrinted(printed)) => Some(printed.text),
            Some(_) | None => None,
        }
    });
    printed.unwrap_or_default()
}

/// The whole: decided, captured, undone, settled.
fn add_status(
    history: &mut PaymentHistory,
    books: &Books,
    entry: &PaymentEntry,
) -> Result<(), LedgerError> {
    if let Some(file) = &entry.file {
        let currency = books.currency().letters().to_owned();
        let minor = file.paid().minor();
        history.paid = Some(wire::Money { minor, currency });
    }
    history.state = Some(state(books, entry)?);
    Ok(())
}

/// How a payment stands.
pub(super) fn state(books: &Books, entry: &PaymentEntry) -> Result<PaymentState, LedgerError> {
    let Some(file) = &entry.file else {
        return Ok(PaymentState {
            lane_only: true,
            ..PaymentState::default()
        });
    };
    let decided = file.payment.decision().map(decision_to_proto);
    let sale = match file.payment.completion {
        Completion::Open => wire::SaleOutcome::Unspecified,
        Completion::Completed(_) => wire::SaleOutcome::Captured,
        Completion::Abandoned => wire::SaleOutcome::Abandoned,
    };
    Ok(PaymentState {
        lane_only: false,
        decision: decided.map_or(0, |decision| decision.kind),
        sale: sale.into(),
        forwards: file.forwards.iter().map(forward_state).collect(),
        settled_batch: books.settled_in(entry)?.unwrap_or(0),
    })
}

fn forward_state(forward: &Forward) -> ForwardState {
    let (end, after_goods) = match &forward.end {
        None => (ForwardEndKind::Unspecified, false),
        Some(ForwardEnd::Delivered { .. }) => (ForwardEndKind::Delivered, false),
        Some(ForwardEnd::Withdrawn) => (ForwardEndKind::Withdrawn, false),
        Some(ForwardEnd::DeadLetter {
            declined_after_goods,
            ..
        }) => (ForwardEndKind::DeadLetter, *declined_after_goods),
    };
    ForwardState {
        kind: forward_kind_to_proto(&forward.kind).into(),
        end: end.into(),
        declined_after_goods: after_goods,
    }
}

/// Lines of the acquirer's file that carry this payment's reference, each as it stands there.
fn reconciliation(path: Option<&Path>, payment_id: PaymentId) -> Vec<HistoryLine> {
    let Some(file) = path.and_then(|path| fs::File::open(path).ok()) else {
        return Vec::new();
    };
    let wanted = payment_id.to_string();
    BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .filter(|text| text.contains(&wanted))
        .filter_map(|text| serde_json::from_str::<serde_json::Value>(&text).ok())
        .filter(|value| value.get("payment_ref").and_then(|text| text.as_str()) == Some(&wanted))
        .map(|value| HistoryLine {
            quoted: quoted(&value),
            ..line(0, HistoryStep::Reconciled)
        })
        .collect()
}

fn quoted(value: &serde_json::Value) -> String {
    let shown = [
        "mti",
        "tid",
        "batch",
        "stan",
        "f3",
        "amount_minor",
        "f39",
        "rrn",
        "state",
    ];
    let words: Vec<String> = shown
        .into_iter()
        .filter_map(|key| {
            let text = match value.get(key)? {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Null => return None,
                other => other.to_string(),
            };
            Some(format!("{key} {text}"))
        })
        .collect();
    words.join(", ")
}
