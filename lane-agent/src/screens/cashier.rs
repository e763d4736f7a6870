//! The cashier's page: the basket, the one next step, and the keys that are possible now.

use std::collections::{BTreeMap, BTreeSet};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    routing::get,
};
use domain::{
    money::Money,
    prices::{ArticleKey, ArticleKind, PriceBook},
    sale::{Prompt, Screen},
    till::TillNotice,
    words::Language,
};
use maud::{Markup, html};
use web::{LISTEN, Page};

use super::{
    basket::{between_sales, in_the_store, lines, plain, sums},
    forms::dialogs,
    identify::{self, Asked},
    keys::{actions, pad},
    pages::{Here, Lane, Pages, asked, said, store_name},
    pictures::{self, picture},
    returns,
};
use crate::hub_facts::HubFacts;

const SCRIPT: &[u8] = include_bytes!("../../assets/cashier.js");
/// Product keys: so many categories, and articles in each.
const CATEGORIES_MAX: usize = 24;
const ARTICLES_A_CATEGORY_MAX: usize = 24;
/// Classes of tax that are offered.
const TAX_CLASSES_MAX: usize = 16;

/// Its files.
pub(super) fn assets() -> Router {
    let kind = "text/javascript; charset=utf-8";
    let script = get(move || async move { ([(header::CONTENT_TYPE, kind)], SCRIPT) });
    let svg = "image/svg+xml";
    let goods = get(move || async move { ([(header::CONTENT_TYPE, svg)], pictures::FILE) });
    Router::new()
        .route("/assets/cashier.js", script)
        .route(pictures::PATH, goods)
}

/// `GET /cashier`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Markup {
    let language = asked(&headers);
    let screen = pages.lane.screens.borrow().clone();
    let currency = pages.lane.checkout.currency;
    let facts = pages.lane.facts.borrow().clone();
    let title = format!(
        "{} {}",
        said(language, "Lane", "收银台"),
        pages.lane.checkout.lane
    );
    let body = html! {
        main #live .live hx-sse:connect="/cashier/live"
            hx-config=(LISTEN) hx-swap="innerHTML" data-run=(pages.run)
            data-minor-digits=(currency.exponent()) {
            (live(&pages, screen.as_ref(), language))
        }
        (pad(language))
        (goods_dialog(language))
        (dialogs(currency, &tax_classes(facts.as_deref()), language))
        (returns::dialogs(language))
        dialog #unknown .dialog role="alertdialog" aria-labelledby="unknown-text" {
            p #unknown-text {}
            button .key .wide data-do="acknowledge" {
                (said(language, "Understood", "知道了"))
            }
        }
        p #broken .broken role="alert" hidden {
            (said(
                language,
                "The lane does not answer: what you press is kept and sent as soon as it does",
                "收银程序没有响应：按键已保留，恢复后立即发送",
            ))
        }
        p #restarted .broken role="alert" hidden {
            (said(
                language,
                "The lane was started again: the last key may not have been taken. \
                 Look at the basket.",
                "收银程序已重新启动：最后一次按键可能未生效，请核对商品。",
            ))
            button .key data-do="seen" { (said(language, "Seen", "已查看")) }
        }
    };
    let page = Page {
        title: &title,
        language,
        class: "cashier",
        scripts: &["/assets/cashier.js"],
        token: &pages.token,
        body,
    };
    page.markup()
}

/// What changes.
pub(super) fn live(pages: &Pages, screen: Option<&Screen>, language: Language) -> Markup {
    let basket = screen.and_then(|screen| screen.basket.as_ref());
    let prompt = screen.map(|screen| &screen.prompt);
    let suspended = screen.map_or(&[][..], |screen| &screen.suspended);
    let elsewhere = screen.map_or(&[][..], |screen| &screen.elsewhere);
    let returning = screen.and_then(|screen| screen.returning.as_ref());
    let returning = returning.filter(|_| basket.is_some_and(|basket| !basket.totalled));
    let asking = pages.lane.asking.borrow().clone();
    if let Some(asked) = Asked::of(screen, &asking) {
        return html! {
            (top(&pages.lane, screen, language))
            (identify::panel(&asked, screen, &asking, language))
            (identify::step(&asked, screen, language))
            (identify::keys(&asked, screen, language))
        };
    }
    html! {
        (top(&pages.lane, screen, language))
        section .basket aria-label=(said(language, "Basket", "商品")) {
            @if let Some(of) = returning { (returns::choice(of, language)) }
            @match basket {
                Some(basket) => (lines(basket, language)),
                None => {
                    (between_sales(prompt, suspended, language))
                    (in_the_store(elsewhere, language))
                },
            }
            (sums(basket, language))
        }
        (next_step(screen, language))
        (actions(prompt, basket, language))
    }
}

fn top(lane: &Lane, screen: Option<&Screen>, language: Language) -> Markup {
    let (other, tag) = match language {
        Language::English => ("中文", "zh"),
        Language::Chinese => ("English", "en"),
    };
    let hub_up = *lane.hub_up.borrow();
    html! {
        header .top {
            h1 { (store_name(lane)) }
            span { (said(language, "Lane", "收银台")) " " (lane.checkout.lane.0) }
            (identify::who(screen, language))
            @if lane.panel.is_some() {
                span .training { (said(language, "TEST: no real money", "测试：非真实交易")) }
            }
            span .hub .away[!hub_up] role="status" {
                @if hub_up {
                    (said(language, "Hub connected", "主机已连接"))
                } @else {
                    (said(
                        language,
                        "Hub not reachable: cash, and cards within the offline limit",
                        "主机无法连接：可收现金，银行卡限离线额度",
                    ))
                }
            }
            @if let Some(trouble) = lane.printer.borrow().trouble() {
                span .hub .away role="status" { (trouble.words().read_in(language)) }
            }
            @if let Some(sentence) = screen.and_then(Screen::asked_for) {
                span .hub .away role="status" { (sentence.read_in(language)) }
            }
            a .language href={ "/language/" (tag) } { (other) }
        }
    }
}

/// The one next step; above it why the last key did nothing.
fn next_step(screen: Option<&Screen>, language: Language) -> Markup {
    let Some(screen) = screen else {
        return html! {
            div .step .wait role="status" {
                (said(language, "Starting: waits for prices from the hub", "正在启动：等待主机的价格"))
            }
        };
    };
    let sentence = screen.prompt.cashier();
    let unknown = match &screen.prompt {
        Prompt::NotFound { barcode } => Some(barcode.as_str()),
        _ => None,
    };
    let weighs = matches!(screen.prompt, Prompt::Weigh { .. });
    let counts = matches!(screen.prompt, Prompt::Till(TillNotice::CountOpen));
    html! {
        div .step .(mood(&screen.prompt)) role="status" aria-live="polite"
            data-unknown=[unknown] data-weighs[weighs] data-counts[counts] {
            @if let Some(rejected) = &screen.refused {
                p #refused .refused { (rejected.for_cashier().read_in(language)) }
            }
            p .prompt { (sentence.read_in(language)) }
        }
    }
}

/// How it looks.
pub(super) const fn mood(prompt: &Prompt) -> &'static str {
    match prompt {
        Prompt::Ready
        | Prompt::Scan
        | Prompt::ChooseTender
        | Prompt::ChooseReturn { .. }
        | Prompt::ChooseBasket => "calm",
        Prompt::PresentCard { .. }
        | Prompt::ContactingBank { .. }
        | Prompt::AskingOriginal { .. }
        | Prompt::AskingBaskets
        | Prompt::Reserving => "wait",
        Prompt::Printing { .. }
        | Prompt::Goodbye { .. }
        | Prompt::Suspended { .. }
        | Prompt::Till(_) => "done",
        Prompt::PartlyApproved { .. }
        | Prompt::Voided { .. }
        | Prompt::CardNotRead
        | Prompt::PayBack { .. }
        | Prompt::Weigh { .. }
        | Prompt::AskAge { .. } => "mind",
        Prompt::NotFound { .. }
        | Prompt::NotForSale { .. }
        | Prompt::Declined { .. }
        | Prompt::Refused { .. }
        | Prompt::NotConfirmed
        | Prompt::ReturnRefused { .. }
        | Prompt::RecallRefused(_)
        | Prompt::NoRoom => "stop",
    }
}

/// What a typed amount may be taxed as.
fn tax_classes(facts: Option<&HubFacts>) -> Vec<&str> {
    let articles = facts.into_iter().flat_map(|facts| facts.prices.articles());
    let classes: BTreeSet<&str> = articles
        .map(|article| article.tax_class)
        .filter(|class| !class.is_empty())
        .collect();
    classes.into_iter().take(TAX_CLASSES_MAX).collect()
}

/// Goods without a code on them, found by a touch. Fetched when it is opened.
fn goods_dialog(language: Language) -> Markup {
    html! {
        dialog #goods .dialog .shelf aria-label=(said(language, "Goods", "商品")) {
            div #shelf hx-get="/cashier/goods" hx-trigger="shelf" hx-swap="innerHTML" {}
            button .key .wide type="button" data-do="leave-goods" {
                (said(language, "Back to the basket", "返回")) kbd { "Esc" }
            }
        }
    }
}

/// `GET /cashier/goods`: a category after the other, each with its first articles.
pub(super) async fn goods(State(pages): Here, headers: HeaderMap) -> Markup {
    let language = asked(&headers);
    let facts = pages.lane.facts.borrow().clone();
    let Some(facts) = facts else {
        return html! { p { (said(language, "No prices yet", "尚无价格")) } };
    };
    let currency = facts.prices.currency();
    html! {
        @for (category, articles) in by_category(&facts.prices) {
            h2 { (category) }
            div .goods {
                @for (code, name, minor) in articles {
                    button .key type="button" data-scan=(code) {
                        @if let Some(picture) = picture(name) { (picture) }
                        span .name { (name) }
                        span .amount { (plain(Money::new(minor, currency))) }
                    }
                }
            }
        }
    }
}

/// Codes, names and prices by category.
type ByCategory<'a> = BTreeMap<&'a str, Vec<(String, &'a str, i64)>>;

fn by_category(book: &PriceBook) -> ByCategory<'_> {
    let mut found = ByCategory::new();
    let pieces = book.articles().filter(|article| match article.kind() {
        // What is weighed at the checkout is scanned by its number as well.
        ArticleKind::Piece | ArticleKind::Weighed => {
            !article.category.is_empty() && matches!(article.key, ArticleKey::Piece(_))
        }
        ArticleKind::PriceEmbedded => false,
    });
    for article in pieces {
        if found.len() >= CATEGORIES_MAX && !found.contains_key(article.category) {
            continue;
        }
        let articles = found.entry(article.category).or_default();
        if articles.len() < ARTICLES_A_CATEGORY_MAX {
            articles.push((article.as_filed(), article.name, article.price_minor));
        }
    }
    found
}
