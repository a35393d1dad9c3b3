//! What the headers of a request say: whether it may come in at all, and whose it is.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::Authority};
use hmac::{Hmac, Mac};
use secrecy::ExposeSecret;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::{
    moderation::hex,
    server::{
        http::{origin::is_loopback_name, wrong_host::requested_host},
        moderation::settings::{ModeratorAccess, SECRET_HEADER, SignInProxy},
    },
};

/// Says from which site a request comes (Fetch Metadata).
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cookie of a session over TLS. Browsers take a name with this prefix only over TLS and from this host itself.
const SECURE_COOKIE: &str = "__Host-passerby-moderator";

/// The same at a loopback name, where there is no TLS.
const LOOPBACK_COOKIE: &str = "passerby-moderator";

/// The host that a request names, if moderators may use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllowedHost {
    /// With the port, if it has one.
    authority: Authority,
    /// Whether it always means the machine of the browser.
    pub(super) is_loopback: bool,
}

impl AllowedHost {
    /// Reads the host; `None` for any other name: a page of another site may have let its own name lead here (DNS
    /// rebinding).
    pub(super) fn of(access: &ModeratorAccess, uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let authority = requested_host(uri, headers)?.parse::<Authority>().ok()?;
        let host = authority.host();
        let is_loopback = is_loopback_name(host);
        let is_listed = access.hosts.iter().any(|it| it.eq_ignore_ascii_case(host));
        let is_fine = (is_loopback || is_listed) && !authority.as_str().contains('@');
        is_fine.then_some(Self { authority, is_loopback })
    }

    /// Whether a form was sent by a page of this host. Browsers name the origin of every form.
    pub(super) fn sent(&self, headers: &HeaderMap) -> bool {
        let origin = headers.get(header::ORIGIN).and_then(|it| it.to_str().ok());
        let host = origin.and_then(|it| it.strip_prefix("https://").or_else(|| it.strip_prefix("http://")));
        let is_own = host.is_some_and(|it| it.eq_ignore_ascii_case(self.authority.as_str()));
        is_own && headers.get(SEC_FETCH_SITE).is_none_or(|it| it == "same-origin")
    }

    /// What the cookie of a session holds.
    pub(super) fn cookie<'a>(&self, headers: &'a HeaderMap) -> Option<&'a str> {
        let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|it| it.to_str().ok());
        let pairs = lines.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
        pairs.filter(|it| it.0 == self.cookie_name()).map(|it| it.1).find(|it| !it.is_empty())
    }

    /// Sets the cookie; an empty `id` removes it. It ends with the browser, or before (`sessions.rs`).
    pub(super) fn set_cookie(&self, id: &str) -> Option<HeaderValue> {
        let secure = if self.is_loopback { "" } else { "; Secure" };
        let age = if id.is_empty() { "; Max-Age=0" } else { "" };
        let name = self.cookie_name();
        format!("{name}={id}; Path=/; HttpOnly; SameSite=Strict{secure}{age}").try_into().ok()
    }

    const fn cookie_name(&self) -> &'static str {
        if self.is_loopback { LOOPBACK_COOKIE } else { SECURE_COOKIE }
    }
}

/// The name of the person whom a proxy has signed in, if `peer` is such a proxy and knows the secret.
pub(super) fn named_by_proxy<'a>(
    proxy: Option<&SignInProxy>,
    peer: IpAddr,
    headers: &'a HeaderMap,
) -> Option<&'a str> {
    let proxy = proxy.filter(|it| it.from.trusts(peer.to_canonical()))?;
    let sent = headers.get(SECRET_HEADER)?.as_bytes();
    let is_right: bool = proxy.secret.expose_secret().as_bytes().ct_eq(sent).into();
    let mut names = headers.get_all(&proxy.header).into_iter();
    // Two of them: one may be the visitor's own.
    let name = names.next().filter(|_| names.next().is_none())?.to_str().ok()?;
    (is_right && !name.is_empty()).then_some(name)
}

/// Whose forms a token is for.
#[derive(Clone, Copy)]
pub(super) enum FormOwner<'a> {
    /// What the cookie of the session holds.
    Session(&'a str),
    /// The name of a moderator whom a proxy has signed in.
    Proxied(&'a str),
}

/// What the forms of a moderator must send back.
pub(super) fn form_token(key: &[u8; 32], owner: FormOwner<'_>) -> String {
    let (kind, text) = match owner {
        FormOwner::Session(text) => (0_u8, text),
        FormOwner::Proxied(text) => (1, text),
    };
    // HMAC takes a key of any length.
    Hmac::<Sha256>::new_from_slice(key)
        .map(|mac| hex(&mac.chain_update([kind]).chain_update(text).finalize().into_bytes().into()))
        .unwrap_or_default()
}

/// Whether a form has sent back its token.
pub(super) fn is_same_token(expected: &str, sent: Option<&str>) -> bool {
    let is_same = sent.is_some_and(|it| expected.as_bytes().ct_eq(it.as_bytes()).into());
    is_same && !expected.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::http::client_ip::{ForwardedHeader, Proxies};

    fn access() -> ModeratorAccess {
        let from = Proxies::new(&["10.0.0.0/8".to_owned()], ForwardedHeader::default()).unwrap();
        let proxy = SignInProxy {
            from,
            header: HeaderName::from_static("remote-user"),
            secret: "s".repeat(32).into(),
        };
        ModeratorAccess {
            addr: None,
            hosts: vec!["mod.example".to_owned(), "[2001:db8::1]".to_owned()],
            proxy: Some(proxy),
        }
    }

    fn headers(sent: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn host(name: &str) -> Option<AllowedHost> {
        AllowedHost::of(&access(), &"/".parse().unwrap(), &headers(&[("host", name)]))
    }

    #[test]
    fn only_loopback_and_listed_names_are_answered() {
        for loopback in ["localhost:3004", "127.0.0.1:3004", "[::1]:3004", "LOCALHOST"] {
            assert!(host(loopback).unwrap().is_loopback, "{loopback}");
        }
        for listed in ["mod.example", "MOD.example:8443", "[2001:db8::1]:443"] {
            assert!(!host(listed).unwrap().is_loopback, "{listed}");
        }
        for other in
            ["", "evil.example", "mod.example.", "localhost.evil.example", "a@localhost", "10.0.0.1", "a b"]
        {
            assert_eq!(host(other), None, "{other}");
        }
        assert_eq!(AllowedHost::of(&access(), &"/".parse().unwrap(), &headers(&[])), None);
    }

    #[test]
    fn forms_come_from_pages_of_the_same_host() {
        let sent = |name: &str, sent: &[(&'static str, &str)]| host(name).unwrap().sent(&headers(sent));
        assert!(sent("localhost:3004", &[("origin", "http://localhost:3004")]));
        assert!(sent("mod.example", &[("origin", "https://mod.example"), ("sec-fetch-site", "same-origin")]));
        for foreign in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://localhost:3000")],
            &[("origin", "http://127.0.0.1:3004")],
            &[("origin", "https://evil.example")],
            &[("origin", "localhost:3004")],
            &[("origin", "http://localhost:3004"), ("sec-fetch-site", "same-site")],
            &[("origin", "http://localhost:3004"), ("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-origin")],
        ] {
            assert!(!sent("localhost:3004", foreign), "{foreign:?}");
        }
    }

    #[test]
    fn cookies_are_strict_and_secure_where_there_is_tls() {
        let (plain, secure) = (host("localhost").unwrap(), host("mod.example").unwrap());
        assert_eq!(plain.set_cookie("a").unwrap(), "passerby-moderator=a; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(
            secure.set_cookie("").unwrap(),
            "__Host-passerby-moderator=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"
        );
        let sent = headers(&[("cookie", "x=1; passerby-moderator=a"), ("cookie", "passerby-moderator=b")]);
        assert_eq!((plain.cookie(&sent), secure.cookie(&sent)), (Some("a"), None));
        assert_eq!(plain.cookie(&headers(&[("cookie", "passerby-moderator=")])), None);
    }

    #[test]
    fn proxy_must_be_listed_and_know_the_secret() {
        let right = "s".repeat(32);
        let named = |peer: [u8; 4], sent: &[(&'static str, &str)]| {
            let (access, sent) = (access(), headers(sent));
            named_by_proxy(access.proxy.as_ref(), peer.into(), &sent).map(str::to_owned)
        };
        let (secret, user) = (("x-passerby-secret", &*right), ("remote-user", "anna"));
        assert_eq!(named([10, 0, 0, 1], &[secret, user]).as_deref(), Some("anna"));
        assert_eq!(named([11, 0, 0, 1], &[secret, user]), None, "anybody can send a header");
        assert_eq!(named([10, 0, 0, 1], &[user]), None);
        assert_eq!(named([10, 0, 0, 1], &[secret]), None);
        assert_eq!(named([10, 0, 0, 1], &[("x-passerby-secret", &right[1..]), user]), None);
        assert_eq!(named([10, 0, 0, 1], &[secret, user, ("remote-user", "ben")]), None);
        assert_eq!(named_by_proxy(None, [10, 0, 0, 1].into(), &headers(&[secret, user])), None);
    }

    #[test]
    fn tokens_of_forms_belong_to_one_session_and_one_start() {
        let token = |key: u8, owner| form_token(&[key; 32], owner);
        let one = token(1, FormOwner::Session("a"));
        assert_eq!(one.len(), 64);
        for other in [
            token(1, FormOwner::Session("b")),
            token(1, FormOwner::Proxied("a")),
            token(2, FormOwner::Session("a")),
        ] {
            assert!(!is_same_token(&one, Some(&other)));
        }
        assert!(
            is_same_token(&one, Some(&one)) && !is_same_token(&one, None) && !is_same_token("", Some(""))
        );
    }
}
