//! `store-hub link`: the acquirer link, and a try without waiting for a pause.

use clap::Args;
use domain::time::WallMs;
use ports::StoreZone;
use proto::store::v1::{LinkRequest, LinkResponse};
use serde_json::json;

use super::{
    Asked, Failed, NO, Outcome,
    hub::{block_on, running},
    view::{View, show},
};
use crate::moment::moment_in_words;

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
    let (line, zone) = block_on(async {
        let mut hub = running(asked).await?;
        let line = hub.ask(async |hub| hub.link(request).await).await?;
        Ok((line, hub.zone().await?))
    })?;
    show(asked.output, view(&line, &zone))?;
    match line.up {
        true => Ok(()),
        false => Err(Failed::new(NO, "the line to the bank is down")),
    }
}

fn view(line: &LinkResponse, zone: &StoreZone) -> View {
    let LinkResponse {
        up,
        address,
        reason,
        tries,
        losses,
        one_exchange,
        ..
    } = line;
    let state = if *up { "up" } else { "down" };
    let since = moment_in_words(WallMs(line.since_wall_ms), zone);
    let mut text = format!("bank        {address}\nline        {state} since {since}\n");
    if !reason.is_empty() {
        let when = if *up { "last loss" } else { "because" };
        text += &format!("{when:<11} {reason}\n");
    }
    let kind = if *one_exchange {
        "one an exchange"
    } else {
        "kept"
    };
    text += &format!("connections {kind}, {losses} lost, {tries} tries since the last\n");
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
