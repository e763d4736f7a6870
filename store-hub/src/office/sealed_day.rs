//! One version of a day that was, as it was sealed: nothing is figured anew.

use axum::{
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{limits::SEALED_FILE_SHOWN_BYTES_MAX, operators::OfficeRight, time::BusinessDate};
use maud::{Markup, html};
use web::{language_of, said};

use super::{
    Here, Pages,
    find::paper_of,
    frame::Section,
    visitor::{Visitor, stopping},
};
use crate::{presentation, report::SealedDay};

/// All versions of the date and one file of the one that was asked for.
struct Seen {
    versions: Vec<SealedDay>,
    file: String,
}

impl Pages {
    /// `None`: there is no such version.
    async fn sealed(&self, date: BusinessDate, version: u32, name: &'static str) -> Option<Seen> {
        let days = self.services.days.clone();
        let read = move || {
            let most = SEALED_FILE_SHOWN_BYTES_MAX;
            let bytes = days.read(date, version, name, 0, most).ok()?;
            Some(Seen {
                versions: days.all_of(&date.to_string()).ok()?,
                file: String::from_utf8_lossy(&bytes).into_owned(),
            })
        };
        tokio::task::spawn_blocking(read).await.ok().flatten()
    }
}

/// For a visitor who may see days: one file of the version that the address names.
async fn wanted(
    pages: &Pages,
    date: &str,
    version: u32,
    headers: &HeaderMap,
    name: &'static str,
) -> Result<(Visitor, Seen), Response> {
    let visitor = pages.admit(headers, OfficeRight::SeeDay).await?;
    let seen = match BusinessDate::parse(date) {
        Ok(date) => pages.sealed(date, version, name).await,
        Err(_) => None,
    };
    match seen {
        Some(seen) => Ok((visitor, seen)),
        None => Err(no_such(pages, &visitor, headers)),
    }
}

/// `GET /day/{date}/{version}`.
pub(super) async fn page(
    State(pages): Here,
    Path((date, version)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Response {
    let (visitor, seen) = match wanted(&pages, &date, version, &headers, "day.txt").await {
        Ok(found) => found,
        Err(answer) => return answer,
    };
    let language = language_of(&headers);
    let mut versions = seen.versions.iter();
    let Some(day) = versions.find(|day| day.manifest.version == version) else {
        return stopping();
    };
    let title = format!("{date}, {} {version}", said(language, "version", "版本"));
    let body = html! {
        (facts(&pages, day, &headers))
        p { (links(&seen.versions, version, &headers)) }
        (paper_of(&seen.file, language))
    };
    let page = pages.frame(&visitor, &headers, Some(Section::Day), &title, &body);
    page.into_response()
}

fn facts(pages: &Pages, day: &SealedDay, headers: &HeaderMap) -> Markup {
    let language = language_of(headers);
    let manifest = &day.manifest;
    let because = match language {
        domain::words::Language::English => manifest.because.as_str(),
        domain::words::Language::Chinese => {
            presentation::or_english(&manifest.because_zh, &manifest.because)
        }
    };
    html! {
        dl .facts {
            dt { (said(language, "Sealed", "封存于")) }
            dd { (pages.moment(manifest.sealed_at_wall_ms)) }
            dt { (said(language, "Lanes", "收银台")) }
            dd { @if manifest.is_complete() { (said(language, "whole", "完整")) }
                @else { strong .bad { (said(language, "PARTIAL", "不完整")) } } }
            @if !because.is_empty() {
                dt { (said(language, "Why this version", "版本原因")) } dd { (because) }
            }
        }
    }
}

/// The others of the date, and this one as data.
fn links(versions: &[SealedDay], shown: u32, headers: &HeaderMap) -> Markup {
    let language = language_of(headers);
    html! {
        @for manifest in versions.iter().map(|day| &day.manifest) {
            @let (date, version) = (&manifest.business_date, manifest.version);
            @if version == shown {
                a .key href={ "/day/" (date) "/" (version) "/day.json" } download {
                    (said(language, "All as JSON", "下载 JSON"))
                }
            } @else {
                a .key href={ "/day/" (date) "/" (version) } {
                    (said(language, "version", "版本")) " " (version)
                }
            }
            " "
        }
    }
}

fn no_such(pages: &Pages, visitor: &Visitor, headers: &HeaderMap) -> Response {
    let language = language_of(headers);
    let title = said(language, "Day", "营业日");
    let what = said(language, "No such version of a day", "没有此版本");
    let body = html! { p .notice { (what) } };
    let page = pages.frame(visitor, headers, Some(Section::Day), title, &body);
    (StatusCode::NOT_FOUND, page).into_response()
}

/// `GET /day/{date}/{version}/day.json`.
pub(super) async fn json(
    State(pages): Here,
    Path((date, version)): Path<(String, u32)>,
    headers: HeaderMap,
) -> Response {
    let seen = match wanted(&pages, &date, version, &headers, "day.json").await {
        Ok((_, seen)) => seen,
        Err(answer) => return answer,
    };
    let name = format!("attachment; filename=\"{date}-v{version}.json\"");
    let kind = "application/json".to_owned();
    let told = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, name),
    ];
    (told, seen.file).into_response()
}
