//! The customer's window: articles, total, and the next step of the payment. Nothing of the store's
//! affairs.

use axum::{extract::State, http::StatusCode};
use domain::{
    limits,
    sale::{BasketView, Prompt, Screen},
    words::Language,
};
use maud::{Markup, html};
use web::{LISTEN, Page};

use super::{
    basket::{how_much, plain},
    cashier::mood,
    pages::{Here, Pages, said, store_name},
};

/// `GET /customer`.
pub(super) async fn page(State(pages): Here) -> Markup {
    let language = *pages.customer_language.borrow();
    let screen = pages.lane.screens.borrow().clone();
    let body = html! {
        main #live .live hx-sse:connect="/customer/live"
            hx-config=(LISTEN) hx-swap="innerHTML" {
            (live(&pages, screen.as_ref(), language))
        }
    };
    let page = Page {
        title: said(language, "Your purchase", "您的商品"),
        language,
        class: "customer",
        scripts: &[],
        token: &pages.token,
        body,
    };
    page.markup()
}

/// `POST /customer/language`: the other one.
pub(super) async fn turn_language(State(pages): Here) -> StatusCode {
    pages.customer_language.send_modify(|language| {
        *language = match *language {
            Language::English => Language::Chinese,
            Language::Chinese => Language::English,
        };
    });
    StatusCode::NO_CONTENT
}

/// What changes.
pub(super) fn live(pages: &Pages, screen: Option<&Screen>, language: Language) -> Markup {
    let basket = screen.and_then(|screen| screen.basket.as_ref());
    let other = match language {
        Language::English => "中文",
        Language::Chinese => "English",
    };
    html! {
        header .top {
            h1 { (store_name(&pages.lane)) }
            button .language type="button" hx-post="/customer/language" hx-swap="none" { (other) }
        }
        @match basket {
            Some(basket) => (bought(basket, language)),
            None => section .idle { (picture()) },
        }
        (step(screen, language))
    }
}

fn bought(basket: &BasketView, language: Language) -> Markup {
    let sold = basket.lines.iter().rev().filter(|line| !line.voided);
    html! {
        section .basket {
            ol .lines {
                @for line in sold.take(limits::SCREEN_LINES_SHOWN_MAX) {
                    li .line {
                        span .name { (line.name) }
                        span .quantity { (how_much(line)) }
                        span .amount { (plain(line.total)) }
                    }
                }
            }
            div .sums {
                @if basket.totalled && basket.open != basket.total {
                    span .sum { (said(language, "Total", "合计")) " " (plain(basket.total)) }
                    span .open { (said(language, "To pay", "应付")) " " (basket.open) }
                } @else {
                    span .open { (said(language, "Total", "合计")) " " (basket.total) }
                }
            }
        }
    }
}

fn step(screen: Option<&Screen>, language: Language) -> Markup {
    let Some(screen) = screen else {
        return html! {
            div .step .wait role="status" {
                p .prompt { (said(language, "This checkout opens shortly", "本收银台即将开启")) }
            }
        };
    };
    let sentence = screen.prompt.customer();
    html! {
        div .step .(mood(&screen.prompt)) role="status" aria-live="polite" {
            @if let Some(picture) = of_payment(&screen.prompt) { (picture) }
            p .prompt { (sentence.read_in(language)) }
        }
    }
}

/// A basket, drawn by us.
fn picture() -> Markup {
    html! {
        svg .welcome viewBox="0 0 240 180" role="img" aria-hidden="true" {
            path d="M40 70h160l-18 84a10 10 0 0 1-10 8H68a10 10 0 0 1-10-8z" fill="#d9a441" {}
            path d="M40 70h160v16H43z" fill="#b9832a" {}
            path d="M80 70c0-60 80-60 80 0" fill="none" stroke="#7a5417" stroke-width="10" {}
            circle cx="96" cy="62" r="22" fill="#d94f3d" {}
            circle cx="140" cy="58" r="24" fill="#7fb542" {}
            path d="M116 66c-8-40 30-48 26-8z" fill="#f2c14e" {}
        }
    }
}

/// What to do with the card, as a picture.
fn of_payment(prompt: &Prompt) -> Option<Markup> {
    let (fill, mark) = match prompt {
        Prompt::PresentCard { .. } => ("#1d5fa8", "M64 14v28m-12-12 12 12 12-12"),
        Prompt::ContactingBank { .. } => ("#7a8796", "M52 28h4m6 0h4m6 0h4"),
        Prompt::Printing { .. } | Prompt::Goodbye { .. } => ("#1e7d4f", "M50 28l10 10 20-22"),
        Prompt::Declined { .. } | Prompt::Refused { .. } | Prompt::CardNotRead => {
            ("#b3362b", "M54 18l20 20m0-20-20 20")
        }
        Prompt::NotConfirmed => ("#a86a10", "M76 20a14 14 0 1 0 2 12m0-14v8h-8"),
        Prompt::PartlyApproved { .. } => ("#a86a10", "M52 28h24"),
        Prompt::Ready
        | Prompt::Scan
        | Prompt::NotFound { .. }
        | Prompt::NotForSale { .. }
        | Prompt::Weigh { .. }
        | Prompt::AskAge { .. }
        | Prompt::ChooseTender
        | Prompt::NoRoom
        | Prompt::Voided { .. }
        | Prompt::Suspended { .. }
        | Prompt::AskingBaskets
        | Prompt::ChooseBasket
        | Prompt::RecallRefused(_)
        | Prompt::AskingOriginal { .. }
        | Prompt::ChooseReturn { .. }
        | Prompt::ReturnRefused { .. }
        | Prompt::Reserving
        | Prompt::PayBack { .. }
        | Prompt::Till(_) => return None,
    };
    Some(html! {
        svg .card viewBox="0 0 128 56" aria-hidden="true" {
            rect x="4" y="4" width="120" height="48" rx="8" fill=(fill) {}
            rect x="14" y="20" width="20" height="14" rx="3" fill="#f2c14e" {}
            path d=(mark) fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" {}
        }
    })
}
