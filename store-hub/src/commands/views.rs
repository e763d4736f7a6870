//! What commands print: as text for people, as one JSON object for programs.

use std::fmt::Write;

use domain::{
    time::WallMs,
    words::{Language, Sentence},
};
use proto::store::v1::{
    CloseDayProgress, DeadLetter, LaneView, NoRoom, StatusResponse, TerminalStatus,
    UnresolvedResponse, WrongClock,
};
use serde_json::{Value, json};

use super::{
    prices::answer_json,
    trouble_view,
    view::{Reader, View, amount, amount_json},
};
use crate::presentation;

/// By the business clock.
fn age(since_wall_ms: i64, now: WallMs, reader: &Reader) -> String {
    let minutes = now.0.saturating_sub(since_wall_ms).max(0) / 60_000;
    let (d, h) = (reader.words("d", "天"), reader.words("h", "小时"));
    let ago = reader.words("ago", "前");
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} {} {ago}", reader.words("min", "分钟")),
        (0, hours, minutes) => {
            format!(
                "{hours} {h} {minutes} {} {ago}",
                reader.words("min", "分钟")
            )
        }
        (days, hours, _) => format!("{days} {d} {hours} {h} {ago}"),
    }
}

const fn yes(yes: bool, reader: &Reader) -> &'static str {
    match yes {
        true => reader.words("yes", "是"),
        false => reader.words("no", "否"),
    }
}

/// Whether the disk takes new payments.
fn disk(no_room: Option<&NoRoom>, reader: &Reader) -> String {
    let Some(why) = no_room else {
        return reader.words("has room", "空间充足").to_owned();
    };
    let heading = reader.words(
        "NO ROOM, no new payments (HUB0017):",
        "空间不足，不接受新付款（HUB0017）：",
    );
    format!("{heading} {}", reader.read(&presentation::no_room(why)))
}

/// The business day, and everything about it that somebody should know.
fn day_in_words(status: &StatusResponse, reader: &Reader) -> String {
    let day = presentation::day_state(status.day);
    let mut parts = vec![format!("{}, {}", status.business_date, reader.read(&day))];
    if !status.calendar_date.is_empty() {
        let says = reader.words("THE CALENDAR SAYS", "日历日期为");
        parts.push(format!("{says} {}", status.calendar_date));
    }
    if status.end_needs_person {
        let end = reader.words(
            "ITS END IS OVER and nobody confirms the clock: close it (HUB0020)",
            "营业日已到期而时钟未经确认：请人工日结（HUB0020）",
        );
        parts.push(end.to_owned());
    }
    if !status.dates_closing.is_empty() {
        let closing = status.dates_closing.join(", ");
        parts.push(format!(
            "{}: {closing}",
            reader.words("not sealed yet", "尚未封存")
        ));
    }
    for wrong in &status.wrong_clocks {
        let ahead_s = wrong.ahead_ms / 1_000;
        let whose = presentation::clock_owner(wrong);
        parts.push(match reader.language {
            Language::English => {
                format!(
                    "the clock of {} is {ahead_s:+} s off (HUB0024)",
                    whose.english
                )
            }
            Language::Chinese => {
                format!("{}的时钟相差 {ahead_s:+} 秒（HUB0024）", whose.chinese)
            }
        });
    }
    parts.join("; ")
}

fn line_in_words(status: &StatusResponse, reader: &Reader) -> String {
    let state = match status.link_up {
        true => reader.words("up", "正常"),
        false => reader.words("down", "中断"),
    };
    match status.line_since_wall_ms {
        0 => state.to_owned(),
        since => format!(
            "{state} {} {}",
            reader.words("since", "自"),
            reader.moment(since)
        ),
    }
}

fn terminal_in_words(terminal: &TerminalStatus, reader: &Reader) -> String {
    let state = match (terminal.stopped, terminal.signed_on) {
        (true, _) => reader.words("STOPPED", "已停用"),
        (false, true) => reader.words("signed on", "已签到"),
        (false, false) => reader.words("not signed on", "未签到"),
    };
    let settling = match terminal.settling {
        true => reader.words(", settling", "，结算中"),
        false => "",
    };
    let TerminalStatus {
        tid,
        lane,
        batch,
        queue_depth,
        ..
    } = terminal;
    match reader.language {
        Language::English => format!(
            "{tid:<20}lane {lane}, {state}, batch {batch:06}, {queue_depth} queued{settling}"
        ),
        Language::Chinese => format!(
            "{tid:<20}{lane} 号收银台，{state}，批次 {batch:06}，排队 {queue_depth}{settling}"
        ),
    }
}

/// What stands beside each heading of a status.
fn status_lines(
    status: &StatusResponse,
    running: bool,
    reader: &Reader,
) -> Vec<(&'static str, &'static str, String)> {
    let counts = status.counts.unwrap_or_default();
    let hub = match running {
        true => reader.words("running", "运行中"),
        false => reader.words("stopped; from its journal", "已停止；据其日志"),
    };
    let most = amount(status.queue_amount.as_ref());
    let (depth, max) = (status.queue_depth, status.queue_depth_max);
    let (records, lag) = (status.journal_sequence, status.journal_durable_lag_batches);
    let queue = match reader.language {
        Language::English => format!("{depth} entries, {most} (most so far {max})"),
        Language::Chinese => format!("{depth} 条，{most}（最多曾有 {max} 条）"),
    };
    let journal = match reader.language {
        Language::English => format!("{records} records, {lag} batches not durable yet"),
        Language::Chinese => format!("{records} 条记录，{lag} 批尚未落盘"),
    };
    let decided = [
        (counts.approved, "approved", "批准"),
        (counts.partially_approved, "in part", "部分批准"),
        (counts.declined, "declined", "拒绝"),
        (counts.unknown, "unknown", "未知"),
        (counts.refused, "refused", "系统拒绝"),
        (counts.stand_in, "stood in", "代授权"),
    ];
    let decided = decided.map(|(count, en, zh)| format!("{count} {}", reader.words(en, zh)));
    let epoch = reader.words("epoch", "纪元");
    vec![
        ("store", "门店", status.store_id.clone()),
        (
            "hub",
            "主机",
            format!("{hub}, {epoch} {}", status.hub_epoch),
        ),
        ("business day", "营业日", day_in_words(status, reader)),
        (
            "line to the bank",
            "银行线路",
            line_in_words(status, reader),
        ),
        ("queue", "队列", queue),
        (
            "dead letters",
            "待人工处理",
            status.dead_letters.to_string(),
        ),
        (
            "payments in flight",
            "处理中的付款",
            status.payments_in_flight.to_string(),
        ),
        ("journal", "日志", journal),
        ("disk", "磁盘", disk(status.disk.as_ref(), reader)),
        ("decided today", "今日结果", decided.join(", ")),
    ]
}

pub(super) fn status(status: &StatusResponse, running: bool, reader: &Reader) -> View {
    let mut text = String::new();
    for (name, name_zh, value) in status_lines(status, running, reader) {
        // Writing to a String can't fail.
        let heading = reader.heading((name, name_zh), 20);
        let _ = writeln!(text, "{heading}{value}");
    }
    for terminal in &status.terminals {
        // Writing to a String can't fail.
        let _ = writeln!(text, "{}", terminal_in_words(terminal, reader));
    }
    text.push_str(&trouble_view::of_lanes(&status.lanes_in_trouble, reader));
    View {
        text,
        json: status_json(status, running),
    }
}

fn wrong_clocks(status: &StatusResponse) -> Vec<Value> {
    let clocks = status.wrong_clocks.iter();
    let one = |clock: &WrongClock| {
        let whose = presentation::clock_owner(clock).english;
        json!({"whose": whose, "ahead_ms": clock.ahead_ms})
    };
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
                "next_stan": format!("{:06}", terminal.next_stan),
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
        "day_state": presentation::day_state(status.day).english,
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
        "no_room": status.disk.as_ref().map(|why| presentation::no_room(why).english),
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

pub(super) fn lanes(lanes: &[LaneView], reader: &Reader) -> View {
    let mut text = reader
        .words(
            "lane  epoch  connected  last heard  state      here / there   sales  voided\n",
            "收银台  纪元  在线  最近消息  状态  本机 / 收银台  销售  作废\n",
        )
        .to_owned();
    for lane in lanes {
        let _ = writeln!(
            text,
            "{:<6}{:<7}{:<11}{:<12}{:<11}{:<15}{:<7}{}",
            lane.lane,
            lane.epoch,
            yes(lane.connected, reader),
            reader.clock(lane.last_heard_wall_ms),
            reader.read(&presentation::lane_state(lane.lane_state)),
            format!("{} / {}", lane.replicated_sequence, lane.journal_sequence),
            lane.sales_closed,
            lane.sales_voided
        );
        text.push_str(&trouble_view::lines(lane, reader));
        for answer in lane
            .price_answers
            .iter()
            .filter(|said| !said.refused_because.is_empty())
        {
            let (version, why) = (&answer.version, &answer.refused_because);
            let cannot = reader.words("can't take prices", "无法使用价格版本");
            let _ = writeln!(text, "      {cannot} {version} (HUB0031): {why}");
        }
    }
    let rows: Vec<Value> = lanes
        .iter()
        .map(|lane| {
            json!({
                "lane": lane.lane,
                "epoch": lane.epoch,
                "connected": lane.connected,
                "state": presentation::lane_state(lane.lane_state).english,
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

pub(super) fn unresolved(answer: &UnresolvedResponse, reader: &Reader) -> View {
    let (payments, now) = (&answer.payments, WallMs(answer.wall_ms));
    let mut text = String::new();
    if payments.is_empty() {
        let _ = writeln!(text, "{}", reader.words("none", "无"));
    }
    let lane = reader.words("lane", "收银台");
    let (since, owner) = (reader.words("since", "自"), reader.words("owner", "负责方"));
    for payment in payments {
        let _ = writeln!(
            text,
            "{}  {lane} {}  {}  {}  {since} {}, {}  {owner}: {}",
            payment.payment_id,
            payment.lane,
            amount(payment.amount.as_ref()),
            reader.read(&presentation::payment_status(payment.payment_status)),
            reader.clock(payment.since_wall_ms),
            age(payment.since_wall_ms, now, reader),
            reader.read(&presentation::owner(payment.owned_by))
        );
    }
    let rows: Vec<Value> = payments
        .iter()
        .map(|payment| {
            json!({
                "payment_id": payment.payment_id,
                "lane": payment.lane,
                "amount": amount_json(payment.amount.as_ref()),
                "standing": presentation::payment_status(payment.payment_status).english,
                "since_wall_ms": payment.since_wall_ms,
                "age_ms": now.0.saturating_sub(payment.since_wall_ms).max(0),
                "owner": presentation::owner(payment.owned_by).english,
            })
        })
        .collect();
    View {
        text,
        json: json!({"unresolved": rows}),
    }
}

fn why_dead(letter: &DeadLetter) -> Sentence {
    let (number, text) = (letter.because, &letter.because_text);
    presentation::dead_letter_reason(number, text, &letter.last_answer)
}

pub(super) fn dead_letters(letters: &[DeadLetter], reader: &Reader) -> View {
    let mut text = String::new();
    if letters.is_empty() {
        let _ = writeln!(text, "{}", reader.words("none", "无"));
    }
    let (owner, resolved) = (
        reader.words("owner", "负责方"),
        reader.words("resolved", "已处理"),
    );
    for letter in letters {
        let _ = writeln!(
            text,
            "{}  {}  {}  {}  {}  {owner}: {}  {resolved}: {}",
            letter.forward_id,
            letter.payment_id,
            reader.read(&presentation::forward_kind(letter.forward_kind)),
            amount(letter.amount.as_ref()),
            reader.read(&why_dead(letter)),
            reader.read(&presentation::owner(letter.owned_by)),
            yes(letter.resolved, reader)
        );
    }
    let rows: Vec<Value> = letters
        .iter()
        .map(|letter| {
            json!({
                "forward_id": letter.forward_id,
                "payment_id": letter.payment_id,
                "kind": presentation::forward_kind(letter.forward_kind).english,
                "amount": amount_json(letter.amount.as_ref()),
                "reason": why_dead(letter).english,
                "owner": presentation::owner(letter.owned_by).english,
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

pub(super) fn closed(closed: &CloseDayProgress, reader: &Reader) -> View {
    let day = closed.day.clone().unwrap_or_default();
    let mut text = format!("{}\n", reader.read(&presentation::close_detail(closed)));
    let (debit, credit) = (
        reader.words("debit", "借记"),
        reader.words("credit", "贷记"),
    );
    for batch in &closed.batches {
        let _ = writeln!(
            text,
            "{} {:06}  {}  {debit} {} ({})  {credit} {} ({})",
            batch.tid,
            batch.batch,
            match batch.balanced {
                true => reader.words("balanced", "已平账"),
                false => reader.words("NOT BALANCED", "未平账"),
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
