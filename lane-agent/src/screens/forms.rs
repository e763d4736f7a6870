//! What takes more than a key: prices and discounts, and everything at the cash drawer. Each form
//! is one key of the lane with what is typed for it; what can't be done now, or not by whoever is
//! signed on, the lane says.

use domain::{
    money::{Currency, Money},
    till::{Form, denominations},
    words::Language,
};
use maud::{Markup, html};

use super::{basket::plain, pages::said};

/// Letters of the keyboard on the screen: for a guard's name, where there is no other.
const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// All dialogs of a cashier's page.
pub(super) fn dialogs(currency: Currency, tax_classes: &[&str], language: Language) -> Markup {
    let prices = said(language, "Price, discount, return", "价格、折扣与退货");
    html! {
        (menu("prices", prices, price_keys(language), language))
        (menu("till", said(language, "Cash drawer", "钱箱"), till_keys(language), language))
        (of_a_line("discount", said(language, "Discount", "折扣"), language))
        (of_a_line("override-price", said(language, "Other price", "改价"), language))
        (form("price", said(language, "Price of the next article", "下一件商品的价格"),
            html! { (amount(language)) }, language))
        (form("amount", said(language, "Amount without an article", "无商品金额"),
            html! {
                (amount(language))
                (classes(tax_classes, language))
                (text("name", said(language, "Name on the receipt", "小票名称"), false))
            }, language))
        (form("float", said(language, "Float: cash put in", "备用金"),
            html! { (amount(language)) }, language))
        (form("pickup", said(language, "Pickup: cash taken out", "中途收款"),
            html! { (amount(language)) (note(language)) }, language))
        (form("drop", said(language, "Drop to the safe", "投入保险柜"),
            html! { (amount(language)) (note(language)) }, language))
        (form("collect", said(language, "Collection by a guard", "押运收款"),
            html! {
                (amount(language))
                (word("seal", said(language, "Seal of the bag", "封签号")))
                (word("number", said(language, "Number of the guard", "押运员编号")))
                (text("guard", said(language, "Name of the guard", "押运员姓名"), true))
            }, language))
        (form("no-sale", said(language, "Open the drawer", "开钱箱"),
            reason(&[
                ("Change for a customer", "为顾客换零"),
                ("Error in the drawer", "钱箱异常"),
                ("Asked by the manager", "经理要求"),
            ], language), language))
        (form("unlock", said(language, "Unlock an operator", "解锁员工"),
            html! { (word("number", said(language, "Number of the operator", "工号"))) }, language))
        (count(currency, language))
        (board(language))
    }
}

/// A dialog of keys.
fn menu(name: &str, title: &str, keys: Markup, language: Language) -> Markup {
    html! {
        dialog .dialog .menu id={ "menu-" (name) } aria-label=(title) {
            h2 { (title) }
            div .choices { (keys) }
            (leave(language))
        }
    }
}

fn leave(language: Language) -> Markup {
    html! {
        button .key .leave type="button" data-do="leave" {
            (said(language, "Back", "返回")) kbd { "Esc" }
        }
    }
}

fn opens(form: &str, label: &str) -> Markup {
    html! { button .key type="button" data-open={ "form-" (form) } { (label) "\u{a0}…" } }
}

fn presses(key: &str, label: &str) -> Markup {
    html! { button .key type="button" data-key=(key) data-typed="" { (label) } }
}

/// About whoever is signed on.
fn own(key: &str, label: &str) -> Markup {
    html! { button .key type="button" data-key=(key) data-typed="" data-own { (label) } }
}

fn price_keys(language: Language) -> Markup {
    html! {
        (opens("discount", said(language, "Discount", "折扣")))
        (opens("override-price", said(language, "Other price", "改价")))
        (opens("price", said(language, "Price of the next article", "下一件商品的价格")))
        (opens("amount", said(language, "Amount without an article", "无商品金额")))
        (opens("return", said(language, "Return with a receipt", "凭票退货")))
        (opens("return-without", said(language, "Return without a receipt", "无票退货")))
        (presses("baskets", said(language, "Recall from another lane", "取其他通道挂单")))
    }
}

fn till_keys(language: Language) -> Markup {
    html! {
        (presses("begin-shift", said(language, "Begin shift", "开班")))
        (presses("end-shift", said(language, "End shift", "交班")))
        (presses("take-over", said(language, "Take over", "接班")))
        (opens("no-sale", said(language, "Open the drawer", "开钱箱")))
        (opens("float", said(language, "Float", "备用金")))
        (opens("pickup", said(language, "Pickup", "中途收款")))
        (opens("drop", said(language, "Drop to the safe", "投入保险柜")))
        (opens("collect", said(language, "Collection", "押运收款")))
        (presses("begin-count", said(language, "Count", "清点")))
        (presses("x", said(language, "X of the lane", "收银台 X 报表")))
        (own("x", said(language, "X of mine", "本人 X 报表")))
        (presses("z", said(language, "Z of the lane", "收银台 Z 报表")))
        (own("z", said(language, "Z of mine", "本人 Z 报表")))
        (presses("z-again", said(language, "Last Z again", "重印 Z 报表")))
        (opens("unlock", said(language, "Unlock an operator", "解锁员工")))
        (presses("sign-off-another", said(language, "Sign off who has gone", "注销已离开者")))
    }
}

/// A dialog whose fields, in their order, are typed for one key.
pub(super) fn form(key: &str, title: &str, fields: Markup, language: Language) -> Markup {
    html! {
        dialog .dialog .form id={ "form-" (key) } aria-label=(title) {
            form data-form=(key) {
                h2 { (title) }
                div .fields { (fields) }
                div .ends {
                    (leave(language))
                    button .key .go type="submit" {
                        (said(language, "Enter", "确认")) kbd { "⏎" }
                    }
                }
            }
        }
    }
}

/// About the line that was touched, else the last one.
fn of_a_line(key: &str, title: &str, language: Language) -> Markup {
    let reasons = reason(
        &[
            ("Damaged", "商品破损"),
            ("Price on the shelf", "以货架价格为准"),
            ("Close to its date", "临近保质期"),
            ("Goodwill", "客户关怀"),
        ],
        language,
    );
    let fields = html! {
        p .of-line data-of-line {}
        (amount(language))
        (reasons)
    };
    form(key, title, fields, language)
}

fn amount(language: Language) -> Markup {
    html! {
        label { (said(language, "Amount", "金额"))
            input name="amount" data-kind="amount" inputmode="decimal" autocomplete="off" required;
        }
    }
}

fn note(language: Language) -> Markup {
    text("note", said(language, "Note", "备注"), false)
}

fn text(name: &str, label: &str, required: bool) -> Markup {
    html! {
        label { (label)
            input name=(name) autocomplete="off" maxlength="100" required[required];
        }
    }
}

/// Without a blank: more follows it.
pub(super) fn word(name: &str, label: &str) -> Markup {
    html! {
        label { (label)
            input name=(name) autocomplete="off" maxlength="40" pattern="[^ ]+" required;
        }
    }
}

/// Why, by a touch or in words.
pub(super) fn reason(usual: &[(&'static str, &'static str)], language: Language) -> Markup {
    html! {
        label { (said(language, "Reason", "原因"))
            input name="reason" autocomplete="off" maxlength="100" required;
        }
        div .usual {
            @for (english, chinese) in usual {
                button .key type="button" data-fill="reason" { (said(language, english, chinese)) }
            }
        }
    }
}

fn classes(tax_classes: &[&str], language: Language) -> Markup {
    html! {
        @if tax_classes.is_empty() {
            input name="class" type="hidden" value="";
        } @else {
            label { (said(language, "Tax class", "税类"))
                select name="class" {
                    @for class in tax_classes { option value=(class) { (class) } }
                }
            }
        }
    }
}

/// Blind: what should be there is told with the count, and nowhere before it.
fn count(currency: Currency, language: Language) -> Markup {
    let fields = html! {
        div .pieces {
            @for one in denominations(currency) {
                label {
                    (plain(Money::new(i64::from(one.minor), currency)))
                    " " (match one.form {
                        Form::Note => said(language, "note", "纸币"),
                        Form::Coin => said(language, "coin", "硬币"),
                    })
                    input name=(one.minor) data-kind="pieces" inputmode="numeric"
                        autocomplete="off" pattern="[0-9]{0,5}";
                }
            }
        }
    };
    form(
        "count",
        said(language, "Count the drawer", "清点钱箱"),
        fields,
        language,
    )
}

/// For fingers alone: moves into whichever form is open.
fn board(language: Language) -> Markup {
    html! {
        div #board .board hidden aria-label=(said(language, "Keyboard", "键盘")) {
            @for key in ["7", "8", "9", "4", "5", "6", "1", "2", "3", "0", "00", "."] {
                button .key type="button" data-letter=(key) { (key) }
            }
            button .key type="button" data-do="rub-out"
                aria-label=(said(language, "Delete", "删除")) {
                "⌫"
            }
            button .key .wide type="button" data-do="next-field" {
                (said(language, "Next field", "下一项"))
            }
            div .letters {
                @for at in 0..LETTERS.len() {
                    @let letter = LETTERS.get(at..=at).unwrap_or_default();
                    button .key type="button" data-letter=(letter) { (letter) }
                }
                button .key type="button" data-letter=" "
                    aria-label=(said(language, "Blank", "空格")) {
                    "␣"
                }
                button .key type="button" data-letter="-" { "-" }
            }
        }
    }
}
