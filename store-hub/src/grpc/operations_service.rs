//! What an operator of the store asks and orders.

use std::pin::Pin;

use domain::{
    desk::{Event, Rejected},
    ids::{ForwardId, LaneEpoch, LeaseId, ReturnId},
    limits::NOTE_BYTES_MAX,
    time::WallMs,
};
use futures::{Stream, StreamExt};
use proto::store::v1::{
    CloseDayProgress, CloseDayRequest, DeadLettersRequest, DeadLettersResponse, FindRequest,
    FindResponse, ImportPricesRequest, ImportPricesResponse, LanesRequest, LanesResponse,
    LeasesRequest, LeasesResponse, LinkRequest, LinkResponse, OpenDayRequest, OpenDayResponse,
    OperatorsRequest, OperatorsResponse, OrderOperatorsRequest, OrderOperatorsResponse,
    OwedRequest, OwedResponse, PaymentHistory, PaymentQuery, PricesRequest, PricesResponse,
    ReleaseReturnRequest, ReleaseReturnResponse, ResolveDeadLetterRequest,
    ResolveDeadLetterResponse, ReturnsRequest, ReturnsResponse, SettleRequest,
    StateEpochEndRequest, StateEpochEndResponse, StatusRequest, StatusResponse, StoreRequest,
    StoreResponse, TakeBackEpochRequest, TakeBackEpochResponse, UnresolvedRequest,
    UnresolvedResponse, WriteOffLeaseRequest, WriteOffLeaseResponse,
    operations_service_server::OperationsService,
};
use records::hub::resolution_from_proto;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

use super::{
    Services, lane_id,
    report_service::{read_date, report_status},
    stopping,
};
use crate::{
    actors::{
        business_day::DayError,
        day_close::{CloseDay, CloseUpdate, OpenDay, SettleNow},
        lanes::{EpochIs, ViewLanes},
        payment_desk::{DeskQuery, Happened, PaymentDesk},
        reports::{CountSales, Find, FindByPrefix, FindPaymentHistory},
    },
    find_view::{self, NoPayment},
    lease_view, operator_view,
    presentation::with_chinese,
    replica::log_of,
    return_view,
};

/// What somebody writes becomes part of a record, and a record has its bounds.
fn check_note(field: &str, note: &str) -> Result<(), Status> {
    match note.len() {
        0..=NOTE_BYTES_MAX => Ok(()),
        bytes => Err(Status::invalid_argument(format!(
            "{field}: {bytes} bytes, at most {NOTE_BYTES_MAX} are kept"
        ))),
    }
}

type Steps = Pin<Box<dyn Stream<Item = Result<CloseDayProgress, Status>> + Send>>;

/// Steps of a day's close waiting for a listener.
const STEPS_WAITING_MAX: usize = 16;

#[tonic::async_trait]
impl OperationsService for Services {
    type CloseDayStream = Steps;
    type SettleStream = Steps;

    async fn store(&self, _: Request<StoreRequest>) -> Result<Response<StoreResponse>, Status> {
        Ok(Response::new(StoreResponse {
            store_id: self.store_id.clone(),
            time_zone: self.calendar.zone.name().to_owned(),
        }))
    }

    async fn status(&self, _: Request<StatusRequest>) -> Result<Response<StatusResponse>, Status> {
        let store_id = self.store_id.clone();
        let mut status = self.look(move |desk| desk.view(&store_id)).await?;
        self.tell_days(&mut status).await?;
        status.line_since_wall_ms = self.line_since_wall_ms();
        let mut lanes = self.lanes.send(ViewLanes).await.map_err(stopping)?;
        lanes.retain(|lane| !lane.troubles.is_empty());
        status.lanes_in_trouble = lanes;
        Ok(Response::new(status))
    }

    async fn lanes(&self, _: Request<LanesRequest>) -> Result<Response<LanesResponse>, Status> {
        let lanes = self.lanes.send(ViewLanes).await.map_err(stopping)?;
        let counted = self.reports.send(CountSales(lanes)).await;
        let lanes = counted.map_err(stopping)?.map_err(report_status)?;
        Ok(Response::new(LanesResponse { lanes }))
    }

    async fn payment(
        &self,
        request: Request<PaymentQuery>,
    ) -> Result<Response<PaymentHistory>, Status> {
        let digits = find_view::id_digits(&request.into_inner().payment_id);
        let digits = digits.map_err(|error| no_payment(&error))?;
        let found = self.reports.send(FindByPrefix(digits.clone())).await;
        let found = found.map_err(stopping)?.map_err(report_status)?;
        let id = find_view::the_one(&digits, found).map_err(|error| no_payment(&error))?;
        let told = self
            .reports
            .send(FindPaymentHistory(id))
            .await
            .map_err(stopping)?;
        let history = told.map_err(report_status)?;
        history
            .map(Response::new)
            .ok_or_else(|| Status::not_found(format!("no payment {id}")))
    }

    async fn find(&self, request: Request<FindRequest>) -> Result<Response<FindResponse>, Status> {
        let query = find_view::query(&request.into_inner(), self.currency).map_err(|error| {
            let status = Status::invalid_argument(error.to_string());
            with_chinese(status, error.chinese())
        })?;
        let found = self.reports.send(Find(query.clone())).await;
        let found = found.map_err(stopping)?.map_err(report_status)?;
        Ok(Response::new(find_view::response(
            &found,
            &query,
            self.currency,
        )))
    }

    async fn unresolved(
        &self,
        _: Request<UnresolvedRequest>,
    ) -> Result<Response<UnresolvedResponse>, Status> {
        let now = WallMs(self.clock.wall_ms());
        let told = self.look(move |desk| operator_view::unresolved(&desk.desk, now));
        told.await.map(Response::new)
    }

    async fn dead_letters(
        &self,
        _: Request<DeadLettersRequest>,
    ) -> Result<Response<DeadLettersResponse>, Status> {
        let told = self.look(|desk| operator_view::dead_letters(&desk.desk));
        told.await.map(Response::new)
    }

    async fn resolve_dead_letter(
        &self,
        request: Request<ResolveDeadLetterRequest>,
    ) -> Result<Response<ResolveDeadLetterResponse>, Status> {
        let request = request.into_inner();
        check_note("note", &request.note)?;
        let how = resolution_from_proto(request.how, "", &request.note)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let event = Event::DeadLetterResolved {
            forward_id: ForwardId(request.forward_id),
            how,
        };
        self.order(event).await?;
        Ok(Response::new(ResolveDeadLetterResponse {}))
    }

    async fn link(&self, request: Request<LinkRequest>) -> Result<Response<LinkResponse>, Status> {
        let line = self.line.clone();
        let mut line = line.ok_or_else(|| Status::unavailable("the hub is starting"))?;
        if request.into_inner().now {
            self.order(Event::TryNow).await?;
            line.try_now().await;
        }
        Ok(Response::new(line.told()))
    }

    async fn leases(&self, _: Request<LeasesRequest>) -> Result<Response<LeasesResponse>, Status> {
        let now = WallMs(self.clock.wall_ms());
        let leases = self
            .look(move |desk| lease_view::leases(&desk.desk, now))
            .await?;
        Ok(Response::new(leases))
    }

    async fn write_off_lease(
        &self,
        request: Request<WriteOffLeaseRequest>,
    ) -> Result<Response<WriteOffLeaseResponse>, Status> {
        let request = request.into_inner();
        check_note("by", &request.by)?;
        check_note("reason", &request.reason)?;
        self.order(Event::LeaseWrittenOff {
            lease_id: LeaseId(request.lease_id),
            by: request.by,
            reason: request.reason,
        })
        .await?;
        Ok(Response::new(WriteOffLeaseResponse {}))
    }

    async fn owed(&self, _: Request<OwedRequest>) -> Result<Response<OwedResponse>, Status> {
        let owed = self.look(|desk| return_view::owed(&desk.desk)).await?;
        Ok(Response::new(owed))
    }

    async fn returns(
        &self,
        _: Request<ReturnsRequest>,
    ) -> Result<Response<ReturnsResponse>, Status> {
        let returns = self.look(|desk| return_view::returns(&desk.desk)).await?;
        Ok(Response::new(returns))
    }

    async fn release_return(
        &self,
        request: Request<ReleaseReturnRequest>,
    ) -> Result<Response<ReleaseReturnResponse>, Status> {
        let request = request.into_inner();
        check_note("by", &request.by)?;
        check_note("reason", &request.reason)?;
        let id = ReturnId::parse(&request.return_id)
            .map_err(|error| Status::invalid_argument(error.to_string()))?;
        let (by, reason) = (request.by, request.reason);
        self.order(Event::ReleaseReturn { id, by, reason }).await?;
        Ok(Response::new(ReleaseReturnResponse {}))
    }

    async fn take_back_epoch(
        &self,
        request: Request<TakeBackEpochRequest>,
    ) -> Result<Response<TakeBackEpochResponse>, Status> {
        let request = request.into_inner();
        check_note("by", &request.by)?;
        check_note("reason", &request.reason)?;
        let (lane, to) = (lane_id(request.lane)?, LaneEpoch(request.to));
        self.order(Event::EpochTakenBack {
            lane,
            to,
            by: request.by,
            reason: request.reason,
        })
        .await?;
        let told = self.lanes.send(EpochIs { lane, epoch: to }).await;
        told.map_err(stopping)?;
        Ok(Response::new(TakeBackEpochResponse {}))
    }

    async fn import_prices(
        &self,
        request: Request<Streaming<ImportPricesRequest>>,
    ) -> Result<Response<ImportPricesResponse>, Status> {
        self.take_prices(request.into_inner())
            .await
            .map(Response::new)
    }

    async fn prices(&self, _: Request<PricesRequest>) -> Result<Response<PricesResponse>, Status> {
        self.view_prices().await.map(Response::new)
    }

    async fn close_day(
        &self,
        request: Request<CloseDayRequest>,
    ) -> Result<Response<Self::CloseDayStream>, Status> {
        let date = read_date(&request.into_inner().business_date)?;
        let (listener, steps) = mpsc::channel(STEPS_WAITING_MAX);
        let begun = self.day_close.send(CloseDay { date, listener }).await;
        begun.map_err(stopping)?;
        Ok(Response::new(told(steps)))
    }

    async fn settle(
        &self,
        _: Request<SettleRequest>,
    ) -> Result<Response<Self::SettleStream>, Status> {
        let (listener, steps) = mpsc::channel(STEPS_WAITING_MAX);
        let begun = self.day_close.send(SettleNow { listener }).await;
        begun.map_err(stopping)?;
        Ok(Response::new(told(steps)))
    }

    async fn open_day(
        &self,
        request: Request<OpenDayRequest>,
    ) -> Result<Response<OpenDayResponse>, Status> {
        let begins = read_date(&request.into_inner().business_date)?
            .ok_or_else(|| Status::invalid_argument("business_date is missing"))?;
        let opened = self.day_close.send(OpenDay(begins)).await;
        let ended = opened.map_err(stopping)?.map_err(day_status)?;
        Ok(Response::new(OpenDayResponse {
            ended: ended.to_string(),
            begins: begins.to_string(),
        }))
    }

    async fn state_epoch_end(
        &self,
        request: Request<StateEpochEndRequest>,
    ) -> Result<Response<StateEpochEndResponse>, Status> {
        let request = request.into_inner();
        check_note("by", &request.by)?;
        check_note("reason", &request.reason)?;
        let (lane, epoch) = (lane_id(request.lane)?, LaneEpoch(request.epoch));
        self.order(Event::StateEpochEnd {
            lane,
            epoch,
            sequence: request.sequence,
            by: request.by,
            reason: request.reason,
        })
        .await?;
        let held = self.journal.durable_head(log_of(lane, epoch)).sequence;
        if held >= request.sequence {
            // What it reserved and did not close it never will.
            self.order(Event::EpochOver { lane, epoch }).await?;
        }
        Ok(Response::new(StateEpochEndResponse {}))
    }

    async fn operators(
        &self,
        _: Request<OperatorsRequest>,
    ) -> Result<Response<OperatorsResponse>, Status> {
        self.view_operators().await.map(Response::new)
    }

    async fn order_operators(
        &self,
        request: Request<OrderOperatorsRequest>,
    ) -> Result<Response<OrderOperatorsResponse>, Status> {
        let orders = request.into_inner().orders;
        self.take_operator_orders(orders).await.map(Response::new)
    }
}

fn told(steps: mpsc::Receiver<CloseUpdate>) -> Steps {
    let steps = ReceiverStream::new(steps);
    steps.map(|step| step.map_err(day_status)).boxed()
}

impl Services {
    pub(super) async fn look<R: Send + 'static>(
        &self,
        question: impl FnOnce(&PaymentDesk) -> R + Send + 'static,
    ) -> Result<R, Status> {
        let seen = self
            .desk
            .send(DeskQuery::new(question))
            .await
            .map_err(stopping)?;
        seen.ok_or_else(|| Status::unavailable("the hub is stopping"))
    }

    /// What an operator decided: answered when it is durable.
    async fn order(&self, event: Event) -> Result<(), Status> {
        let ticket = self
            .desk
            .send(Happened(event))
            .await
            .map_err(stopping)?
            .map_err(|rejected| rejected_status(&rejected))?;
        self.journal.wait(ticket).await.map_err(stopping)
    }
}

/// The one place where a rejection of the desk becomes a gRPC status.
fn rejected_status(rejected: &Rejected) -> Status {
    let text = rejected.to_string();
    match rejected {
        Rejected::UnknownForward(_) | Rejected::UnknownPayment(_) | Rejected::UnknownTerminal => {
            Status::not_found(text)
        }
        Rejected::NoteMissing => Status::invalid_argument(text),
        Rejected::TerminalConfiguredTwice
        | Rejected::Fenced { .. }
        | Rejected::EpochTooFar { .. }
        | Rejected::NoEpochToTakeBack { .. }
        | Rejected::OtherLane(_)
        | Rejected::CompletedAfterAbandoned(_)
        | Rejected::AbandonedAfterCompleted(_)
        | Rejected::NotPaid(_)
        | Rejected::OtherReceipt(_)
        | Rejected::OfflineAfterRequested(_)
        | Rejected::OfflineContentDiffers(_)
        | Rejected::NotAnOpenDeadLetter(_)
        | Rejected::BatchIsClosed(_)
        | Rejected::NeverForwarded(_)
        | Rejected::UnknownLease(_)
        | Rejected::UnknownReturn(_)
        | Rejected::NotFenced { .. } => Status::failed_precondition(text),
    }
}

fn day_status(error: DayError) -> Status {
    match error {
        DayError::Rejected(rejected) => rejected_status(&rejected),
        DayError::Report(report) => report_status(report),
        DayError::Left => stopping(()),
    }
}

fn no_payment(error: &NoPayment) -> Status {
    let text = error.to_string();
    let status = match error {
        NoPayment::Form(_) | NoPayment::Several(..) => Status::invalid_argument(text),
        NoPayment::Unknown(_) => Status::not_found(text),
        NoPayment::Ledger(_) => Status::data_loss(text),
    };
    with_chinese(status, &error.chinese())
}
