//! What stands around every page of the office: the links between them, and who is signed on.

use axum::http::HeaderMap;
use domain::{
    operators::OfficeRight,
    words::{Language, Worded},
};
use maud::{Markup, html};
use web::{Page, language_of, said};

use super::{Pages, visitor::Visitor};

/// The pages that link to each other, the first one first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Now,
    Find,
    Day,
    Work,
    Reports,
    Operators,
}

impl Section {
    const ALL: [Self; 6] = [
        Self::Now,
        Self::Find,
        Self::Day,
        Self::Work,
        Self::Reports,
        Self::Operators,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Now => "/now",
            Self::Find => "/find",
            Self::Day => "/day",
            Self::Work => "/work",
            Self::Reports => "/reports",
            Self::Operators => "/operators",
        }
    }

    pub(super) const fn title(self, language: Language) -> &'static str {
        match self {
            Self::Now => said(language, "Now", "当前"),
            Self::Find => said(language, "Find", "查询"),
            Self::Day => said(language, "Day", "营业日"),
            Self::Work => said(language, "Work", "待办"),
            Self::Reports => said(language, "Reports", "报表"),
            Self::Operators => said(language, "Operators", "员工"),
        }
    }

    pub(super) const fn right(self) -> OfficeRight {
        match self {
            Self::Now => OfficeRight::SeeStore,
            Self::Find => OfficeRight::SeeSales,
            Self::Day => OfficeRight::SeeDay,
            Self::Work => OfficeRight::SeeWork,
            Self::Reports => OfficeRight::SeeReports,
            Self::Operators => OfficeRight::UnlockOperator,
        }
    }
}

impl Pages {
    /// A page of a section under its own title.
    pub(super) fn of_section(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        section: Section,
        body: &Markup,
    ) -> Markup {
        let title = section.title(language_of(headers));
        self.frame(visitor, headers, Some(section), title, body)
    }

    pub(super) fn frame(
        &self,
        visitor: &Visitor,
        headers: &HeaderMap,
        section: Option<Section>,
        title: &str,
        body: &Markup,
    ) -> Markup {
        let language = language_of(headers);
        let body = html! {
            header .top {
                nav aria-label=(said(language, "Pages", "页面")) {
                    @for one in Section::ALL {
                        @if visitor.may(one.right()) {
                            a href=(one.path())
                                aria-current=[(Some(one) == section).then_some("page")] {
                                (one.title(language))
                            }
                        }
                    }
                }
                span .store { (self.services.store_id) }
                (who(visitor, language))
                (other_language(language))
            }
            main { h1 { (title) } (body) }
        };
        self.page(title, language, body)
    }

    /// A page without anything around it.
    pub(super) fn page(&self, title: &str, language: Language, body: Markup) -> Markup {
        let page = Page {
            title,
            language,
            class: "office",
            scripts: &[],
            token: &self.token,
            body,
        };
        page.markup()
    }
}

fn who(visitor: &Visitor, language: Language) -> Markup {
    let Visitor::Operator { number, name, role } = visitor else {
        return html! {};
    };
    let role = role.in_words();
    html! {
        span .operator { (name) " (" (number.0) ", " (role.read_in(language)) ")" }
        form hx-post="/sign-off" {
            button .key type="submit" { (said(language, "Sign off", "注销")) }
        }
    }
}

pub(super) fn other_language(language: Language) -> Markup {
    let (other, tag, code) = match language {
        Language::English => ("中文", "zh", "zh-CN"),
        Language::Chinese => ("English", "en", "en"),
    };
    html! { a .language lang=(code) href={ "/language/" (tag) } { (other) } }
}
