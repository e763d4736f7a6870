//! What head office pulls.

use std::pin::Pin;

use domain::{
    money::{Currency, Money},
    sale::TenderKind,
    time::BusinessDate,
    words::Worded,
};
use futures::{Stream, StreamExt};
use proto::store::v1::{
    Day, LaneWatermark, ListDaysRequest, ListDaysResponse, PullDayRequest, PullDayResponse,
    SummaryRequest, SummaryResponse, TenderTotal, report_service_server::ReportService,
};
use records::money_to_proto;
use tonic::{Request, Response, Status};

use super::{Services, stopping};
use crate::{
    actors::{
        reports::{FindDay, ListDays, MakeReport, ReportError},
        see_lanes::SeeLanes,
    },
    day_view::day_view,
    presentation::with_chinese,
    report::{DayReport, DaysFolder, SealError},
};

/// Bytes of one chunk of a pulled file.
const CHUNK_BYTES: u64 = 64 * 1024;

type Chunks = Pin<Box<dyn Stream<Item = Result<PullDayResponse, Status>> + Send>>;

pub(super) fn read_date(text: &str) -> Result<Option<BusinessDate>, Status> {
    if text.is_empty() {
        return Ok(None);
    }
    BusinessDate::parse(text)
        .map(Some)
        .map_err(|error| Status::invalid_argument(error.to_string()))
}

pub(super) fn report_status(error: ReportError) -> Status {
    match error {
        ReportError::Ledger(error) => Status::data_loss(error.to_string()),
        ReportError::Date(refused) => with_chinese(
            Status::failed_precondition(format!("HUB0022: {refused}")),
            "HUB0022：没有此营业日，或尚未开始",
        ),
        ReportError::Seal(SealError::Unknown) => Status::not_found("no such sealed day or file"),
        ReportError::Seal(error) => Status::internal(error.to_string()),
    }
}

#[tonic::async_trait]
impl ReportService for Services {
    type PullDayStream = Chunks;

    async fn list_days(
        &self,
        request: Request<ListDaysRequest>,
    ) -> Result<Response<ListDaysResponse>, Status> {
        let since = read_date(&request.into_inner().since_date)?;
        let listed = self.reports.send(ListDays { since }).await;
        let (sealed, today) = listed.map_err(stopping)?.map_err(report_status)?;
        let mut days: Vec<Day> = sealed.iter().map(day_view).collect();
        if since.is_none_or(|since| today >= since) {
            days.push(Day {
                business_date: today.to_string(),
                ..Default::default()
            });
        }
        Ok(Response::new(ListDaysResponse {
            store_id: self.store_id.clone(),
            days,
        }))
    }

    async fn pull_day(
        &self,
        request: Request<PullDayRequest>,
    ) -> Result<Response<Self::PullDayStream>, Status> {
        let request = request.into_inner();
        let date = read_date(&request.business_date)?
            .ok_or_else(|| Status::invalid_argument("business_date is missing"))?;
        let pull = Pull {
            days: self.days.clone(),
            date,
            version: request.version,
            file: request.file,
        };
        // The first chunk is read here, so that an unknown file is an answer, not a broken stream.
        let first = pull.chunk(request.offset_bytes)?;
        let rest = futures::stream::unfold(Some((pull, first)), |state| async move {
            let (pull, chunk) = state?;
            let length = u64::try_from(chunk.chunk.len()).unwrap_or(u64::MAX);
            if length == 0 {
                return None;
            }
            let next = chunk.offset_bytes.saturating_add(length);
            let state = pull.chunk(next).ok().map(|next| (pull, next));
            Some((Ok(chunk), state))
        });
        Ok(Response::new(rest.boxed()))
    }

    async fn summary(
        &self,
        request: Request<SummaryRequest>,
    ) -> Result<Response<SummaryResponse>, Status> {
        let date = read_date(&request.into_inner().business_date)?;
        let lanes = self.lanes.send(SeeLanes).await.map_err(stopping)?;
        let made = self.reports.send(MakeReport { date, lanes }).await;
        let report = made.map_err(stopping)?.map_err(report_status)?;
        let version = match BusinessDate::parse(&report.business_date) {
            Ok(date) => {
                let found = self.reports.send(FindDay(date)).await;
                let found = found.map_err(stopping)?.map_err(report_status)?;
                found.map_or(0, |sealed| sealed.manifest.version)
            }
            Err(_) => 0,
        };
        Ok(Response::new(summary(&report, version)))
    }
}

struct Pull {
    days: DaysFolder,
    date: BusinessDate,
    version: u32,
    file: String,
}

impl Pull {
    fn chunk(&self, offset_bytes: u64) -> Result<PullDayResponse, Status> {
        let read = self.days.read(
            self.date,
            self.version,
            &self.file,
            offset_bytes,
            CHUNK_BYTES,
        );
        let chunk = read.map_err(|error| report_status(ReportError::Seal(error)))?;
        Ok(PullDayResponse {
            offset_bytes,
            chunk: chunk.into(),
        })
    }
}

fn summary(report: &DayReport, version: u32) -> SummaryResponse {
    let currency = Currency::by_letters(&report.currency);
    let money = |minor| currency.map(|currency| money_to_proto(Money::new(minor, currency)));
    SummaryResponse {
        store_id: report.store_id.clone(),
        business_date: report.business_date.clone(),
        sealed: version > 0,
        version,
        watermarks: report
            .completeness
            .iter()
            .map(|lane| LaneWatermark {
                lane: lane.lane.into(),
                epoch: lane.epoch,
                through_sequence: lane.through_sequence,
                through_wall_ms: lane.through_wall_ms,
                known_sequence: lane.known_sequence,
                complete: lane.complete,
                connected: lane.connected,
                last_heard_wall_ms: lane.last_heard_wall_ms.unwrap_or(0),
                missing: lane.missing.english.clone(),
            })
            .collect(),
        sales: report.sales.count,
        sales_total: money(report.sales.total_minor),
        tenders: report
            .by_tender
            .iter()
            .map(|line| TenderTotal {
                kind: TenderKind::by_name(&line.tender).map_or(0, TenderKind::number),
                scheme: line.scheme.clone(),
                count: line.count,
                total: money(line.total_minor),
            })
            .collect(),
    }
}
