//! Every route and every layer on one page; it must not know what is said on the sockets.

use std::{
    future::ready,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Once},
    time::Duration,
};

use axum::{
    Router,
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{any, get},
};
use leptos::prelude::use_context;
use leptos_axum::render_app_to_stream_with_context;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer, services::ServeDir};

use super::{
    config::Config,
    http::{
        client_ip::Proxies,
        headers::{self, ContentSecurityPolicy},
        origin::Origins,
    },
    rate_limit::network::{NetworkLimiter, Rejection},
    shutdown::Life,
    telemetry::Telemetry,
    websocket::{
        connection,
        sockets::Sockets,
        upgrade::{Upgrade, UpgradeError},
    },
};
use crate::{
    matchmaker::Network,
    ui::{
        self,
        i18n::{self, Words},
    },
};

/// For files whose names change with their contents.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// For files that are looked at again each time: a day-old one is as good as a new one if it has not changed.
const LOOK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

/// For files whose names do not.
const AN_HOUR: HeaderValue = HeaderValue::from_static("public, max-age=3600");

/// Said once: anybody can send such a request, and a log that anybody can fill is worth nothing.
static STRANGE_PROXY: Once = Once::new();

/// What the handlers need.
#[derive(Clone)]
pub(crate) struct Site {
    /// Whose pages may connect.
    pub(crate) origins: Arc<Origins>,
    /// Whose word is taken for where somebody comes from.
    pub(crate) proxies: Arc<Proxies>,
    /// Who may come in.
    pub(crate) network_limiter: Arc<NetworkLimiter>,
    /// Where sockets go.
    pub(crate) sockets: Arc<Sockets>,
    /// Whether anybody is let in.
    pub(crate) life: Life,
    /// Whether browsers are to come over TLS only from now on.
    pub(crate) over_tls_only: bool,
}

/// The public side.
pub(crate) fn site(config: &Config, site: Site) -> Router {
    let options = config.leptos.clone();
    let root = Path::new(&*options.site_root);
    let files = |folder: &Path| {
        let files = ServeDir::new(folder).append_index_html_on_directories(false);
        files.precompressed_br().precompressed_gzip().fallback(get(not_found))
    };
    let package = {
        let output = options.output_name.clone();
        let keep = move |path: &str| if options.hash_files { kept(path, &output) } else { LOOK_AGAIN };
        let layer = middleware::from_fn(move |request: Request, next: Next| {
            let keep = keep(request.uri().path());
            async move { cached(next.run(request).await, keep) }
        });
        Router::new().fallback_service(files(&root.join(&*options.site_pkg_dir))).layer(layer)
    };
    let public = Router::new()
        .fallback_service(files(root))
        .layer(middleware::map_response(|it| ready(cached(it, AN_HOUR))));

    let policy = ContentSecurityPolicy::new(config, &site.origins);
    let page = {
        let options = options.clone();
        let origins = Arc::clone(&site.origins);
        render_app_to_stream_with_context(
            move || policy.apply(),
            move || ui::shell(options.clone(), language(), origins.primary()),
        )
    };
    let over_tls_only = site.over_tls_only;
    Router::new()
        // Files are compressed when they are built.
        .route(
            "/",
            get(page)
                .layer(CompressionLayer::new())
                .layer(middleware::from_fn_with_state(site.clone(), paced)),
        )
        .route("/ws", any(open))
        .route("/healthz", get(|| async { "alive" }))
        .route("/readyz", get(readiness))
        .with_state(site)
        .nest(options.site_pkg_dir_route_base().trim_end_matches('/'), package)
        .fallback_service(public)
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(move |request, next| secured(request, next, over_tls_only)))
}

/// The catalogue in the language that the page was asked for in.
fn language() -> &'static Words {
    use_context::<Parts>().map_or_else(|| i18n::in_language(""), |it| asked_for(&it.uri))
}

fn asked_for(uri: &Uri) -> &'static Words {
    let query = uri.query().unwrap_or_default();
    i18n::in_language(query.split('&').find_map(|it| it.strip_prefix("lang=")).unwrap_or_default())
}

/// Makes a page, or says to a network that asks for too many when to come back; the browser does so by itself.
async fn paced(
    State(site): State<Site>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    let client = site.proxies.client(address.ip(), request.headers());
    if !site.proxies.may_be_everyone(client)
        && let Err(wait) = site.network_limiter.check_page(Network::of(client))
    {
        let said = &asked_for(request.uri()).network_full;
        let seconds = seconds(wait);
        let after = [(header::RETRY_AFTER, seconds.clone()), (header::REFRESH, seconds)];
        return (StatusCode::TOO_MANY_REQUESTS, after, [said.heading, said.sentence].join("\n\n"))
            .into_response();
    }
    next.run(request).await
}

/// As `Retry-After` has it: whole seconds, rather too many.
fn seconds(wait: Duration) -> String {
    wait.as_millis().div_ceil(1_000).to_string()
}

/// The operators' side.
pub(crate) fn metrics(telemetry: Arc<Telemetry>) -> Router {
    let text = async move || {
        let kind = [(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")];
        telemetry.text().map(|text| (kind, text)).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
    };
    Router::new().route("/metrics", get(text))
}

async fn readiness(State(site): State<Site>) -> Response {
    if site.life.draining.is_cancelled() { stops() } else { "ready".into_response() }
}

/// Lets a page in, or says in one stable word why not.
async fn open(
    State(site): State<Site>,
    headers: HeaderMap,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    upgrade: Result<Upgrade, UpgradeError>,
) -> Response {
    if site.life.draining.is_cancelled() {
        return stops();
    }
    if !site.origins.allows(headers.get(header::ORIGIN)) {
        return (StatusCode::FORBIDDEN, "wrong-origin").into_response();
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) => return error.into_response(),
    };
    if site.proxies.ignores_header(address.ip(), &headers) {
        STRANGE_PROXY.call_once(|| {
            tracing::warn!(
                "a request says that it was forwarded, by none of `server.proxies`: taken for its own sender"
            );
        });
    }
    let client = site.proxies.client(address.ip(), &headers);
    let permit =
        site.network_limiter.admit_socket(Network::of(client), !site.proxies.may_be_everyone(client));
    if let Err(Rejection::TooFast(wait)) = permit {
        let after = [(header::RETRY_AFTER, seconds(wait))];
        return (StatusCode::TOO_MANY_REQUESTS, after, "rate-limited").into_response();
    }
    // Taken before the handshake ends, so that a server that stops meanwhile waits for this socket too.
    let token = site.life.sockets.token();
    upgrade.accept(async move |socket| {
        match permit {
            Ok(permit) => connection::serve(site.sockets, socket, permit).await,
            Err(Rejection::TooFast(_) | Rejection::TooMany) => connection::reject(site.sockets, socket).await,
        }
        drop(token);
    })
}

fn stops() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "server-stops").into_response()
}

async fn not_found() -> (StatusCode, &'static str) {
    (StatusCode::NOT_FOUND, "There is no such page.")
}

/// How long a file of the program is kept. The build names each by its contents, but its first two files before it writes
/// the names of the others into them, so these can change and keep their names.
fn kept(path: &str, output: &str) -> HeaderValue {
    let name = path.rsplit('/').next().unwrap_or_default();
    let names_others =
        name.strip_prefix(output).is_some_and(|it| it.ends_with(".js") || it.ends_with(".wasm"));
    if names_others { LOOK_AGAIN } else { FOR_EVER }
}

/// Only what was found is kept: a missing file may be there after the next deploy.
fn cached(mut response: Response, value: HeaderValue) -> Response {
    let is_file = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    let value = if is_file { value } else { HeaderValue::from_static("no-store") };
    response.headers_mut().insert(header::CACHE_CONTROL, value);
    response
}

async fn secured(request: Request, next: Next, over_tls_only: bool) -> Response {
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
    fn only_files_that_cannot_change_are_kept_for_ever() {
        let kept = |path| kept(path, "passerby");
        assert_eq!(kept("/pkg/passerby.0aZ_-.js"), LOOK_AGAIN);
        assert_eq!(kept("/pkg/passerby.0aZ_-.wasm"), LOOK_AGAIN);
        for path in ["/pkg/passerby.0aZ_-.css", "/pkg/split_call.0aZ_-.wasm", "/pkg/__wasm_split.0aZ_-.js"] {
            assert_eq!(kept(path), FOR_EVER, "{path}");
        }
    }
}
