//! The keys beside the basket: those that are possible now, and the number pad.

use domain::{
    sale::{BasketView, PayBackView, Prompt},
    till::likely_given,
    words::{Language, Sentence},
};
use maud::{Markup, html};

use super::{basket::plain, pages::said};

/// Digits of the number pad, as they lie.
const PAD: [&str; 12] = ["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", "00", "."];

/// The keys that are possible now; the others are there and grey, so that each has its place.
pub(super) fn actions(
    prompt: Option<&Prompt>,
    basket: Option<&BasketView>,
    language: Language,
) -> Markup {
    let sells = basket.is_some_and(|basket| basket.tenders_tried == 0);
    let has_lines = basket.is_some_and(|basket| basket.lines.iter().any(|line| !line.voided));
    let scans = matches!(
        prompt,
        Some(
            Prompt::Scan
                | Prompt::NotFound { .. }
                | Prompt::NotForSale { .. }
                | Prompt::ChooseReturn { .. }
                | Prompt::ReturnRefused { .. }
        )
    );
    let may_scan = scans || prompt.is_some_and(Prompt::takes_sale);
    let pays = prompt.is_some_and(Prompt::takes_tender);
    let waits_for_phone = matches!(prompt, Some(Prompt::ConfirmOnPhone { .. }));
    let waits_for_card = matches!(prompt, Some(Prompt::PresentCard { .. }));
    let last = basket.and_then(|basket| basket.lines.iter().rev().find(|line| !line.voided));
    let last = last.map_or(0, |line| line.number);
    let open = basket
        .filter(|_| pays || waits_for_card)
        .map(|basket| basket.open_in_cash);
    let line_keys = sells && has_lines;
    let last = last.to_string();
    let exact = open.map_or_else(String::new, |open| open.minor().to_string());
    let paying = pays || waits_for_card;
    let pays_back = basket
        .and_then(|basket| basket.pay_back.as_ref())
        .filter(|_| matches!(prompt, Some(Prompt::PayBack { .. })));
    let least_age = match prompt {
        Some(Prompt::AskAge { least_age, .. }) => Some(*least_age),
        Some(_) | None => None,
    };
    html! {
           nav .actions aria-label=(said(language, "Keys", "功能键")) data-pays=(pays)
    {
               @if let Some(back) = pays_back {
                   (pay_back_keys(back, language))
               } @else if let Some(age) = least_age {
                   (age_keys(age, language))
               } @else if waits_for_phone {
                   (key("cancel-payment", "F8",
                       said(language, "Cancel payment", "取消付款"), true).markup())
               } @else if paying {
                   (key("card", "F8", said(language, "Card", "银行卡"), pays).class("tender").markup())
                   (key("cash", "F10", said(language, "Cash exact", "现金（正好）"), true)
                       .class("tender").typed(&exact).markup())
                   @for note in open.map(likely_given).unwrap_or_default() {
                       (key("cash", "", &plain(note), true)
                        .typed(&note.minor().to_string()).markup())
                   }
               } @else {
                   (key("quantity", "F3", said(language, "Quantity", "数量"), may_scan || line_keys)
                       .wants("number").markup())
                   (key("void-line", "F2", said(language, "Void line", "取消行"), line_keys)
                       .typed(&last).markup())
                   button .key type="button" data-do="goods" data-shortcut="F6"
                    disabled[!may_scan] {
                       (said(language, "Goods", "商品")) kbd { "F6" }
                   }
                   (key("suspend", "F11", said(language, "Suspend", "挂单"), line_keys).markup())
                   (menu("prices", "F7", said(language, "Price, return", "价格、退货"),
                       may_scan || line_keys))
                   (menu("till", "F1", said(language, "Drawer", "钱箱"), prompt.is_some()))
               }
               (key("void-sale", "F4", said(language, "Void sale", "取消交易"), basket.is_some())
                   .typed("by the cashier").markup())
               (key("total", "F9", said(language, "Total", "合计"), scans && has_lines)
                   .class("total").markup())
           }
       }
}

/// Neither lies where another key does that is pressed before or after it.
fn age_keys(least_age: u8, language: Language) -> Markup {
    let typed = least_age.to_string();
    let old_enough = Sentence::new(
        format!("{least_age} or older"),
        format!("已满 {least_age} 岁"),
    );
    let old_enough = old_enough.read_in(language);
    let too_young = said(language, "Too young: take it out", "未满年龄：取出商品");
    html! {
        (key("old-enough", "F7", old_enough, true).class("tender").typed(&typed).markup())
        (key("too-young", "F2", too_young, true).class("tender").typed(&typed).markup())
    }
}

/// In the place of the tenders: what goes back now, and cash in place of a card's part.
fn pay_back_keys(back: &PayBackView, language: Language) -> Markup {
    let label = format!(
        "{} {}",
        said(language, "Pay back", "退款"),
        plain(back.cash)
    );
    html! {
        (key("pay-back", "F10", &label, true).class("tender").markup())
        @if !back.owed.is_empty() {
            button .key type="button" data-open="form-cash-for-card" {
                (said(language, "Cash for the card", "卡款改付现金")) "\u{a0}…"
            }
        }
    }
}

fn menu(name: &str, shortcut: &str, label: &str, possible: bool) -> Markup {
    html! {
        button .key type="button" data-open={ "menu-" (name) } data-shortcut=(shortcut)
            disabled[!possible] {
            (label) " …" kbd { (shortcut) }
        }
    }
}

/// A key on its way.
struct KeyFace<'a> {
    name: &'static str,
    shortcut: &'static str,
    label: &'a str,
    possible: bool,
    typed: &'a str,
    /// What has to be typed before it.
    wants: Option<&'static str>,
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
        wants: None,
        class: "plain",
    }
}

impl<'a> KeyFace<'a> {
    const fn typed(mut self, typed: &'a str) -> Self {
        self.typed = typed;
        self
    }

    const fn wants(mut self, what: &'static str) -> Self {
        self.wants = Some(what);
        self
    }

    const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    fn markup(&self) -> Markup {
        html! {
            button .key .(self.class) type="button" data-key=(self.name) data-typed=(self.typed)
                data-wants=[self.wants]
                data-shortcut=(self.shortcut) disabled[!self.possible] {
                (self.label)
                @if !self.shortcut.is_empty() { kbd { (self.shortcut) } }
            }
        }
    }
}

pub(super) fn pad(language: Language) -> Markup {
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
