//! Commands that ask the running hub over gRPC, or read the journal of a stopped one.

use command_line::clock;
use domain::{desk::Desk, time::WallMs};
use proto::store::v1::{
    DeadLettersRequest, LaneView, LanesRequest, Resolution, ResolveDeadLetterRequest,
    StatusRequest, UnresolvedRequest,
};
use tonic::{Response, Status};

use super::{
    Asked, Failed, Outcome, Output, Resolve,
    hub::{Client, Source, block_on, running, source},
    print, print_json,
    stopped::Stopped,
    view::{Reader, show},
    views,
};
use crate::{
    config::Config,
    operator_view::{self, HubFigures},
    presentation,
    recovery::{ReplayFrom, lane_logs},
};

pub(super) fn status(asked: &Asked) -> Outcome {
    let (status, runs, reader) = block_on(async {
        let mut source = source(asked).await?;
        let reader = source.reader(asked).await?;
        match source {
            Source::Running(mut hub) => {
                let status = hub.ask(async |hub| hub.status(StatusRequest {}).await);
                Ok((status.await?, true, reader))
            }
            Source::Stopped(config) => Ok((status_of_stopped(&config)?, false, reader)),
        }
    })?;
    show(asked.output, views::status(&status, runs, &reader))
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
    let (lanes, reader) = block_on(async {
        let mut source = source(asked).await?;
        let reader = source.reader(asked).await?;
        match source {
            Source::Running(mut hub) => {
                let answer = hub.ask(async |hub| hub.lanes(LanesRequest {}).await);
                Ok((answer.await?.lanes, reader))
            }
            Source::Stopped(config) => Ok((lanes_of_stopped(&config)?, reader)),
        }
    })?;
    show(asked.output, views::lanes(&lanes, &reader))
}

fn lanes_of_stopped(config: &Config) -> Result<Vec<LaneView>, Failed> {
    let stopped = Stopped::open(config)?;
    let books = stopped.books(config)?;
    let journal = &stopped.journal;
    let logs = journal.logs();
    let views = lane_logs(&logs).map(|(log, lane, epoch)| {
        let replicated = journal.durable_head(log).sequence;
        let (sales_closed, sales_voided) = books.counts_of(lane, epoch);
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

/// A question that the desk answers: of a running hub over its call, of a stopped one from its
/// journal. With what is answered comes who reads it.
pub(super) fn of_desk<A>(
    asked: &Asked,
    call: impl AsyncFnOnce(&mut Client) -> Result<Response<A>, Status>,
    from_journal: impl FnOnce(&Desk, WallMs) -> A,
) -> Result<(A, Reader), Failed> {
    block_on(async {
        let mut source = source(asked).await?;
        let reader = source.reader(asked).await?;
        let answer = match source {
            Source::Running(mut hub) => hub.ask(call).await?,
            Source::Stopped(config) => {
                let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
                from_journal(&told.desk, WallMs(clock(config.clock).wall_ms()))
            }
        };
        Ok((answer, reader))
    })
}

pub(super) fn unresolved(asked: &Asked) -> Outcome {
    let (answer, reader) = of_desk(
        asked,
        async |hub| hub.unresolved(UnresolvedRequest {}).await,
        operator_view::unresolved,
    )?;
    show(asked.output, views::unresolved(&answer, &reader))
}

/// Open ones; `all` shows those that somebody has resolved, too.
pub(super) fn dead_letters(asked: &Asked, all: bool) -> Outcome {
    let (mut answer, reader) = of_desk(
        asked,
        async |hub| hub.dead_letters(DeadLettersRequest {}).await,
        |desk, _| operator_view::dead_letters(desk),
    )?;
    answer.dead_letters.retain(|letter| all || !letter.resolved);
    show(
        asked.output,
        views::dead_letters(&answer.dead_letters, &reader),
    )
}

pub(super) fn resolve(asked: &Asked, forward_id: u64, how: Resolve, note: String) -> Outcome {
    let how = match how {
        Resolve::Retry => Resolution::Retry,
        Resolve::SettledByHand => Resolution::SettledByHand,
        Resolve::WrittenOff => Resolution::WrittenOff,
    };
    let request = ResolveDeadLetterRequest {
        forward_id,
        how: how.into(),
        note,
    };
    let resolution = presentation::resolution(how.into());
    block_on(async {
        let mut hub = running(asked).await?;
        hub.ask(async |hub| hub.resolve_dead_letter(request).await)
            .await
    })?;
    match asked.output {
        Output::Text => print(&format!(
            "entry {forward_id}: {}\n",
            resolution.read_in(asked.language.into())
        )),
        Output::Json => print_json(&serde_json::json!({
            "forward_id": forward_id,
            "resolution": resolution.english,
        })),
    }
}
