//! The document around every page of the moderators, and the page of a problem.

use leptos::prelude::*;

use super::{
    facts::{ModeratorFrame, ModeratorNotice},
    parts::{hidden, text_area},
};

/// The style sheet of these pages, besides that of the site.
pub const STYLE: &str = include_str!("../../../style/moderation.css");

/// Where [`STYLE`] is served.
pub const STYLE_PATH: &str = "/moderation.css";

/// The script that adds single keys. Without it every page works, too.
pub const KEYS: &str = include_str!("keys.js");

/// Where [`KEYS`] is served.
pub const KEYS_PATH: &str = "/keys.js";

/// The HTML document of a page for a moderator who is signed in.
pub(super) fn document(frame: &ModeratorFrame, title: &str, content: impl IntoView) -> String {
    let notice = frame.notice.as_ref().map(|it| match it {
        ModeratorNotice::Done(text) => {
            view! { <p class="moderation-notice" role="status">{text.clone()}</p> }.into_any()
        }
        ModeratorNotice::Problem(text) => {
            view! { <p class="moderation-notice" data-kind="problem" role="alert">{text.clone()}</p> }
                .into_any()
        }
    });
    let sign_out = frame.has_session.then(|| {
        view! {
            <form method="post" action="/sign-out">
                {hidden("token", &frame.form_token)}
                <button class="button" type="submit">"Sign out"</button>
            </form>
        }
    });
    let head = view! {
        <header class="moderation-head">
            <nav aria-label="Moderation">
                <a href="/">"Queue"</a>
                <a href="/appeals">"Appeals"</a>
            </nav>
            <p>"Signed in as " <bdi>{frame.moderator.clone()}</bdi></p>
            {sign_out}
        </header>
    };
    let hint = view! {
        // The script shows it.
        <footer class="keys-hint" hidden>
            <span>
                "Keys: " <kbd>"J"</kbd> " next, " <kbd>"K"</kbd> " previous, " <kbd>"E"</kbd> " dismiss, "
                <kbd>"B"</kbd> " ban. "
            </span>
            <button class="button" data-kind="quiet" type="button">"Turn keys off"</button>
        </footer>
    };
    html(&frame.style, title, view! { {head} <main>{notice} {content}</main> {hint} }, true)
}

/// The HTML document of any page; `has_keys` tells whether the script belongs to it.
pub(super) fn html(style: &str, title: &str, body: impl IntoView, has_keys: bool) -> String {
    let title = format!("{title} \u{2013} Moderation");
    view! {
        <!DOCTYPE html>
        <html lang="en" dir="ltr">
            <head>
                <meta charset="utf-8"/>
                <title>{title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="robots" content="noindex"/>
                // Otherwise browsers ask for an icon.
                <link rel="icon" href="data:,"/>
                <link rel="stylesheet" href=style.to_owned()/>
                <link rel="stylesheet" href=STYLE_PATH/>
                {has_keys.then(|| view! { <script type="module" src=KEYS_PATH></script> })}
            </head>
            <body class="moderation">{body}</body>
        </html>
    }
    .to_html()
}

/// The page of a problem, with what the moderator has written, so that nothing of it is lost.
pub fn problem_page(frame: &ModeratorFrame, sentence: &str, written: &str) -> String {
    let written = (!written.is_empty()).then(|| {
        view! { <label class="moderation-field">"What you have written" {text_area("written", written, 0)}</label> }
    });
    let content = view! {
        <h1>"This did not work"</h1>
        <p role="alert">{sentence.to_owned()}</p>
        {written}
        <p><a href="/">"Back to the queue"</a></p>
    };
    document(frame, "This did not work", content)
}
