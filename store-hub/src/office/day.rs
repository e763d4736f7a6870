//! Day: what is open, what closing does with each of it, the close step by step, and the days that
//! were.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use domain::{money::Money, operators::OfficeRight, till::CashAccount, words::Language};
use futures::StreamExt;
use maud::{Markup, html};
use proto::store::v1::{
    Day, LaneView, LanesRequest, ListDaysRequest, StatusRequest, StatusResponse, SummaryRequest,
    SummaryResponse, UnresolvedRequest, operations_service_server::OperationsService,
    report_service_server::ReportService,
};
use tokio_stream::wrappers::WatchStream;
use tonic::Request;
use web::{LISTEN_WHILE_SEEN, language_of, said};

use super::{
    Here, Pages,
    closing::{CloseRun, CloseState},
    frame::Section,
    tables::{amount, none, read, table},
    typed::{CloseDay, Typed},
    visitor::{Visitor, stopping},
};
use crate::{actors::reports::ViewTakings, presentation};

/// Days of the past that are listed.
const PAST_DAYS_MAX: usize = 60;

/// The running day, and what stands around it.
struct Seen {
    status: StatusResponse,
    summary: SummaryResponse,
    lanes: Vec<LaneView>,
    unresolved: usize,
    days: Vec<Day>,
    /// In the safe, and on its way to the bank.
    cash: BTreeMap<CashAccount, i64>,
}

impl Pages {
    async fn see_day(&self) -> Option<Seen> {
        let services = &self.services;
        let status = services.status(Request::new(StatusRequest {}));
        let status = status.await.ok()?.into_inner();
        let summary = services.summary(Request::new(SummaryRequest::default()));
        let lanes = services.lanes(Request::new(LanesRequest {}));
        let unresolved = services.unresolved(Request::new(UnresolvedRequest {}));
        let days = services.list_days(Request::new(ListDaysRequest::default()));
        let mut days = days.await.ok()?.into_inner().days;
        days.retain(|day| day.sealed);
        days.sort_by(|one, other| other.business_date.cmp(&one.business_date));
        days.truncate(PAST_DAYS_MAX);
        Some(Seen {
            status,
            summary: summary.await.ok()?.into_inner(),
            lanes: lanes.await.ok()?.into_inner().lanes,
            unresolved: unresolved.await.ok()?.into_inner().payments.len(),
            days,
            cash: services.reports.send(ViewTakings).await.ok()?.cash,
        })
    }
}

/// `GET /day`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeDay).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let Some(seen) = pages.see_day().await else {
        return stopping();
    };
    let run = pages.closing.seen().borrow().clone();
    let body = html! {
        (of_today(&pages, &seen, language))
        h2 { (said(language, "What is open", "未完事项")) }
        (open(&pages, &seen, language))
        h2 { (said(language, "Close the day", "日结")) }
        (close_form(&visitor, &seen.status, language))
        section #close hx-sse:connect="/day/live" hx-config=(LISTEN_WHILE_SEEN)
            hx-swap="innerHTML" aria-live="polite" { (close_run(run.as_ref(), language)) }
        h2 { (said(language, "Days", "历史营业日")) }
        (days(&seen.days, language))
    };
    pages
        .of_section(&visitor, &headers, Section::Day, &body)
        .into_response()
}

fn of_today(pages: &Pages, seen: &Seen, language: Language) -> Markup {
    let status = &seen.status;
    html! {
        section .tiles aria-label=(said(language, "Running day", "当前营业日")) {
            section .tile {
                h2 { (said(language, "Business day", "营业日")) }
                p .figure { (status.business_date) }
                @if !status.calendar_date.is_empty() {
                    p { (said(language, "Calendar", "日历")) ": " (status.calendar_date)
                        " (HUB0021)" }
                }
                @if status.day_ends_wall_ms != 0 {
                    p { (said(language, "ends by itself", "自动日结")) " "
                        (pages.moment(status.day_ends_wall_ms)) }
                } @else {
                    p { (said(language, "ends by hand only", "仅可手工日结")) }
                }
            }
            section .tile {
                h2 { (said(language, "Sales", "销售")) }
                p .figure { (amount(seen.summary.sales_total.as_ref())) }
                p { (seen.summary.sales) " " (said(language, "sales", "笔")) }
            }
            section .tile {
                h2 { (said(language, "Paid by", "付款方式")) }
                @if seen.summary.tenders.is_empty() { (none(language)) }
                table {
                    @for tender in &seen.summary.tenders {
                        tr {
                            th scope="row" { (read(&presentation::tender(tender.kind), language))
                                " " (tender.scheme) }
                            td { (amount(tender.total.as_ref())) }
                        }
                    }
                }
            }
            (safe(pages, &seen.cash, language))
        }
    }
}

/// By all moves there were; nothing where no cash ever moved.
fn safe(pages: &Pages, cash: &BTreeMap<CashAccount, i64>, language: Language) -> Markup {
    let currency = pages.services.currency;
    let of = |account| cash.get(&account).copied().unwrap_or(0);
    let (safe, deposit) = (of(CashAccount::Safe), of(CashAccount::Deposit));
    html! {
        @if safe != 0 || deposit != 0 {
            section .tile {
                h2 { (said(language, "Safe", "保险柜")) }
                p .figure { (Money::new(safe, currency).to_string()) }
                p { (said(language, "what moved in less what moved out", "调入减调出")) }
                p { (Money::new(deposit, currency).to_string()) " "
                    (said(language, "on its way to the bank", "送行途中")) }
            }
        }
    }
}

/// One thing that is open, and what a close does with it.
struct Open {
    what: String,
    then: &'static str,
}

fn open(pages: &Pages, seen: &Seen, language: Language) -> Markup {
    let mut all = Vec::new();
    lanes_open(seen, language, &mut all);
    shifts_open(pages, seen, language, &mut all);
    let status = &seen.status;
    let count = |count: u64, english: &str, chinese: &str| match language {
        Language::English => format!("{count} {english}"),
        Language::Chinese => format!("{count} {chinese}"),
    };
    let mut add = |number: u64, words: (&str, &str), then: &'static str| {
        if number > 0 {
            all.push(Open {
                what: count(number, words.0, words.1),
                then,
            });
        }
    };
    add(
        status.payments_in_flight.into(),
        ("payments at the bank", "笔付款正在银行处理"),
        said(
            language,
            "The close waits for their answers; no cashier waits for the close.",
            "日结等待其应答；收银不受影响。",
        ),
    );
    add(
        status.queue_depth.into(),
        ("entries wait for the bank", "条记录等待发送银行"),
        said(
            language,
            "They are sent first; what can't be is carried over by name.",
            "先行发送；无法发送的按名结转。",
        ),
    );
    add(
        u64::try_from(seen.unresolved).unwrap_or(u64::MAX),
        ("payments without an end (Work)", "笔付款未完结（见待办）"),
        said(
            language,
            "Each is named in the day's report and stays open after it.",
            "逐笔列入日报表，日结后仍待处理。",
        ),
    );
    add(
        status.dead_letters.into(),
        (
            "entries the bank would not take (Work)",
            "条记录银行未接受（见待办）",
        ),
        said(
            language,
            "They do not hold up the close; somebody has to decide on each.",
            "不影响日结；须逐条人工处理。",
        ),
    );
    html! {
        @if all.is_empty() {
            p .good { (said(
                language,
                "Nothing: every lane is here and nothing waits.",
                "无：所有收银台在线，无等待事项。",
            )) }
        } @else {
            ul .open { @for one in &all { li { strong { (one.what) } p { (one.then) } } } }
        }
    }
}

fn lanes_open(seen: &Seen, language: Language, all: &mut Vec<Open>) {
    let name = said(language, "Lane", "收银台");
    let away = said(
        language,
        "The close waits for it until the time-out, then the day names it as partial; what it \
         brings later makes a new version.",
        "日结等待至超时，之后标注为不完整；其后到达的记录生成新版本。",
    );
    for lane in seen.lanes.iter().filter(|lane| !lane.connected) {
        let is_away = said(language, "is away", "离线");
        all.push(Open {
            what: format!("{name} {} {is_away}", lane.lane),
            then: away,
        });
    }
    let behind =
        |lane: &&LaneView| lane.connected && lane.journal_sequence > lane.replicated_sequence;
    for lane in seen.lanes.iter().filter(behind) {
        let brings = said(language, "is still sending its records", "正在同步记录");
        all.push(Open {
            what: format!("{name} {} {brings}", lane.lane),
            then: said(language, "The close waits for them.", "日结等待其完成。"),
        });
    }
}

/// Who answers for a drawer now, as far as its lane was heard.
fn shifts_open(pages: &Pages, seen: &Seen, language: Language, all: &mut Vec<Open>) {
    let shifts = seen.lanes.iter();
    let shifts = shifts.filter_map(|lane| Some((lane, lane.shift_of?)));
    all.extend(shifts.map(|(lane, operator)| {
        let since = pages.moment(lane.shift_since_wall_ms);
        let number = lane.lane;
        Open {
            what: match language {
                Language::English => {
                    format!("Lane {number}: the shift of {operator} is open since {since}")
                }
                Language::Chinese => {
                    format!("收银台 {number}：员工 {operator} 自 {since} 起未交班")
                }
            },
            then: said(
                language,
                "It goes on over the close, and the day's report names it; count and take the Z \
                 before where each day has its own.",
                "日结不影响当班，日报表将列明；如需按日结账，请先清点并打印 Z 报表。",
            ),
        }
    }));
}

fn close_form(visitor: &Visitor, status: &StatusResponse, language: Language) -> Markup {
    let date = &status.business_date;
    html! {
        p {
            (said(
                language,
                "Selling goes on: the next date begins at once, each lane ends this one between \
                 two sales. Batches are settled, lanes and hub compared, the report sealed.",
                "销售不中断：新营业日立即开始，各收银台在两笔交易之间结束当日。\
                 随后结算批次、核对、封存报表。",
            ))
        }
        @if visitor.may(OfficeRight::CloseDay) {
            form .plain hx-post="/day/close" hx-target="#close" {
                input type="hidden" name="date" value=(date);
                label .check {
                    input type="checkbox" name="sure" value="yes" required;
                    (said(language, "Close", "日结")) " " (date)
                }
                button .key .stop type="submit" { (said(language, "Close the day", "日结")) }
            }
        } @else {
            p .quiet { (said(language, "A manager closes the day.", "由经理日结。")) }
        }
    }
}

/// `POST /day/close`.
pub(super) async fn close(State(pages): Here, form: Typed<CloseDay>) -> Response {
    let language = form.language;
    let date = form.get("date");
    // The date that stood on the page: pressed again tomorrow it does not close tomorrow.
    let sure = form.is_sure().is_ok() && !date.is_empty();
    if !sure {
        let what = said(language, "Say that you are sure", "请确认");
        return html! { p .notice role="alert" { (what) } }.into_response();
    }
    pages.close_day(date, form.visitor.number());
    let run = pages.closing.seen().borrow().clone();
    close_run(run.as_ref(), language).into_response()
}

/// `GET /day/live`.
pub(super) async fn live(State(pages): Here, headers: HeaderMap) -> Response {
    if let Err(answer) = pages.admit(&headers, OfficeRight::SeeDay).await {
        return answer;
    }
    let language = language_of(&headers);
    let steps = WatchStream::new(pages.closing.seen());
    let pages = Arc::clone(&pages);
    let told = steps.then(move |run| {
        let (pages, headers) = (Arc::clone(&pages), headers.clone());
        async move {
            let looks = pages.visitor(&headers, false).await;
            matches!(looks, Ok(Some(_))).then(|| {
                let shown = close_run(run.as_ref(), language).into_string();
                Ok::<Event, Infallible>(Event::default().data(shown))
            })
        }
    });
    let told = told.take_while(|one| futures::future::ready(one.is_some()));
    Sse::new(told.filter_map(futures::future::ready)).into_response()
}

fn close_run(run: Option<&CloseRun>, language: Language) -> Markup {
    let Some(run) = run else {
        return html! {};
    };
    html! {
        ol .steps {
            @for step in &run.steps {
                li {
                    strong { (read(&presentation::close_step(step.at), language)) } " "
                    (read(&presentation::close_detail(step), language))
                }
            }
        }
        @match &run.state {
            CloseState::Running => p .running role="status" {
                (run.date) ": " (said(language, "closing…", "正在日结…"))
            },
            CloseState::Stopped(why) => {
                p .notice role="alert" {
                    (run.date) ": " (said(language, "not closed", "未完成")) ": "
                        (read(why, language))
                }
                p { (said(
                    language,
                    "Nothing is lost: order it again, and it goes on where it was.",
                    "数据无损：再次日结将从中断处继续。",
                )) }
            },
            CloseState::Closed(last) => {
                p .good role="status" {
                    (read(&presentation::close_detail(last), language)) " "
                    a href={ "/reports?date=" (run.date) } {
                        (said(language, "The report", "日报表"))
                    }
                }
                @for batch in last.batches.iter().filter(|batch| !batch.balanced) {
                    p .notice role="alert" {
                        (batch.tid) " " (format!("{:06}", batch.batch)) ": "
                        (said(language, "did not balance (HUB0007)", "未平账（HUB0007）"))
                    }
                }
            },
        }
    }
}

/// The newest is the report; each older one stays as it was sealed.
fn versions(day: &Day) -> Markup {
    html! {
        @for version in 1..=day.version {
            a href={ "/day/" (day.business_date) "/" (version) } { (version) } " "
        }
    }
}

fn because(day: &Day, language: Language) -> &str {
    match language {
        Language::English => &day.because,
        Language::Chinese => presentation::or_english(&day.because_zh, &day.because),
    }
}

fn days(days: &[Day], language: Language) -> Markup {
    let rows: Vec<Markup> = days
        .iter()
        .map(|day| {
            html! {
                tr {
                    td { a href={ "/reports?date=" (day.business_date) } { (day.business_date) } }
                    td .n { (versions(day)) }
                    td { @if day.complete { (said(language, "whole", "完整")) }
                        @else { strong .bad { (said(language, "PARTIAL", "不完整")) } } }
                    td .words { (because(day, language)) }
                }
            }
        })
        .collect();
    html! {
        @if rows.is_empty() { (none(language)) }
        @else {
            (table(
                said(language, "Days", "历史营业日"),
                &[
                    said(language, "Date", "日期"),
                    said(language, "Version", "版本"),
                    said(language, "Lanes", "收银台"),
                    said(language, "Why this version", "版本原因"),
                ],
                &[1],
                &rows,
            ))
        }
    }
}
