//! Goods that come back, at the cashier's page: the lines of the receipt at hand, and the forms.

use domain::{
    sale::{ReturnLineView, ReturnView},
    words::Language,
};
use maud::{Markup, html};

use super::{
    basket::plain,
    forms::{form, reason, word},
    pages::said,
};

/// What was sold on it: a touch takes back all that is left of a line, or as many as were typed
/// before.
pub(super) fn choice(of: &ReturnView, language: Language) -> Markup {
    html! {
        div .returning aria-label=(said(language, "Lines of the receipt", "小票明细")) {
            p { (of.receipt) " · " (of.sold_on) " · "
                (said(
                    language,
                    "touch what comes back, or type its number and Enter; for fewer pieces type how \
                     many before the touch, or 2.3 for three of line 2",
                    "点选退货商品，或输入行号按确认；只退部分时先输入数量再点选，或输入 2.3 表示第 2 行退 3 件",
                ))
            }
            div .goods {
                @for line in &of.lines { (line_key(line, language)) }
            }
        }
    }
}

fn line_key(line: &ReturnLineView, language: Language) -> Markup {
    let number = line.number.to_string();
    let sold = match &line.weight {
        Some(weight) => format!("{}.{:03} kg", weight.grams / 1_000, weight.grams % 1_000),
        None => format!("{} {}", line.quantity, said(language, "pieces", "件")),
    };
    html! {
        button .key type="button" data-key="return-line" data-typed=(number)
            disabled[line.left == 0] {
            span .name { (number) ". " (line.name) }
            span .amount { (sold) " · " (plain(line.total)) }
            span .amount {
                @if line.left == 0 { (said(language, "all came back", "已全部退回")) }
                @else { (said(language, "left", "可退")) " " (line.left) }
            }
        }
    }
}

/// The forms of returns.
pub(super) fn dialogs(language: Language) -> Markup {
    let why = || {
        let usual = [
            ("Damaged", "商品破损"),
            ("Not wanted", "顾客不需要"),
            ("Wrong article", "商品不符"),
            ("Past its date", "已过保质期"),
        ];
        reason(&usual, language)
    };
    html! {
        (form("return",
            said(
                language,
                "Return: scan the receipt, or type its number",
                "退货：扫描小票或输入单号",
            ),
            html! {
                (word("receipt", said(language, "Number of the receipt", "小票号")))
                (why())
            }, language))
        (form("return-without", said(language, "Return without a receipt", "无票退货"),
            html! {
                (word("article", said(language, "Barcode or short code", "条码或短码")))
                (why())
            }, language))
        (form("cash-for-card", said(language, "Cash in place of the card's part", "银行卡部分改付现金"),
            reason(&[
                ("Card closed", "银行卡已注销"),
                ("Asked by the manager", "经理要求"),
            ], language), language))
    }
}
