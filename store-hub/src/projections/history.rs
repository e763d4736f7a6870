//! The history of one payment, from receipt to bank: what `store-hub payment ID` shows.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
};

use domain::{
    forward::{Forward, ForwardEnd, ForwardKind},
    ids::{PaymentId, ReceiptNumber},
    money::{Currency, Money},
    payment::{Completion, Decision, RefusalReason},
};
use journal::{Journal, LogId};
use prost::Message;
use proto::{
    journal::v1::{ForwardEndKind, HubRecord, LaneRecord, hub_record, lane_record},
    store::v1::{self as wire, HistoryLine, PaymentHistory},
};

use super::{
    LedgerError, books::Books, contribution::kind_name, follow::understood, payment::PaymentEntry,
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
                Err(error) => history.lane.push(line(0, error.to_string())),
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

fn line(wall_ms: i64, text: impl Into<String>) -> HistoryLine {
    HistoryLine {
        wall_ms,
        text: text.into(),
    }
}

fn money(money: Option<&wire::Money>) -> String {
    money
        .and_then(|money| {
            let currency = Currency::by_letters(&money.currency)?;
            Some(Money::new(money.minor, currency).to_string())
        })
        .unwrap_or_else(|| "no amount".to_owned())
}

fn lane_step(history: &mut PaymentHistory, record: &LaneRecord, payment_id: PaymentId) {
    use lane_record::Body;
    let text = match &record.body {
        Some(Body::PaymentIntended(body)) => {
            history.asked = history.asked.take().or_else(|| body.amount.clone());
            let card = body.card.clone().unwrap_or_default();
            format!(
                "intended: {} on sale {}, card {}, {}",
                money(body.amount.as_ref()),
                body.sale_number,
                card.masked,
                entry(body.entry_mode(), body.pin_entered),
            )
        }
        Some(Body::PaymentDecided(body)) => {
            format!("told: {}", decision(body.decision.as_ref()))
        }
        Some(Body::PaymentAbandoned(body)) => format!("abandoned: {}", body.reason),
        Some(Body::SaleClosed(body)) => {
            history.receipt_number.clone_from(&body.receipt_number);
            let tender = body
                .tenders
                .iter()
                .find(|tender| tender.payment_id == payment_id.to_string());
            let Some(tender) = tender else {
                let text = format!(
                    "sale {} closed without it, receipt {}",
                    body.sale_number, body.receipt_number
                );
                return history.lane.push(line(record.wall_ms, text));
            };
            format!(
                "sale {} closed, receipt {}, {} of {} by this payment",
                body.sale_number,
                body.receipt_number,
                money(tender.amount.as_ref()),
                money(body.total.as_ref()),
            )
        }
        _ => return,
    };
    history.lane.push(line(record.wall_ms, text));
}

fn entry(mode: wire::EntryMode, pin: bool) -> String {
    let mode = match mode {
        wire::EntryMode::Unspecified => "entry unknown",
        wire::EntryMode::Keyed => "keyed",
        wire::EntryMode::Stripe => "stripe",
        wire::EntryMode::Chip => "chip",
        wire::EntryMode::Contactless => "contactless",
    };
    let pin = if pin { " with PIN" } else { "" };
    format!("{mode}{pin}")
}

fn decision(decision: Option<&wire::Decision>) -> String {
    let Some(decision) = decision else {
        return "nothing".to_owned();
    };
    let amount = money(decision.approved.as_ref());
    match decision.kind() {
        wire::DecisionKind::Approved => format!("approved {amount}"),
        wire::DecisionKind::PartiallyApproved => format!("approved for a part, {amount}"),
        wire::DecisionKind::Declined => format!("declined, code {}", decision.response_code),
        wire::DecisionKind::Unknown => {
            format!("not confirmed ({})", unknown(decision.unknown_reason()))
        }
        wire::DecisionKind::Refused => {
            format!("refused by the hub ({})", refusal(decision.refusal_reason))
        }
        wire::DecisionKind::StandIn => format!("approved without the bank, {amount}"),
        wire::DecisionKind::OfflineApproved => format!(
            "approved by the lane alone, {amount}, lease {}",
            decision.lease_id
        ),
        wire::DecisionKind::Unspecified => "nothing".to_owned(),
    }
}

const fn unknown(reason: wire::UnknownReason) -> &'static str {
    match reason {
        wire::UnknownReason::Unspecified => "no reason given",
        wire::UnknownReason::NoAnswer => "no answer",
        wire::UnknownReason::LinkBroke => "the line broke",
        wire::UnknownReason::BadMac => "bad MAC",
        wire::UnknownReason::Mismatch => "the answer does not fit",
        wire::UnknownReason::HubRestarted => "the hub was restarted",
    }
}

fn refusal(number: i32) -> String {
    let reason = RefusalReason::by_number(number);
    reason.map_or_else(
        || "no reason given".to_owned(),
        |reason| reason.in_words().english,
    )
}

fn hub_step(history: &mut PaymentHistory, entry: &PaymentEntry, record: &HubRecord) {
    use hub_record::Body;
    let at = record.wall_ms;
    let text = match &record.body {
        Some(Body::Requested(body)) => {
            history.asked.clone_from(&body.amount);
            format!(
                "requested by lane {}: {}",
                body.lane,
                money(body.amount.as_ref())
            )
        }
        Some(Body::OfflineReported(body)) => {
            let payment = body.payment.clone().unwrap_or_default();
            history.asked.clone_from(&payment.amount);
            format!(
                "heard from the journal of lane {}: approved there under lease {}",
                body.lane, payment.lease_id
            )
        }
        Some(Body::OfflineCardHeld(_)) => "its sealed card came from the lane".to_owned(),
        Some(Body::Sent(body)) => {
            history.host.push(line(
                at,
                format!(
                    "0200 to {}, STAN {:06}, batch {:06}",
                    body.tid, body.stan, body.batch
                ),
            ));
            format!(
                "bound to {}, STAN {:06}, batch {:06}",
                body.tid, body.stan, body.batch
            )
        }
        Some(Body::Decided(body)) => {
            if let Some(answer) = body.decision.as_ref().and_then(host_answer) {
                history.host.push(line(at, answer));
            }
            format!("decided: {}", decision(body.decision.as_ref()))
        }
        Some(Body::Completed(body)) => {
            history.receipt_number.clone_from(&body.receipt_number);
            format!("captured: receipt {}", body.receipt_number)
        }
        Some(Body::Abandoned(body)) => format!("abandoned by lane {}", body.lane),
        other => match forward_step(history, entry, at, other.as_ref()) {
            Some(text) => text,
            None => return,
        },
    };
    history.hub.push(line(at, text));
}

/// What the host said, where it answered.
fn host_answer(decision: &wire::Decision) -> Option<String> {
    let answered = match decision.kind() {
        wire::DecisionKind::Approved
        | wire::DecisionKind::PartiallyApproved
        | wire::DecisionKind::Declined => true,
        wire::DecisionKind::Unknown
        | wire::DecisionKind::Refused
        | wire::DecisionKind::StandIn
        | wire::DecisionKind::OfflineApproved
        | wire::DecisionKind::Unspecified => false,
    };
    answered.then(|| {
        format!(
            "0210 code {}, RRN {}, authorisation {}",
            decision.response_code,
            or_none(&decision.rrn),
            or_none(&decision.auth_code),
        )
    })
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

fn forward_step(
    history: &mut PaymentHistory,
    entry: &PaymentEntry,
    at: i64,
    body: Option<&hub_record::Body>,
) -> Option<String> {
    use hub_record::Body;
    let name = |forward_id: u64| {
        let mut forwards = entry.file.iter().flat_map(|file| &file.forwards);
        let known = forwards.find(|forward| forward.id.0 == forward_id);
        let kind = known.map_or("entry", |forward| kind_name(&forward.kind));
        format!("{kind} {forward_id}")
    };
    let text = match body? {
        Body::ForwardQueued(body) => {
            let reason = if body.reason_code.is_empty() {
                String::new()
            } else {
                format!(", reason {}", body.reason_code)
            };
            format!("{} queued{reason}", name(body.forward_id))
        }
        Body::ForwardSent(body) => {
            let text = format!(
                "{} sent, try {}, STAN {:06}, batch {:06}",
                name(body.forward_id),
                body.attempt,
                body.stan,
                body.batch
            );
            history.host.push(line(at, text.clone()));
            text
        }
        Body::ForwardDeferred(body) if body.not_sent_in_full => {
            format!("{} did not leave", name(body.forward_id))
        }
        Body::ForwardDeferred(body) => {
            format!(
                "{} deferred, code {}",
                name(body.forward_id),
                or_none(&body.response_code)
            )
        }
        Body::ForwardEnded(body) => {
            let name = name(body.forward_id);
            match body.end() {
                ForwardEndKind::Delivered => {
                    let answer = format!("{name} accepted, code {}", body.response_code);
                    history.host.push(line(at, answer));
                    format!("{name} delivered, code {}", body.response_code)
                }
                ForwardEndKind::Withdrawn => format!("{name} withdrawn, nothing was sent"),
                ForwardEndKind::DeadLetter => format!("{name} dead letter: {}", body.reason),
                ForwardEndKind::Unspecified => name,
            }
        }
        Body::DeadLetterResolved(body) => {
            format!(
                "{} resolved: {} {}",
                name(body.forward_id),
                body.resolution,
                body.note
            )
        }
        _ => return None,
    };
    Some(text)
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
    let Some((log, sequence)) = books.sale(receipt)?.and_then(|sale| sale.printed) else {
        return Ok(());
    };
    if let Ok(record) = lane_record(journal, log, sequence)
        && let Some(lane_record::Body::ReceiptPrinted(printed)) = record.body
    {
        history.receipt_text = printed.text;
    }
    Ok(())
}

/// The words of the whole: decided, captured, undone, settled.
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
    history.status = status(books, entry)?;
    Ok(())
}

/// In words how a payment stands.
pub(super) fn status(books: &Books, entry: &PaymentEntry) -> Result<String, LedgerError> {
    let Some(file) = &entry.file else {
        return Ok("known to its lane only".to_owned());
    };
    let first = match file.payment.decision() {
        None => "open",
        Some(Decision::Approved { .. }) => "approved",
        Some(Decision::PartiallyApproved { .. }) => "partially approved",
        Some(Decision::Declined { .. }) => "declined",
        Some(Decision::Unknown { .. }) => "unknown",
        Some(Decision::Refused { .. }) => "refused",
        Some(Decision::StandIn { .. }) => "stood in",
        Some(Decision::OfflineApproved { .. }) => "offline approved",
    };
    let mut words = vec![first.to_owned()];
    match file.payment.completion {
        Completion::Open => {}
        Completion::Completed(_) => words.push("captured".to_owned()),
        Completion::Abandoned => words.push("abandoned".to_owned()),
    }
    words.extend(file.forwards.iter().map(entry_status));
    if let Some(batch) = books.settled_in(entry)? {
        words.push(format!("settled in batch {batch:06}"));
    }
    Ok(words.join(", "))
}

fn entry_status(forward: &Forward) -> String {
    let word = match (&forward.kind, &forward.end) {
        (kind, None) => return format!("{} waiting", kind_name(kind)),
        (
            _,
            Some(ForwardEnd::DeadLetter {
                declined_after_goods,
                ..
            }),
        ) => match declined_after_goods {
            true => "declined after goods",
            false => "dead letter",
        },
        (_, Some(ForwardEnd::Withdrawn)) => "withdrawn",
        (ForwardKind::Reversal { .. }, Some(ForwardEnd::Delivered { .. })) => "reversed",
        (ForwardKind::Void { .. }, Some(ForwardEnd::Delivered { .. })) => "voided",
        (ForwardKind::Advice, Some(ForwardEnd::Delivered { .. })) => "delivered",
    };
    word.to_owned()
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
        .map(|value| line(0, format!("acquirer's file: {}", in_words(&value))))
        .collect()
}

fn in_words(value: &serde_json::Value) -> String {
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
