//! What a browser may do with our pages; it must not know what is in them.

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

use super::origin::Origins;

/// On every answer, pages or not.
pub(crate) const EVERYWHERE: [(HeaderName, HeaderValue); 5] = [
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

/// Where TLS ends here, with a certificate that browsers trust: for a year, they come over TLS even when told otherwise
/// (RFC 6797). Not for names below ours, which may be somebody else's.
pub(crate) const OVER_TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// On what is no page of ours, and on a page whose own policy could not be made: nothing is allowed.
pub(crate) const NO_PAGE: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

/// What the policy of every page has in common.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// The port of the reload script of `cargo leptos watch`.
    reload_port: Option<u32>,
    /// Whether everything comes over TLS; on plain HTTP the upgrade would ask for what is not there.
    encrypted: bool,
}

impl Policy {
    /// The policy for this server.
    pub(crate) fn new(reload_port: Option<u32>, origins: &Origins) -> Self {
        Self { reload_port, encrypted: origins.are_encrypted() }
    }

    /// Puts the headers of a page on the answer that is being rendered. Its nonce makes each one another, so none is kept.
    pub(crate) fn apply(&self) {
        let Some(response) = use_context::<ResponseOptions>() else { return };
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let host = use_context::<Parts>()
            .and_then(|it| Some(it.headers.get(header::HOST)?.to_str().ok()?.to_owned()));
        let policy = use_nonce().map(|nonce| self.text(&nonce, host.as_deref().unwrap_or("localhost")));
        if let Some(Ok(policy)) = policy.map(HeaderValue::try_from) {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
    }

    /// No `strict-dynamic`: browsers then ignore `'self'`, and refuse the preloads, which have no nonce.
    fn text(&self, nonce: &str, host: &str) -> String {
        let name = host.rsplit_once(':').map_or(host, |(name, _port)| name);
        let reload = self.reload_port.map(|port| format!(" ws://{name}:{port}")).unwrap_or_default();
        let upgrade = if self.encrypted { "; upgrade-insecure-requests" } else { "" };
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
    fn only_a_watched_page_may_ask_for_reloads() {
        let policy = Policy { reload_port: None, encrypted: false }.text("n", "localhost:3000");
        assert!(policy.contains("connect-src 'self';"), "{policy}");
        let policy = Policy { reload_port: Some(3001), encrypted: false }.text("n", "localhost:3000");
        assert!(policy.contains("connect-src 'self' ws://localhost:3001;"), "{policy}");
    }

    #[test]
    fn only_an_encrypted_page_is_told_to_upgrade() {
        let text = |encrypted| Policy { reload_port: None, encrypted }.text("n", "passerby.example");
        assert!(text(true).ends_with("; upgrade-insecure-requests"));
        assert!(!text(false).contains("upgrade-insecure-requests"));
    }
}
