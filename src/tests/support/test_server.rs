//! [`House`]: a server on ports of its own, and what it answers to plain HTTP.

use std::{net::SocketAddr, time::Duration};

use passerby::server::{Config, Listeners, config::limits::LimitSettings, run};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::PATIENCE;

/// Stands for the built page, which these tests do not need.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tests/support/site");

/// A running server.
pub(crate) struct House {
    pub(crate) address: SocketAddr,
    /// Where plain HTTP is sent to TLS, if it is.
    pub(crate) redirect: Option<SocketAddr>,
    metrics: SocketAddr,
    shutdown: oneshot::Sender<()>,
    life: JoinHandle<anyhow::Result<()>>,
}

/// An answer to a plain request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl House {
    /// One with the defaults.
    pub(crate) async fn open() -> Self {
        Self::open_with(Config::default()).await
    }

    /// One with other limits.
    pub(crate) async fn limited(limit: impl FnOnce(&mut LimitSettings)) -> Self {
        let mut config = Config::default();
        limit(&mut config.limits);
        Self::open_with(config).await
    }

    pub(crate) async fn open_with(mut config: Config) -> Self {
        let bind = async || TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let (site, metrics) = (bind().await, bind().await);
        let redirect = if config.tls.redirect_addr.is_some() { Some(bind().await) } else { None };
        let (address, at) = (site.local_addr().unwrap(), metrics.local_addr().unwrap());
        let redirect_at = redirect.as_ref().map(|it| it.local_addr().unwrap());
        let (shutdown, told) = oneshot::channel();
        let listeners = Listeners { site, redirect, metrics: Some(metrics) };
        if config.leptos.site_root == Config::default().leptos.site_root {
            config.leptos.site_root = SITE.into();
        }
        let life =
            tokio::spawn(async move { run(config.resolve()?, listeners, async { drop(told.await) }).await });
        Self { address, redirect: redirect_at, metrics: at, shutdown, life }
    }

    /// The origin of the server's own pages.
    pub(crate) fn origin(&self) -> String {
        format!("http://localhost:{}", self.address.port())
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        get(self.address, path, headers).await
    }

    /// All that `/metrics` says.
    pub(crate) async fn metrics(&self) -> String {
        get(self.metrics, "/metrics", &[]).await.body
    }

    /// What `/metrics` says of `series`, for example `passerby_peers{phase="waiting"}`.
    pub(crate) async fn count(&self, series: &str) -> u64 {
        let text = self.metrics().await;
        let value = text.lines().find_map(|it| it.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |it| it.parse().expect("a count"))
    }

    /// Waits until these are the numbers of sockets and of idle, waiting, connecting and talking peers.
    pub(crate) async fn settles(&self, census: [u64; 5]) {
        let mut last = [0; 5];
        for _ in 0..PATIENCE.as_millis() / 20 {
            last[0] = self.count("passerby_connections").await;
            for (count, phase) in last[1..].iter_mut().zip(["idle", "waiting", "connecting", "talking"]) {
                *count = self.count(&format!("passerby_peers{{phase=\"{phase}\"}}")).await;
            }
            if last == census {
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
        panic!("connections, idle, waiting, connecting, talking are {last:?}, not {census:?}");
    }

    /// Tells the server to stop; what is returned ends when it has.
    pub(crate) fn stop(self) -> JoinHandle<anyhow::Result<()>> {
        self.shutdown.send(()).expect("the server runs");
        self.life
    }
}

impl From<&House> for SocketAddr {
    fn from(house: &House) -> Self {
        house.address
    }
}

/// Asks for a page.
pub(crate) async fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut stream = TcpStream::connect(address).await.expect("a server");
    ask(&mut stream, &address.to_string(), path, headers).await
}

/// Asks for a page on a connection that is open.
pub(crate) async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    host: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let request = async {
        let mut text = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n");
        if headers.iter().all(|it| it.0 != "Connection") {
            text += "Connection: close\r\n";
        }
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        stream.write_all((text + "\r\n").as_bytes()).await.expect("a request");
        read(stream).await
    };
    timeout(PATIENCE, request).await.expect("an answer in time")
}

/// Reads to the end of the stream, or of the body where its length is told: a refused upgrade keeps the stream open.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_lowercase();
            let length =
                head.lines().find_map(|it| it.strip_prefix("content-length: ")?.parse::<usize>().ok());
            if length.is_some_and(|it| body.len() >= it) {
                return answer(head, body);
            }
        }
        if stream.read_buf(&mut bytes).await.expect("an answer") == 0 {
            let text = String::from_utf8_lossy(&bytes);
            let (head, body) = text.split_once("\r\n\r\n").expect("a head");
            return answer(head.to_lowercase(), body);
        }
    }
}

fn answer(head: String, body: &str) -> Answer {
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
    Answer { status, head, body: body.to_owned() }
}
