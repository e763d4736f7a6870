//! The frame around every page.

use domain::words::Language;
use maud::{DOCTYPE, Markup, html};

use crate::{Token, access::FORM_HEADER, language::tag};

/// htmx without a script or a style that the policy forbids.
const HTMX_CONFIG: &str = r#"{"includeIndicatorCSS":false,"history":false}"#;

/// How htmx listens to a page that people work by: also while nobody looks, and soon again after a
/// break.
pub const LISTEN: &str =
    r#"{"sse":{"pauseOnBackground":false,"reconnectDelay":200,"reconnectMaxDelay":1000}}"#;
/// How it listens to one that people look at.
pub const LISTEN_WHILE_SEEN: &str = r#"{"sse":{"reconnectDelay":500,"reconnectMaxDelay":5000}}"#;

/// One page.
#[derive(Debug)]
pub struct Page<'a> {
    /// Its name in the browser.
    pub title: &'a str,
    /// What it is written in.
    pub language: Language,
    /// A name for the style sheet.
    pub class: &'a str,
    /// Files of scripts beside those of every page.
    pub scripts: &'a [&'a str],
    /// What its orders carry.
    pub token: &'a Token,
    /// What stands in it.
    pub body: Markup,
}

impl Page<'_> {
    /// The page as a browser reads it.
    #[must_use]
    pub fn markup(self) -> Markup {
        let form = self.token.form();
        let carried = format!(r#"{{"{FORM_HEADER}":"{form}"}}"#);
        html! {
            (DOCTYPE)
            html lang=(tag(self.language)) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="htmx-config" content=(HTMX_CONFIG);
                    meta name="lanekeeper-form" content=(form);
                    title { (self.title) }
                    link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/style.css";
                    script src="/assets/htmx.js" defer {}
                    @for script in self.scripts {
                        script src=(script) defer {}
                    }
                }
                body class=(self.class) hx-headers:inherited=(carried) { (self.body) }
            }
        }
    }
}
