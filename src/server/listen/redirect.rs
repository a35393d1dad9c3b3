//! The redirect from plain HTTP to the same page over TLS.

use std::{future::ready, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};

use crate::server::http::origin::Origins;

/// A router that redirects each request to the same path on the `https` origin of the requested host.
///
/// Other hosts lead to the first such origin, for the time being. No request can choose another target: an open
/// redirect would help phishers.
pub(crate) fn redirect(origins: Arc<Origins>) -> Router {
    Router::new().fallback(move |request: Request| ready(respond(&origins, &request)))
}

fn respond(origins: &Origins, request: &Request) -> Response {
    let header = request.headers().get(header::HOST).and_then(|it| it.to_str().ok()?.parse().ok());
    let authority: Option<Authority> = request.uri().authority().cloned().or(header);
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    let location = |origin: &str| [(header::LOCATION, [origin, path].concat())];
    let same_host = authority.and_then(|it| origins.https_origin(it.host()));
    match (same_host, origins.first_https()) {
        (Some(origin), _) if path.starts_with('/') => {
            (StatusCode::PERMANENT_REDIRECT, location(origin)).into_response()
        }
        (None, Some(first)) if path.starts_with('/') => {
            (StatusCode::TEMPORARY_REDIRECT, location(first), [(header::CACHE_CONTROL, "no-store")])
                .into_response()
        }
        (Some(_) | None, _) => (StatusCode::MISDIRECTED_REQUEST, "wrong-host").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn get(uri: &str, host: &str) -> (u16, String) {
        let configured = ["https://passerby.example".into(), "https://b.example:8443".into()];
        let origins = Origins::new(([0, 0, 0, 0], 443).into(), &configured, Vec::new()).unwrap();
        let request = Request::builder().uri(uri).header("Host", host).body(Body::empty()).unwrap();
        let response = respond(&origins, &request);
        let location = response.headers().get("Location").map_or("", |it| it.to_str().unwrap());
        (response.status().as_u16(), location.to_owned())
    }

    #[test]
    fn redirects_to_the_same_page_over_tls() {
        let redirect = |to: &str| (308, to.to_owned());
        assert_eq!(get("/", "passerby.example"), redirect("https://passerby.example/"));
        assert_eq!(get("/a?b=c", "PASSERBY.example:80"), redirect("https://passerby.example/a?b=c"));
        assert_eq!(get("/", "b.example"), redirect("https://b.example:8443/"));
        assert_eq!(get("http://b.example/x", "passerby.example"), redirect("https://b.example:8443/x"));
        assert_eq!(get("//evil.example", "b.example"), redirect("https://b.example:8443//evil.example"));
    }

    #[test]
    fn sends_other_hosts_to_the_first_origin() {
        let redirect = |to: &str| (307, to.to_owned());
        for host in [
            "evil.example",
            "",
            "www.passerby.example",
            "b.example.",
            "passerby.example.evil.example",
            "passerby.example@evil.example",
            "a b",
        ] {
            assert_eq!(get("/a?b=c", host), redirect("https://passerby.example/a?b=c"), "{host}");
        }
        let response = get("http://evil.example/", "b.example");
        assert_eq!(response, redirect("https://passerby.example/"));
        assert_eq!(get("*", "passerby.example"), (421, String::new()));
        assert_eq!(get("*", "evil.example"), (421, String::new()));
    }
}
