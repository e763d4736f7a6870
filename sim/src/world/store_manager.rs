//! The store's manager: waits until everything is sold and has come to rest, then closes the day,
//! as a person with `store-hub close-day` would. When the day is closed the world ends. Of two days
//! the first is closed while lanes sell, when the bell says so.

use std::{cell::RefCell, error::Error, rc::Rc, time::Duration};

use ::ports::Network as _;
use hyper_util::rt::TokioIo;
use proto::store::v1::{
    CloseDayRequest, LanesRequest, LanesResponse, StatusRequest,
    operations_service_client::OperationsServiceClient,
};
use tokio::time::{sleep, timeout};
use tonic::{
    Status,
    transport::{Channel, Endpoint},
};
use turmoil::Sim;

use super::{
    HUB_ADDRESS, OPENS_AFTER_MS, WorldOptions, WorldOutcome, network::VirtualNetwork, trace,
    turn::Bell,
};
use crate::workload::days::{FIRST_DAY, date_of};

/// How often the manager looks.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How often the manager listens for the bell, and then for the turn of the date.
const BELL_EVERY: Duration = Duration::from_millis(20);
/// Any one question.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(5);
/// A close of the day, all its steps.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(60);

type Operations = OperationsServiceClient<Channel>;

/// Adds the manager to the world.
pub(super) fn add(
    world: &mut Sim<'_>,
    options: WorldOptions,
    outcome: Rc<RefCell<WorldOutcome>>,
    bell: Bell,
) {
    world.client("manager", async move {
        manage(options, &outcome, &bell).await?;
        Ok(())
    });
}

async fn manage(
    options: WorldOptions,
    outcome: &RefCell<WorldOutcome>,
    bell: &Bell,
) -> Result<(), Box<dyn Error>> {
    let network = VirtualNetwork::ungated("manager");
    let channel = Endpoint::from_static("http://hub")
        .connect_timeout(QUESTION_TIMEOUT)
        .http2_keep_alive_interval(Duration::from_secs(2))
        .keep_alive_timeout(Duration::from_secs(2))
        .connect_with_connector_lazy(tower::service_fn(move |_| {
            let connecting = network.connect(HUB_ADDRESS);
            async move { connecting.await.map(TokioIo::new) }
        }));
    let mut hub = OperationsServiceClient::new(channel);
    for day in FIRST_DAY..options.days() {
        close_while_selling(&mut hub, day, bell).await;
    }
    // Faults strike until shortly before this; a day that ends earlier would not meet them.
    let opens_after_ms = OPENS_AFTER_MS.unsigned_abs();
    sleep(Duration::from_millis(options.day_ms + opens_after_ms)).await;
    while !at_rest(options, &mut hub, outcome).await {
        sleep(LOOK_EVERY).await;
    }
    close_at_last(&mut hub, options.days()).await;
    // What lanes wrote meanwhile is replicated, too. The hub counts for another day by now.
    let next_day = RefCell::default();
    while !at_rest(options, &mut hub, &next_day).await {
        sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// Closes a day after which others come, and rings when the date has turned and when all is done.
async fn close_while_selling(hub: &mut Operations, day: u16, bell: &Bell) {
    while !bell.has_rung() {
        sleep(BELL_EVERY).await;
    }
    let mut asked = hub.clone();
    let watch = async {
        while !has_turned(&mut asked, day).await {
            sleep(BELL_EVERY).await;
        }
        trace::line("manager sees the next date");
        bell.turned();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = close_at_last(hub, day) => {}
        () = watch => {}
    }
    bell.closed();
}

async fn has_turned(hub: &mut Operations, day: u16) -> bool {
    let asked = timeout(QUESTION_TIMEOUT, hub.status(StatusRequest {})).await;
    let date = date_of(day);
    asked.is_ok_and(|status| {
        status.is_ok_and(|status| status.into_inner().business_date.as_str() > date.as_str())
    })
}

/// Again and again, until the hub says that the day is closed.
async fn close_at_last(hub: &mut Operations, day: u16) {
    while let Err(status) = close_day(hub, day).await {
        trace::line(&format!("manager close-day {:?}", status.code()));
        sleep(LOOK_EVERY).await;
    }
}

/// Everything sold, replicated, and nothing left for the bank. A hub that doesn't answer is not at
/// rest.
async fn at_rest(
    options: WorldOptions,
    hub: &mut Operations,
    outcome: &RefCell<WorldOutcome>,
) -> bool {
    let asked = timeout(QUESTION_TIMEOUT, look(hub)).await;
    let Ok(Ok((lanes, status))) = asked else {
        trace::line("manager sees no hub");
        return false;
    };
    let ended: u32 = lanes
        .lanes
        .iter()
        .map(|lane| lane.sales_closed + lane.sales_voided)
        .sum();
    trace::line(&format!(
        "manager sees {ended} sales, queue {}",
        status.queue_depth
    ));
    let counts = status.counts.unwrap_or_default();
    let mut outcome = outcome.borrow_mut();
    outcome.sales = lanes.lanes.iter().map(|lane| lane.sales_closed).sum();
    outcome.payments = counts.requested;
    outcome.stood_in = counts.stand_in;
    outcome.offline = counts.offline_approved;
    outcome.reversed = counts.reversed;
    let all_sold = usize::try_from(ended).is_ok_and(|ended| ended >= options.baskets);
    let all_here = lanes.lanes.iter().all(|lane| {
        lane.connected && lane.script_finished && lane.replicated_sequence == lane.journal_sequence
    });
    all_sold && all_here && status.queue_depth == 0 && status.payments_in_flight == 0
}

async fn look(
    hub: &mut Operations,
) -> Result<(LanesResponse, proto::store::v1::StatusResponse), Status> {
    let lanes = hub.lanes(LanesRequest {}).await?.into_inner();
    let status = hub.status(StatusRequest {}).await?.into_inner();
    Ok((lanes, status))
}

async fn close_day(hub: &mut Operations, day: u16) -> Result<(), Status> {
    let closing = async {
        let request = CloseDayRequest {
            business_date: date_of(day),
        };
        let mut steps = hub.close_day(request).await?.into_inner();
        while let Some(step) = steps.message().await? {
            trace::line(&format!("manager close-day {:?}", step.at()));
            if step.done {
                return Ok(());
            }
        }
        Err(Status::unavailable("the steps ended early"))
    };
    timeout(CLOSE_TIMEOUT, closing)
        .await
        .unwrap_or_else(|_| Err(Status::deadline_exceeded("the day does not close")))
}
