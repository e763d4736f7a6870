//! `payment ID`: one payment from receipt to bank.

use std::fmt::Write;

use domain::words::Sentence;
use proto::store::v1::{HistoryLine, PaymentHistory, PaymentQuery};
use serde_json::{Value, json};

use super::{
    Asked, Failed, NO, Outcome, USAGE,
    hub::{Source, block_on, source},
    stopped::Stopped,
    view::{Reader, View, amount, amount_json, show},
};
use crate::{
    find_view::{self, NoPayment},
    presentation,
    projections::{self, HostFile},
};

pub(super) fn payment(id: &str, asked: &Asked) -> Outcome {
    let digits = find_view::id_digits(id).map_err(|error| Failed::new(USAGE, error))?;
    let query = PaymentQuery { payment_id: digits };
    let (history, reader) = block_on(async {
        let mut source = source(asked).await?;
        let reader = source.reader(asked).await?;
        let config = match source {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.payment(query).await);
                return Ok((answer.await?, reader));
            }
            Source::Stopped(config) => config,
        };
        let stopped = Stopped::open(&config)?;
        let books = stopped.books(&config)?;
        let payment_id = find_view::payment_in(&books, id).map_err(|error| {
            let code = match error {
                NoPayment::Form(_) | NoPayment::Several(..) => USAGE,
                NoPayment::Unknown(_) | NoPayment::Ledger(_) => NO,
            };
            Failed::new(code, error)
        })?;
        let host = HostFile(config.acquirer.reconciliation_file.as_deref());
        let history = projections::tell(&books, &stopped.journal, payment_id, host)
            .map_err(|error| Failed::new(NO, error))?
            .ok_or_else(|| Failed::new(NO, format!("no payment {payment_id}")))?;
        Ok((history, reader))
    })?;
    show(asked.output, view(&history, &reader))
}

fn view(history: &PaymentHistory, reader: &Reader) -> View {
    let mut text = String::new();
    let standing = state(history);
    let amounts = format!(
        "{}, {} {}",
        amount(history.asked.as_ref()),
        reader.words("paid", "已付"),
        amount(history.paid.as_ref())
    );
    let mut lines = vec![
        ("payment", "付款", history.payment_id.as_str()),
        ("standing", "状态", reader.read(&standing)),
        ("asked", "请求", amounts.as_str()),
    ];
    if !history.receipt_number.is_empty() {
        lines.push(("receipt", "小票", history.receipt_number.as_str()));
    }
    for (name, name_zh, value) in lines {
        // Writing to a String can't fail, here and below.
        let heading = reader.heading((name, name_zh), 10);
        let _ = writeln!(text, "{heading}{value}");
    }
    for (heading, heading_zh, lines) in [
        ("Lane", "收银台", &history.lane),
        ("Hub", "主机", &history.hub),
        ("Host", "银行", &history.host),
    ] {
        let _ = writeln!(text, "\n{}", reader.words(heading, heading_zh));
        if lines.is_empty() {
            let _ = writeln!(text, "  {}", reader.words("nothing", "无"));
        }
        for line in lines {
            let step = presentation::history_line(line);
            let _ = writeln!(
                text,
                "  {} {}",
                reader.clock(line.wall_ms),
                reader.read(&step)
            );
        }
    }
    let _ = writeln!(text, "\n{}", reader.words("Receipt", "小票"));
    if history.receipt_text.is_empty() {
        let none = reader.words("none: its sale has not been closed", "无：销售尚未完成");
        let _ = writeln!(text, "  {none}");
    }
    for line in history.receipt_text.lines() {
        let _ = writeln!(text, "  {line}");
    }
    View {
        text,
        json: history_json(history),
    }
}

fn state(history: &PaymentHistory) -> Sentence {
    let state = history.state.as_ref();
    state.map(presentation::payment_state).unwrap_or_default()
}

fn history_json(history: &PaymentHistory) -> Value {
    let lines = |lines: &[HistoryLine]| -> Vec<Value> {
        let lines = lines.iter().map(|line| {
            let text = presentation::history_line(line).english;
            json!({"wall_ms": line.wall_ms, "text": text})
        });
        lines.collect()
    };
    json!({
        "payment_id": history.payment_id,
        "standing": state(history).english,
        "asked": amount_json(history.asked.as_ref()),
        "paid": amount_json(history.paid.as_ref()),
        "receipt_number": history.receipt_number,
        "receipt_text": history.receipt_text,
        "lane": lines(&history.lane),
        "hub": lines(&history.hub),
        "host": lines(&history.host),
    })
}
