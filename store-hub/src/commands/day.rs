//! Commands about the business day: a person closes it, settles in mid-day, moves an empty store
//! forward.

use clap::Args;
use command_line::say;
use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, OpenDayRequest, SettleRequest, StateEpochEndRequest,
};
use tonic::Streaming;

use super::{
    Asked, Failed, NO, Outcome, Output, UNREACHABLE,
    hub::{Hub, block_on, running},
    print, print_json,
    view::{Reader, show},
    views,
};
use crate::presentation;

/// Where a machine's journal had ended.
#[derive(Args)]
pub(super) struct EpochEnd {
    /// The lane
    #[arg(long)]
    lane: u16,
    /// The machine's epoch
    #[arg(long)]
    epoch: u32,
    /// Its last record
    #[arg(long, value_name = "RECORD")]
    through: u64,
    /// Who says it
    #[arg(long)]
    by: String,
    /// Why it is known
    #[arg(long)]
    reason: String,
}

/// Steps on stderr as they come; at the end the closed day on stdout. 1 when a batch did not
/// balance.
pub(super) fn close(asked: &Asked, date: Option<String>) -> Outcome {
    let request = CloseDayRequest {
        business_date: date.unwrap_or_default(),
    };
    let (closed, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let reader = hub.reader(asked).await?;
        let steps = hub.ask(async |hub| hub.close_day(request).await).await?;
        Ok((follow(&hub, steps, &reader).await?, reader))
    })?;
    show(asked.output, views::closed(&closed, &reader))?;
    all_balanced(&closed)
}

/// As a close, without a day.
pub(super) fn settle(asked: &Asked) -> Outcome {
    let (settled, reader) = block_on(async {
        let mut hub = running(asked).await?;
        let reader = hub.reader(asked).await?;
        let steps = hub.ask(async |hub| hub.settle(SettleRequest {}).await);
        let steps = steps.await?;
        Ok((follow(&hub, steps, &reader).await?, reader))
    })?;
    show(asked.output, views::closed(&settled, &reader))?;
    all_balanced(&settled)
}

async fn follow(
    hub: &Hub,
    mut steps: Streaming<CloseDayProgress>,
    reader: &Reader,
) -> Result<CloseDayProgress, Failed> {
    loop {
        match steps.message().await {
            Ok(Some(step)) if step.done => return Ok(step),
            Ok(Some(step)) => say(&in_words(&step, reader)),
            Ok(None) => return Err(Failed::new(UNREACHABLE, "the hub went away")),
            Err(status) => return Err(hub.said(&status)),
        }
    }
}

fn in_words(step: &CloseDayProgress, reader: &Reader) -> String {
    let (at, told) = (
        presentation::close_step(step.at),
        presentation::close_detail(step),
    );
    format!("{}: {}", reader.read(&at), reader.read(&told))
}

fn all_balanced(closed: &CloseDayProgress) -> Outcome {
    if closed.batches.iter().all(|batch| batch.balanced) {
        Ok(())
    } else {
        Err(Failed::new(NO, "a batch did not balance"))
    }
}

pub(super) fn open(asked: &Asked, date: String) -> Outcome {
    let request = OpenDayRequest {
        business_date: date,
    };
    let opened = block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.open_day(request).await).await
    })?;
    match asked.output {
        Output::Text => print(&format!(
            "the business date is {} (it was {})\n",
            opened.begins, opened.ended
        )),
        Output::Json => print_json(&serde_json::json!({
            "business_date": opened.begins,
            "before": opened.ended,
        })),
    }
}

pub(super) fn state_epoch_end(asked: &Asked, end: EpochEnd) -> Outcome {
    let (lane, epoch, through) = (end.lane, end.epoch, end.through);
    let request = StateEpochEndRequest {
        lane: lane.into(),
        epoch,
        sequence: through,
        by: end.by,
        reason: end.reason,
    };
    block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.state_epoch_end(request).await)
            .await
    })?;
    match asked.output {
        Output::Text => print(&format!(
            "lane {lane}, epoch {epoch}: ended with record {through}\n"
        )),
        Output::Json => print_json(&serde_json::json!({
            "lane": lane,
            "epoch": epoch,
            "through_sequence": through,
        })),
    }
}
