//! The plain pages that never change, such as the rules: the server renders each once in each language.

use std::{
    collections::HashMap,
    future::ready,
    hash::{DefaultHasher, Hasher},
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    Router,
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use super::{headers, language};
use crate::ui::{PageLanguage, PlainContent, PlainFacts, PlainPage, plain_page};

/// `Cache-Control`: browsers keep the pages, but ask each time, since the facts and the style sheet may change.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// One page in one language, ready to be sent.
struct Rendered {
    html: String,
    /// Changes with the contents. It is weak (RFC 9110, 8.8.1), because the page is also sent compressed.
    tag: HeaderValue,
    policy: HeaderValue,
    /// The language of its texts.
    language: &'static str,
}

/// One page in all languages in which somebody has asked for it.
struct Languages {
    page: PlainPage,
    facts: Arc<PlainFacts>,
    style: Arc<str>,
    policy: HeaderValue,
    rendered: Mutex<HashMap<PageLanguage, Arc<Rendered>>>,
}

/// A route for each of these pages. `style` is the path of the style sheet; `https_only` tells whether all origins use
/// TLS.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    facts: &Arc<PlainFacts>,
    style: &str,
    https_only: bool,
) -> Router<S> {
    PlainPage::ALL.into_iter().filter(|it| it.is_constant()).fold(Router::new(), |router, page| {
        let languages = Arc::new(Languages {
            page,
            facts: Arc::clone(facts),
            style: style.into(),
            policy: headers::plain_policy(https_only),
            rendered: Mutex::default(),
        });
        let respond = move |uri: Uri, headers: HeaderMap| {
            let chosen = language::choose(&uri, &headers);
            ready(languages.rendered(chosen).response(&headers))
        };
        router.route(page.path(), get(respond))
    })
}

impl Languages {
    /// The page in this language. There are as many as the menu has, and some more.
    fn rendered(&self, language: PageLanguage) -> Arc<Rendered> {
        // Nothing under the lock can panic half-way.
        let mut rendered = self.rendered.lock().unwrap_or_else(PoisonError::into_inner);
        let render = || {
            let html = plain_page(self.page, language, &self.facts, &PlainContent::None, &self.style);
            Arc::new(Rendered::new(html, self.policy.clone(), language.texts_of(self.page).language))
        };
        Arc::clone(rendered.entry(language).or_insert_with(render))
    }
}

impl Rendered {
    fn new(html: String, policy: HeaderValue, language: &'static str) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write(html.as_bytes());
        let tag = format!("W/\"{:016x}\"", hasher.finish());
        // It has hexadecimal digits only.
        let tag = HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""));
        Self { html, tag, policy, language }
    }

    /// The page, or 304 if the browser has it. Both have the policy: a browser replaces the headers that it has kept.
    fn response(&self, request: &HeaderMap) -> Response {
        let headers = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, REVALIDATE),
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
        ];
        let language = language::headers(self.language);
        let kept = request.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|it| it.to_str().ok());
        if kept.flat_map(|it| it.split(',')).any(|it| self.tag == it.trim()) {
            return (StatusCode::NOT_MODIFIED, headers, language).into_response();
        }
        (headers, language, Html(self.html.clone())).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_the_browser_has_is_not_sent_again() {
        let page = |html: &str| Rendered::new(html.into(), headers::plain_policy(true), "en");
        let status = |rendered: &Rendered, tag: Option<&HeaderValue>| {
            let mut request = HeaderMap::new();
            request.extend(tag.map(|it| (header::IF_NONE_MATCH, it.clone())));
            let response = rendered.response(&request);
            assert_eq!(response.headers()[header::CONTENT_SECURITY_POLICY], headers::plain_policy(true));
            assert_eq!(response.headers()[header::ETAG], rendered.tag);
            assert_eq!(response.headers()[header::VARY], "accept-language");
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
