//! The basket on a screen: its lines, the newest first, what they come to, and what waits.

use domain::{
    limits,
    money::Money,
    recall::StoreBasket,
    sale::{BasketView, LineView, NextView, PriceSource, Prompt, SuspendedView, Weight},
    words::Language,
};
use maud::{Markup, html};

use super::pages::said;

/// Between two sales: what the last customer still gets, large, since it is counted out from here,
/// and the baskets that wait for theirs.
pub(super) fn between_sales(
    prompt: Option<&Prompt>,
    suspended: &[SuspendedView],
    language: Language,
) -> Markup {
    let handed_back = match prompt {
        Some(Prompt::Goodbye { change } | Prompt::Printing { change }) => {
            Some((said(language, "Change", "找零"), *change))
        }
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
        @if !suspended.is_empty() {
            div .waiting aria-label=(said(language, "Baskets that wait", "挂单")) {
                @for basket in suspended {
                    button .key type="button" data-key="recall" data-typed=(basket.sale.0) {
                        (said(language, "Recall", "取单")) " " (basket.sale.0) " " (basket.label)
                        " · " (basket.lines) " " (said(language, "lines", "行"))
                        " · " (plain(basket.total))
                    }
                }
            }
        }
    }
}

/// Baskets that wait on any lane, while they are asked for: each says who has it.
pub(super) fn in_the_store(elsewhere: &[StoreBasket], language: Language) -> Markup {
    html! {
        @if !elsewhere.is_empty() {
            div .waiting aria-label=(said(language, "Baskets that wait in the store", "全店挂单")) {
                @for basket in elsewhere {
                    button .key type="button" data-key="recall" data-typed=(basket.id) {
                        (said(language, "Recall", "取单")) " " (basket.id) " " (basket.label)
                        @if let Some(lane) = basket.lane {
                            " · " (said(language, "lane", "通道")) " " (lane.0)
                        }
                    }
                }
            }
        }
    }
}

/// The newest first and large; at most so many that the 500th costs what the first one did.
pub(super) fn lines(basket: &BasketView, language: Language) -> Markup {
    let most = limits::SCREEN_LINES_SHOWN_MAX;
    let shown = basket.lines.iter().rev().take(most);
    let hidden = basket.lines.len().saturating_sub(most);
    html! {
        ol .lines {
            @for line in shown { (line_row(line, language)) }
            @if hidden > 0 {
                li .more { (hidden) " " (said(language, "earlier lines", "行更早的商品")) }
            }
        }
    }
}

fn line_row(line: &LineView, language: Language) -> Markup {
    html! {
        li .line .voided[line.voided] data-line=(line.number) {
            span .number { (line.number) }
            span .name {
                (line.name)
                @for detail in details(line, language) { small { (detail) } }
            }
            span .quantity { (how_much(line)) }
            span .amount { (plain(line.total)) }
        }
    }
}

/// How many, or how heavy, and what one costs where that is not the amount itself.
pub(super) fn how_much(line: &LineView) -> String {
    let price = plain(line.unit_price);
    match (&line.weight, line.quantity) {
        (Some(weight), _) => format!("{} × {price}", kilograms(*weight)),
        (None, 1) => String::new(),
        (None, quantity) => format!("{quantity} × {price}"),
    }
}

fn kilograms(weight: Weight) -> String {
    let (whole, rest) = (weight.grams / 1_000, weight.grams % 1_000);
    format!("{whole}.{rest:03} kg")
}

/// Why it costs what it does, and what to look at.
fn details(line: &LineView, language: Language) -> Vec<String> {
    let discount = line.discount.as_ref().map(|discount| {
        let off = said(language, "off", "优惠");
        format!("−{} {off}: {}", plain(discount.amount), discount.reason)
    });
    let price = match &line.price_source {
        PriceSource::Overridden { shelf, reason, .. } => {
            let was = said(language, "was", "原价");
            Some(format!("{was} {}: {reason}", plain(*shelf)))
        }
        PriceSource::File | PriceSource::Label | PriceSource::Typed { .. } => None,
    };
    let age = line.least_age.map(|years| {
        let (english, chinese) = (format!("from {years} years"), format!("须满 {years} 岁"));
        match language {
            Language::English => english,
            Language::Chinese => chinese,
        }
    });
    discount.into_iter().chain(price).chain(age).collect()
}

/// What it comes to, what is paid, what is open.
pub(super) fn sums(basket: Option<&BasketView>, language: Language) -> Markup {
    let Some(basket) = basket else {
        return html! { div .sums {} };
    };
    let sold = basket.lines.iter().filter(|line| !line.voided);
    let items = sold.fold(0_u32, |sum, line| sum.saturating_add(line.quantity));
    let is_partly_paid = basket.totalled && basket.open != basket.total;
    let in_cash = basket.open_in_cash;
    html! {
        div .sums {
            span .items { (items) " " (said(language, "pieces", "件")) }
            @if let Some(next) = of_next(&basket.next) { span .next { (next) } }
            @if is_partly_paid {
                span .sum { (said(language, "Total", "合计")) " " (plain(basket.total)) }
            }
            @if basket.totalled && in_cash != basket.open {
                span .sum { (said(language, "in cash", "现金")) " " (plain(in_cash)) }
            }
            span .open {
                @if is_partly_paid { (said(language, "Open", "未付")) }
                @else { (said(language, "Total", "合计")) }
                " " output #open { (if is_partly_paid { basket.open } else { basket.total }) }
            }
        }
    }
}

/// What was said of the next line.
fn of_next(next: &NextView) -> Option<String> {
    let quantity = next.quantity.map(|quantity| format!("{quantity} ×"));
    let weight = next.weight.map(kilograms);
    let price = next.price.map(|price| format!("@ {}", plain(price)));
    let said: Vec<String> = quantity.into_iter().chain(weight).chain(price).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// The amount without its currency.
pub(super) fn plain(money: Money) -> String {
    let text = money.to_string();
    text.split(' ').next().unwrap_or_default().to_owned()
}
