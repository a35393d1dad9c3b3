//! Every route and every layer of the server on one page.

use std::{
    future::ready,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Once},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts, uri::Authority},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use leptos::prelude::use_context;
use leptos_axum::render_app_to_stream_with_context;
use tokio::sync::Semaphore;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use super::{
    clock::Clock,
    config::Resolved,
    http::{
        client_ip::Proxies,
        decision_pages,
        headers::{self, ContentSecurityPolicy},
        health::{Health, server_stops},
        language, manifest,
        network_tags::NetworkTagSource,
        origin::{self, Origins},
        plain_pages, wrong_host,
    },
    listen::{Workers, make_page},
    rate_limit::network::{NetworkLimiter, Rejection},
    shutdown::Shutdown,
    telemetry::Telemetry,
    websocket::{
        connection,
        sockets::Sockets,
        unserved,
        upgrade::{Upgrade, UpgradeError},
    },
};
use crate::{
    matchmaker::{OwnRelay, SiteIndex, VisitTags},
    moderation::Moderation,
    protocol::ErrorCode,
    ui::{self, PlainFacts, RelayUse, SiteTerms},
};

/// `Cache-Control` for files whose names change with their contents.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// `Cache-Control` for files that may change under the same name: browsers keep them, but ask each time.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// `Cache-Control` for public files, which seldom change and keep their names.
const ONE_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Sockets of other origins that may be told at one time that they are refused. Each takes a second at most.
///
/// They do not count against the network of their visitor, or any page on the web could use up its limits. Further
/// ones get a plain 403.
pub(crate) const MAX_FOREIGN_SOCKETS: usize = 64;

/// Logs only the first such request, because any visitor can send them and could fill the log.
static UNLISTED_PROXY_WARNING: Once = Once::new();

/// Logs only the first such request, because each one of that proxy is such a request.
static MISSING_HEADER_WARNING: Once = Once::new();

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Site {
    /// The origins whose pages may connect.
    pub(crate) origins: Arc<Origins>,
    /// The proxies that are trusted to name the client.
    pub(crate) proxies: Arc<Proxies>,
    /// Limits per network.
    pub(crate) network_limiter: Arc<NetworkLimiter>,
    /// Serves the sockets.
    pub(crate) sockets: Arc<Sockets>,
    /// A permit for each socket that is told that its origin is refused.
    pub(crate) foreign_sockets: Arc<Semaphore>,
    /// The moderation store, if there is one.
    pub(crate) moderation: Option<Moderation>,
    /// Names networks, if there is a store.
    pub(crate) network_tags: NetworkTagSource,
    /// Whether the driver answers.
    pub(crate) health: Arc<Health>,
    /// Whether new peers are accepted.
    pub(crate) shutdown: Shutdown,
    /// Whether browsers are told to use only TLS from now on (HSTS).
    pub(crate) over_tls_only: bool,
    /// The threads on which pages are made.
    pub(crate) workers: Workers,
}

impl Site {
    /// The tags of the network of a client; none without a store, and for an address that may stand for many visitors:
    /// a decision about one of them would be one about all.
    fn tags_of(&self, client: IpAddr) -> VisitTags {
        if self.proxies.may_be_many(client) {
            return VisitTags::default();
        }
        self.network_tags.tags_of(client)
    }
}

/// The routes of the site.
pub(crate) fn site(resolved: &Resolved, site: Site) -> Router {
    let options = resolved.leptos.clone();
    let files = |folder: &str| resolved.files.serve(folder, get(not_found));
    let package = {
        let (output, is_hashed) = (options.output_name.clone(), resolved.page.build.is_some());
        let policy = move |path: &str| if is_hashed { cache_control(path, &output) } else { REVALIDATE };
        let layer = middleware::from_fn(move |request: Request, next: Next| {
            let value = policy(request.uri().path());
            async move { with_cache_control(next.run(request).await, value) }
        });
        files(&options.site_pkg_dir).layer(layer)
    };
    let public = files("").layer(middleware::map_response(|it| ready(with_cache_control(it, ONE_HOUR))));

    let policy = ContentSecurityPolicy::new(resolved.reload_port, &site.origins);
    let page = {
        let (options, files) = (options.clone(), resolved.page.clone());
        let origins = Arc::clone(&site.origins);
        let terms = SiteTerms {
            rules: resolved.rules_version.clone(),
            soft_start: resolved.soft_start,
            age_check: resolved.age.as_ref().map(|it| it.url.clone()),
        };
        let (own_is_local, has_external) =
            (resolved.ice.own.as_ref().map(is_local), resolved.ice.turn.is_some());
        render_app_to_stream_with_context(
            move || {
                policy.apply();
                language::announce();
            },
            move || {
                ui::shell(
                    options.clone(),
                    &files,
                    language::of_page(),
                    origins.primary(),
                    relay_use(own_is_local, has_external),
                    terms.clone(),
                )
            },
        )
    };
    let over_tls_only = site.over_tls_only;
    let pages = Router::new()
        .route("/", get(page))
        .merge(plain_pages(resolved, &site))
        // Only pages: files are compressed by the build.
        .route_layer(CompressionLayer::new())
        .route_layer(middleware::from_fn_with_state(site.workers.clone(), make_page))
        .route_layer(middleware::from_fn_with_state(site.clone(), limit_pages))
        .route_layer(middleware::from_fn_with_state(site.clone(), redirect_wrong_host));
    pages
        .route(manifest::PATH, get(manifest::manifest))
        .route("/ws", any(open_socket))
        .route("/healthz", get(health))
        .route("/readyz", get(readiness))
        .with_state(site)
        .nest(options.site_pkg_dir_route_base().trim_end_matches('/'), package)
        .fallback_service(public)
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(move |request, next| with_security_headers(request, next, over_tls_only)))
}

/// The routes of the plain pages.
fn plain_pages(resolved: &Resolved, site: &Site) -> Router<Site> {
    let facts = Arc::new(PlainFacts {
        operator: resolved.operator.clone(),
        rules_version: resolved.rules_version.clone(),
        home: site.origins.primary().to_owned(),
    });
    let (style, https_only) = (&*resolved.page.style, site.origins.are_all_https());
    let decisions = decision_pages::routes(site.moderation.clone(), &facts, style, https_only);
    plain_pages::routes(&facts, style, https_only).merge(decisions)
}

/// Whether pages of this machine find the own relay at a loopback address.
fn is_local(relay: &OwnRelay) -> bool {
    let authorities =
        relay.sites.iter().filter_map(|it| it.stun.strip_prefix("stun:")?.parse::<Authority>().ok());
    authorities.into_iter().any(|it| origin::is_loopback_name(it.host()))
}

/// What the visitor to whom the page is being rendered can do with the relays: the own one, if there is one, which may
/// be at a loopback address, and an external one.
fn relay_use(own_is_local: Option<bool>, has_external: bool) -> RelayUse {
    let is_in_firefox_on_loopback = || {
        let Parts { headers, .. } = use_context::<Parts>()?;
        let header = |name| headers.get(name)?.to_str().ok();
        let host = header(header::HOST)?.parse::<Authority>().ok()?;
        Some(origin::is_loopback_name(host.host()) && header(header::USER_AGENT)?.contains("Firefox/"))
    };
    match (own_is_local, has_external) {
        (None, false) => RelayUse::None,
        (Some(true), false) if is_in_firefox_on_loopback() == Some(true) => RelayUse::NotInFirefox,
        (Some(_), _) | (None, true) => RelayUse::Possible,
    }
}

/// Redirects a page request for a wrong host before anything is rendered. The redirect is not cached: the operator may
/// add an origin.
async fn redirect_wrong_host(
    State(site): State<Site>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let (peer, uri, headers) = (address.ip(), request.uri(), request.headers());
    match wrong_host::redirect_target(&site.origins, &site.proxies, peer, uri, headers) {
        Some(target) => {
            let headers = [(header::LOCATION, target), (header::CACHE_CONTROL, "no-store".into())];
            (StatusCode::TEMPORARY_REDIRECT, headers).into_response()
        }
        None => next.run(request).await,
    }
}

/// Rejects page requests of a network that sends too many; the browser retries by itself after the given time.
async fn limit_pages(
    State(site): State<Site>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = site.proxies.client(address.ip(), request.headers());
    if !site.proxies.may_be_everyone(client)
        && let Err(wait) = site.network_limiter.check_page(client)
    {
        let text = &language::choose(request.uri(), request.headers()).words().network_full;
        let seconds = seconds(wait);
        let after = [(header::RETRY_AFTER, seconds.clone()), (header::REFRESH, seconds)];
        return (StatusCode::TOO_MANY_REQUESTS, after, [text.heading, text.sentence].join("\n\n"))
            .into_response();
    }
    next.run(request).await
}

/// A time for `Retry-After`: whole seconds, rounded up.
fn seconds(wait: Duration) -> String {
    wait.as_millis().div_ceil(1_000).to_string()
}

/// The route for Prometheus.
pub(crate) fn metrics(telemetry: Arc<Telemetry>, clock: Clock) -> Router {
    let text = async move || {
        let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
        telemetry.text(clock.now()).map(|text| (kind, text)).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    Router::new().route("/metrics", get(text))
}

async fn health(State(site): State<Site>) -> Response {
    // At the end of a shutdown the driver is gone before the last requests are answered.
    if site.shutdown.draining.is_cancelled() || site.health.is_alive().await {
        "alive".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "driver-silent").into_response()
    }
}

async fn readiness(State(site): State<Site>) -> Response {
    if site.shutdown.draining.is_cancelled() {
        server_stops()
    } else if site.health.has_core() {
        "ready".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "no-core").into_response()
    }
}

/// Upgrades a request to a WebSocket, or rejects it with a stable code.
async fn open_socket(
    State(site): State<Site>,
    headers: HeaderMap,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    upgrade: Result<Upgrade, UpgradeError>,
) -> Response {
    if site.shutdown.draining.is_cancelled() {
        return server_stops();
    }
    let origin = headers.get(header::ORIGIN);
    let Some(position) = site.origins.position(origin) else {
        return refuse_origin(site, upgrade.ok().filter(|_| origin.is_some()));
    };
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return error.into_response(),
    };
    warn_about_proxy(&site.proxies, address.ip(), &headers);
    let client = site.proxies.client(address.ip(), &headers);
    let permit = site.network_limiter.admit_socket(client, !site.proxies.may_be_everyone(client));
    let network_tags = site.tags_of(client);
    if let Err(Rejection::TooFast(wait)) = permit {
        let after = [(header::RETRY_AFTER, seconds(wait))];
        return (StatusCode::TOO_MANY_REQUESTS, after, "rate-limited").into_response();
    }
    // Taken before the handshake, so that a server that stops meanwhile waits for this socket too.
    let token = site.shutdown.sockets.token();
    upgrade.accept(async move |socket| {
        match permit {
            Ok(permit) => {
                connection::serve(site.sockets, socket, permit, (SiteIndex(position), network_tags)).await;
            }
            Err(Rejection::TooFast(_) | Rejection::TooMany) => {
                unserved::reject(site.sockets, socket, ErrorCode::NetworkFull).await
            }
        }
        drop(token);
    })
}

/// Refuses a socket whose origin may not connect. A page is told so on the socket, which is then closed: it may be our
/// own page under a wrong name, and has to show what is wrong.
fn refuse_origin(site: Site, page: Option<Upgrade>) -> Response {
    let (Some(page), Ok(permit)) = (page, site.foreign_sockets.try_acquire_owned()) else {
        return (StatusCode::FORBIDDEN, "wrong-origin").into_response();
    };
    let token = site.shutdown.sockets.token();
    page.accept(async move |socket| {
        unserved::reject(site.sockets, socket, ErrorCode::WrongOrigin).await;
        drop((permit, token));
    })
}

/// Warns if all visitors have the address of a proxy, because of the configuration.
fn warn_about_proxy(proxies: &Proxies, peer: IpAddr, headers: &HeaderMap) {
    if proxies.ignores_header(peer, headers) {
        UNLISTED_PROXY_WARNING.call_once(|| {
            tracing::warn!(
                "a request was forwarded by a proxy that `server.proxies` does not list: its header is ignored"
            );
        });
    }
    if let Some((missing, other)) = proxies.missing_header(peer, headers) {
        MISSING_HEADER_WARNING.call_once(|| {
            tracing::warn!(
                %missing,
                sent = other.unwrap_or("none"),
                "a proxy that `server.proxies` lists does not send the header that `server.forwarded_header` names: \
                 all visitors behind it count as one"
            );
        });
    }
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is no such page.")
}

/// `Cache-Control` for a file of the program.
///
/// The build names each file by a hash of its contents. It names the two entry files before it writes the names of the
/// others into them, so the contents of these two can change under the same name.
fn cache_control(path: &str, output: &str) -> HeaderValue {
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_entry = name.strip_prefix(output).is_some_and(|it| it.ends_with(".js") || it.ends_with(".wasm"));
    if is_entry { REVALIDATE } else { IMMUTABLE }
}

/// Sets `Cache-Control`. Errors are not cached: a missing file may be there after the next deploy.
fn with_cache_control(mut response: Response, value: HeaderValue) -> Response {
    let is_file = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let value = if is_file { value } else { HeaderValue::from_static("no-store") };
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

async fn with_security_headers(request: Request, next: Next, over_tls_only: bool) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.extend(headers::SECURITY_HEADERS);
    if over_tls_only {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, headers::TRANSPORT_SECURITY);
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(headers::DENY_ALL_POLICY);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_named_by_their_contents_are_immutable() {
        let value = |path| cache_control(path, "passerby");
        assert_eq!(value("/pkg/passerby.0aZ_-.js"), REVALIDATE);
        assert_eq!(value("/pkg/passerby.0aZ_-.wasm"), REVALIDATE);
        for path in ["/pkg/passerby.0aZ_-.css", "/pkg/split_call.0aZ_-.wasm", "/pkg/__wasm_split.0aZ_-.js"] {
            assert_eq!(value(path), IMMUTABLE, "{path}");
        }
    }
}
