//! Now: the lanes as tiles, the bank line, what is owed to the bank, and what somebody should look
//! at.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use domain::{operators::OfficeRight, words::Language};
use futures::StreamExt;
use maud::{Markup, html};
use proto::store::v1::{
    LaneView, LanesRequest, StatusRequest, StatusResponse,
    operations_service_server::OperationsService,
};
use tokio_stream::wrappers::IntervalStream;
use tonic::Request;
use web::{LISTEN_WHILE_SEEN, language_of, said};

use super::{Here, Pages, frame::Section};
use crate::presentation;

/// How old what is shown may be.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The store at one moment.
struct Seen {
    status: StatusResponse,
    lanes: Vec<LaneView>,
}

impl Pages {
    async fn look(&self) -> Option<Seen> {
        let status = self.services.status(Request::new(StatusRequest {}));
        let status = status.await.ok()?.into_inner();
        let lanes = self.services.lanes(Request::new(LanesRequest {}));
        let lanes = lanes.await.ok()?.into_inner().lanes;
        Some(Seen { status, lanes })
    }
}

/// `GET /now`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Response {
    let visitor = match pages.admit(&headers, OfficeRight::SeeStore).await {
        Ok(visitor) => visitor,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let seen = pages.look().await;
    let body = html! {
        div #live hx-sse:connect="/now/live" hx-config=(LISTEN_WHILE_SEEN)
            hx-swap="innerHTML" { (shown(&pages, seen.as_ref(), language)) }
    };
    pages
        .of_section(&visitor, &headers, Section::Now, &body)
        .into_response()
}

/// `GET /now/live`.
pub(super) async fn live(State(pages): Here, headers: HeaderMap) -> Response {
    if let Err(answer) = pages.admit(&headers, OfficeRight::SeeStore).await {
        return answer;
    }
    let language = language_of(&headers);
    let looks = IntervalStream::new(tokio::time::interval(LOOK_EVERY));
    let contents = looks.then(move |_| {
        let (pages, headers) = (Arc::clone(&pages), headers.clone());
        async move {
            // Looking on keeps nobody signed on.
            if !matches!(pages.visitor(&headers, false).await, Ok(Some(_))) {
                return None;
            }
            let seen = pages.look().await;
            Some(shown(&pages, seen.as_ref(), language).into_string())
        }
    });
    let contents = contents.take_while(|one| std::future::ready(one.is_some()));
    let mut last = String::new();
    let changed = contents.filter_map(std::future::ready).map(move |now| {
        let event = match now == last {
            // Says that the hub is there.
            true => Event::default().comment(""),
            false => Event::default().data(&now),
        };
        last = now;
        Ok::<Event, Infallible>(event)
    });
    Sse::new(changed).into_response()
}

fn shown(pages: &Pages, seen: Option<&Seen>, language: Language) -> Markup {
    let Some(seen) = seen else {
        return html! { p .notice { (said(language, "The hub is stopping", "主机正在停止")) } };
    };
    html! {
        (needs_a_person(&seen.status, language))
        section .tiles aria-label=(said(language, "Store", "门店")) {
            (day(&seen.status, language))
            (bank(pages, &seen.status, language))
            (owed(&seen.status, language))
            (decided(&seen.status, language))
        }
        h2 { (said(language, "Lanes", "收银台")) }
        section .tiles aria-label=(said(language, "Lanes", "收银台")) {
            @for lane in &seen.lanes { (lane_tile(pages, lane, language)) }
        }
    }
}

/// What does not get better by itself.
fn needs_a_person(status: &StatusResponse, language: Language) -> Markup {
    html! {
        @if let Some(why) = &status.disk {
            p .notice role="alert" {
                (presentation::no_room(why).read_in(language)) " (HUB0017)"
            }
        }
        @if status.end_needs_person {
            p .notice role="alert" {
                (said(
                    language,
                    "The day is over and nobody confirms the clock: close it (HUB0020)",
                    "营业日已到期而时钟未经确认：请人工日结（HUB0020）",
                ))
            }
        }
        @if status.dead_letters > 0 {
            p .notice role="alert" {
                (status.dead_letters) " "
                (said(language, "entries the bank would not take", "条记录银行未接受"))
            }
        }
    }
}

fn day(status: &StatusResponse, language: Language) -> Markup {
    let state = presentation::day_state(status.day);
    html! {
        section .tile {
            h2 { (said(language, "Business day", "营业日")) }
            p .figure { (status.business_date) }
            p { (state.read_in(language)) }
            @if !status.dates_closing.is_empty() {
                p { (said(language, "Not sealed yet", "尚未封存")) ": "
                    (status.dates_closing.join(", ")) }
            }
        }
    }
}

fn bank(pages: &Pages, status: &StatusResponse, language: Language) -> Markup {
    html! {
        section .tile .bad[!status.link_up] {
            h2 { (said(language, "Bank line", "银行线路")) }
            p .figure {
                @if status.link_up { (said(language, "up", "正常")) }
                @else { (said(language, "DOWN", "中断")) }
            }
            @if status.line_since_wall_ms != 0 {
                p { (said(language, "since", "自")) " " (pages.clock(status.line_since_wall_ms)) }
            }
            p { (status.payments_in_flight) " "
                (said(language, "payments under way", "笔付款进行中")) }
        }
    }
}

fn owed(status: &StatusResponse, language: Language) -> Markup {
    let most = presentation::amount(status.queue_amount.as_ref());
    html! {
        section .tile .mind[status.queue_depth > 0] {
            h2 { (said(language, "Waiting for the bank", "等待发送银行")) }
            p .figure { (most.unwrap_or_else(|| "0".to_owned())) }
            p { (status.queue_depth) " " (said(language, "entries", "条")) }
        }
    }
}

fn decided(status: &StatusResponse, language: Language) -> Markup {
    let counts = status.counts.unwrap_or_default();
    let rows = [
        (counts.approved, said(language, "approved", "批准")),
        (
            counts.partially_approved,
            said(language, "in part", "部分批准"),
        ),
        (counts.declined, said(language, "declined", "拒绝")),
        (counts.unknown, said(language, "not confirmed", "未确认")),
        (counts.refused, said(language, "refused here", "系统拒绝")),
        (
            counts.stand_in,
            said(language, "without the bank", "代授权"),
        ),
    ];
    html! {
        section .tile {
            h2 { (said(language, "Cards today", "今日银行卡")) }
            table {
                @for (count, name) in rows {
                    tr { th scope="row" { (name) } td { (count) } }
                }
            }
        }
    }
}

fn lane_tile(pages: &Pages, lane: &LaneView, language: Language) -> Markup {
    let state = presentation::lane_state(lane.lane_state);
    let behind = lane
        .journal_sequence
        .saturating_sub(lane.replicated_sequence);
    html! {
        section .tile .bad[!lane.connected] {
            h2 { (said(language, "Lane", "收银台")) " " (lane.lane) }
            p .figure {
                @if lane.connected { (state.read_in(language)) }
                @else { (said(language, "away", "离线")) }
            }
            p { (lane.sales_closed) " " (said(language, "sales", "笔交易")) ", "
                (lane.sales_voided) " " (said(language, "voided", "笔取消")) }
            @if lane.last_heard_wall_ms != 0 {
                p { (said(language, "heard at", "最近联系")) " "
                    (pages.clock(lane.last_heard_wall_ms)) }
            }
            @if behind > 0 {
                p { (behind) " " (said(language, "records behind", "条记录未同步")) }
            }
            @for trouble in &lane.troubles {
                p .notice { (presentation::trouble(trouble).read_in(language)) " ("
                    (presentation::trouble_code(trouble.kind)) ")" }
            }
        }
    }
}
