//! The plain pages that never change, such as the rules: the server renders them once, when it starts.

use std::{
    future::ready,
    hash::{DefaultHasher, Hasher},
};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::headers;
use crate::ui::{PlainContent, PlainFacts, PlainPage, i18n, plain_page, plain_texts};

/// `Cache-Control`: browsers keep the pages, but ask each time, since the facts and the style sheet may change.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// One page, ready to be sent.
#[derive(Clone)]
struct Rendered {
    html: String,
    /// Changes with the contents. It is weak (RFC 9110, 8.8.1), because the page is also sent compressed.
    tag: HeaderValue,
    policy: HeaderValue,
}

/// A route for each of these pages. `style` is the path of the style sheet; `https_only` tells whether all origins use
/// TLS.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    facts: &PlainFacts,
    style: &str,
    https_only: bool,
) -> Router<S> {
    let language = (i18n::in_language(""), plain_texts(""));
    PlainPage::ALL.into_iter().filter(|it| it.is_constant()).fold(Router::new(), |router, page| {
        let page_html = plain_page(page, language, facts, &PlainContent::None, style);
        let rendered = Rendered::new(page_html, headers::plain_policy(https_only));
        router.route(page.path(), get(move |headers: HeaderMap| ready(rendered.response(&headers))))
    })
}

impl Rendered {
    fn new(html: String, policy: HeaderValue) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(html.as_bytes());
        let tag = format!("W/\"{:016x}\"", hasher.finish());
        // It has hexadecimal digits only.
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""));
        Self { html, tag, policy }
    }

    /// The page, or 304 if the browser has it. Both have the policy: a browser replaces the headers that it has kept.
    fn response(&self, request: &HeaderMap) -> Response {
        let headers = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, REVALIDATE),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
        ];
        let kept = request.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|it| it.to_str().ok());
        if kept.flat_map(|it| it.split(',')).any(|it| self.tag == it.trim()) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, Html(self.html.clone())).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_the_browser_has_is_not_sent_again() {
        let page = |html: &str| Rendered::new(html.into(), headers::plain_policy(true));
        let status = |rendered: &Rendered, tag: Option<&HeaderValue>| {
            let mut request = HeaderMap::new();
            request.extend(tag.map(|it| (header::IF_NONE_MATCH, it.clone())));
            let response = rendered.response(&request);
            assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], headers::plain_policy(true));
            assert_eq!(response.headers()[header::ETAG], rendered.tag);
            response.status().as_u16()
        };
        let (one, other) = (page("one"), page("other"));
        assert_eq!(one.tag, page("one").tag, "the same after a restart");
        assert_eq!(status(&one, None), 200);
        assert_eq!(status(&one, Some(&one.tag)), 304);
        assert_eq!(status(&one, Some(&other.tag)), 200);
        let both = format!("{}, {}", other.tag.to_str().unwrap(), one.tag.to_str().unwrap());
        assert_eq!(status(&one, Some(&both.parse().unwrap())), 304);
    }
}
