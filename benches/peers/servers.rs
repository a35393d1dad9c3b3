//! The four servers, each in a process of its own on one core.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{
    clients::Addresses,
    support::{PASSERBY_SETTINGS, Process, free_address, wait_until_up},
};

/// The core of the servers.
const SERVER_CORE: &str = "0";

/// The core of this program.
const GENERATOR_CORE: &str = "1";

/// The version that the Makefile installs.
pub(crate) const MATCHBOX_VERSION: &str = "0.15.0";

/// Limits for one peer, which many matches of one person in a few seconds exceed. Those for one network do not apply:
/// loopback is none. 0 means no limit.
const PASSERBY_LIMITS: [(&str, &str); 5] = [
    ("PASSERBY__LIMITS__PEER__JOINS__BURST", "0"),
    ("PASSERBY__LIMITS__PEER__NEXTS__BURST", "0"),
    ("PASSERBY__LIMITS__PEER__SIGNALS__BURST", "0"),
    ("PASSERBY__LIMITS__PEER__CANDIDATES__BURST", "0"),
    ("PASSERBY__LIMITS__PEER__OTHERS__BURST", "0"),
];

/// A server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Floor,
    Passerby,
    Matchbox,
    Replaced,
}

impl Kind {
    /// In the order of the columns.
    pub(crate) const ALL: [Self; 4] = [Self::Floor, Self::Passerby, Self::Matchbox, Self::Replaced];

    /// What the table calls it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Passerby => "Passerby",
            Self::Matchbox => "matchbox_server",
            Self::Replaced => "replaced stack",
        }
    }

    fn command(self, addresses: Addresses) -> Command {
        let mut command = Command::new("taskset");
        command.args(["-c", SERVER_CORE]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let (main, second) = (addresses.main, addresses.second);
        match self {
            Self::Floor => {
                command.arg(env::current_exe().expect("a path")).args(["floor", &main.to_string()])
            }
            Self::Passerby => command
                .arg(env!("CARGO_BIN_EXE_passerby"))
                .envs(PASSERBY_SETTINGS)
                .envs(PASSERBY_LIMITS)
                .env("LEPTOS_SITE_ADDR", main.to_string())
                .env("PASSERBY__METRICS__ADDR", ""),
            Self::Matchbox => command.arg(matchbox()).arg(main.to_string()).env("RUST_LOG", "warn"),
            Self::Replaced => command
                .args(["node", "benches/peers/replaced/server.js"])
                .args([main.port().to_string(), second.port().to_string()])
                .env("NODE_ENV", "production"),
        };
        command
    }

    const fn health(self) -> &'static str {
        match self {
            Self::Floor | Self::Replaced => "/",
            Self::Passerby => "/healthz",
            Self::Matchbox => "/health",
        }
    }
}

/// The program that `make bench` installs.
fn matchbox() -> PathBuf {
    let home = || env::var_os("HOME").map(|it| PathBuf::from(it).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home).expect("a home folder");
    let program =
        cache.join(format!("passerby/tools/matchbox_server-{MATCHBOX_VERSION}/bin/matchbox_server"));
    assert!(program.exists(), "{} is missing; `make bench` installs it", program.display());
    program
}

/// A running server.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) addresses: Addresses,
    process: Process,
}

impl Server {
    /// Starts a server and waits until it answers.
    pub(crate) async fn start(kind: Kind) -> Self {
        let addresses = Addresses { main: free_address(), second: free_address() };
        let process = Process(
            kind.command(addresses)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .expect("the server starts"),
        );
        wait_until_up(addresses.main, kind.health()).await;
        Self { kind, addresses, process }
    }

    /// Processor time of all its threads, to the nanosecond.
    pub(crate) fn processor_time(&self) -> Duration {
        // In nanoseconds, for each thread (Documentation/scheduler/sched-stats.rst).
        let tasks = fs::read_dir(format!("/proc/{}/task", self.process.0.id())).expect("a running server");
        let time = |task: fs::DirEntry| {
            let text = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|it| it.parse::<u64>().ok()).unwrap_or_default()
        };
        Duration::from_nanos(tasks.filter_map(Result::ok).map(time).sum())
    }

    /// Seconds of processor time in a second, over a period.
    pub(crate) async fn processor_load(&self, during: Duration) -> f64 {
        let (before, since) = (self.processor_time(), Instant::now());
        sleep(during).await;
        self.processor_time().saturating_sub(before).as_secs_f64() / since.elapsed().as_secs_f64()
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.process.memory("VmRSS:")
    }
}

/// Moves this program to a core of its own.
pub(crate) fn pin_generator() {
    let own = std::process::id().to_string();
    let taskset = Command::new("taskset").args(["-pc", GENERATOR_CORE, &own]).stdout(Stdio::null()).status();
    assert!(taskset.is_ok_and(|it| it.success()), "this needs two cores and taskset");
}
