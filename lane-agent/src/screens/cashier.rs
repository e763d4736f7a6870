//! The cashier's page: the basket, the one next step, and the keys that are possible now.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, header},
    routing::get,
};
use domain::{
    limits,
    money::Money,
    prices::{ArticleKind, PriceBook},
    sale::{BasketView, LineView, Prompt, Screen},
    words::Language,
};
use maud::{Markup, html};
use web::Page;

use super::pages::{Here, Lane, Pages, asked, said, store_name};

const SCRIPT: &[u8] = include_bytes!("../../assets/cashier.js");
/// Digits of the number pad, as they lie.
const PAD: [&str; 12] = ["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", "00", "."];
/// Notes that a customer may hand over, in major units.
const NOTES: [i64; 4] = [10, 20, 50, 100];
/// Product keys: so many categories, and articles in each.
const CATEGORIES_MAX: usize = 24;
const ARTICLES_A_CATEGORY_MAX: usize = 24;
/// How htmx listens: also while nobody looks, and soon again after a break.
const LISTEN: &str =
    r#"{"sse":{"pauseOnBackground":false,"reconnectDelay":200,"reconnectMaxDelay":1000}}"#;

/// Its files.
pub(super) fn assets() -> Router {
    let kind = "text/javascript; charset=utf-8";
    let script = get(move || async move { ([(header::CONTENT_TYPE, kind)], SCRIPT) });
    Router::new().route("/assets/cashier.js", script)
}

/// `GET /cashier`.
pub(super) async fn page(State(pages): Here, headers: HeaderMap) -> Markup {
    let language = asked(&headers);
    let screen = pages.lane.screens.borrow().clone();
    let title = format!(
        "{} {}",
        said(language, "Lane", "收银台"),
        pages.lane.checkout.lane
    );
    let body = html! {
        main #live .live hx-sse:connect="/cashier/live"
            hx-config=(LISTEN) hx-swap="innerHTML" data-run=(pages.run) {
            (live(&pages, screen.as_ref(), language))
        }
        (pad(language))
        (goods_dialog(language))
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
    html! {
        (top(&pages.lane, language))
        section .basket aria-label=(said(language, "Basket", "商品")) {
            @match basket {
                Some(basket) => (lines(basket, language)),
                None => (between_sales(prompt, language)),
            }
            (sums(basket, language))
        }
        (next_step(screen, language))
        (actions(prompt, basket, language))
    }
}

fn top(lane: &Lane, language: Language) -> Markup {
    let (other, tag) = match language {
        Language::English => ("中文", "zh"),
        Language::Chinese => ("English", "en"),
    };
    let hub_up = *lane.hub_up.borrow();
    html! {
        header .top {
            h1 { (store_name(lane)) }
            span { (said(language, "Lane", "收银台")) " " (lane.checkout.lane.0) }
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
            a .language href={ "/language/" (tag) } { (other) }
        }
    }
}

/// What the last customer still gets, large: it is counted out from here.
fn between_sales(prompt: Option<&Prompt>, language: Language) -> Markup {
    let handed_back = match prompt {
        Some(Prompt::Goodbye { change }) => Some((said(language, "Change", "找零"), *change)),
        Some(Prompt::Voided { cash_back }) => {
            Some((said(language, "Hand back", "退还"), *cash_back))
        }
        Some(_) | None => None,
    };
    html! {
        @match handed_back.filter(|(_, money)| money.is_positive()) {
            Some((label, money)) => div .empty { p { (label) } p .figure { (money) } },
            None => div .empty { (said(language, "No articles yet", "尚无商品")) },
        }
    }
}

fn lines(basket: &BasketView, language: Language) -> Markup {
    let shown = basket
        .lines
        .iter()
        .rev()
        .take(limits::SCREEN_LINES_SHOWN_MAX);
    let hidden = basket
        .lines
        .len()
        .saturating_sub(limits::SCREEN_LINES_SHOWN_MAX);
    html! {
        ol .lines {
            @for line in shown { (line_row(line)) }
            @if hidden > 0 {
                li .more { (hidden) " " (said(language, "earlier lines", "行更早的商品")) }
            }
        }
    }
}

fn line_row(line: &LineView) -> Markup {
    html! {
        li .line .voided[line.voided] data-line=(line.number) {
            span .number { (line.number) }
            span .name { (line.name) }
            span .quantity { @if line.quantity != 1 { (line.quantity) " ×" } }
            span .amount { (plain(line.total)) }
        }
    }
}

fn sums(basket: Option<&BasketView>, language: Language) -> Markup {
    let Some(basket) = basket else {
        return html! { div .sums {} };
    };
    let items: u32 = basket
        .lines
        .iter()
        .filter(|line| !line.voided)
        .fold(0, |sum, line| sum.saturating_add(line.quantity));
    html! {
        div .sums {
            span .items { (items) " " (said(language, "pieces", "件")) }
            @if basket.totalled && basket.open != basket.total {
                span .sum { (said(language, "Total", "合计")) " " (plain(basket.total)) }
                span .open { (said(language, "Open", "未付")) " " output #open { (basket.open) } }
            } @else {
                span .open { (said(language, "Total", "合计")) " " output #open { (basket.total) } }
            }
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
    html! {
        div .step .(mood(&screen.prompt)) role="status" aria-live="polite"
            data-unknown=[unknown] {
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
        Prompt::Ready | Prompt::Scan | Prompt::ChooseTender => "calm",
        Prompt::PresentCard { .. } | Prompt::ContactingBank { .. } => "wait",
        Prompt::Printing { .. } | Prompt::Goodbye { .. } => "done",
        Prompt::PartlyApproved { .. } | Prompt::Voided { .. } | Prompt::CardNotRead => "mind",
        Prompt::NotFound { .. }
        | Prompt::Declined { .. }
        | Prompt::Refused { .. }
        | Prompt::NotConfirmed
        | Prompt::NoRoom => "stop",
    }
}

/// The keys that are possible now; the others are there and grey, so that each has its place.
fn actions(prompt: Option<&Prompt>, basket: Option<&BasketView>, language: Language) -> Markup {
    let sells = basket.is_some_and(|basket| basket.tenders_tried == 0);
    let has_lines = basket.is_some_and(|basket| basket.lines.iter().any(|line| !line.voided));
    let scans = matches!(prompt, Some(Prompt::Scan | Prompt::NotFound { .. }));
    let may_scan = scans || prompt.is_some_and(Prompt::takes_sale);
    let pays = prompt.is_some_and(Prompt::takes_tender);
    let waits_for_card = matches!(prompt, Some(Prompt::PresentCard { .. }));
    let last = basket.and_then(|basket| basket.lines.iter().rev().find(|line| !line.voided));
    let last = last.map_or(0, |line| line.number);
    let open = basket
        .filter(|_| pays || waits_for_card)
        .map(|basket| basket.open);
    html! {
        nav .actions aria-label=(said(language, "Keys", "功能键")) data-pays=(pays) {
            (key("void-line", "F2", said(language, "Void line", "取消行"), sells && has_lines)
                .typed(&last.to_string()).markup())
            (key("void-sale", "F4", said(language, "Void sale", "取消交易"), basket.is_some())
                .typed("by the cashier").markup())
            button .key type="button" data-do="goods" data-shortcut="F6" disabled[!may_scan] {
                (said(language, "Goods", "商品")) kbd { "F6" }
            }
            (key("total", "F9", said(language, "Total", "合计"), scans && has_lines)
                .class("total").markup())
            (key("card", "F8", said(language, "Card", "银行卡"), pays).class("tender").markup())
            @let exact = open.map_or_else(String::new, |open| open.minor().to_string());
            (key("cash", "F10", said(language, "Cash exact", "现金（正好）"), open.is_some())
                .class("tender").typed(&exact).markup())
            @for note in notes(open) {
                (key("cash", "", &plain(note), true).typed(&note.minor().to_string()).markup())
            }
        }
    }
}

/// What a customer may hand over for what is open: round sums above it.
fn notes(open: Option<Money>) -> Vec<Money> {
    let Some(open) = open.filter(|open| open.is_positive()) else {
        return Vec::new();
    };
    let whole = 10_i64.pow(u32::from(open.currency().exponent()));
    let mut sums: Vec<i64> = NOTES
        .into_iter()
        .filter_map(|note| {
            let note = note.checked_mul(whole)?;
            let count = open
                .minor()
                .checked_add(note)?
                .checked_sub(1)?
                .checked_div(note)?;
            count.checked_mul(note)
        })
        .filter(|sum| *sum > open.minor())
        .collect();
    sums.sort_unstable();
    sums.dedup();
    let sums = sums.into_iter().take(3);
    sums.map(|minor| Money::new(minor, open.currency()))
        .collect()
}

/// A key on its way.
struct KeyFace<'a> {
    name: &'static str,
    shortcut: &'static str,
    label: &'a str,
    possible: bool,
    typed: &'a str,
    class: &'static str,
}

const fn key<'a>(
    name: &'static str,
    shortcut: &'static str,
    label: &'a str,
    possible: bool,
) -> KeyFace<'a> {
    KeyFace {
        name,
        shortcut,
        label,
        possible,
        typed: "",
        class: "plain",
    }
}

impl<'a> KeyFace<'a> {
    const fn typed(mut self, typed: &'a str) -> Self {
        self.typed = typed;
        self
    }

    const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    fn markup(&self) -> Markup {
        html! {
            button .key .(self.class) type="button" data-key=(self.name) data-typed=(self.typed)
                data-shortcut=(self.shortcut) disabled[!self.possible] {
                (self.label)
                @if !self.shortcut.is_empty() { kbd { (self.shortcut) } }
            }
        }
    }
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
        ArticleKind::Piece => !article.category.is_empty(),
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

fn pad(language: Language) -> Markup {
    html! {
        aside .pad aria-label=(said(language, "Number pad", "数字键盘")) {
            output #typed .typed aria-live="polite"
                aria-label=(said(language, "Typed", "已输入")) {}
            @for digit in PAD {
                button .key type="button" data-digit=(digit) { (digit) }
            }
            button .key type="button" data-do="clear" {
                (said(language, "Clear", "清除")) kbd { "Esc" }
            }
            button .key .wide type="button" data-do="enter" {
                (said(language, "Enter", "确认")) kbd { "⏎" }
            }
        }
    }
}

/// The amount without its currency.
pub(super) fn plain(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
