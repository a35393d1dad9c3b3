//! Pages that are asked for under a name that is not an origin, and where they are instead.
//!
//! The page would load there, but its socket would be refused, since it has another origin.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header};

use super::{client_ip::Proxies, origin::Origins};

/// Where a page is, if it was asked for under a wrong name: the same path on the first origin.
///
/// Of a proxy that is trusted, only the host that it forwards counts, and of any other proxy nothing: it may have put
/// its own name for this server into the request, and a redirect to the same proxy would never end. Nothing is
/// redirected if the name is unknown.
pub(crate) fn redirect_target(
    origins: &Origins,
    proxies: &Proxies,
    peer: IpAddr,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<String> {
    let names = if proxies.is_proxied(peer, headers) {
        proxies.forwarded_hosts(peer, headers)
    } else {
        requested_host(uri, headers).into_iter().collect()
    };
    let is_wrong = !names.is_empty() && !names.iter().any(|it| origins.serves(it));
    let path = uri.path_and_query().map_or("/", |it| it.as_str());
    (is_wrong && path.starts_with('/')).then(|| [origins.primary(), path].concat())
}

/// The host that a request names: in its target, as `:authority` does in HTTP/2, or else in the `Host` header.
pub(crate) fn requested_host<'a>(uri: &'a Uri, headers: &'a HeaderMap) -> Option<&'a str> {
    let header = || headers.get(header::HOST)?.to_str().ok();
    uri.authority().map(|it| it.as_str()).or_else(header).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::http::{HeaderName, HeaderValue};

    use super::*;
    use crate::server::http::{client_ip::ForwardedHeader, origin::loopback_origins};

    const PUBLIC: [u8; 4] = [0, 0, 0, 0];
    const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
    const PROXY: [u8; 4] = [10, 0, 0, 1];
    const VISITOR: [u8; 4] = [192, 0, 2, 1];

    /// A server that listens on an address and has these origins, and a request to it.
    struct Case {
        listens_at: [u8; 4],
        origins: &'static [&'static str],
        style: ForwardedHeader,
        peer: [u8; 4],
        uri: &'static str,
    }

    impl Case {
        const fn new(listens_at: [u8; 4], origins: &'static [&'static str], peer: [u8; 4]) -> Self {
            Self { listens_at, origins, style: ForwardedHeader::XForwardedFor, peer, uri: "/" }
        }

        fn target(&self, sent: &[(&'static str, &str)]) -> Option<String> {
            let at = SocketAddr::from((self.listens_at, 3000));
            let configured: Vec<_> = self.origins.iter().map(|it| (*it).to_owned()).collect();
            let origins = Origins::new(at, &configured, loopback_origins("http", at)).unwrap();
            let proxies = Proxies::new(&["10.0.0.0/8".to_owned()], self.style).unwrap();
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
                headers.append(HeaderName::from_static(name), value);
            }
            redirect_target(&origins, &proxies, self.peer.into(), &self.uri.parse().unwrap(), &headers)
        }
    }

    #[test]
    fn other_names_lead_to_the_first_origin() {
        let origins = &["https://passerby.example", "https://b.example:8443", "http://[2001:db8::1]:8080"];
        let case = Case::new(PUBLIC, origins, VISITOR);
        for right in [
            "passerby.example",
            "PASSERBY.Example",
            "passerby.example:443",
            "b.example:8443",
            "[2001:db8::1]:8080",
            // Without a port: a proxy may have dropped it, and a redirect would then never end.
            "b.example",
        ] {
            assert_eq!(case.target(&[("host", right)]), None, "{right}");
        }
        for wrong in [
            "passerby.example.",
            "www.passerby.example",
            "passerby.example.evil.example",
            "passerby.example:80",
            "passerby.example:8443",
            "b.example:443",
            "192.0.2.7",
            "[2001:db8::1]:443",
            "localhost:3000",
            "127.0.0.1",
            "me@passerby.example",
            "a b",
            ":",
        ] {
            let target = case.target(&[("host", wrong)]);
            assert_eq!(target.as_deref(), Some("https://passerby.example/"), "{wrong}");
        }
        let case = Case { uri: "/a//b?lang=en-XA&c=%2F", ..case };
        let target = case.target(&[("host", "www.passerby.example")]);
        assert_eq!(target.as_deref(), Some("https://passerby.example/a//b?lang=en-XA&c=%2F"));
    }

    #[test]
    fn a_request_without_a_name_is_not_redirected() {
        let case = Case::new(PUBLIC, &["https://passerby.example"], VISITOR);
        assert_eq!(case.target(&[]), None, "HTTP/1.0");
        assert_eq!(case.target(&[("host", "")]), None);
        assert_eq!(case.target(&[("host", "é")]), None);
        let star = Case { uri: "*", ..case };
        assert_eq!(star.target(&[("host", "www.passerby.example")]), None);
    }

    #[test]
    fn the_name_in_the_target_beats_the_header() {
        let origins = &["https://passerby.example"];
        let case = Case { uri: "https://passerby.example/", ..Case::new(PUBLIC, origins, VISITOR) };
        assert_eq!(case.target(&[("host", "www.passerby.example")]), None);
        let case = Case { uri: "https://www.passerby.example/x", ..case };
        let target = case.target(&[("host", "passerby.example")]);
        assert_eq!(target.as_deref(), Some("https://passerby.example/x"));
    }

    #[test]
    fn loopback_names_of_a_loopback_server_are_never_redirected() {
        for origins in [&[][..], &["https://passerby.example"]] {
            let case = Case::new(LOOPBACK, origins, LOOPBACK);
            for name in
                ["localhost:3000", "LOCALHOST", "127.0.0.1:3000", "127.1.2.3:9", "[::1]:3000", "[::1]"]
            {
                assert_eq!(case.target(&[("host", name)]), None, "{name}");
            }
            let home = origins.first().map_or("http://localhost:3000/".to_owned(), |it| [*it, "/"].concat());
            for name in ["localhost.:3000", "localhost.", "192.0.2.7:3000", "localhost.example:3000"] {
                assert_eq!(case.target(&[("host", name)]), Some(home.clone()), "{name}");
            }
        }
    }

    #[test]
    fn only_the_forwarded_host_of_a_trusted_proxy_counts() {
        let origins = &["https://passerby.example", "https://b.example:8443"];
        let case = Case::new(PUBLIC, origins, PROXY);
        let home = Some("https://passerby.example/".to_owned());
        // A proxy sends its own name for this server, and nothing else: redirects would never end.
        for upstream in ["10.0.0.2:3000", "passerby:3000", "www.passerby.example"] {
            assert_eq!(case.target(&[("host", upstream)]), None, "{upstream}");
        }
        let forwards = |host| case.target(&[("host", "passerby:3000"), ("x-forwarded-host", host)]);
        for right in ["passerby.example", "b.example:8443", "b.example", "passerby.example, internal"] {
            assert_eq!(forwards(right), None, "{right}");
        }
        for wrong in ["www.passerby.example", "192.0.2.7", "old.example, internal", "localhost"] {
            assert_eq!(forwards(wrong), home, "{wrong}");
        }
        let case = Case { style: ForwardedHeader::Forwarded, ..case };
        let forwards = |value| case.target(&[("host", "passerby:3000"), ("forwarded", value)]);
        assert_eq!(forwards("for=192.0.2.1;host=passerby.example"), None);
        assert_eq!(forwards("for=192.0.2.1;host=\"b.example:8443\", for=10.0.0.3;host=internal"), None);
        assert_eq!(forwards("for=192.0.2.1"), None);
        assert_eq!(forwards("for=192.0.2.1;host=www.passerby.example"), home);
        // The other style's header is not read.
        assert_eq!(case.target(&[("x-forwarded-host", "www.passerby.example")]), None);
    }

    #[test]
    fn a_proxy_that_is_not_listed_is_not_redirected_in_a_circle() {
        let case = Case::new(PUBLIC, &["https://passerby.example"], VISITOR);
        for header in ["x-forwarded-for", "forwarded", "x-real-ip"] {
            assert_eq!(case.target(&[("host", "10.0.0.2:3000"), (header, "192.0.2.9")]), None, "{header}");
        }
        // The host that somebody forwards who is not trusted does not count.
        let sent = [("host", "www.passerby.example"), ("x-forwarded-host", "passerby.example")];
        assert_eq!(case.target(&sent).as_deref(), Some("https://passerby.example/"));
    }
}
