//! `store-hub link`: the acquirer link, and a try without waiting for a pause.

use clap::Args;
use domain::words::Language;
use proto::store::v1::{LinkRequest, LinkResponse};
use serde_json::json;

use super::{
    Asked, Failed, NO, Outcome,
    hub::{block_on, running},
    view::{Reader, View, show},
};

/// How it is asked.
#[derive(Args)]
pub(super) struct Try {
    /// Try the bank now instead of after the pause
    #[arg(long)]
    now: bool,
}

/// 1 when the line is down.
pub(super) fn link(asked: &Asked, how: &Try) -> Outcome {
    let request = LinkRequest { now: how.now };
    let (line, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let line = hub.ask(async |hub| hub.link(request).await).await?;
        Ok((line, hub.reader(asked).await?))
    })?;
    show(asked.output, view(&line, &reader))?;
    match line.up {
        true => Ok(()),
        false => Err(Failed::new(NO, "the line to the bank is down")),
    }
}

fn view(line: &LinkResponse, reader: &Reader) -> View {
    let LinkResponse {
        up,
        address,
        reason,
        tries,
        losses,
        one_exchange,
        ..
    } = line;
    let state = match up {
        true => reader.words("up", "正常"),
        false => reader.words("down", "中断"),
    };
    let (since, at) = (
        reader.words("since", "自"),
        reader.moment(line.since_wall_ms),
    );
    let mut text = format!("{}{address}\n", reader.heading(("bank", "银行"), 12));
    text += &format!(
        "{}{state} {since} {at}\n",
        reader.heading(("line", "线路"), 12)
    );
    if !reason.is_empty() {
        let when = match up {
            true => ("last loss", "上次中断"),
            false => ("because", "原因"),
        };
        text += &format!("{}{reason}\n", reader.heading(when, 12));
    }
    let kind = match one_exchange {
        true => reader.words("one an exchange", "每次交互一条"),
        false => reader.words("kept", "保持"),
    };
    text += &match reader.language {
        Language::English => {
            format!("connections {kind}, {losses} lost, {tries} tries since the last\n")
        }
        Language::Chinese => {
            format!("连接：{kind}，中断 {losses} 次，此后重试 {tries} 次\n")
        }
    };
    View {
        text,
        json: json!({
            "up": up,
            "address": address,
            "since_wall_ms": line.since_wall_ms,
            "reason": reason,
            "tries": tries,
            "losses": losses,
            "one_exchange": one_exchange,
        }),
    }
}
