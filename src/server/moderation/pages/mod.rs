//! The pages of the moderators, on a listener of their own: who may see them, and every route.
//!
//! A request passes three checks before a handler sees it: its host is a known one, a form comes from a page of that
//! host, and it is a moderator's. A form also sends back the token of its page.

mod access;
mod attempts;
mod forms;
mod handlers;
mod requests;
mod sessions;
mod shown;
mod sign_in;
mod site;

use std::{future::ready, io, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    moderation::Moderation,
    server::{
        clock::Clock, config::Resolved, http::client_ip::Proxies, moderation::metrics::ModerationMetrics,
        tasks::Tasks,
    },
    ui::moderation::{KEYS, KEYS_PATH, STYLE, STYLE_PATH},
};
use access::AllowedHost;
use site::ModeratorSite;

/// Bytes of a form: a hundred chosen subjects, or the longest note with every byte escaped.
const MAX_FORM_BYTES: usize = 64 * 1024;

/// The headers of every response. `Referrer-Policy` is not `no-referrer`: browsers would then hide the origin of forms
/// from this server, too.
const HEADERS: [(HeaderName, HeaderValue); 7] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "camera=(), microphone=(), display-capture=(), geolocation=(), payment=(), usb=()",
        ),
    ),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'; \
             form-action 'self'; frame-ancestors 'none'",
        ),
    ),
];

/// Serves the pages on the moderators' listener, if there are both a listener and a store. `proxies` are those that
/// name the client of a request.
///
/// # Errors
///
/// If the system has no randomness.
pub(crate) fn serve_pages(
    tasks: &mut Tasks,
    listener: Option<TcpListener>,
    moderation: &Option<Moderation>,
    (resolved, proxies, clock): (&Resolved, Arc<Proxies>, Clock),
) -> io::Result<()> {
    if let (Some(listener), Some(moderation)) = (listener, moderation) {
        tracing::info!(address = %listener.local_addr()?, "serving moderators");
        let metrics = tasks.telemetry.moderation.clone();
        let store = (moderation.clone(), metrics);
        tasks.serve_http(Some(listener), routes(resolved, store, proxies, clock)?);
    }
    Ok(())
}

/// Every route.
fn routes(
    resolved: &Resolved,
    store: (Moderation, ModerationMetrics),
    proxies: Arc<Proxies>,
    clock: Clock,
) -> io::Result<Router> {
    let style = resolved.page.style.clone();
    let site = Arc::new(ModeratorSite::new(store, resolved.moderation.clone(), proxies, style, clock)?);
    let file = |kind: &'static str, text: &'static str| {
        get(move || ready(([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], text)))
    };
    let inside = Router::new()
        .route("/", get(handlers::queue))
        .route(KEYS_PATH, file("text/javascript; charset=utf-8", KEYS))
        .route("/dismiss", post(handlers::dismiss))
        .route("/subjects/{subject}", get(handlers::subject).post(handlers::decide))
        .route("/subjects/{subject}/claim", post(handlers::claim))
        .route("/appeals", get(handlers::appeals))
        .route("/appeals/{appeal}", get(handlers::appeal).post(handlers::decide_appeal))
        .route("/sign-out", post(sign_in::sign_out))
        .fallback(handlers::not_found)
        .layer(middleware::from_fn_with_state(Arc::clone(&site), sign_in::require));
    // The page may be in a folder, so its style sheet is served as the public listener does.
    let package = resolved.files.serve("", get(async || StatusCode::NOT_FOUND));
    Ok(Router::new()
        .route("/sign-in", get(async || Redirect::to("/")).post(sign_in::sign_in))
        .route(STYLE_PATH, file("text/css; charset=utf-8", STYLE))
        .route_service(&resolved.page.style, package)
        .merge(inside)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(Arc::clone(&site), check))
        .with_state(site))
}

/// Refuses requests for other hosts, and forms from other pages; adds the headers.
async fn check(State(site): State<Arc<ModeratorSite>>, mut request: Request, next: Next) -> Response {
    let mut response = match admit(&site, &request) {
        Ok(host) => {
            request.extensions_mut().insert(host);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    };
    response.headers_mut().extend(HEADERS);
    response
}

/// The host of a request that may come in; otherwise the answer.
fn admit(site: &ModeratorSite, request: &Request) -> Result<AllowedHost, (StatusCode, &'static str)> {
    let host = AllowedHost::of(&site.access, request.uri(), request.headers());
    let host = host.ok_or((StatusCode::MISDIRECTED_REQUEST, "wrong-host"))?;
    match *request.method() {
        Method::GET | Method::HEAD => Ok(host),
        Method::POST if host.sent(request.headers()) => Ok(host),
        Method::POST => Err((StatusCode::FORBIDDEN, "wrong-origin")),
        _ => Err((StatusCode::METHOD_NOT_ALLOWED, "wrong-method")),
    }
}
