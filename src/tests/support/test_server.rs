//! A real server on free ports, and a plain HTTP client for it.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use passerby::server::{
    Config, Listeners, RelaySockets,
    config::{limits::LimitSettings, operator::OperatorSettings, relay::RelayAddress},
    run,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    runtime::Handle,
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::TEST_TIMEOUT;
use crate::program::Folder;

/// Stands for the built page, which these tests do not need.
pub(crate) const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

/// A running server.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    /// The listener that redirects plain HTTP to HTTPS, if it is configured.
    pub(crate) redirect: Option<SocketAddr>,
    metrics_address: SocketAddr,
    /// The listener for moderators, if there is a store.
    pub(crate) moderation: Option<SocketAddr>,
    shutdown: oneshot::Sender<()>,
    task: JoinHandle<anyhow::Result<()>>,
}

/// The response to a plain HTTP request.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// The status line and the headers, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl TestServer {
    /// Starts a server with the default configuration.
    pub(crate) async fn open() -> Self {
        Self::open_with(Config::default()).await
    }

    /// Starts a server with changed limits.
    pub(crate) async fn with_limits(limit: impl FnOnce(&mut LimitSettings)) -> Self {
        let mut config = Config::default();
        limit(&mut config.limits);
        Self::open_with(config).await
    }

    /// Starts a server on free ports of 127.0.0.1, with or without a redirect listener as `config` asks.
    pub(crate) async fn open_with(mut config: Config) -> Self {
        let bind = async || TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (site, metrics) = (bind().await, bind().await);
        let redirect = if config.tls.redirect_addr.is_some() { Some(bind().await) } else { None };
        let (address, at) = (site.local_addr().unwrap(), metrics.local_addr().unwrap());
        let redirect_at = redirect.as_ref().map(|it| it.local_addr().unwrap());
        let relay = match config.relay.addr {
            RelayAddress::At(address) if !config.relay.apart => Some(RelaySockets {
                udp: UdpSocket::bind(address).await.expect("a free port"),
                tcp: TcpListener::bind(address).await.expect("a free port"),
            }),
            _ => None,
        };
        if config.leptos.site_root == Config::default().leptos.site_root {
            config.leptos.site_root = SITE.into();
        }
        // Servers of tests that run at once must not share a key. A public one must have a folder for its store.
        let is_default = config.state.dir == Config::default().state.dir;
        let folder = (is_default && !config.operator.name.is_empty())
            .then(|| Folder::new(&format!("server-{}", address.port())));
        if is_default {
            config.state.dir = folder.as_ref().map_or_else(PathBuf::new, |it| it.0.clone());
        }
        let has_store = !config.state.dir.as_os_str().is_empty();
        let moderation = if has_store { Some(bind().await) } else { None };
        let moderation_at = moderation.as_ref().map(|it| it.local_addr().unwrap());
        let (shutdown, requested) = oneshot::channel();
        let listeners =
            Listeners { site, redirect, metrics: Some(metrics), moderation, relay, are_handed_over: false };
        let task = tokio::spawn(async move {
            let _folder = folder;
            run(config.resolve()?, listeners, Handle::current(), async { drop(requested.await) }).await
        });
        Self {
            address,
            redirect: redirect_at,
            metrics_address: at,
            moderation: moderation_at,
            shutdown,
            task,
        }
    }

    /// The origin of the pages that this server serves.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> HttpResponse {
        get(self.address, path, headers).await
    }

    /// The whole text of `/metrics`.
    pub(crate) async fn metrics(&self) -> String {
        get(self.metrics_address, "/metrics", &[]).await.body
    }

    /// The value of `series` in `/metrics`, for example `passerby_peers{phase="waiting"}`. 0 if it is absent.
    pub(crate) async fn metric(&self, series: &str) -> u64 {
        let text = self.metrics().await;
        let value = text.lines().find_map(|it| it.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |it| it.parse().expect("a count"))
    }

    /// Waits until the metrics report these numbers of sockets and of idle, waiting, connecting and talking peers.
    pub(crate) async fn wait_for_census(&self, census: [u64; 5]) {
        let mut last = [0; 5];
        for _ in 0..TEST_TIMEOUT.as_millis() / 20 {
            last[0] = self.metric("passerby_connections").await;
            for (count, phase) in last[1..].iter_mut().zip(["idle", "waiting", "connecting", "talking"]) {
                *count = self.metric(&format!("passerby_peers{{phase=\"{phase}\"}}")).await;
            }
            if last == census {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("connections, idle, waiting, connecting, talking: expected {census:?}, got {last:?}");
    }

    /// Asks the server to shut down. The returned task ends when it has stopped.
    pub(crate) fn stop(self) -> JoinHandle<anyhow::Result<()>> {
        self.shutdown.send(()).expect("the server runs");
        self.task
    }
}

/// What a server with public origins needs.
pub(crate) fn operator() -> OperatorSettings {
    OperatorSettings {
        name: "Example Ltd".into(),
        contact: "https://example.org/contact".into(),
        abuse_contact: "abuse@example.org".into(),
        country: "NZ".into(),
        ..OperatorSettings::default()
    }
}

impl From<&TestServer> for SocketAddr {
    fn from(server: &TestServer) -> Self {
        server.address
    }
}

/// Sends a GET request on a new connection.
pub(crate) async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> HttpResponse {
    let mut stream = TcpStream::connect(address).await.expect("a server");
    request(&mut stream, &address.to_string(), path, headers).await
}

/// Sends a GET request on an open connection, with `Connection: close` unless `headers` say otherwise.
pub(crate) async fn request(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> HttpResponse {
    let exchange = async {
        let mut text = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n");
        if headers.iter().all(|it| it.0 != "Connection") {
            text += "Connection: close\r\n";
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        stream.write_all((text + "\r\n").as_bytes()).await.expect("a request");
        read_response(stream).await
    };
    timeout(TEST_TIMEOUT, exchange).await.expect("a response in time")
}

/// Reads one response, up to `Content-Length` if it has one, otherwise to the end of the stream.
///
/// The length matters because a refused upgrade leaves the stream open.
pub(crate) async fn read_response(stream: &mut (impl AsyncRead + Unpin)) -> HttpResponse {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length =
                head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|it| body.len() >= it) {
                return parse_response(head, body);
            }
        }
        if stream.read_buf(&mut bytes).await.expect("a response") == 0 {
            let text = String::from_utf8_lossy(&bytes);
            let (head, body) = text.split_once("\r\n\r\n").expect("a head");
            return parse_response(head.to_lowercase(), body);
        }
    }
}

fn parse_response(head: String, body: &str) -> HttpResponse {
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    HttpResponse { status, head, body: body.to_owned() }
}
