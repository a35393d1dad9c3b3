//! The redirect from plain HTTP to the same page over TLS, on configured hosts only.

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
/// Requests for unknown hosts are refused: an open redirect would help phishers.
pub(crate) fn redirect(origins: Arc<Origins>) -> Router {
    Router::new().fallback(move |request: Request| ready(respond(&origins, &request)))
}

fn respond(origins: &Origins, request: &Request) -> Response {
    let header = request.headers().get(header::HOST).and_then(|it| it.to_str().ok()?.parse().ok());
    let authority: Option<Authority> = request.uri().authority().cloned().or(header);
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    match authority.and_then(|it| origins.https_origin(it.host())) {
        Some(origin) if path.starts_with('/') => {
            (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{origin}{path}"))]).into_response()
        }
        Some(_) | None => (StatusCode::MISDIRECTED_REQUEST, "wrong-host").into_response(),
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
    fn refuses_hosts_that_are_not_configured() {
        let refused = (421, String::new());
        for host in
            ["evil.example", "", "passerby.example.evil.example", "passerby.example@evil.example", "a b"]
        {
            assert_eq!(get("/", host), refused, "{host}");
        }
        assert_eq!(get("http://evil.example/", "passerby.example"), refused);
        assert_eq!(get("*", "passerby.example"), refused);
    }
}
