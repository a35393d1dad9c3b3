//! The security headers of every response, and the content security policy of pages.

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

use super::origin::Origins;

/// The headers of every response, pages or not.
pub(crate) const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), \
             picture-in-picture=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=()",
        ),
    ),
];

/// The value of `Strict-Transport-Security` (RFC 6797): for a year, browsers use TLS even for `http` links.
///
/// Only for servers that do TLS themselves, with a certificate that browsers trust. It does not include subdomains,
/// which may belong to others.
pub(crate) const TRANSPORT_SECURITY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The content security policy of responses that are not pages, and of a page whose own policy could not be made: it
/// allows nothing.
pub(crate) const DENY_ALL_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// The content security policy of plain pages: a style sheet and icons of this server, and no script.
const PLAIN_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The same, if all origins use TLS.
const PLAIN_POLICY_OVER_TLS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'; upgrade-insecure-requests",
);

/// The content security policy of plain pages with a form, which is sent to this server.
const FORM_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'",
);

/// The same, if all origins use TLS.
const FORM_POLICY_OVER_TLS: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; upgrade-insecure-requests",
);

/// `Cache-Control` for pages that nobody may keep.
pub(crate) const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The content security policy of plain pages with a form. `https_only` is as in [`plain_policy`].
pub(crate) const fn form_policy(https_only: bool) -> HeaderValue {
    if https_only { FORM_POLICY_OVER_TLS } else { FORM_POLICY }
}

/// The content security policy of plain pages. `https_only` tells whether all origins use TLS.
pub(crate) const fn plain_policy(https_only: bool) -> HeaderValue {
    if https_only { PLAIN_POLICY_OVER_TLS } else { PLAIN_POLICY }
}

/// The content security policy of pages, except for what depends on the request.
#[derive(Clone, Debug)]
pub(crate) struct ContentSecurityPolicy {
    /// The port of the reload script; set only under `cargo leptos watch`.
    reload_port: Option<u32>,
    /// Whether all origins use TLS. On plain HTTP, upgraded requests would fail.
    https_only: bool,
}

impl ContentSecurityPolicy {
    /// The policy for this server.
    pub(crate) fn new(reload_port: Option<u32>, origins: &Origins) -> Self {
        Self { reload_port, https_only: origins.are_all_https() }
    }

    /// Sets the headers of the page that is being rendered. Pages are not cached, since each has its own nonce.
    pub(crate) fn apply(&self) {
        let Some(response) = use_context::<ResponseOptions>() else { return };
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let host = use_context::<Parts>()
            .and_then(|it| Some(it.headers.get(header::HOST)?.to_str().ok()?.to_owned()));
        let policy = use_nonce().map(|nonce| self.value(&nonce, host.as_deref().unwrap_or("localhost")));
        if let Some(Ok(policy)) = policy.map(HeaderValue::try_from) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// The header's value. It has no `strict-dynamic`: browsers would then ignore `'self'` and block the preloads,
    /// which have no nonce.
    fn value(&self, nonce: &str, host: &str) -> String {
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        let reload = self.reload_port.map(|port| format!(" ws://{name}:{port}")).unwrap_or_default();
        let upgrade = if self.https_only { "; upgrade-insecure-requests" } else { "" };
        format!(
            "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data:; font-src 'self'; media-src 'self' blob:; connect-src 'self'{reload}; \
             manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'{upgrade}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_watched_pages_may_connect_to_the_reload_port() {
        let policy =
            ContentSecurityPolicy { reload_port: None, https_only: false }.value("n", "localhost:3000");
        assert!(policy.contains("connect-src 'self';"), "{policy}");
        let policy =
            ContentSecurityPolicy { reload_port: Some(3001), https_only: false }.value("n", "localhost:3000");
        assert!(policy.contains("connect-src 'self' ws://localhost:3001;"), "{policy}");
    }

    #[test]
    fn only_pages_over_tls_upgrade_insecure_requests() {
        let text = |https_only| {
            ContentSecurityPolicy { reload_port: None, https_only }.value("n", "passerby.example")
        };
        assert!(text(true).ends_with("; upgrade-insecure-requests"));
        assert!(!text(false).contains("upgrade-insecure-requests"));
    }
}
