//! Signing in and out. Everybody else gets the same page at every address.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    body::Bytes,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::{access::AllowedHost, forms::Fields, requests::Form, site::ModeratorSite};
use crate::{
    moderation::{ModerationError, SignInEvent, hex},
    server::{
        clock::{random_key, stamp},
        rate_limit::subnets::Subnets,
    },
    ui::moderation::sign_in_page,
};

/// Bytes of a token that are looked at; one has 43.
const MAX_TOKEN_BYTES: usize = 100;

/// Lets moderators in, and shows the sign-in to everybody else.
pub(super) async fn require(
    State(site): State<Arc<ModeratorSite>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Extension(host): Extension<AllowedHost>,
    mut request: Request,
    next: Next,
) -> Response {
    match site.moderator(&host, address.ip(), request.headers()).await {
        Ok(Some(moderator)) => {
            request.extensions_mut().insert(moderator);
            next.run(request).await
        }
        Ok(None) => page(&site, StatusCode::UNAUTHORIZED, None),
        Err(error) => unavailable(&site, &error),
    }
}

/// Signs a moderator in with a token.
pub(super) async fn sign_in(
    State(site): State<Arc<ModeratorSite>>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    Extension(host): Extension<AllowedHost>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (now, client) = (site.clock.now(), site.proxies.client(address.ip(), &headers));
    let networks = Subnets::of(client);
    if let Err(wait) = site.attempts(|all| all.begin(now, networks)) {
        let seconds = wait.as_millis().div_ceil(1_000);
        let problem = format!("Too many attempts. Try again in {seconds} seconds.");
        let page = page(&site, StatusCode::TOO_MANY_REQUESTS, Some(&problem));
        return ([(header::RETRY_AFTER, seconds.to_string())], page).into_response();
    }
    let token = Fields::of_form(&body).get("token").unwrap_or_default().trim().to_owned();
    let token = token.get(..token.len().min(MAX_TOKEN_BYTES)).unwrap_or_default().into();
    match site.name(&token).await {
        Ok(Some(name)) => {
            site.attempts(|all| all.succeeded(networks));
            let Ok(id) = random_key().map(|it| hex(&it)) else {
                return unavailable(&site, &ModerationError::Failed);
            };
            let event = SignInEvent::SignedIn(name.clone());
            if let Err(error) = site.moderation.record_sign_in(stamp(), event).await {
                return unavailable(&site, &error);
            }
            tracing::info!(moderator = name, "a moderator has signed in");
            site.sessions(|all| all.open(now, &id, token));
            (cookie(&host, &id), Redirect::to("/")).into_response()
        }
        Ok(None) => {
            tracing::warn!("somebody has tried to sign in as a moderator with a wrong token");
            if let Err(error) = site.record_failure().await {
                return unavailable(&site, &error);
            }
            page(&site, StatusCode::UNAUTHORIZED, Some("This token is not right, or not valid any more."))
        }
        Err(error) => unavailable(&site, &error),
    }
}

/// Ends the session.
pub(super) async fn sign_out(
    State(site): State<Arc<ModeratorSite>>,
    Extension(host): Extension<AllowedHost>,
    form: Form,
) -> Response {
    let moderator = &form.request.moderator;
    if let Some(id) = &moderator.session {
        // The session ends also if that cannot be recorded.
        site.sessions(|all| all.close(id));
        let event = SignInEvent::SignedOut(moderator.name.clone());
        if let Err(error) = site.moderation.record_sign_in(form.request.stamp, event).await {
            tracing::error!(%error, "cannot record that a moderator has signed out");
        }
    }
    (cookie(&host, ""), Redirect::to("/")).into_response()
}

fn cookie(host: &AllowedHost, id: &str) -> HeaderMap {
    host.set_cookie(id).map(|it| (header::SET_COOKIE, it)).into_iter().collect()
}

fn page(site: &ModeratorSite, status: StatusCode, problem: Option<&str>) -> Response {
    (status, Html(sign_in_page(&site.style, problem))).into_response()
}

/// The store does not answer.
fn unavailable(site: &ModeratorSite, error: &ModerationError) -> Response {
    tracing::warn!(%error, "the moderation store cannot be asked");
    page(
        site,
        StatusCode::SERVICE_UNAVAILABLE,
        Some("The server cannot look that up now. Try again in a moment."),
    )
}
