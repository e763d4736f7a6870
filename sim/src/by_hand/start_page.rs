//! The one page that leads to all others, with the switches for what can go wrong.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::words::{Language, Worded as _};
use maud::{Markup, html};
use ports::Listener;
use tokio::sync::{mpsc, oneshot};
use web::{Access, Page, Token, assets, guard, language_choice, language_of, said, serve};

use super::{
    operators::PEOPLE,
    switches::{Asked, Off, Switch},
};
use crate::store::fleet::Fleet;

/// What the page knows.
pub(super) struct StartPage {
    /// Where each lane's screens are.
    lanes: BTreeMap<u16, SocketAddr>,
    office: Option<SocketAddr>,
    token: Token,
    orders: mpsc::Sender<Asked>,
    off: Mutex<Off>,
}

type Here = State<Arc<StartPage>>;

impl StartPage {
    pub(super) fn new(fleet: &Fleet, token: Token, orders: mpsc::Sender<Asked>) -> Self {
        Self {
            lanes: fleet.screens.clone(),
            office: fleet.office,
            token,
            orders,
            off: Mutex::default(),
        }
    }

    /// Serves until it is dropped.
    pub(super) async fn serve(self, listener: Listener) {
        let access = Access {
            token: self.token.clone(),
            framed_by: None,
            frames: Some("http://127.0.0.1:*".to_owned()),
        };
        let pages = Router::new()
            .route("/", get(start))
            .route("/lane/{lane}", get(desk))
            .route("/switch/{name}/{on}", post(turn))
            .route("/switch/{name}/{lane}/{on}", post(turn_of_lane))
            .merge(language_choice("/"))
            .with_state(Arc::new(self))
            .merge(assets());
        // A server that ends by itself leaves the store as it is.
        let _ = serve(listener, guard(pages, access)).await;
    }

    fn off(&self) -> Off {
        self.off
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, switch: Switch, on: bool) {
        let mut off = self.off.lock().unwrap_or_else(PoisonError::into_inner);
        match switch {
            Switch::BankLine => off.bank_line = !on,
            Switch::Hub => off.hub = !on,
            Switch::Cable(lane) => {
                off.cables.retain(|other| *other != lane);
                if !on {
                    off.cables.push(lane);
                }
            }
            Switch::KillLane(_) | Switch::LoseAnswer => {}
        }
    }
}

async fn turn(
    State(page): Here,
    headers: HeaderMap,
    Path((name, on)): Path<(String, String)>,
) -> Response {
    let switch = match name.as_str() {
        "bank-line" => Switch::BankLine,
        "hub" => Switch::Hub,
        "lose-answer" => Switch::LoseAnswer,
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    page.turned(switch, on == "on", &headers).await
}

async fn turn_of_lane(
    State(page): Here,
    headers: HeaderMap,
    Path((name, lane, on)): Path<(String, u16, String)>,
) -> Response {
    let switch = match name.as_str() {
        "cable" => Switch::Cable(lane),
        "kill" => Switch::KillLane(lane),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    page.turned(switch, on == "on", &headers).await
}

impl StartPage {
    async fn turned(&self, switch: Switch, on: bool, headers: &HeaderMap) -> Response {
        let (done, outcome) = oneshot::channel();
        let asked = Asked { switch, on, done };
        if self.orders.try_send(asked).is_err() {
            return (StatusCode::SERVICE_UNAVAILABLE, "the store is busy\n").into_response();
        }
        match outcome.await {
            Ok(Ok(())) => {
                self.note(switch, on);
                switches(self, language_of(headers)).into_response()
            }
            Ok(Err(said)) => (StatusCode::INTERNAL_SERVER_ERROR, said).into_response(),
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

async fn start(State(page): Here, headers: HeaderMap) -> Markup {
    let language = language_of(&headers);
    let (other, tag) = match language {
        Language::English => ("中文", "zh"),
        Language::Chinese => ("English", "en"),
    };
    let body = html! {
        header .top {
            strong { (said(language, "Lanekeeper: a store to try", "Lanekeeper：试用门店")) }
            span .training { (said(language, "TEST: no real money", "测试：非真实交易")) }
            a .language href={ "/language/" (tag) } { (other) }
        }
        main {
            h1 { (said(language, "Sell", "收银")) }
            p { (said(
                language,
                "Each lane opens with a test panel beside it: goods to scan and cards to pay with.",
                "每个收银台旁边都有测试面板：可扫描商品，可出示银行卡。",
            )) }
            div .tiles {
                @for (lane, screens) in &page.lanes {
                    section .tile {
                        h2 { (said(language, "Lane", "收银台")) " " (lane) }
                        a .go href={ "/lane/" (lane) } {
                            (said(language, "Open with test panel", "打开（带测试面板）"))
                        }
                        a href={ "http://" (screens) "/cashier" } {
                            (said(language, "Cashier alone", "仅收银员屏幕"))
                        }
                        a href={ "http://" (screens) "/customer" } {
                            (said(language, "Customer's screen", "顾客屏幕"))
                        }
                    }
                }
            }
            h1 { (said(language, "Sign on", "登录")) }
            p { (said(
                language,
                "A cashier sells; what a cashier may not, a supervisor allows at the lane with number and PIN.",
                "收银员负责销售；超出收银员权限的操作，由主管在收银台输入工号和密码授权。",
            )) }
            (people(language))
            @if let Some(office) = page.office {
                h1 { (said(language, "Run the store", "管理门店")) }
                div .tiles {
                    section .tile {
                        h2 { (said(language, "Office", "办公室")) }
                        a .go href={ "http://" (office) "/now" } {
                            (said(language, "Now: lanes, bank, queue", "当前：收银台、银行、队列"))
                        }
                    }
                }
            }
            h1 { (said(language, "Make something go wrong", "制造故障")) }
            div #switches { (switches(&page, language)) }
        }
    };
    framed(
        &page,
        language,
        said(language, "Start", "开始"),
        "start",
        body,
    )
}

fn people(language: Language) -> Markup {
    html! {
        table .people {
            thead { tr {
                th { (said(language, "Number", "工号")) }
                th { (said(language, "PIN", "密码")) }
                th { (said(language, "Name", "姓名")) }
                th { (said(language, "Role", "职位")) }
            } }
            tbody {
                @for person in &PEOPLE {
                    tr {
                        td .figure { (person.number) }
                        td .figure { (person.pin) }
                        td { (person.name) }
                        td { (person.role.in_words().read_in(language)) }
                    }
                }
            }
        }
    }
}

fn switches(page: &StartPage, language: Language) -> Markup {
    let off = page.off();
    html! {
        div .tiles {
            (switch(
                "/switch/bank-line",
                off.bank_line,
                [
                    said(language, "Pull the bank line", "断开银行线路"),
                    said(language, "Put the bank line back", "恢复银行线路"),
                ],
            ))
            (switch(
                "/switch/hub",
                off.hub,
                [
                    said(language, "Kill the hub", "停止主机"),
                    said(language, "Start the hub", "启动主机"),
                ],
            ))
            (switch(
                "/switch/lose-answer",
                true,
                [
                    "",
                    said(language, "Lose the bank's next approval", "丢失银行的下一个批准"),
                ],
            ))
            @for lane in page.lanes.keys() {
                (switch(
                    &format!("/switch/cable/{lane}"),
                    off.cables.contains(lane),
                    [
                        &format!("{} {lane}", said(language, "Cut off lane", "断开收银台")),
                        &format!("{} {lane}", said(language, "Connect lane", "连接收银台")),
                    ],
                ))
                (switch(
                    &format!("/switch/kill/{lane}"),
                    true,
                    [
                        "",
                        &format!("{} {lane}", said(language, "Kill lane", "终止并重启收银台")),
                    ],
                ))
            }
        }
    }
}

/// A key that does the other thing next.
fn switch(path: &str, is_off: bool, [off, on]: [&str; 2]) -> Markup {
    let (label, to) = match is_off {
        true => (on, "on"),
        false => (off, "off"),
    };
    html! {
        button .key .off[is_off && !off.is_empty()] type="button" hx-post={ (path) "/" (to) }
            hx-target="#switches" hx-swap="innerHTML" { (label) }
    }
}

/// A cashier with the panel beside it.
async fn desk(State(page): Here, headers: HeaderMap, Path(lane): Path<u16>) -> Response {
    let language = language_of(&headers);
    let Some(screens) = page.lanes.get(&lane) else {
        return (StatusCode::NOT_FOUND, "there is no such lane\n").into_response();
    };
    let title = format!("{} {lane}", said(language, "Lane", "收银台"));
    let body = html! {
        nav .bar {
            a href="/" { (said(language, "Start page", "开始页面")) }
            strong { (title) }
            div #switches { (switches(&page, language)) }
        }
        iframe .cashier-frame src={ "http://" (screens) "/cashier" }
            title=(said(language, "Cashier", "收银员")) {}
        aside .side {
            iframe src={ "http://" (screens) "/customer" }
                title=(said(language, "Customer", "顾客")) {}
            iframe src={ "http://" (screens) "/panel" }
                title=(said(language, "Test panel", "测试面板")) {}
        }
    };
    framed(&page, language, &title, "desk", body).into_response()
}

fn framed(page: &StartPage, language: Language, title: &str, class: &str, body: Markup) -> Markup {
    let page = Page {
        title,
        language,
        class,
        scripts: &[],
        token: &page.token,
        body,
    };
    page.markup()
}
