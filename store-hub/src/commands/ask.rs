//! Commands that ask the running hub over gRPC, or read the journal of a stopped one.

use command_line::{clock, say};
use domain::time::WallMs;
use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, DeadLettersRequest, LaneView, LanesRequest,
    ResolveDeadLetterRequest, StatusRequest, UnresolvedRequest,
};

use super::{
    Asked, Failed, NO, Outcome, Output, Resolve, UNREACHABLE,
    hub::{Source, block_on, running, source},
    print, print_json,
    stopped::Stopped,
    views,
};
use crate::{
    config::Config,
    operator_view::{self, HubFigures},
    recovery::{ReplayFrom, lane_logs},
};

pub(super) fn show(output: Output, view: views::View) -> Outcome {
    match output {
        Output::Text => print(&view.text),
        Output::Json => print_json(&view.json),
    }
}

pub(super) fn status(asked: &Asked) -> Outcome {
    let (status, runs) = block_on(async {
        match source(asked).await? {
            Source::Running(mut hub) => {
                let status = hub.ask(async |hub| hub.status(StatusRequest {}).await);
                Ok((status.await?, true))
            }
            Source::Stopped(config) => Ok((status_of_stopped(&config)?, false)),
        }
    })?;
    show(asked.output, views::status(&status, runs))
}

fn status_of_stopped(config: &Config) -> Result<proto::store::v1::StatusResponse, Failed> {
    let told = Stopped::open(config)?.desk(config, ReplayFrom::Checkpoint)?;
    let hub = HubFigures {
        store_id: &config.store.id,
        business_date: told.desk.business_date(),
        hub_epoch: told.hub_epoch,
        journal_sequence: told.journal_sequence,
        no_room: told.no_room,
        journal_lag_batches: 0,
    };
    Ok(operator_view::status(&told.desk, hub))
}

pub(super) fn lanes(asked: &Asked) -> Outcome {
    let lanes = block_on(async {
        match source(asked).await? {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.lanes(LanesRequest {}).await);
                Ok(answer.await?.lanes)
            }
            Source::Stopped(config) => lanes_of_stopped(&config),
        }
    })?;
    show(asked.output, views::lanes(&lanes))
}

fn lanes_of_stopped(config: &Config) -> Result<Vec<LaneView>, Failed> {
    let stopped = Stopped::open(config)?;
    let books = stopped.books(config)?;
    let journal = &stopped.journal;
    let logs = journal.logs();
    let views = lane_logs(&logs).map(|(log, lane, epoch)| {
        let replicated = journal.durable_head(log).sequence;
        let (sales_closed, sales_voided) = books.sales.counts_of(lane, epoch);
        LaneView {
            lane: lane.0.into(),
            epoch: epoch.0,
            journal_sequence: replicated,
            replicated_sequence: replicated,
            sales_closed,
            sales_voided,
            ..Default::default()
        }
    });
    let mut views: Vec<LaneView> = views.collect();
    let configured = config.terminals.iter().map(|terminal| terminal.lane);
    for lane in configured.map(|lane| u32::from(lane.0)) {
        if views.iter().all(|view| view.lane != lane) {
            views.push(LaneView {
                lane,
                ..Default::default()
            });
        }
    }
    views.sort_by_key(|view| (view.lane, view.epoch));
    Ok(views)
}

pub(super) fn unresolved(asked: &Asked) -> Outcome {
    let (payments, now) = block_on(async {
        match source(asked).await? {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.unresolved(UnresolvedRequest {}).await);
                let answer = answer.await?;
                Ok((answer.payments, answer.wall_ms))
            }
            Source::Stopped(config) => {
                let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
                let now_ms = clock(config.clock).wall_ms();
                Ok((operator_view::unresolved(&told.desk), now_ms))
            }
        }
    })?;
    show(asked.output, views::unresolved(&payments, WallMs(now)))
}

/// Open ones; `all` shows those that somebody has resolved, too.
pub(super) fn dead_letters(asked: &Asked, all: bool) -> Outcome {
    let mut letters = block_on(async {
        match source(asked).await? {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.dead_letters(DeadLettersRequest {}).await);
                Ok(answer.await?.dead_letters)
            }
            Source::Stopped(config) => {
                let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
                Ok(operator_view::dead_letters(&told.desk))
            }
        }
    })?;
    letters.retain(|letter| all || !letter.resolved);
    show(asked.output, views::dead_letters(&letters))
}

pub(super) fn resolve(asked: &Asked, forward_id: u64, how: Resolve, note: String) -> Outcome {
    let resolution = match how {
        Resolve::Retry => "retry",
        Resolve::SettledByHand => "settled-by-hand",
        Resolve::WrittenOff => "written-off",
    };
    let request = ResolveDeadLetterRequest {
        forward_id,
        resolution: resolution.to_owned(),
        note,
    };
    block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.resolve_dead_letter(request).await)
            .await
    })?;
    match asked.output {
        Output::Text => print(&format!("entry {forward_id}: {resolution}\n")),
        Output::Json => print_json(&serde_json::json!({
            "forward_id": forward_id,
            "resolution": resolution,
        })),
    }
}

/// Steps on stderr as they come; at the end the closed day on stdout. 1 when a batch did not
/// balance.
pub(super) fn close_day(asked: &Asked, date: Option<String>) -> Outcome {
    let request = CloseDayRequest {
        business_date: date.unwrap_or_default(),
    };
    let closed = block_on(async {
        let mut hub = running(asked).await?;
        let mut steps = hub.ask(async |hub| hub.close_day(request).await).await?;
        loop {
            match steps.message().await {
                Ok(Some(step)) if step.done => return Ok(step),
                Ok(Some(step)) => tell_step(&step),
                Ok(None) => return Err(Failed::new(UNREACHABLE, "the hub went away")),
                Err(status) => return Err(hub.said(&status)),
            }
        }
    })?;
    show(asked.output, views::closed(&closed))?;
    if closed.batches.iter().all(|batch| batch.balanced) {
        Ok(())
    } else {
        Err(Failed::new(NO, "a batch did not balance"))
    }
}

fn tell_step(step: &CloseDayProgress) {
    say(&format!("{}: {}", step.step, step.detail));
}
