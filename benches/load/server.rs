//! The real program in its own process, and its memory and CPU time as the system reports them.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long the program may take to start or to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Configuration for every scenario, besides the addresses to listen on.
const SETTINGS: [(&str, &str); 5] = [
    ("PASSERBY__SERVER__MAX_CONNECTIONS", "19500"),
    ("PASSERBY__STATE__DIR", ""),
    ("PASSERBY__RELAY__ADDR", ""),
    ("PASSERBY__LOG__FILTER", "warn"),
    // No scenario requests the page, so it need not have been built.
    ("LEPTOS_SITE_ROOT", "src/tests/support/site"),
];

/// A running server.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    metrics: SocketAddr,
}

impl Server {
    /// Starts a server on free ports and waits until it answers.
    pub(crate) async fn start() -> Self {
        let (address, metrics) = (free_address(), free_address());
        let server = Self { process: spawn(address, metrics), address, metrics };
        server.wait_until_up().await;
        server
    }

    /// Kills the process and starts another one on the same addresses at once.
    pub(crate) fn replace(&mut self) {
        self.process.kill().expect("the process can be killed");
        self.process.wait().expect("the process ends");
        self.process = spawn(self.address, self.metrics);
    }

    async fn wait_until_up(&self) {
        let up = async {
            while get(self.address, "/healthz").await.is_none() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(TIMEOUT, up).await.expect("the server starts in time");
    }

    /// The HTTP status of the answer to a GET request.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        let answer = get(self.address, path).await.expect("an answer");
        answer.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status")
    }

    /// Waits until `/metrics` reports `expected` for `series`, since the server may lag behind the bots.
    pub(crate) async fn wait_for_count(&self, series: &str, expected: usize) {
        let is_reached = async {
            while self.count(series).await != expected {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(TIMEOUT, is_reached).await.expect(series);
    }

    /// The value of `series` in `/metrics`, 0 if it is absent.
    pub(crate) async fn count(&self, series: &str) -> usize {
        let text = get(self.metrics, "/metrics").await.expect("an answer");
        let value = text.lines().find_map(|it| it.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |it| it.parse().expect("a count"))
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.memory("VmRSS:")
    }

    /// The most resident memory so far, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.memory("VmHWM:")
    }

    fn memory(&self, name: &str) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|it| it.strip_prefix(name)).expect(name);
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// CPU time of the process, in user and kernel mode.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // Fields 14 and 15 (proc(5)), in hundredths of a second. The name, field 2, can contain spaces and brackets.
        let fields = stat.rsplit(')').next().expect("fields").split_whitespace().skip(11);
        let ticks: u64 = fields.take(2).map(|it| it.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(ticks * 10)
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.process.id())).expect("a running server")
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    }

    /// Waits until the process ends; `None` if it takes longer than `within`.
    pub(crate) async fn wait_for_exit(&mut self, within: Duration) -> Option<ExitStatus> {
        let end = async {
            loop {
                match self.process.try_wait().expect("a process") {
                    Some(status) => return status,
                    None => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        timeout(within, end).await.ok()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Errors mean that the process has already ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(address: SocketAddr, metrics: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_passerby"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(SETTINGS)
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .env("PASSERBY__METRICS__ADDR", metrics.to_string())
        .env("PASSERBY__MODERATION__ADDR", "")
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts")
}

/// A free address below the ephemeral ports.
///
/// From an ephemeral port, a bot could connect to itself while the server is down.
fn free_address() -> SocketAddr {
    loop {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(10_000..32_000)));
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

async fn get(address: SocketAddr, path: &str) -> Option<String> {
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
