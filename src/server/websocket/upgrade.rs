//! The WebSocket handshake (RFC 6455, 4).

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Version, header, request::Parts},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;

use super::socket::WebSocket;
use crate::{protocol::limits::SUBPROTOCOL, server::http::list_header};

/// A valid request for a WebSocket with our subprotocol, and the response to it.
pub(crate) struct Upgrade {
    upgraded: OnUpgrade,
    response: Response,
}

/// Why a request cannot become a WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UpgradeError {
    /// Not a WebSocket upgrade request (RFC 6455, 4.2.1).
    NotWebSocket,
    /// The request does not offer our subprotocol.
    WrongSubprotocol,
}

impl IntoResponse for UpgradeError {
    fn into_response(self) -> Response {
        let code = match self {
            Self::NotWebSocket => "no-websocket",
            Self::WrongSubprotocol => "wrong-subprotocol",
        };
        (StatusCode::BAD_REQUEST, code).into_response()
    }
}

impl<S: Sync> FromRequestParts<S> for Upgrade {
    type Rejection = UpgradeError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, UpgradeError> {
        let upgraded = parts.extensions.remove::<OnUpgrade>().ok_or(UpgradeError::NotWebSocket)?;
        let response = respond(&parts.method, parts.version, &parts.headers)?;
        Ok(Self { upgraded, response })
    }
}

/// The response that completes the handshake.
fn respond(method: &Method, version: Version, headers: &HeaderMap) -> Result<Response, UpgradeError> {
    let mut request = Request::new(());
    (*request.method_mut(), *request.version_mut()) = (method.clone(), version);
    for name in [header::SEC_WEBSOCKET_VERSION, header::SEC_WEBSOCKET_KEY] {
        if let Some(value) = headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    // Tungstenite looks only at the first line of these lists, and takes no other protocol beside ours.
    for (name, token) in [(header::CONNECTION, "upgrade"), (header::UPGRADE, "websocket")] {
        if list_header::contains(headers, &name, token) {
            request.headers_mut().insert(name, HeaderValue::from_static(token));
        }
    }
    let mut response =
        create_response_with_body(&request, Body::empty).map_err(|_| UpgradeError::NotWebSocket)?;
    if !list_header::items(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|it| it == SUBPROTOCOL) {
        return Err(UpgradeError::WrongSubprotocol);
    }
    let chosen = HeaderValue::from_static(SUBPROTOCOL);
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, chosen);
    Ok(response)
}

impl Upgrade {
    /// Returns the response, and calls `serve` with the socket once the response is sent. If it cannot be sent,
    /// `serve` is dropped.
    pub(crate) fn accept<F>(self, serve: impl FnOnce(WebSocket) -> F + Send + 'static) -> Response
    where
        F: Future<Output = ()> + Send,
    {
        let Self { upgraded, response } = self;
        tokio::spawn(async move {
            if let Ok(upgraded) = upgraded.await {
                serve(WebSocket::new(upgraded).await).await;
            }
        });
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The headers of a handshake, with these instead of its own lines of the same names.
    fn answer(changed: &[(&'static str, &'static str)]) -> Result<u16, UpgradeError> {
        let own = [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", SUBPROTOCOL),
        ];
        let kept = own.iter().filter(|(name, _)| changed.iter().all(|it| it.0 != *name));
        let mut headers = HeaderMap::new();
        for (name, value) in kept.chain(changed) {
            headers.append(*name, HeaderValue::from_static(value));
        }
        let response = respond(&Method::GET, Version::HTTP_11, &headers)?;
        let text = |name: &'static str| response.headers()[name].to_str().unwrap();
        assert_eq!((text("connection"), text("upgrade")), ("Upgrade", "websocket"));
        assert_eq!(text("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "RFC 6455, 1.3");
        assert_eq!(text("sec-websocket-protocol"), SUBPROTOCOL);
        Ok(response.status().as_u16())
    }

    #[test]
    fn list_headers_may_have_several_items_and_lines() {
        for changed in [
            &[][..],
            &[("connection", "keep-alive"), ("connection", "Upgrade")],
            &[("connection", "keep-alive, UPGRADE")],
            &[("connection", "upgrade,keep-alive")],
            &[("upgrade", "websocket, h2c")],
            &[("upgrade", "h2c,WebSocket")],
            &[("upgrade", "h2c"), ("upgrade", "websocket")],
            &[("sec-websocket-protocol", "a, passerby.v1 , b")],
            &[("sec-websocket-protocol", "a"), ("sec-websocket-protocol", "passerby.v1")],
        ] {
            assert_eq!(answer(changed), Ok(101), "{changed:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_a_handshake() {
        for changed in [
            ("connection", "keep-alive"),
            ("connection", "not-upgrade"),
            ("connection", ""),
            ("upgrade", "h2c"),
            ("upgrade", "websockets"),
            ("sec-websocket-version", "8"),
        ] {
            assert_eq!(answer(&[changed]), Err(UpgradeError::NotWebSocket), "{changed:?}");
        }
        for offers in ["passerby.v0", "passerby.v1x, PASSERBY.V1", ""] {
            let answer = answer(&[("sec-websocket-protocol", offers)]);
            assert_eq!(answer, Err(UpgradeError::WrongSubprotocol), "{offers}");
        }
    }
}
