//! Plain HTTP beside TLS: it sends everybody to the same page over TLS, and nobody anywhere else.

use std::{future::ready, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header, uri::Authority},
    response::{IntoResponse, Response},
};

use crate::server::http::origin::Origins;

/// Answers each request with the way to the same path over TLS, of the origin on the host that was asked for. Who asks
/// for a host that is none of ours learns nothing: a redirection to wherever one is told is a gift to phishers.
pub(crate) fn redirect(origins: Arc<Origins>) -> Router {
    Router::new().fallback(move |request: Request| ready(answer(&origins, &request)))
}

fn answer(origins: &Origins, request: &Request) -> Response {
    let header = request.headers().get(header::HOST).and_then(|it| it.to_str().ok()?.parse().ok());
    let authority: Option<Authority> = request.uri().authority().cloned().or(header);
    let path = request.uri().path_and_query().map_or("/", |it| it.as_str());
    match authority.and_then(|it| origins.encrypted_at(it.host())) {
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

    fn ask(uri: &str, host: &str) -> (u16, String) {
        let configured = ["https://passerby.example".into(), "https://b.example:8443".into()];
        let origins = Origins::new(([0, 0, 0, 0], 443).into(), &configured, Vec::new()).unwrap();
        let request = Request::builder().uri(uri).header("Host", host).body(Body::empty()).unwrap();
        let answer = answer(&origins, &request);
        let location = answer.headers().get("Location").map_or("", |it| it.to_str().unwrap());
        (answer.status().as_u16(), location.to_owned())
    }

    #[test]
    fn the_same_page_over_tls() {
        let moved = |to: &str| (308, to.to_owned());
        assert_eq!(ask("/", "passerby.example"), moved("https://passerby.example/"));
        assert_eq!(ask("/a?b=c", "PASSERBY.example:80"), moved("https://passerby.example/a?b=c"));
        assert_eq!(ask("/", "b.example"), moved("https://b.example:8443/"));
        assert_eq!(ask("http://b.example/x", "passerby.example"), moved("https://b.example:8443/x"));
        assert_eq!(ask("//evil.example", "b.example"), moved("https://b.example:8443//evil.example"));
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        let lost = (421, String::new());
        for host in
            ["evil.example", "", "passerby.example.evil.example", "passerby.example@evil.example", "a b"]
        {
            assert_eq!(ask("/", host), lost, "{host}");
        }
        assert_eq!(ask("http://evil.example/", "passerby.example"), lost);
        assert_eq!(ask("*", "passerby.example"), lost);
    }
}
