//! Who is there: the page of a lane that nobody is signed on at, and what a supervisor sees who is
//! to allow something on the spot. Number and PIN are typed on the pad beside; the PIN is shown as
//! dots, leaves the page once, and stands in no field that a browser keeps.

use domain::{
    ids::OperatorId,
    sale::{OperatorView, Rejected, Screen},
    words::{Language, Sentence, Worded},
};
use maud::{Markup, html};

use super::pages::said;
use crate::actors::{Asking, ToAllow};

/// What a PIN is asked for.
pub(super) enum Asked {
    /// Nobody is signed on.
    SignOn,
    /// Something was refused to whoever is.
    Allow(ToAllow),
}

impl Asked {
    /// `None`: nothing, the sale goes on.
    pub(super) fn of(screen: Option<&Screen>, asking: &Asking) -> Option<Self> {
        if let Some(to_allow) = asking.to_allow {
            return Some(Self::Allow(to_allow));
        }
        match screen?.operator {
            OperatorView::SignedOff { .. } => Some(Self::SignOn),
            OperatorView::NotConfigured | OperatorView::SignedOn { .. } => None,
        }
    }

    /// As the order says it.
    const fn name(&self) -> &'static str {
        match self {
            Self::SignOn => "sign-on",
            Self::Allow(_) => "allow",
        }
    }

    fn title(&self) -> Sentence {
        match self {
            Self::SignOn => Sentence::new("Sign on", "登录"),
            Self::Allow(to_allow) if to_allow.by_manager => {
                Sentence::new("A manager allows it here", "请经理在此授权")
            }
            Self::Allow(_) => Sentence::new("A supervisor allows it here", "请主管在此授权"),
        }
    }
}

/// In the place of the basket: who signs on, or what is to be allowed.
pub(super) fn panel(
    asked: &Asked,
    screen: Option<&Screen>,
    asking: &Asking,
    language: Language,
) -> Markup {
    let waits = screen.and_then(|screen| match screen.operator {
        OperatorView::SignedOff { basket_of } => basket_of,
        OperatorView::NotConfigured | OperatorView::SignedOn { .. } => None,
    });
    html! {
        section .basket .identify data-identify=(asked.name()) data-badge[asking.has_badge]
            aria-label=(asked.title().read_in(language)) {
            h2 { (asked.title().read_in(language)) }
            @if let Asked::Allow(ToAllow { action, amount, .. }) = asked {
                p .what {
                    (action.as_title().read_in(language))
                    @if !amount.is_zero() { " · " (amount) }
                }
            } @else if let Some(operator) = waits {
                p .what { (waiting(operator).read_in(language)) }
            }
            (field("number", said(language, "Number", "工号"), asking.has_badge, language))
            (field("pin", said(language, "PIN", "密码"), false, language))
            p .hint {
                (said(
                    language,
                    "Type the number, Enter, the PIN, Enter. A badge is scanned in place of the number.",
                    "输入工号，按确认，再输入密码，按确认。也可扫描工牌代替工号。",
                ))
            }
        }
    }
}

fn waiting(of: OperatorId) -> Sentence {
    Sentence::new(
        format!("A basket of operator {} waits", of.0),
        format!("员工 {} 的购物篮尚未结账", of.0),
    )
}

fn field(name: &str, label: &str, has_badge: bool, language: Language) -> Markup {
    html! {
        div .field data-field=(name) {
            span .label { (label) }
            output aria-label=(label) aria-live="off" {
                @if has_badge { (said(language, "badge read", "已读工牌")) }
            }
        }
    }
}

/// Beside it: what else is possible now.
pub(super) fn keys(asked: &Asked, screen: Option<&Screen>, language: Language) -> Markup {
    let refused = screen.and_then(|screen| screen.refused);
    let locked = match (asked, refused) {
        (Asked::SignOn, Some(Rejected::LockedOut(operator))) => Some(operator),
        (Asked::SignOn | Asked::Allow(_), _) => None,
    };
    html! {
        nav .actions aria-label=(said(language, "Keys", "功能键")) {
            @if let Some(operator) = locked {
                button .key .wide type="button" data-key="unlock" data-typed=(operator.0)
                    data-shortcut="F9" {
                    (said(language, "Unlock with a supervisor", "主管解锁")) " " (operator.0)
                    kbd { "F9" }
                }
            }
            @if let Asked::Allow(_) = asked {
                button .key .wide type="button" data-do="withdraw" {
                    (said(language, "Go on without", "不授权，返回")) kbd { "Esc" }
                }
            }
        }
    }
}

/// What is said below: why the last try came to nothing, or what is to be done.
pub(super) fn step(asked: &Asked, screen: Option<&Screen>, language: Language) -> Markup {
    let refused = screen.and_then(|screen| screen.refused);
    // That somebody has to sign on is what the page says anyway.
    let refused = refused.filter(|why| *why != Rejected::NotSignedOn);
    let next = match asked {
        Asked::SignOn => Sentence::new("This lane is locked: sign on", "收银台已锁定：请登录"),
        Asked::Allow(_) => Sentence::new(
            "Number and PIN of who allows it, for this one action",
            "请授权人输入工号和密码，仅对本次操作有效",
        ),
    };
    html! {
        div .step .mind role="status" aria-live="polite" {
            @if let Some(why) = refused {
                p #refused .refused { (why.for_cashier().read_in(language)) }
            }
            p .prompt { (next.read_in(language)) }
        }
    }
}

/// On top: who is at the lane, and the key that locks it.
pub(super) fn who(screen: Option<&Screen>, language: Language) -> Markup {
    let operator = screen.map(|screen| &screen.operator);
    html! {
        @match operator {
            Some(OperatorView::SignedOn { operator, name, role }) => {
                span .operator data-operator=(operator.0) {
                    @if name.is_empty() { (operator.0) } @else { (name) }
                    " · " (role.in_words().read_in(language))
                }
                button .lock type="button" data-key="sign-off" data-typed="" data-shortcut="F12" {
                    (said(language, "Lock", "锁定")) kbd { "F12" }
                }
            },
            Some(OperatorView::SignedOff { .. }) => {
                span .operator { (said(language, "Nobody is signed on", "无人登录")) }
            },
            Some(OperatorView::NotConfigured) | None => {},
        }
    }
}
