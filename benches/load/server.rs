//! The real program in a process of its own, and what the system says of it; it must not know what is measured.

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

/// How long the program may take to start, or to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What every scene sets; besides, where it listens.
const SETTINGS: [(&str, &str); 5] = [
    ("PASSERBY__SERVER__MAX_CONNECTIONS", "19500"),
    ("PASSERBY__STATE__DIR", ""),
    ("PASSERBY__LOG__FILTER", "warn"),
    // The page is not asked for, so it need not have been built.
    ("LEPTOS_HASH_FILES", "false"),
    ("LEPTOS_SITE_ROOT", "src/tests/support/site"),
];

/// A running server.
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    metrics: SocketAddr,
}

impl Server {
    /// One that answers, on ports of its own.
    pub(crate) async fn start() -> Self {
        let (address, metrics) = (free_address(), free_address());
        let server = Self { process: spawn(address, metrics), address, metrics };
        server.is_up().await;
        server
    }

    /// Takes it down as a power cut would, and starts another one in its place at once.
    pub(crate) fn replace(&mut self) {
        self.process.kill().expect("a process");
        self.process.wait().expect("its end");
        self.process = spawn(self.address, self.metrics);
    }

    async fn is_up(&self) {
        let up = async {
            while get(self.address, "/healthz").await.is_none() {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, up).await.expect("a server that starts");
    }

    /// The status of the answer to a plain request.
    pub(crate) async fn status(&self, path: &str) -> u16 {
        let answer = get(self.address, path).await.expect("an answer");
        answer.split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status")
    }

    /// Waits until `/metrics` says so of `series`: what the bots know may be ahead of what the server has heard.
    pub(crate) async fn counts(&self, series: &str, expected: usize) {
        let comes_true = async {
            while self.count(series).await != expected {
                sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, comes_true).await.expect(series);
    }

    async fn count(&self, series: &str) -> usize {
        let text = get(self.metrics, "/metrics").await.expect("an answer");
        let value = text.lines().find_map(|it| it.strip_prefix(series)?.strip_prefix(' '));
        value.map_or(0, |it| it.parse().expect("a count"))
    }

    /// Bytes of memory that are really there.
    pub(crate) fn resident(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).expect("VmRSS");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }

    /// Time on a processor, its own and the kernel's for it.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // After the name, which may hold anything; the two are fields 14 and 15 (proc(5)), in hundredths of a second.
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

    /// Waits for its end.
    pub(crate) async fn ended(&mut self, within: Duration) -> Option<ExitStatus> {
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
        // It may have ended before.
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
        .stdin(Stdio::null())
        .spawn()
        .expect("the program")
}

/// Somewhere to listen, below the ports from which connections are made: one that came from the very port of a server
/// that is away would reach itself.
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
    timeout(PATIENCE, request).await.ok()?
}
