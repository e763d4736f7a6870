//! The test panel beside a cashier: cards that behave as named, and the shop's goods to scan. Only
//! where a configuration asks for it; the cards are made up, and no real reader is armed by it.

use std::sync::Arc;

use axum::{
    extract::{Path as UrlPath, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use domain::{
    barcode::check_digit,
    money::Money,
    prices::{Article, ArticleKey},
    sale::{Prompt, Screen},
    words::Language,
};
use maud::{Markup, html};
use web::Page;

use crate::devices::PrinterTrouble;

use super::{
    basket::plain,
    pages::{Here, Pages, asked, said},
    test_panel::TestPanel,
};

/// Goods that the panel shows: a person picks among them.
const GOODS_MAX: usize = 240;

/// What a piece of weighed goods weighs on the panel.
const WEIGHED_GRAMS: i64 = 512;

/// `POST /panel/card/N`: the customer holds the card to the reader until the screens go on.
pub(super) async fn hold_card(
    State(pages): Here,
    UrlPath(index): UrlPath<usize>,
    headers: HeaderMap,
) -> Response {
    let panel = pages.lane.panel.as_ref();
    let card = panel.and_then(|panel| panel.cards.get(index));
    let Some((panel, card)) = panel.zip(card) else {
        return (StatusCode::NOT_FOUND, "there is no such card\n").into_response();
    };
    if !waits_for_card(&pages) {
        let what = said(asked(&headers), "No card is wanted now", "当前不需要刷卡");
        return (StatusCode::CONFLICT, what).into_response();
    }
    panel.held.send_replace(Some(card.card.clone()));
    let (mut screens, held) = (pages.lane.screens.clone(), panel.held.clone());
    tokio::spawn(async move {
        let goes_on = |shown: &Option<Screen>| {
            let prompt = shown.as_ref().map(|screen| &screen.prompt);
            !matches!(prompt, Some(Prompt::PresentCard { .. }))
        };
        // The lane is gone: nobody holds a card to it.
        let _ = screens.wait_for(goes_on).await;
        held.send_replace(None);
    });
    StatusCode::NO_CONTENT.into_response()
}

/// What a person may do to the printer, by its name in the address.
const AT_THE_PRINTER: [(&str, Option<PrinterTrouble>, &str, &str); 4] = [
    (
        "paper-out",
        Some(PrinterTrouble::PaperOut),
        "paper runs out",
        "纸卷用完",
    ),
    (
        "cover-open",
        Some(PrinterTrouble::CoverOpen),
        "open the cover",
        "打开机盖",
    ),
    (
        "unplugged",
        Some(PrinterTrouble::NotThere),
        "pull the plug",
        "拔掉电源",
    ),
    ("ready", None, "make it ready", "恢复正常"),
];

/// `POST /panel/printer/WHAT`: the paper runs out, the plug is pulled, or all is well again.
pub(super) async fn touch_printer(State(pages): Here, UrlPath(what): UrlPath<String>) -> Response {
    let panel = pages.lane.panel.as_ref();
    let hand = panel.and_then(|panel| panel.printer.as_ref());
    let done = AT_THE_PRINTER.iter().find(|(name, ..)| *name == what);
    let Some((hand, (_, trouble, ..))) = hand.zip(done) else {
        return (StatusCode::NOT_FOUND, "there is no such thing to do\n").into_response();
    };
    hand.send_replace(*trouble);
    StatusCode::NO_CONTENT.into_response()
}

fn waits_for_card(pages: &Pages) -> bool {
    let shown = pages.lane.screens.borrow();
    let prompt = shown.as_ref().map(|screen| &screen.prompt);
    matches!(prompt, Some(Prompt::PresentCard { .. }))
}

/// `GET /panel`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Markup {
    let language = asked(&headers);
    let body = html! {
        h1 { (said(language, "Test panel", "测试面板")) }
        section aria-label=(said(language, "Test cards", "测试卡")) {
            h2 { (said(language, "Hold a card to the reader", "出示银行卡")) }
            (cards(pages.lane.panel.as_ref(), language))
        }
        @if pages.lane.panel.as_ref().is_some_and(|panel| panel.printer.is_some()) {
            section aria-label=(said(language, "Printer", "打印机")) {
                h2 { (said(language, "Printer", "打印机")) }
                div .drawer {
                    @for (name, _, english, chinese) in AT_THE_PRINTER {
                        button .key type="button" data-post={ "/panel/printer/" (name) } {
                            (said(language, english, chinese))
                        }
                    }
                }
            }
        }
        section aria-label=(said(language, "Goods", "商品")) {
            h2 { (said(language, "Scan an article", "扫描商品")) }
            (goods(&pages, language))
        }
        p #said .refused role="status" {}
    };
    let page = Page {
        title: said(language, "Test panel", "测试面板"),
        language,
        class: "panel",
        scripts: &["/assets/cashier.js"],
        token: &pages.token,
        body: html! { main data-run=(pages.run) { (body) } },
    };
    page.markup()
}

fn cards(panel: Option<&Arc<TestPanel>>, language: Language) -> Markup {
    let cards = panel
        .map(|panel| panel.cards.as_slice())
        .unwrap_or_default();
    html! {
        div .drawer {
            @for (index, card) in cards.iter().enumerate() {
                button .key .card type="button" data-post={ "/panel/card/" (index) } {
                    (match language {
                        Language::English => &card.english,
                        Language::Chinese => &card.chinese,
                    })
                }
            }
        }
    }
}

fn goods(pages: &Pages, language: Language) -> Markup {
    let facts = pages.lane.facts.borrow().clone();
    let Some(facts) = facts else {
        return html! { p { (said(language, "No prices yet", "尚无价格")) } };
    };
    let currency = facts.prices.currency();
    let scanned = facts.prices.articles().filter_map(as_scanned);
    html! {
        div .goods {
            @for (code, name, minor) in scanned.take(GOODS_MAX) {
                button .key type="button" data-scan=(code) {
                    span .name { (name) }
                    span .amount { (plain(Money::new(minor, currency))) }
                }
            }
        }
    }
}

/// The code on an article, its name, and what it costs: of weighed goods a label of about a pound.
fn as_scanned(article: Article<'_>) -> Option<(String, &str, i64)> {
    let Article {
        name, price_minor, ..
    } = article;
    let filed = article.as_filed();
    match article.key {
        // What is weighed waits for its weight once it is scanned.
        ArticleKey::Piece(_) => Some((filed, name, price_minor)),
        ArticleKey::Label(_) => {
            let minor = price_minor.checked_mul(WEIGHED_GRAMS)?.checked_div(1_000)?;
            let body = format!("{filed}{minor:05}");
            let check = check_digit(&body)?;
            Some((format!("{body}{check}"), name, minor))
        }
    }
}
