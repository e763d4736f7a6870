//! Find: receipts and payments by what a customer can tell; and one receipt.

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{ids::ReceiptNumber, money::Money, operators::OfficeRight, words::Language};
use maud::{Markup, html};
use proto::store::v1::{
    FindRequest, FindResponse, FoundLine, operations_service_server::OperationsService,
};
use tonic::{Code, Request};
use web::{Fields, language_of, said};

use super::{
    Here, Pages,
    frame::Section,
    tables::{amount, none, payment_link, read, receipt_link, table},
    visitor::stopping,
};
use crate::{actors::reports::FindReceipt, moment::read_moment, presentation};

/// What is told at once.
const LINES_MAX: u32 = 200;

/// `GET /find`.
pub(super) async fn page(
    State(pages): Here,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeSales).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let fields = Fields::of(query.as_deref().unwrap_or_default());
    let asked = FIELDS.iter().any(|name| !fields.get(name).is_empty());
    let found = match asked {
        true => Some(pages.find(&fields, language).await),
        false => None,
    };
    let body = html! {
        (form(&fields, language))
        @match found {
            None => p .quiet {
                (said(
                    language,
                    "Fill in what is known; all of it must fit.",
                    "填写已知内容；所有条件须同时符合。",
                ))
            },
            Some(Err(why)) => p .notice role="alert" { (why) },
            Some(Ok(found)) => (lines(&pages, &found, language)),
        }
    };
    pages
        .of_section(&visitor, &headers, Section::Find, &body)
        .into_response()
}

const FIELDS: [&str; 7] = [
    "receipt",
    "amount",
    "last_four",
    "from",
    "to",
    "lane",
    "operator",
];

impl Pages {
    async fn find(&self, fields: &Fields, language: Language) -> Result<FindResponse, String> {
        let number = |name: &str| match fields.get(name) {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| {
                let what = said(language, "is no number", "不是数字");
                format!("{text}: {what}")
            }),
        };
        let moment = |name: &str| match fields.get(name) {
            "" => Ok(None),
            text => read_moment(text, &self.services.calendar.zone)
                .map(|at| Some(at.0))
                .ok_or_else(|| {
                    let what = said(language, "is no moment", "不是有效时间");
                    format!("{text}: {what}")
                }),
        };
        let request = FindRequest {
            receipt_number: fields.get("receipt").to_owned(),
            amount: fields.get("amount").to_owned(),
            last_four: fields.get("last_four").to_owned(),
            from_wall_ms: moment("from")?,
            to_wall_ms: moment("to")?,
            lane: number("lane")?,
            operator_id: number("operator")?,
            limit: LINES_MAX,
        };
        let found = self.services.find(Request::new(request)).await;
        found
            .map(tonic::Response::into_inner)
            .map_err(|status| presentation::refused_in(&status, language))
    }
}

fn form(fields: &Fields, language: Language) -> Markup {
    let field = |name: &str, label: &str, kind: &str, example: &str| {
        html! {
            label { (label)
                input name=(name) type=(kind) value=(fields.get(name)) placeholder=(example)
                    maxlength="40"; }
        }
    };
    html! {
        form .fields action="/find" method="get" {
            (field("receipt", said(language, "Receipt", "小票号"), "text", "3-1-000042"))
            (field("amount", said(language, "Amount", "金额"), "text", "12.90"))
            (field("last_four", said(language, "Card, last four", "卡号后四位"), "text", "0018"))
            (field("from", said(language, "From", "起"), "datetime-local", ""))
            (field("to", said(language, "To", "止"), "datetime-local", ""))
            (field("lane", said(language, "Lane", "收银台"), "text", "1"))
            (field("operator", said(language, "Operator", "员工"), "text", "101"))
            button .key .go type="submit" { (said(language, "Find", "查询")) }
        }
    }
}

fn lines(pages: &Pages, found: &FindResponse, language: Language) -> Markup {
    let rows: Vec<Markup> = found
        .found
        .iter()
        .map(|line| row(pages, line, language))
        .collect();
    html! {
        @if rows.is_empty() { (none(language)) }
        @else {
            (table(
                said(language, "Found", "查询结果"),
                &[
                    said(language, "Time", "时间"),
                    said(language, "Lane", "收银台"),
                    said(language, "Receipt", "小票号"),
                    said(language, "Amount", "金额"),
                    said(language, "Card", "卡"),
                    said(language, "Payment", "付款"),
                    said(language, "State", "状态"),
                ],
                &[3],
                &rows,
            ))
        }
        @if found.more {
            p .quiet {
                (said(
                    language,
                    "There may be more: say a shorter time.",
                    "可能还有更多：请缩短时间范围。",
                ))
            }
        }
    }
}

fn row(pages: &Pages, line: &FoundLine, language: Language) -> Markup {
    html! {
        tr {
            td { (pages.moment(line.wall_ms)) }
            td { (line.lane) }
            td { (receipt_link(&line.receipt_number)) }
            td .n { (amount(line.amount.as_ref())) }
            td { @if !line.last_four.is_empty() { "…" (line.last_four) } }
            td { @if !line.payment_id.is_empty() { (payment_link(&line.payment_id)) } }
            td .words { (read(&presentation::found_state(line), language)) }
        }
    }
}

/// `GET /receipts/{number}`.
pub(super) async fn receipt(
    State(pages): Here,
    Path(number): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeSales).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let title = format!("{} {number}", said(language, "Receipt", "小票"));
    let told = match ReceiptNumber::parse(&number) {
        Ok(number) => match pages.services.reports.send(FindReceipt(number)).await {
            Ok(Ok(told)) => told,
            Ok(Err(_)) | Err(_) => return stopping(),
        },
        Err(_) => None,
    };
    let Some((sale, paper)) = told else {
        let body = html! { p .notice { (said(language, "No such receipt", "没有此小票")) } };
        let page = pages.frame(&visitor, &headers, Some(Section::Find), &title, &body);
        return (StatusCode::NOT_FOUND, page).into_response();
    };
    let reprint = pages.reprint_form(&visitor, sale.receipt, language).await;
    let currency = pages.services.currency;
    let money = |minor| Money::new(minor, currency).to_string();
    let body = html! {
        dl .facts {
            dt { (said(language, "Closed", "完成于")) } dd { (pages.moment(sale.at.0)) }
            dt { (said(language, "Business day", "营业日")) } dd { (sale.date) }
            dt { (said(language, "Lane", "收银台")) } dd { (sale.receipt.lane.0) }
            dt { (said(language, "Operator", "员工")) } dd { (sale.operator.0) }
            dt { (said(language, "Total", "合计")) } dd { (money(sale.total_minor)) }
            @for tender in &sale.tenders {
                dt { (tender_in(&tender.kind, language)) }
                dd { (money(tender.minor)) " "
                    @if let Some(id) = tender.payment_id { (payment_link(&id.to_string())) } }
            }
        }
        h2 { (said(language, "Paper", "小票内容")) }
        (paper_of(&paper, language))
        @if !paper.is_empty() { (reprint) }
    };
    pages
        .frame(&visitor, &headers, Some(Section::Find), &title, &body)
        .into_response()
}

pub(super) fn paper_of(paper: &str, language: Language) -> Markup {
    html! {
        @if paper.is_empty() {
            p .quiet { (said(language, "Not printed yet", "尚未打印")) }
        } @else {
            pre .paper tabindex="0" { (paper) }
        }
    }
}

/// As the projections name a tender, or as a release before did.
pub(super) fn tender_in(kind: &str, language: Language) -> String {
    use domain::{sale::TenderKind, words::Worded as _};
    let named = TenderKind::by_name(kind).map(TenderKind::in_words);
    named.map_or_else(|| kind.to_owned(), |said| said.read_in(language).to_owned())
}

/// What a status means to whoever looks.
pub(super) const fn is_unknown(code: Code) -> bool {
    matches!(code, Code::NotFound | Code::InvalidArgument)
}
