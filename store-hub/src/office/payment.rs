//! One payment from receipt to bank, as a timeline. No card number is on it but first six and last
//! four.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{
    operators::OfficeRight,
    words::{Language, Sentence},
};
use maud::{Markup, html};
use proto::store::v1::{
    HistoryLine, PaymentHistory, PaymentQuery, operations_service_server::OperationsService,
};
use tonic::Request;
use web::{language_of, said};

use super::{
    Here, Pages,
    find::{is_unknown, paper_of},
    frame::Section,
    tables::{amount, read, receipt_link},
    visitor::stopping,
};
use crate::presentation;

/// `GET /payments/{id}`.
pub(super) async fn page(
    State(pages): Here,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeSales).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let query = PaymentQuery { payment_id: id };
    let title = said(language, "Payment", "付款");
    let history = match pages.services.payment(Request::new(query)).await {
        Ok(history) => history.into_inner(),
        Err(status) if is_unknown(status.code()) => {
            let body = html! { p .notice { (presentation::refused_in(&status, language)) } };
            let page = pages.frame(&visitor, &headers, Some(Section::Find), title, &body);
            return (StatusCode::NOT_FOUND, page).into_response();
        }
        Err(_) => return stopping(),
    };
    let body = html! {
        (facts(&history, language))
        h2 { (said(language, "What happened", "经过")) }
        (timeline(&pages, &history, language))
        h2 { (said(language, "Paper", "小票内容")) }
        (paper_of(&history.receipt_text, language))
    };
    pages
        .frame(&visitor, &headers, Some(Section::Find), title, &body)
        .into_response()
}

fn facts(history: &PaymentHistory, language: Language) -> Markup {
    let state = history.state.as_ref().map(presentation::payment_state);
    let state = state.unwrap_or_default();
    html! {
        dl .facts {
            dt { (said(language, "Payment", "付款")) } dd { code .id { (history.payment_id) } }
            dt { (said(language, "State", "状态")) } dd { strong { (read(&state, language)) } }
            dt { (said(language, "Asked", "请求金额")) } dd { (amount(history.asked.as_ref())) }
            dt { (said(language, "Paid", "已付金额")) } dd { (amount(history.paid.as_ref())) }
            @if !history.receipt_number.is_empty() {
                dt { (said(language, "Receipt", "小票号")) }
                dd { (receipt_link(&history.receipt_number)) }
            }
        }
    }
}

/// Lane, hub and bank each tell their own; together they stand in the order of their clocks.
fn timeline(pages: &Pages, history: &PaymentHistory, language: Language) -> Markup {
    let of = |who: fn() -> Sentence, lines: &[HistoryLine]| -> Vec<(Sentence, HistoryLine)> {
        lines.iter().map(|line| (who(), line.clone())).collect()
    };
    let mut all = of(|| Sentence::new("lane", "收银台"), &history.lane);
    all.extend(of(|| Sentence::new("hub", "主机"), &history.hub));
    all.extend(of(|| Sentence::new("bank", "银行"), &history.host));
    // Stable: what one of them told stays in its order. What has no time of its own is last.
    all.sort_by_key(|(_, line)| match line.wall_ms {
        0 => i64::MAX,
        wall_ms => wall_ms,
    });
    html! {
        ol .timeline {
            @for (who, line) in &all {
                li class=(who.english) {
                    span .at { (pages.clock(line.wall_ms)) }
                    span .who { (read(who, language)) }
                    span .what { (read(&presentation::history_line(line), language)) }
                }
            }
        }
    }
}
