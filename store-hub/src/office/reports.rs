//! Reports: the figures of a day as tables that print on A4, with CSV and JSON beside them.

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{
    money::{Currency, Money},
    operators::OfficeRight,
    till::CashMove,
    time::{BusinessDate, NotADate},
    words::{Language, Worded},
};
use maud::{Markup, html};
use web::{Fields, language_of, said};

use super::{Here, Pages, find::tender_in, frame::Section, tables::table, visitor::stopping};
use crate::{
    actors::{
        reports::{ListDays, MakeReport, ReportError},
        see_lanes::SeeLanes,
    },
    report::DayReport,
};

/// One table of a report, in a form that a page and a file are made of.
struct Table {
    /// Its name in an address.
    name: &'static str,
    title: &'static str,
    /// Each with its name in a file.
    headings: Vec<(&'static str, &'static str)>,
    rows: Vec<Vec<Cell>>,
}

enum Cell {
    Text(String),
    Count(u64),
    /// Minor units.
    Amount(Option<i64>),
}

impl Pages {
    /// The figures of a date; of the running one without any.
    async fn report(&self, date: Option<BusinessDate>) -> Result<DayReport, Response> {
        let lanes = self.services.lanes.send(SeeLanes).await;
        let lanes = lanes.map_err(|_| stopping())?;
        let made = self.services.reports.send(MakeReport { date, lanes }).await;
        made.map_err(|_| stopping())?.map_err(|error| match error {
            ReportError::Date(refused) => {
                let what = format!("HUB0022: {refused}\n");
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
    (StatusCode::NOT_FOUND, "no such date\n").into_response()
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
        @for part in tables(&report, language) { (shown(&part, &report, language)) }
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
                (correction.replaces_version) ": " (correction.reason) }
        }
        p .figure { (total) }
        p { (report.sales.count) " " (said(language, "sales", "笔销售")) ", "
            (report.sales.items) " " (said(language, "items", "件商品")) ", "
            (report.sales.voided) " " (said(language, "voided", "笔取消")) }
    }
}

fn currency_of(report: &DayReport) -> Currency {
    Currency::by_letters(&report.currency).unwrap_or(Currency::CNY)
}

fn tables(report: &DayReport, language: Language) -> Vec<Table> {
    vec![
        tenders(report, language),
        lanes(report, language),
        hours(report, language),
        payments(report, language),
        settlement(report, language),
        tills(report, language),
        moves(report, language),
        completeness(report, language),
    ]
}

fn tenders(report: &DayReport, language: Language) -> Table {
    let row = |line: &crate::report::TenderLine| {
        vec![
            Cell::Text(tender_in(&line.tender, language)),
            Cell::Text(line.scheme.clone()),
            Cell::Count(line.count.into()),
            Cell::Amount(Some(line.total_minor)),
        ]
    };
    Table {
        name: "tenders.csv",
        title: said(language, "Paid by", "付款方式"),
        headings: vec![
            ("tender", said(language, "Tender", "方式")),
            ("scheme", said(language, "Scheme", "卡组织")),
            ("count", said(language, "Count", "笔数")),
            ("total_minor", said(language, "Amount", "金额")),
        ],
        rows: report.by_tender.iter().map(row).collect(),
    }
}

fn lanes(report: &DayReport, language: Language) -> Table {
    let row = |line: &crate::report::LaneLine| {
        vec![
            Cell::Count(line.lane.into()),
            Cell::Count(line.sales.into()),
            Cell::Count(line.voided.into()),
            Cell::Count(line.items),
            Cell::Amount(Some(line.total_minor)),
        ]
    };
    Table {
        name: "lanes.csv",
        title: said(language, "Lanes", "收银台"),
        headings: vec![
            ("lane", said(language, "Lane", "收银台")),
            ("sales", said(language, "Sales", "销售")),
            ("voided", said(language, "Voided", "取消")),
            ("items", said(language, "Items", "件数")),
            ("total_minor", said(language, "Amount", "金额")),
        ],
        rows: report.by_lane.iter().map(row).collect(),
    }
}

fn hours(report: &DayReport, language: Language) -> Table {
    let row = |line: &crate::report::HourLine| {
        vec![
            Cell::Text(format!("{:02}:00", line.hour)),
            Cell::Count(line.sales.into()),
            Cell::Amount(Some(line.total_minor)),
        ]
    };
    Table {
        name: "hours.csv",
        title: said(language, "Hours", "时段"),
        headings: vec![
            ("hour", said(language, "Hour", "时段")),
            ("sales", said(language, "Sales", "销售")),
            ("total_minor", said(language, "Amount", "金额")),
        ],
        rows: report.by_hour.iter().map(row).collect(),
    }
}

fn payments(report: &DayReport, language: Language) -> Table {
    let payments = report.payments;
    let rows = [
        (payments.requested, said(language, "requested", "请求")),
        (payments.approved, said(language, "approved", "批准")),
        (
            payments.partially_approved,
            said(language, "in part", "部分批准"),
        ),
        (payments.declined, said(language, "declined", "拒绝")),
        (payments.unknown, said(language, "not confirmed", "未确认")),
        (payments.refused, said(language, "refused here", "系统拒绝")),
        (
            payments.stand_in,
            said(language, "without the bank", "代授权"),
        ),
        (
            payments.offline_approved,
            said(language, "by a lane alone", "脱机批准"),
        ),
        (payments.reversed, said(language, "reversed", "已冲正")),
        (
            payments.declined_after_goods,
            said(language, "declined after goods", "交货后被拒绝"),
        ),
    ];
    Table {
        name: "payments.csv",
        title: said(language, "Cards", "银行卡"),
        headings: vec![
            ("what", said(language, "Decided", "结果")),
            ("count", said(language, "Count", "笔数")),
        ],
        rows: rows
            .into_iter()
            .map(|(count, what)| vec![Cell::Text(what.to_owned()), Cell::Count(count)])
            .collect(),
    }
}

fn settlement(report: &DayReport, language: Language) -> Table {
    let row = |batch: &crate::report::BatchLine| {
        let balanced = match batch.balanced {
            true => said(language, "yes", "是"),
            false => said(language, "NO", "否"),
        };
        vec![
            Cell::Text(format!("{} {}", batch.tid, batch.batch)),
            Cell::Amount(Some(batch.lane_minor)),
            Cell::Amount(Some(batch.hub_minor)),
            Cell::Amount(batch.host_minor),
            Cell::Text(balanced.to_owned()),
        ]
    };
    Table {
        name: "batches.csv",
        title: said(language, "Batches with the bank", "银行批次"),
        headings: vec![
            ("batch", said(language, "Batch", "批次")),
            ("lane_minor", said(language, "Lanes", "收银台")),
            ("hub_minor", said(language, "Hub", "主机")),
            ("host_minor", said(language, "Bank", "银行")),
            ("balanced", said(language, "Balanced", "平账")),
        ],
        rows: report.settlement.batches.iter().map(row).collect(),
    }
}

fn tills(report: &DayReport, language: Language) -> Table {
    let row = |till: &crate::report::TillLine| {
        let shift = till.open_shift_of.map(|operator| operator.to_string());
        let numbers: Vec<String> = till.z_numbers.iter().map(ToString::to_string).collect();
        vec![
            Cell::Count(till.lane.into()),
            Cell::Amount(till.expected_minor),
            Cell::Amount(till.counted_minor),
            Cell::Amount(Some(till.variance_minor)),
            Cell::Text(shift.unwrap_or_default()),
            Cell::Count(till.no_sales.into()),
            Cell::Text(numbers.join(" ")),
        ]
    };
    Table {
        name: "tills.csv",
        title: said(language, "Cash drawers", "钱箱"),
        headings: vec![
            ("lane", said(language, "Lane", "收银台")),
            ("expected_minor", said(language, "Expected", "应有")),
            ("counted_minor", said(language, "Counted", "实点")),
            ("variance_minor", said(language, "Variance", "差异")),
            ("open_shift_of", said(language, "Shift open", "未交班")),
            ("no_sales", said(language, "No sale", "无交易开箱")),
            ("z_numbers", said(language, "Z", "Z报表")),
        ],
        rows: report.tills.iter().map(row).collect(),
    }
}

/// Cash that moved, with what it made of the store's accounts.
fn moves(report: &DayReport, language: Language) -> Table {
    let row = |lane: u16, line: &crate::report::CashMoveLine| {
        let kind = CashMove::by_name(&line.kind).map(CashMove::in_words);
        let kind = kind.map_or_else(
            || line.kind.clone(),
            |said| said.read_in(language).to_owned(),
        );
        vec![
            Cell::Text(format!("{} {lane}", said(language, "lane", "收银台"))),
            Cell::Text(kind),
            Cell::Count(line.count.into()),
            Cell::Amount(Some(line.total_minor)),
        ]
    };
    let of_lanes = report.tills.iter().flat_map(|till| {
        let lines = till.moves.iter();
        lines.map(move |line| row(till.lane, line))
    });
    let account = |words: &str, minor: i64| {
        let store = said(language, "store", "门店").to_owned();
        vec![
            Cell::Text(store),
            Cell::Text(words.to_owned()),
            Cell::Text(String::new()),
            Cell::Amount(Some(minor)),
        ]
    };
    let mut rows: Vec<Vec<Cell>> = of_lanes.collect();
    if let Some(cash) = report.cash_accounts {
        let safe = said(language, "safe, gained", "保险柜净增");
        let deposit = said(language, "on its way to the bank, gained", "送行途中净增");
        rows.push(account(safe, cash.safe_minor));
        rows.push(account(deposit, cash.deposit_minor));
    }
    Table {
        name: "cash.csv",
        title: said(language, "Cash that moved", "现金调拨"),
        headings: vec![
            ("of", said(language, "Of", "归属")),
            ("what", said(language, "What", "项目")),
            ("count", said(language, "Count", "笔数")),
            ("total_minor", said(language, "Amount", "金额")),
        ],
        rows,
    }
}

fn completeness(report: &DayReport, language: Language) -> Table {
    let row = |lane: &crate::report::LaneCompleteness| {
        let whole = match (lane.complete, report.closed) {
            (true, _) => said(language, "whole", "完整").to_owned(),
            (false, true) => format!("{}: {}", said(language, "PARTIAL", "不完整"), lane.missing),
            // Nobody has ended the day yet.
            (false, false) => said(language, "still running", "营业中").to_owned(),
        };
        vec![
            Cell::Count(lane.lane.into()),
            Cell::Count(lane.through_sequence),
            Cell::Count(lane.known_sequence),
            Cell::Text(whole),
        ]
    };
    Table {
        name: "completeness.csv",
        title: said(language, "How far each lane is contained", "各收银台完整度"),
        headings: vec![
            ("lane", said(language, "Lane", "收银台")),
            ("through_record", said(language, "Through record", "至记录")),
            ("known_record", said(language, "Of", "共")),
            ("state", said(language, "State", "状态")),
        ],
        rows: report.completeness.iter().map(row).collect(),
    }
}

fn shown(part: &Table, report: &DayReport, language: Language) -> Markup {
    if part.rows.is_empty() {
        return html! {};
    }
    let currency = currency_of(report);
    let headings: Vec<&str> = part.headings.iter().map(|(_, title)| *title).collect();
    let first = part.rows.iter().flat_map(|row| row.iter().enumerate());
    let mut numbers: Vec<usize> = first
        .filter(|(_, cell)| !matches!(cell, Cell::Text(_)))
        .map(|(column, _)| column)
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let rows: Vec<Markup> = part
        .rows
        .iter()
        .map(|row| html! { tr { @for cell in row { (cell_of(cell, currency, language)) } } })
        .collect();
    html! {
        section .report-part {
            h2 { (part.title) " "
                a .csv .no-print download
                    href={ "/reports/" (report.business_date) "/" (part.name) }
                    aria-label={ (part.title) " CSV" } { "CSV" } }
            (table(part.title, &headings, &numbers, &rows))
        }
    }
}

fn cell_of(cell: &Cell, currency: Currency, language: Language) -> Markup {
    match cell {
        Cell::Text(text) => html! { td .words { (text) } },
        Cell::Count(count) => html! { td .n { (count) } },
        Cell::Amount(Some(minor)) => {
            let money = Money::new(*minor, currency).to_string();
            html! { td .n { (money) } }
        }
        Cell::Amount(None) => html! { td .n .bad { (said(language, "not told", "未告知")) } },
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
                            (super::tables::payment_link(&one.payment_id)) " " (one.what) ": "
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
    let all = tables(&report, Language::English);
    let Some(part) = all.iter().find(|table| table.name == name) else {
        return (StatusCode::NOT_FOUND, "no such table\n").into_response();
    };
    file(
        "text/csv; charset=utf-8",
        &format!("{date}-{name}"),
        csv_of(part),
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

fn csv_of(part: &Table) -> String {
    let heading: Vec<String> = part
        .headings
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    let mut text = format!("{}\r\n", heading.join(","));
    for row in &part.rows {
        let fields: Vec<String> = row.iter().map(field_of).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

/// What begins as a formula does is text to a spreadsheet, too.
fn field_of(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => {
            let guard = match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                true => "'",
                false => "",
            };
            format!("\"{guard}{}\"", text.replace('"', "\"\""))
        }
        Cell::Count(count) => count.to_string(),
        Cell::Amount(minor) => minor.map_or_else(String::new, |minor| minor.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_quotes_and_no_formula() {
        let part = Table {
            name: "tenders.csv",
            title: "",
            headings: vec![("tender", ""), ("count", ""), ("total_minor", "")],
            rows: vec![
                vec![
                    Cell::Text("=HYPERLINK(\"x\")".to_owned()),
                    Cell::Count(2),
                    Cell::Amount(Some(-1250)),
                ],
                vec![
                    Cell::Text("cash, all".to_owned()),
                    Cell::Count(0),
                    Cell::Amount(None),
                ],
            ],
        };
        let expected = "tender,count,total_minor\r\n\"'=HYPERLINK(\"\"x\"\")\",2,-1250\r\n\
                        \"cash, all\",0,\r\n";
        assert_eq!(csv_of(&part), expected);
    }
}
