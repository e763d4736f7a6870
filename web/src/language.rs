//! The language of a page: the one that was chosen, else the browser's.

use axum::{
    Router,
    extract::Path,
    http::{HeaderMap, header},
    response::Redirect,
    routing::get,
};
use domain::words::Language;

use crate::access::cookie;

/// The cookie of the choice.
const COOKIE: &str = "lanekeeper-language";

/// The language a page is read in.
#[must_use]
pub fn language_of(headers: &HeaderMap) -> Language {
    let chosen = cookie(headers, COOKIE);
    let asked = headers.get(header::ACCEPT_LANGUAGE);
    let asked = asked.and_then(|value| value.to_str().ok());
    chosen.or(asked).map_or_else(Language::default, preferred)
}

/// `GET /language/{tag}`: keeps the choice in the browser and shows this page in it.
pub fn language_choice<S: Clone + Send + Sync + 'static>(page: &'static str) -> Router<S> {
    let choose = move |Path(chosen): Path<String>| async move {
        let kept = [(header::SET_COOKIE, kept(preferred(&chosen)))];
        (kept, Redirect::to(page))
    };
    Router::new().route("/language/{tag}", get(choose))
}

/// The header that keeps a choice.
fn kept(language: Language) -> String {
    let tag = tag(language);
    format!("{COOKIE}={tag}; Path=/; SameSite=Strict; Max-Age=31536000")
}

/// One of two words.
#[must_use]
pub const fn said(
    language: Language,
    english: &'static str,
    chinese: &'static str,
) -> &'static str {
    match language {
        Language::English => english,
        Language::Chinese => chinese,
    }
}

/// As in `lang` of a page.
pub(crate) const fn tag(language: Language) -> &'static str {
    match language {
        Language::English => "en",
        Language::Chinese => "zh-CN",
    }
}

/// The first language of a list that there are pages in.
fn preferred(list: &str) -> Language {
    let known = list.split(',').find_map(|tag| {
        let tag = tag.split(';').next().unwrap_or_default().trim();
        let primary = tag.split('-').next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "zh" => Some(Language::Chinese),
            "en" => Some(Language::English),
            _ => None,
        }
    });
    known.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: header::HeaderName, value: &str) -> Language {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        language_of(&headers)
    }

    #[test]
    fn the_browsers_first_known_language_is_taken() {
        let browser = |value| read(header::ACCEPT_LANGUAGE, value);
        assert_eq!(browser("zh-CN,zh;q=0.9,en;q=0.8"), Language::Chinese);
        assert_eq!(browser("de-DE, en;q=0.7, zh;q=0.1"), Language::English);
        assert_eq!(browser("ja"), Language::English);
    }

    #[test]
    fn a_choice_goes_before_the_browser() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, "en".parse().unwrap());
        let set = kept(Language::Chinese);
        let kept = set.split(';').next().unwrap();
        headers.insert(header::COOKIE, kept.parse().unwrap());
        assert_eq!(language_of(&headers), Language::Chinese);
    }
}
