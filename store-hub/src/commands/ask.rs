//! Commands that ask the running hub over gRPC, or read the journal of a stopped one.

use std::{fs, future::Future, time::Duration};

use domain::{limits::CONNECT_TIMEOUT_MS, time::WallMs};
use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, DeadLettersRequest, LaneView, LanesRequest,
    ResolveDeadLetterRequest, StatusRequest, UnresolvedRequest,
    operations_service_client::OperationsServiceClient,
};
use tonic::{Code, Status, transport::Channel, transport::Endpoint};

use super::{
    Asked, Failed, NO, Outcome, Output, REFUSED, Resolve, UNREACHABLE, USAGE, load, print,
    print_json, serve::clock, stopped::Stopped, views,
};
use crate::{
    config::Config,
    operator_view::{self, HubFigures},
    recovery::{ReplayFrom, lane_logs},
};

/// A question that is not answered for so long is given up.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) type Client = OperationsServiceClient<Channel>;

/// The hub that runs on this configuration, if one answers.
pub(super) async fn connect(asked: &Asked, config: &Config) -> Option<Client> {
    let address = address(asked, config)?;
    let endpoint = Endpoint::from_shared(format!("http://{address}")).ok()?;
    let channel = endpoint
        .connect_timeout(Duration::from_millis(CONNECT_TIMEOUT_MS))
        .connect()
        .await
        .ok()?;
    Some(OperationsServiceClient::new(channel))
}

fn address(asked: &Asked, config: &Config) -> Option<String> {
    let left = || fs::read_to_string(&config.address_file).ok();
    let fixed = || (!config.listen_address.ends_with(":0")).then(|| config.listen_address.clone());
    let address = asked.address.clone().or_else(left).or_else(fixed)?;
    Some(address.trim().to_owned())
}

pub(super) fn block_on<T>(work: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failed::new(USAGE, error))?
        .block_on(work)
}

/// The one place where a gRPC status becomes an exit code.
pub(super) fn failed(status: &Status) -> Failed {
    let code = match status.code() {
        Code::NotFound | Code::DataLoss => NO,
        Code::InvalidArgument => USAGE,
        Code::FailedPrecondition | Code::PermissionDenied => REFUSED,
        _ => UNREACHABLE,
    };
    Failed::new(code, status.message())
}

pub(super) async fn patiently<T>(
    call: impl Future<Output = Result<tonic::Response<T>, Status>>,
) -> Result<T, Failed> {
    match tokio::time::timeout(ANSWER_TIMEOUT, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(failed(&status)),
        Err(_) => Err(Failed::new(UNREACHABLE, "the hub does not answer")),
    }
}

pub(super) fn show(output: Output, view: views::View) -> Outcome {
    match output {
        Output::Text => print(&view.text),
        Output::Json => print_json(&view.json),
    }
}

pub(super) fn status(asked: &Asked) -> Outcome {
    let config = load(&asked.config)?;
    let status = block_on(async {
        if let Some(mut hub) = connect(asked, &config).await {
            return patiently(hub.status(StatusRequest {}))
                .await
                .map(|status| (status, true));
        }
        let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
        let hub = HubFigures {
            store_id: &config.store.id,
            business_date: told.desk.business_date(),
            hub_epoch: told.hub_epoch,
            journal_sequence: told.journal_sequence,
            no_room: told.no_room,
            journal_lag_batches: 0,
        };
        Ok((operator_view::status(&told.desk, hub), false))
    })?;
    show(asked.output, views::status(&status.0, status.1))
}

pub(super) fn lanes(asked: &Asked) -> Outcome {
    let config = load(&asked.config)?;
    let lanes = block_on(async {
        if let Some(mut hub) = connect(asked, &config).await {
            return patiently(hub.lanes(LanesRequest {}))
                .await
                .map(|response| response.lanes);
        }
        let stopped = Stopped::open(&config)?;
        let books = stopped.books(&config)?;
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
    })?;
    show(asked.output, views::lanes(&lanes))
}

pub(super) fn unresolved(asked: &Asked) -> Outcome {
    let config = load(&asked.config)?;
    let payments = block_on(async {
        if let Some(mut hub) = connect(asked, &config).await {
            let response = patiently(hub.unresolved(UnresolvedRequest {})).await;
            return response.map(|response| response.payments);
        }
        let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
        Ok(operator_view::unresolved(&told.desk))
    })?;
    let now = WallMs(clock(config.clock).wall_ms());
    show(asked.output, views::unresolved(&payments, now))
}

/// Open ones; `all` shows those that somebody has resolved, too.
pub(super) fn dead_letters(asked: &Asked, all: bool) -> Outcome {
    let config = load(&asked.config)?;
    let mut letters = block_on(async {
        if let Some(mut hub) = connect(asked, &config).await {
            let response = patiently(hub.dead_letters(DeadLettersRequest {})).await;
            return response.map(|response| response.dead_letters);
        }
        let told = Stopped::open(&config)?.desk(&config, ReplayFrom::Checkpoint)?;
        Ok(operator_view::dead_letters(&told.desk))
    })?;
    letters.retain(|letter| all || !letter.resolved);
    show(asked.output, views::dead_letters(&letters))
}

/// Only a running hub writes.
pub(super) async fn running(asked: &Asked, config: &Config) -> Result<Client, Failed> {
    connect(asked, config)
        .await
        .ok_or_else(|| Failed::new(UNREACHABLE, "no hub is running on this configuration"))
}

pub(super) fn resolve(asked: &Asked, forward_id: u64, how: Resolve, note: String) -> Outcome {
    let config = load(&asked.config)?;
    let resolution = match how {
        Resolve::Retry => "retry",
        Resolve::SettledByHand => "settled-by-hand",
        Resolve::WrittenOff => "written-off",
    };
    block_on(async {
        let mut hub = running(asked, &config).await?;
        let request = ResolveDeadLetterRequest {
            forward_id,
            resolution: resolution.to_owned(),
            note,
        };
        patiently(hub.resolve_dead_letter(request))
            .await
            .map(|_| ())
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
    let config = load(&asked.config)?;
    let closed = block_on(async {
        let mut hub = running(asked, &config).await?;
        let request = CloseDayRequest {
            business_date: date.unwrap_or_default(),
        };
        let mut steps = patiently(hub.close_day(request)).await?;
        loop {
            match steps.message().await {
                Ok(Some(step)) if step.done => return Ok(step),
                Ok(Some(step)) => tell_step(&step),
                Ok(None) => return Err(Failed::new(UNREACHABLE, "the hub went away")),
                Err(status) => return Err(failed(&status)),
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

#[allow(clippy::print_stderr, reason = "progress belongs on stderr")]
fn tell_step(step: &CloseDayProgress) {
    eprintln!("{}: {}", step.step, step.detail);
}
