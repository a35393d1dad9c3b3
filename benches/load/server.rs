//! The real program in its own process, and its memory and CPU time as the system reports them.

use std::{
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use tokio::time::{sleep, timeout};

use crate::support::{PASSERBY_SETTINGS, Process, free_address, get, wait_until_up};

/// How long the program may take until a figure is reached.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Further settings of a server: variables and their values.
pub(crate) type Settings = Vec<(&'static str, String)>;

/// A running server.
pub(crate) struct Server {
    process: Process,
    settings: Settings,
    pub(crate) address: SocketAddr,
    metrics: SocketAddr,
}

impl Server {
    /// Starts a server on free ports and waits until it answers.
    pub(crate) async fn start() -> Self {
        Self::start_with(Settings::new()).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(settings: Settings) -> Self {
        let (address, metrics) = (free_address(), free_address());
        let process = Process(spawn(address, metrics, &settings));
        wait_until_up(address, "/healthz").await;
        Self { process, settings, address, metrics }
    }

    /// Kills the process.
    pub(crate) fn kill(&mut self) {
        self.process.0.kill().expect("the process can be killed");
        self.process.0.wait().expect("the process ends");
    }

    /// Kills the process and starts another one on the same addresses at once.
    pub(crate) fn replace(&mut self) {
        self.kill();
        self.process = Process(spawn(self.address, self.metrics, &self.settings));
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
        self.process.memory("VmRSS:")
    }

    /// The most resident memory so far, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.process.memory("VmHWM:")
    }

    /// CPU time of the process, in user and kernel mode.
    pub(crate) fn cpu(&self) -> Duration {
        cpu(&self.process)
    }

    /// Sends SIGTERM.
    pub(crate) fn terminate(&self) {
        let kill = format!("kill -TERM {}", self.process.0.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("a shell").success());
    }

    /// Waits until the process ends; `None` if it takes longer than `within`.
    pub(crate) async fn wait_for_exit(&mut self, within: Duration) -> Option<ExitStatus> {
        let end = async {
            loop {
                match self.process.0.try_wait().expect("a process") {
                    Some(status) => return status,
                    None => sleep(Duration::from_millis(5)).await,
                }
            }
        };
        timeout(within, end).await.ok()
    }
}

/// CPU time of a process, in user and kernel mode.
pub(crate) fn cpu(process: &Process) -> Duration {
    let stat = process.proc("stat");
    // Fields 14 and 15 (proc(5)), in hundredths of a second. The name, field 2, can contain spaces and brackets.
    let fields = stat.rsplit(')').next().expect("fields").split_whitespace().skip(11);
    let ticks: u64 = fields.take(2).map(|it| it.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

fn spawn(address: SocketAddr, metrics: SocketAddr, settings: &Settings) -> Child {
    Command::new(env!("CARGO_BIN_EXE_passerby"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .envs(PASSERBY_SETTINGS)
        .env("LEPTOS_SITE_ADDR", address.to_string())
        .env("PASSERBY__METRICS__ADDR", metrics.to_string())
        .envs(settings.iter().cloned())
        .stdin(Stdio::null())
        .spawn()
        .expect("the program starts")
}
