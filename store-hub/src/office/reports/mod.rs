//! Reports: the figures of a day as tables that print on A4, with CSV and JSON beside them.

mod tables;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    money::Money,
    operators::OfficeRight,
    time::{BusinessDate, NotADate},
    words::Language,
};
use maud::{Markup, html};
use web::{Fields, language_of, said};

use super::{Here, Pages, frame::Section, tables::payment_link, visitor::stopping};
use crate::{
    actors::{
        reports::{ListDays, MakeReport, ReportError},
        see_lanes::SeeLanes,
    },
    presentation,
    report::DayReport,
};
use tables::{TABLES, currency_of};

impl Pages {
    /// The figures of a date; of the running one without any.
    async fn report(&self, date: Option<BusinessDate>) -> Result<DayReport, Response> {
        let lanes = self.services.lanes.send(SeeLanes).await;
        let lanes = lanes.map_err(|_| stopping())?;
        let made = self.services.reports.send(MakeReport { date, lanes }).await;
        made.map_err(|_| stopping())?.map_err(|error| match error {
            ReportError::Date(refused) => {
                let what = format!("HUB0022: {refused} / {}\n", "没有此营业日");
                (StatusCode::NOT_FOUND, what).into_response()
            }
            ReportError::Ledger(_) | ReportError::Seal(_) => {
                let what = format!("{error}\n");
                (StatusCode::INTERNAL_SERVER_ERROR, what).into_response()
            }
        })
    }
}

/// Empty: the running one.
fn date_of(text: &str) -> Result<Option<BusinessDate>, NotADate> {
    (!text.is_empty())
        .then(|| BusinessDate::parse(text))
        .transpose()
}

fn no_such_date() -> Response {
    (
        StatusCode::NOT_FOUND,
        concat!("no such date", " / ", "没有此营业日", "\n"),
    )
        .into_response()
}

/// `GET /reports`.
pub(super) async fn page(
    State(pages): Here,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeReports).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let fields = Fields::of(query.as_deref().unwrap_or_default());
    let report = match date_of(fields.get("date")) {
        Ok(date) => pages.report(date).await,
        Err(_) => Err(no_such_date()),
    };
    let report = match report {
        Ok(report) => report,
        Err(answer) => return answer,
    };
    let listed = pages.services.reports.send(ListDays { since: None }).await;
    let Ok(Ok((sealed, running))) = listed else {
        return stopping();
    };
    let mut dates: Vec<String> = sealed
        .iter()
        .map(|day| day.manifest.business_date.clone())
        .chain([running.to_string()])
        .collect();
    dates.sort_unstable_by(|one, other| other.cmp(one));
    dates.dedup();
    let body = html! {
        (choose(&dates, &report.business_date, language))
        (heading(&report, language))
        @for part in &TABLES { (part.shown(&report, language)) }
        (differences(&report, language))
    };
    pages
        .of_section(&visitor, &headers, Section::Reports, &body)
        .into_response()
}

fn choose(dates: &[String], shown: &str, language: Language) -> Markup {
    html! {
        form .fields .no-print action="/reports" method="get" {
            label { (said(language, "Business day", "营业日"))
                select name="date" {
                    @for date in dates { option value=(date) selected[date == shown] { (date) } }
                } }
            button .key .go type="submit" { (said(language, "Show", "显示")) }
            a .key href={ "/reports/" (shown) "/day.json" } download {
                (said(language, "All as JSON", "下载 JSON")) }
        }
    }
}

fn heading(report: &DayReport, language: Language) -> Markup {
    let currency = currency_of(report);
    let total = Money::new(report.sales.total_minor, currency).to_string();
    html! {
        h2 { (report.store_name) ", " (report.business_date) }
        @if !report.closed {
            p .mind { (said(language, "The day is still running.", "营业日尚未结束。")) }
        }
        @if let Some(correction) = &report.correction {
            p .mind { (said(language, "Replaces version", "替代版本")) " "
                (correction.replaces_version) ": "
                (correction.reason.read_in(language)) }
        }
        p .figure { (total) }
        p { (report.sales.count) " " (said(language, "sales", "笔销售")) ", "
            (report.sales.items) " " (said(language, "items", "件商品")) ", "
            (report.sales.voided) " " (said(language, "voided", "笔取消")) }
    }
}

fn differences(report: &DayReport, language: Language) -> Markup {
    let currency = currency_of(report);
    html! {
        section .report-part {
            h2 { (said(language, "Differences", "差异")) }
            @if report.differences.is_empty() {
                p .good { (said(
                    language,
                    "None: lanes and hub agree on every payment.",
                    "无：收银台与主机的每笔付款均一致。",
                )) }
            } @else {
                ul .open {
                    @for one in &report.differences {
                        li {
                            (payment_link(&one.payment_id)) " "
                            (presentation::difference(&one.what).read_in(language)) ": "
                            (said(language, "lane", "收银台")) " "
                            (Money::new(one.lane_minor, currency).to_string()) ", "
                            (said(language, "hub", "主机")) " "
                            (Money::new(one.hub_minor, currency).to_string())
                        }
                    }
                }
            }
        }
    }
}

/// `GET /reports/{date}/day.json`.
pub(super) async fn json(
    State(pages): Here,
    Path(date): Path<String>,
    headers: HeaderMap,
) -> Response {
    let report = match of_date(&pages, &date, &headers).await {
        Ok(report) => report,
        Err(answer) => return answer,
    };
    let Ok(text) = serde_json::to_string_pretty(&report) else {
        return stopping();
    };
    file("application/json", &format!("{date}.json"), text)
}

/// `GET /reports/{date}/{table}`.
pub(super) async fn csv(
    State(pages): Here,
    Path((date, name)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let report = match of_date(&pages, &date, &headers).await {
        Ok(report) => report,
        Err(answer) => return answer,
    };
    let Some(part) = TABLES.iter().find(|table| table.name == name) else {
        return (StatusCode::NOT_FOUND, "no such table\n").into_response();
    };
    file(
        "text/csv; charset=utf-8",
        &format!("{date}-{name}"),
        part.csv(&report),
    )
}

async fn of_date(pages: &Pages, date: &str, headers: &HeaderMap) -> Result<DayReport, Response> {
    pages.admit(headers, OfficeRight::SeeReports).await?;
    let date = date_of(date).map_err(|_| no_such_date())?;
    pages.report(date).await
}

fn file(kind: &'static str, name: &str, text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    (headers, text).into_response()
}
