//! What commands print: as text for people, as one JSON object for programs.

use std::fmt::Write;

use domain::time::WallMs;
use ports::StoreZone;
use proto::store::v1::{
    CloseDayProgress, DeadLetter, HistoryLine, LaneView, PaymentHistory, StatusResponse,
    TerminalStatus, Unresolved, WrongClock,
};
use serde_json::{Value, json};

use super::{
    prices::answer_json,
    trouble_view,
    view::{View, amount, amount_json, clock},
};
use crate::moment::moment_in_words;

/// By the business clock.
fn age(since_wall_ms: i64, now: WallMs) -> String {
    let minutes = now.0.saturating_sub(since_wall_ms).max(0) / 60_000;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min ago"),
        (0, hours, minutes) => format!("{hours} h {minutes} min ago"),
        (days, hours, _) => format!("{days} d {hours} h ago"),
    }
}

fn yes(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

/// Whether the disk takes new payments.
fn disk(no_room: &str) -> String {
    match no_room {
        "" => "has room".to_owned(),
        why => format!("NO ROOM, no new payments (HUB0017): {why}"),
    }
}

/// The business day, and everything about it that somebody should know.
fn day_in_words(status: &StatusResponse) -> String {
    let mut text = format!("{}, {}", status.business_date, status.day_state);
    let mut add = |what: String| {
        text.push_str("; ");
        text.push_str(&what);
    };
    if !status.calendar_date.is_empty() {
        add(format!("THE CALENDAR SAYS {}", status.calendar_date));
    }
    if status.end_needs_person {
        add("ITS END IS OVER and nobody confirms the clock: close it (HUB0020)".to_owned());
    }
    if !status.dates_closing.is_empty() {
        add(format!(
            "not sealed yet: {}",
            status.dates_closing.join(", ")
        ));
    }
    for wrong in &status.wrong_clocks {
        let ahead_s = wrong.ahead_ms / 1_000;
        add(format!(
            "the clock of {} is {ahead_s:+} s off (HUB0024)",
            wrong.whose
        ));
    }
    text
}

fn line_in_words(status: &StatusResponse, zone: &StoreZone) -> String {
    let state = if status.link_up { "up" } else { "down" };
    match status.line_since_wall_ms {
        0 => state.to_owned(),
        since => format!("{state} since {}", moment_in_words(WallMs(since), zone)),
    }
}

fn terminal_in_words(terminal: &TerminalStatus) -> String {
    let state = match (terminal.stopped, terminal.signed_on) {
        (true, _) => "STOPPED",
        (false, true) => "signed on",
        (false, false) => "not signed on",
    };
    let settling = if terminal.settling { ", settling" } else { "" };
    format!(
        "{:<20}lane {}, {state}, batch {:06}, {} queued{settling}",
        terminal.tid, terminal.lane, terminal.batch, terminal.queue_depth
    )
}

pub(super) fn status(status: &StatusResponse, running: bool, zone: &StoreZone) -> View {
    let mut text = String::new();
    let hub = if running {
        "running"
    } else {
        "stopped; from its journal"
    };
    let counts = status.counts.unwrap_or_default();
    for (name, value) in [
        ("store", status.store_id.clone()),
        ("hub", format!("{hub}, epoch {}", status.hub_epoch)),
        ("business day", day_in_words(status)),
        ("line to the bank", line_in_words(status, zone)),
        (
            "queue",
            format!(
                "{} entries, {} (most so far {})",
                status.queue_depth,
                amount(status.queue_amount.as_ref()),
                status.queue_depth_max
            ),
        ),
        ("dead letters", status.dead_letters.to_string()),
        ("payments in flight", status.payments_in_flight.to_string()),
        (
            "journal",
            format!(
                "{} records, {} batches not durable yet",
                status.journal_sequence, status.journal_durable_lag_batches
            ),
        ),
        ("disk", disk(&status.no_room)),
        (
            "decided today",
            format!(
                "{} approved, {} in part, {} declined, {} unknown, {} refused, {} stood in",
                counts.approved,
                counts.partially_approved,
                counts.declined,
                counts.unknown,
                counts.refused,
                counts.stand_in
            ),
        ),
    ] {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{name:<20}{value}");
    }
    for terminal in &status.terminals {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", terminal_in_words(terminal));
    }
    text.push_str(&trouble_view::of_lanes(&status.lanes_in_trouble, zone));
    View {
        text,
        json: status_json(status, running),
    }
}

fn wrong_clocks(status: &StatusResponse) -> Vec<Value> {
    let clocks = status.wrong_clocks.iter();
    let one = |clock: &WrongClock| json!({"whose": clock.whose, "ahead_ms": clock.ahead_ms});
    clocks.map(one).collect()
}

fn status_json(status: &StatusResponse, running: bool) -> Value {
    let counts = status.counts.unwrap_or_default();
    let terminals: Vec<Value> = status
        .terminals
        .iter()
        .map(|terminal| {
            json!({
                "tid": terminal.tid,
                "lane": terminal.lane,
                "signed_on": terminal.signed_on,
                "stopped": terminal.stopped,
                "batch": format!("{:06}", terminal.batch),
                "queue_depth": terminal.queue_depth,
                "settling": terminal.settling,
            })
        })
        .collect();
    json!({
        "store_id": status.store_id,
        "running": running,
        "hub_epoch": status.hub_epoch,
        "business_date": status.business_date,
        "day_state": status.day_state,
        "calendar_date": (!status.calendar_date.is_empty()).then_some(&status.calendar_date),
        "day_ends_wall_ms": (status.day_ends_wall_ms != 0).then_some(status.day_ends_wall_ms),
        "end_needs_person": status.end_needs_person,
        "dates_closing": status.dates_closing,
        "wrong_clocks": wrong_clocks(status),
        "lanes_complete": status.lanes_complete,
        "lanes_named": status.lanes_named,
        "line_up": status.link_up,
        "line_since_wall_ms": (status.line_since_wall_ms != 0).then_some(status.line_since_wall_ms),
        "queue_depth": status.queue_depth,
        "queue_depth_max": status.queue_depth_max,
        "queue_amount": amount_json(status.queue_amount.as_ref()),
        "dead_letters": status.dead_letters,
        "payments_in_flight": status.payments_in_flight,
        "journal_sequence": status.journal_sequence,
        "lanes_in_trouble": trouble_view::of_lanes_json(&status.lanes_in_trouble),
        "no_room": (!status.no_room.is_empty()).then_some(&status.no_room),
        "journal_durable_lag_batches": status.journal_durable_lag_batches,
        "payments": {
            "requested": counts.requested,
            "approved": counts.approved,
            "partially_approved": counts.partially_approved,
            "declined": counts.declined,
            "unknown": counts.unknown,
            "refused": counts.refused,
            "reversed": counts.reversed,
            "stand_in": counts.stand_in,
            "offline_approved": counts.offline_approved,
            "declined_after_goods": counts.declined_after_goods,
            "late_answers": counts.late_answers,
        },
        "forward": {
            "queued": counts.forward_queued,
            "delivered": counts.forward_delivered,
            "withdrawn": counts.forward_withdrawn,
            "dead_letters": counts.forward_dead_letters,
        },
        "terminals": terminals,
    })
}

pub(super) fn lanes(lanes: &[LaneView], zone: &StoreZone) -> View {
    let mut text = String::from(
        "lane  epoch  connected  last heard  state      here / there   sales  voided\n",
    );
    for lane in lanes {
        let _ = writeln!(
            text,
            "{:<6}{:<7}{:<11}{:<12}{:<11}{:<15}{:<7}{}",
            lane.lane,
            lane.epoch,
            yes(lane.connected),
            clock(lane.last_heard_wall_ms, zone),
            lane.state,
            format!("{} / {}", lane.replicated_sequence, lane.journal_sequence),
            lane.sales_closed,
            lane.sales_voided
        );
        text.push_str(&trouble_view::lines(lane, zone));
        for answer in lane
            .price_answers
            .iter()
            .filter(|said| !said.refused_because.is_empty())
        {
            let (version, why) = (&answer.version, &answer.refused_because);
            let _ = writeln!(text, "      can't take prices {version} (HUB0031): {why}");
        }
    }
    let rows: Vec<Value> = lanes
        .iter()
        .map(|lane| {
            json!({
                "lane": lane.lane,
                "epoch": lane.epoch,
                "connected": lane.connected,
                "state": lane.state,
                "software_version": lane.software_version,
                "journal_sequence": lane.journal_sequence,
                "replicated_sequence": lane.replicated_sequence,
                "journal_durable_lag_batches": lane.journal_durable_lag_batches,
                "sales_closed": lane.sales_closed,
                "sales_voided": lane.sales_voided,
                "script_finished": lane.script_finished,
                "last_heard_wall_ms": lane.last_heard_wall_ms,
                "address": lane.address,
                "attached_wall_ms": lane.attached_wall_ms,
                "troubles": trouble_view::troubles_json(&lane.troubles),
                "price_file_version": lane.price_file_version,
                "price_answers": lane.price_answers.iter().map(answer_json).collect::<Vec<_>>(),
            })
        })
        .collect();
    View {
        text,
        json: json!({"lanes": rows}),
    }
}

pub(super) fn unresolved(payments: &[Unresolved], now: WallMs, zone: &StoreZone) -> View {
    let mut text = String::new();
    if payments.is_empty() {
        text.push_str("none\n");
    }
    for payment in payments {
        let _ = writeln!(
            text,
            "{}  lane {}  {}  {}  since {}, {}  owner: {}",
            payment.payment_id,
            payment.lane,
            amount(payment.amount.as_ref()),
            payment.status,
            clock(payment.since_wall_ms, zone),
            age(payment.since_wall_ms, now),
            payment.owner
        );
    }
    let rows: Vec<Value> = payments
        .iter()
        .map(|payment| {
            json!({
                "payment_id": payment.payment_id,
                "lane": payment.lane,
                "amount": amount_json(payment.amount.as_ref()),
                "standing": payment.status,
                "since_wall_ms": payment.since_wall_ms,
                "age_ms": now.0.saturating_sub(payment.since_wall_ms).max(0),
                "owner": payment.owner,
            })
        })
        .collect();
    View {
        text,
        json: json!({"unresolved": rows}),
    }
}

pub(super) fn dead_letters(letters: &[DeadLetter]) -> View {
    let mut text = String::new();
    if letters.is_empty() {
        text.push_str("none\n");
    }
    for letter in letters {
        let _ = writeln!(
            text,
            "{}  {}  {}  {}  {}  owner: {}  resolved: {}",
            letter.forward_id,
            letter.payment_id,
            letter.kind,
            amount(letter.amount.as_ref()),
            letter.reason,
            letter.owner,
            yes(letter.resolved)
        );
    }
    let rows: Vec<Value> = letters
        .iter()
        .map(|letter| {
            json!({
                "forward_id": letter.forward_id,
                "payment_id": letter.payment_id,
                "kind": letter.kind,
                "amount": amount_json(letter.amount.as_ref()),
                "reason": letter.reason,
                "owner": letter.owner,
                "first_try_wall_ms": letter.first_try_wall_ms,
                "last_try_wall_ms": letter.last_try_wall_ms,
                "last_answer": letter.last_answer,
                "resolved": letter.resolved,
            })
        })
        .collect();
    View {
        text,
        json: json!({"dead_letters": rows}),
    }
}

pub(super) fn closed(closed: &CloseDayProgress) -> View {
    let day = closed.day.clone().unwrap_or_default();
    let mut text = format!("{}\n", closed.detail);
    for batch in &closed.batches {
        let _ = writeln!(
            text,
            "{} {:06}  {}  debit {} ({})  credit {} ({})",
            batch.tid,
            batch.batch,
            if batch.balanced {
                "balanced"
            } else {
                "NOT BALANCED"
            },
            amount(batch.debit.as_ref()),
            batch.debit_count,
            amount(batch.credit.as_ref()),
            batch.credit_count
        );
    }
    let batches: Vec<Value> = closed
        .batches
        .iter()
        .map(|batch| {
            json!({
                "tid": batch.tid,
                "batch": format!("{:06}", batch.batch),
                "balanced": batch.balanced,
                "debit": amount_json(batch.debit.as_ref()),
                "debit_count": batch.debit_count,
                "credit": amount_json(batch.credit.as_ref()),
                "credit_count": batch.credit_count,
            })
        })
        .collect();
    let files: Vec<&str> = day.files.iter().map(|file| file.name.as_str()).collect();
    let json = json!({
        "business_date": day.business_date,
        "version": day.version,
        "because": day.because,
        "complete": day.complete,
        "manifest_sha256": base16ct::lower::encode_string(&day.manifest_sha256),
        "files": files,
        "batches": batches,
    });
    View { text, json }
}

pub(super) fn history(history: &PaymentHistory, zone: &StoreZone) -> View {
    let mut text = format!("payment   {}\n", history.payment_id);
    let _ = writeln!(text, "standing  {}", history.status);
    let _ = writeln!(
        text,
        "asked     {}, paid {}",
        amount(history.asked.as_ref()),
        amount(history.paid.as_ref())
    );
    if !history.receipt_number.is_empty() {
        let _ = writeln!(text, "receipt   {}", history.receipt_number);
    }
    for (heading, lines) in [
        ("Lane", &history.lane),
        ("Hub", &history.hub),
        ("Host", &history.host),
    ] {
        let _ = writeln!(text, "\n{heading}");
        if lines.is_empty() {
            text.push_str("  nothing\n");
        }
        for line in lines {
            let _ = writeln!(text, "  {} {}", clock(line.wall_ms, zone), line.text);
        }
    }
    text.push_str("\nReceipt\n");
    if history.receipt_text.is_empty() {
        text.push_str("  none: its sale has not been closed\n");
    }
    for line in history.receipt_text.lines() {
        let _ = writeln!(text, "  {line}");
    }
    View {
        text,
        json: history_json(history),
    }
}

fn history_json(history: &PaymentHistory) -> Value {
    let lines = |lines: &[HistoryLine]| -> Vec<Value> {
        lines
            .iter()
            .map(|line| json!({"wall_ms": line.wall_ms, "text": line.text}))
            .collect()
    };
    json!({
        "payment_id": history.payment_id,
        "standing": history.status,
        "asked": amount_json(history.asked.as_ref()),
        "paid": amount_json(history.paid.as_ref()),
        "receipt_number": history.receipt_number,
        "receipt_text": history.receipt_text,
        "lane": lines(&history.lane),
        "hub": lines(&history.hub),
        "host": lines(&history.host),
    })
}
