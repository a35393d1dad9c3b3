//! What several benchmarks share: a server in a process of its own, and what the system says about it.

pub(crate) mod hello;
pub(crate) mod tastes;

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::Child,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long a program may take to start or to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Settings of Passerby without relay, store and files, and without the page: no benchmark requests it, so it need not
/// have been built.
pub(crate) const PASSERBY_SETTINGS: [(&str, &str); 6] = [
    ("PASSERBY__SERVER__MAX_CONNECTIONS", "19500"),
    ("PASSERBY__STATE__DIR", ""),
    ("PASSERBY__RELAY__ADDR", ""),
    ("PASSERBY__MODERATION__ADDR", ""),
    ("PASSERBY__LOG__FILTER", "warn"),
    ("LEPTOS_SITE_ROOT", "src/tests/support/site"),
];

/// A process that is killed when it is dropped.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// The value of a line of `/proc/PID/status` in bytes: `VmRSS:` is the resident memory, `VmHWM:` the most of it so
    /// far.
    pub(crate) fn memory(&self, name: &str) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|it| it.strip_prefix(name)).expect(name);
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Reads `/proc/PID/FILE`.
    pub(crate) fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).expect("a running server")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Errors mean that the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A free address below the ephemeral ports.
///
/// From an ephemeral port, a client could connect to itself while the server is down.
pub(crate) fn free_address() -> SocketAddr {
    loop {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(10_000..32_000)));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// Waits until a server answers a GET request with anything.
pub(crate) async fn wait_until_up(address: SocketAddr, path: &str) {
    let up = async {
        while get(address, path).await.is_none() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(TIMEOUT, up).await.expect("the server starts in time");
}

/// The answer to a GET request, with its head; `None` if there is none.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Option<String> {
    let request = async {
        let mut stream = TcpStream::connect(address).await.ok()?;
        let text = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(text.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    };
    timeout(TIMEOUT, request).await.ok()?
}
